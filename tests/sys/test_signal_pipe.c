#include "sys/signal_pipe.h"

#include "sources.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>

static mio__signal_pipe *signals;

static void signals_open(void)
{
    ck_assert_int_eq(mio__signal_pipe_open(&signals), 0);
}

static void signals_close(void)
{
    mio__signal_pipe_close(signals);
}

static void add(mio__signal_pipe *pipe, int number)
{
    ck_assert_int_eq(mio__signal_pipe_add(pipe, number), 0);
}

static uint64_t bit(int number)
{
    return UINT64_C(1) << (number - 1);
}

static bool is_readable(mio__signal_pipe *pipe, int timeout_ms)
{
    struct pollfd source = {.fd = mio__signal_pipe_fd(pipe), .events = POLLIN};
    int count;

    while ((count = poll(&source, 1, timeout_ms)) < 0)
        ck_assert_int_eq(errno, EINTR); /* by the signal itself */
    return count == 1;
}

/* Exactly these signals come, if they do not come all at once. */
static void expect_taken(mio__signal_pipe *pipe, uint64_t wanted)
{
    uint64_t taken = 0;

    while (taken != wanted) {
        ck_assert(is_readable(pipe, 20000));
        taken |= mio__signal_pipe_take(pipe);
        ck_assert_uint_eq(taken & ~wanted, 0);
    }
}

static void expect_nothing(mio__signal_pipe *pipe)
{
    if (is_readable(pipe, 0)) /* that it is not is no promise */
        ck_assert_uint_eq(mio__signal_pipe_take(pipe), 0);
    ck_assert(!is_readable(pipe, 0));
}

/* ------------------------------------------------------------- telling */

START_TEST(nothing_comes_unasked)
{
    expect_nothing(signals);
    ck_assert_uint_eq(mio__signal_pipe_take(signals), 0);
}
END_TEST

START_TEST(a_signal_is_told_once)
{
    static const int numbers[] = {SIGINT,  SIGTERM, SIGHUP,  SIGUSR1, SIGUSR2,
                                  SIGCHLD, SIGPIPE, SIGALRM, SIGQUIT};

    for (int i = 0; i < 9; i++) {
        add(signals, numbers[i]);
        expect_nothing(signals);
        raise(numbers[i]);
        expect_taken(signals, bit(numbers[i]));
        expect_nothing(signals);
    }
}
END_TEST

START_TEST(several_signals_are_taken_together)
{
    add(signals, SIGUSR1);
    add(signals, SIGUSR2);
    add(signals, SIGHUP);
    raise(SIGUSR2);
    raise(SIGUSR1);
    ck_assert(is_readable(signals, 20000));
    ck_assert_uint_eq(mio__signal_pipe_take(signals), bit(SIGUSR1) | bit(SIGUSR2));
    expect_nothing(signals);
}
END_TEST

START_TEST(ten_thousand_come_as_one_at_least)
{
    sigset_t set, before;

    add(signals, SIGUSR1);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    for (int i = 0; i < 10000; i++)
        ck_assert_int_eq(kill(getpid(), SIGUSR1), 0);
    expect_nothing(signals);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    expect_taken(signals, bit(SIGUSR1));
    for (int i = 0; i < 10000; i++)
        raise(SIGUSR1);
    expect_taken(signals, bit(SIGUSR1));
    expect_nothing(signals);
}
END_TEST

START_TEST(two_pipes_are_both_told)
{
    mio__signal_pipe *other;

    ck_assert_int_eq(mio__signal_pipe_open(&other), 0);
    add(signals, SIGUSR1);
    add(other, SIGUSR1);
    add(other, SIGUSR2);
    raise(SIGUSR1);
    raise(SIGUSR2);
    expect_taken(signals, bit(SIGUSR1));
    expect_taken(other, bit(SIGUSR1) | bit(SIGUSR2));
    mio__signal_pipe_close(other);
    raise(SIGUSR1);
    expect_taken(signals, bit(SIGUSR1));
}
END_TEST

