#include "channels.h"

#include "event/sender.h"

#include <sys/wait.h>

static int drops;

static void count_drop(void *message)
{
    ck_assert_uint_eq(*(uint64_t *)message, 9);
    drops++;
}

START_TEST(it_counts_from_the_first_sender_to_the_end)
{
    mio_channel *channel = make(4, TOKEN);
    mio_sender *sender, *other;

    ck_assert_uint_eq(mio_loop_count(loop), 0);
    for (int round = 0; round < 2; round++) {
        sender = mio_sender_new(channel);
        other = mio_sender_new(channel);
        ck_assert_uint_eq(mio_loop_count(loop), 1);
        send_number(sender, 1);
        mio_sender_unref(sender);
        mio_sender_unref(other);
        ck_assert_uint_eq(mio_loop_count(loop), 1);
        turning_poll(source_soon_ns);
        expect_message(TOKEN, 1);
        expect_end(TOKEN);
        ck_assert_uint_eq(mio_loop_count(loop), 0);
        expect_nothing_more();
        turning_expect_none();
    }
    mio_channel_free(channel);
}
END_TEST

START_TEST(a_new_sender_before_the_end_is_told)
{
    mio_channel *channel = make(4, TOKEN);
    mio_sender *sender;

    mio_sender_unref(mio_sender_new(channel));
    sender = mio_sender_new(channel);
    turning_expect_none();
    ck_assert_uint_eq(mio_loop_count(loop), 1);
    mio_sender_unref(sender);
    turning_poll(source_soon_ns);
    expect_end(TOKEN);
    expect_nothing_more();
}
END_TEST

START_TEST(the_end_waits_for_the_budget)
{
    mio_sender *sender = mio_sender_new(make(BUDGET, TOKEN));

    for (uint64_t i = 0; i < BUDGET; i++)
        send_number(sender, i);
    mio_sender_unref(sender);
    turning_poll(-1);
    for (uint64_t i = 0; i < BUDGET; i++)
        expect_message(TOKEN, i);
    expect_nothing_more();
    turning_poll(-1);
    expect_end(TOKEN);
    expect_nothing_more();
}
END_TEST

START_TEST(after_free_a_send_is_refused)
{
    const mio_channel_config config = {.capacity = 4, .drop = count_drop};
    const int descriptors = harness_open_descriptors();
    const uint64_t nine = 9;
    mio_channel *channel;
    mio_sender *sender;

    drops = 0;
    ck_assert_int_eq(mio_channel_new(loop, &config, &channel), 0);
    sender = mio_sender_new(channel);
    send_number(sender, 9);
    send_number(sender, 9);
    mio_channel_free(channel);
    ck_assert_int_eq(drops, 2);
    ck_assert_int_eq(mio_sender_send(sender, &nine), -EPIPE);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    turning_expect_none();
    ck_assert_int_eq(harness_open_descriptors(), descriptors + 1);
    mio_sender_unref(sender); /* the last one closes the bell */
    ck_assert_int_eq(harness_open_descriptors(), descriptors);
    mio_channel_free(NULL);
}
END_TEST

START_TEST(a_message_is_repeated)
{
    const mio_channel_config config = {.capacity = 4, .drop = count_drop};
    mio_channel *channel;
    mio_sender *sender;

    drops = 0;
    ck_assert_int_eq(mio_channel_new(loop, &config, &channel), 0);
    sender = mio_sender_new(channel);
    ck_assert_int_eq(mio_channel_repeat(channel, true), -ENOENT);
    send_number(sender, 8);
    send_number(sender, 9);
    turning_poll(-1);
    for (int i = 0; i < 3; i++) {
        expect_message(0, 8);
        ck_assert_int_eq(mio_channel_repeat(channel, i < 2), 0);
    }
    expect_message(0, 9);
    ck_assert_int_eq(mio_channel_repeat(channel, true), 0);
    ck_assert_int_eq(mio_channel_repeat(channel, false), 0);
    expect_nothing_more();
    ck_assert_int_eq(mio_channel_repeat(channel, true), -ENOENT);
    send_number(sender, 9);
    turning_poll(-1);
    expect_message(0, 9);
    ck_assert_int_eq(mio_channel_repeat(channel, true), 0);
    ck_assert_int_eq(drops, 0);
    mio_channel_free(channel);
    ck_assert_int_eq(drops, 1);
    expect_nothing_more();
    mio_sender_unref(sender);
}
END_TEST

START_TEST(a_message_is_repeated_in_the_next_turn)
{
    mio_channel *channel = make(BUDGET, TOKEN);
    mio_sender *sender = mio_sender_new(channel);

    for (uint64_t i = 0; i < BUDGET; i++)
        send_number(sender, i);
    mio_sender_unref(sender);
    turning_poll(-1);
    for (uint64_t i = 0; i < BUDGET; i++)
        expect_message(TOKEN, i);
    ck_assert_int_eq(mio_channel_repeat(channel, true), 0);
    expect_nothing_more();
    ck_assert(host_is_told());
    ck_assert_int_eq(mio_loop_timeout(loop), 0);
    turning_poll(-1);
    expect_message(TOKEN, BUDGET - 1);
    expect_end(TOKEN);
    expect_nothing_more();
    ck_assert_int_eq(mio_channel_repeat(channel, true), -ENOENT);
}
END_TEST

