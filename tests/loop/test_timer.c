#include "turning.h"

#include <sys/wait.h>
#include <unistd.h>

enum { TICK_NS = 1 << LOOP_TICK_SHIFT };

static uint64_t every(int64_t period_ns, uint64_t token)
{
    uint64_t id = 0;

    ck_assert_int_eq(mio_loop_every(loop, period_ns, token, &id), 0);
    ck_assert_uint_ne(id, 0);
    return id;
}

static void reset(uint64_t id, int64_t delay_ns)
{
    ck_assert_int_eq(mio_timer_reset(loop, id, delay_ns), 0);
}

static void cancel(uint64_t id)
{
    ck_assert_int_eq(mio_timer_cancel(loop, id), 0);
}

static void expect_timeout(uint64_t token)
{
    const mio_event wanted = turning_timeout(token);

    turning_expect(1, &wanted);
}

/* A turn in which everything that is due by now is fetched, in this order. */
static void expect_in_order(int count, const uint64_t *tokens)
{
    turning_poll(0);
    for (int i = 0; i < count; i++) {
        const mio_event event = turning_next();

        ck_assert_int_eq(event.kind, MIO_TIMEOUT);
        ck_assert_uint_eq(event.token, tokens[i]);
    }
    turning_expect_rest(0, NULL);
}

/* -------------------------------------------------------------------- once */

START_TEST(an_event_names_its_timer)
{
    const uint64_t id = turning_after(SOURCE_NS_PER_MS, 7);
    mio_event event;

    turning_poll(-1);
    event = turning_next();
    ck_assert_int_eq(event.kind, MIO_TIMEOUT);
    ck_assert_uint_eq(event.token, 7);
    ck_assert_uint_eq(event.id, id);
    ck_assert_uint_eq(event.ready, 0);
    ck_assert_int_eq(event.value, 0);
    ck_assert_int_eq(mio_timer_cancel(loop, id), -ENOENT); /* gone as it is fetched */
    turning_expect_rest(0, NULL);
    turning_expect_none();
}
END_TEST

START_TEST(the_id_may_be_left_out)
{
    ck_assert_int_eq(mio_loop_after(loop, 0, 7, NULL), 0);
    expect_timeout(7);
    ck_assert_int_eq(mio_loop_every(loop, SOURCE_NS_PER_MS, 8, NULL), 0);
    expect_timeout(8);
}
END_TEST

START_TEST(a_timer_is_never_early)
{
    static const int64_t delays_ns[] = {1,       1000,    65535,   65536,   65537,
                                        100000,  999999,  1000000, 1000001, 2345678,
                                        5000000, 9999999, 17000000};

    for (int i = 0; i < 13; i++) {
        const int64_t start_ns = mio_now_ns();

        turning_after(delays_ns[i], 1);
        expect_timeout(1);
        ck_assert(mio_now_ns() - start_ns >= delays_ns[i]);
    }
}
END_TEST

/* No turn ends without a timer: the loop is not woken for ticks in which nothing is due. */
START_TEST(the_loop_sleeps_exactly_until_the_next_timer)
{
    int seen = 0;

    for (uint64_t i = 1; i <= 8; i++)
        turning_after((int64_t)i * 40 * TICK_NS, i);
    while (seen < 8) {
        mio_event events[TURNING_MAX];
        int count;

        turning_poll(-1);
        count = turning_finish(events);
        ck_assert_int_gt(count, 0);
        seen += count;
    }
    ck_assert_int_eq(mio_loop_timeout(loop), -1);
}
END_TEST

START_TEST(deadlines_in_order_first_in_first_out_within_a_tick)
{
    static const uint64_t order[] = {2, 5, 4, 3, 1};

    turning_poll(0); /* within a turn, all count from one time */
    turning_after(80 * TICK_NS, 1);
    turning_after(10 * TICK_NS, 2);
    turning_after(60 * TICK_NS, 3);
    turning_after(20 * TICK_NS, 4);
    turning_after(12 * TICK_NS, 5);
    turning_expect_rest(0, NULL);
    source_pause_ms(20);
    expect_in_order(5, order);
}
END_TEST

START_TEST(a_thousand_of_one_moment_in_order)
{
    enum { COUNT = 1000 };
    static uint64_t tokens[COUNT];

    turning_poll(0); /* within a turn, all count from one time */
    for (uint64_t i = 0; i < COUNT; i++) {
        tokens[i] = i;
        turning_after(SOURCE_NS_PER_MS, i);
    }
    turning_expect_rest(0, NULL);
    source_pause_ms(2);
    expect_in_order(COUNT, tokens);
}
END_TEST

