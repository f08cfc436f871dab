/*
 * The conformance suite of selectors, first part: every clause of the contract in
 * sys/selector.h, and nothing that it leaves open. It asks for no platform.
 */
#include "selecting.h"

#include <stdlib.h>

enum { R = MIO_READABLE, W = MIO_WRITABLE, RW = R | W };

/* ------------------------------------------------ clauses 1 and 7: registering */

START_TEST(nothing_is_registered_at_first)
{
    selecting_expect_none();
}
END_TEST

START_TEST(tokens_come_back_unread)
{
    static const uint64_t tokens[] = {0, 1, UINT64_C(1) << 63, UINT64_MAX};
    int fds[2];

    source_pipe(fds);
    selecting_register(fds[1], 5, W, MIO_LEVEL);
    for (int i = 0; i < 4; i++) {
        selecting_reregister(fds[1], tokens[i], W, MIO_LEVEL);
        selecting_expect_one(tokens[i], W);
    }
    source_close(fds);
}
END_TEST

START_TEST(a_descriptor_is_registered_once)
{
    int fds[2];

    source_pair(fds);
    source_put(fds[1]);
    selecting_register(fds[0], 1, R, MIO_LEVEL);
    ck_assert_int_eq(mio__selector_register(&selector, fds[0], 2, W, MIO_EDGE), -EEXIST);
    selecting_expect_one(1, R); /* the failed call has changed nothing */
    selecting_expect_one(1, R);
    source_close(fds);
}
END_TEST

START_TEST(what_is_not_registered_cannot_be_changed_or_ended)
{
    int fds[2];

    source_pair(fds);
    ck_assert_int_eq(mio__selector_reregister(&selector, fds[0], 1, R, MIO_LEVEL), -ENOENT);
    ck_assert_int_eq(mio__selector_deregister(&selector, fds[0]), -ENOENT);
    selecting_register(fds[0], 1, R, MIO_LEVEL);
    selecting_deregister(fds[0]);
    ck_assert_int_eq(mio__selector_reregister(&selector, fds[0], 1, R, MIO_LEVEL), -ENOENT);
    ck_assert_int_eq(mio__selector_deregister(&selector, fds[0]), -ENOENT);
    source_close(fds);
}
END_TEST

START_TEST(what_is_not_open_is_refused)
{
    int fds[2];

    source_pair(fds);
    source_close(fds);
    ck_assert_int_eq(mio__selector_register(&selector, fds[0], 1, R, MIO_LEVEL), -EBADF);
    ck_assert_int_eq(mio__selector_reregister(&selector, fds[0], 1, R, MIO_LEVEL), -EBADF);
    ck_assert_int_eq(mio__selector_deregister(&selector, fds[0]), -EBADF);
    ck_assert_int_eq(mio__selector_register(&selector, -1, 1, R, MIO_LEVEL), -EBADF);
}
END_TEST

START_TEST(what_the_kernel_cannot_poll_is_refused)
{
    char path[] = "/tmp/mio-test-XXXXXX";
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mio__selector_register(&selector, fd, 1, R, MIO_LEVEL), -EPERM);
    ck_assert_int_eq(close(fd), 0);
}
END_TEST

START_TEST(the_same_descriptor_in_two_selectors)
{
    mio__selector other;
    mio_event events[2];
    int fds[2];

    source_pair(fds);
    ck_assert_int_eq(mio__selector_open(&other), 0);
    selecting_register(fds[0], 1, R, MIO_LEVEL);
    ck_assert_int_eq(mio__selector_register(&other, fds[0], 2, RW, MIO_LEVEL), 0);
    source_put(fds[1]);
    selecting_expect_one(1, R);
    ck_assert_int_eq(mio__selector_wait(&other, events, 2, source_soon_ns), 1);
    ck_assert_uint_eq(events[0].token, 2);
    ck_assert_uint_eq(events[0].ready, RW);
    mio__selector_close(&other);
    source_close(fds);
}
END_TEST

