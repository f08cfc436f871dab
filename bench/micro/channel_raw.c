/* The limit of wake-ups: a queue under a mutex, with an eventfd and epoll. */
#include "queue.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

static int bell = -1, waiter = -1;

static void channel_open(void)
{
    struct epoll_event change = {.events = EPOLLIN};

    if (bell >= 0)
        return;
    bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    waiter = epoll_create1(EPOLL_CLOEXEC);
    micro_check(epoll_ctl(waiter, EPOLL_CTL_ADD, bell, &change), "epoll_ctl");
}

static bool channel_send(long producer, uint64_t value)
{
    bool wake;
    const bool sent = queue_put(value, &wake);

    (void)producer;
    if (wake)
        micro_check(eventfd_write(bell, 1), "eventfd_write");
    return sent;
}

static void channel_run(void)
{
    struct epoll_event event;
    eventfd_t rings;

    while (channel.received < channel.expected) {
        micro_check(epoll_wait(waiter, &event, 1, -1), "epoll_wait");
        eventfd_read(bell, &rings);
        queue_drain();
    }
}
