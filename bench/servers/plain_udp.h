/*
 * Datagrams by recvfrom() and sendto() themselves, for servers that only wait by other means.
 */
#ifndef BENCH_PLAIN_UDP_H
#define BENCH_PLAIN_UDP_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static void plain_check(ssize_t result, const char *what)
{
    if (result >= 0)
        return;
    perror(what);
    exit(EXIT_FAILURE);
}

static int plain_open(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof addr;
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    plain_check(fd, "socket");
    plain_check(bind(fd, (struct sockaddr *)&addr, size), "bind");
    plain_check(getsockname(fd, (struct sockaddr *)&addr, &size), "getsockname");
    printf("listening on 127.0.0.1:%d\n", ntohs(addr.sin_port));
    fflush(stdout);
    return fd;
}

/* All that has come. Returns 0 at an empty datagram, which ends the server. */
static int plain_echo(int fd)
{
    static char buffer[65536];
    struct sockaddr_in from;

    for (;;) {
        socklen_t size = sizeof from;
        const ssize_t count =
            recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &size);

        if (count == 0)
            return 0;
        if (count < 0 && errno == EAGAIN)
            return 1;
        plain_check(count, "recvfrom");
        plain_check(sendto(fd, buffer, (size_t)count, 0, (struct sockaddr *)&from, size),
                    "sendto");
    }
}

#endif
