/*
 * The loop: registrations that cannot go stale, timers, signals, children, channels, one turn
 * at a time.
 *
 * One turn is a call of mio_loop_poll(), which waits and takes the time once, and calls of
 * mio_loop_next() until it returns 0, in this order: descriptors, signals, children, messages,
 * timers that are due, the turn's end. What is started during a turn is reported in the next
 * turn at the earliest; what is stopped during a turn is reported no more, not even from what
 * the kernel has told already. mio_loop_run() is this, in a loop, on a table of handlers.
 *
 * Everything that a loop reports is named by an id (slot and generation). An id is never used
 * for a second object: calls with a dead one return -ENOENT. 0 is never an id.
 *
 * A loop belongs to one thread. Nothing is allocated by a turn.
 *
 * A loop belongs to one process, too: in a child of fork(), which would change the kernel's
 * queue for both, everything returns -ESTALE that would touch it. The child may free the loop,
 * and close its descriptors, without harm to the parent.
 */
#ifndef MIO_LOOP_H
#define MIO_LOOP_H

#include "mio/event.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mio_loop mio_loop;

/*
 * By what a loop tells the time.
 */
typedef enum mio_loop_clock {
    MIO_CLOCK_MONOTONIC, /* the system's clock */
    MIO_CLOCK_VIRTUAL /* one of its own, which begins at 0: when nothing is ready, it jumps to
                         the next timer instead of waiting, so that a test with an hour of
                         timeouts takes no time; mio_loop_advance() moves it, too */
} mio_loop_clock;

/*
 * The configuration of a loop. A field that is 0 takes its default: start from
 * `mio_loop_config config = {0};`.
 */
typedef struct mio_loop_config {
    const mio_allocator *allocator; /* copied; default: the C library's */
    unsigned events_per_poll;   /* taken from the kernel at once; default 256, 32 bytes each */
    unsigned registrations;     /* room made in advance; default 0: room is made as needed */
    unsigned timers;            /* the same for timers */
    unsigned messages_per_turn; /* of all channels together; default 256 */
    mio_loop_clock clock;       /* default: MIO_CLOCK_MONOTONIC */
} mio_loop_config;

/*
 * Handlers, as mio_loop_run() calls them. Any may be NULL: its events are then dropped.
 * The event is valid during the call. A handler may call everything but mio_loop_run() on
 * its loop; mio_loop_free() takes effect when the handler has returned.
 */
typedef void (*mio_handler_fn)(mio_loop *loop, const mio_event *event, void *ctx);

typedef struct mio_handler {
    mio_handler_fn ready;       /* MIO_READY */
    mio_handler_fn notify;      /* MIO_NOTIFY */
    mio_handler_fn timeout;     /* MIO_TIMEOUT */
    mio_handler_fn signal;      /* MIO_SIGNAL */
    mio_handler_fn child;       /* MIO_CHILD */
    mio_handler_fn interrupted; /* MIO_INTERRUPTED */
    mio_handler_fn tick;        /* MIO_TICK */
} mio_handler;

/*
 * Make a loop.
 *
 *   config     NULL for the defaults
 *   ret_loop   the new loop, to be given to mio_loop_free()
 *
 * Returns 0, or
 *   -EMFILE, -ENFILE   no descriptor is free
 *   -ENOMEM            no memory
 *
 * Thread: any; the loop belongs to the one that uses it. Cost: one system call, one
 * descriptor, about 25 KiB.
 */
MIO_API int mio_loop_new(const mio_loop_config *config, mio_loop **ret_loop);

/*
 * Free a loop. What is registered stays open; its timers and signals end, its children
 * are forgotten, its channels are freed.
 *
 * From a handler of its own mio_loop_run() it takes effect when the handler has returned:
 * nothing more is delivered, and run returns -ECANCELED.
 *
 *   loop   NULL is fine
 *
 * Thread: the loop's own. Cost: a few system calls.
 */
MIO_API void mio_loop_free(mio_loop *loop);

