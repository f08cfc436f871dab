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

/* Where nothing is registered nothing is waited for: events that an earlier turn has left,
   and a shutdown that came early, still have their turn. */
static int run_turn(mio_loop *loop, const mio_handler *handler, void *ctx)
{
    mio_event event;
    int err = mio_loop_poll(loop, mio_loop_count(loop) > 0 ? -1 : 0);

    while (err == 0 && mio_loop_next(loop, &event)) {
        mio_handler_fn fn = run_choose(handler, event.kind);

        if (fn != NULL)
            fn(loop, &event, ctx);
        if (loop->freed)
            err = -ECANCELED;
    }
    return err;
}

int mio_loop_run(mio_loop *loop, const mio_handler *handler, void *ctx)
{
    int err;

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
