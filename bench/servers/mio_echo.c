/*
 * An echo server on mio_loop_run(). It ends when its last client has left.
 */
#include "mio/loop.h"
#include "mio/socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ECHO_BUFFER = 65536 };

typedef struct echo_client {
    mio_fd fd;
    uint64_t id;
    char *unsent; /* what a full socket did not take; NULL: nothing */
    size_t unsent_size;
} echo_client;

static mio_fd listener;
static int clients;
static char buffer[ECHO_BUFFER];

static void echo_check(int err, const char *what)
{
    if (err >= 0)
        return;
    fprintf(stderr, "%s: %s\n", what, mio_strerror(err));
    exit(EXIT_FAILURE);
}

static void echo_accept(mio_loop *loop)
{
    mio_fd fd;

    while (mio_accept(listener, &fd, NULL) == 0) {
        echo_client *client = calloc(1, sizeof *client);

        echo_check(client != NULL ? 0 : -ENOMEM, "calloc");
        client->fd = fd;
        clients++;
        echo_check(mio_loop_register(loop, fd, MIO_READABLE, MIO_LEVEL, (uintptr_t)client,
                                     &client->id),
                   "register");
    }
}

static void echo_close(mio_loop *loop, echo_client *client)
{
    mio_loop_deregister(loop, client->id);
    mio_close(client->fd);
    free(client->unsent);
    free(client);
    if (--clients == 0)
        mio_loop_shutdown(loop);
}

/* Of `size` bytes `sent` went out, or there was an error: keep the rest, and read on when it is
   gone. */
static void echo_keep(mio_loop *loop, echo_client *client, const char *data, size_t size,
                      ptrdiff_t sent)
{
    const size_t taken = sent > 0 ? (size_t)sent : 0;
    char *unsent = NULL;

    if (sent < 0 && sent != -EAGAIN) {
        echo_close(loop, client);
        return;
    }
    if (taken < size) {
        unsent = malloc(size - taken);
        echo_check(unsent != NULL ? 0 : -ENOMEM, "malloc");
        memcpy(unsent, data + taken, size - taken);
    }
    free(client->unsent);
    client->unsent = unsent;
    client->unsent_size = size - taken;
    echo_check(mio_loop_reregister(loop, client->id,
                                   unsent != NULL ? MIO_WRITABLE : MIO_READABLE, MIO_LEVEL),
               "reregister");
}

static void echo_resume(mio_loop *loop, echo_client *client)
{
    echo_keep(loop, client, client->unsent, client->unsent_size,
              mio_write(client->fd, client->unsent, client->unsent_size));
}

static void echo_receive(mio_loop *loop, echo_client *client)
{
    const ptrdiff_t count = mio_read(client->fd, buffer, sizeof buffer);
    ptrdiff_t sent;

    if (count <= 0) {
        if (count != -EAGAIN)
            echo_close(loop, client);
        return;
    }
    sent = mio_write(client->fd, buffer, (size_t)count);
    if (sent != count)
        echo_keep(loop, client, buffer, (size_t)count, sent);
}

static void echo_ready(mio_loop *loop, const mio_event *event, void *ctx)
{
    echo_client *client = (void *)(uintptr_t)event->token;

    (void)ctx;
    if (client == NULL)
        echo_accept(loop);
    else if (client->unsent != NULL)
        echo_resume(loop, client);
    else
        echo_receive(loop, client);
}

static void echo_listen(mio_loop *loop)
{
    char text[MIO_ADDR_TEXT_MAX];
    mio_addr addr;

    mio_addr_parse("127.0.0.1:0", &addr);
    echo_check(mio_listen(&addr, NULL, &listener), "listen");
    echo_check(mio_loop_register(loop, listener, MIO_READABLE, MIO_LEVEL, 0, NULL), "register");
    mio_socket_local(listener, &addr);
    mio_addr_format(&addr, text, sizeof text);
    printf("listening on %s\n", text);
    fflush(stdout);
}

int main(void)
{
    static const mio_handler handler = {.ready = echo_ready};
    mio_loop *loop;

    echo_check(mio_loop_new(NULL, &loop), "loop");
    echo_listen(loop);
    echo_check(mio_loop_run(loop, &handler, NULL), "run");
    mio_loop_free(loop);
    mio_close(listener);
    return EXIT_SUCCESS;
}
