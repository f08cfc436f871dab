/*
 * Socket files that their owners left behind.
 */
#ifndef MIO__NET_STALE_H
#define MIO__NET_STALE_H

#include "mio/addr.h"

#include <stdbool.h>

/*
 * Bind a Unix socket; with `replace`, remove the file of a socket that nobody has open any
 * more, and bind again. Returns 0 or -errno of bind(): -EADDRINUSE where somebody has it open,
 * or it is no socket, or nobody may tell.
 */
int mio__stale_bind(mio_fd fd, const mio_addr *addr, bool replace);

#endif
