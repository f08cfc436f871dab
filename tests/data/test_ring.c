#include "data/ring.h"

#include "harness.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

static mio__ring ring;

static void ring_make(uint32_t capacity, uint32_t message_size)
{
    ck_assert_int_eq(mio__ring_init(&ring, capacity, message_size), 0);
}

static void push(uint64_t number)
{
    ck_assert_int_eq(mio__ring_push(&ring, &number), 0);
}

static void expect_full(void)
{
    uint64_t number = UINT64_MAX;

    ck_assert_int_eq(mio__ring_push(&ring, &number), -EAGAIN);
}

static void expect(uint64_t number)
{
    uint64_t got;

    ck_assert(mio__ring_pop(&ring, &got));
    ck_assert_uint_eq(got, number);
}

static void expect_empty(void)
{
    uint64_t got = 7;

    ck_assert(!mio__ring_pop(&ring, &got));
    ck_assert_uint_eq(got, 7);
}

START_TEST(capacity_one)
{
    ring_make(1, 8);
    for (uint64_t i = 0; i < 5; i++) {
        expect_empty();
        push(i);
        expect_full();
        expect_full();
        expect(i);
    }
    expect_empty();
    mio__ring_fini(&ring);
}
END_TEST

START_TEST(exactly_as_many_as_asked_for)
{
    for (uint32_t capacity = 1; capacity <= 9; capacity++) {
        ring_make(capacity, 8);
        ck_assert_uint_eq(ring.message_size, 8);
        for (uint64_t lap = 0; lap < 3; lap++) {
            for (uint64_t i = 0; i < capacity; i++)
                push(i);
            expect_full();
            for (uint64_t i = 0; i < capacity; i++)
                expect(i);
            expect_empty();
        }
        mio__ring_fini(&ring);
    }
}
END_TEST

START_TEST(one_popped_makes_room_for_one)
{
    ring_make(3, 8);
    push(0);
    push(1);
    push(2);
    for (uint64_t i = 0; i < 10; i++) {
        expect_full();
        expect(i);
        push(i + 3);
    }
    expect_full();
    mio__ring_fini(&ring);
}
END_TEST

/* Each fill level of each capacity at each place of the ring. */
START_TEST(wrap_around)
{
    for (uint32_t capacity = 1; capacity <= 5; capacity++) {
        for (uint32_t level = 1; level <= capacity; level++) {
            uint64_t pushed = 0, popped = 0;

            ring_make(capacity, 8);
            while (popped < 50) {
                while (pushed - popped < level)
                    push(pushed++);
                expect(popped++);
            }
            mio__ring_fini(&ring);
        }
    }
}
END_TEST

START_TEST(messages_of_any_size)
{
    static const uint32_t sizes[] = {1, 3, 7, 8, 9, 24, 64, 1000};
    unsigned char sent[1000], got[1001];

    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        ring_make(3, sizes[k]);
        for (unsigned lap = 0; lap < 10; lap++) {
            memset(sent, (int)lap + 1, sizeof sent);
            memset(got, 0, sizeof got);
            ck_assert_int_eq(mio__ring_push(&ring, sent), 0);
            ck_assert(mio__ring_pop(&ring, got));
            ck_assert_mem_eq(got, sent, sizes[k]);
            ck_assert_uint_eq(got[sizes[k]], 0); /* and not a byte more */
        }
        mio__ring_fini(&ring);
    }
}
END_TEST

START_TEST(too_large_is_out_of_memory)
{
    ck_assert_int_eq(mio__ring_init(&ring, UINT32_MAX, UINT32_MAX), -ENOMEM);
    /* Slots of 2^32 + 8 bytes: together 4 GiB in a size_t that has lost its highest bit. */
    ck_assert_int_eq(mio__ring_init(&ring, UINT32_MAX - 6, UINT32_MAX), -ENOMEM);
}
END_TEST

START_TEST(left_messages_are_freed)
{
    ring_make(4, 8);
    push(1);
    push(2);
    mio__ring_fini(&ring);
}
END_TEST

/* A producer that stops between reserving and publishing: the consumer finds nothing yet,
   others may push behind it, and no message overtakes. */
