/*
 * A client of the echo servers on mio: what they do with it, whatever they wait with.
 */
#ifndef ECHO_CLIENT_H
#define ECHO_CLIENT_H

#include "reply.h"

#include "mio/event.h"
#include "mio/socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ECHO_BUFFER = 65536 };

typedef struct echo_client {
    mio_fd fd;
    mio_interest interest; /* MIO_WRITABLE while something is unsent, else MIO_READABLE */
    uint64_t id;           /* of the loop's registration */
    char *unsent;
    size_t unsent_size;
} echo_client;

static int echo_count; /* of clients */
static char echo_buffer[ECHO_BUFFER];

static void echo_check(int err, const char *what)
{
    if (err >= 0)
        return;
    fprintf(stderr, "%s: %s\n", what, mio_strerror(err));
    exit(EXIT_FAILURE);
}

static mio_fd echo_listen(void)
{
    char text[MIO_ADDR_TEXT_MAX];
    mio_addr addr;
    mio_fd fd;

    mio_addr_parse("127.0.0.1:0", &addr);
    echo_check(mio_listen(&addr, NULL, &fd), "listen");
    mio_socket_local(fd, &addr);
    mio_addr_format(&addr, text, sizeof text);
    printf("listening on %s\n", text);
    fflush(stdout);
    return fd;
}

/* The next client that waits, to be registered; or NULL. */
static echo_client *echo_accept(mio_fd listener)
{
    echo_client *client;
    mio_fd fd;

    if (mio_accept(listener, &fd, NULL) < 0)
        return NULL;
    client = calloc(1, sizeof *client);
    echo_check(client != NULL ? 0 : -ENOMEM, "calloc");
    client->fd = fd;
    client->interest = MIO_READABLE;
    echo_count++;
    return client;
}

/* To be deregistered before. */
static void echo_close(echo_client *client)
{
    mio_close(client->fd);
    free(client->unsent);
    free(client);
    echo_count--;
}

/* Of `size` bytes `sent` went out, or there was an error: keep the rest. */
static mio_interest echo_keep(echo_client *client, const char *data, size_t size,
                              ptrdiff_t sent)
{
    const size_t rest = size - (sent > 0 ? (size_t)sent : 0);
    char *unsent = NULL;

    if (sent < 0 && sent != -EAGAIN)
        return 0;
    if (rest > 0) {
        unsent = malloc(rest);
        echo_check(unsent != NULL ? 0 : -ENOMEM, "malloc");
        memcpy(unsent, data + size - rest, rest);
    }
    free(client->unsent);
    client->unsent = unsent;
    client->unsent_size = rest;
    return rest > 0 ? MIO_WRITABLE : MIO_READABLE;
}

/* Send back what came, or what is unsent. Returns what to wait for; 0: the client has left. */
static inline mio_interest echo_serve(echo_client *client)
{
    ptrdiff_t count, sent;
    size_t size;

    if (client->unsent != NULL)
        return echo_keep(client, client->unsent, client->unsent_size,
                         mio_write(client->fd, client->unsent, client->unsent_size));
    count = mio_read(client->fd, echo_buffer, sizeof echo_buffer);
    if (count <= 0)
        return count == -EAGAIN ? MIO_READABLE : 0;
    size = reply_to(echo_buffer, (size_t)count);
    sent = mio_write(client->fd, echo_buffer, size);
    if (sent == (ptrdiff_t)size)
        return MIO_READABLE;
    return echo_keep(client, echo_buffer, size, sent);
}

#endif
