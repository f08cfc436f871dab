#include "mio/signals.h"

#include "mio/poll.h"

#include "faults.h"
#include "sources.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>

static mio_signals *signals;

static void signals_make(void)
{
    ck_assert_int_eq(mio_signals_new(NULL, &signals), 0);
}

static void signals_drop(void)
{
    mio_signals_free(signals);
}

static void want(int number)
{
    ck_assert_int_eq(mio_signals_add(signals, number), 0);
}

static void expect_next(int result)
{
    ck_assert_int_eq(mio_signals_next(signals), result);
}

START_TEST(a_new_set_wants_nothing)
{
    expect_next(-EAGAIN);
    ck_assert_int_eq(mio_signals_remove(signals, SIGUSR1), -ENOENT);
}
END_TEST

START_TEST(each_signal_is_told_by_its_number)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD};

    for (int i = 0; i < 6; i++) {
        want(numbers[i]);
        expect_next(-EAGAIN);
        raise(numbers[i]);
        expect_next(numbers[i]);
        expect_next(-EAGAIN);
    }
}
END_TEST

START_TEST(several_are_told_lowest_first)
{
    int last = 0;

    want(SIGTERM);
    want(SIGHUP);
    want(SIGUSR2);
    raise(SIGUSR2);
    raise(SIGTERM);
    raise(SIGHUP);
    for (int i = 0; i < 3; i++) {
        const int number = mio_signals_next(signals);

        ck_assert_int_gt(number, last);
        last = number;
    }
    expect_next(-EAGAIN);
}
END_TEST

START_TEST(many_melt_into_one)
{
    want(SIGUSR1);
    for (int i = 0; i < 10000; i++)
        raise(SIGUSR1);
    expect_next(SIGUSR1);
    expect_next(-EAGAIN);
}
END_TEST

/* Also from what was taken of the pipe together with others and is still to be told. */
START_TEST(a_removed_signal_is_forgotten)
{
    want(SIGHUP);
    want(SIGUSR1);
    want(SIGTERM);
    raise(SIGUSR1);
    raise(SIGTERM);
    raise(SIGHUP);
    expect_next(SIGHUP);
    ck_assert_int_eq(mio_signals_remove(signals, SIGUSR1), 0);
    want(SIGUSR1); /* anew */
    expect_next(SIGTERM);
    expect_next(-EAGAIN);
    raise(SIGUSR1);
    expect_next(SIGUSR1);
}
END_TEST

START_TEST(what_a_set_refuses)
{
    static const int numbers[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE,  SIGILL,
                                  0,       -1,      65,      1000,   INT_MAX, INT_MIN};

    for (int i = 0; i < 12; i++) {
        ck_assert_int_eq(mio_signals_add(signals, numbers[i]), -EINVAL);
        ck_assert_int_eq(mio_signals_remove(signals, numbers[i]), -ENOENT);
    }
    want(SIGUSR1);
    ck_assert_int_eq(mio_signals_add(signals, SIGUSR1), -EEXIST);
    ck_assert_int_eq(mio_signals_remove(signals, SIGUSR1), 0);
    ck_assert_int_eq(mio_signals_remove(signals, SIGUSR1), -ENOENT);
}
END_TEST

START_TEST(two_sets_are_both_told)
{
    mio_signals *other;

    ck_assert_int_eq(mio_signals_new(NULL, &other), 0);
    want(SIGUSR1);
    ck_assert_int_eq(mio_signals_add(other, SIGUSR1), 0);
    raise(SIGUSR1);
    expect_next(SIGUSR1);
    ck_assert_int_eq(mio_signals_next(other), SIGUSR1);
    mio_signals_free(other);
    raise(SIGUSR1);
    expect_next(SIGUSR1);
}
END_TEST

static void *raise_later(void *arg)
{
    (void)arg;
    source_pause_ms(20);
    ck_assert_int_eq(raise(SIGUSR1), 0); /* in this thread */
    return NULL;
}

START_TEST(a_poll_waits_for_a_set)
{
    mio_event event;
    mio_poll *selecting;
    pthread_t thread;

    ck_assert_int_eq(mio_poll_new(NULL, &selecting), 0);
    want(SIGUSR1);
    ck_assert_int_eq(
        mio_poll_register(selecting, mio_signals_fd(signals), 7, MIO_READABLE, MIO_LEVEL), 0);
    ck_assert_int_eq(mio_poll_wait(selecting, &event, 1, 0), 0);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(pthread_create(&thread, NULL, raise_later, NULL), 0);
        ck_assert_int_eq(mio_poll_wait(selecting, &event, 1, source_soon_ns), 1);
        ck_assert_uint_eq(event.token, 7);
        ck_assert_uint_eq(event.ready, MIO_READABLE);
        expect_next(SIGUSR1);
        expect_next(-EAGAIN);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
        ck_assert_int_eq(mio_poll_wait(selecting, &event, 1, 0), 0);
    }
    ck_assert_int_eq(mio_poll_deregister(selecting, mio_signals_fd(signals)), 0);
    mio_poll_free(selecting);
}
END_TEST

START_TEST(freeing_gives_up_what_is_wanted)
{
    struct sigaction now;
    mio_signals *other;

    ck_assert_int_eq(mio_signals_new(NULL, &other), 0);
    ck_assert_int_eq(mio_signals_add(other, SIGUSR2), 0);
    mio_signals_free(other);
    mio_signals_free(NULL);
    ck_assert_int_eq(sigaction(SIGUSR2, NULL, &now), 0);
    ck_assert(now.sa_handler == SIG_DFL);
}
END_TEST

static int a_set(const mio_allocator *allocator)
{
    mio_signals *own = NULL;
    int err = mio_signals_new(allocator, &own);

    if (err == 0)
        err = mio_signals_add(own, SIGUSR1);
    mio_signals_free(own);
    return err;
}

START_TEST(every_allocation_fails)
{
    fault_check_memory(a_set, _i == 1);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("event/signals");
    TCase *tcase = harness_case(suite, "signals");

    tcase_add_checked_fixture(tcase, signals_make, signals_drop);
    tcase_add_test(tcase, a_new_set_wants_nothing);
    tcase_add_test(tcase, each_signal_is_told_by_its_number);
    tcase_add_test(tcase, several_are_told_lowest_first);
    tcase_add_test(tcase, many_melt_into_one);
    tcase_add_test(tcase, a_removed_signal_is_forgotten);
    tcase_add_test(tcase, what_a_set_refuses);
    tcase_add_test(tcase, two_sets_are_both_told);
    tcase_add_test(tcase, a_poll_waits_for_a_set);
    tcase_add_test(tcase, freeing_gives_up_what_is_wanted);

    tcase = harness_case(suite, "memory");
    tcase_add_loop_test(tcase, every_allocation_fails, 0, 2);
    return suite;
}
