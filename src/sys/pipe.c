#include "mio/pipe.h"

#include "sys/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int mio_pipe(mio_fd ret_fds[2])
{
    int fds[2];

    if (ret_fds == NULL)
        return -EINVAL;
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
        return -errno;
    ret_fds[0] = fds[0];
    ret_fds[1] = fds[1];
    return 0;
}

ptrdiff_t mio_pipe_write(mio_fd fd, const void *data, size_t size)
{
    const struct iovec buffer = {
        .iov_base = (void *)(uintptr_t)data, /* const, but for its declaration */
        .iov_len = size,
    };

    return mio__transfer_write(fd, &buffer, 1, MIO__TRANSFER_AS_OPENED);
}

ptrdiff_t mio_pipe_writev(mio_fd fd, const struct iovec *buffers, size_t count)
{
    return mio__transfer_write(fd, buffers, count, MIO__TRANSFER_AS_OPENED);
}
