/*
 * The monotonic clock.
 */
#ifndef MIO__SYS_CLOCK_H
#define MIO__SYS_CLOCK_H

#include <stdint.h>

/* Nanoseconds since some moment before the program started; it never goes backwards. */
int64_t mio__clock_now_ns(void);

#endif
