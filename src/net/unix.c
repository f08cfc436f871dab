/*
 * Descriptors that are passed, and who the peer is.
 */
#include "mio/unix.h"

#include "mio/addr.h"
#include "mio/socket.h"

#include "sys/descriptor.h"
#include "sys/rights.h"

#include <assert.h>

_Static_assert((int)MIO_UNIX_FDS_MAX == (int)MIO__RIGHTS_MAX, "what one message carries");

/* Linux takes descriptors for a socket of another family, and drops them without a word. */
static int send_check_family(mio_fd fd)
{
    mio_addr local;
    int err = mio_socket_local(fd, &local);

    if (err < 0)
        return err;
    return mio_addr_family(&local) == MIO_UNIX ? 0 : -EOPNOTSUPP;
}

ptrdiff_t mio_unix_send_fds(mio_fd fd, const void *data, size_t size, const mio_fd *fds,
                            size_t count)
{
    int err;

    if (size == 0 || fds == NULL || count == 0 || count > MIO_UNIX_FDS_MAX)
        return -EINVAL;
    err = send_check_family(fd);
    if (err < 0)
        return err;
    return mio__rights_send(fd, data, size, fds, count);
}

ptrdiff_t mio_unix_recv_fds(mio_fd fd, void *buffer, size_t size, mio_unix_fds *fds)
{
    size_t capacity, count;
    ptrdiff_t length;
    int flags;

    if (size == 0 || fds == NULL || (fds->fds == NULL && fds->capacity > 0))
        return -EINVAL;
    capacity = fds->capacity < MIO_UNIX_FDS_MAX ? fds->capacity : MIO_UNIX_FDS_MAX;
    length = mio__rights_recv(fd, buffer, size, fds->fds, capacity, &count, &flags);
    if (length < 0)
        return length;
    assert(count <= capacity);
    if (flags & MSG_TRUNC) {
        while (count > 0)
            mio__descriptor_close(fds->fds[--count]);
        return -EMSGSIZE;
    }
    fds->count = count;
    fds->truncated = (flags & MSG_CTRUNC) != 0;
    return length;
}

/* Nobody has no user; a process that cannot be seen from here has a user, and the pid 0. */
int mio_unix_credentials_of(mio_fd fd, mio_unix_credentials *ret_credentials)
{
    mio_unix_credentials peer;
    int err;

    if (ret_credentials == NULL)
        return -EINVAL;
    err = mio__rights_peer(fd, &peer.pid, &peer.uid, &peer.gid);
    if (err < 0)
        return err;
    if (peer.uid == (uid_t)-1)
        return -ENOTCONN;
    *ret_credentials = peer;
    return 0;
}
