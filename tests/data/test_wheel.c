#include "data/wheel.h"

#include "harness.h"

#include <errno.h>
#include <stdlib.h>

static const int64_t ms = 1000000;
static mio__wheel wheel;
static mio__wheel_entry timers[64];

static void wheel_make(unsigned tick_shift, unsigned level_bits, int64_t now_ns)
{
    ck_assert_int_eq(mio__wheel_init(&wheel, NULL, tick_shift, level_bits, now_ns), 0);
    for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++)
        mio__wheel_entry_init(&timers[i]);
}

/* The geometry of the loop, at a time that is no multiple of anything. */
static void wheel_make_default(void)
{
    wheel_make(MIO__WHEEL_TICK_SHIFT, MIO__WHEEL_LEVEL_BITS, 1234567891);
}

static void wheel_drop(void)
{
    mio__wheel_check(&wheel);
    mio__wheel_fini(&wheel);
}

static void set(int timer, int64_t deadline_ns)
{
    mio__wheel_set(&wheel, &timers[timer], deadline_ns);
    mio__wheel_check(&wheel);
}

static void clear(int timer)
{
    mio__wheel_clear(&wheel, &timers[timer]);
    mio__wheel_check(&wheel);
}

static void advance(int64_t now_ns)
{
    mio__wheel_advance(&wheel, now_ns);
    mio__wheel_check(&wheel);
}

/* The next due timer is this one; -1 for none. */
static void expect_pop(int timer)
{
    const mio__wheel_entry *entry = mio__wheel_pop(&wheel);

    mio__wheel_check(&wheel);
    ck_assert_int_eq(entry != NULL ? (int)(entry - timers) : -1, timer);
    if (timer >= 0)
        ck_assert(!mio__wheel_is_set(&timers[timer]));
}

/* At now_ns these timers are due, in this order; -1 ends them. */
static void expect_due(int64_t now_ns, const int *due)
{
    advance(now_ns);
    for (; *due >= 0; due++)
        expect_pop(*due);
    expect_pop(-1);
}

#define EXPECT_DUE(now_ns, ...) expect_due((now_ns), (const int[]){__VA_ARGS__, -1})
#define EXPECT_NONE(now_ns)     EXPECT_DUE((now_ns), -1)

/* The beginning of the deadline's tick, from the definition. */
static int64_t rounded_up(int64_t deadline_ns, unsigned tick_shift)
{
    int64_t tick_ns = INT64_C(1) << tick_shift;
    int64_t rest = deadline_ns % tick_ns;

    if (deadline_ns <= 0)
        return 0;
    if (rest == 0)
        return deadline_ns;
    return deadline_ns > INT64_MAX - (tick_ns - rest) ? INT64_MAX
                                                      : deadline_ns - rest + tick_ns;
}

START_TEST(an_empty_wheel_wants_no_wake_up)
{
    wheel_make_default();
    ck_assert_int_eq(mio__wheel_next(&wheel), INT64_MAX);
    EXPECT_NONE(INT64_C(1) << 40);
    EXPECT_NONE(INT64_MAX);
    ck_assert_int_eq(mio__wheel_next(&wheel), INT64_MAX);
    wheel_drop();
}
END_TEST

START_TEST(the_next_tick)
{
    wheel_make(10, 6, 5000);
    set(0, 5001);
    ck_assert(mio__wheel_is_set(&timers[0]));
    ck_assert_int_eq(mio__wheel_next(&wheel), 5120);
    EXPECT_NONE(5119);
    EXPECT_DUE(5120, 0);
    ck_assert_int_eq(mio__wheel_next(&wheel), INT64_MAX);
    wheel_drop();
}
END_TEST

START_TEST(cleared_before_it_is_due)
{
    wheel_make_default();
    set(0, 2000 * ms);
    set(1, 3000 * ms);
    clear(0);
    ck_assert(!mio__wheel_is_set(&timers[0]));
    EXPECT_NONE(2500 * ms);
    EXPECT_DUE(3001 * ms, 1);
    wheel_drop();
}
END_TEST

