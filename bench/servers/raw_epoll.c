/*
 * The limit: an echo server on epoll itself, edge-triggered, with nothing that an echo server
 * on one machine could do without. It ends when its last client has left.
 */
#include "reply.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RAW_EVENTS = 256, RAW_BUFFER = 65536 };

typedef struct raw_client {
    int fd;
    char *unsent; /* what a full socket did not take; NULL: nothing */
    size_t unsent_size;
} raw_client;

static int queue;
static int clients;
static char buffer[RAW_BUFFER];

static void raw_check(int result, const char *what)
{
    if (result >= 0)
        return;
    perror(what);
    exit(EXIT_FAILURE);
}

static void raw_register(int fd, void *client, uint32_t mask)
{
    struct epoll_event change = {.events = mask | EPOLLET, .data.ptr = client};

    raw_check(epoll_ctl(queue, EPOLL_CTL_ADD, fd, &change), "epoll_ctl");
}

static int raw_listen(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof addr;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int nodelay = 1;

    raw_check(fd, "socket");
    raw_check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, sizeof nodelay), "nodelay");
    raw_check(bind(fd, (struct sockaddr *)&addr, size), "bind");
    raw_check(listen(fd, 1024), "listen");
    raw_check(getsockname(fd, (struct sockaddr *)&addr, &size), "getsockname");
    printf("listening on 127.0.0.1:%d\n", ntohs(addr.sin_port));
    fflush(stdout);
    return fd;
}

static void raw_accept(int listener)
{
    int fd;

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        raw_client *client = calloc(1, sizeof *client);

        raw_check(client != NULL ? 0 : -1, "calloc");
        client->fd = fd;
        clients++;
        raw_register(fd, client, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    }
}

static void raw_close(raw_client *client)
{
    close(client->fd);
    free(client->unsent);
    free(client);
    clients--;
}

/* Keep what is left of `data`. */
static void raw_keep(raw_client *client, const char *data, size_t size)
{
    char *unsent = NULL;

    if (size > 0) {
        unsent = malloc(size);
        raw_check(unsent != NULL ? 0 : -1, "malloc");
        memcpy(unsent, data, size);
    }
    free(client->unsent);
    client->unsent = unsent;
    client->unsent_size = size;
}

/* Returns how much was sent, or -1 for an error. */
static ssize_t raw_send(const raw_client *client, const char *data, size_t size)
{
    const ssize_t sent = send(client->fd, data, size, MSG_NOSIGNAL);

    return sent < 0 && errno == EAGAIN ? 0 : sent;
}

/* A short read has drained the socket, but for the end, which an edge tells only once. */
static void raw_echo(raw_client *client, uint32_t mask)
{
    const uint32_t ends = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    ssize_t count, sent;
    size_t size;

    do {
        count = read(client->fd, buffer, sizeof buffer);
        if (count < 0 && errno == EAGAIN)
            return;
        size = count > 0 ? reply_to(buffer, (size_t)count) : 0;
        sent = count > 0 ? raw_send(client, buffer, size) : -1;
        if (sent < 0) {
            raw_close(client);
            return;
        }
        if ((size_t)sent < size) {
            raw_keep(client, buffer + sent, size - (size_t)sent);
            return;
        }
    } while (count == sizeof buffer || mask & ends);
}

/* Read on when nothing is unsent any more. */
static void raw_resume(raw_client *client)
{
    const ssize_t sent = raw_send(client, client->unsent, client->unsent_size);

    if (sent < 0) {
        raw_close(client);
        return;
    }
    raw_keep(client, client->unsent + sent, client->unsent_size - (size_t)sent);
    if (client->unsent == NULL)
        raw_echo(client, EPOLLRDHUP);
}

static void raw_turn(int listener)
{
    static struct epoll_event events[RAW_EVENTS];
    const int count = epoll_wait(queue, events, RAW_EVENTS, -1);

    for (int i = 0; i < count; i++) {
        raw_client *client = events[i].data.ptr;

        if (client == NULL)
            raw_accept(listener);
        else if (client->unsent != NULL)
            raw_resume(client);
        else
            raw_echo(client, events[i].events);
    }
}

int main(void)
{
    const int listener = raw_listen();

    queue = epoll_create1(EPOLL_CLOEXEC);
    raw_check(queue, "epoll_create1");
    raw_register(listener, NULL, EPOLLIN);
    do
        raw_turn(listener);
    while (clients > 0);
    return EXIT_SUCCESS;
}
