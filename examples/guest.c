/*
 * A mio loop as a guest in a program that has an event loop of its own, here over plain epoll:
 * the guest is an echo server, and the host says now and then how much was echoed.
 *
 *     ./dev run examples/guest.c [ADDRESS [SECONDS]]
 *
 * The host waits for the guest's descriptor together with its own, and no longer than the guest
 * allows. Then the guest does one turn, which never waits.
 */
#include "mio.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* How long the listener rests when it cannot accept. */
static const int64_t rest_ns = 100000000;

static void check(const char *what, int err)
{
    if (err < 0) {
        fprintf(stderr, "%s: %s\n", what, mio_strerror(err));
        exit(EXIT_FAILURE);
    }
}

/* ---------------------------------------------------------------- the guest */

struct server {
    mio_loop *loop;
    mio_fd listener;
    uint64_t listener_id;
    mio_fd spare; /* given up to turn a client away when no descriptor is free */
    unsigned long long echoed;
};

static void server_open(struct server *server, const char *address)
{
    char text[MIO_ADDR_TEXT_MAX];
    mio_addr addr;

    check(address, mio_addr_parse(address, &addr));
    check(address, mio_listen(&addr, NULL, &server->listener));
    check("spare", mio_spare_open(&server->spare));
    check("loop", mio_loop_new(NULL, &server->loop));
    check("listener", mio_loop_register(server->loop, server->listener, MIO_READABLE, MIO_LEVEL,
                                        (uint64_t)server->listener, &server->listener_id));
    check("INT", mio_loop_signal(server->loop, SIGINT, 0, NULL));
    check("TERM", mio_loop_signal(server->loop, SIGTERM, 0, NULL));
    check("address", mio_socket_local(server->listener, &addr));
    check("address", mio_addr_format(&addr, text, sizeof text));
    printf("listening on %s\n", text);
    fflush(stdout);
}

/* The clients' descriptors, which nobody has noted down, go with the process. */
static void server_close(struct server *server)
{
    mio_loop_free(server->loop);
    mio_close(server->spare);
    mio_close(server->listener);
}

/* At the descriptor limit one client is turned away, and the others wait for a better time:
   the end of the pause is a timer, which the host has to allow for. */
static void server_accept(struct server *server)
{
    mio_fd fd;
    int err;

    while ((err = mio_accept(server->listener, &fd, NULL)) == 0) {
        if (mio_loop_register(server->loop, fd, MIO_READABLE, MIO_LEVEL, (uint64_t)fd, NULL) <
            0)
            mio_close(fd);
    }
    if (err == -EMFILE || err == -ENFILE)
        mio_accept_shed(server->listener, &server->spare);
    if (err != -EAGAIN)
        mio_loop_pause(server->loop, server->listener_id, rest_ns);
}

/* What is not sent yet stays in the kernel: it is peeked at, sent, and only then read. */
static void server_echo(struct server *server, const mio_event *event)
{
    const mio_fd client = (mio_fd)event->token;
    char bytes[16384];
    ptrdiff_t sent = 0, count = mio_peek(client, bytes, sizeof bytes);

    if (count > 0)
        sent = mio_write(client, bytes, (size_t)count);
    if (sent > 0) {
        mio_read(client, bytes, (size_t)sent);
        server->echoed += (size_t)sent;
    }
    if (count == 0 || (count < 0 && count != -EAGAIN) || (sent < 0 && sent != -EAGAIN)) {
        mio_loop_deregister(server->loop, event->id);
        mio_close(client);
        return;
    }
    mio_loop_reregister(server->loop, event->id, sent == -EAGAIN ? MIO_WRITABLE : MIO_READABLE,
                        MIO_LEVEL);
}

/* One turn: what is ready and what is due, without waiting. */
static void server_turn(struct server *server)
{
    mio_event event;

    check("poll", mio_loop_poll(server->loop, 0));
    while (mio_loop_next(server->loop, &event)) {
        if (event.kind == MIO_SIGNAL)
            mio_loop_shutdown(server->loop);
        else if (event.kind == MIO_READY && event.token == (uint64_t)server->listener)
            server_accept(server);
        else if (event.kind == MIO_READY)
            server_echo(server, &event);
    }
}

/* ----------------------------------------------------------------- the host */

struct host {
    int epoll;
    int clock;
};

static int host_check(const char *what, int result)
{
    check(what, result < 0 ? -errno : 0);
    return result;
}

static void host_watch(const struct host *host, int fd)
{
    struct epoll_event wanted = {.events = EPOLLIN, .data = {.fd = fd}};

    host_check("epoll", epoll_ctl(host->epoll, EPOLL_CTL_ADD, fd, &wanted));
}

static void host_open(struct host *host, double seconds, const mio_loop *guest)
{
    const time_t whole = (time_t)seconds;
    const struct timespec period = {whole, (long)((seconds - (double)whole) * 1e9)};
    const struct itimerspec periodic = {period, period};

    host->epoll = host_check("epoll", epoll_create1(EPOLL_CLOEXEC));
    host->clock = host_check("clock", timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
    host_check("clock", timerfd_settime(host->clock, 0, &periodic, NULL));
    host_watch(host, host->clock);
    host_watch(host, mio_loop_pollfd(guest));
}

static void host_close(struct host *host)
{
    close(host->clock);
    close(host->epoll);
}

/* How long epoll may wait for the guest's sake, in milliseconds. Rounded up: rounded down, the
   last part of a millisecond before a timer would be spent spinning. */
static int host_patience(const mio_loop *guest)
{
    const int64_t timeout_ns = mio_loop_timeout(guest);
    int64_t timeout_ms;

    if (timeout_ns < 0)
        return -1;
    timeout_ms = timeout_ns / 1000000 + (timeout_ns % 1000000 > 0);
    return timeout_ms < INT_MAX ? (int)timeout_ms : INT_MAX;
}

static void host_tick(const struct host *host, const struct server *server)
{
    uint64_t times;

    host_check("clock", (int)read(host->clock, &times, sizeof times));
    printf("echoed %llu bytes\n", server->echoed);
    fflush(stdout);
}

/* The guest has its turn whatever has ended the wait: with nothing to tell, it costs little. */
static void host_run(const struct host *host, struct server *server)
{
    struct epoll_event events[2];

    do {
        int count = epoll_wait(host->epoll, events, 2, host_patience(server->loop));

        if (count < 0 && errno != EINTR)
            host_check("epoll", count);
        while (count-- > 0) {
            if (events[count].data.fd == host->clock)
                host_tick(host, server);
        }
        server_turn(server);
    } while (!mio_loop_take_shutdown(server->loop));
}

int main(int argc, char **argv)
{
    struct server server = {.echoed = 0};
    struct host host;

    server_open(&server, argc > 1 ? argv[1] : "127.0.0.1:7000");
    host_open(&host, argc > 2 ? atof(argv[2]) : 10, server.loop);
    host_run(&host, &server);
    host_close(&host);
    server_close(&server);
    return EXIT_SUCCESS;
}
