/*
 * The echo of datagrams on libev.
 */
#include "../servers/plain_udp.h"

#include <ev.h>

static void udp_ready(EV_P_ ev_io *io, int events)
{
    (void)events;
    if (!plain_echo(io->fd))
        ev_break(EV_A_ EVBREAK_ALL);
}

int main(void)
{
    struct ev_loop *loop = ev_default_loop(EVBACKEND_EPOLL | EVFLAG_NOENV);
    ev_io io;

    ev_io_init(&io, udp_ready, plain_open(), EV_READ);
    ev_io_start(loop, &io);
    ev_run(loop, 0);
    return EXIT_SUCCESS;
}
