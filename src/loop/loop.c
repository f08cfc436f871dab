#include "loop/loop.h"

#include <errno.h>
#include <limits.h>

static int loop_reserve(mio_loop *loop, const mio_loop_config *config)
{
    int err = mio__slab_reserve(&loop->registrations, config->registrations);

    return err < 0 ? err : mio__slab_reserve(&loop->timers.slab, config->timers);
}

static int loop_init(mio_loop *loop, const mio_loop_config *config)
{
    const mio_allocator *allocator = &loop->allocator;
    /* virtual time is exact: it stops at the deadline, not at the end of its tick */
    const unsigned tick_shift = loop->clock == MIO_CLOCK_VIRTUAL ? 0 : LOOP_TICK_SHIFT;
    int err = mio__timers_init(&loop->timers, allocator, LOOP_ID_TIMER, LOOP_SLAB_CHUNK,
                               tick_shift, LOOP_LEVEL_BITS, mio__loop_clock(loop));

    if (err < 0)
        return err;
    mio__slab_init(&loop->registrations, allocator, sizeof(mio__registration),
                   LOOP_ID_REGISTRATION, LOOP_SLAB_CHUNK);
    mio__slab_init(&loop->signals, allocator, sizeof(mio__signal), LOOP_ID_SIGNAL, 1);
    mio__slab_init(&loop->children, allocator, sizeof(mio__child), LOOP_ID_CHILD, 1);
    mio__list_init(&loop->ended);
    mio__fd_map_init(&loop->fds, allocator);
    loop->batch = mio__alloc(allocator, (size_t)loop->capacity * sizeof *loop->batch);
    err = loop->batch == NULL ? -ENOMEM : loop_reserve(loop, config);
    return err < 0 ? err : mio__selector_open(&loop->selector);
}

/* Everything but the selector, which is opened last. */
static void loop_fini(mio_loop *loop)
{
    mio__signal_pipe_close(loop->pipe);
    mio__alloc_free(&loop->allocator, loop->batch,
                    (size_t)loop->capacity * sizeof *loop->batch);
    mio__fd_map_fini(&loop->fds);
    mio__loop_children_free(loop);
    mio__slab_fini(&loop->signals);
    mio__slab_fini(&loop->registrations);
    mio__timers_fini(&loop->timers);
}

static int loop_capacity(const mio_loop_config *config)
{
    const unsigned max = INT_MAX / sizeof(mio_event);

    if (config->events_per_poll == 0)
        return LOOP_BATCH;
    return config->events_per_poll > max ? (int)max : (int)config->events_per_poll;
}

int mio_loop_new(const mio_loop_config *config, mio_loop **ret_loop)
{
    static const mio_loop_config defaults;
    mio_allocator allocator;
    mio_loop *loop;
    int err;

    if (config == NULL)
        config = &defaults;
    if ((unsigned)config->clock > MIO_CLOCK_VIRTUAL || ret_loop == NULL)
        return -EINVAL;
    err = mio__fork_watch();
    if (err < 0)
        return err;
    allocator = *mio__alloc_or_default(config->allocator);
    loop = mio__alloc_zeroed(&allocator, 1, sizeof *loop);
    if (loop == NULL)
        return -ENOMEM;
    loop->allocator = allocator;
    loop->clock = config->clock;
    loop->generation = mio__fork_generation();
    loop->capacity = loop_capacity(config);
    loop->messages_per_turn =
        config->messages_per_turn != 0 ? config->messages_per_turn : LOOP_MESSAGES;
    mio__list_init(&loop->channels);
    mio__list_init(&loop->busy);
    err = loop_init(loop, config);
    if (err < 0) {
        loop_fini(loop);
        mio__alloc_free(&allocator, loop, sizeof *loop);
        return err;
    }
    *ret_loop = loop;
    return 0;
}

void mio_loop_free(mio_loop *loop)
{
    if (loop == NULL)
        return;
    if (loop->running) {
        loop->freed = true; /* mio_loop_run() comes back here when the handler is out */
        loop->next = loop->count;
        return;
    }
    mio_allocator allocator = loop->allocator;
    mio__loop_channels_free(loop); /* they deregister */
    mio__selector_close(&loop->selector);
    loop_fini(loop);
    mio__alloc_free(&allocator, loop, sizeof *loop);
}

size_t mio_loop_count(const mio_loop *loop)
{
    const size_t internal = loop->own + loop->resting;

    return (size_t)loop->registrations.count + loop->timers.slab.count + loop->signals.count +
           loop->children.count + loop->open_channels - internal;
}

void mio_loop_shutdown(mio_loop *loop)
{
    loop->shutdown = true;
}

int mio_loop_take_shutdown(mio_loop *loop)
{
    const bool shutdown = loop->shutdown;

    loop->shutdown = false;
    return shutdown;
}

mio_fd mio_loop_pollfd(const mio_loop *loop)
{
    return loop->selector.fd;
}

int64_t mio_loop_timeout(const mio_loop *loop)
{
    const int64_t next_ns = mio__wheel_next(&loop->timers.wheel);
    int64_t now_ns;

    if (loop->phase != TURN_NONE || loop->shutdown || !mio__list_is_empty(&loop->busy))
        return 0;
    if (next_ns == INT64_MAX)
        return -1;
    now_ns = mio__loop_clock(loop);
    return next_ns > now_ns ? next_ns - now_ns : 0;
}
