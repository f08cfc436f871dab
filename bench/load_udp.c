/*
 * The load client of the benchmarks over UDP.
 *
 *   load_udp ADDRESS [-c WINDOW] [-s SIZE] [-n REQUESTS] [-w]
 *
 * Keeps WINDOW datagrams on their way until REQUESTS have come back, in batches, so that the
 * server is the bottleneck; prints "requests N seconds S". With -w it waits for the end of its
 * input. Last it sends an empty datagram, which ends the server.
 * A datagram that is lost or changed ends it with status 1: the window fits into the buffers.
 */
#include "mio/clock.h"
#include "mio/datagram.h"
#include "mio/poll.h"
#include "mio/socket.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { UDP_WINDOW_MAX = 64, UDP_SIZE_MAX = 1400 };

static const int64_t udp_patience_ns = 5000000000;

typedef struct udp_state {
    mio_fd fd;
    mio_poll *poll;
    mio_datagram datagrams[UDP_WINDOW_MAX];
    char room[UDP_WINDOW_MAX][UDP_SIZE_MAX];
    char message[UDP_SIZE_MAX];
    long window;
    long size;
    long requests;
    long sent;
    long done;
    bool waits;
} udp_state;

static void udp_check(ptrdiff_t err, const char *what)
{
    if (err >= 0)
        return;
    fprintf(stderr, "load_udp: %s: %s\n", what, mio_strerror((int)err));
    exit(EXIT_FAILURE);
}

static void udp_wait(const udp_state *load)
{
    mio_event event;
    const int count = mio_poll_wait(load->poll, &event, 1, udp_patience_ns);

    udp_check(count == 0 ? -ETIMEDOUT : count, "lost");
}

/* So many datagrams, of those that are still to be sent. */
static void udp_send(udp_state *load, long count)
{
    if (count > load->requests - load->sent)
        count = load->requests - load->sent;
    for (long i = 0; i < count; i++) {
        load->datagrams[i].data = load->message;
        load->datagrams[i].length = (size_t)load->size;
        load->datagrams[i].addr = (mio_addr){0};
    }
    for (long i = 0; i < count;) {
        const ptrdiff_t sent =
            mio_datagram_send_batch(load->fd, load->datagrams + i, (size_t)(count - i));

        udp_check(sent, "send");
        i += sent;
    }
    load->sent += count;
}

/* What has come back, at least one: 0 if there is none. */
static long udp_take(udp_state *load)
{
    ptrdiff_t count;

    for (long i = 0; i < load->window; i++) {
        load->datagrams[i].data = load->room[i];
        load->datagrams[i].capacity = UDP_SIZE_MAX;
    }
    count = mio_datagram_recv_batch(load->fd, load->datagrams, (size_t)load->window);
    if (count == -EAGAIN)
        return 0;
    udp_check(count, "receive");
    for (long i = 0; i < count; i++) {
        const mio_datagram *datagram = &load->datagrams[i];

        if (datagram->length != (size_t)load->size ||
            memcmp(datagram->data, load->message, datagram->length) != 0)
            udp_check(-EPROTO, "this is no echo");
    }
    load->done += count;
    return count;
}

static void udp_run(udp_state *load)
{
    udp_send(load, load->window);
    while (load->done < load->requests) {
        const long count = udp_take(load);

        if (count == 0)
            udp_wait(load);
        else
            udp_send(load, count);
    }
}

static long udp_number(const char *text, long max)
{
    char *end;
    const long number = strtol(text, &end, 10);

    if (*end != '\0' || number < 1 || number > max)
        udp_check(-EINVAL, text);
    return number;
}

static void udp_read_options(udp_state *load, int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "c:s:n:w")) != -1) {
        if (option == 'c')
            load->window = udp_number(optarg, UDP_WINDOW_MAX);
        else if (option == 's')
            load->size = udp_number(optarg, UDP_SIZE_MAX);
        else if (option == 'n')
            load->requests = udp_number(optarg, 1000000000);
        else if (option == 'w')
            load->waits = true;
        else
            exit(2);
    }
}

int main(int argc, char **argv)
{
    static udp_state load = {.window = 50, .size = 64, .requests = 100000};
    mio_addr addr, any;
    int64_t start_ns;

    udp_read_options(&load, argc, argv);
    if (optind != argc - 1)
        udp_check(-EINVAL, "ADDRESS");
    udp_check(mio_addr_parse(argv[optind], &addr), argv[optind]);
    memset(load.message, 'u', sizeof load.message);
    udp_check(mio_addr_parse("127.0.0.1:0", &any), "address");
    udp_check(mio_datagram_open(&any, NULL, &load.fd), "socket");
    udp_check(mio_datagram_connect(load.fd, &addr), "connect");
    udp_check(mio_poll_new(NULL, &load.poll), "poll");
    udp_check(mio_poll_register(load.poll, load.fd, 0, MIO_READABLE, MIO_LEVEL), "register");
    start_ns = mio_now_ns();
    udp_run(&load);
    printf("requests %ld seconds %.6f\n", load.done, (double)(mio_now_ns() - start_ns) / 1e9);
    fflush(stdout);
    while (load.waits && getchar() != EOF)
        continue;
    udp_check(mio_datagram_send(load.fd, "", 0, NULL), "send");
    return EXIT_SUCCESS;
}