START_TEST(a_duplicate_is_another_descriptor)
{
    const selecting_event both[] = {{1, R, 0}, {2, R, 0}};
    int fds[2], copy;

    source_pair(fds);
    copy = dup(fds[0]);
    selecting_register(fds[0], 1, R, MIO_LEVEL);
    selecting_register(copy, 2, R, MIO_LEVEL);
    source_put(fds[1]);
    selecting_expect(both, 2, source_soon_ns);
    selecting_deregister(fds[0]);
    selecting_expect_one(2, R);
    ck_assert_int_eq(close(copy), 0);
    source_close(fds);
}
END_TEST

/* Nothing is read, written or closed by the selector. */
START_TEST(descriptors_stay_their_owners)
{
    int fds[2];

    source_pair(fds);
    source_put(fds[1]);
    selecting_register(fds[0], 1, R, MIO_LEVEL);
    selecting_expect_one(1, R);
    selecting_deregister(fds[0]);
    ck_assert_uint_eq(source_drain(fds[0]), 1);
    source_close(fds);
}
END_TEST

START_TEST(its_own_descriptor_is_closed_by_exec)
{
    ck_assert_int_ne(fcntl(selector.fd, F_GETFD) & FD_CLOEXEC, 0);
}
END_TEST

/* --------------------------------------------------- clauses 2 and 3: triggers */

START_TEST(reading_and_writing_are_merged)
{
    int fds[2];

    source_pair(fds);
    source_put(fds[1]);
    selecting_register(fds[0], 1, RW, MIO_LEVEL);
    selecting_expect_one(1, RW);
    selecting_expect_one(1, RW); /* while data is unread */
    source_drain(fds[0]);
    selecting_expect_one(1, W);
    source_close(fds);
}
END_TEST

START_TEST(level_reports_as_long_as_it_holds)
{
    int fds[2];

    source_pair(fds);
    selecting_register(fds[0], 1, R, MIO_LEVEL);
    selecting_expect_none();
    source_put(fds[1]);
    source_put(fds[1]);
    selecting_expect_one(1, R);
    source_take(fds[0]);
    selecting_expect_one(1, R);
    source_take(fds[0]);
    selecting_expect_none();
    source_close(fds);
}
END_TEST

START_TEST(edge_reports_what_comes_about)
{
    int fds[2];

    source_pair(fds);
    selecting_register(fds[0], 1, R, MIO_EDGE);
    selecting_expect_none();
    for (int i = 0; i < 3; i++) {
        source_put(fds[1]);
        selecting_expect_one(1, R);
        selecting_expect_none(); /* though it is unread */
        source_drain(fds[0]);
        selecting_expect_none();
    }
    source_close(fds);
}
END_TEST

START_TEST(edge_reports_what_holds_when_it_is_registered)
{
    int fds[2];

    source_pair(fds);
    source_put(fds[1]);
    selecting_register(fds[0], 1, RW, MIO_EDGE);
    selecting_expect_one(1, RW);
    selecting_expect_none();
    source_close(fds);
}
END_TEST

START_TEST(edge_reports_room_after_a_full_buffer)
{
    int fds[2];

    source_pair(fds);
    selecting_register(fds[0], 1, W, MIO_EDGE);
    selecting_expect_one(1, W);
    source_fill(fds[0]);
    selecting_expect_none();
    source_drain(fds[1]);
    selecting_expect_one(1, W);
    source_close(fds);
}
END_TEST

START_TEST(oneshot_reports_once_until_reregistered)
{
    int fds[2];

    source_pair(fds);
    for (int i = 0; i < 3; i++)
        source_put(fds[1]);
    selecting_register(fds[0], 1, R, MIO_ONESHOT);
    for (int i = 0; i < 3; i++) {
        selecting_expect_one(1, R);
        source_take(fds[0]);
        selecting_expect_none();
        selecting_reregister(fds[0], 1, R, MIO_ONESHOT);
    }
    selecting_expect_none();
    source_put(fds[1]);
    selecting_expect_one(1, R);
    source_close(fds);
}
END_TEST

