/*
 * The poll: tokens and events, nothing else.
 *
 * A poll stores the user's token in the kernel and keeps no table: registering costs what
 * the system call costs, and is as thread-safe as the kernel's is. Who wants handlers,
 * timers and stale events dropped takes a loop (mio/loop.h).
 */
#ifndef MIO_POLL_H
#define MIO_POLL_H

#include "mio/event.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mio_poll mio_poll;
typedef struct mio_waker mio_waker;

/*
 * Make a poll.
 *
 *   allocator   copied; NULL for the C library's
 *   ret_poll    the new poll, to be given to mio_poll_free()
 *
 * Returns 0, or
 *   -EMFILE, -ENFILE   no descriptor is free
 *   -ENOMEM            no memory
 *
 * Thread: any. Cost: one system call, one allocation, one descriptor.
 */
MIO_API int mio_poll_new(const mio_allocator *allocator, mio_poll **ret_poll);

/*
 * Free a poll. What is registered stays open; its wakers must have been freed before.
 *
 *   poll   NULL is fine
 *
 * Thread: one, when no other uses the poll any more. Cost: one system call.
 */
MIO_API void mio_poll_free(mio_poll *poll);

/*
 * Register a descriptor.
 *
 * From now on mio_poll_wait() reports `fd`, also to a thread that waits already. The poll
 * never reads, writes or closes it: close it yourself, after mio_poll_deregister().
 *
 *   interest   MIO_READABLE | MIO_WRITABLE | MIO_PRIORITY, not zero
 *   trigger    MIO_LEVEL, MIO_EDGE or MIO_ONESHOT
 *   token      yours, handed back in mio_event.token; not interpreted
 *
 * Returns 0, or
 *   -EINVAL            an empty or unknown interest, an unknown trigger, the poll itself
 *   -EBADF             not an open descriptor
 *   -EEXIST            this poll has the descriptor already
 *   -EPERM             the kernel cannot poll this kind of descriptor (a regular file)
 *   -EOPNOTSUPP        MIO_PRIORITY on a system that does not tell it
 *   -ELOOP             polls registered in a ring; some systems do not notice
 *   -ENOMEM, -ENOSPC   no memory, or the system's limit of registrations
 *
 * Thread: any. Cost: one system call.
 */
MIO_API int mio_poll_register(mio_poll *poll, mio_fd fd, uint64_t token, mio_interest interest,
                              mio_trigger trigger);

/*
 * Change the token, interest and trigger of a registered descriptor, and arm it anew: what
 * holds already is reported again, after MIO_ONESHOT and MIO_EDGE too.
 *
 * Parameters and errors as mio_poll_register(), and -ENOENT where it is not registered.
 *
 * Returns 0 or -errno.
 *
 * Thread: any. Cost: one system call.
 */
MIO_API int mio_poll_reregister(mio_poll *poll, mio_fd fd, uint64_t token,
                                mio_interest interest, mio_trigger trigger);

/*
 * Stop reporting a descriptor. Do so before closing it: a duplicate of it elsewhere would
 * otherwise keep the kernel's entry alive, with nobody left who can name it.
 *
 * Events of it that an earlier mio_poll_wait() has put into an array stay there.
 *
 * Returns 0, -ENOENT (not registered) or -EBADF (not open).
 *
 * Thread: any. Cost: one system call.
 */
MIO_API int mio_poll_deregister(mio_poll *poll, mio_fd fd);

/*
 * Wait for events.
 *
 * Unlike a loop, a poll keeps no table, and so cannot mask: where the peer is gone or an error
 * is pending, `ready` may hold conditions that were not asked for. A writer may see
 * MIO_READABLE at a hang-up. Who acts on such a bit alone masks it himself.
 *
 *   events       room for `capacity` of them, which need not be initialised; a descriptor
 *                is in it once at the most, reading and writing merged
 *   capacity     1 or more
 *   timeout_ns   how long to wait at the most; 0 not at all, -1 for ever
 *
 * Returns the number of events, 0 after the timeout, or
 *   -EINTR    a signal handler ran, of the program or (for mio_signals) of mio
 *   -EINVAL   a capacity below 1, a timeout below -1, `events` is NULL
 *
 * Thread: any; of several that wait, each event goes to one. Cost: one system call.
 */
MIO_API int mio_poll_wait(mio_poll *poll, mio_event *events, int capacity, int64_t timeout_ns);

/*
 * The kernel's queue itself, readable while events wait: register it in another poll or loop,
 * level-triggered, and call mio_poll_wait(poll, ..., 0) when it is readable. A poll has no
 * timers: nothing else is to be waited for. It stays the poll's: never close it.
 *
 * Returns the descriptor. Thread: any. Cost: none.
 */
MIO_API mio_fd mio_poll_fd(const mio_poll *poll);

/*
 * Make a waker: a source without a descriptor of yours, by which any thread makes
 * mio_poll_wait() return. A poll may have several, each with its own token.
 *
 *   poll        must outlive the waker
 *   token       comes back in an event with MIO_READABLE; wakes that nobody has seen yet
 *               are one event
 *   ret_waker   the new waker, to be given to mio_waker_free()
 *
 * Returns 0, or -EMFILE, -ENFILE, -ENOMEM, -ENOSPC.
 *
 * Thread: any. Cost: two system calls, one allocation, one descriptor.
 */
MIO_API int mio_waker_new(mio_poll *poll, uint64_t token, mio_waker **ret_waker);

/*
 * Wake. Once this returns, a wait that has not yet reported the waker will.
 *
 * Returns 0, or
 *   -ESTALE   this process is a child, by fork(), of the one that made the waker
 *   -errno    of a write that the kernel refused (not seen in practice)
 *
 * Thread: any, signal handlers too. Cost: one system call.
 */
MIO_API int mio_waker_wake(mio_waker *waker);

/*
 * Free a waker; its event, if it is not yet reported, is dropped. In a child made by fork() it
 * is freed for the child only.
 *
 *   waker   NULL is fine
 *
 * Thread: one, when no other uses the waker any more. Cost: two system calls.
 */
MIO_API void mio_waker_free(mio_waker *waker);

#ifdef __cplusplus
}
#endif

#endif
