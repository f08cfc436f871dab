/* Timers of a loop of mio. */
#include "timers.h"

#include "mio/timer.h"

static mio_loop *loop;
static uint64_t *ids;

static void timers_open(long count)
{
    const mio_loop_config config = {.timers = (unsigned)count};

    ids = micro_allocate(count, sizeof *ids);
    micro_check(mio_loop_new(&config, &loop), "loop");
    micro_check(mio_loop_poll(loop, 0), "poll");
}

static void timer_insert(long i, int64_t ms)
{
    micro_check(mio_loop_after(loop, ms * 1000000, 0, &ids[i]), "after");
}

static void timer_reschedule(long i, int64_t ms)
{
    micro_check(mio_timer_reset(loop, ids[i], ms * 1000000), "reset");
}

static void timer_idle(long i)
{
    timer_reschedule(i, IDLE_MS);
}

static void timer_cancel(long i)
{
    micro_check(mio_timer_cancel(loop, ids[i]), "cancel");
}

/* The end of one turn, and the begin of the next: what is done between is done within a turn,
   as by a handler, and so does not read the clock. */
static void timers_turn(void)
{
    mio_event event;

    while (mio_loop_next(loop, &event) > 0)
        timers_fired += event.kind == MIO_TIMEOUT;
    micro_check(mio_loop_poll(loop, 0), "poll");
}
