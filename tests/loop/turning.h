/*
 * What the tests of src/loop/ share: one loop a test, and turns of it with the events that
 * they are expected to bring. After every turn the loop's invariants are checked.
 */
#ifndef MIO_TESTS_LOOP_TURNING_H
#define MIO_TESTS_LOOP_TURNING_H

#include "loop/loop.h"
#include "mio/clock.h"
#include "mio/signal.h"
#include "mio/timer.h"

#include "sources.h"

enum { TURNING_ROOM = 64, TURNING_MAX = 256 };

enum { R = MIO_READABLE, W = MIO_WRITABLE, RW = R | W };

static mio_loop *loop;

/* Room for all events of a test, whatever the geometry: they come in one batch. */
static inline void turning_open(void)
{
    const mio_loop_config config = {.events_per_poll = TURNING_ROOM};

    ck_assert_int_eq(mio_loop_new(&config, &loop), 0);
}

static inline void turning_close(void)
{
    mio__loop_check(loop);
    mio_loop_free(loop);
}

/* A case whose tests find `loop` open. */
static inline TCase *turning_case(Suite *suite, const char *name)
{
    TCase *tcase = harness_case(suite, name);

    tcase_add_checked_fixture(tcase, turning_open, turning_close);
    return tcase;
}

static inline uint64_t turning_register_with(mio_fd fd, mio_interest interest,
                                             mio_trigger trigger, uint64_t token)
{
    uint64_t id = 0;

    ck_assert_int_eq(mio_loop_register(loop, fd, interest, trigger, token, &id), 0);
    ck_assert_uint_ne(id, 0);
    return id;
}

static inline uint64_t turning_register(mio_fd fd, mio_interest interest, uint64_t token)
{
    return turning_register_with(fd, interest, MIO_LEVEL, token);
}

static inline void turning_deregister(uint64_t id)
{
    ck_assert_int_eq(mio_loop_deregister(loop, id), 0);
}

static inline void turning_reregister(uint64_t id, mio_interest interest, mio_trigger trigger)
{
    ck_assert_int_eq(mio_loop_reregister(loop, id, interest, trigger), 0);
}

static inline uint64_t turning_after(int64_t delay_ns, uint64_t token)
{
    uint64_t id = 0;

    ck_assert_int_eq(mio_loop_after(loop, delay_ns, token, &id), 0);
    ck_assert_uint_ne(id, 0);
    return id;
}

static inline void turning_poll(int64_t timeout_ns)
{
    ck_assert_int_eq(mio_loop_poll(loop, timeout_ns), 0);
}

/* The next event of the turn in hand, which is not its end. */
static inline mio_event turning_next(void)
{
    mio_event event;

    ck_assert_int_eq(mio_loop_next(loop, &event), 1);
    ck_assert_int_ne(event.kind, MIO_TICK);
    return event;
}

/* The turn in hand, to its end. Returns how many events it has brought, the tick left out. */
static inline int turning_finish(mio_event events[TURNING_MAX])
{
    mio_event event = {.kind = MIO_READY};
    int count = 0;

    while (mio_loop_next(loop, &event)) {
        if (event.kind != MIO_TICK) {
            ck_assert_int_lt(count, TURNING_MAX);
            events[count++] = event;
        }
    }
    ck_assert_int_eq(event.kind, MIO_TICK);
    mio__loop_check(loop);
    return count;
}

static inline bool turning_matches(const mio_event *wanted, const mio_event *event)
{
    return wanted->kind == event->kind && wanted->token == event->token &&
           wanted->ready == event->ready && wanted->value == event->value;
}

/* The turn in hand brings these events, in any order, and ends. */
static inline void turning_expect_rest(int count, const mio_event *wanted)
{
    mio_event events[TURNING_MAX];
    bool seen[TURNING_MAX] = {false};

    ck_assert_int_eq(turning_finish(events), count);
    for (int i = 0; i < count; i++) {
        int which = 0;

        while (which < count && (seen[which] || !turning_matches(&wanted[which], &events[i])))
            which++;
        ck_assert_msg(which < count, "not expected: kind %d, token %llu, ready %#x",
                      (int)events[i].kind, (unsigned long long)events[i].token,
                      events[i].ready);
        seen[which] = true;
    }
}

/* The next turn brings these events, in any order, and nothing else. */
static inline void turning_expect(int count, const mio_event *wanted)
{
    turning_poll(count == 0 ? 2 * SOURCE_NS_PER_MS : source_soon_ns);
    turning_expect_rest(count, wanted);
}

static inline void turning_expect_none(void)
{
    turning_expect(0, NULL);
}

static inline mio_event turning_ready(uint64_t token, unsigned ready)
{
    return (mio_event){.kind = MIO_READY, .token = token, .ready = ready};
}

static inline mio_event turning_timeout(uint64_t token)
{
    return (mio_event){.kind = MIO_TIMEOUT, .token = token};
}

static inline void turning_expect_ready(uint64_t token, unsigned ready)
{
    const mio_event wanted = turning_ready(token, ready);

    turning_expect(1, &wanted);
}

#endif
