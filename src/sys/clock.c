#include "mio/clock.h"

#include "sys/clock.h"

#include <errno.h>
#include <time.h>

enum { CLOCK_NS_PER_S = 1000000000 };

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
    return (int64_t)now.tv_sec * CLOCK_NS_PER_S + now.tv_nsec;
}

int mio__clock_sleep(int64_t duration_ns)
{
    const struct timespec duration = {.tv_sec = (time_t)(duration_ns / CLOCK_NS_PER_S),
                                      .tv_nsec = (long)(duration_ns % CLOCK_NS_PER_S)};

    return nanosleep(&duration, NULL) == 0 ? 0 : -errno;
}
