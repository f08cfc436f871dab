/*
 * The wheel against a plain list of timers: random operations in several geometries, so that
 * a few ticks reach the highest levels of some and the end of time those of the others.
 */
#include "data/wheel.h"

#include "harness.h"

enum { TIMERS = 32, WORLDS = 120, STEPS = 2500 };

typedef struct sleeper {
    mio__wheel_entry entry;
    enum { UNARMED, ARMED, DUE } state;
    uint64_t tick;    /* when it is due: its deadline's tick, or that in which it was set */
    uint64_t order;   /* of the calls of set */
    bool was_delayed; /* reset to later while armed: anywhere among the others of its tick */
} sleeper;

/* A geometry, and how often the walker looks at it: it has to visit every slot. */
static const struct {
    unsigned tick_shift, level_bits;
    int steps_a_check;
} geometries[] = {{0, 1, 2}, {0, 2, 2},  {0, 3, 4},   {0, 6, 16},
                  {3, 1, 2}, {10, 4, 8}, {16, 6, 16}, {32, 5, 8}};

static mio__wheel wheel;
static sleeper timers[TIMERS];
static int64_t now_ns;
static uint64_t random_state;
static uint64_t sets;
static unsigned excuses;     /* resets and clears of armed timers: */
static unsigned false_wakes; /* each may cost one wake-up that finds nothing */

static uint64_t random_below(uint64_t limit)
{
    return harness_random(&random_state) % limit;
}

/* A number of 0 to `bits` bits: the small ones are as likely as the large ones. */
static int64_t random_bits(unsigned bits)
{
    return (int64_t)(harness_random(&random_state) >> (63 - random_below(bits + 1)) >> 1);
}

static int64_t later(int64_t time_ns, int64_t delay_ns)
{
    return time_ns > INT64_MAX - delay_ns ? INT64_MAX : time_ns + delay_ns;
}

static uint64_t deadline_tick(int64_t deadline_ns)
{
    uint64_t tick_ns = UINT64_C(1) << wheel.tick_shift;
    uint64_t time = deadline_ns > 0 ? (uint64_t)deadline_ns : 0;

    return time / tick_ns + (time % tick_ns != 0 ? 1 : 0);
}

/* When the wheel must find a timer due; the last tick of all is at the last time of all. */
static int64_t due_ns(const sleeper *timer)
{
    uint64_t tick = deadline_tick(timer->entry.deadline_ns);

    return tick >> (63 - wheel.tick_shift) != 0 ? INT64_MAX
                                                : (int64_t)(tick << wheel.tick_shift);
}

static void step_set(sleeper *timer, int64_t deadline_ns)
{
    bool delayed = timer->state == ARMED && deadline_ns >= timer->entry.deadline_ns;

    excuses += timer->state == ARMED ? 1 : 0;
    mio__wheel_set(&wheel, &timer->entry, deadline_ns);
    timer->state = ARMED;
    timer->tick = deadline_tick(deadline_ns);
    if (timer->tick < wheel.tick)
        timer->tick = wheel.tick;
    timer->order = sets++;
    timer->was_delayed = delayed;
}

static void step_clear(sleeper *timer)
{
    excuses += timer->state == ARMED ? 1 : 0;
    mio__wheel_clear(&wheel, &timer->entry);
    timer->state = UNARMED;
}

static void step_advance(int64_t to_ns)
{
    int found = 0;

    now_ns = to_ns;
    mio__wheel_advance(&wheel, now_ns);
    for (int i = 0; i < TIMERS; i++) {
        if (timers[i].state == ARMED && due_ns(&timers[i]) <= now_ns) {
            timers[i].state = DUE;
            found++;
        }
    }
    if (found == 0)
        false_wakes++;
}

/* Sleep as a loop does: to the wheel's next time, or just short of it. */
static void step_sleep(void)
{
    unsigned false_wakes_before = false_wakes;
    int64_t next_ns = mio__wheel_next(&wheel);

    if (next_ns > now_ns && random_below(2) == 0) {
        step_advance(next_ns - 1);
        if (false_wakes == false_wakes_before)
            ck_abort_msg("due before mio__wheel_next()");
        false_wakes = false_wakes_before;
    } else if (next_ns != INT64_MAX && next_ns > now_ns) {
        step_advance(next_ns);
        if (false_wakes > excuses)
            ck_abort_msg("a wake-up for nothing");
    }
}