START_TEST(oneshot_merges_both_directions_into_its_one_event)
{
    int fds[2];

    source_pair(fds);
    source_put(fds[1]);
    selecting_register(fds[0], 1, RW, MIO_ONESHOT);
    selecting_expect_one(1, RW);
    selecting_expect_none();
    source_close(fds);
}
END_TEST

/* One direction alone uses the shot up for both. */
START_TEST(oneshot_is_used_up_by_either_direction)
{
    int fds[2];

    source_pair(fds);
    selecting_register(fds[0], 1, RW, MIO_ONESHOT);
    selecting_expect_one(1, W);
    source_put(fds[1]);
    selecting_expect_none();
    source_close(fds);
}
END_TEST

START_TEST(oneshot_is_silent_even_when_the_peer_goes)
{
    int fds[2];

    source_pair(fds);
    source_put(fds[1]);
    selecting_register(fds[0], 1, R, MIO_ONESHOT);
    selecting_expect_one(1, R);
    ck_assert_int_eq(close(fds[1]), 0);
    selecting_expect_none();
    selecting_reregister(fds[0], 1, R, MIO_ONESHOT);
    selecting_expect(&(selecting_event){1, R | MIO_READ_CLOSED, W | MIO_WRITE_CLOSED}, 1,
                     source_soon_ns);
    ck_assert_int_eq(close(fds[0]), 0);
}
END_TEST

START_TEST(reregister_reports_anew_what_holds)
{
    const mio_trigger trigger = (mio_trigger)_i;
    int fds[2];

    source_pair(fds);
    source_put(fds[1]);
    selecting_register(fds[0], 1, R, trigger);
    selecting_expect_one(1, R);
    for (int i = 0; i < 3; i++) {
        selecting_reregister(fds[0], 1, R, trigger); /* the same as before */
        selecting_expect_one(1, R);
    }
    source_close(fds);
}
END_TEST

START_TEST(reregister_changes_interest_and_token)
{
    int fds[2];

    source_pair(fds);
    source_put(fds[1]);
    selecting_register(fds[0], 1, R, MIO_LEVEL);
    selecting_reregister(fds[0], 2, W, MIO_LEVEL);
    selecting_expect_one(2, W);
    selecting_reregister(fds[0], 3, RW, MIO_LEVEL);
    selecting_expect_one(3, RW);
    source_close(fds);
}
END_TEST

START_TEST(reregister_to_an_interest_that_does_not_hold)
{
    int fds[2];

    source_pair(fds);
    source_put(fds[1]);
    source_fill(fds[0]);
    selecting_register(fds[0], 1, R, MIO_LEVEL);
    selecting_reregister(fds[0], 1, W, MIO_LEVEL); /* readable, but nobody has looked yet */
    selecting_expect_none();
    source_close(fds);
}
END_TEST

START_TEST(reregister_changes_the_trigger)
{
    int fds[2];

    source_pair(fds);
    source_put(fds[1]);
    selecting_register(fds[0], 1, R, MIO_ONESHOT);
    selecting_expect_one(1, R);
    selecting_reregister(fds[0], 1, R, MIO_LEVEL);
    selecting_expect_one(1, R);
    selecting_expect_one(1, R);
    selecting_reregister(fds[0], 1, R, MIO_EDGE);
    selecting_expect_one(1, R);
    selecting_expect_none();
    source_close(fds);
}
END_TEST

/* ------------------------------------------------- clause 5: nothing afterwards */

START_TEST(deregistered_is_not_reported)
{
    const mio_trigger trigger = (mio_trigger)_i;
    int fds[2];

    source_pair(fds);
    selecting_register(fds[0], 1, RW, trigger);
    source_put(fds[1]);
    selecting_deregister(fds[0]); /* it is ready, and nobody has looked yet */
    selecting_expect_none();
    selecting_register(fds[0], 2, RW, trigger);
    selecting_expect_one(2, RW);
    source_close(fds);
}
END_TEST

