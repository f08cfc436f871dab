/*
 * Sets of signals, as descriptors that any poll can wait on. With a loop, take
 * mio_loop_signal() instead.
 *
 * Several sets and loops may want the same signal. What the program did with it before is
 * restored when nobody wants it any more. Signal masks and threads are left alone.
 *
 * Signals melt: ten that come before you look are reported at least once, and perhaps only
 * once. Never count them.
 */
#ifndef MIO_SIGNALS_H
#define MIO_SIGNALS_H

#include "mio/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mio_signals mio_signals;

/*
 * Make a set of signals that can be waited on; it wants none yet.
 *
 *   allocator     copied; NULL for the C library's
 *   ret_signals   the new set, to be given to mio_signals_free()
 *
 * Returns 0, or -EMFILE, -ENFILE (two descriptors are needed), -ENOMEM.
 *
 * Thread: any. Cost: one system call.
 */
MIO_API int mio_signals_new(const mio_allocator *allocator, mio_signals **ret_signals);

/*
 * Free a set, and give up what it wants: mio_poll_deregister() its descriptor before.
 *
 *   signals   NULL is fine
 *
 * Thread: one, when no other uses the set any more. Cost: a few system calls.
 */
MIO_API void mio_signals_free(mio_signals *signals);

/*
 * Want a signal: from now on it is caught.
 *
 *   signal_number   SIGINT, SIGTERM, ...
 *
 * Returns 0, or
 *   -EEXIST   the set wants it already
 *   -EINVAL   no such signal, or one that cannot be caught (SIGKILL, SIGSTOP) or cannot be
 *             returned from (SIGSEGV, SIGBUS, SIGFPE, SIGILL)
 *
 * Thread: any. Cost: at most one system call.
 */
MIO_API int mio_signals_add(mio_signals *signals, int signal_number);

/*
 * Want a signal no longer. One that has come and was not yet told is forgotten.
 *
 * Returns 0, or -ENOENT where the set does not want it.
 *
 * Thread: the one that calls mio_signals_next(). Cost: at most two system calls.
 */
MIO_API int mio_signals_remove(mio_signals *signals, int signal_number);

/*
 * The next signal that has come. Call it until it says -EAGAIN, then wait again.
 *
 * Returns the signal's number, lowest first, or -EAGAIN.
 *
 * Thread: one at a time. Cost: one system call; one more while other signals wait.
 */
MIO_API int mio_signals_next(mio_signals *signals);

/*
 * What to wait on: MIO_READABLE when mio_signals_next() has something to tell. It stays the
 * set's: never read or close it.
 *
 * Returns the descriptor. Thread: any. Cost: none.
 */
MIO_API mio_fd mio_signals_fd(const mio_signals *signals);

#ifdef __cplusplus
}
#endif

#endif
