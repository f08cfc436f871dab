/*
 * What a loop tells of itself in numbers.
 */
#include "mio/stats.h"

#include "mio/channel.h"
#include "turning.h"

#include <errno.h>
#include <signal.h>

static const int64_t second_ns = 1000000000;

static mio_stats stats_of(void)
{
    mio_stats stats;

    mio_loop_stats(loop, &stats);
    return stats;
}

static uint64_t stats_count(mio_event_kind kind)
{
    return stats_of().events[kind];
}

/* --------------------------------------------------------------------- counts */

START_TEST(a_new_loop_has_done_nothing)
{
    const mio_stats stats = stats_of();

    ck_assert_uint_eq(stats.turns, 0);
    ck_assert_uint_eq(stats.wakeups, 0);
    for (int kind = 0; kind < MIO_EVENT_KINDS; kind++)
        ck_assert_uint_eq(stats.events[kind], 0);
    ck_assert_int_eq(stats.sleeping_ns, 0);
    ck_assert_int_eq(stats.working_ns, 0);
    ck_assert_int_eq(stats.longest_ns, 0);
}
END_TEST

START_TEST(turns_and_their_ends_are_counted)
{
    for (uint64_t turn = 1; turn <= 3; turn++) {
        turning_poll(0);
        ck_assert_uint_eq(stats_of().turns, turn);
        ck_assert_uint_eq(stats_count(MIO_TICK), turn - 1);
        turning_poll(0); /* the turn is in hand: no new one */
        turning_expect_rest(0, NULL);
        ck_assert_uint_eq(stats_of().turns, turn);
        ck_assert_uint_eq(stats_count(MIO_TICK), turn);
    }
    ck_assert_int_eq(mio_loop_poll(loop, -2), -EINVAL);
    ck_assert_uint_eq(stats_of().turns, 3);
}
END_TEST

START_TEST(a_turn_that_may_wait_is_a_wakeup)
{
    turning_poll(0);
    turning_expect_rest(0, NULL);
    ck_assert_uint_eq(stats_of().wakeups, 0);
    turning_poll(1);
    turning_expect_rest(0, NULL);
    ck_assert_uint_eq(stats_of().wakeups, 1);
    turning_after(0, 7); /* due: it only looks */
    turning_poll(-1);
    turning_finish((mio_event[TURNING_MAX]){{0}});
    ck_assert_uint_eq(stats_of().wakeups, 1);
    ck_assert_uint_eq(stats_of().turns, 3);
}
END_TEST

/* Each event as it is handed out, not as it was fetched. */
START_TEST(ready_descriptors_are_counted_one_by_one)
{
    mio_fd pairs[3][2];

    for (int i = 0; i < 3; i++) {
        source_pair(pairs[i]);
        turning_register(pairs[i][0], W, (uint64_t)i);
    }
    for (uint64_t turn = 0; turn < 3; turn++) {
        turning_poll(source_soon_ns);
        for (uint64_t i = 0; i < 3; i++) {
            ck_assert_uint_eq(stats_count(MIO_READY), 3 * turn + i);
            turning_next();
        }
        turning_expect_rest(0, NULL);
        ck_assert_uint_eq(stats_count(MIO_READY), 3 * turn + 3);
    }
    for (int i = 0; i < 3; i++)
        source_close(pairs[i]);
}
END_TEST

START_TEST(what_is_not_reported_is_not_counted)
{
    mio_fd pairs[2][2];
    uint64_t ids[2];
    mio_event event;

    for (int i = 0; i < 2; i++) {
        source_pair(pairs[i]);
        ids[i] = turning_register(pairs[i][0], W, (uint64_t)i);
    }
    turning_poll(source_soon_ns);
    event = turning_next();
    turning_deregister(ids[1 - event.token]); /* the other is stale now */
    turning_expect_rest(0, NULL);
    ck_assert_uint_eq(stats_count(MIO_READY), 1);
    for (int i = 0; i < 2; i++)
        source_close(pairs[i]);
}
END_TEST

