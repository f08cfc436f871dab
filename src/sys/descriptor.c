/*
 * What is done with descriptors in the same way everywhere, or nearly so.
 */
#include "sys/descriptor.h"

#include <fcntl.h>
#include <unistd.h>

static int adopt_flags(mio_fd fd)
{
    const int status = fcntl(fd, F_GETFL);

    if (status < 0)
        return -errno;
    if (!(status & O_NONBLOCK) && fcntl(fd, F_SETFL, status | O_NONBLOCK) < 0)
        return -errno;
    return mio__descriptor_close_on_exec(fd);
}

int mio__descriptor_close_on_exec(mio_fd fd)
{
    const int flags = fcntl(fd, F_GETFD);

    if (flags < 0)
        return -errno;
    if (!(flags & FD_CLOEXEC) && fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0)
        return -errno;
    return 0;
}

/* A socket whose peer has gone already refuses the option (EINVAL): it raises nothing any more
   but for writes that fail anyway. What is no socket does not know it, but F_SETNOSIGPIPE. */
int mio__descriptor_adopt(mio_fd fd)
{
#ifdef SO_NOSIGPIPE
    const int on = 1;

    (void)setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
#ifdef F_SETNOSIGPIPE
    (void)fcntl(fd, F_SETNOSIGPIPE, 1);
#endif
    return adopt_flags(fd);
}

/* BSD forgets the peer, and then says that it knows no such family. */
int mio__descriptor_disconnect(mio_fd fd)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    int result;

    do
        result = connect(fd, &nobody, sizeof nobody);
    while (mio__sys_interrupted(result));
#ifndef __linux__
    if (result < 0 && errno == EAFNOSUPPORT)
        return 0;
#endif
    return mio__sys_status(result);
}

/* Those that accept(2) names: Linux hands an error that is already pending on the new
   connection to accept. EOPNOTSUPP is left out: it says that this is no stream socket. */
bool mio__descriptor_accept_lost(int err)
{
    static const int lost[] = {
        ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, EHOSTUNREACH, ENETUNREACH,
#ifdef ENONET
        ENONET,
#endif
    };
    bool found = false;

    for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++)
        found = found || err == -lost[i];
    return found;
}

/* The number is free before anything can interrupt close: a second call would close whatever
   another thread has opened in the meantime. */
int mio__descriptor_close(mio_fd fd)
{
    return close(fd) < 0 && errno != EINTR ? -errno : 0;
}
