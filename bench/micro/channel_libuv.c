/* A queue under a mutex, with libuv's uv_async_t: it carries no messages itself. */
#include "queue.h"

#include <uv.h>

static uv_loop_t *loop;
static uv_async_t bell;

static void bell_rung(uv_async_t *async)
{
    queue_drain();
    if (channel.received >= channel.expected)
        uv_stop(async->loop);
}

static void channel_open(void)
{
    if (loop != NULL)
        return;
    loop = uv_default_loop();
    micro_check(uv_async_init(loop, &bell, bell_rung), "init");
}

static bool channel_send(long producer, uint64_t value)
{
    bool wake;
    const bool sent = queue_put(value, &wake);

    (void)producer;
    if (wake)
        uv_async_send(&bell);
    return sent;
}

static void channel_run(void)
{
    uv_run(loop, UV_RUN_DEFAULT);
}