START_TEST(without_delay_it_is_due_in_the_next_turn)
{
    for (int i = 0; i < 100; i++) {
        turning_after(0, 1);
        turning_after(0, 2);
        expect_in_order(2, (uint64_t[]){1, 2});
    }
}
END_TEST

START_TEST(without_delay_from_within_a_turn_it_is_due_in_the_next)
{
    turning_after(0, 1);
    for (uint64_t i = 1; i < 100; i++) {
        turning_poll(0);
        ck_assert_uint_eq(turning_next().token, i);
        turning_after(0, i + 1);
        turning_expect_rest(0, NULL);
    }
}
END_TEST

/* A timer that arms itself anew for ever takes its turns with the descriptors. */
START_TEST(without_delay_for_ever_and_descriptors_are_served)
{
    int fds[2], served = 0;

    source_pair(fds);
    turning_register(fds[0], R, 9);
    source_put(fds[1]);
    turning_after(0, 1);
    for (int turns = 0; turns < 1000; turns++) {
        mio_event event;

        turning_poll(-1);
        while (mio_loop_next(loop, &event)) {
            if (event.kind == MIO_TIMEOUT)
                turning_after(0, 1);
            served += event.kind == MIO_READY;
        }
    }
    ck_assert_int_eq(served, 1000);
    source_close(fds);
}
END_TEST

START_TEST(a_delay_counts_from_the_turns_time)
{
    int fds[2];

    source_pair(fds);
    turning_register(fds[0], W, 9);
    turning_poll(-1);
    turning_next();
    source_pause_ms(5);
    turning_after(5 * SOURCE_NS_PER_MS, 1); /* due by now, and yet not in this turn */
    turning_expect_rest(0, NULL);
    turning_poll(0);
    turning_expect_rest(2, (mio_event[]){turning_ready(9, W), turning_timeout(1)});
    source_close(fds);
}
END_TEST

START_TEST(long_delays)
{
    static const int64_t delays_ns[] = {
        INT64_MAX / 2, INT64_C(68719476736) * 1000000, /* 2^36 ms */
        INT64_C(2147483648) * 1000000,                 /* 2^31 ms */
        INT64_C(12) * 24 * 3600 * 1000000000,          /* 12 days */
    };

    turning_after(INT64_MAX, 1);
    ck_assert_int_eq(mio_loop_timeout(loop), -1); /* beyond all times: never */
    for (int i = 0; i < 4; i++) {
        turning_after(delays_ns[i], 1);
        ck_assert(mio_loop_timeout(loop) <= delays_ns[i] + TICK_NS);
        ck_assert(mio_loop_timeout(loop) >= delays_ns[i] - source_soon_ns);
    }
    turning_after(SOURCE_NS_PER_MS, 2);
    expect_timeout(2);
    turning_expect_none();
    ck_assert_uint_eq(mio_loop_count(loop), 5);
}
END_TEST

/* ---------------------------------------------------------- refused, unknown */

START_TEST(what_is_refused)
{
    uint64_t id = 4711;

    ck_assert_int_eq(mio_loop_after(loop, -1, 1, &id), -EINVAL);
    ck_assert_int_eq(mio_loop_after(loop, INT64_MIN, 1, &id), -EINVAL);
    ck_assert_int_eq(mio_loop_every(loop, 0, 1, &id), -EINVAL);
    ck_assert_int_eq(mio_loop_every(loop, -1, 1, &id), -EINVAL);
    ck_assert_uint_eq(id, 4711);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    id = turning_after(source_soon_ns, 1);
    ck_assert_int_eq(mio_timer_reset(loop, id, -1), -EINVAL);
    cancel(id);
    id = every(source_soon_ns, 1);
    ck_assert_int_eq(mio_timer_reset(loop, id, -1), -EINVAL);
    ck_assert_int_eq(mio_timer_reset(loop, id, 0), -EINVAL);
    cancel(id);
}
END_TEST

START_TEST(ids_that_name_no_timer)
{
    uint64_t ids[] = {0, 1, UINT64_MAX, 0, 0}; /* the last: a descriptor, a dead one */
    int fds[2];

    source_pair(fds);
    ids[3] = turning_register(fds[0], R, 1);
    ids[4] = turning_after(source_soon_ns, 1);
    cancel(ids[4]);
    turning_after(source_soon_ns, 2);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(mio_timer_cancel(loop, ids[i]), -ENOENT);
        ck_assert_int_eq(mio_timer_reset(loop, ids[i], 1), -ENOENT);
    }
    ck_assert_uint_eq(mio_loop_count(loop), 2);
    source_close(fds);
}
END_TEST

