/*
 * Random operations on a loop, between turns and within them. What each turn has to report is
 * known from poll(2), which is asked right before it.
 *
 * A thing is one source, and what the loop knows of it. For the turn in hand `told` is what
 * poll(2) has said, and `must` and `may` whether it has to be reported, or can be: a level that
 * holds must be, an edge must be where something has come about and can be at other times. What
 * is ended, paused or used up must not.
 */
#include "turning.h"

#include <poll.h>
#include <string.h>

enum { THINGS = 12, TIMERS = 6, TURNS = 2000 };

typedef enum thing_kind { PAIR, READER, WRITER, KINDS } thing_kind;

typedef enum thing_state {
    UNKNOWN, /* not registered */
    ARMED,   /* the kernel watches it */
    SPENT,   /* a oneshot that was reported */
    PAUSED   /* until the turn `due` has ended */
} thing_state;

typedef struct model_thing {
    thing_kind kind;
    int watched, peer; /* peer -1: closed */
    thing_state state;
    uint64_t id;
    mio_interest interest;
    mio_trigger trigger;
    int due;
    bool edge;    /* something has come about since the last report */
    bool changed; /* reregistered within this turn */
    bool passed;  /* the batch in hand has nothing more of it */
    unsigned told;
    bool must, may;
} model_thing;

typedef struct model_timer {
    uint64_t id; /* 0: none */
    int due;     /* the turn that has to report it */
} model_timer;

enum { NEVER = TURNS * 2 };

static model_thing things[THINGS];
static model_timer timers[TIMERS];
static uint64_t random_state;
static int turn_number; /* of the turn in hand, or of the last one */
static int turn_reports;

static unsigned pick(unsigned count)
{
    return (unsigned)(harness_random(&random_state) % count);
}

/* ------------------------------------------------------------------ the world */

static void thing_open(model_thing *thing)
{
    int fds[2];

    memset(thing, 0, sizeof *thing);
    thing->kind = (thing_kind)pick(KINDS);
    if (thing->kind == PAIR)
        source_pair(fds);
    else
        source_pipe(fds);
    thing->watched = fds[thing->kind == WRITER];
    thing->peer = fds[thing->kind != WRITER];
}

static void thing_close_peer(model_thing *thing)
{
    if (thing->peer < 0)
        return;
    ck_assert_int_eq(close(thing->peer), 0);
    thing->peer = -1;
    thing->edge = true;
}

static void thing_close(model_thing *thing)
{
    thing_close_peer(thing);
    ck_assert_int_eq(close(thing->watched), 0);
}

static void thing_put(model_thing *thing)
{
    if (thing->kind != WRITER && thing->peer >= 0 && write(thing->peer, "x", 1) == 1)
        thing->edge |= (thing->interest & R) != 0;
}

static void thing_take(const model_thing *thing)
{
    char byte;

    if (thing->kind != WRITER)
        (void)!read(thing->watched, &byte, 1);
}

static void thing_fill(const model_thing *thing)
{
    if (thing->kind != READER && thing->peer >= 0)
        source_fill(thing->watched);
}

static void thing_drain(const model_thing *thing)
{
    if (thing->kind != READER && thing->peer >= 0)
        source_drain(thing->peer);
}

/* ------------------------------------------------------------------ the model */

static unsigned thing_ask(const model_thing *thing)
{
    struct pollfd source = {.fd = thing->watched, .events = POLLIN | POLLOUT};
    unsigned told = 0;

    harness_assert(poll(&source, 1, 0) >= 0, "poll: %d", errno);
    if (source.revents & (POLLIN | POLLHUP | POLLERR))
        told |= R;
    if (source.revents & (POLLOUT | POLLHUP | POLLERR))
        told |= W;
    if (source.revents & POLLERR)
        told |= MIO_ERROR;
    return told & (thing->interest | MIO_ERROR);
}

static void thing_expect(model_thing *thing)
{
    thing->changed = false;
    thing->passed = false;
    thing->told = thing->state == ARMED ? thing_ask(thing) : 0;
    thing->may = thing->told != 0;
    thing->must = thing->may && (thing->trigger != MIO_EDGE || thing->edge);
}

static void thing_silence(model_thing *thing)
{
    thing->may = false;
    thing->must = false;
}

/* What holds is reported anew, in the next turn. */
static void thing_arm(model_thing *thing)
{
    thing->state = ARMED;
    thing->edge = true;
    thing->must = false;
}

