/*
 * Descriptors that are closed while they are registered: a mistake of the user, after which
 * the loop still tells old and new apart, and goes on.
 */
#include "turning.h"

#include <signal.h>

static int fds[2];
static uint64_t id;

/* Registered with token 1, and closed without a word. */
static void closed_make(void)
{
    source_pair(fds);
    id = turning_register(fds[0], RW, 1);
    turning_expect_ready(1, W);
    ck_assert_int_eq(close(fds[0]), 0);
}

static void closed_drop(void)
{
    ck_assert_int_eq(close(fds[1]), 0);
}

/* Another pair, whose first end has the number of the closed descriptor. */
static void reuse(int fresh[2])
{
    source_pair(fresh);
    ck_assert_int_eq(fresh[0], fds[0]);
}

static void expect_dead(uint64_t dead)
{
    ck_assert_int_eq(mio_loop_reregister(loop, dead, R, MIO_LEVEL), -ENOENT);
    ck_assert_int_eq(mio_loop_pause(loop, dead, 0), -ENOENT);
    ck_assert_int_eq(mio_loop_deregister(loop, dead), -ENOENT);
    mio__loop_check(loop);
}

START_TEST(it_is_not_reported_any_more)
{
    turning_expect_none();
    ck_assert_uint_eq(mio_loop_count(loop), 1);
    turning_deregister(id); /* late, and fine */
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    expect_dead(id);
}
END_TEST

START_TEST(changing_it_ends_it)
{
    ck_assert_int_eq(mio_loop_reregister(loop, id, R, MIO_LEVEL), -EBADF);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    expect_dead(id);
}
END_TEST

START_TEST(changing_it_ends_it_where_the_number_names_another_file)
{
    int fresh[2];

    reuse(fresh);
    ck_assert_int_eq(mio_loop_reregister(loop, id, R, MIO_LEVEL), -EBADF);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    expect_dead(id);
    source_put(fresh[1]);
    turning_expect_none();
    source_close(fresh);
}
END_TEST

START_TEST(its_number_can_be_registered_again)
{
    uint64_t fresh_id;
    int fresh[2];

    reuse(fresh);
    fresh_id = turning_register(fresh[0], R, 2);
    ck_assert_uint_eq(mio_loop_count(loop), 1);
    expect_dead(id);
    turning_expect_none();
    source_put(fresh[1]);
    turning_expect_ready(2, R);
    turning_deregister(fresh_id);
    source_close(fresh);
}
END_TEST

/* Of two that have an event in hand, the one that comes second is replaced like this. */
START_TEST(its_number_is_registered_again_within_the_batch)
{
    uint64_t ids[2], fresh_id;
    int pairs[2][2], fresh[2], second;

    turning_deregister(id);
    for (uint64_t i = 0; i < 2; i++) {
        source_pair(pairs[i]);
        ids[i] = turning_register(pairs[i][0], W, i);
    }
    turning_poll(source_soon_ns);
    second = turning_next().token == 0;
    source_close(pairs[second]);
    source_pair(fresh);
    ck_assert_int_eq(fresh[0], pairs[second][0]);
    fresh_id = turning_register(fresh[0], R, 2);
    turning_expect_rest(0, NULL);
    expect_dead(ids[second]);
    turning_deregister(ids[!second]);
    source_put(fresh[1]);
    turning_expect_ready(2, R);
    turning_deregister(fresh_id);
    source_close(fresh);
    source_close(pairs[!second]);
}
END_TEST

START_TEST(pausing_it_ends_it)
{
    ck_assert_int_eq(mio_loop_pause(loop, id, SOURCE_NS_PER_MS), -EBADF);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    ck_assert_int_eq(mio_loop_timeout(loop), -1);
    expect_dead(id);
}
END_TEST

/* Closed as it rests. */
START_TEST(its_pause_ends_with_an_error)
{
    int pair[2];
    uint64_t paused;

    source_pair(pair);
    paused = turning_register(pair[0], R, 2);
    ck_assert_int_eq(mio_loop_pause(loop, paused, SOURCE_NS_PER_MS), 0);
    source_close(pair);
    turning_expect_ready(2, R | MIO_ERROR);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    expect_dead(paused);
}
END_TEST

/* ------------------------------------------------------------------ ghosts */

static int copy;

/* As above, but a duplicate keeps the kernel's entry alive. */
static void ghost_make(void)
{
    source_pair(fds);
    copy = dup(fds[0]);
    id = turning_register(fds[0], RW, 1);
    turning_expect_ready(1, W);
    ck_assert_int_eq(close(fds[0]), 0);
}

static void ghost_drop(void)
{
    ck_assert_int_eq(close(copy), 0);
    ck_assert_int_eq(close(fds[1]), 0);
}

/* Within two turns, the kernel has nothing to tell any more. */
static void expect_exorcised(void)
{
    for (int i = 0; i < 2; i++) {
        turning_poll(10 * SOURCE_NS_PER_MS);
        turning_expect_rest(0, NULL);
    }
    turning_poll(10 * SOURCE_NS_PER_MS);
    ck_assert_int_eq(loop->count, 0);
    turning_expect_rest(0, NULL);
}

