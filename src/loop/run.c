#include "loop/turn.h"
#include "mio/stats.h"

#include <errno.h>

static mio_handler_fn run_choose(const mio_handler *handler, mio_event_kind kind)
{
    switch (kind) {
    case MIO_READY:
        return handler->ready;
    case MIO_SIGNAL:
        return handler->signal;
    case MIO_CHILD:
        return handler->child;
    case MIO_NOTIFY:
        return handler->notify;
    case MIO_TIMEOUT:
        return handler->timeout;
    case MIO_INTERRUPTED:
        return handler->interrupted;
    case MIO_TICK:
        return handler->tick;
    }
    return NULL;
}

static void run_call(mio_loop *loop, mio_handler_fn fn, const mio_event *event, void *ctx)
{
    if (fn != NULL)
        fn(loop, event, ctx);
}

static void run_nothing(mio_loop *loop, const mio_event *event, void *ctx)
{
    (void)loop, (void)event, (void)ctx;
}

/* Descriptors come first in every turn, and in most nothing else does. A loop that is freed
   ends its batch. */
static int run_ready(mio_loop *loop, mio_handler_fn ready, void *ctx)
{
    const mio_event *event;

    if (ready == NULL)
        ready = run_nothing;
    while ((event = mio__turn_next_ready(loop)) != NULL)
        ready(loop, event, ctx);
    return loop->freed ? -ECANCELED : 0;
}

/* Where nothing is registered nothing is waited for: events that an earlier turn has left,
   and a shutdown that came early, still have their turn. */
static int run_turn(mio_loop *loop, const mio_handler *handler, void *ctx)
{
    mio_event event = {.kind = MIO_READY};
    int err = mio_loop_poll(loop, mio_loop_count(loop) > 0 ? -1 : 0);

    if (err == 0 && !loop->measure.on) /* else mio_loop_next() is to see them */
        err = run_ready(loop, handler->ready, ctx);
    /* The tick is the end, even where its handler has polled and so begun the next turn. */
    while (err == 0 && event.kind != MIO_TICK && mio_loop_next(loop, &event)) {
        run_call(loop, run_choose(handler, event.kind), &event, ctx);
        if (loop->freed)
            err = -ECANCELED;
    }
    mio_loop_handled(loop);
    return err;
}

int mio_loop_run(mio_loop *loop, const mio_handler *handler, void *ctx)
{
    int err;

    if (handler == NULL)
        return -EINVAL;
    if (loop->running)
        return -EBUSY;
    loop->running = true;
    do {
        err = run_turn(loop, handler, ctx);
    } while (err == 0 && !mio_loop_take_shutdown(loop) && mio_loop_count(loop) > 0);
    loop->running = false;
    if (loop->freed)
        mio_loop_free(loop);
    return err;
}
