/*
 * Invariants
 *
 * 1. pipes_head leads to every pipe ever made. Nodes are never freed, only closed and used
 *    again, so that the signal handler may walk the list at any moment without a lock.
 * 2. Only under `lock` are nodes added, wanted masks changed, and dispositions set.
 * 3. wanted_count[n] is the number of pipes that want signal n; the handler is installed
 *    exactly while it is not zero, and disposition[n] is what was there before.
 * 4. The handler touches a node's descriptors only between busy++ and busy--, and only if it
 *    sees the signal wanted after busy++. close() clears `wanted`, then waits for busy == 0:
 *    whichever of the two comes first, the other sees it (both are sequentially consistent).
 * 5. A child of fork() begins without any of this: its dispositions are what they were before,
 *    and its copies of the pipes want nothing.
 * 6. The handler sets the pending bit, then writes if no bit was pending; take() empties the
 *    pipe, then takes the bits. So a bit that is set always has a byte behind it; a byte
 *    without a bit (its signal was taken meanwhile, or is wanted no more) does no harm.
 */
#include "sys/signal_pipe.h"

#include "base/bits.h"
#include "sys/descriptor.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

enum { SIGNAL_MAX = 64 };

struct mio__signal_pipe {
    mio__signal_pipe *next;
    atomic_ullong wanted;
    atomic_ullong pending;
    atomic_int busy;
    int read_fd;
    int write_fd;
    bool open;
};

static _Atomic(mio__signal_pipe *) pipes_head;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static bool fork_watched;
static unsigned wanted_count[SIGNAL_MAX + 1];
static struct sigaction disposition[SIGNAL_MAX + 1];

static unsigned long long signal_bit(int signal_number)
{
    return 1ULL << (signal_number - 1);
}

static void signal_deliver(mio__signal_pipe *pipe, unsigned long long bit)
{
    atomic_fetch_add(&pipe->busy, 1);
    if ((atomic_load(&pipe->wanted) & bit) != 0 && atomic_fetch_or(&pipe->pending, bit) == 0)
        (void)!write(pipe->write_fd, "", 1); /* the pipe is empty: see invariant 6 */
    atomic_fetch_sub(&pipe->busy, 1);
}

static void signal_handle(int signal_number)
{
    const int saved = errno;

    for (mio__signal_pipe *pipe = atomic_load(&pipes_head); pipe != NULL; pipe = pipe->next)
        signal_deliver(pipe, signal_bit(signal_number));
    errno = saved;
}

/* A signal that a fault raises would come again for ever once the handler returns. */
static bool signal_may_be_caught(int signal_number)
{
    return signal_number >= 1 && signal_number <= SIGNAL_MAX && signal_number != SIGSEGV &&
           signal_number != SIGBUS && signal_number != SIGFPE && signal_number != SIGILL;
}

static int signal_install(int signal_number)
{
    struct sigaction action = {.sa_handler = signal_handle, .sa_flags = SA_RESTART};

    sigfillset(&action.sa_mask);
    return sigaction(signal_number, &action, &disposition[signal_number]) == 0 ? 0 : -errno;
}

/* Whoever has replaced our handler since keeps his own. */
static void signal_restore(int signal_number)
{
    struct sigaction current;

    sigaction(signal_number, NULL, &current);
    if ((current.sa_flags & SA_SIGINFO) == 0 && current.sa_handler == signal_handle)
        sigaction(signal_number, &disposition[signal_number], NULL);
}

static void signal_release(int signal_number)
{
    if (--wanted_count[signal_number] == 0)
        signal_restore(signal_number);
}

static void fork_prepare(void)
{
    pthread_mutex_lock(&lock);
}

static void fork_parent(void)
{
    pthread_mutex_unlock(&lock);
}

/* Invariant 5. Of the threads only this one is left, so nobody is busy. */
static void fork_child(void)
{
    for (mio__signal_pipe *pipe = atomic_load(&pipes_head); pipe != NULL; pipe = pipe->next) {
        atomic_store(&pipe->wanted, 0);
        atomic_store(&pipe->busy, 0);
    }
    for (int n = 1; n <= SIGNAL_MAX; n++) {
        if (wanted_count[n] != 0)
            signal_restore(n);
        wanted_count[n] = 0;
    }
    pthread_mutex_unlock(&lock);
}