START_TEST(the_loops_own_descriptors_are_not_counted)
{
    uint64_t message = 1;
    mio_channel *channel;
    mio_sender *sender;

    ck_assert_int_eq(mio_loop_signal(loop, SIGUSR1, 0, NULL), 0);
    ck_assert_int_eq(mio_channel_new(loop, NULL, &channel), 0);
    sender = mio_sender_new(channel);
    turning_after(0, 1);
    turning_after(0, 2);
    raise(SIGUSR1);
    ck_assert_int_eq(mio_sender_send(sender, &message), 0);
    ck_assert_int_eq(mio_sender_send(sender, &message), 0);
    turning_poll(source_soon_ns);
    turning_finish((mio_event[TURNING_MAX]){{0}});
    ck_assert_uint_eq(stats_count(MIO_READY), 0);
    ck_assert_uint_eq(stats_count(MIO_TIMEOUT), 2);
    ck_assert_uint_eq(stats_count(MIO_SIGNAL), 1);
    ck_assert_uint_eq(stats_count(MIO_NOTIFY), 2);
    mio_sender_unref(sender);
}
END_TEST

/* Resuming fails, for the descriptor was closed: that is an event of a descriptor, too. */
START_TEST(the_failed_end_of_a_pause_is_a_ready_event)
{
    mio_fd pair[2];
    uint64_t id;

    source_pair(pair);
    id = turning_register(pair[0], R, 5);
    ck_assert_int_eq(mio_loop_pause(loop, id, 0), 0);
    source_close(pair);
    turning_expect_ready(5, R | MIO_ERROR);
    ck_assert_uint_eq(stats_count(MIO_READY), 1);
    ck_assert_uint_eq(stats_count(MIO_TIMEOUT), 0);
}
END_TEST

/* ---------------------------------------------------------------------- times */

static void stats_open(void)
{
    const mio_loop_config config = {.clock = MIO_CLOCK_VIRTUAL};

    ck_assert_int_eq(mio_loop_new(&config, &loop), 0);
}

/* A handler that takes as many seconds as the event's token says. */
static void on_event(mio_loop *of, const mio_event *event, void *ctx)
{
    (void)ctx;
    mio_loop_advance(of, (int64_t)event->token * second_ns);
}

static const mio_handler stats_handler = {.ready = on_event, .timeout = on_event};

START_TEST(nothing_is_measured_unless_asked)
{
    turning_after(3 * second_ns, 2);
    ck_assert_int_eq(mio_loop_run(loop, &stats_handler, NULL), 0);
    ck_assert_int_eq(stats_of().sleeping_ns, 0);
    ck_assert_int_eq(stats_of().working_ns, 0);
    ck_assert_int_eq(stats_of().longest_ns, 0);
    ck_assert_int_eq(mio_loop_handled(loop), 0);
}
END_TEST

START_TEST(run_sleeps_and_works)
{
    mio_stats stats;

    mio_loop_measure(loop, true);
    turning_after(3 * second_ns, 2);
    turning_after(20 * second_ns, 4);
    turning_after(30 * second_ns, 1);
    ck_assert_int_eq(mio_loop_run(loop, &stats_handler, NULL), 0);
    stats = stats_of();
    ck_assert_uint_eq(stats.turns, 3);
    ck_assert_uint_eq(stats.wakeups, 3);
    ck_assert_uint_eq(stats.events[MIO_TIMEOUT], 3);
    ck_assert_int_eq(stats.sleeping_ns, (3 + 15 + 6) * second_ns);
    ck_assert_int_eq(stats.working_ns, (2 + 4 + 1) * second_ns);
    ck_assert_int_eq(stats.longest_ns, 4 * second_ns);
    ck_assert_int_eq(stats.longest_kind, MIO_TIMEOUT);
    ck_assert_uint_eq(stats.longest_token, 4);
}
END_TEST

static void on_ready_once(mio_loop *of, const mio_event *event, void *ctx)
{
    on_event(of, event, ctx);
    mio_loop_deregister(of, event->id);
}

