/*
 * The load client of the benchmarks: echo requests over many connections.
 *
 *   load ADDRESS [-c CONNECTIONS] [-i IDLE] [-s SIZE] [-n REQUESTS] [-w]
 *
 * Each connection sends a message, waits until all of it has come back, and sends the next,
 * until REQUESTS have been sent on all connections together; every connection sends one at
 * least. Then it prints "requests N". With -w it stays connected until its input ends.
 * IDLE connections, opened before, say nothing. Since a server accepts in order, it has
 * accepted them all when a request is done.
 * Whatever goes wrong ends it with status 1: a measurement never goes on with less load.
 */
#include "mio/poll.h"
#include "mio/socket.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOAD_EVENTS = 256, LOAD_BUFFER = 65536 };

typedef struct load_connection {
    mio_fd fd;
    size_t sent; /* bytes of the current message */
    size_t received;
} load_connection;

typedef struct load_state {
    mio_poll *poll;
    load_connection *connections;
    char *message;
    long count;    /* of connections */
    long idle;     /* of further ones */
    long size;     /* of a message */
    long requests; /* to do */
    long begun;
    long done;
    bool waits;
} load_state;

static void load_fail(const char *what, ptrdiff_t err)
{
    fprintf(stderr, "load: %s: %s\n", what, mio_strerror((int)err));
    exit(EXIT_FAILURE);
}

static void *load_allocate(long count, size_t size)
{
    void *memory = calloc((size_t)count, size);

    if (memory == NULL)
        load_fail("memory", -ENOMEM);
    return memory;
}

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
    if (count < 0 && count != -EAGAIN)
        load_fail("write", count);
}

/* Begin the next request, if there is to be one. */
static void connection_begin(load_state *load, load_connection *connection)
{
    if (load->begun == load->requests)
        return;
    load->begun++;
    connection->sent = 0;
    connection->received = 0;
    connection_send(load, connection);
}

/* Take what has come back, which must be what was sent. */
static void connection_take(load_state *load, load_connection *connection, const char *data,
                            size_t count)
{
    if (count > connection->sent - connection->received ||
        memcmp(data, load->message + connection->received, count) != 0)
        load_fail("this is no echo", -EPROTO);
    connection->received += count;
    if (connection->received < (size_t)load->size)
        return;
    load->done++;
    connection_begin(load, connection);
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
    } while (count == sizeof buffer);
    if (count == 0 || (count < 0 && count != -EAGAIN))
        load_fail("read", count == 0 ? -ECONNRESET : count);
}

static void connection_open(load_state *load, uint64_t index, const mio_addr *addr)
{
    load_connection *connection = &load->connections[index];
    int err = mio_connect(addr, NULL, &connection->fd);

    if (err == 0)
        err = mio_poll_register(load->poll, connection->fd, index, MIO_READABLE | MIO_WRITABLE,
                                MIO_EDGE);
    if (err < 0)
        load_fail("connect", err);
    connection->sent = (size_t)load->size; /* nothing to do until it begins */
    connection->received = connection->sent;
}

/* The idle ones, which are the last of the array, first; and one after the other, so that no
 * listener's backlog overflows: that would cost seconds. */
static void load_connect(load_state *load, const mio_addr *addr)
{
    mio_event event;

    for (long i = load->count + load->idle; i-- > 0;) {
        int err;

        connection_open(load, (uint64_t)i, addr);
        mio_poll_wait(load->poll, &event, 1, -1);
        err = mio_connect_result(load->connections[i].fd);
        if (err < 0)
            load_fail("connect", err);
    }
}

static void load_run(load_state *load)
{
    static mio_event events[LOAD_EVENTS];

    for (long i = 0; i < load->count; i++)
        connection_begin(load, &load->connections[i]);
    while (load->done < load->requests) {
        const int count = mio_poll_wait(load->poll, events, LOAD_EVENTS, -1);

        for (int i = 0; i < count; i++) {
            load_connection *connection = &load->connections[events[i].token];

            connection_send(load, connection);
            connection_receive(load, connection);
        }
    }
}

static long load_number(const char *text)
{
    char *end;
    const long number = strtol(text, &end, 10);

    if (*end != '\0' || number < 1)
        load_fail(text, -EINVAL);
    return number;
}

static void load_read_options(load_state *load, int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "c:i:s:n:w")) != -1) {
        if (option == 'c')
            load->count = load_number(optarg);
        else if (option == 'i')
            load->idle = load_number(optarg);
        else if (option == 's')
            load->size = load_number(optarg);
        else if (option == 'n')
            load->requests = load_number(optarg);
        else if (option == 'w')
            load->waits = true;
        else
            exit(2);
    }
    if (load->requests < load->count)
        load->requests = load->count;
}

static void load_make(load_state *load)
{
    const int err = mio_poll_new(NULL, &load->poll);

    if (err < 0)
        load_fail("poll", err);
    load->connections = load_allocate(load->count + load->idle, sizeof *load->connections);
    load->message = load_allocate(load->size, 1);
    for (long i = 0; i < load->size; i++)
        load->message[i] = (char)('a' + i % 26);
}

int main(int argc, char **argv)
{
    load_state load = {.count = 50, .size = 64, .requests = 100000};
    mio_addr addr;

    load_read_options(&load, argc, argv);
    if (optind != argc - 1 || mio_addr_parse(argv[optind], &addr) < 0)
        load_fail("ADDRESS", -EINVAL);
    load_make(&load);
    load_connect(&load, &addr);
    load_run(&load);
    printf("requests %ld\n", load.done);
    fflush(stdout);
    while (load.waits && getchar() != EOF)
        continue;
    return EXIT_SUCCESS;
}
