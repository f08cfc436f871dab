#include "channels.h"

#include <pthread.h>

/* ------------------------------------------------------------------- messages */

START_TEST(messages_come_in_order)
{
    mio_sender *sender = mio_sender_new(make(8, TOKEN));

    for (uint64_t i = 0; i < 8; i++)
        send_number(sender, i);
    turning_poll(-1);
    for (uint64_t i = 0; i < 8; i++)
        expect_message(TOKEN, i);
    expect_nothing_more();
    turning_expect_none();
    mio_sender_unref(sender);
}
END_TEST

START_TEST(an_event_has_32_bytes)
{
    ck_assert_uint_eq(sizeof(mio_event), 32);
}
END_TEST

START_TEST(the_defaults)
{
    mio_channel *channel;
    mio_sender *sender;
    const uint64_t number = 1;

    ck_assert_int_eq(mio_channel_new(loop, NULL, &channel), 0);
    sender = mio_sender_new(channel);
    for (int i = 0; i < 4096; i++)
        ck_assert_int_eq(mio_sender_send(sender, &number), 0);
    ck_assert_int_eq(mio_sender_send(sender, &number), -EAGAIN);
    mio_sender_unref(sender);
}
END_TEST

START_TEST(capacity_one_gives_full_and_then_succeeds)
{
    mio_sender *sender = mio_sender_new(make(1, TOKEN));

    for (uint64_t i = 0; i < 4; i++) {
        send_number(sender, i);
        ck_assert_int_eq(mio_sender_send(sender, &i), -EAGAIN);
        turning_poll(source_soon_ns);
        expect_message(TOKEN, i);
        expect_nothing_more();
    }
    mio_sender_unref(sender);
}
END_TEST

typedef struct large {
    char text[1000];
    long double aligned;
} large;

START_TEST(a_message_of_any_size_is_aligned)
{
    const mio_channel_config config = {.message_size = sizeof(large)};
    large message = {.text = "hello", .aligned = 1.5L};
    const large *got;
    mio_channel *channel;
    mio_sender *sender;

    ck_assert_int_eq(mio_channel_new(loop, &config, &channel), 0);
    sender = mio_sender_new(channel);
    ck_assert_int_eq(mio_sender_send(sender, &message), 0);
    turning_poll(-1);
    got = turning_next().message;
    ck_assert_uint_eq((uintptr_t)got % _Alignof(large), 0);
    ck_assert_str_eq(got->text, "hello");
    ck_assert(got->aligned == 1.5L);
    mio_sender_unref(sender);
}
END_TEST

START_TEST(no_more_than_the_budget_in_a_turn)
{
    mio_sender *sender = mio_sender_new(make(3 * BUDGET, TOKEN));
    uint64_t number = 0;

    for (uint64_t i = 0; i < 2 * BUDGET + 1; i++)
        send_number(sender, i);
    for (int turn = 0; turn < 2; turn++) {
        turning_poll(-1);
        for (int i = 0; i < BUDGET; i++)
            expect_message(TOKEN, number++);
        expect_nothing_more();
        ck_assert_int_eq(mio_loop_timeout(loop), 0); /* the rest does not wait */
    }
    turning_poll(-1);
    expect_message(TOKEN, number);
    expect_nothing_more();
    mio_sender_unref(sender);
}
END_TEST

START_TEST(after_a_burst_it_is_looked_at_once_more)
{
    enum { BURST = 16 };
    mio_sender *sender = mio_sender_new(make(BURST, TOKEN));

    for (int last = BURST - 1; last <= BURST; last++) {
        atomic_store(&writes, 0);
        for (int i = 0; i < last; i++)
            send_number(sender, (uint64_t)i);
        turning_poll(-1);
        for (int i = 0; i < last; i++)
            expect_message(TOKEN, (uint64_t)i);
        expect_nothing_more();
        ck_assert_int_eq(mio_loop_timeout(loop), last == BURST ? 0 : -1);
    }
    for (int turn = 0; turn < 3;
         turn++) { /* in a steady flow they ring once, and never again */
        for (int i = 0; i < BURST; i++)
            send_number(sender, (uint64_t)i);
        ck_assert_int_eq(atomic_load(&writes), 1);
        turning_poll(-1);
        for (int i = 0; i < BURST; i++)
            expect_message(TOKEN, (uint64_t)i);
        expect_nothing_more();
    }
    turning_expect_none(); /* looked at once more, and answered */
    ck_assert_int_eq(mio_loop_timeout(loop), -1);
    send_number(sender, 0);
    ck_assert_int_eq(atomic_load(&writes), 2);
    turning_poll(-1);
    expect_message(TOKEN, 0);
    expect_nothing_more();
    mio_sender_unref(sender);
}
END_TEST