/*
 * Register a descriptor.
 *
 * From the next mio_loop_poll() on, the loop reports `fd` whenever a condition in
 * `interest` holds. The loop never reads, writes or closes it: close it yourself, after
 * mio_loop_deregister().
 *
 * A descriptor that was closed while registered, and whose number now names another file,
 * can be registered: the old registration ends then.
 *
 *   interest   MIO_READABLE | MIO_WRITABLE | MIO_PRIORITY, not zero
 *   trigger    MIO_LEVEL, MIO_EDGE or MIO_ONESHOT
 *   token      yours, handed back in mio_event.token
 *   ret_id     names the registration from now on; may be NULL
 *
 * Returns 0, or
 *   -EINVAL            an empty or unknown interest, an unknown trigger, the loop itself
 *   -EBADF             not an open descriptor
 *   -EEXIST            this loop has the descriptor already
 *   -EPERM             the kernel cannot poll this kind of descriptor (a regular file)
 *   -EOPNOTSUPP        MIO_PRIORITY on a system that does not tell it
 *   -ELOOP             loops registered in a ring; some systems do not notice
 *   -ENOMEM, -ENOSPC   no memory, or the system's limit of registrations
 *   -ESTALE            this process is a child of the one that made the loop
 *
 * Thread: the loop's own. Cost: one system call.
 */
MIO_API int mio_loop_register(mio_loop *loop, mio_fd fd, mio_interest interest,
                              mio_trigger trigger, uint64_t token, uint64_t *ret_id);

/*
 * Change the interest and the trigger of a registration, and arm it anew: what holds already
 * is reported again, after MIO_ONESHOT and MIO_EDGE too. What the current turn has still to
 * report of it is masked by the new interest.
 *
 * Parameters as mio_loop_register(). Where nothing changes and the trigger is MIO_LEVEL, the
 * system call is saved.
 *
 * Returns 0, or
 *   -EINVAL            an empty or unknown interest, an unknown trigger
 *   -ENOENT            `id` names no registration of a descriptor
 *   -EBADF             the descriptor was closed, as the kernel says where it is asked; the
 *                      registration has ended
 *   -ENOMEM, -ENOSPC   as mio_loop_register(); the registration is as it was
 *   -ESTALE            as mio_loop_register()
 *
 * Thread: the loop's own. Cost: at most one system call.
 */
MIO_API int mio_loop_reregister(mio_loop *loop, uint64_t id, mio_interest interest,
                                mio_trigger trigger);

/*
 * End a registration of a descriptor, a signal or a child. Nothing more is reported of it, not
 * even what this turn has still in hand. Do so before closing the descriptor.
 *
 * Returns 0, or -ENOENT where `id` names no registration (any more).
 *
 * Thread: the loop's own. Cost: one system call; a few for the last registration of a signal.
 */
MIO_API int mio_loop_deregister(mio_loop *loop, uint64_t id);

/*
 * Have a registration rest: nothing is reported of it for a while, whatever its trigger. Then
 * it is armed again by itself, and what holds by then is reported. It keeps its descriptor:
 * that cannot be registered a second time.
 *
 * This is how a listener waits out a lack of descriptors (-EMFILE): without it, a level
 * trigger would report the waiting connection without end. Pausing again moves the moment;
 * mio_loop_reregister() ends the pause at once.
 *
 *   delay_ns   0 or more, from the turn's time on
 *
 * Returns 0, or
 *   -EINVAL   a negative delay
 *   -ENOENT   `id` names no registration of a descriptor
 *   -EBADF    the descriptor was closed before; the registration has ended
 *   -ENOMEM   no memory for its timer
 *   -ESTALE   as mio_loop_register()
 *
 * If the descriptor is found closed when the time has come, that is reported as one event with
 * MIO_ERROR, and the registration has ended. One closed during the pause whose number is
 * registered again ends then, as in mio_loop_register().
 *
 * Thread: the loop's own. Cost: one system call, and one more when the pause ends.
 */
MIO_API int mio_loop_pause(mio_loop *loop, uint64_t id, int64_t delay_ns);

/*
 * Begin a turn: wait until something is to be reported, then take the time.
 *
 * The wait ends at the next timer by itself. Where the last turn's events were not all
 * fetched by mio_loop_next(), it returns at once and the turn in hand goes on. A wait that
 * a signal handler of the program cuts short is a turn with the event MIO_INTERRUPTED.
 *
 *   timeout_ns   how long to wait at the most; 0 not at all, -1 for ever
 *
 * Returns 0, or
 *   -EINVAL   a timeout below -1
 *   -ESTALE   this process is a child of the one that made the loop
 *   -errno    what the kernel's queue gave; the loop is of no use any more
 *
 * Thread: the loop's own. Cost: one system call, one reading of the clock; one more reading
 * where a timer is set.
 */
MIO_API int mio_loop_poll(mio_loop *loop, int64_t timeout_ns);

