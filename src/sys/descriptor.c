/*
 * Descriptors on Linux.
 */
#include "sys/descriptor.h"

#include <unistd.h>

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

/* Those that accept(2) names: Linux hands an error that is already pending on the new
   connection to accept. EOPNOTSUPP is left out: it says that this is no stream socket. */
bool mio__descriptor_accept_lost(int err)
{
    static const int lost[] = {ECONNABORTED, EPROTO, ENETDOWN,     ENOPROTOOPT,
                               EHOSTDOWN,    ENONET, EHOSTUNREACH, ENETUNREACH};
    bool found = false;

    for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++)
        found = found || err == -lost[i];
    return found;
}

/* Linux frees the number before anything can interrupt close: a second call would close
   whatever another thread has opened in the meantime. */
int mio__descriptor_close(mio_fd fd)
{
    return close(fd) < 0 && errno != EINTR ? -errno : 0;
}
