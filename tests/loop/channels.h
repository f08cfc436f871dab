/*
 * What the tests of channels share: a loop with a budget that is larger than a burst, and what
 * is expected of its channels.
 */
#ifndef MIO_TESTS_LOOP_CHANNELS_H
#define MIO_TESTS_LOOP_CHANNELS_H

#include "mio/channel.h"

#include "turning.h"

#include "faults.h"

#include <poll.h>
#include <stdatomic.h>

/* How often a bell was rung. */
static atomic_int writes;

ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    atomic_fetch_add(&writes, 1);
    return fault_strikes("write") ? -1 : __real_write(fd, data, size);
}

enum { BUDGET = 256, TOKEN = 7 };

/* Another room for messages than the geometry says. */
static inline void budget_open(void)
{
    const mio_loop_config config = {.events_per_poll = TURNING_ROOM,
                                    .messages_per_turn = BUDGET};

    ck_assert_int_eq(mio_loop_new(&config, &loop), 0);
}

static inline TCase *budget_case(Suite *suite, const char *name)
{
    TCase *tcase = harness_case(suite, name);

    tcase_add_checked_fixture(tcase, budget_open, turning_close);
    return tcase;
}

static inline mio_channel *make(uint32_t capacity, uint64_t token)
{
    const mio_channel_config config = {.capacity = capacity, .token = token};
    mio_channel *channel = NULL;

    ck_assert_int_eq(mio_channel_new(loop, &config, &channel), 0);
    return channel;
}

static inline void send_number(mio_sender *sender, uint64_t number)
{
    ck_assert_int_eq(mio_sender_send(sender, &number), 0);
}

/* The next event of the turn is this message. */
static inline void expect_message(uint64_t token, uint64_t number)
{
    const mio_event event = turning_next();

    ck_assert_int_eq(event.kind, MIO_NOTIFY);
    ck_assert_uint_eq(event.token, token);
    ck_assert_uint_eq(event.ready, 0);
    ck_assert_uint_ne(event.id, 0);
    ck_assert_ptr_nonnull(event.message);
    ck_assert_uint_eq(*(const uint64_t *)event.message, number);
}

static inline void expect_end(uint64_t token)
{
    const mio_event event = turning_next();

    ck_assert_int_eq(event.kind, MIO_NOTIFY);
    ck_assert_uint_eq(event.token, token);
    ck_assert_ptr_null(event.message);
}

static inline void expect_nothing_more(void)
{
    turning_expect_rest(0, NULL);
}

static inline bool host_is_told(void)
{
    struct pollfd fds = {.fd = mio_loop_pollfd(loop), .events = POLLIN};

    return poll(&fds, 1, 0) == 1;
}

#endif
