/*
 * Signals of a loop: which registrations want which signal, on one signal pipe.
 */
#include "mio/signal.h"

#include "base/bits.h"
#include "loop/loop.h"

#include <errno.h>

/* The pipe is opened with the first registration of a signal, */
static int signal_pipe_prepare(mio_loop *loop)
{
    mio__signal_pipe *pipe;
    int err;

    if (loop->pipe != NULL)
        return 0;
    err = mio__signal_pipe_open(&pipe);
    if (err < 0)
        return err;
    err = mio__loop_register_own(loop, mio__signal_pipe_fd(pipe), LOOP_OWN_PIPE, 0,
                                 &loop->pipe_id);
    if (err < 0) {
        mio__signal_pipe_close(pipe);
        return err;
    }
    loop->pipe = pipe;
    return 0;
}

/* and closed with the last. */
static void signal_pipe_release(mio_loop *loop)
{
    if (loop->pipe == NULL || loop->signals.count > 0)
        return;
    mio__loop_deregister_own(loop, loop->pipe_id);
    mio__signal_pipe_close(loop->pipe);
    loop->pipe = NULL;
}

static int signal_insert(mio_loop *loop, int signal_number, mio__signal **ret_signal)
{
    void *item;
    uint64_t id;
    int err = mio__slab_insert(&loop->signals, &item, &id);

    if (err < 0)
        return err;
    err = mio__signal_pipe_add(loop->pipe, signal_number);
    if (err < 0 && err != -EEXIST) {
        mio__slab_remove(&loop->signals, id);
        return err;
    }
    *ret_signal = item;
    return 0;
}

int mio_loop_signal(mio_loop *loop, int signal_number, uint64_t token, uint64_t *ret_id)
{
    mio__signal *signal;
    int err = mio__loop_is_stale(loop) ? -ESTALE : signal_pipe_prepare(loop);

    if (err < 0)
        return err;
    if (loop->phase == TURN_READY)
        mio__loop_signal_take(loop);
    err = signal_insert(loop, signal_number, &signal);
    if (err < 0) {
        signal_pipe_release(loop);
        return err;
    }
    signal->token = token;
    signal->number = signal_number;
    signal->turn = loop->turn;
    if (ret_id != NULL)
        *ret_id = mio__slab_id(signal);
    return 0;
}

static bool signal_is_wanted(const mio_loop *loop, int number)
{
    const mio__signal *signal;
    uint32_t cursor = 0;
    uint64_t id;

    while ((signal = mio__slab_each(&loop->signals, &cursor, &id)) != NULL) {
        if (signal->number == number)
            return true;
    }
    return false;
}

int mio__loop_signal_end(mio_loop *loop, uint64_t id)
{
    const mio__signal *signal = mio__slab_get(&loop->signals, id);
    int number;

    if (signal == NULL)
        return -ENOENT;
    number = signal->number;
    mio__slab_remove(&loop->signals, id);
    if (!signal_is_wanted(loop, number))
        mio__signal_pipe_remove(loop->pipe, number);
    signal_pipe_release(loop);
    return 0;
}

void mio__loop_signal_take(mio_loop *loop)
{
    if (loop->signals_taken == loop->turn)
        return;
    loop->signals_taken = loop->turn;
    loop->arrived |= mio__signal_pipe_take(loop->pipe);
}

/* Of one signal after the other, lowest number first, each registration in turn. */
int mio__loop_signal_next(mio_loop *loop, mio_event *ret_event)
{
    while (loop->arrived != 0) {
        const int number = (int)mio__bits_lowest(loop->arrived) + 1; /* not zero, see above */
        const mio__signal *signal;
        uint64_t id;

        while ((signal = mio__slab_each(&loop->signals, &loop->signal_cursor, &id)) != NULL) {
            if (signal->number != number || signal->turn == loop->turn)
                continue;
            *ret_event = (mio_event){
                .kind = MIO_SIGNAL, .token = signal->token, .id = id, .value = number};
            return 1;
        }
        loop->arrived &= loop->arrived - 1;
        loop->signal_cursor = 0;
    }
    return 0;
}