START_TEST(messages_come_after_descriptors_and_before_timers)
{
    mio_sender *sender = mio_sender_new(make(1, TOKEN));
    int fds[2];

    source_pair(fds);
    turning_after(0, 2);
    turning_register(fds[0], R, 1);
    source_put(fds[1]);
    send_number(sender, 0);
    source_pause_ms(1);
    turning_poll(source_soon_ns);
    ck_assert_int_eq(turning_next().kind, MIO_READY);
    expect_message(TOKEN, 0);
    ck_assert_int_eq(turning_next().kind, MIO_TIMEOUT);
    expect_nothing_more();
    source_close(fds);
    mio_sender_unref(sender);
}
END_TEST

START_TEST(channels_take_turns_in_spending_the_budget)
{
    mio_channel *first = make(4 * BUDGET, 1), *second = make(4 * BUDGET, 2);
    mio_sender *senders[] = {mio_sender_new(first), mio_sender_new(second)};
    uint64_t seen[3] = {0};

    for (uint64_t i = 0; i < 2 * BUDGET; i++) {
        send_number(senders[0], i);
        send_number(senders[1], i);
    }
    for (int turn = 0; turn < 2; turn++) {
        turning_poll(-1);
        for (int i = 0; i < BUDGET; i++)
            seen[turning_next().token]++;
        expect_nothing_more();
    }
    ck_assert_uint_eq(seen[1], BUDGET);
    ck_assert_uint_eq(seen[2], BUDGET);
    mio_sender_unref(senders[0]);
    mio_sender_unref(senders[1]);
}
END_TEST

START_TEST(an_idle_channel_is_silent)
{
    mio_sender *sender = mio_sender_new(make(1, TOKEN));

    turning_expect_none();
    send_number(sender, 0);
    turning_poll(-1);
    expect_message(TOKEN, 0);
    expect_nothing_more();
    atomic_store(&writes, 0);
    turning_expect_none();
    turning_expect_none();
    ck_assert_int_eq(atomic_load(&writes), 0);
    mio_sender_unref(sender);
}
END_TEST

START_TEST(one_write_while_the_loop_does_not_look)
{
    mio_sender *sender = mio_sender_new(make(100, TOKEN));

    atomic_store(&writes, 0);
    for (uint64_t i = 0; i < 100; i++)
        send_number(sender, i);
    ck_assert_int_eq(atomic_load(&writes), 1);
    turning_poll(-1);
    for (uint64_t i = 0; i < 100; i++)
        expect_message(TOKEN, i);
    expect_nothing_more();
    mio_sender_unref(sender);
}
END_TEST

START_TEST(a_failed_write_is_made_up_for)
{
    mio_sender *sender = mio_sender_new(make(4, TOKEN));

    fault_arm("write", EIO, 0, 1);
    send_number(sender, 0);
    ck_assert_int_eq(fault_disarm(), 1);
    turning_expect_none();
    send_number(sender, 1);
    turning_poll(source_soon_ns);
    expect_message(TOKEN, 0);
    expect_message(TOKEN, 1);
    expect_nothing_more();
    mio_sender_unref(sender);
}
END_TEST

/* A host that waits for the descriptor alone, and for no mio_loop_timeout(). */
START_TEST(a_host_is_told_while_messages_wait)
{
    mio_sender *sender = mio_sender_new(make(2 * BUDGET, TOKEN));
    uint64_t number = 0;

    ck_assert(!host_is_told());
    for (uint64_t i = 0; i < BUDGET + 1; i++)
        send_number(sender, i);
    for (int left = BUDGET + 1; left > 0; left -= BUDGET) {
        ck_assert(host_is_told());
        turning_poll(0);
        for (int i = 0; i < BUDGET && i < left; i++)
            expect_message(TOKEN, number++);
        expect_nothing_more();
    }
    while (host_is_told()) /* for the turn after a burst, and no longer */
        turning_expect_none();
    send_number(sender, number);
    ck_assert(host_is_told());
    turning_poll(0);
    expect_message(TOKEN, number);
    expect_nothing_more();
    ck_assert(!host_is_told());
    mio_sender_unref(sender);
}
END_TEST

