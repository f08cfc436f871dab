/*
 * A client of the peers' servers that leave reading and writing to their user.
 */
#ifndef BENCH_PLAIN_H
#define BENCH_PLAIN_H

#include "../servers/reply.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a server waits for, for a client; or that the client has left. */
typedef enum plain_next { PLAIN_READ, PLAIN_WRITE, PLAIN_LEFT } plain_next;

typedef struct plain_client {
    char *unsent; /* what a full socket did not take; NULL: nothing */
    size_t unsent_size;
} plain_client;

static void plain_check(ssize_t result, const char *what)
{
    if (result >= 0)
        return;
    perror(what);
    exit(EXIT_FAILURE);
}

/* Its clients inherit the option. */
static int plain_listen(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof addr;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int nodelay = 1;

    plain_check(fd, "socket");
    plain_check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, sizeof nodelay), "nodelay");
    plain_check(bind(fd, (struct sockaddr *)&addr, size), "bind");
    plain_check(listen(fd, 1024), "listen");
    plain_check(getsockname(fd, (struct sockaddr *)&addr, &size), "getsockname");
    printf("listening on 127.0.0.1:%d\n", ntohs(addr.sin_port));
    fflush(stdout);
    return fd;
}

/* Keep what is left of `data`. */
static plain_next plain_keep(plain_client *client, const char *data, size_t size)
{
    char *unsent = NULL;

    if (size > 0) {
        unsent = malloc(size);
        plain_check(unsent != NULL ? 0 : -1, "malloc");
        memcpy(unsent, data, size);
    }
    free(client->unsent);
    client->unsent = unsent;
    client->unsent_size = size;
    return size > 0 ? PLAIN_WRITE : PLAIN_READ;
}

static plain_next plain_send(int fd, plain_client *client, const char *data, size_t size)
{
    ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);

    if (sent == (ssize_t)size && client->unsent == NULL)
        return PLAIN_READ;
    if (sent < 0 && errno != EAGAIN)
        return PLAIN_LEFT;
    if (sent < 0)
        sent = 0;
    return plain_keep(client, data + sent, size - (size_t)sent);
}

/* Send back what came, or what is unsent. */
static inline plain_next plain_serve(int fd, plain_client *client)
{
    static char buffer[65536];
    ssize_t count;

    if (client->unsent != NULL)
        return plain_send(fd, client, client->unsent, client->unsent_size);
    count = read(fd, buffer, sizeof buffer);
    if (count <= 0)
        return count < 0 && errno == EAGAIN ? PLAIN_READ : PLAIN_LEFT;
    return plain_send(fd, client, buffer, reply_to(buffer, (size_t)count));
}

#endif
