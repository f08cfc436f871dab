/*
 * What is registered with a loop, one thing after the other: for those who ask what it waits
 * for.
 */
#ifndef MIO_ITEM_H
#define MIO_ITEM_H

#include "mio/loop.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One thing that is registered. What does not apply to its kind is 0; a descriptor or a time
 * that there is none of is -1.
 */
typedef struct mio_item {
    mio_event_kind kind; /* of its events: MIO_READY for a descriptor, MIO_TIMEOUT for a timer,
                            MIO_SIGNAL, MIO_CHILD, MIO_NOTIFY for a channel */
    uint64_t id;         /* as in its events, too */
    uint64_t token;      /* the same */
    mio_fd fd;           /* a descriptor's */
    mio_interest interest; /* the same */
    mio_trigger trigger;   /* the same */
    int number;            /* of a signal; of a child's process */
    int64_t deadline_ns;   /* by the loop's clock: when a timer is due, when a pause ends */
    int64_t period_ns;     /* of a periodic timer */
} mio_item;

/*
 * The next thing that is registered with a loop. The loop's own descriptors, and the timers of
 * pauses, are left out.
 *
 * Things may be registered and ended meanwhile: the new ones may be left out.
 *
 *   cursor     0 to begin with; where the walk has come to
 *   ret_item   written where 1 is returned
 *
 * Returns 1, or 0 at the end.
 *
 * Thread: the loop's own. Cost: some instructions; a walk passes all slots ever used at once.
 */
MIO_API int mio_loop_each(const mio_loop *loop, uint64_t *cursor, mio_item *ret_item);

#ifdef __cplusplus
}
#endif

#endif
