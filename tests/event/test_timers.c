#include "event/timers.h"

#include "faults.h"

enum { KIND = 1, START_NS = 1000 };

/* The end of a list of tokens, and the lists that expect_due() takes. */
#define TOKENS(...) ((const uint64_t[]){__VA_ARGS__, 0})
#define NOTHING     ((const uint64_t[]){0})

static mio__timers timers;

static void timers_make_with(unsigned tick_shift, int level_bits)
{
    ck_assert_int_eq(mio__timers_init(&timers, &mio__alloc_default, KIND, 1, tick_shift,
                                      (unsigned)level_bits, START_NS),
                     0);
}

/* Ticks of one nanosecond: all times are exact. */
static void timers_make(int level_bits)
{
    timers_make_with(0, level_bits);
}

static void timers_drop(void)
{
    mio__slab_check(&timers.slab);
    mio__wheel_check(&timers.wheel);
    mio__timers_fini(&timers);
}

static uint64_t add_at(int64_t at_ns, int64_t delay_ns, int64_t period_ns, uint64_t token)
{
    uint64_t id = 0;

    ck_assert_int_eq(
        mio__timers_add(&timers, START_NS + at_ns, delay_ns, period_ns, token, &id), 0);
    return id;
}

static uint64_t add_every(int64_t delay_ns, int64_t period_ns, uint64_t token)
{
    return add_at(0, delay_ns, period_ns, token);
}

static uint64_t add(int64_t delay_ns, uint64_t token)
{
    return add_every(delay_ns, MIO__TIMER_ONCE, token);
}

static void reset(uint64_t id, int64_t at_ns, int64_t delay_ns)
{
    ck_assert_int_eq(mio__timers_reset(&timers, id, START_NS + at_ns, delay_ns), 0);
}

static void cancel(uint64_t id)
{
    ck_assert_int_eq(mio__timers_cancel(&timers, id), 0);
}

static void advance(int64_t at_ns)
{
    mio__wheel_advance(&timers.wheel, START_NS + at_ns);
}

/* The token of the next timer that is due at that time; 0 where there is none. */
static uint64_t pop(int64_t at_ns)
{
    mio_event event = {.token = 0};

    if (!mio__timers_pop(&timers, START_NS + at_ns, &event))
        return 0;
    ck_assert_int_eq(event.kind, MIO_TIMEOUT);
    ck_assert_uint_eq(event.ready, 0);
    ck_assert_int_eq(event.value, 0);
    ck_assert_uint_ne(event.id, 0);
    return event.token;
}

static void expect_due(int64_t at_ns, const uint64_t *tokens)
{
    advance(at_ns);
    for (; *tokens != 0; tokens++)
        ck_assert_uint_eq(pop(at_ns), *tokens);
    ck_assert_uint_eq(pop(at_ns), 0);
}

/* -------------------------------------------------------------------- once */

START_TEST(a_timer_is_due_at_its_deadline_and_once)
{
    uint64_t id;

    timers_make(_i);
    id = add(500, 7);
    expect_due(0, NOTHING);
    expect_due(499, NOTHING);
    expect_due(500, TOKENS(7));
    expect_due(100000, NOTHING);
    ck_assert_int_eq(mio__timers_cancel(&timers, id), -ENOENT);
    ck_assert_uint_eq(timers.slab.count, 0);
    timers_drop();
}
END_TEST

START_TEST(deadlines_in_order_and_first_in_first_out_within_one)
{
    timers_make(_i);
    add(2000, 1);
    add(500, 2);
    add(1500, 3);
    add(1000, 4);
    add(500, 5);
    add(1500, 6);
    expect_due(3000, TOKENS(2, 5, 4, 3, 6, 1));
    timers_drop();
}
END_TEST

START_TEST(one_after_the_other_over_several_rounds_of_the_wheel)
{
    timers_make(_i);
    for (uint64_t i = 1; i <= 4; i++)
        add((int64_t)i * 500, i);
    for (int64_t at_ns = 0; at_ns <= 2000; at_ns++) {
        if (at_ns % 500 == 0 && at_ns > 0)
            expect_due(at_ns, TOKENS((uint64_t)at_ns / 500));
        else
            expect_due(at_ns, NOTHING);
    }
    timers_drop();
}
END_TEST

