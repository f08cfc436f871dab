#include "base/bits.h"

#include "harness.h"

START_TEST(every_single_bit)
{
    for (unsigned i = 0; i < 64; i++) {
        ck_assert_uint_eq(mio__bits_lowest(UINT64_C(1) << i), i);
        ck_assert_uint_eq(mio__bits_highest(UINT64_C(1) << i), i);
    }
}
END_TEST

START_TEST(every_pair_of_bits)
{
    for (unsigned high = 0; high < 64; high++) {
        for (unsigned low = 0; low <= high; low++) {
            uint64_t word = UINT64_C(1) << high | UINT64_C(1) << low;

            ck_assert_uint_eq(mio__bits_lowest(word), low);
            ck_assert_uint_eq(mio__bits_highest(word), high);
        }
    }
}
END_TEST

START_TEST(every_run_of_bits)
{
    for (unsigned i = 0; i < 64; i++) {
        ck_assert_uint_eq(mio__bits_lowest(UINT64_MAX << i), i);
        ck_assert_uint_eq(mio__bits_highest(UINT64_MAX << i), 63);
        ck_assert_uint_eq(mio__bits_lowest(UINT64_MAX >> i), 0);
        ck_assert_uint_eq(mio__bits_highest(UINT64_MAX >> i), 63 - i);
    }
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("base/bits");
    TCase *tcase = harness_case(suite, "bits");

    tcase_add_test(tcase, every_single_bit);
    tcase_add_test(tcase, every_pair_of_bits);
    tcase_add_test(tcase, every_run_of_bits);
    return suite;
}