START_TEST(timers_count)
{
    const uint64_t one = turning_after(0, 1), two = every(source_soon_ns, 2);

    ck_assert_uint_eq(mio_loop_count(loop), 2);
    expect_timeout(1);
    ck_assert_uint_eq(mio_loop_count(loop), 1);
    cancel(two);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    ck_assert_int_eq(mio_timer_cancel(loop, one), -ENOENT);
}
END_TEST

/* --------------------------------------------------------- cancel and reset */

START_TEST(a_cancelled_timer_is_not_reported_and_not_waited_for)
{
    cancel(turning_after(SOURCE_NS_PER_MS, 1));
    ck_assert_int_eq(mio_loop_timeout(loop), -1);
    turning_poll(3 * SOURCE_NS_PER_MS);
    turning_expect_rest(0, NULL);
}
END_TEST

/* Siblings, between two that are fetched: one stops the next, one puts it off. */
START_TEST(siblings_that_are_due_are_cancelled_and_reset)
{
    uint64_t ids[4];

    for (uint64_t i = 0; i < 4; i++)
        ids[i] = turning_after(0, i);
    source_pause_ms(1);
    turning_poll(0);
    ck_assert_uint_eq(turning_next().token, 0);
    cancel(ids[1]);
    reset(ids[2], SOURCE_NS_PER_MS);
    ck_assert_uint_eq(turning_next().token, 3);
    ck_assert_int_eq(mio_timer_reset(loop, ids[0], 1), -ENOENT);
    turning_expect_rest(0, NULL);
    expect_timeout(2);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
}
END_TEST

START_TEST(a_due_timer_reset_to_now_waits_for_the_next_turn)
{
    uint64_t id;

    turning_after(0, 1);
    id = turning_after(0, 2);
    source_pause_ms(1);
    turning_poll(0);
    ck_assert_uint_eq(turning_next().token, 1);
    reset(id, 0);
    turning_expect_rest(0, NULL);
    expect_in_order(1, (uint64_t[]){2});
}
END_TEST

START_TEST(a_handler_of_a_descriptor_stops_a_timer_that_is_due)
{
    uint64_t id;
    int fds[2];

    source_pair(fds);
    turning_register(fds[0], W, 9);
    id = turning_after(0, 1);
    source_pause_ms(1);
    turning_poll(0);
    ck_assert_uint_eq(turning_next().token, 9);
    cancel(id);
    turning_expect_rest(0, NULL);
    source_close(fds);
}
END_TEST

/* The idle timeout of a connection, put off by every byte. */
START_TEST(reset_on_every_byte)
{
    const uint64_t id = turning_after(20 * SOURCE_NS_PER_MS, 1);
    mio_event events[TURNING_MAX];
    int64_t last_ns = 0;
    int fds[2];

    source_pair(fds);
    turning_register(fds[0], R, 9);
    for (int i = 0; i < 50; i++) {
        source_put(fds[1]);
        turning_poll(-1);
        last_ns = mio_loop_now(loop);
        reset(id, 20 * SOURCE_NS_PER_MS);
        ck_assert_uint_eq(turning_next().token, 9);
        turning_expect_rest(0, NULL);
        source_take(fds[0]);
        source_pause_ms(1);
    }
    do
        turning_poll(-1);
    while (turning_finish(events) == 0);
    ck_assert_uint_eq(events[0].token, 1);
    ck_assert(mio_now_ns() - last_ns >= 20 * SOURCE_NS_PER_MS);
    ck_assert_uint_eq(mio_loop_count(loop), 1);
    source_close(fds);
}
END_TEST

/* ---------------------------------------------------------------- periodic */

START_TEST(a_period_is_kept)
{
    const int64_t start_ns = mio_now_ns();

    every(2 * SOURCE_NS_PER_MS, 1);
    for (int i = 1; i <= 10; i++) {
        expect_timeout(1);
        ck_assert(mio_now_ns() - start_ns >= i * 2 * SOURCE_NS_PER_MS);
    }
}
END_TEST

START_TEST(periods_that_nobody_saw_are_skipped)
{
    every(SOURCE_NS_PER_MS, 1);
    source_pause_ms(20);
    expect_in_order(1, (uint64_t[]){1}); /* not twenty of them */
    source_pause_ms(20);
    expect_in_order(1, (uint64_t[]){1});
}
END_TEST

