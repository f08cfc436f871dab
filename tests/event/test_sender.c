#include "event/sender.h"

#include "faults.h"
#include "seams.h"
#include "sources.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>

/* How often the bell was rung, by which thread ever. */
static atomic_int writes;

ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    atomic_fetch_add(&writes, 1);
    return fault_strikes("write") ? -1 : __real_write(fd, data, size);
}

WRAP(int, eventfd, (unsigned value, int flags), (value, flags))

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return fault_strikes("malloc") ? NULL : __real_malloc(size);
}

static seam before_push, after_push;

int __real_mio__ring_push(mio__ring *ring, const void *message);
int __wrap_mio__ring_push(mio__ring *ring, const void *message);
int __wrap_mio__ring_push(mio__ring *ring, const void *message)
{
    int err;

    seam_pass(&before_push);
    err = __real_mio__ring_push(ring, message);
    seam_pass(&after_push);
    return err;
}

/* The block that a test works with, as its receiver, and one sender. */
static mio_sender *block;
static mio_sender *sender;

static uint64_t dropped[8];
static int drops;

static void drop(void *message)
{
    memcpy(&dropped[drops++], message, sizeof dropped[0]);
}

static void sender_make(uint32_t capacity)
{
    ck_assert_int_eq(mio__sender_open(capacity, sizeof(uint64_t), drop, &block), 0);
    sender = mio_sender_ref(block);
    atomic_store(&writes, 0);
}

static void sender_drop(void)
{
    mio_sender_unref(sender);
    mio__sender_close(block);
}

static int send_number(uint64_t number)
{
    return mio_sender_send(sender, &number);
}

static void sent(uint64_t number)
{
    ck_assert_int_eq(send_number(number), 0);
}

static void expect(uint64_t number)
{
    uint64_t got = UINT64_MAX;

    ck_assert(mio__sender_take(block, &got));
    ck_assert_uint_eq(got, number);
}

static void expect_none(void)
{
    uint64_t got;

    ck_assert(!mio__sender_take(block, &got));
}

static bool bell_rings(void)
{
    struct pollfd fds = {.fd = block->bell.fd, .events = POLLIN};

    return poll(&fds, 1, 0) == 1;
}

/* ------------------------------------------------------------------- waking */

START_TEST(one_write_a_sleep)
{
    sender_make(8);
    ck_assert(!bell_rings());
    for (uint64_t i = 0; i < 5; i++)
        sent(i);
    ck_assert(bell_rings());
    ck_assert_int_eq(atomic_load(&writes), 1);
    mio__sender_answer(block);
    ck_assert(!bell_rings());
    for (uint64_t i = 0; i < 5; i++)
        expect(i);
    expect_none();
    sent(5);
    sent(6);
    ck_assert(bell_rings());
    ck_assert_int_eq(atomic_load(&writes), 2);
    sender_drop();
}
END_TEST

START_TEST(a_send_while_messages_are_taken_rings_again)
{
    sender_make(8);
    sent(0);
    mio__sender_answer(block);
    sent(1);
    ck_assert(bell_rings());
    expect(0);
    expect(1);
    expect_none();
    ck_assert(bell_rings()); /* one wake-up in vain, none lost */
    sender_drop();
}
END_TEST

START_TEST(a_failed_write_leaves_the_message_and_the_next_send_rings)
{
    sender_make(8);
    fault_arm("write", EIO, 0, 2);
    sent(0);
    sent(1);
    ck_assert_int_eq(fault_disarm(), 2);
    ck_assert(!bell_rings());
    ck_assert_uint_eq(atomic_load(&block->awake), 0);
    sent(2);
    ck_assert(bell_rings());
    mio__sender_answer(block);
    for (uint64_t i = 0; i < 3; i++)
        expect(i);
    sender_drop();
}
END_TEST

