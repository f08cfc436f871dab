/*
 * Ghosts: a descriptor that was closed while it was registered, but has a duplicate, stays in
 * the kernel's queue, and nobody can name it any more. Level-triggered, it would report without
 * end under an id that is dead: the loop would spin, and its user would see nothing.
 *
 * So once a registration has ended without the kernel finding its descriptor (`bereft`), an
 * event of a dead id is taken for a ghost (`haunted`), and the next poll begins with a new
 * queue. An event that was only stale costs one rebuild in vain, no more.
 */
#include "loop/loop.h"

/* Armed in the old queue: neither resting, nor a oneshot that has been reported. */
static bool rebuild_includes(const mio__registration *registration)
{
    return registration->pause_id == 0 && !registration->spent;
}

int mio__loop_rebuild(mio_loop *loop)
{
    const mio__registration *registration;
    mio__selector selector;
    uint32_t cursor = 0;
    uint64_t id;
    int err = mio__selector_open(&selector);

    if (err < 0)
        return err;
    while ((registration = mio__slab_each(&loop->registrations, &cursor, &id)) != NULL) {
        if (rebuild_includes(registration)) /* one that is closed is refused: so be it */
            mio__selector_register(&selector, registration->fd, id, registration->interest,
                                   (mio_trigger)registration->trigger);
    }
    mio__selector_close(&loop->selector);
    loop->selector = selector;
    loop->bereft = false;
    loop->haunted = false;
    return 0;
}
