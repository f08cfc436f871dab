/* Dispatch by a poll of mio. */
#include "dispatch.h"

#include "mio/poll.h"

static mio_poll *queue;

static void dispatch_open(long count)
{
    (void)count;
    micro_check(mio_poll_new(NULL, &queue), "poll");
}

static void dispatch_watch(long i, int fd)
{
    micro_check(mio_poll_register(queue, fd, (uint64_t)i, MIO_READABLE, MIO_LEVEL), "register");
}

static void dispatch_run(long events)
{
    static mio_event batch[256];

    while (pipes.events < events) {
        const int count = mio_poll_wait(queue, batch, 256, -1);

        for (int i = 0; i < count; i++)
            dispatch_event((long)batch[i].token);
    }
}