START_TEST(a_host_is_told_while_a_channel_rests_after_a_burst)
{
    enum { BURST = 16 };
    mio_sender *sender = mio_sender_new(make(BURST, TOKEN));

    for (uint64_t i = 0; i < BURST; i++)
        send_number(sender, i);
    turning_poll(0);
    for (uint64_t i = 0; i < BURST; i++)
        expect_message(TOKEN, i);
    expect_nothing_more();
    send_number(sender, BURST);
    ck_assert(host_is_told());
    turning_poll(0);
    expect_message(TOKEN, BURST);
    expect_nothing_more();
    ck_assert(!host_is_told());
    mio_sender_unref(sender);
}
END_TEST

/* Their bells have rung, and the budget was spent before they had a turn. */
START_TEST(a_host_is_told_of_channels_behind_others)
{
    mio_sender *senders[BUDGET + 1];
    uint64_t told = 0;

    for (uint64_t i = 0; i <= BUDGET; i++) {
        senders[i] = mio_sender_new(make(1, i));
        send_number(senders[i], i);
    }
    while (host_is_told()) {
        mio_event event;

        turning_poll(0);
        while (mio_loop_next(loop, &event) == 1)
            told += event.kind == MIO_NOTIFY;
    }
    ck_assert_uint_eq(told, BUDGET + 1);
    for (int i = 0; i <= BUDGET; i++)
        mio_sender_unref(senders[i]);
}
END_TEST

/* ------------------------------------------------------------------- run */

typedef struct run_state {
    mio_sender *sender;
    uint64_t expected;
    int ends;
} run_state;

static void run_notify(mio_loop *own, const mio_event *event, void *ctx)
{
    run_state *state = ctx;

    if (event->message == NULL) {
        state->ends++;
        return;
    }
    ck_assert_uint_eq(*(const uint64_t *)event->message, state->expected);
    state->expected++;
    if (state->expected == 3)
        mio_loop_shutdown(own);
}

static const mio_handler run_handler = {.notify = run_notify};

START_TEST(messages_sent_after_run_stay)
{
    run_state state = {.sender = mio_sender_new(make(8, TOKEN))};

    for (uint64_t i = 0; i < 3; i++)
        send_number(state.sender, i);
    ck_assert_int_eq(mio_loop_run(loop, &run_handler, &state), 0);
    ck_assert_uint_eq(state.expected, 3);
    for (uint64_t i = 3; i < 6; i++)
        send_number(state.sender, i);
    mio_sender_unref(state.sender);
    ck_assert_int_eq(mio_loop_run(loop, &run_handler, &state), 0);
    ck_assert_uint_eq(state.expected, 6);
    ck_assert_int_eq(state.ends, 1);
}
END_TEST

static void *send_later(void *arg)
{
    mio_sender *sender = arg;

    source_pause_ms(10);
    for (uint64_t i = 0; i < 2; i++)
        send_number(sender, i);
    mio_sender_unref(sender);
    return NULL;
}

START_TEST(a_loop_that_sleeps_is_woken)
{
    run_state state = {.expected = 0};
    pthread_t thread;

    state.sender = mio_sender_new(make(8, TOKEN));
    ck_assert_int_eq(pthread_create(&thread, NULL, send_later, state.sender), 0);
    ck_assert_int_eq(mio_loop_run(loop, &run_handler, &state), 0);
    ck_assert_uint_eq(state.expected, 2);
    ck_assert_int_eq(state.ends, 1);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("loop/channel");
    TCase *messages = budget_case(suite, "messages");
    TCase *run = turning_case(suite, "run");

    tcase_add_test(messages, messages_come_in_order);
    tcase_add_test(messages, an_event_has_32_bytes);
    tcase_add_test(messages, the_defaults);
    tcase_add_test(messages, capacity_one_gives_full_and_then_succeeds);
    tcase_add_test(messages, a_message_of_any_size_is_aligned);
    tcase_add_test(messages, no_more_than_the_budget_in_a_turn);
    tcase_add_test(messages, after_a_burst_it_is_looked_at_once_more);
    tcase_add_test(messages, messages_come_after_descriptors_and_before_timers);
    tcase_add_test(messages, channels_take_turns_in_spending_the_budget);
    tcase_add_test(messages, an_idle_channel_is_silent);
    tcase_add_test(messages, one_write_while_the_loop_does_not_look);
    tcase_add_test(messages, a_failed_write_is_made_up_for);
    tcase_add_test(messages, a_host_is_told_while_messages_wait);
    tcase_add_test(messages, a_host_is_told_while_a_channel_rests_after_a_burst);
    tcase_add_test(messages, a_host_is_told_of_channels_behind_others);
    tcase_add_test(run, messages_sent_after_run_stay);
    tcase_add_test(run, a_loop_that_sleeps_is_woken);
    return suite;
}
