/*
 * The server on libev: a watcher a client, and the system's calls.
 */
#include "plain.h"

#include <ev.h>

typedef struct ev_client {
    ev_io io; /* first: libev hands out its address */
    plain_client plain;
} ev_client;

static void ev_change(EV_P_ ev_client *client, plain_next next)
{
    ev_io_stop(EV_A_ & client->io);
    if (next == PLAIN_LEFT) {
        close(client->io.fd);
        free(client->plain.unsent);
        free(client);
        return;
    }
    ev_io_set(&client->io, client->io.fd, next == PLAIN_WRITE ? EV_WRITE : EV_READ);
    ev_io_start(EV_A_ & client->io);
}

static void ev_ready(EV_P_ ev_io *io, int events)
{
    ev_client *client = (ev_client *)io;
    const plain_next next = plain_serve(io->fd, &client->plain);

    if (next != (events & EV_WRITE ? PLAIN_WRITE : PLAIN_READ))
        ev_change(EV_A_ client, next);
}

static void ev_accept(EV_P_ ev_io *io, int events)
{
    int fd;

    (void)events;
    while ((fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        ev_client *client = calloc(1, sizeof *client);

        plain_check(client != NULL ? 0 : -1, "calloc");
        ev_io_init(&client->io, ev_ready, fd, EV_READ);
        ev_io_start(EV_A_ & client->io);
    }
}

int main(void)
{
    struct ev_loop *loop = ev_default_loop(EVBACKEND_EPOLL | EVFLAG_NOENV);
    ev_io io;

    ev_io_init(&io, ev_accept, plain_listen(), EV_READ);
    ev_io_start(loop, &io);
    ev_run(loop, 0);
    return EXIT_SUCCESS;
}
