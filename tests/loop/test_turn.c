#include "turning.h"

#include "mio/signal.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

/* ------------------------------------------------------------- one turn */

START_TEST(outside_of_a_turn_there_is_nothing)
{
    mio_event event = {.token = 7};

    ck_assert_int_eq(mio_loop_next(loop, &event), 0);
    turning_expect_none();
    ck_assert_int_eq(mio_loop_next(loop, &event), 0);
    ck_assert_int_eq(mio_loop_next(loop, &event), 0);
    ck_assert_uint_eq(event.token, 7);
}
END_TEST

START_TEST(every_turn_ends_with_a_tick)
{
    mio_event event;

    for (int i = 0; i < 3; i++) {
        turning_poll(0);
        ck_assert_int_eq(mio_loop_next(loop, &event), 1);
        ck_assert_int_eq(event.kind, MIO_TICK);
        ck_assert_uint_eq(event.ready, 0);
        ck_assert_uint_eq(event.token, 0);
        ck_assert_uint_eq(event.id, 0);
        ck_assert_int_eq(event.value, 0);
        ck_assert_int_eq(mio_loop_next(loop, &event), 0);
    }
}
END_TEST

/* Descriptors, then signals, then timers, then the end. */
START_TEST(a_turn_has_its_order)
{
    static const mio_event_kind kinds[] = {MIO_READY,  MIO_READY,   MIO_SIGNAL,
                                           MIO_SIGNAL, MIO_TIMEOUT, MIO_TIMEOUT};
    mio_event events[TURNING_MAX];
    int fds[2];

    source_pair(fds);
    turning_after(0, 1);
    turning_after(0, 2);
    ck_assert_int_eq(mio_loop_signal(loop, SIGUSR1, 3, NULL), 0);
    ck_assert_int_eq(mio_loop_signal(loop, SIGUSR2, 4, NULL), 0);
    turning_register(fds[0], W, 5);
    turning_register(fds[1], W, 6);
    raise(SIGUSR2);
    raise(SIGUSR1);
    source_pause_ms(1); /* the timers are due by now */
    turning_poll(source_soon_ns);
    ck_assert_int_eq(turning_finish(events), 6);
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(events[i].kind, kinds[i]);
    source_close(fds);
}
END_TEST

START_TEST(a_poll_with_a_turn_in_hand_goes_on_with_it)
{
    const int64_t start_ns = mio_now_ns();
    mio_event first, second;
    int fds[2];

    source_pair(fds);
    turning_register_with(fds[0], W, MIO_EDGE, 1);
    turning_register_with(fds[1], W, MIO_EDGE, 2);
    turning_after(0, 3);
    source_pause_ms(1);
    turning_poll(source_soon_ns);
    first = turning_next();
    turning_poll(-1); /* does not wait, and loses nothing */
    second = turning_next();
    ck_assert_uint_eq(first.token + second.token, 3);
    turning_poll(-1);
    turning_expect_rest(1, (mio_event[]){turning_timeout(3)});
    ck_assert(mio_now_ns() - start_ns < source_soon_ns);
    source_close(fds);
}
END_TEST

START_TEST(a_timeout_is_not_below_minus_one)
{
    ck_assert_int_eq(mio_loop_poll(loop, -2), -EINVAL);
    ck_assert_int_eq(mio_loop_poll(loop, INT64_MIN), -EINVAL);
    turning_expect_none();
}
END_TEST

START_TEST(a_turn_has_one_time)
{
    const int64_t before_ns = mio_loop_now(loop);
    int64_t turn_ns;
    int fds[2];

    source_pair(fds);
    turning_register(fds[0], W, 1);
    turning_poll(source_soon_ns);
    turn_ns = mio_loop_now(loop);
    ck_assert(turn_ns >= before_ns);
    source_pause_ms(2);
    turning_next();
    ck_assert_int_eq(mio_loop_now(loop), turn_ns);
    turning_expect_rest(0, NULL);
    ck_assert(mio_loop_now(loop) >= turn_ns + 2 * SOURCE_NS_PER_MS); /* the clock again */
    source_close(fds);
}
END_TEST

/* ---------------------------------------------------------------- waiting */

START_TEST(a_poll_waits_as_long_as_it_is_told)
{
    static const int64_t timeouts_ns[] = {1, 200000, 1500000, 5000000};

    for (int i = 0; i < 4; i++) {
        const int64_t start_ns = mio_now_ns();

        turning_poll(timeouts_ns[i]);
        turning_expect_rest(0, NULL);
        ck_assert(mio_now_ns() - start_ns >= timeouts_ns[i]);
        ck_assert(mio_now_ns() - start_ns < source_soon_ns);
    }
}
END_TEST