/*
 * Fetch the next event of the turn.
 *
 *   ret_event   written where 1 is returned
 *
 * Returns 1, or 0 when the turn has ended: after MIO_TICK, until the next mio_loop_poll().
 *
 * Thread: the loop's own. Cost: some instructions an event; a system call where a signal
 * came or a pause ends; three for a child.
 */
MIO_API int mio_loop_next(mio_loop *loop, mio_event *ret_event);

/*
 * Run: turn after turn, handing each event to its handler, until mio_loop_shutdown(), or
 * until nothing is left that could ever be reported: no registration, no timer, no signal, no
 * child, no channel with senders.
 *
 * Events that an earlier turn has left come first.
 *
 *   handler   which functions to call; must outlive the run
 *   ctx       handed to each of them
 *
 * Returns 0, or
 *   -EBUSY       the loop runs already: the caller is a handler of it
 *   -EINVAL      `handler` is NULL
 *   -ECANCELED   a handler has freed the loop
 *   -errno       as mio_loop_poll()
 *
 * Thread: the loop's own. Cost: that of poll and next, and an indirect call an event.
 */
MIO_API int mio_loop_run(mio_loop *loop, const mio_handler *handler, void *ctx);

/*
 * End mio_loop_run() when the current turn has been delivered. Called before run, it is not
 * lost: the next run ends after its first turn, which then does not wait.
 *
 * Thread: the loop's own (from a handler, say). Cost: none.
 */
MIO_API void mio_loop_shutdown(mio_loop *loop);

/*
 * Whether mio_loop_shutdown() was called and no run has ended by it yet; asking ends it.
 * Who drives the turns himself asks after each, as run does.
 *
 * Returns 1 or 0. Thread: the loop's own. Cost: none.
 */
MIO_API int mio_loop_take_shutdown(mio_loop *loop);

/*
 * The time of the current turn, from which every delay counts; outside of a turn, the clock.
 *
 * Returns nanoseconds of the loop's clock.
 *
 * Thread: the loop's own. Cost: none; outside of a turn one reading of the clock.
 */
MIO_API int64_t mio_loop_now(const mio_loop *loop);

/*
 * Move the time of a loop with a virtual clock. What is due then is reported by the next turn;
 * the time of a turn in hand stays what it is.
 *
 *   delta_ns   0 or more; a sum beyond int64_t is the end of time
 *
 * Returns 0, or -EINVAL for a negative delta or a loop with the system's clock.
 *
 * Thread: the loop's own. Cost: none.
 */
MIO_API int mio_loop_advance(mio_loop *loop, int64_t delta_ns);

/*
 * How many things are registered that could be reported one day: descriptors, timers, signals,
 * children, and channels whose senders have not all gone. mio_loop_run() ends at 0.
 *
 * Returns the count. Thread: the loop's own. Cost: none.
 */
MIO_API size_t mio_loop_count(const mio_loop *loop);

/*
 * The kernel's queue, readable while a descriptor, a signal, a child or a message of this loop
 * is to be reported: by it the loop is a guest of another one. Never close it.
 *
 * A host waits for MIO_READABLE on it, level-triggered, and no longer than mio_loop_timeout():
 * timers, the ends of pauses and the rest of a turn do not make it readable. Then it calls
 * mio_loop_poll(loop, 0), and mio_loop_next() until that returns 0; and it asks for the timeout
 * anew, also after it has set a timer of the guest. The kernel nests queues five deep.
 *
 * In one case the host must deregister it and register it again, for another queue takes its
 * place during mio_loop_poll(), under the same number: a descriptor that has a duplicate was
 * closed before it was deregistered, and the loop had to get rid of what the kernel goes on
 * reporting of it.
 *
 * Returns the descriptor. Thread: any. Cost: none.
 */
MIO_API mio_fd mio_loop_pollfd(const mio_loop *loop);

/*
 * How long a host may wait before it has to call mio_loop_poll(loop, 0), whether the descriptor
 * is readable or not. To be asked after each turn, and rounded up: see docs/nesting.md. With a
 * virtual clock it counts by that, which stands still until mio_loop_advance() moves it.
 *
 * Returns nanoseconds: 0 where something is due, messages wait, a turn is in hand or nobody has
 * taken a shutdown; -1 for ever.
 *
 * Thread: the loop's own. Cost: one reading of the clock where a timer is set.
 */
MIO_API int64_t mio_loop_timeout(const mio_loop *loop);

#ifdef __cplusplus
}
#endif

#endif
