/*
 * A channel: messages from some threads to the one that waits. Each program defines:
 *
 *   channel_open()          a loop and its channel, with a sender for each of so many threads
 *   channel_send(i, value)  by thread i: whether there was room
 *   channel_close(i)        thread i has sent its last
 *   channel_run()           until all have come: each by channel_receive()
 *
 *   channel_X PRODUCERS MESSAGES
 *
 * prints what a message takes in real time, with PRODUCERS that send as fast as they can; and
 * how long one alone takes from send to the handler while the receiver sleeps, in nanoseconds.
 */
#ifndef BENCH_CHANNEL_H
#define BENCH_CHANNEL_H

#include "micro.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

enum { PRODUCERS_MAX = 16, CAPACITY = 4096, PINGS = 2000, PING_PAUSE_US = 200 };

static void channel_open(void);
static bool channel_send(long producer, uint64_t value);
static void channel_close(long producer);
static void channel_run(void);

static struct {
    long producers;
    uint64_t each; /* messages of each */
    uint64_t received;
    uint64_t expected;
    uint64_t sum;
    int64_t *latencies; /* NULL: values are numbers; else times */
} channel;

static int64_t channel_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static inline void channel_receive(uint64_t value)
{
    if (channel.latencies != NULL)
        channel.latencies[channel.received] = channel_now() - (int64_t)value;
    channel.received++;
    channel.sum += value;
}

static void *producer_flood(void *arg)
{
    for (uint64_t i = 0; i < channel.each;) {
        if (channel_send((long)(intptr_t)arg, i))
            i++;
        else
            sched_yield();
    }
    channel_close((long)(intptr_t)arg);
    return NULL;
}

static void *producer_ping(void *arg)
{
    for (int i = 0; i < PINGS; i++) {
        usleep(PING_PAUSE_US);
        channel_send((long)(intptr_t)arg, (uint64_t)channel_now());
    }
    channel_close((long)(intptr_t)arg);
    return NULL;
}

/* The producers, and until all that they send has come; how long that took. */
static int64_t channel_phase(void *(*produce)(void *), long producers, uint64_t each)
{
    pthread_t threads[PRODUCERS_MAX];
    int64_t start_ns;

    channel.producers = producers;
    channel.each = each;
    channel.received = channel.sum = 0;
    channel.expected = (uint64_t)producers * each;
    channel_open();
    start_ns = channel_now();
    for (long i = 0; i < producers; i++)
        micro_check(-pthread_create(&threads[i], NULL, produce, (void *)(intptr_t)i), "thread");
    channel_run();
    for (long i = 0; i < producers; i++)
        pthread_join(threads[i], NULL);
    return channel_now() - start_ns;
}

static int channel_compare(const void *a, const void *b)
{
    const int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

    return (first > second) - (first < second);
}

static void channel_ping(void)
{
    static int64_t latencies[PINGS];

    channel.latencies = latencies;
    channel_phase(producer_ping, 1, PINGS);
    qsort(latencies, PINGS, sizeof *latencies, channel_compare);
    printf("p50: %ld\np99: %ld\nmax: %ld\n", (long)latencies[PINGS / 2],
           (long)latencies[PINGS * 99 / 100], (long)latencies[PINGS - 1]);
}

int main(int argc, char **argv)
{
    const long producers = micro_argument(argc, argv, 1);
    const uint64_t each = (uint64_t)(micro_argument(argc, argv, 2) / producers);
    const int64_t ns = channel_phase(producer_flood, producers, each);

    micro_check(channel.sum == (uint64_t)producers * (each * (each - 1) / 2) ? 0 : -1, "lost");
    printf("message: %.2f\n", (double)ns / (double)channel.expected);
    channel_ping();
    return EXIT_SUCCESS;
}

#endif