START_TEST(a_timer_ends_the_wait_and_nothing_before_it_does)
{
    const int64_t start_ns = mio_now_ns();

    turning_after(10 * SOURCE_NS_PER_MS, 1);
    turning_after(300 * SOURCE_NS_PER_MS, 2);
    turning_poll(-1);
    turning_expect_rest(1, (mio_event[]){turning_timeout(1)});
    turning_poll(source_soon_ns);
    turning_expect_rest(1, (mio_event[]){turning_timeout(2)});
    ck_assert(mio_now_ns() - start_ns >= 300 * SOURCE_NS_PER_MS);
    turning_after(source_soon_ns, 3);
    turning_poll(SOURCE_NS_PER_MS); /* the sooner of the two counts */
    turning_expect_rest(0, NULL);
}
END_TEST

/* A turn that has worked long does not make the next timer wait from its end on. */
START_TEST(the_time_that_a_turn_takes_is_not_added_to_the_sleep)
{
    turning_after(source_soon_ns, 1);
    turning_poll(0);
    source_pause_ms(20);
    turning_expect_rest(0, NULL);
    ck_assert(mio_loop_timeout(loop) <= source_soon_ns - 19 * SOURCE_NS_PER_MS);
}
END_TEST

static void note_nothing(int number)
{
    (void)number;
}

START_TEST(a_handler_of_the_program_cuts_the_wait_short)
{
    /* Again and again: one may come before the wait. */
    const struct itimerval soon = {.it_interval.tv_usec = 5000, .it_value.tv_usec = 5000};
    const struct itimerval never = {.it_value.tv_usec = 0};
    struct sigaction action = {.sa_handler = note_nothing, .sa_flags = SA_RESTART}, before;
    mio_event event;
    int fds[2];

    source_pair(fds);
    turning_register(fds[0], R, 1);
    ck_assert_int_eq(sigaction(SIGALRM, &action, &before), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &soon, NULL), 0);
    for (int i = 0; i < 3; i++) {
        turning_poll(i == 0 ? -1 : 2 * source_soon_ns);
        event = turning_next();
        ck_assert_int_eq(event.kind, MIO_INTERRUPTED);
        ck_assert_uint_eq(event.token | event.id | event.ready, 0);
        turning_expect_rest(0, NULL);
    }
    ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
    ck_assert_int_eq(sigaction(SIGALRM, &before, NULL), 0);
    turning_expect_none(); /* told once */
    source_put(fds[1]);
    turning_expect_ready(1, R);
    source_close(fds);
}
END_TEST

static void *put_later(void *arg)
{
    const int *fd = arg;

    source_pause_ms(20);
    source_put(*fd);
    return NULL;
}

START_TEST(a_wait_for_ever_ends_with_an_event)
{
    pthread_t thread;
    int fds[2];

    source_pair(fds);
    turning_register(fds[0], R, 1);
    ck_assert_int_eq(pthread_create(&thread, NULL, put_later, &fds[1]), 0);
    turning_poll(-1);
    turning_expect_rest(1, (mio_event[]){turning_ready(1, R)});
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    source_close(fds);
}
END_TEST

/* ------------------------------------------------------------- small batches */

enum { CROWD = 9 };

/* A crowd of sources that are all ready, in a loop that takes few at once. */
static void crowd_open(unsigned events_per_poll, int fds[CROWD][2], mio_trigger trigger)
{
    const mio_loop_config config = {.events_per_poll = events_per_poll};

    turning_close();
    ck_assert_int_eq(mio_loop_new(&config, &loop), 0);
    for (uint64_t i = 0; i < CROWD; i++) {
        source_pair(fds[i]);
        turning_register_with(fds[i][0], W, trigger, i);
    }
}

static void crowd_close(int fds[CROWD][2])
{
    for (int i = 0; i < CROWD; i++)
        source_close(fds[i]);
}

START_TEST(few_at_once_and_nobody_starves)
{
    int fds[CROWD][2], seen[CROWD] = {0};
    mio_event events[TURNING_MAX];

    crowd_open((unsigned)_i, fds, MIO_LEVEL);
    for (int turns = 0; turns < 5 * CROWD; turns++) {
        turning_poll(source_soon_ns);
        ck_assert_int_eq(turning_finish(events), _i);
        for (int i = 0; i < _i; i++)
            seen[events[i].token]++;
    }
    for (int i = 0; i < CROWD; i++)
        ck_assert_int_ge(seen[i], 1);
    crowd_close(fds);
}
END_TEST

