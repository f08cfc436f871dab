/*
 * What the programs of the selectors' conformance suite share: one selector a test, and the
 * events that it is expected to report, in any order.
 */
#ifndef MIO_TESTS_SYS_SELECTING_H
#define MIO_TESTS_SYS_SELECTING_H

#include "sys/selector.h"

#include "sources.h"

enum { SELECTING_MAX = 32 };

/* An event with all bits of `must`, and none beyond those of `must` and `may`. */
typedef struct selecting_event {
    uint64_t token;
    unsigned must;
    unsigned may;
} selecting_event;

static mio__selector selector;

static inline void selecting_open(void)
{
    ck_assert_int_eq(mio__selector_open(&selector), 0);
}

static inline void selecting_close(void)
{
    mio__selector_close(&selector);
}

/* A case whose tests find `selector` open. */
static inline TCase *selecting_case(Suite *suite, const char *name)
{
    TCase *tcase = harness_case(suite, name);

    tcase_add_checked_fixture(tcase, selecting_open, selecting_close);
    return tcase;
}

static inline void selecting_register(mio_fd fd, uint64_t token, mio_interest interest,
                                      mio_trigger trigger)
{
    ck_assert_int_eq(mio__selector_register(&selector, fd, token, interest, trigger), 0);
}

static inline void selecting_reregister(mio_fd fd, uint64_t token, mio_interest interest,
                                        mio_trigger trigger)
{
    ck_assert_int_eq(mio__selector_reregister(&selector, fd, token, interest, trigger), 0);
}

static inline void selecting_deregister(mio_fd fd)
{
    ck_assert_int_eq(mio__selector_deregister(&selector, fd), 0);
}

static inline bool selecting_matches(const selecting_event *wanted, const mio_event *event)
{
    return event->token == wanted->token && (event->ready & wanted->must) == wanted->must &&
           (event->ready & ~(wanted->must | wanted->may)) == 0;
}

/* One wait reports `count` events, each of them as one of `wanted` says. */
static inline void selecting_expect(const selecting_event *wanted, int count,
                                    int64_t timeout_ns)
{
    mio_event events[SELECTING_MAX];
    bool seen[SELECTING_MAX] = {false};

    ck_assert_int_eq(mio__selector_wait(&selector, events, SELECTING_MAX, timeout_ns), count);
    for (int i = 0; i < count; i++) {
        int which = 0;

        ck_assert_int_eq(events[i].kind, MIO_READY);
        ck_assert_uint_eq(events[i].id, 0);
        ck_assert_int_eq(events[i].value, 0);
        while (which < count && (seen[which] || !selecting_matches(&wanted[which], &events[i])))
            which++;
        ck_assert_msg(which < count, "not expected: token %llu, ready %#x",
                      (unsigned long long)events[i].token, events[i].ready);
        seen[which] = true;
    }
}

/* The next wait reports one event, of exactly these conditions. */
static inline void selecting_expect_one(uint64_t token, unsigned ready)
{
    selecting_expect(&(selecting_event){token, ready, 0}, 1, source_soon_ns);
}

/* Nothing is reported, not even a little later. */
static inline void selecting_expect_none(void)
{
    mio_event event;

    ck_assert_int_eq(mio__selector_wait(&selector, &event, 1, 2 * SOURCE_NS_PER_MS), 0);
}

/*
 * `fd`, asked for `interest`, is reported with all bits of `must` and, beyond those, some of
 * `may`; what the network has still to bring is waited for.
 */
static inline void selecting_expect_ready(mio_fd fd, mio_interest interest, unsigned must,
                                          unsigned may)
{
    mio_event events[2] = {{0}}; /* room that is not used up by one descriptor */

    selecting_register(fd, 77, interest, MIO_LEVEL);
    for (int tries = 0; (events[0].ready & must) != must && tries < 1000; tries++) {
        source_pause_ms(tries > 0);
        ck_assert_int_eq(mio__selector_wait(&selector, events, 2, source_soon_ns), 1);
    }
    selecting_deregister(fd);
    ck_assert_uint_eq(events[0].token, 77);
    ck_assert_uint_eq(events[0].ready & must, must);
    ck_assert_uint_eq(events[0].ready & ~(must | may), 0);
}

#endif