START_TEST(a_reserved_slot_is_not_popped)
{
    uint64_t *turn;

    ring_make(3, 8);
    push(0);
    turn = (void *)ring.slots;
    ck_assert_uint_eq(*turn, 1);
    *turn = 0; /* as before publishing */
    push(1);
    expect_empty();
    push(2);
    expect_full();
    *turn = 1;
    expect(0);
    expect(1);
    expect(2);
    mio__ring_fini(&ring);
}
END_TEST

/*
 * Many producers: each message is its producer and its number, twice, so that a torn one
 * would show; each producer's numbers must come in order and without a gap.
 */
enum { PRODUCERS = 4 };

/*
 * Tiny rings are full most of the time, and each message costs a change of threads. Who finds
 * nothing to do sleeps: yielding would starve on a machine with other work.
 */
static const struct {
    uint32_t capacity;
    uint64_t messages; /* a producer */
} loads[] = {{1, 1000}, {7, 5000}, {1024, 250000}};
static uint64_t messages_each;

static void doze(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000}, NULL);
}

typedef struct numbered {
    uint64_t producer, number, producer_again, number_again;
} numbered;

static void *produce(void *arg)
{
    uint64_t producer = (uint64_t)(uintptr_t)arg;

    for (uint64_t i = 0; i < messages_each; i++) {
        numbered message = {producer, i, producer, i};

        while (mio__ring_push(&ring, &message) < 0)
            doze();
    }
    return NULL;
}

static void consume(void)
{
    uint64_t next[PRODUCERS] = {0};

    for (uint64_t left = PRODUCERS * messages_each; left > 0;) {
        numbered message;

        if (!mio__ring_pop(&ring, &message)) {
            doze();
            continue;
        }
        left--;
        if (message.producer >= PRODUCERS || message.producer != message.producer_again ||
            message.number != message.number_again)
            ck_abort_msg("a torn message");
        if (message.number != next[message.producer]++)
            ck_abort_msg("a message of producer %d is lost, doubled or out of order",
                         (int)message.producer);
    }
}

START_TEST(many_producers_lose_nothing)
{
    pthread_t threads[PRODUCERS];

    messages_each = loads[_i].messages;
    ring_make(loads[_i].capacity, sizeof(numbered));
    for (uintptr_t i = 0; i < PRODUCERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, produce, (void *)i), 0);
    consume();
    for (int i = 0; i < PRODUCERS; i++)
        pthread_join(threads[i], NULL);
    ck_assert(!mio__ring_pop(&ring, &(numbered){0}));
    mio__ring_fini(&ring);
}
END_TEST

START_TEST(messages_are_aligned_for_their_size)
{
    static const uint32_t sizes[][2] = {{1, 1},  {4, 4},   {8, 8},  {12, 4}, {16, 16},
                                        {24, 8}, {48, 16}, {56, 8}, {64, 16}};
    unsigned char message[64] = {0};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const size_t most = _Alignof(max_align_t);
        const size_t align = sizes[i][1] < most ? sizes[i][1] : most;
        mio__ring own;

        ck_assert_int_eq(mio__ring_init(&own, 3, sizes[i][0]), 0);
        for (int lap = 0; lap < 4; lap++) {
            ck_assert_int_eq(mio__ring_push(&own, message), 0);
            ck_assert_uint_eq((uintptr_t)mio__ring_front(&own) % align, 0);
            mio__ring_pop_front(&own);
        }
        mio__ring_fini(&own);
    }
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("data/ring");
    TCase *one = harness_case(suite, "one thread");
    TCase *many = harness_case(suite, "threads");

    tcase_add_test(one, capacity_one);
    tcase_add_test(one, exactly_as_many_as_asked_for);
    tcase_add_test(one, one_popped_makes_room_for_one);
    tcase_add_test(one, wrap_around);
    tcase_add_test(one, messages_of_any_size);
    tcase_add_test(one, messages_are_aligned_for_their_size);
    tcase_add_test(one, too_large_is_out_of_memory);
    tcase_add_test(one, left_messages_are_freed);
    tcase_add_test(one, a_reserved_slot_is_not_popped);
    tcase_add_loop_test(many, many_producers_lose_nothing, 0, sizeof loads / sizeof loads[0]);
    return suite;
}
