/*
 * Ghosts: a descriptor that was closed while it was registered, but has a duplicate, stays in
 * the kernel's queue, and nobody can name it any more. Level-triggered, it would report without
 * end under an id that is dead: the loop would spin, and its user would see nothing.
 *
 * So once a registration has ended without the kernel finding its descriptor (`bereft`), an
 * event of a dead id is taken for a ghost (`haunted`), and the next poll begins with a new
 * queue. In the turn in which that happened it may be stale only: the kernel told it before.
 *
 * At the descriptor limit there is no new queue, and each wait would end at once. Until there
 * is one the loop looks at its queue at intervals: see turn_back_off().
 */
#include "loop/loop.h"

#include <errno.h>

/* Have a selector watch what it knows as it is to be watched: armed, or suspended. */
static int rebuild_watch(mio__selector *selector, const mio__registration *registration,
                         uint64_t id)
{
    if (registration->pause_id != 0)
        return mio__selector_suspend(selector, registration->fd, id);
    return mio__selector_reregister(selector, registration->fd, id, registration->interest,
                                    (mio_trigger)registration->trigger);
}

/* What the old queue does not know was closed, whatever has its number now: so be it. A oneshot
   that was reported already is told once more: see turn.h. */
static int rebuild_move(mio__selector *old, mio__selector *fresh,
                        const mio__registration *registration, uint64_t id)
{
    int err = rebuild_watch(old, registration, id);

    if (err < 0)
        return err;
    err = mio__selector_register(fresh, registration->fd, id, registration->interest,
                                 (mio_trigger)registration->trigger);
    if (err == 0 && registration->pause_id != 0)
        err = rebuild_watch(fresh, registration, id);
    return err;
}

/* All that live. Any that there is no room for would be lost. */
static int rebuild_fill(mio_loop *loop, mio__selector *fresh)
{
    const mio__registration *registration;
    uint32_t cursor = 0;
    uint64_t id;

    while ((registration = mio__slab_each(&loop->registrations, &cursor, &id)) != NULL) {
        const int err = rebuild_move(&loop->selector, fresh, registration, id);

        if (err == -ENOMEM || err == -ENOSPC)
            return err;
    }
    return 0;
}

int mio__loop_rebuild(mio_loop *loop)
{
    mio__selector selector = {.fd = -1};
    int err = mio__selector_open(&selector);

    if (err < 0)
        return err;
    err = rebuild_fill(loop, &selector);
    if (err == 0)
        err = mio__selector_replace(&loop->selector, &selector);
    if (err < 0) {
        mio__selector_close(&selector);
        return err;
    }
    loop->bereft = false;
    loop->haunted = false;
    return 0;
}
