/* The limit of dispatch: epoll itself. */
#include "dispatch.h"

#include <sys/epoll.h>

static int queue;

static void dispatch_open(long count)
{
    (void)count;
    queue = epoll_create1(EPOLL_CLOEXEC);
    micro_check(queue, "epoll_create1");
}

static void dispatch_watch(long i, int fd)
{
    struct epoll_event change = {.events = EPOLLIN, .data.u64 = (uint64_t)i};

    micro_check(epoll_ctl(queue, EPOLL_CTL_ADD, fd, &change), "epoll_ctl");
}

static void dispatch_run(long events)
{
    static struct epoll_event batch[256];

    while (pipes.events < events) {
        const int count = epoll_wait(queue, batch, 256, -1);

        for (int i = 0; i < count; i++)
            dispatch_event((long)batch[i].data.u64);
    }
}
