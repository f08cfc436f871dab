/*
 * SIGPIPE, for the tests: whatever a thread has set up for it, writing to nobody changes
 * nothing of that, and brings none.
 */
#ifndef MIO_TESTS_BROKEN_PIPES_H
#define MIO_TESTS_BROKEN_PIPES_H

#include "harness.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t broken_pipes;

static inline void broken_pipes_count(int number)
{
    (void)number;
    broken_pipes++;
}

/* The ways in which a thread may have set it up. */
enum {
    BROKEN_PIPE_STANDARD,
    BROKEN_PIPE_CAUGHT,
    BROKEN_PIPE_IGNORED,
    BROKEN_PIPE_BLOCKED,
    BROKEN_PIPE_PENDING, /* blocked, and one has come */
    BROKEN_PIPE_PENDING_FOR_ALL,
    BROKEN_PIPE_WAYS
};

typedef struct broken_pipe {
    int way;
    struct sigaction before;
    sigset_t mask;
} broken_pipe;

static inline sigset_t broken_pipe_set(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return set;
}

static inline void broken_pipe_act(void (*handler)(int), struct sigaction *before)
{
    const struct sigaction action = {.sa_handler = handler};

    ck_assert_int_eq(sigaction(SIGPIPE, &action, before), 0);
}

static inline bool broken_pipe_is_pending(void)
{
    sigset_t pending;

    ck_assert_int_eq(sigpending(&pending), 0);
    return sigismember(&pending, SIGPIPE) == 1;
}

static inline broken_pipe broken_pipe_begin(int way)
{
    const sigset_t set = broken_pipe_set();
    broken_pipe begun = {.way = way};

    broken_pipes = 0;
    broken_pipe_act(way == BROKEN_PIPE_STANDARD  ? SIG_DFL
                    : way == BROKEN_PIPE_IGNORED ? SIG_IGN
                                                 : broken_pipes_count,
                    &begun.before);
    ck_assert_int_eq(pthread_sigmask(way >= BROKEN_PIPE_BLOCKED ? SIG_BLOCK : SIG_UNBLOCK, &set,
                                     &begun.mask),
                     0);
    if (way == BROKEN_PIPE_PENDING)
        ck_assert_int_eq(pthread_kill(pthread_self(), SIGPIPE), 0);
    if (way == BROKEN_PIPE_PENDING_FOR_ALL)
        ck_assert_int_eq(kill(getpid(), SIGPIPE), 0);
    return begun;
}

/* All is as it was; and back to normal. */
static inline void broken_pipe_end(const broken_pipe *begun)
{
    const bool blocked = begun->way >= BROKEN_PIPE_BLOCKED;
    const bool pending = begun->way >= BROKEN_PIPE_PENDING;
    sigset_t mask;

    ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, NULL, &mask), 0);
    ck_assert_int_eq(sigismember(&mask, SIGPIPE), blocked);
    ck_assert_int_eq(broken_pipe_is_pending(), pending);
    ck_assert_int_eq(broken_pipes, 0);
    ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, &begun->mask, NULL), 0);
    ck_assert_int_eq(broken_pipes, pending);
    broken_pipe_act(begun->before.sa_handler, NULL);
}

#endif
