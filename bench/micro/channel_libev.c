/* A queue under a mutex, with libev's ev_async: it carries no messages itself. */
#include "queue.h"

#include <ev.h>

static struct ev_loop *loop;
static ev_async bell;

static void bell_rung(struct ev_loop *of, ev_async *async, int events)
{
    (void)async;
    (void)events;
    queue_drain();
    if (channel.received >= channel.expected)
        ev_break(of, EVBREAK_ALL);
}

static void channel_open(void)
{
    if (loop != NULL)
        return;
    loop = ev_default_loop(EVBACKEND_EPOLL);
    ev_async_init(&bell, bell_rung);
    ev_async_start(loop, &bell);
}

static bool channel_send(long producer, uint64_t value)
{
    bool wake;
    const bool sent = queue_put(value, &wake);

    (void)producer;
    if (wake)
        ev_async_send(loop, &bell);
    return sent;
}

static void channel_run(void)
{
    ev_run(loop, 0);
}
