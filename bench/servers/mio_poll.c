/*
 * An echo server on a poll. It ends when its last client has left.
 */
#include "echo_client.h"

#include "mio/poll.h"

enum { POLL_EVENTS = 256 };

static void poll_accept(mio_poll *poll, mio_fd listener)
{
    echo_client *client;

    while ((client = echo_accept(listener)) != NULL)
        echo_check(
            mio_poll_register(poll, client->fd, (uintptr_t)client, MIO_READABLE, MIO_LEVEL),
            "register");
}

static void poll_change(mio_poll *poll, echo_client *client, mio_interest interest)
{
    client->interest = interest;
    if (interest != 0) {
        echo_check(
            mio_poll_reregister(poll, client->fd, (uintptr_t)client, interest, MIO_LEVEL),
            "reregister");
        return;
    }
    mio_poll_deregister(poll, client->fd);
    echo_close(client);
}

static void poll_turn(mio_poll *poll, mio_fd listener)
{
    static mio_event events[POLL_EVENTS];
    const int count = mio_poll_wait(poll, events, POLL_EVENTS, -1);

    for (int i = 0; i < count; i++) {
        echo_client *client = (void *)(uintptr_t)events[i].token;

        if (client == NULL) {
            poll_accept(poll, listener);
        } else {
            const mio_interest interest = echo_serve(client);

            if (interest != client->interest)
                poll_change(poll, client, interest);
        }
    }
}

int main(void)
{
    const mio_fd listener = echo_listen();
    mio_poll *poll;

    echo_check(mio_poll_new(NULL, &poll), "poll");
    echo_check(mio_poll_register(poll, listener, 0, MIO_READABLE, MIO_LEVEL), "register");
    do
        poll_turn(poll, listener);
    while (echo_count > 0);
    mio_poll_free(poll);
    mio_close(listener);
    return EXIT_SUCCESS;
}