static void step_jump(unsigned bits)
{
    unsigned false_wakes_before = false_wakes;

    step_advance(later(now_ns, random_bits(bits)));
    false_wakes = false_wakes_before; /* not the wheel's advice */
}

static bool is_before(const sleeper *a, const sleeper *b)
{
    if (a->tick != b->tick)
        return a->tick < b->tick;
    return !a->was_delayed && !b->was_delayed && a->order < b->order;
}

static void step_pop(void)
{
    mio__wheel_entry *entry = mio__wheel_pop(&wheel);
    sleeper *popped = entry != NULL ? mio__container_of(entry, sleeper, entry) : NULL;

    if (popped != NULL && popped->state != DUE)
        ck_abort_msg("popped, but not due");
    for (int i = 0; i < TIMERS; i++) {
        if (timers[i].state == DUE && (popped == NULL || is_before(&timers[i], popped)))
            ck_abort_msg("due, but not popped in its turn");
    }
    if (popped != NULL)
        popped->state = UNARMED;
}

/* What mio__wheel_next() may say: never too late, and exact while there is no excuse. */
static void expect_next(void)
{
    int64_t next_ns = mio__wheel_next(&wheel);
    int64_t earliest_ns = INT64_MAX;
    bool is_empty = true;

    for (int i = 0; i < TIMERS; i++) {
        const sleeper *timer = &timers[i];

        if (mio__wheel_is_set(&timer->entry) != (timer->state != UNARMED))
            ck_abort_msg("mio__wheel_is_set()");
        if (timer->state == DUE)
            earliest_ns = 0;
        if (timer->state == ARMED && due_ns(timer) < earliest_ns)
            earliest_ns = due_ns(timer);
        is_empty = is_empty && timer->state == UNARMED;
    }
    if (next_ns > earliest_ns || (is_empty && next_ns != INT64_MAX) ||
        (excuses == 0 && next_ns != earliest_ns))
        ck_abort_msg("mio__wheel_next()");
}

/* `bits` says how far deadlines and jumps reach; without `disturb`, nothing is ever reset. */
static void step(unsigned bits, bool disturb)
{
    sleeper *timer = &timers[random_below(TIMERS)];
    int64_t deadline_ns = timer->entry.deadline_ns;

    if (!disturb && timer->state == ARMED) {
        step_sleep();
        step_pop();
        return;
    }
    switch (random_below(12)) {
    case 0:
    case 1:
    case 2:
        step_set(timer, later(now_ns, random_bits(bits)));
        break;
    case 3: /* in the past, or almost */
        step_set(timer, later(now_ns - random_bits(bits), (int64_t)random_below(4)));
        break;
    case 4:
        step_set(timer, later(deadline_ns, random_bits(bits)));
        break;
    case 5:
        step_set(timer, deadline_ns - (deadline_ns > 0 ? random_bits(bits) : 0));
        break;
    case 6:
        step_clear(timer);
        break;
    case 7:
        step_jump(bits);
        break;
    case 8:
        step_sleep();
        break;
    default:
        step_pop();
        break;
    }
}

static void world(int geometry, unsigned bits, bool disturb)
{
    now_ns = random_below(4) == 0 ? INT64_MAX - random_bits(62) : random_bits(bits);
    excuses = false_wakes = 0;
    ck_assert_int_eq(mio__wheel_init(&wheel, NULL, geometries[geometry].tick_shift,
                                     geometries[geometry].level_bits, now_ns),
                     0);
    for (int i = 0; i < TIMERS; i++) {
        mio__wheel_entry_init(&timers[i].entry);
        timers[i].state = UNARMED;
    }
    for (int i = 0; i < STEPS; i++) {
        step(bits, disturb);
        expect_next();
        if (i % geometries[geometry].steps_a_check == 0)
            mio__wheel_check(&wheel);
    }
    mio__wheel_fini(&wheel);
}

START_TEST(random_operations_against_a_list)
{
    random_state = 20 + (uint64_t)_i;
    for (unsigned i = 0; i < WORLDS; i++) {
        unsigned bits = geometries[_i].tick_shift + 2 + i % 40;

        world(_i, bits < 62 ? bits : 62, i % 4 != 0);
    }
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("data/wheel_model");
    TCase *tcase = harness_case(suite, "model");

    tcase_add_loop_test(tcase, random_operations_against_a_list, 0,
                        sizeof geometries / sizeof geometries[0]);
    return suite;
}
