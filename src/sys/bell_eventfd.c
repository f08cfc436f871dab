/*
 * The bell over eventfd: its counter says how often it rang, which nobody asks.
 */
#include "sys/bell.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

int mio__bell_open(mio__bell *bell)
{
    const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (fd < 0)
        return -errno;
    bell->fd = bell->write_fd = fd;
    return 0;
}

void mio__bell_close(mio__bell *bell)
{
    close(bell->fd);
    bell->fd = bell->write_fd = -1;
}

/* EAGAIN: the counter is full, so it rings already. */
int mio__bell_ring(const mio__bell *bell)
{
    const uint64_t one = 1;

    while (write(bell->write_fd, &one, sizeof one) < 0) {
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
    uint64_t count;

    (void)!read(bell->fd, &count, sizeof count);
}
