/*
 * Descriptors where each is opened first and set after: macOS. Between the two, a fork and
 * exec of another thread gets a copy; there is no call that prevents it.
 */
#include "sys/descriptor.h"

#include <unistd.h>

/* One that cannot be set is closed. */
static int descriptor_finish(int fd, mio_fd *ret_fd)
{
    int err;

    if (fd < 0)
        return -errno;
    err = mio__descriptor_adopt(fd);
    if (err < 0) {
        close(fd);
        return err;
    }
    *ret_fd = fd;
    return 0;
}

static int descriptor_finish_pair(const int fds[2], mio_fd ret_fds[2])
{
    mio_fd first = -1;
    int err = descriptor_finish(fds[0], &first);

    if (err < 0) {
        close(fds[1]);
        return err;
    }
    err = descriptor_finish(fds[1], &ret_fds[1]);
    if (err < 0) {
        close(first);
        return err;
    }
    ret_fds[0] = first;
    return 0;
}

int mio__descriptor_socket(int family, int type, mio_fd *ret_fd)
{
    return descriptor_finish(socket(family, type, 0), ret_fd);
}

int mio__descriptor_pair(int family, int type, mio_fd ret_fds[2])
{
    int fds[2];

    return socketpair(family, type, 0, fds) < 0 ? -errno : descriptor_finish_pair(fds, ret_fds);
}

int mio__descriptor_pipe(mio_fd ret_fds[2])
{
    int fds[2];

    return pipe(fds) < 0 ? -errno : descriptor_finish_pair(fds, ret_fds);
}

int mio__descriptor_replace(mio_fd old, mio_fd fresh)
{
    return dup2(fresh, old) < 0 ? -errno : mio__descriptor_close_on_exec(old);
}

int mio__descriptor_accept(mio_fd fd, struct sockaddr *addr, socklen_t *size, mio_fd *ret_fd)
{
    int client;

    do
        client = accept(fd, addr, size);
    while (mio__sys_interrupted(client));
    return descriptor_finish(client, ret_fd);
}