START_TEST(removing_forgets_what_has_come)
{
    add(signals, SIGUSR1);
    add(signals, SIGUSR2);
    raise(SIGUSR1);
    ck_assert_int_eq(mio__signal_pipe_remove(signals, SIGUSR1), 0);
    add(signals, SIGUSR1); /* anew, and at once */
    expect_nothing(signals);
    raise(SIGUSR1);
    raise(SIGUSR2);
    ck_assert_int_eq(mio__signal_pipe_remove(signals, SIGUSR1), 0);
    expect_taken(signals, bit(SIGUSR2));
    add(signals, SIGUSR1);
    expect_nothing(signals);
    raise(SIGUSR1);
    expect_taken(signals, bit(SIGUSR1));
}
END_TEST

START_TEST(removing_the_only_one_that_came_leaves_the_pipe_in_order)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;

    ck_assert_int_eq(sigaction(SIGUSR1, &ignore, &before), 0);
    for (int i = 0; i < 100; i++) {
        add(signals, SIGUSR1);
        raise(SIGUSR1);
        ck_assert_int_eq(mio__signal_pipe_remove(signals, SIGUSR1), 0);
        raise(SIGUSR1);
    }
    expect_nothing(signals);
    add(signals, SIGUSR1);
    raise(SIGUSR1);
    expect_taken(signals, bit(SIGUSR1));
    ck_assert_int_eq(mio__signal_pipe_remove(signals, SIGUSR1), 0);
    ck_assert_int_eq(sigaction(SIGUSR1, &before, NULL), 0);
}
END_TEST

START_TEST(a_new_pipe_knows_nothing_of_a_closed_one)
{
    mio__signal_pipe *other;

    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(mio__signal_pipe_open(&other), 0);
        expect_nothing(other);
        add(other, SIGUSR1);
        raise(SIGUSR1);
        mio__signal_pipe_close(other);
    }
    ck_assert_int_eq(mio__signal_pipe_open(&other), 0);
    expect_nothing(other);
    add(other, SIGUSR2);
    raise(SIGUSR2);
    expect_taken(other, bit(SIGUSR2));
    mio__signal_pipe_close(other);
}
END_TEST

START_TEST(its_descriptor_does_not_block_and_is_closed_by_exec)
{
    const mio_fd fd = mio__signal_pipe_fd(signals);

    ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
}
END_TEST

START_TEST(closing_null_is_fine)
{
    mio__signal_pipe_close(NULL);
}
END_TEST

/* ------------------------------------------------------------- refusing */

START_TEST(what_must_not_be_caught_is_refused)
{
    static const int numbers[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE,  SIGILL,
                                  0,       -1,      65,      1000,   INT_MAX, INT_MIN};

    for (int i = 0; i < 12; i++) {
        struct sigaction before, after;
        const bool exists = numbers[i] >= 1 && numbers[i] <= 64;

        if (exists)
            ck_assert_int_eq(sigaction(numbers[i], NULL, &before), 0);
        ck_assert_int_eq(mio__signal_pipe_add(signals, numbers[i]), -EINVAL);
        ck_assert_int_eq(mio__signal_pipe_remove(signals, numbers[i]), -ENOENT);
        if (exists) {
            ck_assert_int_eq(sigaction(numbers[i], NULL, &after), 0);
            ck_assert(after.sa_handler == before.sa_handler);
        }
    }
    expect_nothing(signals);
}
END_TEST

START_TEST(a_signal_is_wanted_once_a_pipe)
{
    add(signals, SIGUSR1);
    ck_assert_int_eq(mio__signal_pipe_add(signals, SIGUSR1), -EEXIST);
    raise(SIGUSR1);
    expect_taken(signals, bit(SIGUSR1));
    ck_assert_int_eq(mio__signal_pipe_remove(signals, SIGUSR1), 0);
    ck_assert_int_eq(mio__signal_pipe_remove(signals, SIGUSR1), -ENOENT);
    ck_assert_int_eq(mio__signal_pipe_remove(signals, SIGUSR2), -ENOENT);
}
END_TEST

