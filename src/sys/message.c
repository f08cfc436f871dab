/*
 * Messages on Linux. Sandboxes and old kernels lack the calls for several (ENOSYS).
 */
#include "sys/message.h"

#include "sys/descriptor.h"

/* MSG_TRUNC asks for the true length. */
ptrdiff_t mio__message_recv(mio_fd fd, void *buffer, size_t size, int flags,
                            struct sockaddr *addr, socklen_t *addr_size)
{
    ssize_t length;

    do
        length = recvfrom(fd, buffer, size, flags | MSG_TRUNC, addr, addr_size);
    while (mio__sys_interrupted(length));
    return mio__sys_count(length);
}

/* One system call for each message, until one fails. */
static ptrdiff_t message_each(mio_fd fd, mio__message *messages, unsigned count, int flags,
                              ssize_t (*move)(mio_fd fd, struct msghdr *message, int flags))
{
    ssize_t length = 0;
    unsigned done = 0;

    while (done < count) {
        length = move(fd, &messages[done].msg_hdr, flags);
        if (mio__sys_interrupted(length))
            continue;
        if (length < 0)
            break;
        messages[done++].msg_len = (unsigned)length;
    }
    return done > 0 ? (ptrdiff_t)done : mio__sys_count(length);
}

/* sendmsg() with the parameters of recvmsg(). */
static ssize_t message_send(mio_fd fd, struct msghdr *message, int flags)
{
    return sendmsg(fd, message, flags);
}

ptrdiff_t mio__message_recv_batch(mio_fd fd, mio__message *messages, unsigned count)
{
    int done;

    do
        done = recvmmsg(fd, messages, count, 0, NULL);
    while (mio__sys_interrupted(done));
    if (done < 0 && errno == ENOSYS)
        return message_each(fd, messages, count, 0, recvmsg);
    return mio__sys_count(done);
}

ptrdiff_t mio__message_send_batch(mio_fd fd, mio__message *messages, unsigned count)
{
    int done;

    do
        done = sendmmsg(fd, messages, count, MIO__SEND_FLAGS);
    while (mio__sys_interrupted(done));
    if (done < 0 && errno == ENOSYS)
        return message_each(fd, messages, count, MIO__SEND_FLAGS, message_send);
    return mio__sys_count(done);
}