START_TEST(closed_is_not_reported)
{
    int fds[2];

    source_pair(fds);
    selecting_register(fds[0], 1, RW, MIO_LEVEL);
    selecting_expect_one(1, W);
    selecting_deregister(fds[0]);
    source_close(fds);
    selecting_expect_none();
}
END_TEST

START_TEST(a_number_used_again_is_a_new_source)
{
    int old[2], fds[2];

    source_pair(old);
    source_put(old[1]);
    selecting_register(old[0], 1, R, MIO_LEVEL);
    selecting_deregister(old[0]);
    ck_assert_int_eq(close(old[0]), 0);
    source_pair(fds);
    ck_assert_int_eq(fds[0], old[0]);
    selecting_register(fds[0], 2, R, MIO_LEVEL);
    selecting_expect_none();
    source_put(fds[1]);
    selecting_expect_one(2, R);
    ck_assert_int_eq(close(old[1]), 0);
    source_close(fds);
}
END_TEST

START_TEST(deregister_after_close_is_too_late)
{
    int fds[2];

    source_pair(fds);
    selecting_register(fds[0], 1, R, MIO_LEVEL);
    source_close(fds);
    ck_assert_int_eq(mio__selector_deregister(&selector, fds[0]), -EBADF);
}
END_TEST

/* ------------------------------------------------------------ several at once */

START_TEST(all_that_are_ready_are_reported)
{
    enum { COUNT = 8 };
    selecting_event wanted[COUNT];
    int fds[COUNT][2];

    for (int i = 0; i < COUNT; i++) {
        source_pair(fds[i]);
        selecting_register(fds[i][0], (uint64_t)i, R, MIO_LEVEL);
    }
    for (int i = 1; i < COUNT; i += 2) {
        source_put(fds[i][1]);
        wanted[i / 2] = (selecting_event){(uint64_t)i, R, 0};
    }
    selecting_expect(wanted, COUNT / 2, source_soon_ns);
    for (int i = 0; i < COUNT; i++)
        source_close(fds[i]);
}
END_TEST

/* Conditions that hold all the time, asked for with less room than there are of them. */
START_TEST(nobody_starves_where_room_is_short)
{
    enum { COUNT = 10, ROUNDS = 5 };
    const int capacity = _i;
    int fds[COUNT][2], seen[COUNT] = {0};
    mio_event events[COUNT];

    for (int i = 0; i < COUNT; i++) {
        source_pair(fds[i]);
        selecting_register(fds[i][0], (uint64_t)i, W, MIO_LEVEL);
    }
    for (int i = 0; i < COUNT * ROUNDS; i++) {
        ck_assert_int_eq(mio__selector_wait(&selector, events, capacity, 0), capacity);
        for (int j = 0; j < capacity; j++)
            seen[events[j].token]++;
    }
    for (int i = 0; i < COUNT; i++) {
        ck_assert_int_ge(seen[i], 1);
        source_close(fds[i]);
    }
}
END_TEST

START_TEST(edges_beyond_the_room_come_with_the_next_wait)
{
    enum { COUNT = 9 };
    int fds[COUNT][2], seen[COUNT] = {0};
    mio_event events[2];
    int count;

    for (int i = 0; i < COUNT; i++) {
        source_pair(fds[i]);
        selecting_register(fds[i][0], (uint64_t)i, W, i % 2 ? MIO_EDGE : MIO_ONESHOT);
    }
    while ((count = mio__selector_wait(&selector, events, 2, 0)) > 0) {
        for (int j = 0; j < count; j++)
            seen[events[j].token]++;
    }
    for (int i = 0; i < COUNT; i++) {
        ck_assert_int_eq(seen[i], 1);
        source_close(fds[i]);
    }
}
END_TEST

/* ---------------------------------------------------------------- replacing */

