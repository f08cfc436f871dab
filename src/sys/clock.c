#include "mio/clock.h"

#include <time.h>

/* The one that waits count by, which stands still while the machine is suspended. */
#ifdef __APPLE__
#define CLOCK_WAITS CLOCK_UPTIME_RAW
#else
#define CLOCK_WAITS CLOCK_MONOTONIC
#endif

int64_t mio_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_WAITS, &now); /* cannot fail: the clock exists, the place is ours */
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
