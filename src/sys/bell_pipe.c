/*
 * The bell over a pipe: what is in it says how often it rang, which nobody asks.
 */
#include "sys/bell.h"

#include "sys/descriptor.h"

#include <unistd.h>

int mio__bell_open(mio__bell *bell)
{
    mio_fd fds[2];
    const int err = mio__descriptor_pipe(fds);

    if (err < 0)
        return err;
    bell->fd = fds[0];
    bell->write_fd = fds[1];
    return 0;
}

void mio__bell_close(mio__bell *bell)
{
    close(bell->fd);
    close(bell->write_fd);
    bell->fd = bell->write_fd = -1;
}

/* EAGAIN: the pipe is full, so it rings already. */
int mio__bell_ring(const mio__bell *bell)
{
    while (write(bell->write_fd, "", 1) < 0) {
        if (errno == EAGAIN)
            return 0;
        if (errno != EINTR)
            return -errno;
    }
    return 0;
}

/* Where it fails the bell rings on, and is silenced another time. */
void mio__bell_silence(const mio__bell *bell)
{
    char rings[256];

    while (read(bell->fd, rings, sizeof rings) == (ssize_t)sizeof rings)
        ;
}