START_TEST(another_takes_its_place_under_its_number)
{
    const int before = harness_open_descriptors();
    const mio_fd number = selector.fd;
    mio__selector fresh;
    int fds[2];

    source_pair(fds);
    source_put(fds[1]);
    selecting_register(fds[0], 1, R, MIO_LEVEL);
    selecting_register(fds[1], 2, W, MIO_LEVEL);
    ck_assert_int_eq(mio__selector_open(&fresh), 0);
    ck_assert_int_eq(mio__selector_register(&fresh, fds[0], 3, R, MIO_LEVEL), 0);
    ck_assert_int_eq(mio__selector_replace(&selector, &fresh), 0);
    ck_assert_int_eq(selector.fd, number);
    ck_assert_int_ne(fcntl(selector.fd, F_GETFD) & FD_CLOEXEC, 0);
    selecting_expect_one(3, R);
    ck_assert_int_eq(mio__selector_deregister(&selector, fds[1]), -ENOENT);
    selecting_deregister(fds[0]);
    selecting_expect_none();
    source_close(fds);
    ck_assert_int_eq(harness_open_descriptors(), before);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("sys/selector");
    TCase *tcase = selecting_case(suite, "registering");

    tcase_add_test(tcase, nothing_is_registered_at_first);
    tcase_add_test(tcase, tokens_come_back_unread);
    tcase_add_test(tcase, a_descriptor_is_registered_once);
    tcase_add_test(tcase, what_is_not_registered_cannot_be_changed_or_ended);
    tcase_add_test(tcase, what_is_not_open_is_refused);
    tcase_add_test(tcase, what_the_kernel_cannot_poll_is_refused);
    tcase_add_test(tcase, the_same_descriptor_in_two_selectors);
    tcase_add_test(tcase, a_duplicate_is_another_descriptor);
    tcase_add_test(tcase, descriptors_stay_their_owners);
    tcase_add_test(tcase, its_own_descriptor_is_closed_by_exec);

    tcase = selecting_case(suite, "triggers");
    tcase_add_test(tcase, reading_and_writing_are_merged);
    tcase_add_test(tcase, level_reports_as_long_as_it_holds);
    tcase_add_test(tcase, edge_reports_what_comes_about);
    tcase_add_test(tcase, edge_reports_what_holds_when_it_is_registered);
    tcase_add_test(tcase, edge_reports_room_after_a_full_buffer);
    tcase_add_test(tcase, oneshot_reports_once_until_reregistered);
    tcase_add_test(tcase, oneshot_merges_both_directions_into_its_one_event);
    tcase_add_test(tcase, oneshot_is_used_up_by_either_direction);
    tcase_add_test(tcase, oneshot_is_silent_even_when_the_peer_goes);
    tcase_add_loop_test(tcase, reregister_reports_anew_what_holds, MIO_LEVEL, MIO_ONESHOT + 1);
    tcase_add_test(tcase, reregister_changes_interest_and_token);
    tcase_add_test(tcase, reregister_to_an_interest_that_does_not_hold);
    tcase_add_test(tcase, reregister_changes_the_trigger);

    tcase = selecting_case(suite, "afterwards");
    tcase_add_loop_test(tcase, deregistered_is_not_reported, MIO_LEVEL, MIO_ONESHOT + 1);
    tcase_add_test(tcase, closed_is_not_reported);
    tcase_add_test(tcase, a_number_used_again_is_a_new_source);
    tcase_add_test(tcase, deregister_after_close_is_too_late);

    tcase = selecting_case(suite, "several");
    tcase_add_test(tcase, all_that_are_ready_are_reported);
    tcase_add_loop_test(tcase, nobody_starves_where_room_is_short, 1, 4);
    tcase_add_test(tcase, edges_beyond_the_room_come_with_the_next_wait);

    tcase = selecting_case(suite, "replacing");
    tcase_add_test(tcase, another_takes_its_place_under_its_number);
    return suite;
}
