/*
 * Sleeping, beside the public clock of mio/clock.h.
 */
#ifndef MIO__SYS_CLOCK_H
#define MIO__SYS_CLOCK_H

#include <stdint.h>

/* Sleep for so long. Returns 0, or -EINTR where a signal handler has cut it short. */
int mio__clock_sleep(int64_t duration_ns);

#endif
