/*
 * A set of signals: a signal pipe on the heap.
 */
#include "mio/signals.h"

#include "base/alloc.h"
#include "sys/signal_pipe.h"

#include <errno.h>

struct mio_signals {
    mio__signal_pipe *pipe;
    mio_allocator allocator;
};

int mio_signals_new(const mio_allocator *allocator, mio_signals **ret_signals)
{
    const mio_allocator *from = mio__alloc_or_default(allocator);
    mio_signals *signals;
    int err;

    if (ret_signals == NULL)
        return -EINVAL;
    signals = mio__alloc(from, sizeof *signals);
    if (signals == NULL)
        return -ENOMEM;
    err = mio__signal_pipe_open(&signals->pipe);
    if (err < 0) {
        mio__alloc_free(from, signals, sizeof *signals);
        return err;
    }
    signals->allocator = *from;
    *ret_signals = signals;
    return 0;
}

void mio_signals_free(mio_signals *signals)
{
    if (signals == NULL)
        return;
    mio_allocator allocator = signals->allocator;
    mio__signal_pipe_close(signals->pipe);
    mio__alloc_free(&allocator, signals, sizeof *signals);
}

int mio_signals_add(mio_signals *signals, int signal_number)
{
    return mio__signal_pipe_add(signals->pipe, signal_number);
}

int mio_signals_remove(mio_signals *signals, int signal_number)
{
    return mio__signal_pipe_remove(signals->pipe, signal_number);
}

int mio_signals_next(mio_signals *signals)
{
    const int signal_number = mio__signal_pipe_take_one(signals->pipe);

    return signal_number != 0 ? signal_number : -EAGAIN;
}

mio_fd mio_signals_fd(const mio_signals *signals)
{
    return mio__signal_pipe_fd(signals->pipe);
}