/* --------------------------------------------------------- dispositions */

static atomic_int program_calls, other_calls;

static void program_handler(int number)
{
    (void)number;
    atomic_fetch_add(&program_calls, 1);
}

static void other_handler(int number)
{
    (void)number;
    atomic_fetch_add(&other_calls, 1);
}

/* What the program did with SIGUSR1 before, with a flag that does nothing but can be seen. */
static struct sigaction program = {.sa_handler = program_handler, .sa_flags = SA_NOCLDSTOP};
static struct sigaction original;

static void program_install(void)
{
    atomic_store(&program_calls, 0);
    atomic_store(&other_calls, 0);
    sigemptyset(&program.sa_mask);
    sigaddset(&program.sa_mask, SIGWINCH);
    ck_assert_int_eq(sigaction(SIGUSR1, &program, &original), 0);
}

static void program_uninstall(void)
{
    ck_assert_int_eq(sigaction(SIGUSR1, &original, NULL), 0);
}

static void expect_programs_own(bool own)
{
    struct sigaction now;

    ck_assert_int_eq(sigaction(SIGUSR1, NULL, &now), 0);
    ck_assert_int_eq(now.sa_handler == program_handler, own);
    if (own) {
        ck_assert_int_ne(now.sa_flags & SA_NOCLDSTOP, 0);
        ck_assert_int_eq(sigismember(&now.sa_mask, SIGWINCH), 1);
        ck_assert_int_eq(sigismember(&now.sa_mask, SIGUSR2), 0);
    }
}

START_TEST(the_programs_handler_is_back_after_remove)
{
    add(signals, SIGUSR1);
    expect_programs_own(false);
    raise(SIGUSR1);
    ck_assert_int_eq(atomic_load(&program_calls), 0);
    ck_assert_int_eq(mio__signal_pipe_remove(signals, SIGUSR1), 0);
    expect_programs_own(true);
    raise(SIGUSR1);
    ck_assert_int_eq(atomic_load(&program_calls), 1);
    expect_nothing(signals);
}
END_TEST

START_TEST(the_programs_handler_is_back_after_close)
{
    mio__signal_pipe *other;

    ck_assert_int_eq(mio__signal_pipe_open(&other), 0);
    add(other, SIGUSR1);
    add(other, SIGUSR2);
    mio__signal_pipe_close(other);
    expect_programs_own(true);
}
END_TEST

START_TEST(the_last_pipe_restores)
{
    mio__signal_pipe *others[3];

    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(mio__signal_pipe_open(&others[i]), 0);
        add(others[i], SIGUSR1);
    }
    mio__signal_pipe_close(others[0]);
    expect_programs_own(false);
    ck_assert_int_eq(mio__signal_pipe_remove(others[2], SIGUSR1), 0);
    expect_programs_own(false);
    raise(SIGUSR1);
    expect_taken(others[1], bit(SIGUSR1));
    mio__signal_pipe_close(others[1]);
    expect_programs_own(true);
    mio__signal_pipe_close(others[2]);
    expect_programs_own(true);
}
END_TEST

START_TEST(what_was_ignored_is_ignored_again)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, now;

    ck_assert_int_eq(sigaction(SIGUSR1, &ignore, NULL), 0);
    add(signals, SIGUSR1);
    raise(SIGUSR1);
    expect_taken(signals, bit(SIGUSR1));
    ck_assert_int_eq(mio__signal_pipe_remove(signals, SIGUSR1), 0);
    ck_assert_int_eq(sigaction(SIGUSR1, NULL, &now), 0);
    ck_assert(now.sa_handler == SIG_IGN);
}
END_TEST