START_TEST(a_ghost_of_a_deregistered_descriptor)
{
    turning_deregister(id);
    expect_exorcised();
}
END_TEST

START_TEST(a_ghost_of_a_changed_descriptor)
{
    ck_assert_int_eq(mio_loop_reregister(loop, id, W, MIO_LEVEL), -EBADF);
    expect_exorcised();
}
END_TEST

START_TEST(a_ghost_of_a_number_that_is_used_again)
{
    int fresh[2];

    reuse(fresh);
    turning_register(fresh[0], R, 2);
    expect_exorcised();
    source_put(fresh[1]);
    turning_expect_ready(2, R);
    source_close(fresh);
}
END_TEST

START_TEST(a_ghost_of_a_paused_descriptor)
{
    ck_assert_int_eq(mio_loop_pause(loop, id, source_soon_ns), -EBADF);
    expect_exorcised();
    expect_dead(id);
}
END_TEST

/* The new queue holds what was registered, not what has its number. */
START_TEST(a_ghost_beside_a_number_that_is_used_again)
{
    int others[2], fresh[2];

    turning_deregister(id);
    source_pair(others);
    turning_register(others[0], R, 2);
    source_close(others);
    source_pair(fresh);
    ck_assert_int_eq(fresh[0], others[0]);
    source_put(fresh[1]);
    expect_exorcised();
    source_close(fresh);
}
END_TEST

START_TEST(all_others_stay_as_they_are)
{
    enum { LEVEL = 10, EDGE, ONESHOT, SPENT, PAUSED, SIGNALLED };
    uint64_t spent, paused;
    int others[5][2];

    turning_deregister(id);
    for (int i = 0; i < 5; i++)
        source_pair(others[i]);
    turning_register(others[0][0], R, LEVEL);
    turning_register_with(others[1][0], R, MIO_EDGE, EDGE);
    turning_register_with(others[2][0], R, MIO_ONESHOT, ONESHOT);
    spent = turning_register_with(others[3][0], W, MIO_ONESHOT, SPENT);
    paused = turning_register(others[4][0], W, PAUSED);
    ck_assert_int_eq(mio_loop_pause(loop, paused, source_soon_ns), 0);
    source_put(others[4][1]);
    ck_assert_int_eq(mio_loop_signal(loop, SIGUSR1, SIGNALLED, NULL), 0);
    turning_expect_ready(SPENT, W);
    expect_exorcised();
    for (int i = 0; i < 4; i++)
        source_put(others[i][1]);
    raise(SIGUSR1);
    turning_expect(4, (mio_event[]){
                          turning_ready(LEVEL, R),
                          turning_ready(EDGE, R),
                          turning_ready(ONESHOT, R),
                          {.kind = MIO_SIGNAL, .token = SIGNALLED, .value = SIGUSR1},
                      });
    turning_expect_ready(LEVEL, R);
    turning_reregister(spent, RW, MIO_ONESHOT);
    turning_reregister(paused, RW, MIO_LEVEL);
    turning_expect(3, (mio_event[]){turning_ready(LEVEL, R), turning_ready(SPENT, RW),
                                    turning_ready(PAUSED, RW)});
    turning_deregister(spent);
    turning_deregister(paused);
    for (int i = 0; i < 5; i++)
        source_close(others[i]);
}
END_TEST

/* A host that has registered the loop's queue finds the new one by asking for it. */
START_TEST(the_loops_queue_works_afterwards)
{
    int others[2];

    turning_deregister(id);
    source_pair(others);
    turning_register(others[0], R, 2);
    expect_exorcised();
    ck_assert_int_ne(fcntl(mio_loop_pollfd(loop), F_GETFD) & FD_CLOEXEC, 0);
    source_put(others[1]);
    turning_expect_ready(2, R);
    source_close(others);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("loop/registration_closed");
    TCase *tcase = turning_case(suite, "closed");

    tcase_add_checked_fixture(tcase, closed_make, closed_drop);
    tcase_add_test(tcase, it_is_not_reported_any_more);
    tcase_add_test(tcase, changing_it_ends_it);
    tcase_add_test(tcase, changing_it_ends_it_where_the_number_names_another_file);
    tcase_add_test(tcase, its_number_can_be_registered_again);
    tcase_add_test(tcase, its_number_is_registered_again_within_the_batch);
    tcase_add_test(tcase, pausing_it_ends_it);
    tcase_add_test(tcase, its_pause_ends_with_an_error);

    tcase = turning_case(suite, "ghosts");
    tcase_add_checked_fixture(tcase, ghost_make, ghost_drop);
    tcase_add_test(tcase, a_ghost_of_a_deregistered_descriptor);
    tcase_add_test(tcase, a_ghost_of_a_changed_descriptor);
    tcase_add_test(tcase, a_ghost_of_a_number_that_is_used_again);
    tcase_add_test(tcase, a_ghost_of_a_paused_descriptor);
    tcase_add_test(tcase, a_ghost_beside_a_number_that_is_used_again);
    tcase_add_test(tcase, all_others_stay_as_they_are);
    tcase_add_test(tcase, the_loops_queue_works_afterwards);
    return suite;
}
