#include "turning.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

static uint64_t want(int number, uint64_t token)
{
    uint64_t id = 0;

    ck_assert_int_eq(mio_loop_signal(loop, number, token, &id), 0);
    ck_assert_uint_ne(id, 0);
    return id;
}

static mio_event signalled(int number, uint64_t token)
{
    return (mio_event){.kind = MIO_SIGNAL, .token = token, .value = number};
}

static void expect_signal(int number, uint64_t token)
{
    const mio_event wanted = signalled(number, token);

    turning_expect(1, &wanted);
}

START_TEST(an_event_names_its_registration_and_its_signal)
{
    const uint64_t id = want(SIGUSR1, 7);
    mio_event event;

    turning_expect_none();
    raise(SIGUSR1);
    turning_poll(source_soon_ns);
    event = turning_next();
    ck_assert_int_eq(event.kind, MIO_SIGNAL);
    ck_assert_int_eq(event.value, SIGUSR1);
    ck_assert_uint_eq(event.token, 7);
    ck_assert_uint_eq(event.id, id);
    ck_assert_uint_eq(event.ready, 0);
    turning_expect_rest(0, NULL);
    turning_expect_none();
}
END_TEST

START_TEST(each_signal_of_a_server)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD};

    for (int i = 0; i < 6; i++)
        want(numbers[i], (uint64_t)i);
    for (int i = 0; i < 6; i++) {
        raise(numbers[i]);
        expect_signal(numbers[i], (uint64_t)i);
    }
}
END_TEST

START_TEST(several_registrations_are_all_told)
{
    const uint64_t id = want(SIGUSR1, 1);

    want(SIGUSR1, 2);
    want(SIGUSR2, 3);
    raise(SIGUSR1);
    turning_expect(2, (mio_event[]){signalled(SIGUSR1, 1), signalled(SIGUSR1, 2)});
    turning_deregister(id);
    raise(SIGUSR1);
    raise(SIGUSR2);
    turning_expect(2, (mio_event[]){signalled(SIGUSR1, 2), signalled(SIGUSR2, 3)});
}
END_TEST

START_TEST(several_loops_are_all_told)
{
    mio_loop *mine = loop;

    want(SIGUSR1, 1);
    turning_open();
    want(SIGUSR1, 2);
    raise(SIGUSR1);
    expect_signal(SIGUSR1, 2);
    turning_close();
    loop = mine;
    expect_signal(SIGUSR1, 1);
    raise(SIGUSR1);
    expect_signal(SIGUSR1, 1);
}
END_TEST

START_TEST(signals_count)
{
    uint64_t ids[2];

    ids[0] = want(SIGUSR1, 1);
    ck_assert_uint_eq(mio_loop_count(loop),
                      1); /* what the loop registers itself is not counted */
    ids[1] = want(SIGUSR1, 2);
    ck_assert_uint_eq(mio_loop_count(loop), 2);
    turning_deregister(ids[0]);
    turning_deregister(ids[1]);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    ck_assert_int_eq(mio_loop_deregister(loop, ids[0]), -ENOENT);
}
END_TEST

START_TEST(what_is_refused)
{
    static const int numbers[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE,  SIGILL,
                                  0,       -1,      65,      1000,   INT_MAX, INT_MIN};
    uint64_t id = 4711;

    for (int i = 0; i < 12; i++)
        ck_assert_int_eq(mio_loop_signal(loop, numbers[i], 1, &id), -EINVAL);
    ck_assert_uint_eq(id, 4711);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    turning_expect_none();
    id = want(SIGUSR1, 1);
    ck_assert_int_eq(mio_loop_reregister(loop, id, R, MIO_LEVEL), -ENOENT);
    ck_assert_int_eq(mio_loop_pause(loop, id, 0), -ENOENT);
    ck_assert_int_eq(mio_timer_cancel(loop, id), -ENOENT);
}
END_TEST

/* The descriptors come with the first signal, and a call that failed has opened none. */
START_TEST(a_refused_signal_opens_nothing)
{
    const int before = harness_open_descriptors();

    ck_assert_int_eq(mio_loop_signal(loop, SIGKILL, 1, NULL), -EINVAL);
    ck_assert_int_eq(harness_open_descriptors(), before);
}
END_TEST

START_TEST(ten_thousand_come_as_one_at_least)
{
    want(SIGUSR1, 1);
    for (int i = 0; i < 10000; i++)
        raise(SIGUSR1);
    expect_signal(SIGUSR1, 1);
    turning_expect_none();
}
END_TEST

