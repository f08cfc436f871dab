/*
 * The loop's parts, and how they hang together.
 *
 * 1. A registration is armed (the kernel has it, under its id as token) or it rests (the
 *    kernel has not: it is paused, and the timer `pause_id` will arm it again).
 * 2. fds leads from the descriptor of every registration to its id, and from no other to one
 *    that lives.
 * 3. Ids of the three slabs differ in kind. The kernel's tokens are ids of registrations; an
 *    id that names nothing is a stale event, and is dropped in one place, in turn.h.
 * 4. `phase` is TURN_NONE exactly between turns; batch[next..count) is what a turn has still
 *    to report of descriptors.
 * 5. `bereft` says that a registration ended after its descriptor was closed: a duplicate of
 *    that descriptor may keep reporting under an id that is dead. See rebuild.c.
 * 6. The signal pipe exists while a signal is registered, and is registered like a descriptor
 *    of the user; its id is pipe_id.
 * 7. The loop's own registrations, those of the signal pipe and of the channels' bells, report
 *    nothing to the user; calls of the user do not find them.
 * 8. `channels` lists all channels; `busy` those of them that may have messages;
 *    `open_channels` counts those that the loop is to run for. See channel.c.
 */
#ifndef MIO__LOOP_LOOP_H
#define MIO__LOOP_LOOP_H

#include "base/list.h"
#include "data/fd_map.h"
#include "data/slab.h"
#include "event/timers.h"
#include "mio/loop.h"
#include "sys/selector.h"
#include "sys/signal_pipe.h"

#include <stdbool.h>

#ifdef MIO__GEOMETRY_SMALL
enum {
    LOOP_SLAB_CHUNK = 1,
    LOOP_BATCH = 2,
    LOOP_MESSAGES = 2,
    LOOP_TICK_SHIFT = 16,
    LOOP_LEVEL_BITS = 2
};
#else
enum {
    LOOP_SLAB_CHUNK = 64,
    LOOP_BATCH = 256,
    LOOP_MESSAGES = 256,
    LOOP_TICK_SHIFT = MIO__WHEEL_TICK_SHIFT,
    LOOP_LEVEL_BITS = MIO__WHEEL_LEVEL_BITS
};
#endif

enum { LOOP_ID_REGISTRATION = 0, LOOP_ID_TIMER = 1, LOOP_ID_SIGNAL = 2 };

typedef struct mio__registration {
    mio__slab_item item;
    uint64_t token;
    uint64_t pause_id; /* the timer of a pause; 0 while armed */
    mio_fd fd;
    uint8_t interest;
    uint8_t reports; /* what of an event's ready is the user's; 0: nothing for now */
    uint8_t trigger;
    bool spent; /* MIO_ONESHOT, and reported */
} mio__registration;

typedef struct mio__signal {
    mio__slab_item item;
    uint64_t token;
    int32_t number;
    uint64_t turn; /* made in this turn: not to be reported before the next */
} mio__signal;

typedef enum mio__phase {
    TURN_NONE,
    TURN_READY,
    TURN_SIGNALS,
    TURN_MESSAGES,
    TURN_TIMERS,
    TURN_END
} mio__phase;

struct mio_loop {
    mio__selector selector;

    /* the turn */
    mio__phase phase;
    int next;
    int count;
    int capacity;
    mio_event *batch;
    int64_t now_ns;
    uint64_t turn;
    bool interrupted;
    bool shutdown;
    bool running;
    bool freed; /* by a handler, during run */

    /* what is registered */
    mio__slab registrations;
    mio__fd_map fds;
    bool bereft;
    bool haunted;   /* such a report has come: build the selector anew */
    size_t resting; /* registrations that rest, and timers that are theirs */
    mio__timers timers;
    mio__slab signals;
    mio__signal_pipe *pipe;
    uint64_t pipe_id;
    uint64_t arrived;       /* bit n - 1: signal n is being reported in this turn */
    uint64_t signals_taken; /* in which turn they were last taken from the pipe */
    uint32_t signal_cursor; /* how far the lowest of them has got in `signals` */
    mio__list channels;
    mio__list busy;
    size_t channel_count;
    size_t open_channels;
    unsigned messages_per_turn;
    unsigned messages_left; /* of this turn */

    mio_allocator allocator;
};

/*
 * registration.c: register a descriptor of the loop's own; mio__turn_decline() gets its events.
 * Returns as mio_loop_register().
 */
int mio__loop_register_own(mio_loop *loop, mio_fd fd, uint64_t token, uint64_t *ret_id);

/* registration.c: end that again. */
void mio__loop_deregister_own(mio_loop *loop, uint64_t id);

/* One that reports nothing, though it neither rests nor is spent. */
static inline bool mio__registration_is_own(const mio__registration *registration)
{
    return registration->reports == 0 && registration->pause_id == 0 && !registration->spent;
}

/* registration.c: have the kernel watch a resting registration again. Returns 1 and an error
   event where that fails, and the registration has ended; else 0. */
int mio__loop_resume(mio_loop *loop, uint64_t id, mio_event *ret_event);

/* rebuild.c: a new selector with all that is armed. Returns 0 or -errno. */
int mio__loop_rebuild(mio_loop *loop);

/* signal.c: end the registration of a signal. Returns 0 or -ENOENT. */
int mio__loop_signal_end(mio_loop *loop, uint64_t id);

/*
 * signal.c: take from the pipe what has arrived, once a turn: as the pipe reports it, or before
 * a signal is registered. What arrives later is reported in the next turn, also to that one.
 */
void mio__loop_signal_take(mio_loop *loop);

/* signal.c: the next event of the signals that have arrived. Returns 1 or 0. */
int mio__loop_signal_next(mio_loop *loop, mio_event *ret_event);

/* channel.c: the bell of the channel that `token` leads to has rung. */
void mio__loop_channel_heard(mio_loop *loop, uint64_t token);

/* channel.c: the next message of the turn. Returns 1 or 0. */
int mio__loop_channel_next(mio_loop *loop, mio_event *ret_event);

/* channel.c: free all channels. */
void mio__loop_channels_free(mio_loop *loop);

/* check.c: assert the invariants above, and those of the parts. */
void mio__loop_check(const mio_loop *loop);

#endif