START_TEST(a_period_shorter_than_its_handler_comes_once_a_turn)
{
    int fds[2];

    source_pair(fds);
    turning_register(fds[0], W, 9);
    every(1, 1);
    for (int i = 0; i < 20; i++) {
        source_pause_ms(1);
        turning_poll(0);
        turning_expect_rest(2, (mio_event[]){turning_ready(9, W), turning_timeout(1)});
    }
    source_close(fds);
}
END_TEST

START_TEST(a_period_ends_in_its_own_handler)
{
    const uint64_t id = every(SOURCE_NS_PER_MS, 1);

    turning_poll(-1);
    ck_assert_uint_eq(turning_next().id, id);
    cancel(id);
    turning_expect_rest(0, NULL);
    ck_assert_int_eq(mio_loop_timeout(loop), -1);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
}
END_TEST

START_TEST(a_period_is_changed_by_reset)
{
    const uint64_t id = every(source_soon_ns, 1);
    const int64_t start_ns = mio_now_ns();

    reset(id, 2 * SOURCE_NS_PER_MS);
    expect_timeout(1);
    expect_timeout(1);
    ck_assert(mio_now_ns() - start_ns >= 4 * SOURCE_NS_PER_MS);
    ck_assert(mio_now_ns() - start_ns < source_soon_ns);
}
END_TEST

START_TEST(the_longest_period)
{
    every(INT64_MAX, 1);
    turning_expect_none();
    ck_assert_int_eq(mio_loop_timeout(loop), -1);
}
END_TEST

/* In the child of a fork nobody would tell them; ending them is harmless. */
START_TEST(refused_in_a_forked_child)
{
    uint64_t id, other;
    int status;
    pid_t child;

    ck_assert_int_eq(mio_loop_after(loop, 1000000, 1, &id), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        const bool passed = mio_loop_after(loop, 0, 1, &other) == -ESTALE &&
                            mio_loop_every(loop, 1, 1, &other) == -ESTALE &&
                            mio_timer_reset(loop, id, 0) == -ESTALE &&
                            mio_timer_cancel(loop, id) == 0;

        _exit(passed ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert_int_eq(mio_timer_reset(loop, id, 0), 0);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("loop/timer");
    TCase *tcase = turning_case(suite, "once");

    tcase_add_test(tcase, an_event_names_its_timer);
    tcase_add_test(tcase, the_id_may_be_left_out);
    tcase_add_test(tcase, a_timer_is_never_early);
    tcase_add_test(tcase, the_loop_sleeps_exactly_until_the_next_timer);
    tcase_add_test(tcase, deadlines_in_order_first_in_first_out_within_a_tick);
    tcase_add_test(tcase, a_thousand_of_one_moment_in_order);
    tcase_add_test(tcase, without_delay_it_is_due_in_the_next_turn);
    tcase_add_test(tcase, without_delay_from_within_a_turn_it_is_due_in_the_next);
    tcase_add_test(tcase, without_delay_for_ever_and_descriptors_are_served);
    tcase_add_test(tcase, a_delay_counts_from_the_turns_time);
    tcase_add_test(tcase, long_delays);

    tcase = turning_case(suite, "refused, unknown");
    tcase_add_test(tcase, what_is_refused);
    tcase_add_test(tcase, ids_that_name_no_timer);
    tcase_add_test(tcase, refused_in_a_forked_child);
    tcase_add_test(tcase, timers_count);

    tcase = turning_case(suite, "cancel and reset");
    tcase_add_test(tcase, a_cancelled_timer_is_not_reported_and_not_waited_for);
    tcase_add_test(tcase, siblings_that_are_due_are_cancelled_and_reset);
    tcase_add_test(tcase, a_due_timer_reset_to_now_waits_for_the_next_turn);
    tcase_add_test(tcase, a_handler_of_a_descriptor_stops_a_timer_that_is_due);
    tcase_add_test(tcase, reset_on_every_byte);

    tcase = turning_case(suite, "periodic");
    tcase_add_test(tcase, a_period_is_kept);
    tcase_add_test(tcase, periods_that_nobody_saw_are_skipped);
    tcase_add_test(tcase, a_period_shorter_than_its_handler_comes_once_a_turn);
    tcase_add_test(tcase, a_period_ends_in_its_own_handler);
    tcase_add_test(tcase, a_period_is_changed_by_reset);
    tcase_add_test(tcase, the_longest_period);
    return suite;
}
