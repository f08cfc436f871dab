/* Timers of libev. */
#include "timers.h"

#include <ev.h>

static struct ev_loop *loop;
static ev_timer *timers;

static void timers_count(struct ev_loop *of, ev_timer *timer, int what)
{
    (void)what;
    ev_timer_stop(of, timer); /* ev_timer_again() wants it to be a periodic one */
    timers_fired++;
}

static void timers_open(long count)
{
    loop = ev_default_loop(EVFLAG_AUTO);
    micro_check(loop != NULL ? 0 : -1, "loop");
    timers = micro_allocate(count, sizeof *timers);
    for (long i = 0; i < count; i++)
        ev_timer_init(&timers[i], timers_count, 0, IDLE_MS / 1e3);
}

static void timer_insert(long i, int64_t ms)
{
    ev_timer_set(&timers[i], (double)ms / 1e3, IDLE_MS / 1e3);
    ev_timer_start(loop, &timers[i]);
}

static void timer_reschedule(long i, int64_t ms)
{
    timers[i].repeat = (double)ms / 1e3;
    ev_timer_again(loop, &timers[i]);
}

static void timer_idle(long i)
{
    timers[i].repeat = IDLE_MS / 1e3;
    ev_timer_again(loop, &timers[i]);
}

static void timer_cancel(long i)
{
    ev_timer_stop(loop, &timers[i]);
}

static void timers_turn(void)
{
    ev_run(loop, EVRUN_NOWAIT);
}