/* mio#465: the wake-up of a cancelled timer. */
START_TEST(clearing_the_only_one_leaves_no_wake_up)
{
    wheel_make_default();
    for (int64_t delay = 1; delay < INT64_MAX / 4; delay *= 2) {
        set(0, 2000 * ms + delay);
        clear(0);
        ck_assert_int_eq(mio__wheel_next(&wheel), INT64_MAX);
    }
    set(0, 2000 * ms);
    set(1, 9000 * ms); /* in another slot */
    clear(0);
    ck_assert_int_eq(mio__wheel_next(&wheel), rounded_up(9000 * ms, MIO__WHEEL_TICK_SHIFT));
    wheel_drop();
}
END_TEST

START_TEST(clearing_one_of_a_slot_costs_a_wake_up_at_most)
{
    wheel_make(0, 6, 0);
    set(0, 100);
    set(1, 110);
    clear(0);
    ck_assert_int_ge(mio__wheel_next(&wheel), 100);
    EXPECT_NONE(mio__wheel_next(&wheel));
    ck_assert_int_eq(mio__wheel_next(&wheel), 110);
    EXPECT_DUE(110, 1);
    wheel_drop();
}
END_TEST

START_TEST(two_in_one_tick_first_in_first_out)
{
    wheel_make(10, 6, 0);
    set(1, 5001);
    set(0, 5000); /* an earlier deadline, in the same tick */
    EXPECT_DUE(6000, 1, 0);
    wheel_drop();
}
END_TEST

START_TEST(earlier_ticks_first_however_late_the_wake_up)
{
    wheel_make(10, 6, 0);
    set(0, 900000);
    set(1, 50000);
    set(2, 3000000);
    set(3, 51);
    EXPECT_DUE(INT64_C(1) << 50, 3, 1, 0, 2);
    wheel_drop();
}
END_TEST

/* The order within a tick survives the way down through the levels. */
START_TEST(first_in_first_out_from_far_away)
{
    wheel_make(0, 1, 0);
    for (int i = 0; i < 8; i++)
        set(i, 1000 + i % 2);
    EXPECT_NONE(1);
    set(60, 512);
    EXPECT_DUE(512, 60); /* the timers have come down some levels: these are set beside them */
    for (int i = 8; i < 12; i++)
        set(i, 1000 + i % 2);
    EXPECT_DUE(1001, 0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11);
    wheel_drop();
}
END_TEST

START_TEST(far_ticks)
{
    wheel_make_default();
    for (int i = 0; i < 40; i++)
        set(i, 1234567891 + (INT64_C(1) << (22 + i)));
    for (int i = 0; i < 40; i++) {
        int64_t due_ns = rounded_up(timers[i].deadline_ns, MIO__WHEEL_TICK_SHIFT);

        ck_assert_int_eq(mio__wheel_next(&wheel), due_ns);
        EXPECT_NONE(due_ns - 1);
        EXPECT_DUE(due_ns, i);
    }
    wheel_drop();
}
END_TEST

/* Every delay from every phase of the tiny wheels, one tick at a time. */
START_TEST(every_delay_from_every_start)
{
    unsigned level_bits = (unsigned)_i;

    for (int64_t start = 0; start < 70; start++) {
        for (int64_t delay = 1; delay < 140; delay++) {
            wheel_make(0, level_bits, start);
            mio__wheel_set(&wheel, &timers[0], start + delay);
            for (int64_t now = start; now < start + delay; now++) {
                mio__wheel_advance(&wheel, now);
                if (mio__wheel_pop(&wheel) != NULL)
                    ck_abort_msg("early: %d from %d", (int)delay, (int)start);
            }
            mio__wheel_advance(&wheel, start + delay);
            if (mio__wheel_pop(&wheel) != &timers[0])
                ck_abort_msg("late: %d from %d", (int)delay, (int)start);
            mio__wheel_fini(&wheel);
        }
    }
}
END_TEST

START_TEST(never_early)
{
    for (unsigned tick_shift = 0; tick_shift <= 20; tick_shift += 4) {
        wheel_make(tick_shift, 6, 0);
        for (int64_t deadline_ns = 1; deadline_ns < 100000000; deadline_ns *= 7) {
            int64_t due_ns = rounded_up(deadline_ns, tick_shift);

            set(0, deadline_ns);
            EXPECT_NONE(deadline_ns - 1);
            EXPECT_NONE(due_ns - 1);
            EXPECT_DUE(due_ns, 0);
        }
        wheel_drop();
    }
}
END_TEST

