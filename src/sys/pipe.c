#include "mio/pipe.h"

#include "sys/descriptor.h"
#include "sys/transfer.h"

int mio_pipe(mio_fd ret_fds[2])
{
    return ret_fds == NULL ? -EINVAL : mio__descriptor_pipe(ret_fds);
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
