#include "loop/loop.h"

#include <errno.h>

static mio_handler_fn run_choose(const mio_handler *handler, mio_event_kind kind)
{
    switch (kind) {
    case MIO_READY:
        return handler->ready;
    case MIO_SIGNAL:
        return handler->signal;
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

static int run_turn(mio_loop *loop, const mio_handler *handler, void *ctx)
{
    mio_event event;
    int err = mio_loop_poll(loop, -1);

    while (err == 0 && mio_loop_next(loop, &event)) {
        mio_handler_fn fn = run_choose(handler, event.kind);

        if (fn != NULL)
            fn(loop, &event, ctx);
        if (loop->freed)
            err = -ECANCELED;
    }
    return err;
}

/* Nothing that is registered, and no turn in hand: nothing could ever be reported. */
static bool run_is_over(const mio_loop *loop)
{
    return mio_loop_count(loop) == 0 && loop->phase == TURN_NONE;
}

int mio_loop_run(mio_loop *loop, const mio_handler *handler, void *ctx)
{
    bool shutdown = false;
    int err = 0;

    if (loop->running)
        return -EBUSY;
    loop->running = true;
    while (err == 0 && !shutdown && !run_is_over(loop)) {
        err = run_turn(loop, handler, ctx);
        shutdown = err == 0 && mio_loop_take_shutdown(loop);
    }
    loop->running = false;
    if (loop->freed)
        mio_loop_free(loop);
    return err;
}
