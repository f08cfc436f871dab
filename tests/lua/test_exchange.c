/*
 * Exchanges without Lua: threads that send and receive as fast as they can, waiting where they
 * have to, and leaving at any moment. No message is lost and none comes twice.
 */
#include "exchange.h"

#include "harness.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { SENDERS = 3, RECEIVERS = 3, MESSAGES = 10000, CAPACITY = 5 };

/* ------------------------------------------------------------------- one thread */

static mio_loop *loop;
static mio__lua_inbox inbox;
static mio__lua_exchange *exchange;

static void exchange_setup(void)
{
    ck_assert_int_eq(mio_loop_new(NULL, &loop), 0);
    inbox = (mio__lua_inbox){.channel = NULL};
    ck_assert_int_eq(mio__lua_inbox_open(&inbox, loop, 1), 0);
    exchange = mio__lua_exchange_new(1);
    ck_assert_ptr_nonnull(exchange);
}

static void exchange_teardown(void)
{
    mio__lua_exchange_unref(exchange);
    mio__lua_inbox_close(&inbox);
    mio_loop_free(loop);
}

static mio__lua_message number(uint64_t value)
{
    mio__lua_message message = {.size = sizeof value};

    message.data.aligned[0] = value;
    return message;
}

static mio__lua_stall stall_of(uint64_t value)
{
    return (mio__lua_stall){.call = {.inbox = &inbox}, .message = number(value)};
}

/* How many messages of the inbox the loop reports now. */
static int rings(void)
{
    mio_event event;
    int count = 0;

    ck_assert_int_ge(mio_loop_poll(loop, 0), 0);
    while (mio_loop_next(loop, &event))
        count += event.kind == MIO_NOTIFY && event.token == 1;
    return count;
}

