#include "mio/clock.h"

#include "harness.h"
#include "sys/clock.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

static int64_t system_ns(void)
{
    struct timespec now;

    ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

START_TEST(it_is_the_systems_monotonic_clock)
{
    const int64_t before_ns = system_ns();
    const int64_t now_ns = mio_now_ns();

    ck_assert(before_ns > 0);
    ck_assert(before_ns <= now_ns);
    ck_assert(now_ns <= system_ns());
}
END_TEST

START_TEST(it_never_goes_backwards)
{
    int64_t last_ns = mio_now_ns();

    for (int i = 0; i < 10000; i++) {
        const int64_t now_ns = mio_now_ns();

        ck_assert(now_ns >= last_ns);
        last_ns = now_ns;
    }
}
END_TEST

START_TEST(it_counts_nanoseconds)
{
    const int64_t before_ns = mio_now_ns();

    usleep(2000);
    ck_assert(mio_now_ns() - before_ns >= 2000000);
}
END_TEST

static void *read_clock(void *arg)
{
    int64_t *now_ns = arg;

    *now_ns = mio_now_ns();
    return NULL;
}

START_TEST(threads_share_it)
{
    const int64_t before_ns = mio_now_ns();
    int64_t there_ns = 0;
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, read_clock, &there_ns), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert(before_ns <= there_ns);
    ck_assert(there_ns <= mio_now_ns());
}
END_TEST

START_TEST(a_sleep_is_never_short)
{
    for (int64_t duration_ns = 0; duration_ns < 10000000; duration_ns += 3333333) {
        const int64_t before_ns = mio_now_ns();

        ck_assert_int_eq(mio__clock_sleep(duration_ns), 0);
        ck_assert(mio_now_ns() - before_ns >= duration_ns);
    }
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("sys/clock");
    TCase *tcase = harness_case(suite, "clock");

    tcase_add_test(tcase, it_is_the_systems_monotonic_clock);
    tcase_add_test(tcase, it_never_goes_backwards);
    tcase_add_test(tcase, it_counts_nanoseconds);
    tcase_add_test(tcase, threads_share_it);
    tcase_add_test(tcase, a_sleep_is_never_short);
    return suite;
}
