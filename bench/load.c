/*
 * The load client of the benchmarks: echo requests over many connections.
 *
 *   load ADDRESS [-c CONNECTIONS] [-i IDLE] [-s SIZE] [-o]
 *
 * A connection sends a message and waits until all of it has come back. It takes its turns as
 * client.h says; in one without a rate every connection does one request at least, and begins
 * the next when one is done. With -o each request has a connection of its own: connect, one
 * exchange, close.
 * IDLE connections, opened before, say nothing. Since a server accepts in order, it has
 * accepted them all when a request is done.
 */
#include "client.h"

#include "mio/clock.h"
#include "mio/poll.h"
#include "mio/socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LOAD_EVENTS = 256,
    LOAD_BUFFER = 65536,
    LOAD_MAX = 1000000,
    LOAD_HOSTS = 250 /* addresses to connect from, lest the ports of closed ones run out */
};

typedef struct load_connection {
    mio_fd fd;
    int64_t begin_ns; /* from when the latency counts */
    size_t sent;      /* bytes of the current message */
    size_t received;
} load_connection;

typedef struct load_state {
    mio_addr addr;
    mio_addr hosts[LOAD_HOSTS];
    mio_poll *poll;
    load_connection *connections;
    long *free; /* a ring of the connections without a request */
    long free_first, free_count;
    char *message;
    long count; /* of connections */
    long idle;  /* of further ones */
    long size;  /* of a message */
    long opened;
    bool once; /* each connection does one request */
    pace pace;
    int64_t now_ns;
    long done;
    histogram latency;
} load_state;

static void connection_send(const load_state *load, load_connection *connection)
{
    const size_t size = (size_t)load->size;
    ptrdiff_t count = 0;

    while (connection->sent < size && count >= 0) {
        count = mio_write(connection->fd, load->message + connection->sent,
                          size - connection->sent);
        if (count > 0)
            connection->sent += (size_t)count;
    }
    if (count != -EAGAIN)
        client_check(count, "write");
}

static void connection_open(load_state *load, long index)
{
    load_connection *connection = &load->connections[index];
    const mio_connect_options options = {
        .local = load->once ? &load->hosts[load->opened % LOAD_HOSTS] : NULL};

    client_check(mio_connect(&load->addr, &options, &connection->fd), "connect");
    client_check(mio_poll_register(load->poll, connection->fd, (uint64_t)index,
                                   MIO_READABLE | MIO_WRITABLE, MIO_EDGE),
                 "register");
    connection->sent = (size_t)load->size; /* nothing to do until it begins */
    connection->received = connection->sent;
    load->opened++;
}

static void connection_close(const load_state *load, load_connection *connection)
{
    mio_poll_deregister(load->poll, connection->fd);
    mio_close(connection->fd);
}

static void load_free(load_state *load, long index)
{
    load->free[(load->free_first + load->free_count++) % load->count] = index;
}

static long load_take_free(load_state *load)
{
    const long index = load->free[load->free_first];

    load->free_first = (load->free_first + 1) % load->count;
    load->free_count--;
    return index;
}

/* Begin the requests for which it is time, as long as there are connections. */
static void load_begin(load_state *load)
{
    int64_t begin_ns;

    while (load->free_count > 0 && pace_begin(&load->pace, load->now_ns, &begin_ns)) {
        const long index = load_take_free(load);
        load_connection *connection = &load->connections[index];

        if (load->once)
            connection_open(load, index);
        connection->begin_ns = begin_ns;
        connection->sent = 0;
        connection->received = 0;
        connection_send(load, connection);
    }
}

static void load_finish(load_state *load, load_connection *connection)
{
    load->now_ns = mio_now_ns();
    histogram_record(&load->latency, load->now_ns - connection->begin_ns);
    load->done++;
    if (load->once)
        connection_close(load, connection);
    load_free(load, connection - load->connections);
}

