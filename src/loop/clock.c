/*
 * The loop's clock: the system's, or a virtual one, which stands still until turn.c finds that
 * nothing is ready and lets it jump to the next timer.
 */
#include "mio/clock.h"

#include "loop/loop.h"

#include <errno.h>

int64_t mio__loop_clock(const mio_loop *loop)
{
    return loop->clock == MIO_CLOCK_VIRTUAL ? loop->virtual_ns : mio_now_ns();
}

int64_t mio_loop_now(const mio_loop *loop)
{
    return loop->phase == TURN_NONE ? mio__loop_clock(loop) : loop->now_ns;
}

int mio_loop_advance(mio_loop *loop, int64_t delta_ns)
{
    const int64_t left_ns = INT64_MAX - loop->virtual_ns;

    if (delta_ns < 0 || loop->clock != MIO_CLOCK_VIRTUAL)
        return -EINVAL;
    loop->virtual_ns += delta_ns < left_ns ? delta_ns : left_ns;
    return 0;
}
