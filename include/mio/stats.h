/*
 * What a loop has done: counts, which are always kept, and times, which are measured when asked
 * for.
 */
#ifndef MIO_STATS_H
#define MIO_STATS_H

#include "mio/loop.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { MIO_EVENT_KINDS = MIO_TICK + 1 };

/*
 * Since the loop was made, and for the times since mio_loop_measure() was called last. The
 * times are 0 where it was not.
 */
typedef struct mio_stats {
    uint64_t turns;                   /* begun */
    uint64_t wakeups;                 /* turns that began with a wait; the others only looked,
                                         for there was something due, or no time to wait */
    uint64_t events[MIO_EVENT_KINDS]; /* reported, by mio_event_kind */

    int64_t sleeping_ns; /* in the kernel's wait */
    int64_t working_ns;  /* in turns: what was done with the events that were reported */
    int64_t longest_ns;  /* of that, the longest that was done with one event, which was: */
    mio_event_kind longest_kind;
    uint64_t longest_token;
    uint64_t longest_id;
} mio_stats;

/*
 * What a loop has done so far.
 *
 *   ret_stats   filled; counts of the turn in hand are exact
 *
 * Thread: the loop's own. Cost: none.
 */
MIO_API void mio_loop_stats(const mio_loop *loop, mio_stats *ret_stats);

/*
 * Begin to measure the times, from 0 on, or end it and keep them as they are. Takes effect with
 * the next turn at the latest.
 *
 * Work is measured from one call of mio_loop_next() to the following one, so in
 * mio_loop_run() it is a handler's. By the loop's clock: a virtual one shows what the handlers
 * have advanced it by.
 *
 * Thread: the loop's own, handlers too. Cost: none; while it is on, one reading of the clock an
 * event, and two a turn.
 */
MIO_API void mio_loop_measure(mio_loop *loop, bool on);

/*
 * How long the work on the event took that mio_loop_next() has returned last, which is at an
 * end now. Who wants to know of each event calls this when its handler has returned; otherwise
 * mio_loop_next() does it.
 *
 * Returns nanoseconds; 0 where nothing is measured, or where the work was at an end already.
 *
 * Thread: the loop's own. Cost: one reading of the clock.
 */
MIO_API int64_t mio_loop_handled(mio_loop *loop);

#ifdef __cplusplus
}
#endif

#endif