/* Take what has come back, which must be what was sent. */
static void connection_take(load_state *load, load_connection *connection, const char *data,
                            size_t count)
{
    if (count > connection->sent - connection->received ||
        memcmp(data, load->message + connection->received, count) != 0)
        client_check(-EPROTO, "this is no echo");
    connection->received += count;
    if (connection->received == (size_t)load->size)
        load_finish(load, connection);
}

/* Edge-triggered: a short read has drained the socket. */
static void connection_receive(load_state *load, load_connection *connection)
{
    static char buffer[LOAD_BUFFER];
    ptrdiff_t count;

    do {
        count = mio_read(connection->fd, buffer, sizeof buffer);
        if (count > 0)
            connection_take(load, connection, buffer, (size_t)count);
    } while (count == sizeof buffer && connection->received < (size_t)load->size);
    if (count != -EAGAIN)
        client_check(count == 0 ? -ECONNRESET : count, "read");
}

/* The idle ones, which are the last of the array, first; and one after the other, so that no
 * listener's backlog overflows: that would cost seconds. */
static void load_connect(load_state *load)
{
    const long first = load->once ? load->count : 0;
    mio_event event;

    for (long i = load->count + load->idle; i-- > first;) {
        connection_open(load, i);
        mio_poll_wait(load->poll, &event, 1, -1);
        client_check(mio_connect_result(load->connections[i].fd), "connect");
    }
    for (long i = 0; i < load->count; i++)
        load_free(load, i);
    puts("connected");
    fflush(stdout);
}

/* At a fixed rate it does not sleep, lest it oversleep. */
static void load_wait(load_state *load)
{
    static mio_event events[LOAD_EVENTS];
    const int count =
        mio_poll_wait(load->poll, events, LOAD_EVENTS, load->pace.interval_ns > 0 ? 0 : -1);

    for (int i = 0; i < count; i++) {
        load_connection *connection = &load->connections[events[i].token];

        if (connection->received == (size_t)load->size)
            continue;
        connection_send(load, connection);
        connection_receive(load, connection);
        load_begin(load);
    }
}

static void load_turn(load_state *load)
{
    load->done = 0;
    load->latency = (histogram){0};
    if (load->pace.limit > 0 && load->pace.limit < load->count && !(load->pace.interval_ns > 0))
        load->pace.limit = load->count;
    for (;;) {
        load->now_ns = mio_now_ns();
        load_begin(load);
        if (load->free_count == load->count && pace_over(&load->pace, load->now_ns))
            break;
        load_wait(load);
    }
    client_tell(&load->pace, load->done, &load->latency);
}

static void load_read_options(load_state *load, int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "c:i:s:o")) != -1) {
        if (option == 'c')
            load->count = client_number(optarg, LOAD_MAX);
        else if (option == 'i')
            load->idle = client_number(optarg, LOAD_MAX);
        else if (option == 's')
            load->size = client_number(optarg, LOAD_MAX);
        else if (option == 'o')
            load->once = true;
        else
            exit(2);
    }
    if (optind != argc - 1)
        client_check(-EINVAL, "ADDRESS");
    client_check(mio_addr_parse(argv[optind], &load->addr), argv[optind]);
}

static void load_make(load_state *load)
{
    char host[32];

    client_check(mio_poll_new(NULL, &load->poll), "poll");
    load->connections = client_allocate(load->count + load->idle, sizeof *load->connections);
    load->free = client_allocate(load->count, sizeof *load->free);
    load->message = client_allocate(load->size, 1);
    for (long i = 0; i < load->size; i++)
        load->message[i] = (char)('a' + i % 26);
    for (int i = 0; i < LOAD_HOSTS; i++) {
        snprintf(host, sizeof host, "127.0.0.%d:0", i + 2);
        client_check(mio_addr_parse(host, &load->hosts[i]), host);
    }
}

int main(int argc, char **argv)
{
    static load_state load = {.count = 50, .size = 64};

    load_read_options(&load, argc, argv);
    load_make(&load);
    load_connect(&load);
    while (client_next_turn(&load.pace))
        load_turn(&load);
    return EXIT_SUCCESS;
}
