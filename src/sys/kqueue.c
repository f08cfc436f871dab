#include "sys/kqueue.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int mio__kqueue_open(mio_fd *ret_fd)
{
    const int fd = kqueue();
    int err;

    if (fd < 0)
        return -errno;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
        err = -errno;
        close(fd);
        return err;
    }
    *ret_fd = fd;
    return 0;
}

/*
 * With EV_RECEIPT each change is answered, in its order, and nothing is scanned for: there is
 * no room for more either. EINTR comes after the changes were made; EIO and the like would
 * say that the queue is none, which is told of the first change.
 */
void mio__kqueue_change(mio_fd queue, struct kevent *changes, int count)
{
    const mio__kqueue_count room = (mio__kqueue_count)count;
    struct kevent answers[MIO__KQUEUE_CHANGES_MAX];
    int answered;

    assert(count <= MIO__KQUEUE_CHANGES_MAX);
    if (count == 0)
        return;
    for (int i = 0; i < count; i++)
        changes[i].flags |= EV_RECEIPT;
    answered = kevent(queue, changes, room, answers, room, NULL);
    for (int i = 0; i < count; i++)
        changes[i].data = i < answered ? answers[i].data : 0;
    if (answered < 0 && errno != EINTR)
        changes[0].data = errno;
}
