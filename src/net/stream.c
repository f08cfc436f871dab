/*
 * Streams: read, write, peek, shutdown. The hot path: one system call each, and nothing else.
 */
#include "mio/socket.h"

#include "sys/descriptor.h"

#include <errno.h>
#include <unistd.h>

/*
 * A call as it was made, to be made again if a signal handler cut it short. It lies in memory:
 * in registers, every call would have to save three of them and restore them again.
 */
typedef struct stream_call {
    mio_fd fd;
    void *bytes;
    size_t size;
} stream_call;

/* What is not inlined keeps its arguments in memory: see above. */
#define STREAM_RARE __attribute__((noinline))

STREAM_RARE static ptrdiff_t read_failed(const stream_call *call)
{
    ssize_t count = -1;

    while (mio__sys_interrupted(count))
        count = read(call->fd, call->bytes, call->size);
    return mio__sys_count(count);
}

/* Reading nothing gives 0, which is taken for the end. */
ptrdiff_t mio_read(mio_fd fd, void *buffer, size_t size)
{
    const stream_call call = {fd, buffer, size};
    ssize_t count;

    if (size == 0)
        return -EINVAL;
    count = read(fd, buffer, size);
    return count >= 0 ? count : read_failed(&call);
}

ptrdiff_t mio_peek(mio_fd fd, void *buffer, size_t size)
{
    ssize_t count;

    if (size == 0)
        return -EINVAL;
    do
        count = recv(fd, buffer, size, MSG_PEEK);
    while (mio__sys_interrupted(count));
    return mio__sys_count(count);
}

STREAM_RARE static ptrdiff_t write_failed(const stream_call *call)
{
    ssize_t count = -1;

    while (mio__sys_interrupted(count))
        count = send(call->fd, call->bytes, call->size, MIO__SEND_FLAGS);
    return mio__sys_count(count);
}

ptrdiff_t mio_write(mio_fd fd, const void *data, size_t size)
{
    const stream_call call = {fd, (void *)(uintptr_t)data, size}; /* not written to */
    const ssize_t count = send(fd, data, size, MIO__SEND_FLAGS);

    return count >= 0 ? count : write_failed(&call);
}

ptrdiff_t mio_readv(mio_fd fd, const struct iovec *buffers, size_t count)
{
    ssize_t result;

    if (count == 0)
        return -EINVAL;
    do
        result = readv(fd, buffers, mio__sys_vector_count(count));
    while (mio__sys_interrupted(result));
    return mio__sys_count(result);
}

/* writev() takes no flags, and would raise SIGPIPE. */
ptrdiff_t mio_writev(mio_fd fd, const struct iovec *buffers, size_t count)
{
    const struct msghdr message = {
        .msg_iov = (struct iovec *)(uintptr_t)buffers, /* const, but for its declaration */
        .msg_iovlen = mio__sys_vector_count(count),
    };
    ssize_t result;

    do
        result = sendmsg(fd, &message, MIO__SEND_FLAGS);
    while (mio__sys_interrupted(result));
    return mio__sys_count(result);
}

int mio_shutdown(mio_fd fd, mio_shutdown_how how)
{
    switch (how) {
    case MIO_SHUTDOWN_READ:
        return mio__sys_status(shutdown(fd, SHUT_RD));
    case MIO_SHUTDOWN_WRITE:
        return mio__sys_status(shutdown(fd, SHUT_WR));
    case MIO_SHUTDOWN_BOTH:
        return mio__sys_status(shutdown(fd, SHUT_RDWR));
    }
    return -EINVAL;
}
