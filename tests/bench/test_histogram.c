#include "histogram.h"

#include "harness.h"

static histogram latency;

static void histogram_setup(void)
{
    latency = (histogram){0};
}

START_TEST(none)
{
    ck_assert_int_eq(histogram_at(&latency, 0.5), 0);
    ck_assert_int_eq(histogram_at(&latency, 1), 0);
}
END_TEST

START_TEST(one)
{
    histogram_record(&latency, 1234567);
    ck_assert_int_eq(histogram_at(&latency, 0), 1234567);
    ck_assert_int_eq(histogram_at(&latency, 0.5), 1234567);
    ck_assert_int_eq(histogram_at(&latency, 1), 1234567);
}
END_TEST

START_TEST(small_values_are_exact)
{
    for (int i = 1; i <= 200; i++)
        histogram_record(&latency, i);
    ck_assert_int_eq(histogram_at(&latency, 0.5), 100);
    ck_assert_int_eq(histogram_at(&latency, 0.99), 198);
    ck_assert_int_eq(histogram_at(&latency, 0.999), 200);
}
END_TEST

/* A value alone below the highest is told within a step, and never as too low. */
START_TEST(each_value_is_told_within_a_step)
{
    uint64_t random = 7;

    for (int i = 0; i < 10000; i++) {
        const int64_t value = (int64_t)(harness_random(&random) >> (1 + i % 63));
        int64_t told;

        histogram_setup();
        histogram_record(&latency, value);
        histogram_record(&latency, INT64_MAX);
        told = histogram_at(&latency, 0.5);
        ck_assert_int_ge(told, value);
        ck_assert_int_le(told - value, value / HISTOGRAM_STEPS);
    }
}
END_TEST

START_TEST(the_highest_is_exact)
{
    histogram_record(&latency, 1);
    histogram_record(&latency, 987654321);
    ck_assert_int_eq(histogram_at(&latency, 1), 987654321);
    histogram_record(&latency, INT64_MAX);
    ck_assert_int_eq(histogram_at(&latency, 1), INT64_MAX);
}
END_TEST

START_TEST(below_zero_is_zero)
{
    histogram_record(&latency, -5);
    ck_assert_uint_eq(latency.count, 1);
    ck_assert_int_eq(histogram_at(&latency, 1), 0);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("bench/histogram");
    TCase *tcase = harness_case(suite, "histogram");

    tcase_add_checked_fixture(tcase, histogram_setup, NULL);
    tcase_add_test(tcase, none);
    tcase_add_test(tcase, one);
    tcase_add_test(tcase, small_values_are_exact);
    tcase_add_test(tcase, each_value_is_told_within_a_step);
    tcase_add_test(tcase, the_highest_is_exact);
    tcase_add_test(tcase, below_zero_is_zero);
    return suite;
}