/* A wheel that walked ticks would not come back from these in a lifetime. */
START_TEST(catching_up_in_one_call)
{
    wheel_make(0, 1, 0);
    set(0, 1);
    set(1, INT64_C(1) << 40);
    set(2, (INT64_C(1) << 61) + 12345);
    EXPECT_DUE((INT64_C(1) << 61) + 12344, 0, 1);
    EXPECT_DUE((INT64_C(1) << 62), 2);
    EXPECT_NONE(INT64_MAX - 1);
    wheel_drop();
}
END_TEST

/* One digit agrees on a level, the ones above do not: two rounds of a simple wheel. */
START_TEST(the_same_slot_in_a_later_round)
{
    wheel_make(0, 2, 0);
    set(0, 2);
    set(1, 2 + 4);
    set(2, 2 + 4 * 4);
    set(3, 2 + 4 * 4 * 4);
    EXPECT_NONE(1);
    EXPECT_DUE(2, 0);
    set(0, 2 + 4 * 4 + 4);
    EXPECT_NONE(5);
    EXPECT_DUE(6, 1);
    EXPECT_NONE(17);
    EXPECT_DUE(18, 2);
    EXPECT_DUE(22, 0);
    EXPECT_NONE(65);
    EXPECT_DUE(66, 3);
    wheel_drop();
}
END_TEST

START_TEST(a_sibling_cleared_between_two_fires)
{
    wheel_make_default();
    for (int i = 0; i < 4; i++)
        set(i, 2000 * ms);
    advance(2001 * ms);
    expect_pop(0);
    clear(1);
    ck_assert(!mio__wheel_is_set(&timers[1]));
    ck_assert(mio__wheel_is_set(&timers[2]));
    clear(3);
    expect_pop(2);
    expect_pop(-1);
    ck_assert_int_eq(mio__wheel_next(&wheel), INT64_MAX);
    wheel_drop();
}
END_TEST

START_TEST(a_timer_a_round_in_a_wheel_of_two_slots)
{
    wheel_make(0, 1, 0);
    for (int i = 0; i < 4; i++)
        set(i, 500 * (i + 1) * ms);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(mio__wheel_next(&wheel), 500 * (i + 1) * ms);
        EXPECT_NONE(500 * (i + 1) * ms - 1);
        EXPECT_DUE(500 * (i + 1) * ms, i);
    }
    wheel_drop();
}
END_TEST

/* mio#1948, libuv#922, tokio#5536, tokio#8334: each was some wheel's or word's end. */
START_TEST(delays_that_overflowed_elsewhere)
{
    static const int64_t delays_ms[] = {
        INT64_C(1) << 31,       (INT64_C(1) << 31) + 1, (INT64_C(1) << 32) + 5,
        (INT64_C(1) << 36) - 1, INT64_C(1) << 36,       (INT64_C(1) << 36) + 1,
        INT64_C(12) * 86400000, INT64_C(13) * 86400000, INT64_C(36500) * 86400000,
    };

    for (size_t i = 0; i < sizeof delays_ms / sizeof delays_ms[0]; i++) {
        int64_t due_ns;

        wheel_make_default();
        due_ns = rounded_up(1234567891 + delays_ms[i] * ms, MIO__WHEEL_TICK_SHIFT);
        set(0, 1234567891 + delays_ms[i] * ms);
        ck_assert_int_eq(mio__wheel_next(&wheel), due_ns);
        EXPECT_NONE(due_ns - 1);
        EXPECT_DUE(due_ns, 0);
        wheel_drop();
    }
}
END_TEST

START_TEST(the_end_of_time)
{
    for (unsigned tick_shift = 0; tick_shift <= 32; tick_shift++) {
        for (unsigned level_bits = 1; level_bits <= 6; level_bits++) {
            wheel_make(tick_shift, level_bits, 1000);
            set(0, INT64_MAX);
            set(1, INT64_MAX - 1);
            set(2, INT64_MAX - (INT64_C(1) << tick_shift));
            set(3, INT64_C(1) << 62);
            EXPECT_NONE((INT64_C(1) << 62) - 1);
            EXPECT_DUE(INT64_C(1) << 62, 3);
            advance(INT64_MAX);
            for (int i = 0; i < 3; i++)
                ck_assert_ptr_nonnull(mio__wheel_pop(&wheel));
            expect_pop(-1);
            EXPECT_NONE(INT64_MAX);
            wheel_drop();
        }
    }
}
END_TEST

