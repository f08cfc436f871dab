/*
 * The limit for datagrams one by one: an echo on epoll, recvfrom() and sendto() themselves. An
 * empty datagram ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static void raw_check(ssize_t result, const char *what)
{
    if (result >= 0)
        return;
    perror(what);
    exit(EXIT_FAILURE);
}

static int raw_open(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof addr;
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    raw_check(fd, "socket");
    raw_check(bind(fd, (struct sockaddr *)&addr, size), "bind");
    raw_check(getsockname(fd, (struct sockaddr *)&addr, &size), "getsockname");
    printf("listening on 127.0.0.1:%d\n", ntohs(addr.sin_port));
    fflush(stdout);
    return fd;
}

/* All that has come. Returns 0 at the empty one. */
static int raw_echo(int fd)
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
        raw_check(count, "recvfrom");
        raw_check(sendto(fd, buffer, (size_t)count, 0, (struct sockaddr *)&from, size),
                  "sendto");
    }
}

int main(void)
{
    const int fd = raw_open();
    const int queue = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};

    raw_check(queue, "epoll_create1");
    raw_check(epoll_ctl(queue, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
    do
        raw_check(epoll_wait(queue, &event, 1, -1), "epoll_wait");
    while (raw_echo(fd));
    return EXIT_SUCCESS;
}
