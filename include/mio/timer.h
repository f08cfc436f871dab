/*
 * Timers of a loop.
 *
 * A timer is never early. Timers come in the order of their ticks (65.536 microseconds; a
 * nanosecond by a virtual clock), and within a tick first-in, first-out; but one without delay
 * is due in the next turn, and one that was reset to a later time stands anywhere in its tick.
 * Delays count from mio_loop_now(), the turn's time.
 */
#ifndef MIO_TIMER_H
#define MIO_TIMER_H

#include "mio/loop.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Have the loop report once, as MIO_TIMEOUT, when a delay has passed. The timer is gone when
 * its event has been fetched. With a delay of 0 it is reported in the next turn.
 *
 *   delay_ns   0 or more; a sum beyond int64_t means never
 *   token      yours, handed back in mio_event.token
 *   ret_id     names the timer; may be NULL
 *
 * Returns 0, -EINVAL (a negative delay), -ENOMEM, or -ESTALE: as mio_loop_register().
 *
 * Thread: the loop's own. Cost: constant; no system call.
 */
MIO_API int mio_loop_after(mio_loop *loop, int64_t delay_ns, uint64_t token, uint64_t *ret_id);

/*
 * Have the loop report again and again, each `period_ns`, first after one period.
 *
 * The deadlines are multiples of the period: a late report does not shift those after it.
 * Periods that passed altogether while nobody looked are skipped, not made up for.
 *
 *   period_ns   1 or more
 *   token       yours, handed back in mio_event.token
 *   ret_id      names the timer; may be NULL
 *
 * Returns 0, -EINVAL (a period below 1), -ENOMEM, or -ESTALE: as mio_loop_register().
 *
 * Thread: the loop's own. Cost: constant; no system call.
 */
MIO_API int mio_loop_every(mio_loop *loop, int64_t period_ns, uint64_t token, uint64_t *ret_id);

/*
 * Give a timer a new delay, from now on; for a periodic one also the new period. A timer
 * that is due, but whose event was not fetched yet, is put off.
 *
 * To a later deadline, this is one comparison and one store: reset the idle timeout of a
 * connection on every byte.
 *
 *   delay_ns   0 or more; for a periodic timer 1 or more
 *
 * Returns 0, -EINVAL, -ESTALE, or -ENOENT where `id` names no timer (any more).
 *
 * Thread: the loop's own. Cost: constant; no system call.
 */
MIO_API int mio_timer_reset(mio_loop *loop, uint64_t id, int64_t delay_ns);

/*
 * End a timer. Its event is not reported, even if it is due in this turn.
 *
 * Returns 0, or -ENOENT where `id` names no timer (any more).
 *
 * Thread: the loop's own. Cost: constant; no system call.
 */
MIO_API int mio_timer_cancel(mio_loop *loop, uint64_t id);

#ifdef __cplusplus
}
#endif

#endif
