/*
 * The hot path of a turn, for mio_loop_next() and mio_loop_run(): which of the events that the
 * kernel has told are to be reported.
 */
#ifndef MIO__LOOP_TURN_H
#define MIO__LOOP_TURN_H

#include "loop/loop.h"

/* turn.c: what is no event of the user: a stale one, a masked one, or a signal's. */
void mio__turn_decline(mio_loop *loop, const mio__registration *registration);

/*
 * Make an event of the batch one of the user's. Returns false where it is none; then its
 * registration, or NULL, is for mio__turn_decline().
 *
 * The kernel's token is the id of a registration. Here stale events end, in one comparison:
 * the id of a registration that has ended names nothing. One that was paused since, or is a
 * oneshot that was reported, has nothing to report.
 */
static inline bool mio__turn_accept(const mio_loop *loop, mio_event *event,
                                    mio__registration **ret_registration)
{
    mio__registration *registration = mio__slab_issued(&loop->registrations, event->token,
                                                       sizeof *registration, LOOP_SLAB_CHUNK);

    *ret_registration = registration;
    if (registration == NULL || (event->ready & registration->reports) == 0)
        return false;
    event->ready &= registration->reports;
    event->id = event->token;
    event->token = registration->token;
    if (registration->trigger == MIO_ONESHOT)
        registration->reports = 0; /* even if the kernel tells it again */
    return true;
}

/* The next event of the batch that is to be reported, or NULL. It stays where it is, in the
   batch, and is valid until the next poll. */
static inline mio_event *mio__turn_next_ready(mio_loop *loop)
{
    while (loop->next < loop->count) {
        mio_event *event = &loop->batch[loop->next++];
        mio__registration *registration;

        if (mio__turn_accept(loop, event, &registration))
            return event;
        mio__turn_decline(loop, registration);
    }
    return NULL;
}

#endif
