/*
 * Datagrams: sockets, and one datagram at a time.
 */
#include "mio/datagram.h"

#include "mio/socket.h"

#include "net/addr.h"
#include "net/stale.h"
#include "sys/descriptor.h"
#include "sys/message.h"

/* Unix sockets know none of these options, or take them for nothing. */
static int datagram_set(mio_fd fd, mio_family family, const mio_datagram_options *options)
{
    int err = 0;

    if (family == MIO_UNIX)
        return 0;
    if (options->reuseaddr)
        err = mio_socket_set(fd, MIO_OPT_REUSEADDR, 1);
    if (err == 0 && options->reuseport)
        err = mio_socket_set(fd, MIO_OPT_REUSEPORT, 1);
    if (err == 0 && family == MIO_IPV6)
        err = mio_socket_set(fd, MIO_OPT_ONLY_V6, options->only_v6);
    if (err == 0 && options->broadcast)
        err = mio_socket_set(fd, MIO_OPT_BROADCAST, 1);
    return err;
}

int mio_datagram_open(const mio_addr *addr, const mio_datagram_options *options, mio_fd *ret_fd)
{
    static const mio_datagram_options datagram_defaults;
    mio_fd fd;
    int err;

    if (options == NULL)
        options = &datagram_defaults;
    if (addr == NULL || ret_fd == NULL)
        return -EINVAL;
    err = mio__descriptor_socket(mio__addr_system_family(addr), SOCK_DGRAM, &fd);
    if (err < 0)
        return err;
    err = datagram_set(fd, mio_addr_family(addr), options);
    if (err == 0)
        err = mio__stale_bind(fd, addr, options->replace_stale);
    if (err < 0) {
        mio__descriptor_close(fd);
        return err;
    }
    *ret_fd = fd;
    return 0;
}

int mio_datagram_connect(mio_fd fd, const mio_addr *addr)
{
    int result;

    if (addr == NULL)
        return mio__descriptor_disconnect(fd);
    if (addr->size == 0)
        return -EINVAL; /* all zero is what the kernel takes for nobody */
    do
        result = connect(fd, mio__addr_sockaddr(addr), addr->size);
    while (mio__sys_interrupted(result));
    return mio__sys_status(result);
}

int mio_datagram_send(mio_fd fd, const void *data, size_t size, const mio_addr *to)
{
    const struct sockaddr *addr = to != NULL ? mio__addr_sockaddr(to) : NULL;
    ssize_t count;

    if (to != NULL && to->size == 0)
        return -EINVAL;
    do
        count = sendto(fd, data, size, MIO__SEND_FLAGS, addr, to != NULL ? to->size : 0);
    while (mio__sys_interrupted(count));
    return count < 0 ? -errno : 0;
}

static ptrdiff_t recv_fit(ptrdiff_t length, size_t size)
{
    return length > 0 && (size_t)length > size ? -EMSGSIZE : length;
}

static ptrdiff_t recv_one(mio_fd fd, void *buffer, size_t size, int flags, mio_addr *ret_from)
{
    mio_addr from = {.size = 0};
    socklen_t from_size = sizeof from.storage;
    ptrdiff_t length;

    if (ret_from == NULL)
        return recv_fit(mio__message_recv(fd, buffer, size, flags, NULL, NULL), size);
    length = mio__message_recv(fd, buffer, size, flags, mio__addr_room(&from), &from_size);
    length = recv_fit(length, size);
    if (length < 0)
        return length;
    mio__addr_filled(&from, from_size); /* all zero for a sender without an address */
    *ret_from = from;
    return length;
}

ptrdiff_t mio_datagram_recv(mio_fd fd, void *buffer, size_t size, mio_addr *ret_from)
{
    return recv_one(fd, buffer, size, 0, ret_from);
}

ptrdiff_t mio_datagram_peek(mio_fd fd, void *buffer, size_t size, mio_addr *ret_from)
{
    return recv_one(fd, buffer, size, MSG_PEEK, ret_from);
}
