#include "mio/clock.h"

#include <time.h>

int64_t mio_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail: the clock exists, the place is ours */
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
