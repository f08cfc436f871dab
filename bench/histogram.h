/*
 * A histogram of latencies: log-linear, of constant size, and true to 1 %.
 *
 * Each power of two is cut into HISTOGRAM_STEPS equal buckets, so a value is told within one
 * part of HISTOGRAM_STEPS; the highest is told exactly.
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_STEP_BITS = 7,
    HISTOGRAM_STEPS = 1 << HISTOGRAM_STEP_BITS,
    HISTOGRAM_BUCKETS = (64 - HISTOGRAM_STEP_BITS) * HISTOGRAM_STEPS
};

/* Starts all zero. */
typedef struct histogram {
    uint64_t count;
    int64_t max;
    uint64_t buckets[HISTOGRAM_BUCKETS];
} histogram;

/* Count a value; one below 0 counts as 0. */
void histogram_record(histogram *h, int64_t value);

/* The value that a share of all values, of 0 to 1, does not exceed: 0 where there are none. */
int64_t histogram_at(const histogram *h, double share);

#endif
