/*
 * The waker over eventfd, edge-triggered: every write is an edge, so the counter is never
 * read in normal work. Only when it is full (after 2^64 - 2 wakes) does a wake read it back.
 */
#include "sys/waker.h"

#include "sys/fork.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

int mio__waker_open(mio__waker *waker, mio__selector *selector, uint64_t token)
{
    int err = mio__fork_watch();
    int fd;

    if (err < 0)
        return err;
    fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        return -errno;
    err = mio__selector_register(selector, fd, token, MIO_READABLE, MIO_EDGE);
    if (err < 0) {
        close(fd);
        return err;
    }
    waker->fd = fd;
    waker->generation = mio__fork_generation();
    return 0;
}

void mio__waker_close(mio__waker *waker, mio__selector *selector)
{
    if (!mio__fork_since(waker->generation)) /* the queue is the parent's too */
        mio__selector_deregister(selector, waker->fd);
    close(waker->fd);
    waker->fd = -1;
}

/* A full counter is emptied, and written anew: the write is what makes the edge. */
static void waker_empty(mio_fd fd)
{
    uint64_t count;

    (void)!read(fd, &count, sizeof count); /* EAGAIN: somebody else was quicker */
}

int mio__waker_wake(const mio__waker *waker)
{
    const uint64_t one = 1;
    const int saved = errno; /* a signal handler may be the caller */
    int err = 0;

    if (mio__fork_since(waker->generation))
        return -ESTALE;
    while (err == 0 && write(waker->fd, &one, sizeof one) < 0) {
        if (errno == EAGAIN)
            waker_empty(waker->fd);
        else if (errno != EINTR)
            err = -errno;
    }
    errno = saved;
    return err;
}
