#include "base/alloc.h"

#include "harness.h"

#include <stdlib.h>
#include <string.h>

START_TEST(null_is_the_default)
{
    harness_memory memory = {0};
    mio_allocator own = harness_allocator(&memory);

    ck_assert_ptr_eq(mio__alloc_or_default(NULL), &mio__alloc_default);
    ck_assert_ptr_eq(mio__alloc_or_default(&own), &own);
}
END_TEST

START_TEST(the_default_allocates_grows_and_frees)
{
    const mio_allocator *libc = &mio__alloc_default;
    char *ptr = mio__alloc(libc, 8);

    ck_assert_ptr_nonnull(ptr);
    memcpy(ptr, "1234567", 8);
    ptr = libc->realloc(libc->ud, ptr, 8, 100000);
    ck_assert_ptr_nonnull(ptr);
    ck_assert_str_eq(ptr, "1234567");
    ck_assert_ptr_null(libc->realloc(libc->ud, ptr, 100000, 0));
    ck_assert_ptr_null(libc->realloc(libc->ud, NULL, 0, 0));
}
END_TEST

START_TEST(the_hook_is_told_every_size)
{
    harness_memory memory = {0};
    mio_allocator allocator = harness_allocator(&memory);
    void *one = mio__alloc(&allocator, 24);
    void *two = mio__alloc_zeroed(&allocator, 10, 8);

    ck_assert_uint_eq(memory.blocks, 2);
    ck_assert_uint_eq(memory.bytes, 24 + 80);
    mio__alloc_free(&allocator, one, 24);
    mio__alloc_free(&allocator, two, 80);
    ck_assert_uint_eq(memory.blocks, 0);
    ck_assert_uint_eq(memory.bytes, 0);
}
END_TEST

START_TEST(zeroed_is_zero)
{
    static const unsigned char zero[700];
    /* Memory that was written to before is the likely one to be handed out again. */
    void *dirty = mio__alloc(&mio__alloc_default, sizeof zero);
    void *ptr;

    ck_assert_ptr_nonnull(dirty);
    memset(dirty, 255, sizeof zero);
    mio__alloc_free(&mio__alloc_default, dirty, sizeof zero);
    ptr = mio__alloc_zeroed(&mio__alloc_default, 100, 7);
    ck_assert_ptr_nonnull(ptr);
    ck_assert_mem_eq(ptr, zero, sizeof zero);
    mio__alloc_free(&mio__alloc_default, ptr, sizeof zero);
}
END_TEST

START_TEST(a_product_that_overflows_is_refused)
{
    harness_memory memory = {0};
    mio_allocator allocator = harness_allocator(&memory);

    ck_assert_ptr_null(mio__alloc_zeroed(&allocator, SIZE_MAX / 2 + 2, 2));
    ck_assert_ptr_null(mio__alloc_zeroed(&allocator, 2, SIZE_MAX / 2 + 2));
    ck_assert_ptr_null(mio__alloc_zeroed(&allocator, SIZE_MAX, SIZE_MAX));
    ck_assert_uint_eq(memory.calls, 0);
}
END_TEST

START_TEST(failure_is_null)
{
    harness_memory memory = {.fail_at = 1, .sticky = true};
    mio_allocator allocator = harness_allocator(&memory);

    ck_assert_ptr_null(mio__alloc(&allocator, 1));
    ck_assert_ptr_null(mio__alloc_zeroed(&allocator, 1, 1));
    ck_assert_uint_eq(memory.calls, 2);
}
END_TEST

START_TEST(null_can_be_freed)
{
    harness_memory memory = {0};
    mio_allocator allocator = harness_allocator(&memory);

    mio__alloc_free(&allocator, NULL, 0);
    mio__alloc_free(&mio__alloc_default, NULL, 16);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("base/alloc");
    TCase *tcase = harness_case(suite, "alloc");

    tcase_add_test(tcase, null_is_the_default);
    tcase_add_test(tcase, the_default_allocates_grows_and_frees);
    tcase_add_test(tcase, the_hook_is_told_every_size);
    tcase_add_test(tcase, zeroed_is_zero);
    tcase_add_test(tcase, a_product_that_overflows_is_refused);
    tcase_add_test(tcase, failure_is_null);
    tcase_add_test(tcase, null_can_be_freed);
    return suite;
}
