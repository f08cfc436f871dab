/*
 * Ghosts: a descriptor that was closed while it was registered, but has a duplicate, stays in
 * the kernel's queue, and nobody can name it any more. Level-triggered, it would report without
 * end under an id that is dead: the loop would spin, and its user would see nothing.
 *
 * So once a registration has ended without the kernel finding its descriptor (`bereft`), an
 * event of a dead id is taken for a ghost (`haunted`), and the next poll begins with a new
 * queue. In the turn in which that happened it may be stale only: the kernel told it before.
 */
#include "loop/loop.h"

#include <errno.h>

/* All that are armed. One that was closed is refused: so be it. Any that there is no room for
   would be lost. A oneshot that was reported already is told once more: see turn.h. */
static int rebuild_fill(const mio_loop *loop, mio__selector *selector)
{
    const mio__registration *registration;
    uint32_t cursor = 0;
    uint64_t id;

    while ((registration = mio__slab_each(&loop->registrations, &cursor, &id)) != NULL) {
        int err = 0;

        if (registration->pause_id == 0)
            err = mio__selector_register(selector, registration->fd, id, registration->interest,
                                         (mio_trigger)registration->trigger);
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
