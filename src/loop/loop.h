/*
 * The loop's parts, and how they hang together.
 *
 * 1. The kernel has every registration, under its id as token. It is armed, or it rests (the
 *    selector has it suspended: it is paused, and the timer `pause_id` will arm it again).
 * 2. fds leads from the descriptor of every registration to its id, and from no other to one
 *    that lives.
 * 3. Ids of the four slabs differ in kind. The kernel's tokens are ids of registrations; an
 *    id that names nothing is a stale event, and is dropped in one place, in turn.h.
 * 4. `phase` is TURN_NONE exactly between turns; batch[next..count) is what a turn has still
 *    to report of descriptors.
 * 5. `bereft` says that a registration ended after its descriptor was closed: a duplicate of
 *    that descriptor may keep reporting under an id that is dead. See rebuild.c.
 * 6. The signal pipe exists while a signal is registered; its registration is pipe_id.
 * 7. The loop's own registrations, `own` of them, are those of the pipe, of the children and of
 *    the channels' bells. They report nothing to the user, whose calls do not find them: see
 *    mio__turn_decline().
 * 8. `ended` lists the children whose end a turn has heard of, and not handed out yet. Once the
 *    turn is beyond them it is empty.
 * 9. `channels` lists all channels; `busy` those of them that may have messages;
 *    `open_channels` counts those that the loop is to run for. See channel.c.
 */
#ifndef MIO__LOOP_LOOP_H
#define MIO__LOOP_LOOP_H

#include "base/list.h"
#include "data/fd_map.h"
#include "data/slab.h"
#include "event/timers.h"
#include "mio/loop.h"
#include "sys/fork.h"
#include "sys/selector.h"
#include "sys/signal_pipe.h"

#include <stdbool.h>

enum { LOOP_BACK_OFF_NS = 10000000 };

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

enum { LOOP_ID_REGISTRATION = 0, LOOP_ID_TIMER = 1, LOOP_ID_SIGNAL = 2, LOOP_ID_CHILD = 3 };

/* Whose a registration is: the user's, or the loop's own. */
typedef enum mio__own {
    LOOP_OWN_NONE,
    LOOP_OWN_PIPE,
    LOOP_OWN_CHILD,  /* the token is the child's id */
    LOOP_OWN_CHANNEL /* the token is the channel's address */
} mio__own;

typedef struct mio__registration {
    mio__slab_item item;
    uint64_t token;
    uint64_t pause_id; /* the timer of a pause; 0 while armed */
    mio_fd fd;
    uint8_t interest;
    uint8_t reports; /* what of an event's ready is the user's; 0: nothing for now */
    uint8_t trigger;
    uint8_t own; /* whose it is: a mio__own */
} mio__registration;

typedef struct mio__signal {
    mio__slab_item item;
    uint64_t token;
    int32_t number;
    uint64_t turn; /* made in this turn: not to be reported before the next */
} mio__signal;

typedef struct mio__child {
    mio__slab_item item;
    uint64_t token;
    uint64_t registration_id;
    mio__list ended; /* in the loop's list of that name, or in none */
    mio_fd fd;
    int pid;
} mio__child;

typedef enum mio__phase {
    TURN_NONE,
    TURN_READY,
    TURN_SIGNALS,
    TURN_CHILDREN,
    TURN_MESSAGES,
    TURN_TIMERS,
    TURN_END
} mio__phase;

/* What is measured of waits and handlers: see stats.c. */
typedef struct mio__measure {
    bool on;
    bool working;      /* `current` was handed out, and is not known to be handled */
    int64_t marked_ns; /* where the wait or the work in hand began */
    int64_t sleeping_ns;
    int64_t working_ns;
    int64_t longest_ns;
    mio_event longest;
    mio_event current;
} mio__measure;

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
    uint64_t bereft_turn; /* when that happened: events of that turn may be merely stale */
    bool haunted;         /* such a report has come: build the selector anew */
    size_t own;
    size_t resting; /* registrations that rest, and timers that are theirs */
    mio__timers timers;
    mio__slab signals;
    mio__signal_pipe *pipe;
    uint64_t pipe_id;
    uint64_t arrived;       /* bit n - 1: signal n is being reported in this turn */
    uint64_t signals_taken; /* in which turn they were last taken from the pipe */
    uint32_t signal_cursor; /* how far the lowest of them has got in `signals` */
    mio__slab children;
    mio__list ended;
    mio__list channels;
    mio__list busy;
    size_t channel_count;
    size_t open_channels;
    unsigned messages_per_turn;
    unsigned messages_left; /* of this turn */

    /* what it has done: see stats.c */
    uint64_t wakeups;
    uint64_t taken;                  /* events of the batches before the one in hand */
    uint64_t declined;               /* of all batches, those that were not reported */
    uint64_t reported[MIO_TICK + 1]; /* by kind, without those of batches */
    mio__measure measure;

    mio_loop_clock clock;
    int64_t virtual_ns;  /* the time of a virtual clock */
    unsigned generation; /* the process that the loop belongs to: see sys/fork.h */
    mio_allocator allocator;
};

/* clock.c: the time by the loop's clock, inside of a turn and out. */
int64_t mio__loop_clock(const mio_loop *loop);

/* Whether this process is a child of the one that made the loop. */
static inline bool mio__loop_is_stale(const mio_loop *loop)
{
    return mio__fork_since(loop->generation);
}

/*
 * registration.c: register a descriptor of the loop's own, to be told to mio__turn_decline()
 * while it is readable. Returns as mio_loop_register().
 */
int mio__loop_register_own(mio_loop *loop, mio_fd fd, mio__own own, uint64_t token,
                           uint64_t *ret_id);

/* registration.c: end that again. */
void mio__loop_deregister_own(mio_loop *loop, uint64_t id);

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

/* child.c: forget a child. Returns 0 or -ENOENT. */
int mio__loop_child_end(mio_loop *loop, uint64_t id);

/* child.c: the descriptor of a child, which lives, is readable. */
void mio__loop_child_heard(mio_loop *loop, uint64_t id);

/* child.c: the next event of the children that have ended. Returns 1 or 0. */
int mio__loop_child_next(mio_loop *loop, mio_event *ret_event);

/* child.c: forget all children, as the loop goes. */
void mio__loop_children_free(mio_loop *loop);

/* channel.c: the bell of the channel that `token` leads to has rung. */
void mio__loop_channel_heard(mio_loop *loop, uint64_t token);

/* channel.c: the user's token of the channel that `token` leads to. */
uint64_t mio__loop_channel_token(uint64_t token);

/* channel.c: the next message of the turn. Returns 1 or 0. */
int mio__loop_channel_next(mio_loop *loop, mio_event *ret_event);

/* channel.c: free all channels. */
void mio__loop_channels_free(mio_loop *loop);

/* turn.c: what mio_loop_next() does. */
int mio__turn_next(mio_loop *loop, mio_event *ret_event);

/* stats.c: the same for a loop that is measured. */
int mio__stats_next(mio_loop *loop, mio_event *ret_event);

/* check.c: assert the invariants above, and those of the parts. */
void mio__loop_check(const mio_loop *loop);

#endif
