/*
 * Messages one by one.
 */
#include "sys/message.h"

#include "sys/descriptor.h"

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

ptrdiff_t mio__message_recv_each(mio_fd fd, mio__message *messages, unsigned count)
{
    return message_each(fd, messages, count, 0, recvmsg);
}

ptrdiff_t mio__message_send_each(mio_fd fd, mio__message *messages, unsigned count)
{
    return message_each(fd, messages, count, MIO__SEND_FLAGS, message_send);
}
