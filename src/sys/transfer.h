/*
 * Transfers: reading and writing where the flags of the open file are not enough.
 *
 * Sockets are told per call that it must neither wait nor raise SIGPIPE. For other kinds of
 * files Linux has flags of preadv2() and pwritev2(): RWF_NOWAIT, which some kinds refuse, and
 * RWF_NOSIGNAL, which is there from 6.18 on.
 */
#ifndef MIO__SYS_TRANSFER_H
#define MIO__SYS_TRANSFER_H

#include "mio/base.h"

#include <sys/uio.h>

typedef enum mio__transfer_wait {
    MIO__TRANSFER_AS_OPENED, /* as the file's own flag says */
    MIO__TRANSFER_NO_WAIT    /* never */
} mio__transfer_wait;

/* Returns what readv() gives: a count or -errno; -EOPNOTSUPP where the file or the system
   cannot be told not to wait. Never -EINTR. */
ptrdiff_t mio__transfer_read(mio_fd fd, const struct iovec *buffers, size_t count,
                             mio__transfer_wait wait);

/* The same for writev(), and no SIGPIPE is raised, nor one taken that was pending before. */
ptrdiff_t mio__transfer_write(mio_fd fd, const struct iovec *buffers, size_t count,
                              mio__transfer_wait wait);

#endif
