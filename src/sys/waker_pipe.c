/*
 * The waker over a pipe, edge-triggered: every write is an edge, so the pipe is not read in
 * normal work. Only when it is full does a wake empty it.
 */
#include "sys/waker.h"

#include "sys/descriptor.h"
#include "sys/fork.h"

#include <unistd.h>

int mio__waker_open(mio__waker *waker, mio__selector *selector, uint64_t token)
{
    mio_fd fds[2];
    int err = mio__fork_watch();

    if (err == 0)
        err = mio__descriptor_pipe(fds);
    if (err < 0)
        return err;
    err = mio__selector_register(selector, fds[0], token, MIO_READABLE, MIO_EDGE);
    if (err < 0) {
        close(fds[0]);
        close(fds[1]);
        return err;
    }
    waker->fd = fds[0];
    waker->write_fd = fds[1];
    waker->generation = mio__fork_generation();
    return 0;
}

void mio__waker_close(mio__waker *waker, mio__selector *selector)
{
    if (!mio__fork_since(waker->generation)) /* the queue is the parent's, or gone */
        mio__selector_deregister(selector, waker->fd);
    close(waker->fd);
    close(waker->write_fd);
    waker->fd = waker->write_fd = -1;
}

/* Somebody else may be quicker; what is written next makes the edge. */
static void waker_empty(mio_fd fd)
{
    char wakes[4096];

    while (read(fd, wakes, sizeof wakes) > 0)
        ;
}

int mio__waker_wake(const mio__waker *waker)
{
    const int saved = errno; /* a signal handler may be the caller */
    int err = 0;

    if (mio__fork_since(waker->generation))
        return -ESTALE;
    while (err == 0 && write(waker->write_fd, "", 1) < 0) {
        if (errno == EAGAIN)
            waker_empty(waker->fd);
        else if (errno != EINTR)
            err = -errno;
    }
    errno = saved;
    return err;
}
