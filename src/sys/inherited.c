#include "mio/inherited.h"

#include "sys/descriptor.h"
#include "sys/terminal.h"
#include "sys/transfer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

/* ------------------------------------------------------------------- opening */

/* Numbers below are those of the standard streams, which libraries write to unasked. */
enum { INHERITED_FIRST = 3 };

/* What has come through exec lacks FD_CLOEXEC. In a process without a standard input some
   socket of mio's own may have got its number. */
static bool inherited_is_one(mio_fd fd)
{
    const int flags = fcntl(fd, F_GETFD);

    return flags >= 0 && !(flags & FD_CLOEXEC);
}

/* What a kernel that polls it says at once to be ready, and epoll refuses. */
static bool inherited_is_file(mode_t mode)
{
    return S_ISREG(mode) || S_ISBLK(mode) || S_ISDIR(mode);
}

/*
 * Put the same terminal, opened once more, in the place of `fd`. What fails here is not told:
 * it may belong to another user, or /proc may not be there, and then it goes on to be shared.
 */
static int inherited_reopen(mio_fd fd)
{
    const int access = fcntl(fd, F_GETFL) & O_ACCMODE;
    char path[MIO__TERMINAL_PATH];
    int fresh, result = mio__terminal_path(fd, path);

    if (result < 0)
        return result;
    fresh = open(path, access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fresh < 0)
        return -errno;
    result = mio__descriptor_replace(fd, fresh);
    mio__descriptor_close(fresh);
    return result;
}

int mio_inherited_open(mio_fd fd, mio_inherited *ret_inherited)
{
    struct stat status;
    mio_fd own;

    if (ret_inherited == NULL)
        return -EINVAL;
    if (!inherited_is_one(fd) || fstat(fd, &status) < 0)
        return -EBADF;
    own = fcntl(fd, F_DUPFD_CLOEXEC, INHERITED_FIRST);
    if (own < 0)
        return -errno;
    ret_inherited->fd = own;
    ret_inherited->may_wait = !inherited_is_file(status.st_mode);
    if (S_ISCHR(status.st_mode) && inherited_reopen(own) == 0)
        ret_inherited->may_wait = false;
    return 0;
}

int mio_inherited_close(mio_inherited *inherited)
{
    const mio_fd fd = inherited->fd;

    inherited->fd = -1;
    return mio__descriptor_close(fd);
}

/* -------------------------------------------------------- reading and writing */

static mio__transfer_wait inherited_wait(const mio_inherited *inherited)
{
    return inherited->may_wait ? MIO__TRANSFER_NO_WAIT : MIO__TRANSFER_AS_OPENED;
}

/* Returns 0, -EAGAIN, or -EBADF for what is not opened for that, and would never be ready. */
static int inherited_ask(const mio_inherited *inherited, short events, int access)
{
    struct pollfd source = {.fd = inherited->fd, .events = events};
    const int opened = fcntl(inherited->fd, F_GETFL) & O_ACCMODE;

    if (opened != O_RDWR && opened != access)
        return -EBADF;
    return poll(&source, 1, 0) == 1 ? 0 : -EAGAIN;
}

ptrdiff_t mio_inherited_readv(const mio_inherited *inherited, const struct iovec *buffers,
                              size_t count)
{
    ptrdiff_t outcome;

    if (count == 0)
        return -EINVAL;
    outcome = mio__transfer_read(inherited->fd, buffers, count, inherited_wait(inherited));
    if (outcome != -EOPNOTSUPP)
        return outcome;
    outcome = inherited_ask(inherited, POLLIN, O_RDONLY);
    if (outcome < 0)
        return outcome;
    return mio__transfer_read(inherited->fd, buffers, count, MIO__TRANSFER_AS_OPENED);
}

ptrdiff_t mio_inherited_read(const mio_inherited *inherited, void *buffer, size_t size)
{
    const struct iovec whole = {.iov_base = buffer, .iov_len = size};

    return size == 0 ? -EINVAL : mio_inherited_readv(inherited, &whole, 1);
}

/* Bytes from the front of the buffers, so few that they fit into what is ready to be written.
 */
static struct iovec inherited_front(const struct iovec *buffers, size_t count)
{
    struct iovec front = {.iov_len = 0};

    for (size_t i = 0; i < count && front.iov_len == 0; i++)
        front = buffers[i];
    if (front.iov_len > PIPE_BUF)
        front.iov_len = PIPE_BUF;
    return front;
}

ptrdiff_t mio_inherited_writev(const mio_inherited *inherited, const struct iovec *buffers,
                               size_t count)
{
    struct iovec front;
    ptrdiff_t outcome =
        mio__transfer_write(inherited->fd, buffers, count, inherited_wait(inherited));

    if (outcome != -EOPNOTSUPP)
        return outcome;
    outcome = inherited_ask(inherited, POLLOUT, O_WRONLY);
    if (outcome < 0)
        return outcome;
    front = inherited_front(buffers, count);
    return mio__transfer_write(inherited->fd, &front, 1, MIO__TRANSFER_AS_OPENED);
}

ptrdiff_t mio_inherited_write(const mio_inherited *inherited, const void *data, size_t size)
{
    const struct iovec whole = {
        .iov_base = (void *)(uintptr_t)data, /* const, but for its declaration */
        .iov_len = size,
    };

    return mio_inherited_writev(inherited, &whole, 1);
}