START_TEST(the_programs_disposition_comes_back)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before, now;
    uint64_t ids[2];

    ck_assert_int_eq(sigaction(SIGUSR1, &ignore, &before), 0);
    ids[0] = want(SIGUSR1, 1);
    ids[1] = want(SIGUSR1, 2);
    turning_deregister(ids[0]);
    ck_assert_int_eq(sigaction(SIGUSR1, NULL, &now), 0);
    ck_assert(now.sa_handler != SIG_IGN);
    turning_deregister(ids[1]);
    ck_assert_int_eq(sigaction(SIGUSR1, NULL, &now), 0);
    ck_assert(now.sa_handler == SIG_IGN);
    want(SIGUSR1, 3);
    turning_close();
    ck_assert_int_eq(sigaction(SIGUSR1, NULL, &now), 0);
    ck_assert(now.sa_handler == SIG_IGN);
    ck_assert_int_eq(sigaction(SIGUSR1, &before, NULL), 0);
    turning_open();
}
END_TEST

/* -------------------------------------------------- what happens within a turn */

START_TEST(removed_in_its_own_handler)
{
    const uint64_t id = want(SIGUSR1, 1);

    want(SIGUSR2, 2);
    raise(SIGUSR1);
    raise(SIGUSR2);
    turning_poll(source_soon_ns);
    ck_assert_uint_eq(turning_next().token, 1);
    turning_deregister(id);
    turning_expect_rest(1, (mio_event[]){signalled(SIGUSR2, 2)});
    turning_expect_none();
}
END_TEST

START_TEST(removed_by_a_sibling)
{
    uint64_t ids[3];

    for (uint64_t i = 0; i < 3; i++)
        ids[i] = want(SIGUSR1, i);
    raise(SIGUSR1);
    turning_poll(source_soon_ns);
    ck_assert_uint_eq(turning_next().id, ids[0]);
    turning_deregister(ids[0]);
    turning_deregister(ids[1]);
    turning_expect_rest(1, (mio_event[]){signalled(SIGUSR1, 2)});
    ck_assert_int_eq(mio_loop_deregister(loop, ids[1]), -ENOENT);
}
END_TEST

START_TEST(all_removed_by_the_first)
{
    uint64_t ids[3];

    for (uint64_t i = 0; i < 3; i++)
        ids[i] = want(i == 2 ? SIGUSR2 : SIGUSR1, i);
    raise(SIGUSR1);
    raise(SIGUSR2);
    turning_poll(source_soon_ns);
    turning_next();
    for (int i = 0; i < 3; i++)
        turning_deregister(ids[i]);
    turning_expect_rest(0, NULL);
    turning_expect_none();
    ck_assert_uint_eq(mio_loop_count(loop), 0);
}
END_TEST

START_TEST(removed_by_the_handler_of_a_descriptor)
{
    const uint64_t id = want(SIGUSR1, 1);
    int fds[2];

    source_pair(fds);
    turning_register(fds[0], W, 9);
    raise(SIGUSR1);
    turning_poll(source_soon_ns);
    ck_assert_uint_eq(turning_next().token, 9);
    turning_deregister(id);
    turning_expect_rest(0, NULL);
    source_close(fds);
}
END_TEST

/* The new one is told of what comes from now on, and not in the turn in hand. */
START_TEST(registered_within_a_turn)
{
    want(SIGUSR1, 1);
    raise(SIGUSR1);
    turning_poll(source_soon_ns);
    ck_assert_uint_eq(turning_next().token, 1);
    want(SIGUSR1, 2);
    turning_expect_rest(0, NULL);
    turning_expect_none();
    raise(SIGUSR1);
    turning_expect(2, (mio_event[]){signalled(SIGUSR1, 1), signalled(SIGUSR1, 2)});
}
END_TEST

START_TEST(removed_and_registered_anew_within_a_turn)
{
    uint64_t id = want(SIGUSR1, 1);

    want(SIGUSR1, 2);
    raise(SIGUSR1);
    turning_poll(source_soon_ns);
    ck_assert_uint_eq(turning_next().token, 1);
    turning_deregister(id);
    id = want(SIGUSR1, 3); /* in the same slot, which was passed */
    turning_expect_rest(1, (mio_event[]){signalled(SIGUSR1, 2)});
    raise(SIGUSR1);
    turning_expect(2, (mio_event[]){signalled(SIGUSR1, 2), signalled(SIGUSR1, 3)});
}
END_TEST

/* A signal that comes after its registration is told, in whatever part of a turn it comes. */
START_TEST(a_signal_right_after_its_registration_is_not_lost)
{
    int fds[2];

    source_pair(fds);
    turning_register(fds[0], W, 9);
    want(SIGUSR2, 2);
    raise(SIGUSR2); /* the pipe has something to tell in this turn */
    turning_poll(source_soon_ns);
    ck_assert_uint_eq(turning_next().token, 9);
    want(SIGUSR1, 1);
    raise(SIGUSR1);
    turning_expect_rest(1, (mio_event[]){signalled(SIGUSR2, 2)});
    turning_expect(2, (mio_event[]){turning_ready(9, W), signalled(SIGUSR1, 1)});
    turning_expect(1, (mio_event[]){turning_ready(9, W)});
    source_close(fds);
}
END_TEST

