/* Dispatch by libev. */
#include "dispatch.h"

#include <ev.h>

static struct ev_loop *loop;
static ev_io *watchers;

static void loop_ready(struct ev_loop *of, ev_io *watcher, int events)
{
    (void)of;
    (void)events;
    dispatch_event(watcher - watchers);
}

static void dispatch_open(long count)
{
    loop = ev_default_loop(EVBACKEND_EPOLL);
    micro_check(loop != NULL ? 0 : -1, "loop");
    watchers = micro_allocate(count, sizeof *watchers);
}

static void dispatch_watch(long i, int fd)
{
    ev_io_init(&watchers[i], loop_ready, fd, EV_READ);
    ev_io_start(loop, &watchers[i]);
}

static void dispatch_run(long events)
{
    while (pipes.events < events)
        ev_run(loop, EVRUN_ONCE);
}
