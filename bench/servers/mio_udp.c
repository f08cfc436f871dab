/*
 * An echo of datagrams on mio_loop_run(), one by one. An empty datagram ends it.
 */
#include "mio.h"

#include <stdio.h>
#include <stdlib.h>

static void udp_check(ptrdiff_t err, const char *what)
{
    if (err >= 0)
        return;
    fprintf(stderr, "%s: %s\n", what, mio_strerror((int)err));
    exit(EXIT_FAILURE);
}

static void udp_echo(mio_loop *loop, const mio_event *event, void *ctx)
{
    static char buffer[65536];
    const mio_fd fd = (mio_fd)event->token;
    mio_addr from;
    ptrdiff_t count;

    (void)ctx;
    while ((count = mio_datagram_recv(fd, buffer, sizeof buffer, &from)) > 0)
        udp_check(mio_datagram_send(fd, buffer, (size_t)count, &from), "send");
    if (count == 0)
        mio_loop_shutdown(loop);
}

int main(void)
{
    const mio_handler handler = {.ready = udp_echo};
    char text[MIO_ADDR_TEXT_MAX];
    mio_loop *loop;
    mio_addr addr;
    mio_fd fd;

    udp_check(mio_addr_parse("127.0.0.1:0", &addr), "address");
    udp_check(mio_datagram_open(&addr, NULL, &fd), "socket");
    udp_check(mio_socket_local(fd, &addr), "address");
    udp_check(mio_addr_format(&addr, text, sizeof text), "address");
    printf("listening on %s\n", text);
    fflush(stdout);
    udp_check(mio_loop_new(NULL, &loop), "loop");
    udp_check(mio_loop_register(loop, fd, MIO_READABLE, MIO_LEVEL, (uint64_t)fd, NULL),
              "register");
    udp_check(mio_loop_run(loop, &handler, NULL), "run");
    mio_loop_free(loop);
    mio_close(fd);
    return EXIT_SUCCESS;
}