/* Those from before the wheel's own time are all of one tick to it. */
START_TEST(a_deadline_that_has_passed_is_due_at_once)
{
    timers_make(_i);
    advance(600);
    add(500, 1);
    add(0, 2);
    add_at(-900, 1, MIO__TIMER_ONCE, 3);
    expect_due(600, TOKENS(2, 3, 1));
    timers_drop();
}
END_TEST

/* What a handler arms while the due timers are fetched comes with the next turn. */
START_TEST(a_timer_armed_during_the_fetching_waits_for_the_next)
{
    timers_make(_i);
    add(10, 1);
    add(10, 2);
    advance(50);
    ck_assert_uint_eq(pop(50), 1);
    add(50, 3);
    add(0, 4);
    ck_assert_uint_eq(pop(50), 2);
    ck_assert_uint_eq(pop(50), 0);
    expect_due(50, TOKENS(4, 3));
    timers_drop();
}
END_TEST

/* Also in the midst of a tick, though the wheel rounds deadlines up. */
START_TEST(without_delay_it_is_due_at_once)
{
    uint64_t id;

    timers_make_with(16, _i);
    for (int64_t at_ns = 0; at_ns < 300000; at_ns += 777) {
        add_at(at_ns, 0, MIO__TIMER_ONCE, 1);
        add_at(at_ns, 1, MIO__TIMER_ONCE, 2); /* never early */
        id = add_at(at_ns, 1000000, MIO__TIMER_ONCE, 3);
        reset(id, at_ns, 0);
        expect_due(at_ns, TOKENS(1, 3));
        expect_due(at_ns + 65536, TOKENS(2));
        at_ns += 65536;
    }
    timers_drop();
}
END_TEST

START_TEST(an_event_names_its_timer)
{
    mio_event event;
    uint64_t id;

    timers_make(6);
    id = add(10, 7);
    advance(10);
    ck_assert_int_eq(mio__timers_pop(&timers, START_NS + 10, &event), 1);
    ck_assert_uint_eq(event.id, id);
    ck_assert_uint_ne(add(10, 7), id); /* nobody else will have that id */
    timers_drop();
}
END_TEST

START_TEST(the_end_of_a_pause_is_told_apart)
{
    mio_event event;

    timers_make(6);
    add_every(10, MIO__TIMER_RESUME, 77);
    advance(10);
    ck_assert_int_eq(mio__timers_pop(&timers, START_NS + 10, &event), 1);
    ck_assert_int_eq(event.kind, MIO_READY);
    ck_assert_uint_eq(event.token, 77);
    ck_assert_uint_eq(timers.slab.count, 0);
    timers_drop();
}
END_TEST

/* ------------------------------------------------------------------ cancel */

START_TEST(a_cancelled_timer_is_not_due)
{
    uint64_t id;

    timers_make(_i);
    id = add(500, 1);
    add(500, 2);
    cancel(id);
    ck_assert_int_eq(mio__timers_cancel(&timers, id), -ENOENT);
    ck_assert_int_eq(mio__timers_reset(&timers, id, START_NS, 5), -ENOENT);
    expect_due(500, TOKENS(2));
    timers_drop();
}
END_TEST

START_TEST(the_only_timer_cancelled_leaves_nothing_to_wake_for)
{
    timers_make(_i);
    ck_assert_int_eq(mio__wheel_next(&timers.wheel), INT64_MAX);
    cancel(add(500, 1));
    ck_assert_int_eq(mio__wheel_next(&timers.wheel), INT64_MAX);
    timers_drop();
}
END_TEST

START_TEST(a_sibling_cancels_one_that_is_due)
{
    uint64_t id;

    timers_make(_i);
    add(10, 1);
    id = add(10, 2);
    add(20, 3);
    advance(50);
    ck_assert_uint_eq(pop(50), 1);
    cancel(id);
    ck_assert_uint_eq(pop(50), 3);
    ck_assert_uint_eq(pop(50), 0);
    timers_drop();
}
END_TEST

START_TEST(an_id_is_not_used_again_with_its_slot)
{
    uint64_t dead, id;

    timers_make(6);
    dead = add(10, 1);
    cancel(dead);
    id = add(20, 2);
    ck_assert_uint_eq((uint32_t)dead, (uint32_t)id); /* the same slot */
    ck_assert_int_eq(mio__timers_cancel(&timers, dead), -ENOENT);
    ck_assert_int_eq(mio__timers_reset(&timers, dead, START_NS, 1), -ENOENT);
    expect_due(10, NOTHING);
    expect_due(20, TOKENS(2));
    timers_drop();
}
END_TEST

