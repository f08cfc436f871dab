/*
 * What a registration may ask for: one check for the poll and the loop.
 */
#ifndef MIO__EVENT_INTEREST_H
#define MIO__EVENT_INTEREST_H

#include "mio/event.h"

#include <stdbool.h>

static inline bool mio__interest_is_valid(mio_interest interest, mio_trigger trigger)
{
    const unsigned known = MIO_READABLE | MIO_WRITABLE | MIO_PRIORITY;

    return interest != 0 && (interest & ~known) == 0 && (unsigned)trigger <= MIO_ONESHOT;
}

#endif
