/*
 * The waker: makes a selector's wait() return, from any thread.
 *
 * Each waker is a source of its own selector, reported as MIO_READABLE with its token. Wakes
 * that come while one is still unreported melt into one event. Nothing has to be read back.
 */
#ifndef MIO__SYS_WAKER_H
#define MIO__SYS_WAKER_H

#include "sys/selector.h"

typedef struct mio__waker {
    mio_fd fd;           /* an eventfd, a pipe's reading end, or the selector's own queue */
    mio_fd write_fd;     /* of a pipe */
    uintptr_t ident;     /* in the queue */
    uintptr_t stamp;     /* see sys/knotes.h */
    unsigned generation; /* the process that it belongs to: see sys/fork.h */
} mio__waker;

/* Returns 0, -EMFILE, -ENFILE, -ENOMEM or -ENOSPC. */
int mio__waker_open(mio__waker *waker, mio__selector *selector, uint64_t token);

/* Takes the waker out of the selector it was opened with, and closes it; in a child made by
   fork() closes it only. */
void mio__waker_close(mio__waker *waker, mio__selector *selector);

/* Wake. Any thread; also in a signal handler. Returns 0, -ESTALE in a child made by fork(), or
   -errno of a write that failed. */
int mio__waker_wake(const mio__waker *waker);

#endif
