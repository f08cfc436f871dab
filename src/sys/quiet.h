/*
 * Quiet: a write to what is no socket, and that nobody reads any more, without SIGPIPE, where
 * the system call has no flag for that.
 */
#ifndef MIO__SYS_QUIET_H
#define MIO__SYS_QUIET_H

#include "mio/base.h"

#include <signal.h>
#include <stdbool.h>

/* What a write changes, and leaves as it was: of the thread, or of the open file. */
typedef struct mio__quiet {
    sigset_t before;
    bool was_quiet;   /* SIGPIPE was blocked, or the file raises none */
    bool was_pending; /* only where it was blocked can one have been, for the thread */
} mio__quiet;

void mio__quiet_begin(mio__quiet *quiet, mio_fd fd);

/* `raised`: a write in between has failed with EPIPE. */
void mio__quiet_end(const mio__quiet *quiet, mio_fd fd, bool raised);

#endif
