/*
 * One turn.
 *
 *   poll   sleep = min(the caller's timeout, the next timer, 0 while messages wait)
 *          wait  ------------------------------> EINTR: the turn brings MIO_INTERRUPTED
 *          take the time, once
 *
 *   next   TURN_READY     descriptors, from the batch  --- one of the loop's own? note it
 *          TURN_SIGNALS   what the signal pipe has to tell
 *          TURN_CHILDREN  the status of those that were heard of
 *          TURN_MESSAGES  what the channels have to tell that were heard, so many at the most
 *          TURN_TIMERS    what is due at that time     --- the end of a pause? arm it
 *          TURN_END       MIO_TICK
 *          TURN_NONE      0, until the next poll
 *
 * Signals are taken from their pipe and timers from the wheel once, as their phase begins or
 * as the turn does. So what a handler starts is seen in the next turn; and since every event
 * is looked up by its id at the moment it is handed out, what a handler stops is not seen
 * any more.
 */
#include "loop/turn.h"

#include "loop/loop.h"
#include "sys/clock.h"

#include <errno.h>

/* How long to wait: the time until the next timer must be counted from now, not from the
   last turn's time, or a turn that worked long would make the timer late. */
static int64_t turn_sleep(const mio_loop *loop, int64_t timeout_ns)
{
    int64_t timer_ns;

    if (timeout_ns == 0)
        return 0;
    timer_ns = mio_loop_timeout(loop);
    if (timeout_ns < 0 || (timer_ns >= 0 && timer_ns < timeout_ns))
        return timer_ns;
    return timeout_ns;
}

/* A ghost that could not be driven out ends every wait at once. So the queue is asked at
   intervals only, without waiting. See rebuild.c. */
static int turn_back_off(mio_loop *loop, int64_t sleep_ns)
{
    const bool is_short = sleep_ns >= 0 && sleep_ns < LOOP_BACK_OFF_NS;
    const int err = mio__clock_sleep(is_short ? sleep_ns : LOOP_BACK_OFF_NS);

    if (err < 0)
        return err;
    return mio__selector_wait(&loop->selector, loop->batch, loop->capacity, 0);
}

/*
 * A virtual clock does not wait for time to pass: when nothing is ready it jumps. Only a wait
 * that nothing could end but the kernel is a true one.
 */
static int turn_wait(mio_loop *loop, int64_t timeout_ns)
{
    const int64_t sleep_ns = turn_sleep(loop, timeout_ns);
    const bool jumps = loop->clock == MIO_CLOCK_VIRTUAL && sleep_ns > 0;
    int count;

    loop->wakeups += sleep_ns != 0;
    if (loop->measure.on)
        loop->measure.marked_ns = mio__loop_clock(loop);
    if (loop->haunted)
        return turn_back_off(loop, sleep_ns);
    count =
        mio__selector_wait(&loop->selector, loop->batch, loop->capacity, jumps ? 0 : sleep_ns);
    if (jumps && count == 0)
        loop->virtual_ns += sleep_ns;
    return count;
}

int mio_loop_poll(mio_loop *loop, int64_t timeout_ns)
{
    int count;

    loop->measure.working = false; /* an error may have ended the work, long ago */
    if (timeout_ns < -1)
        return -EINVAL;
    if (loop->phase != TURN_NONE)
        return 0;
    if (mio__loop_is_stale(loop))
        return -ESTALE;
    if (loop->haunted)
        mio__loop_rebuild(loop); /* where that fails, the next poll tries again */
    count = turn_wait(loop, timeout_ns);
    if (count < 0 && count != -EINTR)
        return count;
    loop->interrupted = count < 0;
    loop->taken += (uint64_t)loop->next;
    loop->count = count < 0 ? 0 : count;
    loop->next = 0;
    loop->messages_left = loop->messages_per_turn;
    loop->turn++;
    loop->now_ns = mio__loop_clock(loop);
    if (loop->measure.on)
        loop->measure.sleeping_ns += loop->now_ns - loop->measure.marked_ns;
    mio__wheel_advance(&loop->timers.wheel, loop->now_ns);
    loop->phase = TURN_READY;
    return 0;
}

