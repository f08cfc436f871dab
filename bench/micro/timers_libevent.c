/* Timers of libevent; those of idle connections are of a common timeout, its fast path. */
#include "timers.h"

#include "../peers/event_base.h"

#include <event2/event_struct.h>

static struct event_base *base;
static struct event *timers;
static const struct timeval *idle;

static void timers_count(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    (void)ctx;
    timers_fired++;
}

typedef struct turn_work {
    void (*act)(long count);
    long count;
} turn_work;

static void turn_called(evutil_socket_t fd, short what, void *ctx)
{
    const turn_work *work = ctx;

    (void)fd;
    (void)what;
    work->act(work->count);
}

static void act_in_turn(void (*act)(long count), long count)
{
    turn_work work = {act, count};

    micro_check(event_base_once(base, -1, EV_TIMEOUT, turn_called, &work, NULL), "once");
    event_base_loop(base, EVLOOP_ONCE); /* no more than that: what is armed must not fire yet */
}

static void timers_open(long count)
{
    const struct timeval duration = {.tv_sec = IDLE_MS / 1000};

    timers_act = act_in_turn;
    base = base_new();
    micro_check(base != NULL ? 0 : -1, "base");
    idle = event_base_init_common_timeout(base, &duration);
    timers = micro_allocate(count, sizeof *timers);
    for (long i = 0; i < count; i++)
        micro_check(evtimer_assign(&timers[i], base, timers_count, NULL), "assign");
}

static void timer_insert(long i, int64_t ms)
{
    const struct timeval delay = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

    micro_check(evtimer_add(&timers[i], &delay), "add");
}

static void timer_reschedule(long i, int64_t ms)
{
    timer_insert(i, ms);
}

static void timer_idle(long i)
{
    micro_check(evtimer_add(&timers[i], idle), "add");
}

static void timer_cancel(long i)
{
    micro_check(evtimer_del(&timers[i]), "del");
}

static void timers_turn(void)
{
    event_base_loop(base, EVLOOP_NONBLOCK);
}
