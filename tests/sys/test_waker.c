#include "sys/waker.h"

#include "selecting.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

static mio__waker waker;

static void waker_make(void)
{
    ck_assert_int_eq(mio__waker_open(&waker, &selector, 7), 0);
}

static void waker_drop(void)
{
    mio__waker_close(&waker, &selector);
}

static void wake(const mio__waker *which)
{
    ck_assert_int_eq(mio__waker_wake(which), 0);
}

START_TEST(it_is_quiet_at_first)
{
    selecting_expect_none();
}
END_TEST

START_TEST(a_wake_is_one_event)
{
    wake(&waker);
    selecting_expect_one(7, MIO_READABLE);
    selecting_expect_none();
}
END_TEST

START_TEST(wakes_that_nobody_has_seen_melt)
{
    for (int i = 0; i < 70000; i++) /* more than a pipe has room for */
        wake(&waker);
    selecting_expect_one(7, MIO_READABLE);
    selecting_expect_none();
    wake(&waker);
    selecting_expect_one(7, MIO_READABLE);
}
END_TEST

/* Nothing is read back, and yet every wake after a report is reported. */
START_TEST(it_wakes_again_and_again)
{
    for (int i = 0; i < 1000; i++) {
        wake(&waker);
        selecting_expect_one(7, MIO_READABLE);
    }
    selecting_expect_none();
}
END_TEST

START_TEST(several_wakers_keep_their_tokens)
{
    const selecting_event both[] = {{7, MIO_READABLE, 0}, {8, MIO_READABLE, 0}};
    mio__waker other;

    ck_assert_int_eq(mio__waker_open(&other, &selector, 8), 0);
    wake(&other);
    selecting_expect_one(8, MIO_READABLE);
    wake(&other);
    wake(&waker);
    selecting_expect(both, 2, source_soon_ns);
    mio__waker_close(&other, &selector);
    wake(&waker);
    selecting_expect_one(7, MIO_READABLE);
}
END_TEST

START_TEST(closing_drops_what_was_not_reported)
{
    mio__waker other;

    ck_assert_int_eq(mio__waker_open(&other, &selector, 8), 0);
    wake(&other);
    mio__waker_close(&other, &selector);
    selecting_expect_none();
}
END_TEST

START_TEST(it_is_closed_by_exec)
{
    ck_assert_int_ne(fcntl(waker.fd, F_GETFD) & FD_CLOEXEC, 0);
}
END_TEST

static void *wake_later(void *arg)
{
    (void)arg;
    source_pause_ms(20);
    wake(&waker);
    return NULL;
}

START_TEST(it_ends_a_wait_of_another_thread)
{
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, wake_later, NULL), 0);
    selecting_expect_one(7, MIO_READABLE);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    selecting_expect_none();
}
END_TEST

enum { MANY_THREADS = 3, MANY_WAKES = 2000 };

static atomic_int many_done;

static void *wake_often(void *arg)
{
    (void)arg;
    for (int i = 0; i < MANY_WAKES; i++) {
        atomic_fetch_add(&many_done, 1);
        wake(&waker);
    }
    return NULL;
}

/* What was published before a wake is seen by whoever the wake has woken: no wake is lost. */
START_TEST(no_wake_of_several_threads_is_lost)
{
    pthread_t threads[MANY_THREADS];

    atomic_store(&many_done, 0);
    for (int i = 0; i < MANY_THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, wake_often, NULL), 0);
    while (atomic_load(&many_done) < MANY_THREADS * MANY_WAKES)
        selecting_expect_one(7, MIO_READABLE);
    for (int i = 0; i < MANY_THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}
END_TEST

static void wake_by_signal(int number)
{
    (void)number;
    mio__waker_wake(&waker);
}

START_TEST(a_signal_handler_may_wake)
{
    struct sigaction action = {.sa_handler = wake_by_signal}, before;

    ck_assert_int_eq(sigaction(SIGUSR1, &action, &before), 0);
    errno = 4711;
    raise(SIGUSR1);
    ck_assert_int_eq(errno, 4711);
    ck_assert_int_eq(sigaction(SIGUSR1, &before, NULL), 0);
    selecting_expect_one(7, MIO_READABLE);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("sys/waker");
    TCase *tcase = selecting_case(suite, "waker");

    tcase_add_checked_fixture(tcase, waker_make, waker_drop);
    tcase_add_test(tcase, it_is_quiet_at_first);
    tcase_add_test(tcase, a_wake_is_one_event);
    tcase_add_test(tcase, wakes_that_nobody_has_seen_melt);
    tcase_add_test(tcase, it_wakes_again_and_again);
    tcase_add_test(tcase, several_wakers_keep_their_tokens);
    tcase_add_test(tcase, closing_drops_what_was_not_reported);
    tcase_add_test(tcase, it_is_closed_by_exec);
    tcase_add_test(tcase, it_ends_a_wait_of_another_thread);
    tcase_add_test(tcase, no_wake_of_several_threads_is_lost);
    tcase_add_test(tcase, a_signal_handler_may_wake);
    return suite;
}