static void fork_watch(void)
{
    fork_watched = pthread_atfork(fork_prepare, fork_parent, fork_child) == 0;
}

/* A closed node, or a new one at the head of the list. Under the lock. */
static mio__signal_pipe *pipe_claim(void)
{
    mio__signal_pipe *pipe = atomic_load(&pipes_head);

    while (pipe != NULL && pipe->open)
        pipe = pipe->next;
    if (pipe == NULL && (pipe = calloc(1, sizeof *pipe)) != NULL) {
        pipe->next = atomic_load(&pipes_head);
        atomic_store(&pipes_head, pipe);
    }
    return pipe;
}

int mio__signal_pipe_open(mio__signal_pipe **ret_pipe)
{
    mio__signal_pipe *pipe;
    mio_fd fds[2];
    int err;

    pthread_once(&fork_once, fork_watch);
    if (!fork_watched)
        return -ENOMEM;
    err = mio__descriptor_pipe(fds);
    if (err < 0)
        return err;
    pthread_mutex_lock(&lock);
    pipe = pipe_claim();
    if (pipe != NULL) {
        pipe->read_fd = fds[0];
        pipe->write_fd = fds[1];
        pipe->open = true;
    }
    pthread_mutex_unlock(&lock);
    if (pipe == NULL) {
        close(fds[0]);
        close(fds[1]);
        return -ENOMEM;
    }
    *ret_pipe = pipe;
    return 0;
}

void mio__signal_pipe_close(mio__signal_pipe *pipe)
{
    unsigned long long wanted;

    if (pipe == NULL)
        return;
    pthread_mutex_lock(&lock);
    wanted = atomic_exchange(&pipe->wanted, 0);
    for (int n = 1; n <= SIGNAL_MAX; n++) {
        if (wanted & signal_bit(n))
            signal_release(n);
    }
    while (atomic_load(&pipe->busy) != 0)
        sched_yield(); /* a handler on another thread is about to leave */
    close(pipe->read_fd);
    close(pipe->write_fd);
    atomic_store(&pipe->pending, 0);
    pipe->open = false;
    pthread_mutex_unlock(&lock);
}

int mio__signal_pipe_add(mio__signal_pipe *pipe, int signal_number)
{
    int err = 0;

    if (!signal_may_be_caught(signal_number))
        return -EINVAL;
    pthread_mutex_lock(&lock);
    if (atomic_load(&pipe->wanted) & signal_bit(signal_number))
        err = -EEXIST;
    else if (wanted_count[signal_number] == 0)
        err = signal_install(signal_number);
    if (err == 0) {
        wanted_count[signal_number]++;
        atomic_fetch_or(&pipe->wanted, signal_bit(signal_number));
    }
    pthread_mutex_unlock(&lock);
    return err;
}

int mio__signal_pipe_remove(mio__signal_pipe *pipe, int signal_number)
{
    int err = -ENOENT;

    if (!signal_may_be_caught(signal_number))
        return -ENOENT;
    pthread_mutex_lock(&lock);
    if (atomic_load(&pipe->wanted) & signal_bit(signal_number)) {
        atomic_fetch_and(&pipe->wanted, ~signal_bit(signal_number));
        atomic_fetch_and(&pipe->pending, ~signal_bit(signal_number));
        signal_release(signal_number);
        err = 0;
    }
    pthread_mutex_unlock(&lock);
    return err;
}

mio_fd mio__signal_pipe_fd(const mio__signal_pipe *pipe)
{
    return pipe->read_fd;
}

int mio__signal_pipe_take_one(mio__signal_pipe *pipe)
{
    const uint64_t came = mio__signal_pipe_take(pipe);
    const uint64_t rest = came & (came - 1);

    if (came == 0)
        return 0;
    if (rest != 0 && atomic_fetch_or(&pipe->pending, rest) == 0)
        (void)!write(pipe->write_fd, "", 1); /* the pipe is empty: see invariant 6 */
    return (int)mio__bits_lowest(came) + 1;  /* not zero: asked above */
}

uint64_t mio__signal_pipe_take(mio__signal_pipe *pipe)
{
    char bytes[16];

    while (read(pipe->read_fd, bytes, sizeof bytes) == (ssize_t)sizeof bytes)
        ;
    return atomic_exchange(&pipe->pending, 0) & atomic_load(&pipe->wanted);
}