START_TEST(few_at_once_and_each_edge_is_told)
{
    int fds[CROWD][2], seen[CROWD] = {0}, count;
    mio_event events[TURNING_MAX];

    crowd_open((unsigned)_i, fds, MIO_EDGE);
    do {
        turning_poll(0);
        count = turning_finish(events);
        for (int i = 0; i < count; i++)
            seen[events[i].token]++;
    } while (count > 0);
    for (int i = 0; i < CROWD; i++)
        ck_assert_int_eq(seen[i], 1);
    crowd_close(fds);
}
END_TEST

/* Some of what is stopped is in the batch in hand, and some still in the kernel's queue. */
START_TEST(few_at_once_and_all_are_stopped_by_the_first)
{
    int fds[CROWD][2];
    uint64_t ids[CROWD];

    crowd_open((unsigned)_i, fds, MIO_LEVEL);
    for (uint64_t i = 0; i < CROWD; i++) {
        int copy = dup(fds[i][1]);

        ids[i] = turning_register(copy, W, 100 + i);
        ck_assert_int_eq(close(fds[i][1]), 0);
        fds[i][1] = copy;
    }
    turning_poll(source_soon_ns);
    turning_next();
    for (int i = 0; i < CROWD; i++)
        turning_deregister(ids[i]);
    for (int turns = 0; turns < 3 * CROWD; turns++) {
        mio_event events[TURNING_MAX];
        const int count = turning_finish(events);

        for (int i = 0; i < count; i++)
            ck_assert_uint_lt(events[i].token, CROWD);
        turning_poll(0);
    }
    turning_finish((mio_event[TURNING_MAX]){{0}});
    crowd_close(fds);
}
END_TEST

/* Sources that are ready all the time do not keep timers and signals from their turn. */
START_TEST(few_at_once_and_timers_and_signals_are_served)
{
    bool timeout = false, signal_seen = false;
    int fds[CROWD][2];

    crowd_open((unsigned)_i, fds, MIO_LEVEL);
    turning_after(SOURCE_NS_PER_MS, 50);
    ck_assert_int_eq(mio_loop_signal(loop, SIGUSR1, 60, NULL), 0);
    raise(SIGUSR1);
    for (int turns = 0; turns < 100000 && !(timeout && signal_seen); turns++) {
        mio_event events[TURNING_MAX];
        int count;

        turning_poll(-1);
        count = turning_finish(events);
        for (int i = 0; i < count; i++) {
            timeout |= events[i].kind == MIO_TIMEOUT;
            signal_seen |= events[i].kind == MIO_SIGNAL;
        }
    }
    ck_assert(timeout);
    ck_assert(signal_seen);
    crowd_close(fds);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("loop/turn");
    TCase *tcase = turning_case(suite, "one turn");

    tcase_add_test(tcase, outside_of_a_turn_there_is_nothing);
    tcase_add_test(tcase, every_turn_ends_with_a_tick);
    tcase_add_test(tcase, a_turn_has_its_order);
    tcase_add_test(tcase, a_poll_with_a_turn_in_hand_goes_on_with_it);
    tcase_add_test(tcase, a_timeout_is_not_below_minus_one);
    tcase_add_test(tcase, a_turn_has_one_time);

    tcase = turning_case(suite, "waiting");
    tcase_add_test(tcase, a_poll_waits_as_long_as_it_is_told);
    tcase_add_test(tcase, a_timer_ends_the_wait_and_nothing_before_it_does);
    tcase_add_test(tcase, the_time_that_a_turn_takes_is_not_added_to_the_sleep);
    tcase_add_test(tcase, a_handler_of_the_program_cuts_the_wait_short);
    tcase_add_test(tcase, a_wait_for_ever_ends_with_an_event);

    tcase = turning_case(suite, "small batches");
    tcase_add_loop_test(tcase, few_at_once_and_nobody_starves, 1, 4);
    tcase_add_loop_test(tcase, few_at_once_and_each_edge_is_told, 1, 4);
    tcase_add_loop_test(tcase, few_at_once_and_all_are_stopped_by_the_first, 1, 4);
    tcase_add_loop_test(tcase, few_at_once_and_timers_and_signals_are_served, 1, 4);
    return suite;
}