static void thing_register(model_thing *thing)
{
    thing->interest = 1 + pick(3);
    thing->trigger = (mio_trigger)pick(MIO_ONESHOT + 1);
    thing->id = turning_register_with(thing->watched, thing->interest, thing->trigger,
                                      (uint64_t)(thing - things));
    thing_arm(thing);
    thing_silence(thing);
    thing->passed = true;
}

/* What the batch in hand has of it can be reported: also where it rested until now, or was a
   spent oneshot that the kernel had armed. */
static void thing_reregister(model_thing *thing)
{
    thing->interest = 1 + pick(3);
    thing->trigger = (mio_trigger)pick(MIO_ONESHOT + 1);
    turning_reregister(thing->id, thing->interest, thing->trigger);
    thing->may = !thing->passed;
    thing->changed = true;
    thing_arm(thing);
}

static void thing_deregister(model_thing *thing)
{
    turning_deregister(thing->id);
    ck_assert_int_eq(mio_loop_deregister(loop, thing->id), -ENOENT);
    thing->state = UNKNOWN;
    thing_silence(thing);
}

static void thing_pause(model_thing *thing)
{
    const bool soon = pick(2) == 0;

    ck_assert_int_eq(mio_loop_pause(loop, thing->id, soon ? 0 : source_soon_ns * 1000), 0);
    thing->state = PAUSED;
    thing->due = soon ? turn_number + 1 : NEVER;
    thing_silence(thing);
}

/* Closed as it should be; or while registered, whereupon the new one, which often has the
   same number, is registered, and the old id is good for nothing but to be ended. */
static void thing_replace(model_thing *thing)
{
    const bool early = thing->state == ARMED && pick(2) == 0;
    const uint64_t id = thing->id;

    if (thing->state != UNKNOWN && !early)
        thing_deregister(thing);
    thing_close(thing);
    thing_open(thing);
    if (early) {
        thing_register(thing);
        ck_assert_uint_ne(thing->id, id);
        mio_loop_deregister(loop, id);
        ck_assert_int_eq(mio_loop_reregister(loop, id, R, MIO_LEVEL), -ENOENT);
    }
}

static void timer_change(model_timer *timer)
{
    const bool soon = pick(2) == 0;
    const int64_t delay_ns = soon ? 0 : source_soon_ns * 1000;

    if (timer->id == 0) {
        timer->id = turning_after(delay_ns, (uint64_t)(timer - timers));
    } else if (pick(2) == 0) {
        ck_assert_int_eq(mio_timer_reset(loop, timer->id, delay_ns), 0);
    } else {
        ck_assert_int_eq(mio_timer_cancel(loop, timer->id), 0);
        timer->id = 0;
    }
    timer->due = soon ? turn_number + 1 : NEVER;
}

/* ----------------------------------------------------------------- operations */

static void operate_on_registration(model_thing *thing)
{
    if (thing->state == UNKNOWN) {
        thing_register(thing);
        return;
    }
    switch (pick(4)) {
    case 0:
        thing_deregister(thing);
        break;
    case 1:
        thing_pause(thing);
        break;
    default:
        thing_reregister(thing);
        break;
    }
}

static void operate(void)
{
    model_thing *thing = &things[pick(THINGS)];

    switch (pick(20)) {
    case 0:
        thing_close_peer(thing);
        break;
    case 1:
    case 2:
        thing_replace(thing);
        break;
    case 3:
        thing_fill(thing);
        break;
    case 4:
    case 5:
        thing_drain(thing);
        break;
    case 6:
    case 7:
    case 8:
        thing_put(thing);
        break;
    case 9:
    case 10:
        thing_take(thing);
        break;
    case 11:
    case 12:
        timer_change(&timers[pick(TIMERS)]);
        break;
    default:
        operate_on_registration(thing);
        break;
    }
}

/* ---------------------------------------------------------------------- turns */

static void report_ready(const mio_event *event)
{
    model_thing *thing = &things[event->token];
    const unsigned told = event->ready & (RW | MIO_ERROR);

    ck_assert_uint_lt(event->token, THINGS);
    ck_assert_uint_eq(event->id, thing->id);
    ck_assert_int_eq(thing->state, ARMED);
    ck_assert(thing->may);
    if (thing->changed)
        ck_assert_uint_eq(told & ~(thing->interest | MIO_ERROR), 0);
    else
        ck_assert_uint_eq(told, thing->told);
    thing_silence(thing);
    thing->passed = true;
    thing->told = 0;
    thing->edge = thing->changed; /* armed anew since the kernel has told this */
    if (thing->trigger == MIO_ONESHOT)
        thing->state = SPENT;
}