START_TEST(the_last_slot_and_a_failed_write)
{
    sender_make(1);
    fault_arm("write", EIO, 0, 1);
    sent(0);
    fault_disarm();
    ck_assert(!bell_rings());
    ck_assert_int_eq(send_number(1), -EAGAIN);
    ck_assert(bell_rings());
    sender_drop();
}
END_TEST

START_TEST(an_interrupted_write_is_made_again)
{
    sender_make(1);
    fault_arm("write", EINTR, 0, 2);
    sent(0);
    ck_assert_int_eq(fault_disarm(), 2);
    ck_assert(bell_rings());
    sender_drop();
}
END_TEST

/* What a producer looks like that was put to sleep between reserving and publishing. */
START_TEST(a_slot_that_is_not_published_is_not_waited_for)
{
    uint64_t number = 0;

    sender_make(4);
    atomic_fetch_add(&block->ring.tail, 1);
    sent(1);
    ck_assert(bell_rings());
    mio__sender_answer(block);
    expect_none();
    ck_assert(!bell_rings());
    /* it goes on: position 0, then the exchange */
    memcpy(block->ring.slots + sizeof(uint64_t), &number, sizeof number);
    atomic_store((_Atomic uint64_t *)(void *)block->ring.slots, 1);
    ck_assert_uint_eq(atomic_exchange(&block->awake, 1), 0);
    expect(0);
    expect(1);
    sender_drop();
}
END_TEST

/* ------------------------------------------------------------------- its life */

START_TEST(the_last_sender_rings)
{
    sender_make(4);
    mio_sender_ref(sender);
    mio_sender_unref(sender);
    ck_assert(!mio__sender_gone(block));
    ck_assert(!bell_rings());
    mio_sender_unref(sender);
    ck_assert(mio__sender_gone(block));
    ck_assert(bell_rings());
    mio__sender_close(block);
}
END_TEST

START_TEST(after_the_receiver_has_gone)
{
    const int descriptors = harness_open_descriptors();

    sender_make(4);
    sent(1);
    sent(2);
    mio__sender_close(block);
    ck_assert_int_eq(drops, 2);
    ck_assert_uint_eq(dropped[0], 1);
    ck_assert_uint_eq(dropped[1], 2);
    ck_assert_int_eq(send_number(3), -EPIPE);
    ck_assert_int_eq(harness_open_descriptors(), descriptors + 1);
    mio_sender_unref(sender);
    ck_assert_int_eq(harness_open_descriptors(), descriptors);
    ck_assert_int_eq(drops, 2);
}
END_TEST

static void close_block(void)
{
    mio__sender_close(block);
}

/* The sender is between looking at `closed` and reserving a slot. */
START_TEST(a_message_that_comes_after_the_receiver_went_is_dropped_by_its_sender)
{
    sender_make(4);
    before_push.act = close_block;
    sent(7);
    ck_assert_int_eq(drops, 1);
    ck_assert_uint_eq(dropped[0], 7);
    ck_assert_int_eq(atomic_load(&writes), 0);
    mio_sender_unref(sender);
    ck_assert_int_eq(drops, 1);
}
END_TEST

START_TEST(a_message_that_comes_as_the_receiver_goes_is_dropped_once)
{
    sender_make(4);
    sent(6);
    after_push.act = close_block;
    sent(7);
    ck_assert_int_eq(drops, 2);
    ck_assert_uint_eq(dropped[0], 6);
    ck_assert_uint_eq(dropped[1], 7);
    mio_sender_unref(sender);
    ck_assert_int_eq(drops, 2);
}
END_TEST

static void send_eight(void)
{
    sent(8);
}

static void send_and_close(void)
{
    before_push = (seam){.act = close_block};
    send_eight();
}

/* The first that drops does so for the other. */
START_TEST(two_senders_at_once_while_the_receiver_goes)
{
    sender_make(4);
    before_push.act = send_and_close;
    sent(7);
    ck_assert_int_eq(drops, 2);
    ck_assert_uint_eq(dropped[0], 8);
    ck_assert_uint_eq(dropped[1], 7);
    mio_sender_unref(sender);
}
END_TEST

