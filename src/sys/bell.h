/*
 * The bell: a descriptor that any thread makes readable, until its owner silences it.
 *
 * Unlike a waker it belongs to no selector: whoever holds it may ring it, also when nobody
 * waits for it any more.
 */
#ifndef MIO__SYS_BELL_H
#define MIO__SYS_BELL_H

#include "mio/base.h"

typedef struct mio__bell {
    mio_fd fd;       /* readable: it has rung */
    mio_fd write_fd; /* an eventfd is both */
} mio__bell;

/* A bell that is silent. Returns 0, -EMFILE, -ENFILE or -ENOMEM. */
int mio__bell_open(mio__bell *bell);

void mio__bell_close(mio__bell *bell);

/* Ring. Any thread. Returns 0, or -errno of a write that failed: then it has not rung. */
int mio__bell_ring(const mio__bell *bell);

/* Silence it. What rings after this is heard again. */
void mio__bell_silence(const mio__bell *bell);

#endif