START_TEST(ids_that_never_were)
{
    static const uint64_t ids[] = {0, 1, UINT64_MAX, UINT64_C(1) << 62, UINT64_C(1) << 32};

    timers_make(6);
    add(10, 1);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(mio__timers_cancel(&timers, ids[i]), -ENOENT);
        ck_assert_int_eq(mio__timers_reset(&timers, ids[i], START_NS, 1), -ENOENT);
    }
    expect_due(10, TOKENS(1));
    timers_drop();
}
END_TEST

/* ------------------------------------------------------------------- reset */

START_TEST(reset_to_later_to_sooner_and_to_now)
{
    uint64_t later, sooner, now;

    timers_make(_i);
    later = add(500, 1);
    sooner = add(500, 2);
    now = add(500, 3);
    reset(later, 100, 900);
    reset(sooner, 100, 200);
    reset(now, 100, 0);
    expect_due(100, TOKENS(3));
    expect_due(299, NOTHING);
    expect_due(300, TOKENS(2));
    expect_due(999, NOTHING);
    expect_due(1000, TOKENS(1));
    timers_drop();
}
END_TEST

START_TEST(reset_over_and_over_is_due_once_at_the_last_deadline)
{
    uint64_t id;

    timers_make(_i);
    id = add(100, 1);
    for (int64_t at_ns = 0; at_ns <= 1000; at_ns++) {
        expect_due(at_ns, NOTHING);
        reset(id, at_ns, 100);
    }
    expect_due(1099, NOTHING);
    expect_due(1100, TOKENS(1));
    timers_drop();
}
END_TEST

START_TEST(a_due_timer_that_is_reset_is_put_off)
{
    uint64_t id;

    timers_make(_i);
    add(10, 1);
    id = add(10, 2);
    advance(50);
    ck_assert_uint_eq(pop(50), 1);
    reset(id, 50, 30);
    ck_assert_uint_eq(pop(50), 0);
    expect_due(79, NOTHING);
    expect_due(80, TOKENS(2));
    timers_drop();
}
END_TEST

/* ---------------------------------------------------------------- periodic */

START_TEST(a_period_comes_again_and_again)
{
    uint64_t id;

    timers_make(_i);
    id = add_every(10, 10, 1);
    for (int64_t at_ns = 0; at_ns < 200; at_ns++) {
        if (at_ns % 10 == 0 && at_ns > 0)
            expect_due(at_ns, TOKENS(1));
        else
            expect_due(at_ns, NOTHING);
    }
    cancel(id);
    expect_due(1000, NOTHING);
    timers_drop();
}
END_TEST

START_TEST(a_late_report_does_not_shift_the_next)
{
    timers_make(_i);
    add_every(10, 10, 1);
    expect_due(17, TOKENS(1));
    expect_due(19, NOTHING);
    expect_due(20, TOKENS(1));
    timers_drop();
}
END_TEST

START_TEST(periods_that_nobody_saw_are_skipped)
{
    timers_make(_i);
    add_every(10, 10, 1);
    expect_due(1000, TOKENS(1)); /* a hundred of them; the last one's next is at 1010 */
    expect_due(1009, NOTHING);
    expect_due(1010, TOKENS(1));
    expect_due(1055, TOKENS(1));
    expect_due(1059, NOTHING);
    expect_due(1060, TOKENS(1));
    timers_drop();
}
END_TEST

START_TEST(a_reset_period_is_the_new_one)
{
    uint64_t id;

    timers_make(_i);
    id = add_every(10, 10, 1);
    expect_due(10, TOKENS(1));
    reset(id, 15, 7);
    expect_due(21, NOTHING);
    expect_due(22, TOKENS(1));
    expect_due(29, TOKENS(1));
    ck_assert_int_eq(mio__timers_reset(&timers, id, START_NS + 30, 0), -EINVAL);
    expect_due(35, NOTHING);
    expect_due(36, TOKENS(1)); /* the refused reset has changed nothing */
    timers_drop();
}
END_TEST

START_TEST(a_periodic_timer_ends_in_its_own_turn)
{
    uint64_t id;

    timers_make(_i);
    id = add_every(10, 10, 1);
    advance(10);
    ck_assert_uint_eq(pop(10), 1);
    cancel(id);
    expect_due(100, NOTHING);
    ck_assert_uint_eq(timers.slab.count, 0);
    timers_drop();
}
END_TEST