START_TEST(past_deadlines_are_due_at_the_next_advance)
{
    static const int64_t past_ns[] = {5000 * INT64_C(1000000), 4999, 0, -1, INT64_MIN};

    wheel_make_default();
    set(60, 5000 * ms);
    EXPECT_DUE(5001 * ms, 60);
    for (int i = 0; i < 5; i++) {
        set(i, past_ns[i]);
        expect_pop(-1);
        ck_assert_int_le(mio__wheel_next(&wheel), 5001 * ms);
    }
    EXPECT_DUE(5001 * ms, 0, 1, 2, 3, 4); /* no later than the same time once more */
    set(0, 4999);
    clear(0);
    ck_assert_int_eq(mio__wheel_next(&wheel), INT64_MAX);
    wheel_drop();
}
END_TEST

/* libuv#4245: what a handler sets is not found by the draining that called it. */
START_TEST(set_while_draining_waits_for_the_next_advance)
{
    wheel_make_default();
    set(0, 2000 * ms);
    set(1, 2000 * ms);
    advance(2001 * ms);
    expect_pop(0);
    set(0, 2001 * ms);
    set(2, 1 * ms);
    set(3, -1);
    expect_pop(1);
    expect_pop(-1);
    ck_assert_int_le(mio__wheel_next(&wheel), rounded_up(2001 * ms, MIO__WHEEL_TICK_SHIFT));
    EXPECT_DUE(2002 * ms, 2, 3, 0);
    wheel_drop();
}
END_TEST

START_TEST(undrained_ones_want_a_wake_up_at_once)
{
    wheel_make_default();
    set(0, 2000 * ms);
    set(1, 9000 * ms);
    advance(2001 * ms);
    ck_assert_int_le(mio__wheel_next(&wheel), 2001 * ms);
    ck_assert(mio__wheel_is_set(&timers[0]));
    EXPECT_DUE(9001 * ms, 0, 1); /* in one list with what comes later */
    wheel_drop();
}
END_TEST

START_TEST(reset_to_later_moves_when_its_slot_comes_up)
{
    wheel_make(0, 6, 0);
    set(0, 100);
    for (int64_t deadline_ns = 101; deadline_ns < 500; deadline_ns++)
        set(0, deadline_ns);
    ck_assert_int_eq(mio__wheel_next(&wheel), 100); /* one wake-up too many, for 399 resets */
    EXPECT_NONE(100);
    ck_assert_int_eq(mio__wheel_next(&wheel), 499);
    EXPECT_NONE(498);
    EXPECT_DUE(499, 0);
    wheel_drop();
}
END_TEST

START_TEST(reset_to_earlier_moves_at_once)
{
    wheel_make(0, 6, 0);
    set(0, 100000);
    set(1, 100001);
    set(0, 50);
    ck_assert_int_eq(mio__wheel_next(&wheel), 50);
    EXPECT_DUE(50, 0);
    EXPECT_NONE(100000);
    EXPECT_DUE(100001, 1);
    set(0, 200000);
    set(0, 300000);
    set(0, 250000); /* earlier than the last, later than the first */
    EXPECT_NONE(249999);
    EXPECT_DUE(250000, 0);
    wheel_drop();
}
END_TEST

START_TEST(reset_of_a_due_one_is_not_due_any_more)
{
    wheel_make_default();
    for (int i = 0; i < 3; i++)
        set(i, 2000 * ms);
    advance(2001 * ms);
    expect_pop(0);
    set(1, 3000 * ms);
    set(2, 1000 * ms);
    expect_pop(-1);
    EXPECT_DUE(2001 * ms, 2);
    EXPECT_NONE(2999 * ms);
    EXPECT_DUE(3001 * ms, 1);
    wheel_drop();
}
END_TEST

START_TEST(clear_in_any_state)
{
    wheel_make_default();
    clear(0);
    ck_assert(!mio__wheel_is_set(&timers[0]));
    set(0, 2000 * ms);
    clear(0);
    clear(0);
    set(0, 2000 * ms);
    advance(3000 * ms);
    clear(0);
    clear(0);
    expect_pop(-1);
    set(0, 4000 * ms);
    EXPECT_DUE(4001 * ms, 0);
    wheel_drop();
}
END_TEST

START_TEST(time_that_goes_backwards_is_harmless)
{
    wheel_make_default();
    set(0, 5000 * ms);
    EXPECT_DUE(5001 * ms, 0);
    set(1, 7000 * ms);
    EXPECT_NONE(3000 * ms);
    EXPECT_NONE(0);
    EXPECT_NONE(-1);
    EXPECT_NONE(INT64_MIN);
    set(2, 6000 * ms);
    EXPECT_DUE(7001 * ms, 2, 1);
    wheel_drop();
}
END_TEST

