/* Timers of libuv. */
#include "timers.h"

#include <uv.h>

static uv_loop_t *loop;
static uv_timer_t *timers;

static void timers_count(uv_timer_t *timer)
{
    uv_timer_stop(timer); /* uv_timer_again() has made it a periodic one */
    timers_fired++;
}

static void timers_open(long count)
{
    loop = uv_default_loop();
    timers = micro_allocate(count, sizeof *timers);
    for (long i = 0; i < count; i++)
        micro_check(uv_timer_init(loop, &timers[i]), "init");
}

static void timer_insert(long i, int64_t ms)
{
    micro_check(uv_timer_start(&timers[i], timers_count, (uint64_t)ms, IDLE_MS), "start");
}

static void timer_reschedule(long i, int64_t ms)
{
    timer_insert(i, ms);
}

static void timer_idle(long i)
{
    micro_check(uv_timer_again(&timers[i]), "again");
}

static void timer_cancel(long i)
{
    uv_timer_stop(&timers[i]);
}

static void timers_turn(void)
{
    uv_run(loop, UV_RUN_NOWAIT);
}
