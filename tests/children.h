/*
 * Child processes, for the tests: they do nothing but end.
 */
#ifndef MIO_TESTS_CHILDREN_H
#define MIO_TESTS_CHILDREN_H

#include "sources.h"

#include <signal.h>
#include <sys/wait.h>

/* One that ends by itself with this status. */
static inline int children_exiting(int status)
{
    const pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        _exit(status);
    return pid;
}

/* One that lives until it is killed; by SIGTERM, too, which the frame of the tests catches. */
static inline int children_living(void)
{
    const struct sigaction standard = {.sa_handler = SIG_DFL};
    struct sigaction before;
    pid_t pid;

    ck_assert_int_eq(sigaction(SIGTERM, &standard, &before), 0);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        for (;;)
            pause();
    }
    ck_assert_int_eq(sigaction(SIGTERM, &before, NULL), 0);
    return pid;
}

static inline void children_kill(int pid, int signal_number)
{
    ck_assert_int_eq(kill(pid, signal_number), 0);
}

/* It has ended, or is about to, and waits to be waited for. */
static inline void children_reap(int pid)
{
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

/* Somebody has waited for it. */
static inline void children_expect_reaped(int pid)
{
    ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}

/* Wait until it has ended, and leave it to be waited for. */
static inline void children_await(int pid)
{
    siginfo_t info;

    ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

#endif