/* Both that were there before and the new one are told once of one signal. */
START_TEST(a_signal_after_a_second_registration_in_the_turn)
{
    int fds[2];

    source_pair(fds);
    turning_register_with(fds[0], W, MIO_EDGE, 9);
    want(SIGUSR2, 2);
    want(SIGUSR1, 1);
    raise(SIGUSR2);
    turning_poll(source_soon_ns);
    ck_assert_uint_eq(turning_next().token, 9);
    want(SIGUSR1, 3);
    raise(SIGUSR1);
    turning_expect_rest(1, (mio_event[]){signalled(SIGUSR2, 2)});
    turning_expect(2, (mio_event[]){signalled(SIGUSR1, 1), signalled(SIGUSR1, 3)});
    turning_expect_none();
    source_close(fds);
}
END_TEST

START_TEST(a_signal_raised_in_each_part_of_a_turn)
{
    mio_event event = {.kind = MIO_READY};
    int fds[2], raised = 0, told = 0;

    source_pair(fds);
    turning_register_with(fds[0], W, MIO_EDGE, 9);
    turning_after(0, 8);
    want(SIGUSR2, 2);
    raise(SIGUSR2);
    want(SIGUSR1, 1);
    source_pause_ms(1);
    for (int turns = 0; turns < 10; turns++) {
        turning_poll(0);
        while (mio_loop_next(loop, &event)) {
            told += event.value == SIGUSR1;
            if (raised < 4 && told == raised && event.kind != MIO_SIGNAL) {
                raise(SIGUSR1);
                raised++;
            }
        }
    }
    ck_assert_int_eq(raised, 4);
    ck_assert_int_eq(told, 4);
    source_close(fds);
}
END_TEST

/* ------------------------------------------------------------ from elsewhere */

/* Turns until that signal is told; what else comes is counted. */
static int turns_until(int number)
{
    int others = 0;

    for (bool seen = false; !seen;) {
        mio_event event = {.kind = MIO_READY};

        turning_poll(source_soon_ns);
        while (mio_loop_next(loop, &event)) {
            seen |= event.value == number;
            others += event.kind == MIO_READY;
        }
    }
    return others;
}

static void *raise_later(void *arg)
{
    (void)arg;
    source_pause_ms(20);
    ck_assert_int_eq(raise(SIGUSR1), 0); /* in this thread */
    return NULL;
}

START_TEST(a_signal_in_another_thread_ends_the_wait)
{
    pthread_t thread;

    want(SIGUSR1, 1);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(pthread_create(&thread, NULL, raise_later, NULL), 0);
        expect_signal(SIGUSR1, 1);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
    }
}
END_TEST

START_TEST(a_signal_in_this_thread_ends_the_wait)
{
    pid_t child;

    want(SIGCHLD, 1);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        usleep(20000);
        _exit(0);
    }
    turns_until(SIGCHLD);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

START_TEST(a_storm_and_descriptors_are_served)
{
    enum { STORM = 100000 };
    const pid_t target = getpid();
    int fds[2];
    pid_t child;

    source_pair(fds);
    turning_register(fds[0], W, 9);
    want(SIGUSR1, 1);
    want(SIGUSR2, 2);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        for (int i = 0; i < STORM; i++)
            kill(target, SIGUSR1);
        kill(target, SIGUSR2);
        _exit(0);
    }
    ck_assert_int_gt(turns_until(SIGUSR2), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    source_close(fds);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("loop/signal");
    TCase *tcase = turning_case(suite, "signals");

    tcase_add_test(tcase, an_event_names_its_registration_and_its_signal);
    tcase_add_test(tcase, each_signal_of_a_server);
    tcase_add_test(tcase, several_registrations_are_all_told);
    tcase_add_test(tcase, several_loops_are_all_told);
    tcase_add_test(tcase, signals_count);
    tcase_add_test(tcase, what_is_refused);
    tcase_add_test(tcase, a_refused_signal_opens_nothing);
    tcase_add_test(tcase, ten_thousand_come_as_one_at_least);
    tcase_add_test(tcase, the_programs_disposition_comes_back);

    tcase = turning_case(suite, "within a turn");
    tcase_add_test(tcase, removed_in_its_own_handler);
    tcase_add_test(tcase, removed_by_a_sibling);
    tcase_add_test(tcase, all_removed_by_the_first);
    tcase_add_test(tcase, removed_by_the_handler_of_a_descriptor);
    tcase_add_test(tcase, registered_within_a_turn);
    tcase_add_test(tcase, removed_and_registered_anew_within_a_turn);
    tcase_add_test(tcase, a_signal_right_after_its_registration_is_not_lost);
    tcase_add_test(tcase, a_signal_after_a_second_registration_in_the_turn);
    tcase_add_test(tcase, a_signal_raised_in_each_part_of_a_turn);

    tcase = turning_case(suite, "from elsewhere");
    tcase_add_test(tcase, a_signal_in_another_thread_ends_the_wait);
    tcase_add_test(tcase, a_signal_in_this_thread_ends_the_wait);
    tcase_add_test(tcase, a_storm_and_descriptors_are_served);
    return suite;
}
