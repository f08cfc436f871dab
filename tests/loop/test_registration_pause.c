#include "turning.h"

#include <sys/resource.h>

static int fds[2];
static uint64_t id;

enum { PAUSE_NS = 20 * SOURCE_NS_PER_MS };

/* A source that is ready all the time, with token 1. */
static void paused_make(void)
{
    source_pair(fds);
    source_put(fds[1]);
    id = turning_register(fds[0], R, 1);
    turning_expect_ready(1, R);
}

static void paused_drop(void)
{
    source_close(fds);
}

static void pause_for(int64_t delay_ns)
{
    ck_assert_int_eq(mio_loop_pause(loop, id, delay_ns), 0);
    mio__loop_check(loop);
}

/* Turns until something is reported, which is the source. Returns how many they were. */
static int turns_until_reported(void)
{
    mio_event events[TURNING_MAX];
    int turns = 0, count;

    do {
        turning_poll(source_soon_ns);
        count = turning_finish(events);
        turns++;
    } while (count == 0);
    ck_assert_int_eq(count, 1);
    ck_assert_int_eq(events[0].kind, MIO_READY);
    ck_assert_uint_eq(events[0].token, 1);
    ck_assert_uint_eq(events[0].ready, R);
    ck_assert_uint_eq(events[0].id, id);
    return turns;
}

START_TEST(it_is_silent_and_comes_back_by_itself)
{
    const int64_t start_ns = mio_now_ns();

    pause_for(PAUSE_NS);
    ck_assert_int_le(turns_until_reported(), 3); /* the pause's end, and the report */
    ck_assert(mio_now_ns() - start_ns >= PAUSE_NS);
    turning_expect_ready(1, R);
}
END_TEST

START_TEST(every_trigger_comes_back)
{
    for (int trigger = MIO_LEVEL; trigger <= MIO_ONESHOT; trigger++) {
        turning_reregister(id, R, (mio_trigger)trigger);
        turning_expect_ready(1, R);
        pause_for(SOURCE_NS_PER_MS);
        turns_until_reported();
    }
    turning_expect_none(); /* the oneshot is spent again */
}
END_TEST

START_TEST(it_counts_as_one_thing)
{
    ck_assert_uint_eq(mio_loop_count(loop), 1);
    pause_for(PAUSE_NS);
    ck_assert_uint_eq(mio_loop_count(loop), 1);
    turns_until_reported();
    ck_assert_uint_eq(mio_loop_count(loop), 1);
    pause_for(PAUSE_NS);
    turning_deregister(id);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    ck_assert_int_eq(mio_loop_timeout(loop), -1);
}
END_TEST

START_TEST(no_pause_at_all_is_one_turn)
{
    pause_for(0);
    turning_expect_none();
    turning_expect_ready(1, R);
}
END_TEST

START_TEST(pausing_again_moves_the_end)
{
    const int64_t start_ns = mio_now_ns();

    pause_for(source_soon_ns);
    pause_for(PAUSE_NS); /* sooner */
    turns_until_reported();
    pause_for(0);
    pause_for(2 * PAUSE_NS); /* later */
    turns_until_reported();
    ck_assert(mio_now_ns() - start_ns >= 3 * PAUSE_NS);
    ck_assert(mio_now_ns() - start_ns < source_soon_ns);
}
END_TEST

START_TEST(reregister_ends_it_at_once)
{
    pause_for(source_soon_ns);
    turning_reregister(id, R, MIO_LEVEL);
    ck_assert_int_eq(mio_loop_timeout(loop), -1); /* its timer is gone */
    turning_expect_ready(1, R);
    turning_expect_ready(1, R);
    pause_for(source_soon_ns);
    turning_reregister(id, RW, MIO_EDGE); /* the interest of a paused one changes, too */
    turning_expect_ready(1, RW);
    turning_expect_none();
}
END_TEST

START_TEST(a_refused_reregister_leaves_it_paused)
{
    pause_for(source_soon_ns);
    ck_assert_int_eq(mio_loop_reregister(loop, id, 0, MIO_LEVEL), -EINVAL);
    turning_expect_none();
    pause_for(0);
    turns_until_reported();
}
END_TEST

START_TEST(deregister_ends_it_for_good)
{
    pause_for(SOURCE_NS_PER_MS);
    turning_deregister(id);
    turning_poll(3 * SOURCE_NS_PER_MS);
    turning_expect_rest(0, NULL);
    turning_expect_none();
    ck_assert_int_eq(mio_loop_deregister(loop, id), -ENOENT);
    ck_assert_int_eq(mio_loop_pause(loop, id, 0), -ENOENT);
}
END_TEST

