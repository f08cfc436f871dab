/*
 * What is registered with a loop.
 */
#include "mio/item.h"

#include "mio/channel.h"
#include "turning.h"

#include <signal.h>

static const int64_t second_ns = 1000000000;

static void item_open(void)
{
    const mio_loop_config config = {.clock = MIO_CLOCK_VIRTUAL};

    ck_assert_int_eq(mio_loop_new(&config, &loop), 0);
}

/* All things. Returns how many. */
static int item_walk(mio_item items[TURNING_MAX])
{
    uint64_t cursor = 0;
    int count = 0;

    while (mio_loop_each(loop, &cursor, &items[count]))
        ck_assert_int_lt(++count, TURNING_MAX);
    ck_assert_int_eq(mio_loop_each(loop, &cursor, items), 0); /* the end stays the end */
    return count;
}

/* The only thing that there is. */
static mio_item item_only(void)
{
    mio_item items[TURNING_MAX];

    ck_assert_int_eq(item_walk(items), 1);
    return items[0];
}

START_TEST(an_empty_loop_has_none)
{
    mio_item items[TURNING_MAX];

    ck_assert_int_eq(item_walk(items), 0);
}
END_TEST

START_TEST(a_descriptor_tells_its_interest)
{
    mio_fd pair[2];
    mio_item item;
    uint64_t id;

    source_pair(pair);
    id = turning_register_with(pair[0], RW, MIO_EDGE, 9);
    item = item_only();
    ck_assert_int_eq(item.kind, MIO_READY);
    ck_assert_uint_eq(item.id, id);
    ck_assert_uint_eq(item.token, 9);
    ck_assert_int_eq(item.fd, pair[0]);
    ck_assert_uint_eq(item.interest, RW);
    ck_assert_int_eq(item.trigger, MIO_EDGE);
    ck_assert_int_eq(item.deadline_ns, -1);
    turning_reregister(id, R, MIO_ONESHOT);
    item = item_only();
    ck_assert_uint_eq(item.interest, R);
    ck_assert_int_eq(item.trigger, MIO_ONESHOT);
    source_close(pair);
}
END_TEST

START_TEST(a_paused_descriptor_tells_the_end_of_its_pause)
{
    mio_fd pair[2];
    uint64_t id;

    source_pair(pair);
    id = turning_register(pair[0], R, 9);
    ck_assert_int_eq(mio_loop_advance(loop, second_ns), 0);
    ck_assert_int_eq(mio_loop_pause(loop, id, 2 * second_ns), 0);
    ck_assert_int_eq(item_only().deadline_ns, 3 * second_ns);
    ck_assert_uint_eq(item_only().interest, R);
    ck_assert_int_eq(mio_loop_pause(loop, id, 4 * second_ns), 0);
    ck_assert_int_eq(item_only().deadline_ns, 5 * second_ns);
    turning_reregister(id, R, MIO_LEVEL);
    ck_assert_int_eq(item_only().deadline_ns, -1);
    source_close(pair);
}
END_TEST

START_TEST(a_timer_tells_its_deadline)
{
    uint64_t id = turning_after(3 * second_ns, 4);
    mio_item item = item_only();

    ck_assert_int_eq(item.kind, MIO_TIMEOUT);
    ck_assert_uint_eq(item.id, id);
    ck_assert_uint_eq(item.token, 4);
    ck_assert_int_eq(item.fd, -1);
    ck_assert_int_eq(item.deadline_ns, 3 * second_ns);
    ck_assert_int_eq(item.period_ns, 0);
    ck_assert_int_eq(mio_timer_reset(loop, id, 8 * second_ns), 0); /* moves lazily */
    ck_assert_int_eq(item_only().deadline_ns, 8 * second_ns);
    ck_assert_int_eq(mio_timer_cancel(loop, id), 0);
    ck_assert_int_eq(mio_loop_every(loop, second_ns, 5, NULL), 0);
    turning_poll(-1);
    turning_finish((mio_event[TURNING_MAX]){{0}});
    ck_assert_int_eq(item_only().deadline_ns, 2 * second_ns);
    ck_assert_int_eq(item_only().period_ns, second_ns);
}
END_TEST

