/*
 * Descriptors where socket(), accept4(), pipe2() and dup3() take the flags: Linux, and the BSDs
 * but macOS.
 */
#include "sys/descriptor.h"

#include <fcntl.h>
#include <unistd.h>

/* Of a pipe; the third is NetBSD's: see quiet_fcntl.c. */
#ifdef O_NOSIGPIPE
enum { PIPE_FLAGS = O_CLOEXEC | O_NONBLOCK | O_NOSIGPIPE };
#else
enum { PIPE_FLAGS = O_CLOEXEC | O_NONBLOCK };
#endif

int mio__descriptor_socket(int family, int type, mio_fd *ret_fd)
{
    int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -errno;
    *ret_fd = fd;
    return 0;
}

int mio__descriptor_pair(int family, int type, mio_fd ret_fds[2])
{
    int fds[2];

    if (socketpair(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
        return -errno;
    ret_fds[0] = fds[0];
    ret_fds[1] = fds[1];
    return 0;
}

int mio__descriptor_pipe(mio_fd ret_fds[2])
{
    int fds[2];

    if (pipe2(fds, PIPE_FLAGS) < 0)
        return -errno;
    ret_fds[0] = fds[0];
    ret_fds[1] = fds[1];
    return 0;
}

int mio__descriptor_replace(mio_fd old, mio_fd fresh)
{
    return mio__sys_status(dup3(fresh, old, O_CLOEXEC));
}

int mio__descriptor_accept(mio_fd fd, struct sockaddr *addr, socklen_t *size, mio_fd *ret_fd)
{
    int client;

    do
        client = accept4(fd, addr, size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    while (mio__sys_interrupted(client));
    if (client < 0)
        return -errno;
    *ret_fd = client;
    return 0;
}
