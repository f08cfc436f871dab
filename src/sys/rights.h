/*
 * Rights: descriptors that travel with a message over a Unix socket, and who sent it.
 *
 * No function waits or returns -EINTR.
 */
#ifndef MIO__SYS_RIGHTS_H
#define MIO__SYS_RIGHTS_H

#include "mio/base.h"

#include <sys/socket.h>
#include <sys/types.h>

enum { MIO__RIGHTS_MAX = 253 }; /* SCM_MAX_FD of Linux, which other systems reach, too */

/* Send bytes, with `count` descriptors, 1 to MIO__RIGHTS_MAX. Returns as sendmsg(). */
ptrdiff_t mio__rights_send(mio_fd fd, const void *data, size_t size, const mio_fd *fds,
                           size_t count);

/*
 * Receive bytes, and at most `capacity` descriptors, up to MIO__RIGHTS_MAX, which are closed
 * by exec. Returns as recvmsg(); MSG_TRUNC in `ret_flags` means that bytes were cut off,
 * MSG_CTRUNC that descriptors were.
 */
ptrdiff_t mio__rights_recv(mio_fd fd, void *buffer, size_t size, mio_fd *fds, size_t capacity,
                           size_t *ret_count, int *ret_flags);

/* The process at the other end. Returns 0 or -errno; a user of -1 is nobody. */
int mio__rights_peer(mio_fd fd, pid_t *ret_pid, uid_t *ret_uid, gid_t *ret_gid);

#endif