START_TEST(a_million_in_one_tick_in_order)
{
    enum { COUNT = 1000000 };
    mio__wheel_entry *entries = calloc(COUNT, sizeof *entries);
    int64_t tick_begin_ns = INT64_C(1) << 40;

    ck_assert_ptr_nonnull(entries);
    wheel_make_default();
    for (int64_t i = 0; i < COUNT; i++) {
        mio__wheel_entry_init(&entries[i]);
        mio__wheel_set(&wheel, &entries[i], tick_begin_ns - i % 65536);
    }
    mio__wheel_check(&wheel);
    ck_assert_int_eq(mio__wheel_next(&wheel), tick_begin_ns);
    advance(tick_begin_ns - 1);
    ck_assert_ptr_null(mio__wheel_pop(&wheel));
    advance(tick_begin_ns);
    for (int i = 0; i < COUNT; i++) {
        if (mio__wheel_pop(&wheel) != &entries[i])
            ck_abort_msg("out of order at %d", i);
    }
    expect_pop(-1);
    wheel_drop();
    free(entries);
}
END_TEST

START_TEST(allocates_at_init_only)
{
    harness_memory memory = {0};
    mio_allocator allocator = harness_allocator(&memory);

    ck_assert_int_eq(mio__wheel_init(&wheel, &allocator, 16, 6, 0), 0);
    ck_assert_uint_eq(memory.calls, 1);
    for (int i = 0; i < 64; i++) {
        mio__wheel_entry_init(&timers[i]);
        set(i, INT64_C(1) << i % 62);
    }
    advance(INT64_MAX);
    for (int i = 0; i < 64; i++)
        ck_assert_ptr_nonnull(mio__wheel_pop(&wheel));
    ck_assert_uint_eq(memory.calls, 1);
    mio__wheel_fini(&wheel);
    ck_assert_uint_eq(memory.blocks, 0);

    memory = (harness_memory){.fail_at = 1};
    ck_assert_int_eq(mio__wheel_init(&wheel, &allocator, 16, 6, 0), -ENOMEM);
    ck_assert_uint_eq(memory.blocks, 0);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("data/wheel");
    TCase *order = harness_case(suite, "order");
    TCase *range = harness_case(suite, "range");
    TCase *state = harness_case(suite, "state");

    tcase_add_test(order, two_in_one_tick_first_in_first_out);
    tcase_add_test(order, earlier_ticks_first_however_late_the_wake_up);
    tcase_add_test(order, first_in_first_out_from_far_away);
    tcase_add_test(order, a_million_in_one_tick_in_order);
    tcase_add_test(range, the_next_tick);
    tcase_add_test(range, far_ticks);
    tcase_add_loop_test(range, every_delay_from_every_start, 1, 7);
    tcase_add_test(range, never_early);
    tcase_add_test(range, catching_up_in_one_call);
    tcase_add_test(range, the_same_slot_in_a_later_round);
    tcase_add_test(range, a_timer_a_round_in_a_wheel_of_two_slots);
    tcase_add_test(range, delays_that_overflowed_elsewhere);
    tcase_add_test(range, the_end_of_time);
    tcase_add_test(range, past_deadlines_are_due_at_the_next_advance);
    tcase_add_test(range, time_that_goes_backwards_is_harmless);
    tcase_add_test(state, an_empty_wheel_wants_no_wake_up);
    tcase_add_test(state, cleared_before_it_is_due);
    tcase_add_test(state, clearing_the_only_one_leaves_no_wake_up);
    tcase_add_test(state, clearing_one_of_a_slot_costs_a_wake_up_at_most);
    tcase_add_test(state, a_sibling_cleared_between_two_fires);
    tcase_add_test(state, set_while_draining_waits_for_the_next_advance);
    tcase_add_test(state, undrained_ones_want_a_wake_up_at_once);
    tcase_add_test(state, reset_to_later_moves_when_its_slot_comes_up);
    tcase_add_test(state, reset_to_earlier_moves_at_once);
    tcase_add_test(state, reset_of_a_due_one_is_not_due_any_more);
    tcase_add_test(state, clear_in_any_state);
    tcase_add_test(state, allocates_at_init_only);
    return suite;
}
