/*
 * Many messages: four threads send numbers as fast as they can, while a socket works in the
 * same loop. Each message arrives once, in order for each thread, and the end comes last.
 *
 *     MIO_TEST_MESSAGES   how many, of all threads; a million where it is not set
 */
#include "mio/channel.h"

#include "turning.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { PRODUCERS = 4, MESSAGES = 1000000, PINGS = 20000 };

typedef struct load_message {
    uint64_t producer;
    uint64_t number;
} load_message;

typedef struct load_producer {
    pthread_t thread;
    mio_sender *sender;
    load_message next;
    uint64_t count;
} load_producer;

typedef struct load {
    load_producer producers[PRODUCERS];
    uint64_t expected[PRODUCERS];
    uint64_t received;
    uint64_t socket_events;
    int socket[2];
    int ends;
} load;

static uint64_t load_size(void)
{
    const char *text = getenv("MIO_TEST_MESSAGES");

    return text != NULL ? strtoull(text, NULL, 10) : MESSAGES;
}

static void *load_produce(void *arg)
{
    load_producer *producer = arg;

    while (producer->next.number < producer->count) {
        if (mio_sender_send(producer->sender, &producer->next) == 0)
            producer->next.number++;
        else
            sched_yield();
    }
    mio_sender_unref(producer->sender);
    return NULL;
}

/* Each ck_assert() costs as much as many messages: they are asked for what is wrong only. */
static void load_notify(mio_loop *own, const mio_event *event, void *ctx)
{
    const load_message *message = event->message;
    load *all = ctx;

    if (message == NULL) {
        all->ends++;
        mio_loop_shutdown(own);
        return;
    }
    if (all->ends > 0 || message->number != all->expected[message->producer])
        ck_abort_msg("thread %d: %llu", (int)message->producer,
                     (unsigned long long)message->number);
    all->expected[message->producer]++;
    all->received++;
}

/* A byte goes to and fro. */
static void load_ready(mio_loop *own, const mio_event *event, void *ctx)
{
    load *all = ctx;
    char byte;

    (void)own;
    (void)event;
    if (read(all->socket[0], &byte, 1) != 1 || write(all->socket[1], &byte, 1) != 1)
        ck_abort();
    all->socket_events++;
}

static void load_run(uint32_t capacity, uint64_t count)
{
    static const mio_handler handler = {.notify = load_notify, .ready = load_ready};
    const mio_channel_config config = {.capacity = capacity,
                                       .message_size = sizeof(load_message)};
    mio_channel *channel;
    load all = {.received = 0};

    source_pair(all.socket);
    source_put(all.socket[1]);
    turning_register(all.socket[0], R, 0);
    ck_assert_int_eq(mio_channel_new(loop, &config, &channel), 0);
    for (uint64_t i = 0; i < PRODUCERS; i++)
        all.producers[i] = (load_producer){.sender = mio_sender_new(channel),
                                           .next = {.producer = i},
                                           .count = count / PRODUCERS};
    for (int i = 0; i < PRODUCERS; i++)
        ck_assert_int_eq(
            pthread_create(&all.producers[i].thread, NULL, load_produce, &all.producers[i]), 0);
    ck_assert_int_eq(mio_loop_run(loop, &handler, &all), 0);
    for (int i = 0; i < PRODUCERS; i++)
        ck_assert_int_eq(pthread_join(all.producers[i].thread, NULL), 0);
    ck_assert_uint_eq(all.received, count / PRODUCERS * PRODUCERS);
    ck_assert_int_eq(all.ends, 1);
    ck_assert_uint_gt(all.socket_events, 0);
    mio_channel_free(channel);
    source_close(all.socket);
}

START_TEST(none_is_lost_doubled_or_out_of_order)
{
    load_run(1 << 16, load_size());
}
END_TEST

START_TEST(in_a_small_channel)
{
    load_run(2, MESSAGES / 50);
}
END_TEST

START_TEST(in_a_channel_of_one)
{
    load_run(1, MESSAGES / 200);
}
END_TEST

/* -------------------------------------------------------------- a loop that sleeps */

static _Atomic uint64_t answered;

/* Each message waits for the one before it to arrive: so the loop goes to sleep in between, at
   any moment of the next send. */
static void *ping_produce(void *arg)
{
    mio_sender *sender = arg;

    for (uint64_t i = 1; i <= PINGS; i++) {
        if (mio_sender_send(sender, &i) != 0)
            ck_abort();
        for (unsigned spins = 1; atomic_load(&answered) < i; spins++) {
            if (spins % 1024 == 0)
                sched_yield();
        }
    }
    mio_sender_unref(sender);
    return NULL;
}

/* One turn: the end is told by false. A loop that slept for so long was not woken. */
static bool ping_turn(void)
{
    const int64_t lost_ns = 20 * INT64_C(1000000000);
    const int64_t start_ns = mio_now_ns();
    bool goes_on = true;
    mio_event event;

    if (mio_loop_poll(loop, lost_ns) != 0 || mio_now_ns() - start_ns >= lost_ns)
        ck_abort_msg("asleep after message %llu", (unsigned long long)answered);
    while (mio_loop_next(loop, &event) == 1) {
        if (event.kind == MIO_NOTIFY && event.message != NULL)
            atomic_store(&answered, *(const uint64_t *)event.message);
        else if (event.kind == MIO_NOTIFY)
            goes_on = false;
    }
    return goes_on;
}

/* Nothing else is registered, so nothing makes up for a wake-up that is lost. */
START_TEST(a_loop_that_sleeps_misses_none)
{
    mio_channel *channel;
    pthread_t thread;

    ck_assert_int_eq(mio_channel_new(loop, NULL, &channel), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, ping_produce, mio_sender_new(channel)), 0);
    while (ping_turn())
        continue;
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_uint_eq(atomic_load(&answered), PINGS);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("loop/channel_load");
    TCase *tcase = turning_case(suite, "load");

    tcase_set_timeout(tcase, 600);
    tcase_add_test(tcase, none_is_lost_doubled_or_out_of_order);
    tcase_add_test(tcase, in_a_small_channel);
    tcase_add_test(tcase, in_a_channel_of_one);
    tcase_add_test(tcase, a_loop_that_sleeps_misses_none);
    return suite;
}