START_TEST(the_descriptor_is_still_taken)
{
    pause_for(SOURCE_NS_PER_MS);
    ck_assert_int_eq(mio_loop_register(loop, fds[0], W, MIO_LEVEL, 2, NULL), -EEXIST);
    ck_assert_uint_eq(mio_loop_count(loop), 1);
    turns_until_reported();
}
END_TEST

START_TEST(a_delay_is_not_negative)
{
    ck_assert_int_eq(mio_loop_pause(loop, id, -1), -EINVAL);
    ck_assert_int_eq(mio_loop_pause(loop, id, INT64_MIN), -EINVAL);
    turning_expect_ready(1, R);
}
END_TEST

START_TEST(a_pause_for_ever)
{
    pause_for(INT64_MAX);
    turning_expect_none();
    turning_reregister(id, R, MIO_LEVEL);
    turning_expect_ready(1, R);
}
END_TEST

START_TEST(it_is_paused_in_its_own_turn)
{
    turning_poll(source_soon_ns);
    turning_next();
    pause_for(source_soon_ns);
    turning_expect_rest(0, NULL);
    turning_expect_none();
}
END_TEST

START_TEST(a_sibling_stops_a_pause_that_is_due)
{
    turning_after(0, 2);
    pause_for(0);
    source_pause_ms(1);
    turning_poll(0);
    ck_assert_uint_eq(turning_next().token, 2); /* due before the pause's end */
    turning_deregister(id);
    turning_expect_rest(0, NULL);
    turning_expect_none();
}
END_TEST

START_TEST(freeing_the_loop_ends_a_pause)
{
    pause_for(source_soon_ns);
    turning_close();
    turning_open();
}
END_TEST

START_TEST(closed_and_deregistered_before_the_end)
{
    int fresh[2];

    pause_for(SOURCE_NS_PER_MS);
    turning_deregister(id);
    source_close(fds);
    source_pair(fresh);
    ck_assert_int_eq(fresh[0], fds[0]);
    turning_register(fresh[0], R, 2);
    turning_poll(3 * SOURCE_NS_PER_MS);
    turning_expect_rest(0, NULL);
    source_put(fresh[1]);
    turning_expect_ready(2, R);
    source_close(fresh);
    paused_make();
}
END_TEST

/* ------------------------------------------------ closed while it is paused */

/* Another pair, whose first end has the number of the paused descriptor. */
static void paused_reuse(int fresh[2])
{
    pause_for(10 * SOURCE_NS_PER_MS);
    source_close(fds);
    source_pair(fresh);
    ck_assert_int_eq(fresh[0], fds[0]);
    source_put(fresh[1]);
}

START_TEST(its_number_is_registered_again)
{
    int fresh[2];
    uint64_t fresh_id;

    paused_reuse(fresh);
    fresh_id = turning_register(fresh[0], R, 2);
    ck_assert_uint_eq(mio_loop_count(loop), 1);
    ck_assert_int_eq(mio_loop_deregister(loop, id), -ENOENT);
    turning_expect_ready(2, R);
    source_pause_ms(20);
    turning_expect_ready(2, R); /* and nothing of the old one, whose pause would have ended */
    turning_deregister(fresh_id);
    source_close(fresh);
    paused_make();
}
END_TEST

START_TEST(its_number_is_another_file_that_is_not_registered)
{
    int fresh[2];

    paused_reuse(fresh);
    turning_expect_ready(1, R | MIO_ERROR);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    turning_expect_none();
    turning_register(fresh[0], R, 2);
    turning_expect_ready(2, R);
    source_close(fresh);
    paused_make();
}
END_TEST

START_TEST(its_number_is_another_file_as_the_pause_is_ended_by_hand)
{
    int fresh[2];

    paused_reuse(fresh);
    ck_assert_int_eq(mio_loop_reregister(loop, id, R, MIO_LEVEL), -EBADF);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    turning_expect_none();
    source_close(fresh);
    paused_make();
}
END_TEST

/* ------------------------------------------------------------ ends and errors */

/* The kernel tells of them though nobody asked: that neither reaches the user, nor makes the
   loop spin. */
