/*
 * fork(): what a child finds of its parent's loops and signals, and what it leaves them.
 */
#include "sys/fork.h"

#include "harness.h"
#include "loop/loop.h"
#include "mio/clock.h"
#include "mio/signal.h"
#include "mio/signals.h"
#include "mio/socket.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static mio_loop *loop;
static mio_fd fds[2];
static uint64_t id;

/* A loop with one end of a pair, which becomes readable when the test says so. */
static void fork_open(void)
{
    ck_assert_int_eq(mio_loop_new(NULL, &loop), 0);
    ck_assert_int_eq(mio_socketpair(MIO_STREAM, fds), 0);
    ck_assert_int_eq(mio_loop_register(loop, fds[0], MIO_READABLE, MIO_LEVEL, 1, &id), 0);
}

static void fork_close(void)
{
    mio_loop_free(loop);
    mio_close(fds[0]);
    mio_close(fds[1]);
}

/* Run `child` in a child process; it passes where that returns true. */
static void fork_run(bool (*child)(void))
{
    const pid_t pid = fork();
    int status;

    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        _exit(child() ? EXIT_SUCCESS : EXIT_FAILURE);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
}

/* The parent's registration is what it was. */
static void fork_expect_event(void)
{
    int count = 0;
    mio_event event;

    ck_assert_int_eq((int)mio_write(fds[1], "x", 1), 1);
    ck_assert_int_eq(mio_loop_poll(loop, 0), 0);
    while (mio_loop_next(loop, &event))
        count += event.kind == MIO_READY;
    ck_assert_int_eq(count, 1);
}

static unsigned generation_before;

static bool child_counts(void)
{
    return mio__fork_generation() == generation_before + 1;
}

START_TEST(a_child_is_another_generation)
{
    ck_assert_int_eq(mio__fork_watch(), 0);
    generation_before = mio__fork_generation();
    fork_run(child_counts);
    ck_assert_uint_eq(mio__fork_generation(), generation_before);
}
END_TEST

static bool child_uses_loop(void)
{
    uint64_t other;

    return mio_loop_poll(loop, 0) == -ESTALE &&
           mio_loop_run(loop, &(mio_handler){.ready = NULL}, NULL) == -ESTALE &&
           mio_loop_register(loop, fds[1], MIO_READABLE, MIO_LEVEL, 2, &other) == -ESTALE &&
           mio_loop_reregister(loop, id, MIO_WRITABLE, MIO_LEVEL) == -ESTALE &&
           mio_loop_pause(loop, id, 1) == -ESTALE &&
           mio_loop_signal(loop, SIGUSR1, 0, NULL) == -ESTALE;
}

START_TEST(a_loop_is_refused_in_the_child)
{
    fork_run(child_uses_loop);
    fork_expect_event();
}
END_TEST

static bool child_cleans_up(void)
{
    if (mio_loop_deregister(loop, id) != 0)
        return false;
    mio_loop_free(loop);
    return mio_close(fds[0]) == 0 && mio_close(fds[1]) == 0;
}

START_TEST(cleaning_up_in_the_child_leaves_the_parent_alone)
{
    fork_run(child_cleans_up);
    fork_expect_event();
}
END_TEST

static bool child_makes_loop(void)
{
    mio_loop *own;
    const bool works = mio_loop_new(NULL, &own) == 0 && mio_loop_poll(own, 0) == 0;

    mio_loop_free(own);
    return works;
}

START_TEST(a_child_may_have_a_loop_of_its_own)
{
    fork_run(child_makes_loop);
}
END_TEST

static mio_signals *signals;

static bool child_has_dispositions_of_old(void)
{
    struct sigaction action;

    sigaction(SIGUSR1, NULL, &action);
    return action.sa_handler == SIG_IGN && mio_signals_next(signals) == -EAGAIN;
}

START_TEST(a_child_begins_with_the_dispositions_of_old)
{
    signal(SIGUSR1, SIG_IGN);
    ck_assert_int_eq(mio_signals_new(NULL, &signals), 0);
    ck_assert_int_eq(mio_signals_add(signals, SIGUSR1), 0);
    fork_run(child_has_dispositions_of_old);
    raise(SIGUSR1);
    ck_assert_int_eq(mio_signals_next(signals), SIGUSR1);
    mio_signals_free(signals);
    signal(SIGUSR1, SIG_DFL);
}
END_TEST

static bool child_wants_anew(void)
{
    mio_signals *own;
    bool works;

    mio_signals_free(signals);
    works = mio_signals_new(NULL, &own) == 0 && mio_signals_add(own, SIGUSR1) == 0;
    raise(SIGUSR1);
    works = works && mio_signals_next(own) == SIGUSR1;
    mio_signals_free(own);
    return works;
}

START_TEST(a_child_may_want_signals_of_its_own)
{
    ck_assert_int_eq(mio_signals_new(NULL, &signals), 0);
    ck_assert_int_eq(mio_signals_add(signals, SIGUSR1), 0);
    fork_run(child_wants_anew);
    ck_assert_int_eq(mio_signals_next(signals), -EAGAIN);
    mio_signals_free(signals);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("sys/fork");
    TCase *loops = harness_case(suite, "loops");
    TCase *others = harness_case(suite, "generation and signals");

    tcase_add_checked_fixture(loops, fork_open, fork_close);
    tcase_add_test(loops, a_loop_is_refused_in_the_child);
    tcase_add_test(loops, cleaning_up_in_the_child_leaves_the_parent_alone);
    tcase_add_test(loops, a_child_may_have_a_loop_of_its_own);
    tcase_add_test(others, a_child_is_another_generation);
    tcase_add_test(others, a_child_begins_with_the_dispositions_of_old);
    tcase_add_test(others, a_child_may_want_signals_of_its_own);
    return suite;
}
