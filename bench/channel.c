/*
 * Messages from one thread to another: a channel beside a queue under a mutex, which is what
 * one would write without it. Prints how many million messages each brings in a second, and the
 * ratio; the best of some runs each, in turns.
 */
#include "mio.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

enum { MESSAGES = 10000000, CAPACITY = 4096, RUNS = 5 };

static void must(int ok)
{
    if (!ok)
        abort();
}

/* ----------------------------------------------------------------- the channel */

static void *channel_produce(void *arg)
{
    mio_sender *sender = arg;

    for (uint64_t i = 0; i < MESSAGES;) {
        if (mio_sender_send(sender, &i) == 0)
            i++;
        else
            sched_yield();
    }
    mio_sender_unref(sender);
    return NULL;
}

static void channel_notify(mio_loop *loop, const mio_event *event, void *ctx)
{
    uint64_t *sum = ctx;

    (void)loop;
    if (event->message != NULL)
        *sum += *(const uint64_t *)event->message;
}

static uint64_t channel_run(void)
{
    static const mio_handler handler = {.notify = channel_notify};
    const mio_channel_config config = {.capacity = CAPACITY};
    mio_channel *channel;
    mio_loop *loop;
    pthread_t thread;
    uint64_t sum = 0;

    must(mio_loop_new(NULL, &loop) == 0);
    must(mio_channel_new(loop, &config, &channel) == 0);
    must(pthread_create(&thread, NULL, channel_produce, mio_sender_new(channel)) == 0);
    must(mio_loop_run(loop, &handler, &sum) == 0);
    pthread_join(thread, NULL);
    mio_loop_free(loop);
    return sum;
}

/* ------------------------------------------------------------------- the queue */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    uint64_t slots[CAPACITY];
    uint64_t head, tail;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER};

static int queue_send(uint64_t message)
{
    int sent;

    pthread_mutex_lock(&queue.lock);
    sent = queue.tail - queue.head < CAPACITY;
    if (sent) {
        queue.slots[queue.tail++ % CAPACITY] = message;
        if (queue.tail - queue.head == 1)
            pthread_cond_signal(&queue.filled);
    }
    pthread_mutex_unlock(&queue.lock);
    return sent;
}

static void *queue_produce(void *arg)
{
    for (uint64_t i = 0; i < MESSAGES;) {
        if (queue_send(i))
            i++;
        else
            sched_yield();
    }
    return arg;
}

static uint64_t queue_receive(void)
{
    uint64_t message;

    pthread_mutex_lock(&queue.lock);
    while (queue.head == queue.tail)
        pthread_cond_wait(&queue.filled, &queue.lock);
    message = queue.slots[queue.head++ % CAPACITY];
    pthread_mutex_unlock(&queue.lock);
    return message;
}

static uint64_t queue_run(void)
{
    pthread_t thread;
    uint64_t sum = 0;

    must(pthread_create(&thread, NULL, queue_produce, NULL) == 0);
    for (uint64_t i = 0; i < MESSAGES; i++)
        sum += queue_receive();
    pthread_join(thread, NULL);
    return sum;
}

/* Million messages in a second. */
static double measure(uint64_t (*run)(void))
{
    const int64_t start_ns = mio_now_ns();

    must(run() == (uint64_t)MESSAGES * (MESSAGES - 1) / 2);
    return MESSAGES * 1e3 / (double)(mio_now_ns() - start_ns);
}

int main(void)
{
    double channel = 0, mutex = 0;

    for (int i = 0; i < RUNS; i++) {
        const double one = measure(channel_run), other = measure(queue_run);

        channel = one > channel ? one : channel;
        mutex = other > mutex ? other : mutex;
    }
    printf("channel           %6.1f million messages a second\n", channel);
    printf("queue with mutex  %6.1f\n", mutex);
    printf("ratio             %6.1f\n", channel / mutex);
    return 0;
}