START_TEST(the_shortest_period_comes_once_a_turn)
{
    timers_make(_i);
    add_every(1, 1, 1);
    for (int64_t at_ns = 1; at_ns < 100000; at_ns += 999)
        expect_due(at_ns, TOKENS(1));
    timers_drop();
}
END_TEST

START_TEST(the_longest_times_do_not_overflow)
{
    uint64_t id;

    timers_make(_i);
    id = add(0, 1);
    reset(id, 0, INT64_MAX);
    id = add_every(10, INT64_MAX, 2);
    expect_due(10, TOKENS(2)); /* its next deadline lies beyond all times */
    expect_due(INT64_MAX / 2, NOTHING);
    reset(id, 10, INT64_MAX - START_NS - 10);
    advance(INT64_MAX - START_NS);
    ck_assert_uint_eq(pop(INT64_MAX - START_NS), 1);
    ck_assert_uint_eq(pop(INT64_MAX - START_NS), 2);
    timers_drop();
}
END_TEST

/* ------------------------------------------------------------------ memory */

static int timers_and_more(const mio_allocator *allocator)
{
    mio__timers own;
    uint64_t id = 7;
    int err = mio__timers_init(&own, allocator, KIND, 1, 16, 2, 0);

    if (err < 0)
        return err;
    for (int i = 0; i < 10 && err == 0; i++) {
        const uint32_t count = own.slab.count;

        err = mio__timers_add(&own, 0, 10, MIO__TIMER_ONCE, 1, &id);
        ck_assert_uint_eq(own.slab.count, count + (err == 0));
    }
    mio__slab_check(&own.slab);
    mio__wheel_check(&own.wheel);
    mio__timers_fini(&own);
    return err;
}

START_TEST(every_allocation_fails)
{
    fault_check_memory(timers_and_more, _i == 1);
}
END_TEST

/* Each test over wheels of 2, 4 and 64 slots a level. */
static void add_over_geometries(TCase *tcase, const TTest *test)
{
    tcase_add_loop_test(tcase, test, 1, 3);
    tcase_add_loop_test(tcase, test, 6, 7);
}

Suite *harness_suite(void)
{
    Suite *suite = suite_create("event/timers");
    TCase *tcase = harness_case(suite, "once");

    add_over_geometries(tcase, a_timer_is_due_at_its_deadline_and_once);
    add_over_geometries(tcase, deadlines_in_order_and_first_in_first_out_within_one);
    add_over_geometries(tcase, one_after_the_other_over_several_rounds_of_the_wheel);
    add_over_geometries(tcase, a_deadline_that_has_passed_is_due_at_once);
    add_over_geometries(tcase, a_timer_armed_during_the_fetching_waits_for_the_next);
    add_over_geometries(tcase, without_delay_it_is_due_at_once);
    tcase_add_test(tcase, an_event_names_its_timer);
    tcase_add_test(tcase, the_end_of_a_pause_is_told_apart);

    tcase = harness_case(suite, "cancel");
    add_over_geometries(tcase, a_cancelled_timer_is_not_due);
    add_over_geometries(tcase, the_only_timer_cancelled_leaves_nothing_to_wake_for);
    add_over_geometries(tcase, a_sibling_cancels_one_that_is_due);
    tcase_add_test(tcase, an_id_is_not_used_again_with_its_slot);
    tcase_add_test(tcase, ids_that_never_were);

    tcase = harness_case(suite, "reset");
    add_over_geometries(tcase, reset_to_later_to_sooner_and_to_now);
    add_over_geometries(tcase, reset_over_and_over_is_due_once_at_the_last_deadline);
    add_over_geometries(tcase, a_due_timer_that_is_reset_is_put_off);

    tcase = harness_case(suite, "periodic");
    add_over_geometries(tcase, a_period_comes_again_and_again);
    add_over_geometries(tcase, a_late_report_does_not_shift_the_next);
    add_over_geometries(tcase, periods_that_nobody_saw_are_skipped);
    add_over_geometries(tcase, a_reset_period_is_the_new_one);
    add_over_geometries(tcase, a_periodic_timer_ends_in_its_own_turn);
    add_over_geometries(tcase, the_shortest_period_comes_once_a_turn);
    add_over_geometries(tcase, the_longest_times_do_not_overflow);

    tcase = harness_case(suite, "memory");
    tcase_add_loop_test(tcase, every_allocation_fails, 0, 2);
    return suite;
}
