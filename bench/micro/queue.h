/*
 * A queue under a mutex, for those who have no channel of their own: what their users write.
 * The receiver takes all that is there at once, and is woken only where the queue was empty.
 */
#ifndef BENCH_QUEUE_H
#define BENCH_QUEUE_H

#include "channel.h"

static struct {
    pthread_mutex_t lock;
    uint64_t arrays[2][CAPACITY];
    uint64_t *slots; /* the array that is filled; the receiver has the other one */
    long count;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .slots = queue.arrays[0]};

/* Whether there was room; the receiver is to be woken where *ret_wake is true. */
static bool queue_put(uint64_t value, bool *ret_wake)
{
    bool room;

    pthread_mutex_lock(&queue.lock);
    *ret_wake = queue.count == 0;
    room = queue.count < CAPACITY;
    if (room)
        queue.slots[queue.count++] = value;
    pthread_mutex_unlock(&queue.lock);
    return room;
}

/* Receive all. */
static void queue_drain(void)
{
    uint64_t *taken;
    long count;

    pthread_mutex_lock(&queue.lock);
    taken = queue.slots;
    count = queue.count;
    queue.slots = taken == queue.arrays[0] ? queue.arrays[1] : queue.arrays[0];
    queue.count = 0;
    pthread_mutex_unlock(&queue.lock);
    for (long i = 0; i < count; i++)
        channel_receive(taken[i]);
}

static void channel_close(long producer)
{
    (void)producer;
}

#endif
