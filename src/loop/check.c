#include "loop/loop.h"

#undef NDEBUG /* who calls this wants it checked */
#include <assert.h>

/* Invariants 1 and 2: a registration is where its descriptor leads. */
static void check_registrations(const mio_loop *loop)
{
    const mio__registration *registration;
    uint32_t cursor = 0;
    size_t resting = 0, own = 0;
    uint64_t id;

    while ((registration = mio__slab_each(&loop->registrations, &cursor, &id)) != NULL) {
        assert(mio__fd_map_get(&loop->fds, registration->fd) == id);
        assert(registration->interest != 0);
        resting += registration->pause_id != 0;
        own += registration->own != LOOP_OWN_NONE;
        assert(!registration->own || registration->reports == 0);
    }
    assert(resting == loop->resting);
    assert(own == loop->own);
}

/* Invariant 2, the other way: the map knows nothing that is dead. */
static void check_fds(const mio_loop *loop)
{
    size_t known = 0;

    for (size_t fd = 0; fd < loop->fds.capacity; fd++)
        known += loop->fds.ids[fd] != 0;
    assert(known == loop->registrations.count);
}

/* Invariants 7 and 8: each child has its registration, which leads back to it. */
static void check_children(const mio_loop *loop)
{
    const mio__child *child;
    uint32_t cursor = 0;
    uint64_t id;

    while ((child = mio__slab_each(&loop->children, &cursor, &id)) != NULL) {
        const mio__registration *registration =
            mio__slab_get(&loop->registrations, child->registration_id);

        assert(registration != NULL && registration->own == LOOP_OWN_CHILD);
        assert(registration->token == id && registration->fd == child->fd);
    }
    assert(mio__list_is_empty(&loop->ended) ||
           (loop->phase > TURN_NONE && loop->phase <= TURN_CHILDREN));
}

/* Invariants 7 and 9. */
static void check_channels(const mio_loop *loop)
{
    assert(loop->own ==
           (size_t)(loop->pipe != NULL) + loop->children.count + loop->channel_count);
    assert(loop->open_channels <= loop->channel_count);
    assert(loop->channel_count > 0 || mio__list_is_empty(&loop->busy));
}

void mio__loop_check(const mio_loop *loop)
{
    mio__slab_check(&loop->registrations);
    mio__slab_check(&loop->signals);
    mio__slab_check(&loop->children);
    mio__slab_check(&loop->timers.slab);
    mio__wheel_check(&loop->timers.wheel);
    check_registrations(loop);
    check_fds(loop);
    check_children(loop);
    check_channels(loop);
    assert(loop->next <= loop->count && loop->count <= loop->capacity);
    assert((loop->pipe != NULL) ==
           (mio__slab_get(&loop->registrations, loop->pipe_id) != NULL));
}
