#include "event/timers.h"

#include <errno.h>

typedef struct mio__timer {
    mio__slab_item item;
    uint64_t token;
    int64_t period_ns; /* 0 or less: once */
    mio__wheel_entry entry;
} mio__timer;

int mio__timers_init(mio__timers *timers, const mio_allocator *allocator, unsigned kind,
                     uint32_t chunk, unsigned tick_shift, unsigned level_bits, int64_t now_ns)
{
    int err = mio__wheel_init(&timers->wheel, allocator, tick_shift, level_bits, now_ns);

    if (err == 0)
        mio__slab_init(&timers->slab, allocator, sizeof(mio__timer), kind, chunk);
    return err;
}

void mio__timers_fini(mio__timers *timers)
{
    mio__slab_fini(&timers->slab);
    mio__wheel_fini(&timers->wheel);
}

/* a + b, where neither is negative; INT64_MAX instead of an overflow. */
static int64_t timer_sum(int64_t a_ns, int64_t b_ns)
{
    return a_ns > INT64_MAX - b_ns ? INT64_MAX : a_ns + b_ns;
}

/* The wheel rounds deadlines up to a tick; where there is no delay nothing can be early. */
static int64_t timer_deadline(const mio__timers *timers, int64_t now_ns, int64_t delay_ns)
{
    const unsigned shift = timers->wheel.tick_shift;

    return delay_ns == 0 ? now_ns >> shift << shift : timer_sum(now_ns, delay_ns);
}

int mio__timers_add(mio__timers *timers, int64_t now_ns, int64_t delay_ns, int64_t period_ns,
                    uint64_t token, uint64_t *ret_id)
{
    mio__timer *timer;
    void *item;
    int err = mio__slab_insert(&timers->slab, &item, ret_id);

    if (err < 0)
        return err;
    timer = item;
    timer->token = token;
    timer->period_ns = period_ns;
    mio__wheel_entry_init(&timer->entry);
    mio__wheel_set(&timers->wheel, &timer->entry, timer_deadline(timers, now_ns, delay_ns));
    return 0;
}

int mio__timers_reset(mio__timers *timers, uint64_t id, int64_t now_ns, int64_t delay_ns)
{
    mio__timer *timer = mio__slab_get(&timers->slab, id);

    if (timer == NULL)
        return -ENOENT;
    if (timer->period_ns > 0) {
        if (delay_ns == 0)
            return -EINVAL;
        timer->period_ns = delay_ns;
    }
    mio__wheel_set(&timers->wheel, &timer->entry, timer_deadline(timers, now_ns, delay_ns));
    return 0;
}

int mio__timers_cancel(mio__timers *timers, uint64_t id)
{
    mio__timer *timer = mio__slab_get(&timers->slab, id);

    if (timer == NULL)
        return -ENOENT;
    mio__wheel_clear(&timers->wheel, &timer->entry);
    mio__slab_remove(&timers->slab, id);
    return 0;
}

int mio__timers_each(const mio__timers *timers, uint32_t *cursor, mio__timer_view *ret_view)
{
    uint64_t id;
    const mio__timer *timer = mio__slab_each(&timers->slab, cursor, &id);

    if (timer == NULL)
        return 0;
    *ret_view = (mio__timer_view){.id = id,
                                  .token = timer->token,
                                  .deadline_ns = timer->entry.deadline_ns,
                                  .period_ns = timer->period_ns};
    return 1;
}

int64_t mio__timers_deadline(const mio__timers *timers, uint64_t id)
{
    const mio__timer *timer = mio__slab_get(&timers->slab, id);

    return timer->entry.deadline_ns;
}

/* The next multiple of the period; those that have passed altogether are skipped. */
static int64_t timer_next_deadline(const mio__timer *timer, int64_t now_ns)
{
    int64_t next_ns = timer_sum(timer->entry.deadline_ns, timer->period_ns);

    if (next_ns <= now_ns)
        next_ns += (now_ns - next_ns) / timer->period_ns * timer->period_ns;
    return next_ns <= now_ns ? timer_sum(next_ns, timer->period_ns) : next_ns;
}

int mio__timers_pop(mio__timers *timers, int64_t now_ns, mio_event *ret_event)
{
    mio__wheel_entry *entry = mio__wheel_pop(&timers->wheel);
    mio__timer *timer;

    if (entry == NULL)
        return 0;
    timer = mio__container_of(entry, mio__timer, entry);
    *ret_event = (mio_event){
        .kind = timer->period_ns == MIO__TIMER_RESUME ? MIO_READY : MIO_TIMEOUT,
        .token = timer->token,
        .id = mio__slab_id(timer),
    };
    if (timer->period_ns > 0)
        mio__wheel_set(&timers->wheel, entry, timer_next_deadline(timer, now_ns));
    else
        mio__slab_remove(&timers->slab, ret_event->id);
    return 1;
}
