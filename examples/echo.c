/*
 * An echo server on the core: it sends back what it gets.
 *
 *     ./dev run examples/echo.c [ADDRESS]
 *
 * A client has one buffer. While something in it is unsent, the client is watched for room,
 * not for more to read: one that never reads costs no more than any other, however much it
 * sends.
 */
#include "mio.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    LISTENER = 0, /* a token; that of a client is its address in memory */
    BUFFER_SIZE = 16384
};

/* How long the listener rests when it cannot accept. */
static const int64_t rest_ns = 100000000;

struct client {
    struct client *next;
    struct client **link; /* what points to this client in the server's list */
    mio_fd fd;
    uint64_t id;       /* of its registration */
    size_t start, end; /* where the unsent bytes are in the buffer */
    char buffer[BUFFER_SIZE];
};

struct server {
    mio_loop *loop;
    mio_fd listener;
    uint64_t listener_id;
    mio_fd spare; /* given up to turn a client away when no descriptor is free */
    struct client *clients;
};

static void client_add(struct server *server, mio_fd fd)
{
    struct client *added = malloc(sizeof *added);

    if (added == NULL || mio_loop_register(server->loop, fd, MIO_READABLE, MIO_LEVEL,
                                           (uintptr_t)added, &added->id) < 0) {
        free(added);
        mio_close(fd);
        return;
    }
    added->fd = fd;
    added->start = 0;
    added->end = 0;
    added->next = server->clients;
    added->link = &server->clients;
    if (added->next != NULL)
        added->next->link = &added->next;
    server->clients = added;
}

static void client_remove(struct server *server, struct client *client)
{
    mio_loop_deregister(server->loop, client->id);
    mio_close(client->fd);
    *client->link = client->next;
    if (client->next != NULL)
        client->next->link = client->link;
    free(client);
}

/* Where nothing is unsent, read; then send what there is room for. */
static void client_echo(struct server *server, struct client *client)
{
    ptrdiff_t count;

    if (client->start == client->end) {
        count = mio_read(client->fd, client->buffer, sizeof client->buffer);
        if (count == -EAGAIN)
            return;
        if (count <= 0) { /* the end of what it sends, or an error */
            client_remove(server, client);
            return;
        }
        client->start = 0;
        client->end = (size_t)count;
    }
    count = mio_write(client->fd, client->buffer + client->start, client->end - client->start);
    if (count < 0 && count != -EAGAIN) { /* it is gone */
        client_remove(server, client);
        return;
    }
    client->start += count > 0 ? (size_t)count : 0;
    mio_loop_reregister(server->loop, client->id,
                        client->start == client->end ? MIO_READABLE : MIO_WRITABLE, MIO_LEVEL);
}

/* At the descriptor limit one client is turned away, and the others wait for a better time. */
static void server_accept(struct server *server)
{
    mio_fd fd;
    int err;

    while ((err = mio_accept(server->listener, &fd, NULL)) == 0)
        client_add(server, fd);
    if (err == -EMFILE || err == -ENFILE)
        mio_accept_shed(server->listener, &server->spare);
    if (err != -EAGAIN)
        mio_loop_pause(server->loop, server->listener_id, rest_ns);
}

static void on_ready(mio_loop *loop, const mio_event *event, void *ctx)
{
    (void)loop;
    if (event->token == LISTENER)
        server_accept(ctx);
    else
        client_echo(ctx, (struct client *)(uintptr_t)event->token);
}

static void on_signal(mio_loop *loop, const mio_event *event, void *ctx)
{
    (void)event;
    (void)ctx;
    mio_loop_shutdown(loop);
}

/* The world said no before the server ran. */
static void check(const char *what, int err)
{
    if (err < 0) {
        fprintf(stderr, "%s: %s\n", what, mio_strerror(err));
        exit(EXIT_FAILURE);
    }
}

static void server_open(struct server *server, const char *address)
{
    mio_addr addr;

    check(address, mio_addr_parse(address, &addr));
    check(address, mio_listen(&addr, NULL, &server->listener));
    check("spare", mio_spare_open(&server->spare));
    check("loop", mio_loop_new(NULL, &server->loop));
    check("listener", mio_loop_register(server->loop, server->listener, MIO_READABLE, MIO_LEVEL,
                                        LISTENER, &server->listener_id));
    check("INT", mio_loop_signal(server->loop, SIGINT, 0, NULL));
    check("TERM", mio_loop_signal(server->loop, SIGTERM, 0, NULL));
}

static void server_close(struct server *server)
{
    struct client *next;

    mio_loop_free(server->loop);
    for (struct client *client = server->clients; client != NULL; client = next) {
        next = client->next;
        mio_close(client->fd);
        free(client);
    }
    mio_close(server->spare);
    mio_close(server->listener);
}

static void server_print_address(const struct server *server)
{
    mio_addr addr;
    char text[MIO_ADDR_TEXT_MAX];

    check("address", mio_socket_local(server->listener, &addr));
    check("address", mio_addr_format(&addr, text, sizeof text));
    printf("listening on %s\n", text);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static const mio_handler handler = {.ready = on_ready, .signal = on_signal};
    struct server server = {.clients = NULL};
    int err;

    server_open(&server, argc > 1 ? argv[1] : "127.0.0.1:7000");
    server_print_address(&server);
    err = mio_loop_run(server.loop, &handler, &server);
    server_close(&server);
    check("run", err);
    return EXIT_SUCCESS;
}