/* A registration that rests reports nothing, nor does a oneshot that has. The loop's own report
   nothing by themselves: see signal.c, child.c and channel.c. */
void mio__turn_decline(mio_loop *loop, const mio__registration *registration)
{
    loop->declined++;
    if (registration == NULL) {
        loop->haunted |= loop->bereft && loop->turn != loop->bereft_turn; /* else stale */
        return;
    }
    switch ((mio__own)registration->own) {
    case LOOP_OWN_NONE:
        break;
    case LOOP_OWN_PIPE:
        mio__loop_signal_take(loop);
        break;
    case LOOP_OWN_CHILD:
        mio__loop_child_heard(loop, registration->token);
        break;
    case LOOP_OWN_CHANNEL:
        mio__loop_channel_heard(loop, registration->token);
        break;
    }
}

static int turn_next_interruption(mio_loop *loop, mio_event *ret_event)
{
    if (!loop->interrupted)
        return 0;
    loop->interrupted = false;
    *ret_event = (mio_event){.kind = MIO_INTERRUPTED};
    return 1;
}

/* The end of a pause is the loop's own affair, unless the descriptor is gone meanwhile. */
static int turn_next_timer(mio_loop *loop, mio_event *ret_event)
{
    while (mio__timers_pop(&loop->timers, loop->now_ns, ret_event)) {
        if (ret_event->kind == MIO_TIMEOUT ||
            mio__loop_resume(loop, ret_event->token, ret_event))
            return 1;
    }
    return 0;
}

static void turn_end(mio_loop *loop, mio_event *ret_event)
{
#ifdef MIO__VERIFY
    mio__loop_check(loop);
#endif
    *ret_event = (mio_event){.kind = MIO_TICK};
    loop->phase = TURN_NONE;
}

/* What comes after the descriptors: each phase until it has nothing more, then the next. There
   is always something, the end at the least. */
static void turn_next_phase(mio_loop *loop, mio_event *ret_event)
{
    if (loop->phase == TURN_READY) {
        if (turn_next_interruption(loop, ret_event))
            return;
        loop->phase = TURN_SIGNALS;
    }
    if (loop->phase == TURN_SIGNALS) {
        if (mio__loop_signal_next(loop, ret_event))
            return;
        loop->phase = TURN_CHILDREN;
    }
    if (loop->phase == TURN_CHILDREN) {
        if (mio__loop_child_next(loop, ret_event))
            return;
        loop->phase = TURN_MESSAGES;
    }
    if (loop->phase == TURN_MESSAGES) {
        if (mio__loop_channel_next(loop, ret_event))
            return;
        loop->phase = TURN_TIMERS;
    }
    if (!turn_next_timer(loop, ret_event))
        turn_end(loop, ret_event);
}

int mio__turn_next(mio_loop *loop, mio_event *ret_event)
{
    const mio_event *event = mio__turn_next_ready(loop);

    if (event != NULL) {
        *ret_event = *event;
        return 1;
    }
    if (loop->phase == TURN_NONE)
        return 0;
    turn_next_phase(loop, ret_event);
    loop->reported[ret_event->kind]++;
    return 1;
}

/* A descriptor's event, nearly always; without a function that is called in between, so that
   nothing has to be saved for it. */
int mio_loop_next(mio_loop *loop, mio_event *ret_event)
{
    if (!loop->measure.on && loop->next < loop->count) {
        mio_event *event = &loop->batch[loop->next];
        mio__registration *registration;

        if (mio__turn_accept(loop, event, &registration)) {
            loop->next++;
            *ret_event = *event;
            return 1;
        }
    }
    return loop->measure.on ? mio__stats_next(loop, ret_event)
                            : mio__turn_next(loop, ret_event);
}