START_TEST(a_peer_that_goes_is_told_after_it)
{
    int turns = 0;

    source_take(fds[0]);
    pause_for(PAUSE_NS);
    ck_assert_int_eq(close(fds[1]), 0);
    while (loop->resting > 0) {
        turning_poll(2 * SOURCE_NS_PER_MS);
        turning_expect_rest(0, NULL);
        turns++;
    }
    ck_assert_int_le(turns, 15);
    turning_expect_ready(1, R | MIO_READ_CLOSED | MIO_WRITE_CLOSED);
    turning_deregister(id);
    ck_assert_int_eq(close(fds[0]), 0);
    paused_make();
}
END_TEST

/* --------------------------------------------- a listener without descriptors */

enum { LIMIT = 64, BACK_OFF_NS = 10 * SOURCE_NS_PER_MS };

static struct rlimit limit_before;

static void limit_set(void)
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit_before), 0);
    limit = limit_before;
    limit.rlim_cur = LIMIT;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* All descriptors that there are. Returns how many. */
static int limit_exhaust(int held[LIMIT])
{
    int count = 0, fd;

    while ((fd = dup(0)) >= 0)
        held[count++] = fd;
    ck_assert_int_eq(errno, EMFILE);
    return count;
}

START_TEST(a_listener_waits_for_a_descriptor_without_spinning)
{
    int held[LIMIT], count, turns = 0, fd = -1;
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr name = {.sa_family = AF_UNIX};
    struct sockaddr_storage addr;
    socklen_t size = sizeof addr;
    uint64_t listening;
    int64_t end_ns;

    ck_assert_int_eq(bind(listener, &name, sizeof name.sa_family), 0); /* any free name */
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&addr, &size), 0);
    ck_assert_int_eq(connect(client, (struct sockaddr *)&addr, size), 0);
    turning_deregister(id);
    listening = turning_register(listener, R, 9);
    limit_set();
    count = limit_exhaust(held);
    end_ns = mio_now_ns() + 10 * BACK_OFF_NS;
    while (fd < 0) {
        mio_event events[TURNING_MAX];

        if (mio_now_ns() > end_ns && count > 0)
            ck_assert_int_eq(close(held[--count]), 0);
        turning_poll(source_soon_ns);
        turns++;
        if (turning_finish(events) == 0)
            continue;
        fd = accept(listener, NULL, NULL);
        if (fd < 0) {
            ck_assert_int_eq(errno, EMFILE);
            ck_assert_int_eq(mio_loop_pause(loop, listening, BACK_OFF_NS), 0);
        }
    }
    ck_assert(mio_now_ns() >= end_ns);
    ck_assert_int_le(turns, 50);
    turning_deregister(listening);
    while (count > 0)
        ck_assert_int_eq(close(held[--count]), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit_before), 0);
    ck_assert_int_eq(close(fd), 0);
    source_close((int[]){listener, client});
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("loop/registration_pause");
    TCase *tcase = turning_case(suite, "pause");

    tcase_add_checked_fixture(tcase, paused_make, paused_drop);
    tcase_add_test(tcase, it_is_silent_and_comes_back_by_itself);
    tcase_add_test(tcase, every_trigger_comes_back);
    tcase_add_test(tcase, it_counts_as_one_thing);
    tcase_add_test(tcase, no_pause_at_all_is_one_turn);
    tcase_add_test(tcase, pausing_again_moves_the_end);
    tcase_add_test(tcase, reregister_ends_it_at_once);
    tcase_add_test(tcase, a_refused_reregister_leaves_it_paused);
    tcase_add_test(tcase, deregister_ends_it_for_good);
    tcase_add_test(tcase, the_descriptor_is_still_taken);
    tcase_add_test(tcase, a_delay_is_not_negative);
    tcase_add_test(tcase, a_pause_for_ever);
    tcase_add_test(tcase, it_is_paused_in_its_own_turn);
    tcase_add_test(tcase, a_sibling_stops_a_pause_that_is_due);
    tcase_add_test(tcase, freeing_the_loop_ends_a_pause);
    tcase_add_test(tcase, closed_and_deregistered_before_the_end);
    tcase_add_test(tcase, its_number_is_registered_again);
    tcase_add_test(tcase, its_number_is_another_file_that_is_not_registered);
    tcase_add_test(tcase, its_number_is_another_file_as_the_pause_is_ended_by_hand);
    tcase_add_test(tcase, a_peer_that_goes_is_told_after_it);
    if (!harness_in_valgrind()) /* it makes a limit up, and loses connections there */
        tcase_add_test(tcase, a_listener_waits_for_a_descriptor_without_spinning);
    return suite;
}
