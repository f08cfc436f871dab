/*
 * Messages on BSD and macOS: recvfrom() does not say that a message was cut off, recvmsg()
 * does. The calls for several are loops of the C library where there are any.
 */
#include "sys/message.h"

#include "sys/descriptor.h"

#include <sys/uio.h>

ptrdiff_t mio__message_recv(mio_fd fd, void *buffer, size_t size, int flags,
                            struct sockaddr *addr, socklen_t *addr_size)
{
    struct iovec piece = {.iov_base = buffer, .iov_len = size};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    ssize_t length;

    do {
        message.msg_name = addr;
        message.msg_namelen = addr_size != NULL ? *addr_size : 0;
        length = recvmsg(fd, &message, flags);
    } while (mio__sys_interrupted(length));
    if (length < 0)
        return -errno;
    if (addr_size != NULL)
        *addr_size = message.msg_namelen;
    return (message.msg_flags & MSG_TRUNC) != 0 ? (ptrdiff_t)size + 1 : length;
}

ptrdiff_t mio__message_recv_batch(mio_fd fd, mio__message *messages, unsigned count)
{
    return mio__message_recv_each(fd, messages, count);
}

ptrdiff_t mio__message_send_batch(mio_fd fd, mio__message *messages, unsigned count)
{
    return mio__message_send_each(fd, messages, count);
}
