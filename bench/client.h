/*
 * What the load clients share: how they fail, what they are told, and what they tell.
 *
 * A client connects, prints "connected", and then takes turns. A turn is a line of its input,
 * "REQUESTS SECONDS RATE": it ends after so many requests, or after so many seconds, whichever
 * is not 0; a rate other than 0 is fixed, in requests a second. At its end the client prints
 * "requests N seconds S", and where it measures them "p50 P p99 P p99.9 P max M", latencies in
 * microseconds. A client ends when its input does.
 */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include "histogram.h"
#include "pace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whatever goes wrong ends a client with status 1: a measurement never goes on with less. */
void client_check(ptrdiff_t err, const char *what);

/* Memory, all zero. */
void *client_allocate(long count, size_t size);

/* The number of an option, from 1 to max. */
long client_number(const char *text, long max);

/* Wait for the next turn; false: there is none. */
bool client_next_turn(pace *ret_pace);

/* Tell how a turn went; latency may be NULL. */
void client_tell(const pace *p, long done, const histogram *latency);

#endif