START_TEST(who_has_replaced_the_handler_keeps_his_own)
{
    struct sigaction other = {.sa_handler = other_handler}, now;

    add(signals, SIGUSR1);
    ck_assert_int_eq(sigaction(SIGUSR1, &other, NULL), 0);
    ck_assert_int_eq(mio__signal_pipe_remove(signals, SIGUSR1), 0);
    ck_assert_int_eq(sigaction(SIGUSR1, NULL, &now), 0);
    ck_assert(now.sa_handler == other_handler);
    add(signals, SIGUSR1); /* now his is what was there before */
    raise(SIGUSR1);
    expect_taken(signals, bit(SIGUSR1));
    ck_assert_int_eq(mio__signal_pipe_remove(signals, SIGUSR1), 0);
    raise(SIGUSR1);
    ck_assert_int_eq(atomic_load(&other_calls), 1);
    ck_assert_int_eq(atomic_load(&program_calls), 0);
}
END_TEST

START_TEST(errno_of_the_interrupted_code_stays)
{
    add(signals, SIGUSR1);
    for (int i = 0; i < 10; i++) {
        errno = 4711;
        raise(SIGUSR1);
        ck_assert_int_eq(errno, 4711);
    }
}
END_TEST

/* -------------------------------------------------------------- threads */

static void *wait_to_be_told(void *arg)
{
    struct pollfd source = {.fd = *(const int *)arg, .events = POLLIN};

    while (poll(&source, 1, -1) < 0)
        ck_assert_int_eq(errno, EINTR);
    return NULL;
}

START_TEST(a_signal_in_another_thread_is_told)
{
    pthread_t thread;
    int fds[2];

    source_pipe(fds);
    add(signals, SIGUSR1);
    ck_assert_int_eq(pthread_create(&thread, NULL, wait_to_be_told, &fds[0]), 0);
    for (int i = 0; i < 10; i++) {
        source_pause_ms(1);
        ck_assert_int_eq(pthread_kill(thread, SIGUSR1), 0);
        expect_taken(signals, bit(SIGUSR1));
    }
    source_put(fds[1]);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    source_close(fds);
}
END_TEST

typedef struct interruption {
    pthread_t thread;
    int fd;
} interruption;

static void *interrupt_then_put(void *arg)
{
    const interruption *interrupt = arg;

    for (int i = 0; i < 10; i++) {
        source_pause_ms(2);
        ck_assert_int_eq(pthread_kill(interrupt->thread, SIGUSR1), 0);
    }
    source_put(interrupt->fd);
    return NULL;
}

START_TEST(a_read_that_waits_goes_on)
{
    interruption interrupt = {.thread = pthread_self()};
    pthread_t thread;
    int fds[2];

    source_pipe(fds);
    ck_assert_int_eq(fcntl(fds[0], F_SETFL, 0), 0);
    interrupt.fd = fds[1];
    add(signals, SIGUSR1);
    ck_assert_int_eq(pthread_create(&thread, NULL, interrupt_then_put, &interrupt), 0);
    source_take(fds[0]);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    expect_taken(signals, bit(SIGUSR1));
    source_close(fds);
}
END_TEST

enum { STORM = 100000, CHURN_ROUNDS = 2000 };

/* Sends the storm to this process, and a last signal when it is over. */
static pid_t storm_from_child(pid_t target)
{
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child != 0)
        return child;
    for (int i = 0; i < STORM; i++)
        kill(target, SIGUSR1);
    kill(target, SIGUSR2);
    _exit(0);
}

START_TEST(io_goes_on_during_a_storm)
{
    uint64_t taken = 0;
    int fds[2], echoes = 0, status;
    pid_t child;

    source_pair(fds);
    add(signals, SIGUSR1);
    add(signals, SIGUSR2);
    child = storm_from_child(getpid());
    for (; (taken & bit(SIGUSR2)) == 0; echoes++) {
        source_put(fds[0]);
        source_take(fds[1]);
        taken |= mio__signal_pipe_take(signals);
    }
    ck_assert_int_gt(echoes, 0);
    ck_assert_uint_eq(taken | mio__signal_pipe_take(signals), bit(SIGUSR1) | bit(SIGUSR2));
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    expect_nothing(signals);
    source_close(fds);
}
END_TEST