START_TEST(freed_while_its_messages_are_told)
{
    mio_channel *channel = make(4, TOKEN);
    mio_sender *sender = mio_sender_new(channel);

    send_number(sender, 0);
    send_number(sender, 1);
    turning_poll(-1);
    expect_message(TOKEN, 0);
    mio_channel_free(channel);
    expect_nothing_more();
    turning_expect_none();
    mio_sender_unref(sender);
}
END_TEST

START_TEST(freed_while_its_bell_is_in_the_batch)
{
    mio_channel *channel = make(4, TOKEN);
    mio_sender *sender = mio_sender_new(channel);

    send_number(sender, 0);
    turning_poll(-1);
    mio_channel_free(channel);
    expect_nothing_more();
    mio_sender_unref(sender);
}
END_TEST

/* The fixture frees the loop and its invariants are checked before. */
START_TEST(the_loop_frees_its_channels)
{
    const uint64_t number = 0;
    mio_loop *other;
    mio_channel *channel;
    mio_sender *sender;

    ck_assert_int_eq(mio_loop_new(NULL, &other), 0);
    ck_assert_int_eq(mio_channel_new(other, NULL, &channel), 0);
    sender = mio_sender_new(channel);
    send_number(sender, 0);
    mio_loop_free(other);
    ck_assert_int_eq(mio_sender_send(sender, &number), -EPIPE);
    mio_sender_unref(sender);
}
END_TEST

START_TEST(its_id_is_no_registration)
{
    mio_channel *channel = make(4, TOKEN);
    mio_sender *sender = mio_sender_new(channel);
    uint64_t id;

    send_number(sender, 0);
    send_number(sender, 1);
    turning_poll(-1);
    id = turning_next().id;
    ck_assert_uint_eq(id, mio_channel_id(channel));
    ck_assert_int_eq(mio_loop_deregister(loop, id), -ENOENT);
    ck_assert_int_eq(mio_loop_reregister(loop, id, MIO_READABLE, MIO_LEVEL), -ENOENT);
    ck_assert_int_eq(mio_loop_pause(loop, id, 0), -ENOENT);
    expect_message(TOKEN, 1);
    mio_sender_unref(sender);
}
END_TEST

/* Everything that make() makes, with memory of one's own. */
static int make_with(const mio_allocator *allocator)
{
    const mio_loop_config config = {.allocator = allocator};
    mio_channel *channel;
    mio_loop *own;
    int err = mio_loop_new(&config, &own);

    if (err < 0)
        return err;
    err = mio_channel_new(own, NULL, &channel);
    if (err == 0)
        mio_sender_unref(mio_sender_new(channel));
    mio_loop_free(own);
    return err;
}

/* Leaves with 0 where nothing that it does is heard by the parent, or takes anything from it.
 */
static int child_of_fork(mio_channel *channel, mio_sender *sender)
{
    const uint64_t number = 5;

    if (mio_sender_send(sender, &number) != -ESTALE)
        return 1;
    mio_sender_unref(sender); /* the last one, here */
    mio__sender_answer(sender);
    mio_channel_free(channel);
    return 0;
}

START_TEST(a_child_of_fork_is_not_heard)
{
    mio_channel *channel = make(4, TOKEN);
    mio_sender *sender = mio_sender_new(channel);

    atomic_store(&writes, 0);
    for (int rung = 0; rung < 2; rung++) {
        pid_t child = fork();
        int status;

        ck_assert_int_ge(child, 0);
        if (child == 0)
            _exit(child_of_fork(channel, sender));
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_int_eq(status, 0);
        ck_assert_int_eq(host_is_told(), rung);
        if (rung == 0)
            send_number(sender, 6);
    }
    turning_poll(0);
    expect_message(TOKEN, 6);
    expect_nothing_more();
    mio_sender_unref(sender);
}
END_TEST

START_TEST(no_memory)
{
    const mio_channel_config config = {.capacity = UINT32_MAX, .message_size = UINT32_MAX};
    mio_channel *channel;

    fault_check_memory(make_with, false);
    fault_check_memory(make_with, true);
    ck_assert_int_eq(mio_channel_new(loop, &config, &channel), -ENOMEM);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("loop/channel_life");
    TCase *life = budget_case(suite, "life");

    tcase_add_test(life, it_counts_from_the_first_sender_to_the_end);
    tcase_add_test(life, a_new_sender_before_the_end_is_told);
    tcase_add_test(life, the_end_waits_for_the_budget);
    tcase_add_test(life, after_free_a_send_is_refused);
    tcase_add_test(life, a_message_is_repeated);
    tcase_add_test(life, a_message_is_repeated_in_the_next_turn);
    tcase_add_test(life, freed_while_its_messages_are_told);
    tcase_add_test(life, freed_while_its_bell_is_in_the_batch);
    tcase_add_test(life, the_loop_frees_its_channels);
    tcase_add_test(life, its_id_is_no_registration);
    tcase_add_test(life, a_child_of_fork_is_not_heard);
    tcase_add_test(life, no_memory);
    return suite;
}
