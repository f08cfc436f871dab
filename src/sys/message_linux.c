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

ptrdiff_t mio__message_recv_batch(mio_fd fd, mio__message *messages, unsigned count)
{
    int done;

    do
        done = recvmmsg(fd, messages, count, 0, NULL);
    while (mio__sys_interrupted(done));
    if (done < 0 && errno == ENOSYS)
        return mio__message_recv_each(fd, messages, count);
    return mio__sys_count(done);
}

ptrdiff_t mio__message_send_batch(mio_fd fd, mio__message *messages, unsigned count)
{
    int done;

    do
        done = sendmmsg(fd, messages, count, MIO__SEND_FLAGS);
    while (mio__sys_interrupted(done));
    if (done < 0 && errno == ENOSYS)
        return mio__message_send_each(fd, messages, count);
    return mio__sys_count(done);
}