START_TEST(descriptors_are_measured_each)
{
    static const mio_handler handler = {.ready = on_ready_once};
    mio_fd pairs[3][2];
    uint64_t ids[3];
    mio_stats stats;

    mio_loop_measure(loop, true);
    for (int i = 0; i < 3; i++) {
        source_pair(pairs[i]);
        ids[i] = turning_register(pairs[i][0], W, (uint64_t)i + 1);
    }
    ck_assert_int_eq(mio_loop_run(loop, &handler, NULL), 0);
    stats = stats_of();
    ck_assert_uint_eq(stats.events[MIO_READY], 3);
    ck_assert_int_eq(stats.working_ns, 6 * second_ns);
    ck_assert_int_eq(stats.longest_ns, 3 * second_ns);
    ck_assert_int_eq(stats.longest_kind, MIO_READY);
    ck_assert_uint_eq(stats.longest_token, 3);
    ck_assert_uint_eq(stats.longest_id, ids[2]);
    for (int i = 0; i < 3; i++)
        source_close(pairs[i]);
}
END_TEST

static void on_tick(mio_loop *of, const mio_event *event, void *ctx)
{
    (void)event;
    (void)ctx;
    mio_loop_advance(of, 7 * second_ns);
    mio_loop_shutdown(of);
}

START_TEST(the_ticks_handler_works_too)
{
    static const mio_handler handler = {.tick = on_tick};

    mio_loop_measure(loop, true);
    ck_assert_int_eq(mio_loop_run(loop, &handler, NULL), 0);
    ck_assert_int_eq(stats_of().working_ns, 7 * second_ns);
    ck_assert_int_eq(stats_of().longest_kind, MIO_TICK);
    ck_assert_int_eq(stats_of().sleeping_ns, 0);
}
END_TEST

/* A guest's time between turns is not the loop's; nor is what comes after an error has left a
   turn unfinished, whose rest the next poll goes on with. */
START_TEST(the_time_between_turns_is_nobodys)
{
    mio_loop_measure(loop, true);
    turning_after(0, 1);
    turning_after(0, 2);
    turning_poll(0);
    turning_next();
    mio_loop_advance(loop, 100 * second_ns);
    turning_poll(0);
    turning_next();
    mio_loop_advance(loop, second_ns);
    turning_expect_rest(0, NULL);
    mio_loop_advance(loop, 100 * second_ns);
    turning_poll(0);
    turning_expect_rest(0, NULL);
    ck_assert_int_eq(stats_of().working_ns, second_ns);
    ck_assert_int_eq(stats_of().sleeping_ns, 0);
}
END_TEST

START_TEST(the_work_on_each_event_can_be_asked_for)
{
    mio_loop_measure(loop, true);
    turning_after(0, 1);
    turning_after(0, 2);
    turning_poll(0);
    ck_assert_int_eq(mio_loop_handled(loop), 0);
    for (int i = 1; i <= 2; i++) {
        turning_next();
        mio_loop_advance(loop, i * second_ns);
        ck_assert_int_eq(mio_loop_handled(loop), i * second_ns);
        mio_loop_advance(loop, second_ns);
        ck_assert_int_eq(mio_loop_handled(loop), 0);
    }
    turning_expect_rest(0, NULL);
    ck_assert_int_eq(stats_of().working_ns, 3 * second_ns);
    ck_assert_int_eq(stats_of().longest_ns, 2 * second_ns);
}
END_TEST

START_TEST(measuring_ends_and_begins_anew)
{
    mio_loop_measure(loop, true);
    turning_after(second_ns, 2);
    ck_assert_int_eq(mio_loop_run(loop, &stats_handler, NULL), 0);
    mio_loop_measure(loop, false);
    turning_after(second_ns, 5);
    ck_assert_int_eq(mio_loop_run(loop, &stats_handler, NULL), 0);
    ck_assert_int_eq(stats_of().sleeping_ns, second_ns);
    ck_assert_int_eq(stats_of().longest_ns, 2 * second_ns);
    mio_loop_measure(loop, true);
    ck_assert_int_eq(stats_of().longest_ns, 0);
    ck_assert_uint_eq(stats_of().longest_token, 0);
    ck_assert_uint_eq(stats_of().events[MIO_TIMEOUT], 2); /* counts go on */
}
END_TEST

