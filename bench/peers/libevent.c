/*
 * The server on libevent: a persistent event a client, and the system's calls, which is faster
 * than its bufferevent.
 */
#include "plain.h"

#include "event_base.h"

#include <event2/event_struct.h>

typedef struct event_client {
    struct event event;
    plain_client plain;
} event_client;

static struct event_base *base;

static void client_change(event_client *client, plain_next next);

static void client_ready(int fd, short events, void *ctx)
{
    event_client *client = ctx;
    const plain_next next = plain_serve(fd, &client->plain);

    if (next != (events & EV_WRITE ? PLAIN_WRITE : PLAIN_READ))
        client_change(client, next);
}

static void client_wait(event_client *client, int fd, short events)
{
    event_assign(&client->event, base, fd, (short)(events | EV_PERSIST), client_ready, client);
    event_add(&client->event, NULL);
}

static void client_change(event_client *client, plain_next next)
{
    const int fd = event_get_fd(&client->event);

    event_del(&client->event);
    if (next == PLAIN_LEFT) {
        close(fd);
        free(client->plain.unsent);
        free(client);
        return;
    }
    client_wait(client, fd, next == PLAIN_WRITE ? EV_WRITE : EV_READ);
}

static void listener_ready(int listener, short events, void *ctx)
{
    int fd;

    (void)events;
    (void)ctx;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        event_client *client = calloc(1, sizeof *client);

        plain_check(client != NULL ? 0 : -1, "calloc");
        client_wait(client, fd, EV_READ);
    }
}

int main(void)
{
    const int listener = plain_listen();
    struct event event;

    base = base_new();
    event_assign(&event, base, listener, EV_READ | EV_PERSIST, listener_ready, NULL);
    event_add(&event, NULL);
    event_base_dispatch(base);
    return EXIT_SUCCESS;
}
