#include "mio/clock.h"

#include "sys/clock.h"

#include <errno.h>
#include <time.h>

enum { CLOCK_NS_PER_S = 1000000000 };

int64_t mio_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail: the clock exists, the place is ours */
    return (int64_t)now.tv_sec * CLOCK_NS_PER_S + now.tv_nsec;
}

int mio__clock_sleep(int64_t duration_ns)
{
    const struct timespec duration = {.tv_sec = (time_t)(duration_ns / CLOCK_NS_PER_S),
                                      .tv_nsec = (long)(duration_ns % CLOCK_NS_PER_S)};

    return nanosleep(&duration, NULL) == 0 ? 0 : -errno;
}
