/*
 * What is registered, for who asks: slab after slab. A cursor is the number of the slab << 32 |
 * the next slot. Channels are found by their bells, among the registrations.
 */
#include "mio/item.h"

#include "loop/loop.h"

/* Returns 1, or 0 for one of the loop's own that nobody else has made. */
static int item_of_registration(const mio_loop *loop, uint64_t id,
                                const mio__registration *registration, mio_item *ret_item)
{
    if (registration->own == LOOP_OWN_CHANNEL) {
        *ret_item = (mio_item){.kind = MIO_NOTIFY,
                               .id = id,
                               .token = mio__loop_channel_token(registration->token),
                               .fd = -1,
                               .deadline_ns = -1};
        return 1;
    }
    if (registration->own != LOOP_OWN_NONE)
        return 0;
    *ret_item = (mio_item){
        .kind = MIO_READY,
        .id = id,
        .token = registration->token,
        .fd = registration->fd,
        .interest = registration->interest,
        .trigger = (mio_trigger)registration->trigger,
        .deadline_ns = registration->pause_id == 0
                           ? -1
                           : mio__timers_deadline(&loop->timers, registration->pause_id),
    };
    return 1;
}

static int each_registration(const mio_loop *loop, uint32_t *cursor, mio_item *ret_item)
{
    const mio__registration *registration;
    uint64_t id;

    while ((registration = mio__slab_each(&loop->registrations, cursor, &id)) != NULL) {
        if (item_of_registration(loop, id, registration, ret_item))
            return 1;
    }
    return 0;
}

static int each_timer(const mio_loop *loop, uint32_t *cursor, mio_item *ret_item)
{
    mio__timer_view view;

    while (mio__timers_each(&loop->timers, cursor, &view)) {
        if (view.period_ns == MIO__TIMER_RESUME)
            continue;
        *ret_item = (mio_item){.kind = MIO_TIMEOUT,
                               .id = view.id,
                               .token = view.token,
                               .fd = -1,
                               .deadline_ns = view.deadline_ns,
                               .period_ns = view.period_ns};
        return 1;
    }
    return 0;
}

static int each_signal(const mio_loop *loop, uint32_t *cursor, mio_item *ret_item)
{
    uint64_t id;
    const mio__signal *signal = mio__slab_each(&loop->signals, cursor, &id);

    if (signal == NULL)
        return 0;
    *ret_item = (mio_item){.kind = MIO_SIGNAL,
                           .id = id,
                           .token = signal->token,
                           .fd = -1,
                           .number = signal->number,
                           .deadline_ns = -1};
    return 1;
}

static int each_child(const mio_loop *loop, uint32_t *cursor, mio_item *ret_item)
{
    uint64_t id;
    const mio__child *child = mio__slab_each(&loop->children, cursor, &id);

    if (child == NULL)
        return 0;
    *ret_item = (mio_item){.kind = MIO_CHILD,
                           .id = id,
                           .token = child->token,
                           .fd = -1,
                           .number = child->pid,
                           .deadline_ns = -1};
    return 1;
}

int mio_loop_each(const mio_loop *loop, uint64_t *cursor, mio_item *ret_item)
{
    static int (*const walks[])(const mio_loop *loop, uint32_t *cursor, mio_item *ret_item) = {
        each_registration, each_timer, each_signal, each_child};
    const uint64_t count = sizeof walks / sizeof *walks;
    uint64_t which = *cursor >> 32;
    uint32_t slot = (uint32_t)*cursor;
    int found = 0;

    while (which < count && (found = walks[which](loop, &slot, ret_item)) == 0) {
        which++;
        slot = 0;
    }
    *cursor = which << 32 | slot;
    return found;
}
