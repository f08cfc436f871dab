/*
 * The load client of the benchmarks over UDP.
 *
 *   load_udp ADDRESS [-c WINDOW] [-s SIZE]
 *
 * It takes its turns as client.h says: it keeps WINDOW datagrams on their way, in batches, so
 * that the server is the bottleneck. Last it sends an empty datagram, which ends the server.
 * A datagram that is lost or changed ends it with status 1: the window fits into the buffers.
 */
#include "client.h"

#include "mio/clock.h"
#include "mio/datagram.h"
#include "mio/poll.h"
#include "mio/socket.h"

#include <errno.h>
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
    pace pace;
    long done;
} udp_state;

static void udp_wait(const udp_state *load)
{
    mio_event event;
    const int count = mio_poll_wait(load->poll, &event, 1, udp_patience_ns);

    client_check(count == 0 ? -ETIMEDOUT : count, "lost");
}

/* So many datagrams, of those that are still to be sent. */
static void udp_send(udp_state *load, long most)
{
    const int64_t now_ns = mio_now_ns();
    int64_t begin_ns;
    long count = 0;

    while (count < most && pace_begin(&load->pace, now_ns, &begin_ns)) {
        load->datagrams[count].data = load->message;
        load->datagrams[count].length = (size_t)load->size;
        load->datagrams[count].addr = (mio_addr){0};
        count++;
    }
    for (long i = 0; i < count;) {
        const ptrdiff_t sent =
            mio_datagram_send_batch(load->fd, load->datagrams + i, (size_t)(count - i));

        client_check(sent, "send");
        i += sent;
    }
}

/* What has come back; 0: nothing yet. */
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
    client_check(count, "receive");
    for (long i = 0; i < count; i++) {
        const mio_datagram *datagram = &load->datagrams[i];

        if (datagram->length != (size_t)load->size ||
            memcmp(datagram->data, load->message, datagram->length) != 0)
            client_check(-EPROTO, "this is no echo");
    }
    load->done += count;
    return count;
}

static void udp_turn(udp_state *load)
{
    load->done = 0;
    udp_send(load, load->window);
    while (load->done < load->pace.begun) {
        const long count = udp_take(load);

        if (count == 0)
            udp_wait(load);
        else
            udp_send(load, count);
    }
    client_tell(&load->pace, load->done, NULL);
}

static void udp_read_options(udp_state *load, int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "c:s:")) != -1) {
        if (option == 'c')
            load->window = client_number(optarg, UDP_WINDOW_MAX);
        else if (option == 's')
            load->size = client_number(optarg, UDP_SIZE_MAX);
        else
            exit(2);
    }
    if (optind != argc - 1)
        client_check(-EINVAL, "ADDRESS");
}

static void udp_open(udp_state *load, const char *address)
{
    mio_addr addr, any;

    client_check(mio_addr_parse(address, &addr), address);
    client_check(mio_addr_parse("127.0.0.1:0", &any), "address");
    client_check(mio_datagram_open(&any, NULL, &load->fd), "socket");
    client_check(mio_datagram_connect(load->fd, &addr), "connect");
    client_check(mio_poll_new(NULL, &load->poll), "poll");
    client_check(mio_poll_register(load->poll, load->fd, 0, MIO_READABLE, MIO_LEVEL),
                 "register");
}

int main(int argc, char **argv)
{
    static udp_state load = {.window = 50, .size = 64};

    udp_read_options(&load, argc, argv);
    memset(load.message, 'u', sizeof load.message);
    udp_open(&load, argv[optind]);
    puts("connected");
    fflush(stdout);
    while (client_next_turn(&load.pace))
        udp_turn(&load);
    client_check(mio_datagram_send(load.fd, "", 0, NULL), "send");
    return EXIT_SUCCESS;
}
