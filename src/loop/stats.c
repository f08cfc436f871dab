/*
 * What the loop tells of itself in numbers.
 *
 * The hot path counts nothing. How many events of descriptors were reported follows from how
 * far the batch was read, less those that were declined; all others pass through the slow half
 * of mio__turn_next(), and are counted there.
 *
 * While the loop is measured, mio_loop_next() goes through mio__stats_next():
 *
 *   wait      | next ... handler | next ... handler | next: 0
 *   sleeping  |<----- work ----->|<----- work ----->|
 *
 * `marked_ns` is where the piece in hand began: at the end of the one before, or at this next.
 * Whatever lies between two turns belongs to nobody: the loop may be a guest.
 */
#include "mio/stats.h"

#include "loop/turn.h"

void mio_loop_stats(const mio_loop *loop, mio_stats *ret_stats)
{
    const mio__measure *measure = &loop->measure;

    *ret_stats = (mio_stats){
        .turns = loop->turn,
        .wakeups = loop->wakeups,
        .sleeping_ns = measure->sleeping_ns,
        .working_ns = measure->working_ns,
        .longest_ns = measure->longest_ns,
        .longest_kind = measure->longest.kind,
        .longest_token = measure->longest.token,
        .longest_id = measure->longest.id,
    };
    for (int kind = 0; kind < MIO_EVENT_KINDS; kind++)
        ret_stats->events[kind] = loop->reported[kind];
    ret_stats->events[MIO_READY] += loop->taken + (uint64_t)loop->next - loop->declined;
}

void mio_loop_measure(mio_loop *loop, bool on)
{
    if (on)
        loop->measure = (mio__measure){0};
    loop->measure.on = on;
    loop->measure.working = false; /* a handler that calls this is not measured itself */
}

int64_t mio_loop_handled(mio_loop *loop)
{
    mio__measure *measure = &loop->measure;
    const int64_t began_ns = measure->marked_ns;
    int64_t took_ns;

    if (!measure->working)
        return 0;
    measure->working = false;
    measure->marked_ns = mio__loop_clock(loop);
    took_ns = measure->marked_ns - began_ns;
    measure->working_ns += took_ns;
    if (took_ns > measure->longest_ns) {
        measure->longest_ns = took_ns;
        measure->longest = measure->current;
    }
    return took_ns;
}

int mio__stats_next(mio_loop *loop, mio_event *ret_event)
{
    if (loop->measure.working)
        mio_loop_handled(loop);
    else
        loop->measure.marked_ns = mio__loop_clock(loop);
    if (!mio__turn_next(loop, ret_event))
        return 0;
    loop->measure.current = *ret_event;
    loop->measure.working = true;
    return 1;
}
