/*
 * The waker over EVFILT_USER: a source of the queue itself, without a descriptor.
 */
#include "sys/waker.h"

#include "sys/fork.h"
#include "sys/knotes.h"
#include "sys/kqueue.h"

#include <errno.h>

/* Without a lock: also in a signal handler. */
static int waker_change(const mio__waker *waker, unsigned short flags, unsigned fflags,
                        uintptr_t stamp)
{
    struct kevent change = {
        .ident = waker->ident, .filter = EVFILT_USER, .flags = flags, .fflags = fflags};

    mio__kqueue_set_stamp(&change, stamp);
    mio__kqueue_change(waker->fd, &change, 1);
    return -(int)change.data;
}

/* Under the lock. */
static int waker_add(mio__waker *waker, mio__knotes *knotes, uint64_t token)
{
    const size_t number = mio__knotes_unused(&knotes->wakers);
    const mio__knote knote = {
        .token = token, .stamp = mio__knotes_stamp(knotes), .trigger = MIO_EDGE};
    int err = mio__knotes_reserve(&knotes->wakers, number);

    if (err < 0)
        return err;
    waker->ident = mio__kqueue_ident_of_waker(number);
    waker->stamp = knote.stamp;
    err = waker_change(waker, EV_ADD | EV_CLEAR, 0, knote.stamp);
    if (err == 0)
        knotes->wakers.knotes[number] = knote;
    return err;
}

int mio__waker_open(mio__waker *waker, mio__selector *selector, uint64_t token)
{
    mio__waker made = {.fd = selector->fd, .generation = mio__fork_generation()};
    int err;

    pthread_mutex_lock(&selector->knotes->lock);
    err = waker_add(&made, selector->knotes, token);
    pthread_mutex_unlock(&selector->knotes->lock);
    if (err == 0)
        *waker = made;
    return err;
}

void mio__waker_close(mio__waker *waker, mio__selector *selector)
{
    mio__knotes *knotes = selector->knotes;

    pthread_mutex_lock(&knotes->lock);
    if (!mio__fork_since(waker->generation)) /* else the number may be another file's by now */
        waker_change(waker, EV_DELETE, 0, 0);
    knotes->wakers.knotes[waker->ident / 2].stamp = 0;
    pthread_mutex_unlock(&knotes->lock);
    waker->fd = -1;
}

/* Some kernels take `udata` from every change. */
int mio__waker_wake(const mio__waker *waker)
{
    const int saved = errno; /* a signal handler may be the caller */
    int err;

    if (mio__fork_since(waker->generation))
        return -ESTALE;
    err = waker_change(waker, 0, NOTE_TRIGGER, waker->stamp);
    errno = saved;
    return err;
}
