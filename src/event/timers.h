/*
 * Timers: a slab of them, and the wheel that says which are due.
 *
 * A timer is armed, or due and about to be fetched. A one-shot timer leaves the slab when it
 * is fetched; a periodic one is armed again at that moment.
 */
#ifndef MIO__EVENT_TIMERS_H
#define MIO__EVENT_TIMERS_H

#include "data/slab.h"
#include "data/wheel.h"
#include "mio/event.h"

/* In place of a period: */
enum {
    MIO__TIMER_ONCE = 0,
    MIO__TIMER_RESUME = -1 /* once, and not for the user: the registration `token` is to be
                              armed again */
};

typedef struct mio__timers {
    mio__slab slab;
    mio__wheel wheel;
} mio__timers;

/* Returns 0 or -ENOMEM. `kind` is that of the ids, see slab.h. */
int mio__timers_init(mio__timers *timers, const mio_allocator *allocator, unsigned kind,
                     uint32_t chunk, unsigned tick_shift, unsigned level_bits, int64_t now_ns);

void mio__timers_fini(mio__timers *timers);

/*
 * A new timer, due a delay from now_ns on; without delay in the tick that now_ns lies in, so
 * that the next mio__wheel_advance() finds it. Returns 0 or -ENOMEM.
 */
int mio__timers_add(mio__timers *timers, int64_t now_ns, int64_t delay_ns, int64_t period_ns,
                    uint64_t token, uint64_t *ret_id);

/*
 * A new delay from now_ns on; of a periodic timer, the new period too.
 * Returns 0, -ENOENT, or -EINVAL: a period of 0.
 */
int mio__timers_reset(mio__timers *timers, uint64_t id, int64_t now_ns, int64_t delay_ns);

/* Returns 0 or -ENOENT. */
int mio__timers_cancel(mio__timers *timers, uint64_t id);

/* What a timer is, for who looks at all of them. */
typedef struct mio__timer_view {
    uint64_t id;
    uint64_t token;
    int64_t deadline_ns;
    int64_t period_ns; /* or MIO__TIMER_ONCE, MIO__TIMER_RESUME */
} mio__timer_view;

/* The timers in the order of their slots: as mio__slab_each(). Returns 1, or 0 at the end. */
int mio__timers_each(const mio__timers *timers, uint32_t *cursor, mio__timer_view *ret_view);

/* When a timer, which lives, is due. */
int64_t mio__timers_deadline(const mio__timers *timers, uint64_t id);

/*
 * Fetch what mio__wheel_advance() has made due, in order. Returns 1 and writes the event
 * (MIO_TIMEOUT with token and id; MIO_READY stands for MIO__TIMER_RESUME), or 0.
 */
int mio__timers_pop(mio__timers *timers, int64_t now_ns, mio_event *ret_event);

#endif