START_TEST(a_signal_tells_its_number)
{
    mio_item item;
    uint64_t id;

    ck_assert_int_eq(mio_loop_signal(loop, SIGUSR2, 3, &id), 0);
    item = item_only(); /* the pipe is the loop's own */
    ck_assert_int_eq(item.kind, MIO_SIGNAL);
    ck_assert_uint_eq(item.id, id);
    ck_assert_uint_eq(item.token, 3);
    ck_assert_int_eq(item.fd, -1);
    ck_assert_int_eq(item.number, SIGUSR2);
    ck_assert_int_eq(item.deadline_ns, -1);
}
END_TEST

START_TEST(a_channel_is_one_thing)
{
    const mio_channel_config config = {.token = 8};
    mio_channel *channel;
    mio_item item;

    ck_assert_int_eq(mio_channel_new(loop, &config, &channel), 0);
    item = item_only();
    ck_assert_int_eq(item.kind, MIO_NOTIFY);
    ck_assert_uint_eq(item.id, mio_channel_id(channel));
    ck_assert_uint_eq(item.token, 8);
    ck_assert_int_eq(item.fd, -1);
    ck_assert_int_eq(item.deadline_ns, -1);
    mio_channel_free(channel);
}
END_TEST

/* As many as the loop counts, each once, and none that has ended. */
START_TEST(all_kinds_are_walked)
{
    enum { EACH = 70 }; /* more than a chunk of a slab */
    mio_item items[TURNING_MAX];
    uint64_t ids[EACH];
    mio_fd pairs[EACH][2];
    uint64_t tokens = 0;
    int count;

    for (uint64_t i = 0; i < EACH; i++) {
        source_pair(pairs[i]);
        turning_register(pairs[i][0], R, 2);
        ids[i] = turning_after((int64_t)i * second_ns, i);
    }
    for (int i = 0; i < EACH; i += 2)
        ck_assert_int_eq(mio_timer_cancel(loop, ids[i]), 0);
    ck_assert_int_eq(mio_loop_signal(loop, SIGUSR1, 0, NULL), 0);
    count = item_walk(items);
    ck_assert_int_eq(count, EACH + EACH / 2 + 1);
    ck_assert_uint_eq((size_t)count, mio_loop_count(loop));
    for (int i = 0; i < count; i++)
        tokens += items[i].token;
    ck_assert_uint_eq(tokens, 2 * EACH + EACH / 2 * EACH / 2);
    for (int i = 0; i < EACH; i++)
        source_close(pairs[i]);
}
END_TEST

/* Things end and begin during a walk: it comes to an end, and tells of none that is dead. */
START_TEST(a_walk_stands_changes)
{
    uint64_t cursor = 0;
    uint64_t ids[8];
    mio_item item;
    int seen = 0;

    for (uint64_t i = 0; i < 8; i++)
        ids[i] = turning_after(second_ns, i);
    while (mio_loop_each(loop, &cursor, &item)) {
        ck_assert_uint_eq(item.id, ids[item.token]);
        ck_assert_int_eq(mio_timer_cancel(loop, item.id), 0);
        if (item.token + 1 < 8)
            mio_timer_cancel(loop, ids[item.token + 1]);
        seen++;
    }
    ck_assert_int_eq(seen, 4);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("loop/item");
    TCase *tcase = harness_case(suite, "each");

    tcase_add_checked_fixture(tcase, item_open, turning_close);
    tcase_add_test(tcase, an_empty_loop_has_none);
    tcase_add_test(tcase, a_descriptor_tells_its_interest);
    tcase_add_test(tcase, a_paused_descriptor_tells_the_end_of_its_pause);
    tcase_add_test(tcase, a_timer_tells_its_deadline);
    tcase_add_test(tcase, a_signal_tells_its_number);
    tcase_add_test(tcase, a_channel_is_one_thing);
    tcase_add_test(tcase, all_kinds_are_walked);
    tcase_add_test(tcase, a_walk_stands_changes);
    return suite;
}
