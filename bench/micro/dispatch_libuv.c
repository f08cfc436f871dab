/* Dispatch by libuv. */
#include "dispatch.h"

#include <uv.h>

static uv_loop_t *loop;
static uv_poll_t *polls;

static void loop_ready(uv_poll_t *watcher, int status, int events)
{
    (void)status;
    (void)events;
    dispatch_event(watcher - polls);
}

static void dispatch_open(long count)
{
    loop = uv_default_loop();
    polls = micro_allocate(count, sizeof *polls);
}

static void dispatch_watch(long i, int fd)
{
    micro_check(uv_poll_init(loop, &polls[i], fd), "init");
    micro_check(uv_poll_start(&polls[i], UV_READABLE, loop_ready), "start");
}

static void dispatch_run(long events)
{
    while (pipes.events < events)
        uv_run(loop, UV_RUN_ONCE);
}
