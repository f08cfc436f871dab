#include "mio/timer.h"

#include "loop/loop.h"

#include <errno.h>

static int timer_add(mio_loop *loop, int64_t delay_ns, int64_t period_ns, uint64_t token,
                     uint64_t *ret_id)
{
    uint64_t id;
    int err;

    if (mio__loop_is_stale(loop))
        return -ESTALE;
    err = mio__timers_add(&loop->timers, mio_loop_now(loop), delay_ns, period_ns, token, &id);
    if (err == 0 && ret_id != NULL)
        *ret_id = id;
    return err;
}

int mio_loop_after(mio_loop *loop, int64_t delay_ns, uint64_t token, uint64_t *ret_id)
{
    if (delay_ns < 0)
        return -EINVAL;
    return timer_add(loop, delay_ns, MIO__TIMER_ONCE, token, ret_id);
}

int mio_loop_every(mio_loop *loop, int64_t period_ns, uint64_t token, uint64_t *ret_id)
{
    if (period_ns < 1)
        return -EINVAL;
    return timer_add(loop, period_ns, period_ns, token, ret_id);
}

int mio_timer_reset(mio_loop *loop, uint64_t id, int64_t delay_ns)
{
    if (delay_ns < 0)
        return -EINVAL;
    if (mio__loop_is_stale(loop))
        return -ESTALE;
    return mio__timers_reset(&loop->timers, id, mio_loop_now(loop), delay_ns);
}

int mio_timer_cancel(mio_loop *loop, uint64_t id)
{
    return mio__timers_cancel(&loop->timers, id);
}
