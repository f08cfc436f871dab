/*
 * The limit for datagrams one by one: an echo on epoll, recvfrom() and sendto() themselves. An
 * empty datagram ends it.
 */
#include "plain_udp.h"

#include <sys/epoll.h>

int main(void)
{
    const int fd = plain_open();
    const int queue = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};

    plain_check(queue, "epoll_create1");
    plain_check(epoll_ctl(queue, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
    do
        plain_check(epoll_wait(queue, &event, 1, -1), "epoll_wait");
    while (plain_echo(fd));
    return EXIT_SUCCESS;
}
