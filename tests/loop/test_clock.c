/*
 * The clocks of a loop.
 */
#include "mio/clock.h"

#include "harness.h"
#include "loop/loop.h"
#include "mio/socket.h"
#include "mio/timer.h"

#include <errno.h>

static const int64_t second_ns = 1000000000;
static mio_loop *loop;

static void clock_open(void)
{
    const mio_loop_config config = {.clock = MIO_CLOCK_VIRTUAL};

    ck_assert_int_eq(mio_loop_new(&config, &loop), 0);
}

static void clock_close(void)
{
    mio__loop_check(loop);
    mio_loop_free(loop);
}

static uint64_t clock_after(int64_t delay_ns, uint64_t token)
{
    uint64_t id;

    ck_assert_int_eq(mio_loop_after(loop, delay_ns, token, &id), 0);
    return id;
}

/* One turn. The token of its only event, 0 where there is none. */
static uint64_t clock_turn(int64_t timeout_ns)
{
    uint64_t token = 0;
    mio_event event;

    ck_assert_int_eq(mio_loop_poll(loop, timeout_ns), 0);
    while (mio_loop_next(loop, &event)) {
        if (event.kind == MIO_TICK)
            continue;
        ck_assert_uint_eq(token, 0);
        token = event.token;
    }
    return token;
}

START_TEST(virtual_time_begins_at_zero_and_stands_still)
{
    ck_assert_int_eq(mio_loop_now(loop), 0);
    ck_assert_uint_eq(clock_turn(0), 0);
    ck_assert_int_eq(mio_loop_now(loop), 0);
}
END_TEST

START_TEST(time_jumps_to_the_next_timer_exactly)
{
    const int64_t began_ns = mio_now_ns();

    clock_after(3600 * second_ns + 1, 2);
    clock_after(3600 * second_ns, 1);
    ck_assert_uint_eq(clock_turn(-1), 1);
    ck_assert_int_eq(mio_loop_now(loop), 3600 * second_ns);
    ck_assert_uint_eq(clock_turn(-1), 2);
    ck_assert_int_eq(mio_loop_now(loop), 3600 * second_ns + 1);
    ck_assert_int_lt(mio_now_ns() - began_ns, 600 * second_ns);
}
END_TEST

START_TEST(a_timeout_ends_the_jump)
{
    clock_after(10 * second_ns, 1);
    ck_assert_uint_eq(clock_turn(4 * second_ns), 0);
    ck_assert_int_eq(mio_loop_now(loop), 4 * second_ns);
    ck_assert_uint_eq(clock_turn(100 * second_ns), 1);
    ck_assert_int_eq(mio_loop_now(loop), 10 * second_ns);
}
END_TEST

START_TEST(what_is_ready_comes_before_any_jump)
{
    uint64_t token = 0;
    mio_fd fds[2];
    uint64_t id;

    ck_assert_int_eq(mio_socketpair(MIO_STREAM, fds), 0);
    ck_assert_int_eq(mio_loop_register(loop, fds[0], MIO_READABLE, MIO_LEVEL, 7, &id), 0);
    ck_assert_int_eq((int)mio_write(fds[1], "x", 1), 1);
    clock_after(second_ns, 1);
    token = clock_turn(-1);
    ck_assert_uint_eq(token, 7);
    ck_assert_int_eq(mio_loop_now(loop), 0);
    ck_assert_int_eq(mio_loop_deregister(loop, id), 0);
    mio_close(fds[0]);
    mio_close(fds[1]);
}
END_TEST

START_TEST(advancing_makes_timers_due)
{
    clock_after(5 * second_ns, 1);
    ck_assert_int_eq(mio_loop_advance(loop, 5 * second_ns - 1), 0);
    ck_assert_uint_eq(clock_turn(0), 0);
    ck_assert_int_eq(mio_loop_advance(loop, 1), 0);
    ck_assert_int_eq(mio_loop_timeout(loop), 0);
    ck_assert_uint_eq(clock_turn(0), 1);
}
END_TEST

START_TEST(a_turn_keeps_its_time)
{
    mio_event event;

    clock_after(0, 1);
    ck_assert_int_eq(mio_loop_poll(loop, 0), 0);
    ck_assert_int_eq(mio_loop_next(loop, &event), 1);
    ck_assert_int_eq(mio_loop_advance(loop, second_ns), 0);
    ck_assert_int_eq(mio_loop_now(loop), 0);
    while (mio_loop_next(loop, &event))
        ;
    ck_assert_int_eq(mio_loop_now(loop), second_ns);
}
END_TEST

START_TEST(time_ends_but_does_not_wrap)
{
    ck_assert_int_eq(mio_loop_advance(loop, INT64_MAX), 0);
    ck_assert_int_eq(mio_loop_advance(loop, INT64_MAX), 0);
    ck_assert_int_eq(mio_loop_now(loop), INT64_MAX);
    ck_assert_int_eq(mio_loop_advance(loop, -1), -EINVAL);
    clock_after(1, 1);
    ck_assert_uint_eq(clock_turn(0), 1);
}
END_TEST

START_TEST(the_systems_clock_cannot_be_moved)
{
    mio_loop *other;
    const mio_loop_config unknown = {.clock = (mio_loop_clock)7};

    ck_assert_int_eq(mio_loop_new(NULL, &other), 0);
    ck_assert_int_eq(mio_loop_advance(other, 1), -EINVAL);
    mio_loop_free(other);
    ck_assert_int_eq(mio_loop_new(&unknown, &other), -EINVAL);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("loop/clock");
    TCase *virtual_case = harness_case(suite, "virtual");
    TCase *system_case = harness_case(suite, "system");

    tcase_add_checked_fixture(virtual_case, clock_open, clock_close);
    tcase_add_test(virtual_case, virtual_time_begins_at_zero_and_stands_still);
    tcase_add_test(virtual_case, time_jumps_to_the_next_timer_exactly);
    tcase_add_test(virtual_case, a_timeout_ends_the_jump);
    tcase_add_test(virtual_case, what_is_ready_comes_before_any_jump);
    tcase_add_test(virtual_case, advancing_makes_timers_due);
    tcase_add_test(virtual_case, a_turn_keeps_its_time);
    tcase_add_test(virtual_case, time_ends_but_does_not_wrap);
    tcase_add_test(system_case, the_systems_clock_cannot_be_moved);
    return suite;
}
