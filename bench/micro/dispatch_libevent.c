/* Dispatch by libevent. */
#include "dispatch.h"

#include "../peers/event_base.h"

#include <event2/event_struct.h>

static struct event_base *base;
static struct event *watchers;

static void loop_ready(evutil_socket_t fd, short events, void *ctx)
{
    (void)fd;
    (void)events;
    dispatch_event((struct event *)ctx - watchers);
}

static void dispatch_open(long count)
{
    base = base_new();
    micro_check(base != NULL ? 0 : -1, "base");
    watchers = micro_allocate(count, sizeof *watchers);
}

static void dispatch_watch(long i, int fd)
{
    struct event *watcher = &watchers[i];

    micro_check(event_assign(watcher, base, fd, EV_READ | EV_PERSIST, loop_ready, watcher),
                "assign");
    micro_check(event_add(watcher, NULL), "add");
}

static void dispatch_run(long events)
{
    while (pipes.events < events)
        event_base_loop(base, EVLOOP_ONCE);
}
