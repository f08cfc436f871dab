#include "pace.h"

#include "harness.h"
#include "histogram.h"

enum { MS = 1000000 };

/* How many requests begin now, with this many free connections. */
static int begin_all(pace *p, int64_t now_ns, int connections)
{
    int64_t begin_ns;
    int count = 0;

    while (count < connections && pace_begin(p, now_ns, &begin_ns))
        count++;
    return count;
}

START_TEST(without_a_rate_each_begins_now)
{
    pace p = {.start_ns = 100, .limit = 3};
    int64_t begin_ns = 0;

    ck_assert(pace_begin(&p, 100, &begin_ns));
    ck_assert_int_eq(begin_ns, 100);
    ck_assert(pace_begin(&p, 777, &begin_ns));
    ck_assert_int_eq(begin_ns, 777);
    ck_assert(!pace_over(&p, 777));
    ck_assert(pace_begin(&p, 777, &begin_ns));
    ck_assert(pace_over(&p, 777));
    ck_assert(!pace_begin(&p, 777, &begin_ns));
    ck_assert_int_eq(p.begun, 3);
}
END_TEST

START_TEST(without_a_rate_none_begins_after_the_end)
{
    pace p = {.end_ns = 1000};
    int64_t begin_ns;

    ck_assert(pace_begin(&p, 999, &begin_ns));
    ck_assert(pace_over(&p, 1000));
    ck_assert(!pace_begin(&p, 1000, &begin_ns));
}
END_TEST

START_TEST(at_a_rate_none_begins_early)
{
    pace p = {.start_ns = 0, .interval_ns = MS};

    ck_assert_int_eq(begin_all(&p, 0, 10), 1);
    ck_assert_int_eq(begin_all(&p, MS - 1, 10), 0);
    ck_assert_int_eq(begin_all(&p, MS, 10), 1);
    ck_assert_int_eq(begin_all(&p, 5 * MS, 10), 4);
}
END_TEST

/* The end counts in the time at which requests are due: a late one is not left out. */
START_TEST(at_a_rate_late_ones_begin_after_the_end)
{
    pace p = {.end_ns = 10 * MS, .interval_ns = MS};

    ck_assert_int_eq(begin_all(&p, 50 * MS, 4), 4);
    ck_assert(!pace_over(&p, 50 * MS));
    ck_assert_int_eq(begin_all(&p, 60 * MS, 100), 6);
    ck_assert(pace_over(&p, 60 * MS));
}
END_TEST

/* One connection to a server that answers at once, but for a stall of half of the time. */
START_TEST(a_stall_is_seen_by_all_who_wait)
{
    pace p = {.end_ns = 1000 * MS, .interval_ns = MS};
    histogram latency = {0};
    int64_t now_ns = 0, begin_ns;

    for (; !pace_over(&p, now_ns); now_ns += MS / 2) {
        while (pace_begin(&p, now_ns, &begin_ns)) {
            if (p.begun == 1)
                now_ns += 500 * MS;
            histogram_record(&latency, now_ns - begin_ns);
        }
    }
    ck_assert_uint_eq(latency.count, 1000);
    ck_assert_int_eq(latency.max, 500 * MS);
    ck_assert_int_ge(histogram_at(&latency, 0.99), 480 * MS);
    ck_assert_int_ge(histogram_at(&latency, 0.75), 240 * MS);
    ck_assert_int_le(histogram_at(&latency, 0.75), 260 * MS);
    ck_assert_int_eq(histogram_at(&latency, 0.4), 0);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("bench/pace");
    TCase *tcase = harness_case(suite, "pace");

    tcase_add_test(tcase, without_a_rate_each_begins_now);
    tcase_add_test(tcase, without_a_rate_none_begins_after_the_end);
    tcase_add_test(tcase, at_a_rate_none_begins_early);
    tcase_add_test(tcase, at_a_rate_late_ones_begin_after_the_end);
    tcase_add_test(tcase, a_stall_is_seen_by_all_who_wait);
    return suite;
}
