/*
 * The echo of datagrams on libevent.
 */
#include "../servers/plain_udp.h"

#include "event_base.h"

#include <event2/event_struct.h>

static void udp_ready(int fd, short events, void *ctx)
{
    (void)events;
    if (!plain_echo(fd))
        event_base_loopbreak(ctx);
}

int main(void)
{
    struct event_base *base = base_new();
    struct event event;

    event_assign(&event, base, plain_open(), EV_READ | EV_PERSIST, udp_ready, base);
    event_add(&event, NULL);
    event_base_dispatch(base);
    return EXIT_SUCCESS;
}
