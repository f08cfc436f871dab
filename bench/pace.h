/*
 * When the requests of a load begin: each as soon as a connection is free, or at a fixed rate.
 *
 * At a fixed rate a request has a time at which it ought to begin, whether or not there is a
 * connection for it then. Latency counts from that time: a server that stalls makes the
 * requests wait that ought to have begun meanwhile, and their waiting is seen, not omitted.
 */
#ifndef BENCH_PACE_H
#define BENCH_PACE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct pace {
    int64_t start_ns;
    int64_t end_ns;     /* no request is due from then on; 0: no such time */
    double interval_ns; /* from one request to the next; 0: each begins when it can */
    long limit;         /* of requests; 0: none */
    long begun;
} pace;

/* Whether no more requests will begin. */
bool pace_over(const pace *p, int64_t now_ns);

/* Whether a request begins now. Then it counts as begun, and *ret_begin_ns is the time from
 * which its latency counts. */
bool pace_begin(pace *p, int64_t now_ns, int64_t *ret_begin_ns);

#endif
