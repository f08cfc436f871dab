/*
 * The clock.
 */
#ifndef MIO_CLOCK_H
#define MIO_CLOCK_H

#include "mio/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The monotonic clock, by which all times of mio are told: it never goes backwards, and counts
 * from some moment before the program started.
 *
 * Returns nanoseconds. Thread: any. Cost: one reading of the clock.
 */
MIO_API int64_t mio_now_ns(void);

#ifdef __cplusplus
}
#endif

#endif
