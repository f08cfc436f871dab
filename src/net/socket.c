/*
 * What every socket has: two addresses, a pending error, an end. And pairs.
 */
#include "mio/socket.h"

#include "net/addr.h"
#include "net/socket.h"
#include "sys/descriptor.h"

int mio__socket_type(mio_socket_type type)
{
    switch (type) {
    case MIO_STREAM:
        return SOCK_STREAM;
    case MIO_SEQPACKET:
        return SOCK_SEQPACKET;
    case MIO_DATAGRAM:
        return SOCK_DGRAM;
    }
    return -EINVAL;
}

int mio__socket_stream_type(mio_socket_type type)
{
    return type == MIO_DATAGRAM ? -EINVAL : mio__socket_type(type);
}

int mio_socketpair(mio_socket_type type, mio_fd ret_fds[2])
{
    const int system_type = mio__socket_type(type);

    if (system_type < 0 || ret_fds == NULL)
        return -EINVAL;
    return mio__descriptor_pair(AF_UNIX, system_type, ret_fds);
}

int mio__socket_ask(mio_fd fd, int name)
{
    int value = 0;
    socklen_t size = sizeof value;

    return getsockopt(fd, SOL_SOCKET, name, &value, &size) < 0 ? -1 : value;
}

int mio_adopt(mio_fd fd, mio_kind *ret_kind)
{
    int err, type;
    bool listens;

    if (ret_kind == NULL)
        return -EINVAL;
    err = mio__descriptor_adopt(fd);
    if (err < 0)
        return err;
    type = mio__socket_ask(fd, SO_TYPE);
    listens = mio__socket_ask(fd, SO_ACCEPTCONN) == 1;
    if (type == SOCK_STREAM)
        *ret_kind = listens ? MIO_KIND_LISTENER : MIO_KIND_STREAM;
    else if (type == SOCK_SEQPACKET)
        *ret_kind = listens ? MIO_KIND_SEQPACKET_LISTENER : MIO_KIND_SEQPACKET;
    else
        *ret_kind = type == SOCK_DGRAM ? MIO_KIND_DATAGRAM : MIO_KIND_OTHER;
    return 0;
}

int mio_close(mio_fd fd)
{
    return mio__descriptor_close(fd);
}

/* Ask with getsockname() or getpeername(). */
static int socket_addr(mio_fd fd, int (*ask)(int, struct sockaddr *, socklen_t *),
                       mio_addr *ret_addr)
{
    mio_addr addr = {.size = 0};
    socklen_t size = sizeof addr.storage;
    int err;

    if (ret_addr == NULL)
        return -EINVAL;
    if (ask(fd, mio__addr_room(&addr), &size) < 0)
        return -errno;
    err = mio__addr_filled(&addr, size);
    if (err == 0)
        *ret_addr = addr;
    return err;
}

int mio_socket_local(mio_fd fd, mio_addr *ret_addr)
{
    return socket_addr(fd, getsockname, ret_addr);
}

int mio_socket_peer(mio_fd fd, mio_addr *ret_addr)
{
    return socket_addr(fd, getpeername, ret_addr);
}

int mio_socket_take_error(mio_fd fd)
{
    int error = 0;
    socklen_t size = sizeof error;

    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? -errno : -error;
}
