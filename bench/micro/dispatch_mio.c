/* Dispatch by a loop of mio. */
#include "dispatch.h"

#include "mio/loop.h"

static mio_loop *loop;

static void loop_ready(mio_loop *of, const mio_event *event, void *ctx)
{
    (void)of;
    (void)ctx;
    dispatch_event((long)event->token);
}

static void loop_tick(mio_loop *of, const mio_event *event, void *ctx)
{
    (void)event;
    if (pipes.events >= *(long *)ctx)
        mio_loop_shutdown(of);
}

static void dispatch_open(long count)
{
    const mio_loop_config config = {.registrations = (unsigned)count};

    micro_check(mio_loop_new(&config, &loop), "loop");
}

static void dispatch_watch(long i, int fd)
{
    micro_check(mio_loop_register(loop, fd, MIO_READABLE, MIO_LEVEL, (uint64_t)i, NULL),
                "register");
}

static void dispatch_run(long events)
{
    static const mio_handler handler = {.ready = loop_ready, .tick = loop_tick};

    micro_check(mio_loop_run(loop, &handler, &events), "run");
}
