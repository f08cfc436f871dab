/*
 * Signals as descriptors: the self-pipe.
 *
 * A signal pipe is readable while one of the signals it wants has come and was not taken.
 * Any number of pipes may want the same signal; each is told. The program's disposition of
 * a signal is saved when the first pipe wants it and restored when the last one does not.
 * Signal masks and threads are left alone. Everything but take() may be called by any
 * thread.
 *
 * A pipe remembers that a signal came, never how often: the kernel does not know either.
 */
#ifndef MIO__SYS_SIGNAL_PIPE_H
#define MIO__SYS_SIGNAL_PIPE_H

#include "mio/base.h"

typedef struct mio__signal_pipe mio__signal_pipe;

/* Returns 0, -EMFILE, -ENFILE or -ENOMEM. */
int mio__signal_pipe_open(mio__signal_pipe **ret_pipe);

/* Wants nothing any more, then closes. NULL is fine. */
void mio__signal_pipe_close(mio__signal_pipe *pipe);

/* Want a signal. Returns 0, -EEXIST, or -EINVAL: no such signal, or one that must not be
   caught (KILL, STOP) or not returned from (SEGV, BUS, FPE, ILL). */
int mio__signal_pipe_add(mio__signal_pipe *pipe, int signal_number);

/* Want it no longer. Returns 0 or -ENOENT. */
int mio__signal_pipe_remove(mio__signal_pipe *pipe, int signal_number);

/* What to wait on: readable means that take() finds something, or rarely that it does not. */
mio_fd mio__signal_pipe_fd(const mio__signal_pipe *pipe);

/* The signals that came since the last call: bit n - 1 for signal n. */
uint64_t mio__signal_pipe_take(mio__signal_pipe *pipe);

/* Take the lowest of them alone; the pipe stays readable while there are others. Returns its
   number, or 0. */
int mio__signal_pipe_take_one(mio__signal_pipe *pipe);

#endif
