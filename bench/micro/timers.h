/*
 * Timers: what all programs do with them. Each defines, for the timers 0 to count - 1:
 *
 *   timers_open(count)      make a loop, and room
 *   timer_insert(i, ms)     one that is not armed
 *   timer_reschedule(i, ms) one that is armed, to any other time
 *   timer_idle(i)           one that is armed, or armed so before: IDLE_MS from now on
 *   timer_cancel(i)
 *   timers_turn()           one turn that does not wait: adds to timers_fired
 *
 *   timers_X COUNT ROUNDS
 *
 * prints the nanoseconds that an operation takes, by the name of its phase.
 */
#ifndef BENCH_TIMERS_H
#define BENCH_TIMERS_H

#include "micro.h"

enum { IDLE_MS = 30000, SOON_MS = 50, LATE_MS = 60000 };

static long timers_fired;

static void timers_open(long count);
static void timer_insert(long i, int64_t ms);
static void timer_reschedule(long i, int64_t ms);
static void timer_idle(long i);
static void timer_cancel(long i);
static void timers_turn(void);

static void act_now(void (*act)(long count), long count)
{
    act(count);
}

/* How is done what a handler would do. libevent sets its own: it keeps the time of a turn
   only while it calls handlers. */
static void (*timers_act)(void (*act)(long count), long count) = act_now;

static int32_t *timers_delays; /* ms, in no order; another half for the second time */

static void pass_insert(long count)
{
    for (long i = 0; i < count; i++)
        timer_insert(i, timers_delays[i]);
}

static void pass_reschedule(long count)
{
    for (long i = 0; i < count; i++)
        timer_reschedule(i, timers_delays[count + i]);
}

static void pass_idle(long count)
{
    for (long i = 0; i < count; i++)
        timer_idle(i);
}

static void pass_cancel(long count)
{
    for (long i = 0; i < count; i++)
        timer_cancel(i);
}

static void pass_expire(long count)
{
    timers_fired = 0;
    while (timers_fired < count)
        timers_turn();
}

enum { PHASES = 5 };

static struct {
    const char *name;
    void (*pass)(long count);
    int64_t ns;
} phases[PHASES] = {{"insert", pass_insert, 0},
                    {"reschedule", pass_reschedule, 0},
                    {"idle reset", pass_idle, 0},
                    {"cancel", pass_cancel, 0},
                    {"expire", pass_expire, 0}};

static void phase_run(int phase, long count)
{
    const int64_t start_ns = micro_clock();

    phases[phase].pass(count);
    phases[phase].ns += micro_clock() - start_ns;
}

/* Time goes on between two resets of an idle timer: some milliseconds, then a turn. Without
   sleep, for it would be measured how a processor wakes up. */
static void round_pause(void)
{
    struct timespec start, now;

    clock_gettime(CLOCK_MONOTONIC, &start);
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - start.tv_sec) * 1000000000 + now.tv_nsec - start.tv_nsec < 2000000);
    timers_turn();
}

static void round_arm(long count)
{
    phase_run(0, count);
    phase_run(1, count);
    pass_idle(count);
}

static void round_reset(long count)
{
    phase_run(2, count);
    phase_run(3, count);
}

static void round_arm_soon(long count)
{
    for (long i = 0; i < count; i++)
        timer_insert(i, timers_delays[i] % SOON_MS + 1);
}

static void round_run(long count)
{
    timers_act(round_arm, count);
    round_pause();
    timers_act(round_reset, count);
    timers_turn();
    timers_act(round_arm_soon, count);
    usleep((SOON_MS + 10) * 1000);
    phase_run(4, count);
}

int main(int argc, char **argv)
{
    const long count = micro_argument(argc, argv, 1), rounds = micro_argument(argc, argv, 2);
    uint32_t random = 1;

    timers_delays = micro_allocate(2 * count, sizeof *timers_delays);
    for (long i = 0; i < 2 * count; i++) {
        random = random * 1664525 + 1013904223;
        timers_delays[i] = (int32_t)((random >> 8) % (LATE_MS - 1000)) + 1000;
    }
    timers_open(count);
    for (long i = 0; i < rounds; i++)
        round_run(count);
    for (int i = 0; i < PHASES; i++)
        printf("%s: %.2f\n", phases[i].name, (double)phases[i].ns / (double)(count * rounds));
    return EXIT_SUCCESS;
}

#endif
