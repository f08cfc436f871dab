/*
 * What only Unix sockets do: pass descriptors to another process, and tell who that is.
 *
 * For streams, datagrams and seqpackets alike. Errors that every function may give: see
 * socket.h. No function waits, and a call that a signal handler interrupts is made again.
 * Thread: any, for every function; nothing is allocated.
 */
#ifndef MIO_UNIX_H
#define MIO_UNIX_H

#include "mio/base.h"

#include <stdbool.h>
#include <sys/types.h> /* pid_t, uid_t, gid_t */

#ifdef __cplusplus
extern "C" {
#endif

enum {
    MIO_UNIX_FDS_MAX = 253 /* the most descriptors that go with one message */
};

/*
 * Send bytes, and descriptors with them.
 *
 * The receiver gets descriptors of his own, for the same open files; these stay the caller's.
 * On a stream they go with the first of the bytes: after a short count send the rest by
 * mio_write().
 *
 *   data    the bytes
 *   size    how many, at least 1: descriptors do not travel alone
 *   fds     the descriptors
 *   count   how many, 1 to MIO_UNIX_FDS_MAX
 *
 * Returns how many bytes were taken, or
 *   -EAGAIN        none: wait until the socket is writable
 *   -EINVAL        a size or a count out of range
 *   -EBADF         one of the descriptors is closed
 *   -ETOOMANYREFS  more descriptors are under way than this user may have open
 *   -EMSGSIZE      too long for a datagram
 *   -EPIPE, -ECONNRESET, -ENOTCONN  as of mio_write()
 *   -EOPNOTSUPP    no Unix socket; nothing was sent
 *
 * Cost: two system calls: a kernel may drop descriptors silently where the socket is no Unix
 * one, so that is asked first.
 */
MIO_API ptrdiff_t mio_unix_send_fds(mio_fd fd, const void *data, size_t size, const mio_fd *fds,
                                    size_t count);

/* Where received descriptors go. */
typedef struct mio_unix_fds {
    mio_fd *fds;     /* the caller's array */
    size_t capacity; /* of it; 253 hold whatever may come */
    size_t count;    /* written: how many have come; each is the caller's, to be closed */
    bool truncated;  /* written: some are lost, for want of capacity, or because this process
                        has no free descriptor */
} mio_unix_fds;

/*
 * Receive bytes, and the descriptors that came with them.
 *
 * The descriptors are closed by exec. Whether they block is what the sender has made of them.
 * Those that are more than the capacity are closed; none leaks. Descriptors that come with
 * bytes which mio_read() takes are lost. What else the kernel sends along, where the socket is
 * set to have it (SO_PASSCRED, ...), is dropped; a pidfd is closed.
 *
 *   buffer   gets the bytes
 *   size     how many it holds, at least 1
 *   fds      `fds` and `capacity` are set; the rest is written where the call succeeds
 *
 * Returns how many bytes, from 1 to `size`; 0 at the end, or for an empty datagram; or
 *   -EAGAIN      nothing there yet
 *   -EINVAL      the size is 0
 *   -EMSGSIZE    a datagram was longer than `size`: it is gone, its descriptors are closed
 *   -ECONNRESET  the peer has broken the connection off
 *
 * Cost: one system call.
 */
MIO_API ptrdiff_t mio_unix_recv_fds(mio_fd fd, void *buffer, size_t size, mio_unix_fds *fds);

/* A process, as it was when it connected, listened, or made the pair. */
typedef struct mio_unix_credentials {
    pid_t pid;
    uid_t uid;
    gid_t gid;
} mio_unix_credentials;

/*
 * Who is at the other end of a connected stream or seqpacket socket, or of a pair. The kernel
 * says so, not the peer.
 *
 * Returns 0; or -ENOTCONN where nobody is known, as by a socket that is not connected, or of
 * another family. The pid is 0 where the system does not tell it, and may be 0 for a
 * process of another pid namespace.
 *
 * Cost: one system call.
 */
MIO_API int mio_unix_credentials_of(mio_fd fd, mio_unix_credentials *ret_credentials);

#ifdef __cplusplus
}
#endif

#endif
