/*
 * The order in which a channel's two sides do things: at each place where another thread could
 * come in between, the test does what that thread might do. Each order that
 * tests/event/channel.pml refutes, and that can be told by interleaving, fails here.
 *
 * Two cannot, for they are wrong only where the processor delays a store: a producer that looks
 * at `awake` and saves the exchange, and a receiver that clears it by a plain store. On one
 * thread they behave as the right order does. For these there are the model, and chance: the
 * loop that sleeps in tests/loop/test_channel_load.c.
 */
#include "mio/channel.h"

#include "turning.h"

#include "data/ring.h"
#include "sys/bell.h"

#include "seams.h"

#include <poll.h>

static seam before_silence, after_silence, after_ring, after_empty;

int __real_mio__bell_ring(const mio__bell *bell);
int __wrap_mio__bell_ring(const mio__bell *bell);
int __wrap_mio__bell_ring(const mio__bell *bell)
{
    const int err = __real_mio__bell_ring(bell);

    seam_pass(&after_ring);
    return err;
}

void __real_mio__bell_silence(const mio__bell *bell);
void __wrap_mio__bell_silence(const mio__bell *bell);
void __wrap_mio__bell_silence(const mio__bell *bell)
{
    seam_pass(&before_silence);
    __real_mio__bell_silence(bell);
    seam_pass(&after_silence);
}

bool __real_mio__ring_pop(mio__ring *ring, void *ret_message);
bool __wrap_mio__ring_pop(mio__ring *ring, void *ret_message);
bool __wrap_mio__ring_pop(mio__ring *ring, void *ret_message)
{
    const bool popped = __real_mio__ring_pop(ring, ret_message);

    if (!popped)
        seam_pass(&after_empty);
    return popped;
}

static mio_sender *sender;

static void wake_open(void)
{
    const mio_loop_config config = {.messages_per_turn = 8};
    mio_channel *channel;

    ck_assert_int_eq(mio_loop_new(&config, &loop), 0);
    ck_assert_int_eq(mio_channel_new(loop, NULL, &channel), 0);
    sender = mio_sender_new(channel);
}

static void wake_close(void)
{
    mio_sender_unref(sender);
    turning_close();
}

static void send_number(uint64_t number)
{
    ck_assert_int_eq(mio_sender_send(sender, &number), 0);
}

static void let_go(void)
{
    mio_sender_unref(sender);
    sender = NULL;
}

static void expect_message(uint64_t number)
{
    const mio_event event = turning_next();

    ck_assert_int_eq(event.kind, MIO_NOTIFY);
    ck_assert_ptr_nonnull(event.message);
    ck_assert_uint_eq(*(const uint64_t *)event.message, number);
}

static void expect_end(void)
{
    const mio_event event = turning_next();

    ck_assert_int_eq(event.kind, MIO_NOTIFY);
    ck_assert_ptr_null(event.message);
}

static void expect_nothing_more(void)
{
    turning_expect_rest(0, NULL);
}

/* What a host sees, and the next poll of a loop that sleeps. */
static bool bell_rings(void)
{
    struct pollfd fds = {.fd = mio_loop_pollfd(loop), .events = POLLIN};

    return poll(&fds, 1, 0) == 1;
}

static void act_send(void)
{
    send_number(2);
}

static void act_send_and_go(void)
{
    send_number(2);
    let_go();
}

/* ------------------------------------------------------------- the receiver's order */

/* A turn with one message, and what `here` does as the turn goes on. */
static void turn_with(seam *here, seam what)
{
    send_number(1);
    *here = what;
    turning_poll(0);
    expect_message(1);
}

/* The channel is busy with it: its bell must ring, or a host would not come again. */
static void expect_busy_with_two(void)
{
    expect_message(2);
    ck_assert(bell_rings());
    expect_nothing_more();
    ck_assert(!bell_rings());
    send_number(3);
    ck_assert(bell_rings());
    turning_poll(0);
    expect_message(3);
    expect_nothing_more();
}

START_TEST(sent_after_the_queue_was_found_empty)
{
    turn_with(&after_empty, (seam){.act = act_send});
    expect_busy_with_two();
}
END_TEST

START_TEST(sent_before_the_bell_is_silenced)
{
    turn_with(&before_silence, (seam){.act = act_send});
    expect_busy_with_two();
}
END_TEST

START_TEST(sent_after_the_bell_is_silenced)
{
    turn_with(&after_silence, (seam){.act = act_send});
    expect_busy_with_two();
}
END_TEST

START_TEST(sent_after_the_last_look)
{
    turn_with(&after_empty, (seam){.act = act_send, .passes = 1});
    expect_nothing_more();
    ck_assert(bell_rings());
    turning_poll(0);
    expect_message(2);
    expect_nothing_more();
}
END_TEST

START_TEST(sent_and_gone_after_the_queue_was_found_empty)
{
    turn_with(&after_empty, (seam){.act = act_send_and_go});
    expect_message(2);
    expect_end();
    expect_nothing_more();
}
END_TEST

START_TEST(sent_and_gone_after_the_bell_is_silenced)
{
    turn_with(&after_silence, (seam){.act = act_send_and_go});
    expect_message(2);
    expect_end();
    expect_nothing_more();
}
END_TEST

START_TEST(sent_and_gone_after_the_last_look)
{
    turn_with(&after_empty, (seam){.act = act_send_and_go, .passes = 1});
    expect_nothing_more();
    ck_assert(bell_rings());
    turning_poll(0);
    expect_message(2);
    expect_end();
    expect_nothing_more();
}
END_TEST

/* ------------------------------------------------------------- the senders' order */

static int turns;

static void act_take(void)
{
    turning_poll(0);
    expect_message(1);
    expect_nothing_more();
    turns++;
}

START_TEST(what_rings_is_there_already)
{
    turns = 0;
    after_ring.act = act_take;
    send_number(1);
    ck_assert_int_eq(turns, 1);
}
END_TEST

static void act_end(void)
{
    turning_poll(0);
    expect_end();
    expect_nothing_more();
    turns++;
}

START_TEST(the_last_that_rings_has_gone_already)
{
    turns = 0;
    after_ring.act = act_end;
    let_go();
    ck_assert_int_eq(turns, 1);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("loop/channel_wake");
    TCase *tcase = harness_case(suite, "order");

    tcase_add_checked_fixture(tcase, wake_open, wake_close);
    if (!SEAMS)
        return suite;
    tcase_add_test(tcase, sent_after_the_queue_was_found_empty);
    tcase_add_test(tcase, sent_before_the_bell_is_silenced);
    tcase_add_test(tcase, sent_after_the_bell_is_silenced);
    tcase_add_test(tcase, sent_after_the_last_look);
    tcase_add_test(tcase, sent_and_gone_after_the_queue_was_found_empty);
    tcase_add_test(tcase, sent_and_gone_after_the_bell_is_silenced);
    tcase_add_test(tcase, sent_and_gone_after_the_last_look);
    tcase_add_test(tcase, what_rings_is_there_already);
    tcase_add_test(tcase, the_last_that_rings_has_gone_already);
    return suite;
}
