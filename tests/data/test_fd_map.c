#include "data/fd_map.h"

#include "harness.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

static mio__fd_map map;
static harness_memory memory;

static void map_make(void)
{
    mio_allocator allocator;

    memset(&memory, 0, sizeof memory);
    allocator = harness_allocator(&memory);
    mio__fd_map_init(&map, &allocator);
}

static void map_drop(void)
{
    mio__fd_map_fini(&map);
    ck_assert_uint_eq(memory.blocks, 0);
}

static void reserve(mio_fd fd)
{
    ck_assert_int_eq(mio__fd_map_reserve(&map, fd), 0);
}

START_TEST(an_empty_map_knows_nothing_and_allocates_nothing)
{
    ck_assert_uint_eq(mio__fd_map_get(&map, 0), 0);
    ck_assert_uint_eq(mio__fd_map_get(&map, INT_MAX), 0);
    ck_assert_uint_eq(memory.calls, 0);
}
END_TEST

START_TEST(what_is_set_is_found)
{
    const uint64_t large = UINT64_MAX;

    reserve(3);
    mio__fd_map_set(&map, 3, large);
    mio__fd_map_set(&map, 0, 1);
    ck_assert_uint_eq(mio__fd_map_get(&map, 3), large);
    ck_assert_uint_eq(mio__fd_map_get(&map, 0), 1);
    ck_assert_uint_eq(mio__fd_map_get(&map, 2), 0);
    mio__fd_map_set(&map, 3, 0);
    ck_assert_uint_eq(mio__fd_map_get(&map, 3), 0);
}
END_TEST

START_TEST(growing_keeps_what_is_set_and_clears_the_rest)
{
    for (mio_fd fd = 0; fd < 5000; fd++) {
        reserve(fd);
        ck_assert_uint_eq(mio__fd_map_get(&map, fd), 0);
        mio__fd_map_set(&map, fd, (uint64_t)fd + 7);
    }
    for (mio_fd fd = 0; fd < 5000; fd++)
        ck_assert_uint_eq(mio__fd_map_get(&map, fd), (uint64_t)fd + 7);
    ck_assert_uint_eq(mio__fd_map_get(&map, 5000), 0);
    ck_assert_uint_le(memory.calls, 10); /* by doubling */
}
END_TEST

START_TEST(a_high_number_comes_first)
{
    reserve(19999);
    mio__fd_map_set(&map, 19999, 1);
    for (mio_fd fd = 0; fd < 19999; fd++)
        ck_assert_uint_eq(mio__fd_map_get(&map, fd), 0);
    reserve(19999);
    reserve(4);
    ck_assert_uint_eq(memory.calls, 1);
}
END_TEST

START_TEST(without_memory_it_stays_as_it_was)
{
    reserve(0);
    mio__fd_map_set(&map, 0, 9);
    memory.fail_at = memory.calls + 1;
    ck_assert_int_eq(mio__fd_map_reserve(&map, 1000), -ENOMEM);
    ck_assert_uint_eq(mio__fd_map_get(&map, 0), 9);
    ck_assert_uint_eq(mio__fd_map_get(&map, 1000), 0);
    reserve(1000);
    ck_assert_uint_eq(mio__fd_map_get(&map, 0), 9);
    ck_assert_uint_eq(mio__fd_map_get(&map, 1000), 0);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("data/fd_map");
    TCase *tcase = harness_case(suite, "fd_map");

    tcase_add_checked_fixture(tcase, map_make, map_drop);
    tcase_add_test(tcase, an_empty_map_knows_nothing_and_allocates_nothing);
    tcase_add_test(tcase, what_is_set_is_found);
    tcase_add_test(tcase, growing_keeps_what_is_set_and_clears_the_rest);
    tcase_add_test(tcase, a_high_number_comes_first);
    tcase_add_test(tcase, without_memory_it_stays_as_it_was);
    return suite;
}
