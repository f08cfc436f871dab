/*
 * What the programs of bench/micro/ share: they measure one thing in one process, and print
 * what each phase took. See bench/phases.py.
 */
#ifndef BENCH_MICRO_H
#define BENCH_MICRO_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static inline void micro_check(long result, const char *what)
{
    if (result >= 0)
        return;
    fprintf(stderr, "%s: failed: %ld\n", what, result);
    exit(EXIT_FAILURE);
}

static inline void *micro_allocate(long count, size_t size)
{
    void *memory = calloc((size_t)count, size);

    micro_check(memory != NULL ? 0 : -1, "memory");
    return memory;
}

static inline long micro_argument(int argc, char **argv, int index)
{
    const long number = index < argc ? atol(argv[index]) : 0;

    micro_check(number > 0 ? 0 : -1, "arguments");
    return number;
}

/* The processor time of this process: of others it knows nothing. valgrind is told to begin
   anew at each call, so that it counts phase by phase: keep it a function of its own. */
int64_t micro_clock(void);
__attribute__((noinline)) int64_t micro_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

#endif
