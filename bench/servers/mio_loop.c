/*
 * An echo server on mio_loop_run(). It ends when its last client has left.
 */
#include "echo_client.h"

#include "mio/loop.h"

static mio_fd listener;

static void loop_accept(mio_loop *loop)
{
    echo_client *client;

    while ((client = echo_accept(listener)) != NULL)
        echo_check(mio_loop_register(loop, client->fd, MIO_READABLE, MIO_LEVEL,
                                     (uintptr_t)client, &client->id),
                   "register");
}

static void loop_change(mio_loop *loop, echo_client *client, mio_interest interest)
{
    client->interest = interest;
    if (interest != 0) {
        echo_check(mio_loop_reregister(loop, client->id, interest, MIO_LEVEL), "reregister");
        return;
    }
    mio_loop_deregister(loop, client->id);
    echo_close(client);
    if (echo_count == 0)
        mio_loop_shutdown(loop);
}

static void loop_ready(mio_loop *loop, const mio_event *event, void *ctx)
{
    echo_client *client = (void *)(uintptr_t)event->token;
    mio_interest interest;

    (void)ctx;
    if (client == NULL) {
        loop_accept(loop);
        return;
    }
    interest = echo_serve(client);
    if (interest != client->interest)
        loop_change(loop, client, interest);
}

int main(void)
{
    static const mio_handler handler = {.ready = loop_ready};
    mio_loop *loop;

    listener = echo_listen();
    echo_check(mio_loop_new(NULL, &loop), "loop");
    echo_check(mio_loop_register(loop, listener, MIO_READABLE, MIO_LEVEL, 0, NULL), "register");
    echo_check(mio_loop_run(loop, &handler, NULL), "run");
    mio_loop_free(loop);
    mio_close(listener);
    return EXIT_SUCCESS;
}