static atomic_bool storm_is_over;

static void *storm(void *arg)
{
    (void)arg;
    while (!atomic_load(&storm_is_over)) {
        kill(getpid(), SIGUSR1); /* to whichever thread takes it */
        raise(SIGUSR1);          /* to this one */
    }
    return NULL;
}

/* Pipes come and go; each is told of a signal that this thread is sure to have raised. */
static void *churn(void *arg)
{
    (void)arg;
    for (int i = 0; i < CHURN_ROUNDS; i++) {
        mio__signal_pipe *pipe;

        ck_assert_int_eq(mio__signal_pipe_open(&pipe), 0);
        add(pipe, SIGUSR1);
        raise(SIGUSR1);
        ck_assert_uint_eq(mio__signal_pipe_take(pipe), bit(SIGUSR1));
        if (i % 2 == 0)
            ck_assert_int_eq(mio__signal_pipe_remove(pipe, SIGUSR1), 0);
        mio__signal_pipe_close(pipe);
    }
    return NULL;
}

START_TEST(pipes_come_and_go_while_signals_fly)
{
    pthread_t storming, churning;

    atomic_store(&storm_is_over, false);
    ck_assert_int_eq(pthread_create(&storming, NULL, storm, NULL), 0);
    ck_assert_int_eq(pthread_create(&churning, NULL, churn, NULL), 0);
    churn(NULL);
    ck_assert_int_eq(pthread_join(churning, NULL), 0);
    atomic_store(&storm_is_over, true);
    ck_assert_int_eq(pthread_join(storming, NULL), 0);
    expect_programs_own(true);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("sys/signal_pipe");
    TCase *tcase = harness_case(suite, "telling");

    tcase_add_checked_fixture(tcase, signals_open, signals_close);
    tcase_add_test(tcase, nothing_comes_unasked);
    tcase_add_test(tcase, a_signal_is_told_once);
    tcase_add_test(tcase, several_signals_are_taken_together);
    tcase_add_test(tcase, ten_thousand_come_as_one_at_least);
    tcase_add_test(tcase, two_pipes_are_both_told);
    tcase_add_test(tcase, removing_forgets_what_has_come);
    tcase_add_test(tcase, removing_the_only_one_that_came_leaves_the_pipe_in_order);
    tcase_add_test(tcase, a_new_pipe_knows_nothing_of_a_closed_one);
    tcase_add_test(tcase, its_descriptor_does_not_block_and_is_closed_by_exec);
    tcase_add_test(tcase, closing_null_is_fine);

    tcase = harness_case(suite, "refusing");
    tcase_add_checked_fixture(tcase, signals_open, signals_close);
    tcase_add_test(tcase, what_must_not_be_caught_is_refused);
    tcase_add_test(tcase, a_signal_is_wanted_once_a_pipe);

    tcase = harness_case(suite, "dispositions");
    tcase_add_checked_fixture(tcase, program_install, program_uninstall);
    tcase_add_checked_fixture(tcase, signals_open, signals_close);
    tcase_add_test(tcase, the_programs_handler_is_back_after_remove);
    tcase_add_test(tcase, the_programs_handler_is_back_after_close);
    tcase_add_test(tcase, the_last_pipe_restores);
    tcase_add_test(tcase, what_was_ignored_is_ignored_again);
    tcase_add_test(tcase, who_has_replaced_the_handler_keeps_his_own);
    tcase_add_test(tcase, errno_of_the_interrupted_code_stays);

    tcase = harness_case(suite, "threads");
    tcase_add_checked_fixture(tcase, program_install, program_uninstall);
    tcase_add_checked_fixture(tcase, signals_open, signals_close);
    tcase_add_test(tcase, a_signal_in_another_thread_is_told);
    tcase_add_test(tcase, a_read_that_waits_goes_on);
    tcase_add_test(tcase, io_goes_on_during_a_storm);
    tcase_add_test(tcase, pipes_come_and_go_while_signals_fly);
    return suite;
}