static void on_measure(mio_loop *of, const mio_event *event, void *ctx)
{
    mio_loop_advance(of, second_ns);
    if (event->token == 1)
        mio_loop_measure(of, *(const bool *)ctx);
}

/* The handler that switches is never measured itself. */
START_TEST(a_handler_may_switch_it)
{
    static const mio_handler handler = {.timeout = on_measure};
    bool on = true;

    turning_after(second_ns, 1);
    turning_after(second_ns, 2);
    ck_assert_int_eq(mio_loop_run(loop, &handler, &on), 0);
    ck_assert_int_eq(stats_of().working_ns, second_ns);
    ck_assert_uint_eq(stats_of().longest_token, 2);
    on = false;
    turning_after(second_ns, 1);
    turning_after(second_ns, 2);
    ck_assert_int_eq(mio_loop_run(loop, &handler, &on), 0);
    ck_assert_int_eq(stats_of().working_ns, second_ns);
}
END_TEST

static void on_free(mio_loop *of, const mio_event *event, void *ctx)
{
    (void)event;
    (void)ctx;
    mio_loop_free(of);
}

START_TEST(a_handler_may_free_a_measured_loop)
{
    static const mio_handler handler = {.timeout = on_free};
    mio_loop *kept = loop;

    stats_open();
    mio_loop_measure(loop, true);
    turning_after(0, 1);
    ck_assert_int_eq(mio_loop_run(loop, &handler, NULL), -ECANCELED);
    loop = kept;
}
END_TEST

/* What a system's clock shows can only be compared with itself. */
START_TEST(a_real_clock_measures)
{
    const int64_t began_ns = mio_now_ns();
    mio_stats stats;

    mio_loop_measure(loop, true);
    turning_after(50 * SOURCE_NS_PER_MS, 0);
    ck_assert_int_eq(mio_loop_run(loop, &(mio_handler){.timeout = NULL}, NULL), 0);
    stats = stats_of();
    ck_assert_int_ge(stats.sleeping_ns, 4 * SOURCE_NS_PER_MS);
    ck_assert_int_le(stats.sleeping_ns + stats.working_ns, mio_now_ns() - began_ns);
    ck_assert_int_ge(stats.working_ns, stats.longest_ns);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("loop/stats");
    TCase *counts = turning_case(suite, "counts");
    TCase *times = harness_case(suite, "times");

    tcase_add_test(counts, a_new_loop_has_done_nothing);
    tcase_add_test(counts, turns_and_their_ends_are_counted);
    tcase_add_test(counts, a_turn_that_may_wait_is_a_wakeup);
    tcase_add_test(counts, ready_descriptors_are_counted_one_by_one);
    tcase_add_test(counts, what_is_not_reported_is_not_counted);
    tcase_add_test(counts, the_loops_own_descriptors_are_not_counted);
    tcase_add_test(counts, the_failed_end_of_a_pause_is_a_ready_event);
    tcase_add_test(counts, a_real_clock_measures);
    tcase_add_checked_fixture(times, stats_open, turning_close);
    tcase_add_test(times, nothing_is_measured_unless_asked);
    tcase_add_test(times, run_sleeps_and_works);
    tcase_add_test(times, descriptors_are_measured_each);
    tcase_add_test(times, the_ticks_handler_works_too);
    tcase_add_test(times, the_time_between_turns_is_nobodys);
    tcase_add_test(times, the_work_on_each_event_can_be_asked_for);
    tcase_add_test(times, measuring_ends_and_begins_anew);
    tcase_add_test(times, a_handler_may_switch_it);
    tcase_add_test(times, a_handler_may_free_a_measured_loop);
    return suite;
}