START_TEST(unref_of_nothing)
{
    mio_sender_unref(NULL);
}
END_TEST

static int open_and_close(void)
{
    mio_sender *own = NULL;
    const int err = mio__sender_open(4, 8, NULL, &own);

    if (err == 0)
        mio__sender_close(own);
    else
        ck_assert_ptr_null(own);
    return err;
}

START_TEST(opening_that_fails)
{
    static const int errors[] = {EMFILE, ENFILE, ENOMEM, 0};

    fault_check_each(open_and_close, "eventfd", errors);
    fault_check(open_and_close, "malloc", ENOMEM);
}
END_TEST

/* ---------------------------------------------------------------- many threads */

enum { THREADS = 4 };

static atomic_long sent_count, drop_count;

/* As many as come until the receiver stops, which may be at any moment. */
static void *thread_send(void *arg)
{
    mio_sender *own = arg;
    uint64_t number = 0;
    int err;

    do {
        err = mio_sender_send(own, &number);
        atomic_fetch_add(&sent_count, err == 0);
    } while (err != -EPIPE);
    return NULL;
}

static void drop_counted(void *message)
{
    (void)message;
    atomic_fetch_add(&drop_count, 1);
}

/* All that was sent is dropped when all sends have returned; the senders are still there. */
static void round_of_threads(int takes)
{
    pthread_t threads[THREADS];
    long taken = 0;

    atomic_store(&sent_count, 0);
    atomic_store(&drop_count, 0);
    ck_assert_int_eq(mio__sender_open(64, sizeof(uint64_t), drop_counted, &block), 0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, thread_send, mio_sender_ref(block)),
                         0);
    for (int i = 0; i < takes; i++) {
        uint64_t got;

        mio__sender_answer(block);
        while (mio__sender_take(block, &got))
            taken++;
    }
    sender = block;
    mio__sender_close(block);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_int_eq(atomic_load(&sent_count), taken + atomic_load(&drop_count));
    for (int i = 0; i < THREADS; i++)
        mio_sender_unref(sender);
}

/* Under the sanitizers: who goes last frees, and nobody touches what is free. */
START_TEST(the_receiver_goes_while_threads_send)
{
    for (int round = 0; round < 300; round++)
        round_of_threads(round % 3);
}
END_TEST

/* All tests may run in one process. */
static void drops_clear(void)
{
    drops = 0;
}

Suite *harness_suite(void)
{
    Suite *suite = suite_create("event/sender");
    TCase *waking = harness_case(suite, "waking");
    TCase *life = harness_case(suite, "life");
    TCase *threads = harness_case(suite, "threads");

    tcase_add_checked_fixture(life, drops_clear, NULL);

    tcase_add_test(waking, one_write_a_sleep);
    tcase_add_test(waking, a_send_while_messages_are_taken_rings_again);
    tcase_add_test(waking, a_failed_write_leaves_the_message_and_the_next_send_rings);
    tcase_add_test(waking, the_last_slot_and_a_failed_write);
    tcase_add_test(waking, an_interrupted_write_is_made_again);
    tcase_add_test(waking, a_slot_that_is_not_published_is_not_waited_for);
    tcase_add_test(life, the_last_sender_rings);
    tcase_add_test(life, after_the_receiver_has_gone);
    if (SEAMS) {
        tcase_add_test(life,
                       a_message_that_comes_after_the_receiver_went_is_dropped_by_its_sender);
        tcase_add_test(life, a_message_that_comes_as_the_receiver_goes_is_dropped_once);
        tcase_add_test(life, two_senders_at_once_while_the_receiver_goes);
    }
    tcase_add_test(life, unref_of_nothing);
    tcase_add_test(life, opening_that_fails);
    tcase_add_test(threads, the_receiver_goes_while_threads_send);
    return suite;
}