static void report_timeout(const mio_event *event)
{
    model_timer *timer = &timers[event->token];

    ck_assert_uint_lt(event->token, TIMERS);
    ck_assert_uint_eq(event->id, timer->id);
    ck_assert_int_eq(timer->due, turn_number);
    timer->id = 0;
}

static size_t turn_count(void)
{
    size_t count = 0;

    for (int i = 0; i < THINGS; i++)
        count += things[i].state != UNKNOWN;
    for (int i = 0; i < TIMERS; i++)
        count += timers[i].id != 0;
    return count;
}

/* A batch that was full may have left something to the next turn. */
static void turn_compare(bool full)
{
    for (int i = 0; i < THINGS; i++) {
        ck_assert(full || !things[i].must);
        if (things[i].state == PAUSED && things[i].due <= turn_number)
            thing_arm(&things[i]);
    }
    for (int i = 0; i < TIMERS; i++)
        ck_assert(timers[i].id == 0 || timers[i].due > turn_number);
    ck_assert_uint_eq(mio_loop_count(loop), turn_count());
    mio__loop_check(loop);
}

static void turn_make(unsigned operations)
{
    mio_event event = {.kind = MIO_TICK};
    bool full;

    for (int i = 0; i < THINGS; i++)
        thing_expect(&things[i]);
    turning_poll(0);
    turn_number++;
    full = loop->count == loop->capacity;
    while (mio_loop_next(loop, &event)) {
        if (event.kind == MIO_READY)
            report_ready(&event);
        else if (event.kind == MIO_TIMEOUT)
            report_timeout(&event);
        turn_reports += event.kind != MIO_TICK;
        for (unsigned n = pick(operations + 1); n > 0 && event.kind != MIO_TICK; n--)
            operate();
    }
    ck_assert_int_eq(event.kind, MIO_TICK);
    turn_compare(full);
}

/* Without operations, and with turns enough, everything that must be reported is. */
static void turn_settle(void)
{
    bool wanted[THINGS];

    for (int i = 0; i < THINGS; i++) {
        thing_expect(&things[i]);
        wanted[i] = things[i].must;
    }
    for (int turns = 0; turns < 2 * THINGS; turns++) {
        turn_make(0);
        for (int i = 0; i < THINGS; i++)
            wanted[i] &= things[i].told != 0; /* told is cleared by a report */
    }
    for (int i = 0; i < THINGS; i++)
        ck_assert(!wanted[i]);
}

static void random_turns(unsigned events_per_poll, uint64_t seed)
{
    const mio_loop_config config = {.events_per_poll = events_per_poll};
    const int turns = TURNS / harness_stride();

    random_state = seed;
    ck_assert_int_eq(mio_loop_new(&config, &loop), 0);
    for (int i = 0; i < THINGS; i++)
        thing_open(&things[i]);
    while (turn_number < turns) {
        for (unsigned n = pick(6); n > 0; n--)
            operate();
        turn_make(2);
        if (turn_number % 64 == 0)
            turn_settle();
    }
    ck_assert_int_gt(turn_reports, turns / 2);
    turning_close();
    for (int i = 0; i < THINGS; i++)
        thing_close(&things[i]);
    memset(timers, 0, sizeof timers);
    turn_number = 0;
    turn_reports = 0;
}

START_TEST(with_room_for_all_events)
{
    random_turns(64, 0x9e3779b97f4a7c15 + (uint64_t)_i);
}
END_TEST

START_TEST(with_room_for_few_events)
{
    random_turns(1 + (unsigned)_i, 0xbf58476d1ce4e5b9 + (uint64_t)_i);
}
END_TEST

START_TEST(with_the_default_room)
{
    random_turns(0, 0x94d049bb133111eb);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("loop/loop_random");
    TCase *tcase = harness_case(suite, "random");

    tcase_add_loop_test(tcase, with_room_for_all_events, 0, 3);
    tcase_add_loop_test(tcase, with_room_for_few_events, 0, 3);
    tcase_add_test(tcase, with_the_default_room);
    return suite;
}
