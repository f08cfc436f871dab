/*
 * What the files over kqueue share.
 */
#ifndef MIO__SYS_KQUEUE_H
#define MIO__SYS_KQUEUE_H

#include "sys/selector.h"

#include <string.h>
#include <sys/types.h>

#include <sys/event.h> /* wants the types */

enum { MIO__KQUEUE_CHANGES_MAX = 10 };

/* kevent() counts with int here and size_t there: what becomes either of them. */
typedef unsigned short mio__kqueue_count;

/* A queue that is closed by exec. Returns 0, -EMFILE, -ENFILE or -ENOMEM. */
int mio__kqueue_open(mio_fd *ret_fd);

/*
 * Make up to MIO__KQUEUE_CHANGES_MAX changes, each of them whatever becomes of the others, and
 * nothing else: no event is taken. The errno of each, or 0, is left in its `data`.
 */
void mio__kqueue_change(mio_fd queue, struct kevent *changes, int count);

/*
 * EVFILT_USER names its sources by number, which descriptors and wakers share: even ones stand
 * for a descriptor, odd ones for a waker.
 */
static inline uintptr_t mio__kqueue_ident_of_fd(mio_fd fd)
{
    return (uintptr_t)fd * 2;
}

static inline uintptr_t mio__kqueue_ident_of_waker(size_t number)
{
    return (uintptr_t)number * 2 + 1;
}

/* `udata` is a pointer here and an integer there, always of this size. */
static inline void mio__kqueue_set_stamp(struct kevent *change, uintptr_t stamp)
{
    memcpy(&change->udata, &stamp, sizeof stamp);
}

static inline uintptr_t mio__kqueue_stamp(const struct kevent *event)
{
    uintptr_t stamp;

    memcpy(&stamp, &event->udata, sizeof stamp);
    return stamp;
}

#endif