/* Many answers ring once; those that are withdrawn ring no more. */
START_TEST(an_inbox_rings_once)
{
    mio__lua_stall stalls[3] = {stall_of(0), stall_of(0), stall_of(0)};
    const mio__lua_message message = number(7);

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(mio__lua_exchange_recv_in(exchange, &stalls[i]), -EAGAIN);
    ck_assert_int_eq(rings(), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(mio__lua_exchange_send(exchange, &message), 0);
    ck_assert_int_eq(rings(), 1);
    for (int i = 2; i >= 0; i--)
        ck_assert_int_eq(mio__lua_exchange_leave(&stalls[i]), STALL_SERVED);
    ck_assert_ptr_null(inbox.answered);
    ck_assert_ptr_eq(inbox.answered_end, &inbox.answered);
    mio__lua_inbox_take(&inbox);
    for (int i = 0; i < 3; i++)
        mio__lua_exchange_keep(exchange);
    ck_assert_int_eq(rings(), 0);
}
END_TEST

/* First come, first served, and who has left is not served. */
START_TEST(in_order)
{
    mio__lua_stall senders[3] = {stall_of(2), stall_of(3), stall_of(4)};
    mio__lua_message message = number(1);

    ck_assert_int_eq(mio__lua_exchange_send(exchange, &message), 0);
    ck_assert_int_eq(mio__lua_exchange_send(exchange, &message), -EAGAIN);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(mio__lua_exchange_send_in(exchange, &senders[i]), -EAGAIN);
    ck_assert_int_eq(mio__lua_exchange_leave(&senders[1]), STALL_WAITING);
    for (uint64_t expected = 1; expected <= 4; expected += expected == 2 ? 2 : 1) {
        ck_assert_int_eq(mio__lua_exchange_recv(exchange, &message), 0);
        ck_assert_uint_eq(message.data.aligned[0], expected);
        mio__lua_exchange_keep(exchange);
    }
    ck_assert_int_eq(mio__lua_exchange_recv(exchange, &message), -EAGAIN);
    ck_assert_int_eq(mio__lua_exchange_leave(&senders[0]), STALL_SERVED);
    ck_assert_int_eq(mio__lua_exchange_leave(&senders[2]), STALL_SERVED);
}
END_TEST

/* What comes back is the first again, and fits, however full the exchange is. */
START_TEST(messages_come_back)
{
    mio__lua_message lent[8], message;

    for (uint64_t i = 0; i < 8; i++) {
        message = number(i);
        ck_assert_int_eq(mio__lua_exchange_send(exchange, &message), 0);
        ck_assert_int_eq(mio__lua_exchange_recv(exchange, &lent[i]), 0);
    }
    message = number(8);
    ck_assert_int_eq(mio__lua_exchange_send(exchange, &message), 0);
    for (int i = 7; i >= 0; i--)
        mio__lua_exchange_return(exchange, &lent[i]);
    ck_assert_uint_eq(mio__lua_exchange_count(exchange), 9);
    for (uint64_t i = 0; i < 9; i++) {
        ck_assert_int_eq(mio__lua_exchange_recv(exchange, &message), 0);
        ck_assert_uint_eq(message.data.aligned[0], i);
        mio__lua_exchange_keep(exchange);
    }
}
END_TEST

/* One that comes back goes to who waits. */
START_TEST(a_message_comes_back_to_who_waits)
{
    mio__lua_stall first = stall_of(0), second = stall_of(0);
    mio__lua_message message = number(5);

    ck_assert_int_eq(mio__lua_exchange_recv_in(exchange, &first), -EAGAIN);
    ck_assert_int_eq(mio__lua_exchange_recv_in(exchange, &second), -EAGAIN);
    ck_assert_int_eq(mio__lua_exchange_send(exchange, &message), 0);
    ck_assert_int_eq(mio__lua_exchange_leave(&first), STALL_SERVED);
    mio__lua_exchange_return(exchange, &first.message);
    ck_assert_int_eq(mio__lua_exchange_leave(&second), STALL_SERVED);
    ck_assert_uint_eq(second.message.data.aligned[0], 5);
    mio__lua_exchange_keep(exchange);
}
END_TEST

START_TEST(closing_wakes_all)
{
    mio__lua_stall one = stall_of(2), two = stall_of(3);
    mio__lua_message message = number(1);

    ck_assert_int_eq(mio__lua_exchange_send(exchange, &message), 0);
    ck_assert_int_eq(mio__lua_exchange_send_in(exchange, &one), -EAGAIN);
    ck_assert_int_eq(mio__lua_exchange_send_in(exchange, &two), -EAGAIN);
    mio__lua_exchange_close(exchange);
    ck_assert(mio__lua_exchange_is_closed(exchange));
    ck_assert_int_eq(mio__lua_exchange_leave(&two), STALL_CLOSED);
    ck_assert_int_eq(mio__lua_exchange_leave(&one), STALL_CLOSED);
    ck_assert_int_eq(mio__lua_exchange_send(exchange, &message), -EPIPE);
    ck_assert_int_eq(mio__lua_exchange_recv(exchange, &message), 0);
    mio__lua_exchange_keep(exchange);
    ck_assert_int_eq(mio__lua_exchange_recv(exchange, &message), -EPIPE);
}
END_TEST

/* ---------------------------------------------------------------- many threads */

static atomic_uchar seen[SENDERS * MESSAGES];
static atomic_long received;

/* A loop and an inbox of a thread's own, and the stall that it waits in. */
typedef struct party {
    mio_loop *loop;
    mio__lua_inbox inbox;
    mio__lua_stall stall;
    unsigned patience; /* every so many waits are given up at once */
} party;

static void party_open(party *p, unsigned patience)
{
    *p = (party){.patience = patience};
    if (mio_loop_new(NULL, &p->loop) < 0 || mio__lua_inbox_open(&p->inbox, p->loop, 1) < 0)
        abort();
    p->stall.call.inbox = &p->inbox;
}

static void party_close(party *p)
{
    mio__lua_inbox_close(&p->inbox);
    mio_loop_free(p->loop);
}

/* Wait in the stall until somebody rings, or give up. */
static mio__lua_stall_state party_wait(party *p)
{
    mio_event event;
    bool rung = p->patience++ % 3 == 0;

    while (!rung) {
        if (mio_loop_poll(p->loop, -1) < 0)
            abort();
        while (mio_loop_next(p->loop, &event))
            rung = rung || event.kind == MIO_NOTIFY;
    }
    mio__lua_inbox_take(&p->inbox);
    return mio__lua_exchange_leave(&p->stall);
}

static void *sender_main(void *context)
{
    const size_t sender = (size_t)(uintptr_t)context;
    party p;

    party_open(&p, (unsigned)sender);
    for (size_t i = 0; i < MESSAGES;) {
        int err;

        p.stall.message = number(sender * MESSAGES + i);
        err = mio__lua_exchange_send_in(exchange, &p.stall);
        if (err == 0 || (err == -EAGAIN && party_wait(&p) == STALL_SERVED))
            i++;
    }
    party_close(&p);
    return NULL;
}

/* Every tenth message goes back first. */
static void receiver_got(mio__lua_message *message, long *count)
{
    const uint64_t place = message->data.aligned[0];

    if (++*count % 10 == 0) {
        mio__lua_exchange_return(exchange, message);
        return;
    }
    atomic_fetch_add(&seen[place], 1);
    atomic_fetch_add(&received, 1);
    mio__lua_exchange_keep(exchange);
}

static void *receiver_main(void *context)
{
    long count = 0;
    party p;

    party_open(&p, (unsigned)(uintptr_t)context);
    for (;;) {
        int err = mio__lua_exchange_recv_in(exchange, &p.stall);

        if (err == -EPIPE)
            break;
        if (err == -EAGAIN)
            err = party_wait(&p) == STALL_SERVED ? 0 : -EAGAIN;
        if (err == 0)
            receiver_got(&p.stall.message, &count);
    }
    party_close(&p);
    return NULL;
}

static void hammer(size_t capacity)
{
    pthread_t senders[SENDERS], receivers[RECEIVERS];

    exchange = mio__lua_exchange_new(capacity);
    atomic_store(&received, 0);
    for (size_t i = 0; i < SENDERS * MESSAGES; i++)
        atomic_store(&seen[i], 0);
    for (uintptr_t i = 0; i < RECEIVERS; i++)
        ck_assert_int_eq(pthread_create(&receivers[i], NULL, receiver_main, (void *)i), 0);
    for (uintptr_t i = 0; i < SENDERS; i++)
        ck_assert_int_eq(pthread_create(&senders[i], NULL, sender_main, (void *)i), 0);
    for (int i = 0; i < SENDERS; i++)
        pthread_join(senders[i], NULL);
    while (mio__lua_exchange_count(exchange) > 0)
        sched_yield();
    while (atomic_load(&received) < SENDERS * MESSAGES)
        sched_yield();
    mio__lua_exchange_close(exchange);
    for (int i = 0; i < RECEIVERS; i++)
        pthread_join(receivers[i], NULL);
    for (size_t i = 0; i < SENDERS * MESSAGES; i++)
        ck_assert_uint_eq(atomic_load(&seen[i]), 1);
    mio__lua_exchange_unref(exchange);
}

START_TEST(under_load)
{
    hammer(CAPACITY);
    hammer(0);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("lua/exchange");
    TCase *one = harness_case(suite, "one thread");
    TCase *many = harness_case(suite, "many threads");

    tcase_add_checked_fixture(one, exchange_setup, exchange_teardown);
    tcase_add_test(one, an_inbox_rings_once);
    tcase_add_test(one, in_order);
    tcase_add_test(one, messages_come_back);
    tcase_add_test(one, a_message_comes_back_to_who_waits);
    tcase_add_test(one, closing_wakes_all);
    tcase_add_test(many, under_load);
    tcase_set_timeout(many, 60);
    return suite;
}
