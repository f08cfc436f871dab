/*
 * The block that a channel and its senders share, seen from the receiver.
 *
 * 1. The block lives as long as anybody holds it: the senders, each counted, and the receiver.
 *    Who lets go last closes the bell and frees the block. So a sender may ring a bell whose
 *    receiver has gone.
 * 2. `senders` counts the senders alone. The receiver reads it before it looks at the queue
 *    for the last time: when it reads 0, all that was ever sent can be seen.
 * 3. Waking. A producer publishes its message, then exchanges `awake` for 1, always, and rings
 *    if it was 0. If the ringing fails, `awake` goes back to 0: the message stays in the
 *    queue, and the next send rings. It does so even when the queue is full, or a failure
 *    with the last free slot would be for ever.
 *    The receiver, when the bell has rung, takes messages. When it finds none it silences the
 *    bell, exchanges `awake` for 0, and looks once more; only if there is none then, it waits
 *    for the bell. Else it does as a producer does, so that the bell rings while it is not
 *    through: whoever waits for the bell in its place is told.
 *    Both exchanges are read-modify-writes with acquire and release: of the two, the later
 *    one sees what the other side did before the earlier one. tests/event/channel.pml proves
 *    this order, and refutes those that look as good.
 * 4. A slot that is reserved and not yet published looks empty to the receiver, who goes to
 *    sleep behind it: its producer is still to exchange `awake`.
 * 5. Closing. The receiver sets `closed`, exchanges `awake`, and drops what it finds. A
 * producer looks at `closed` once more after its exchange, and if it is set drops what it
 * finds. Of the two exchanges the later one sees what was done before the earlier one: so each
 *    message is dropped before the later of mio__sender_close() and its send returns.
 *    `drops_asked` counts those who want to drop; the first of them takes the messages.
 * 6. A child made by fork() has a copy of the block, and the very bell of its parent: there
 *    nothing is sent, and the bell is neither rung nor silenced.
 *
 * Several threads touch this memory: it comes from malloc(), not from an allocator hook.
 */
#ifndef MIO__EVENT_SENDER_H
#define MIO__EVENT_SENDER_H

#include "mio/sender.h"

#include "data/ring.h"
#include "sys/bell.h"

struct mio_sender {
    mio__ring ring;
    mio__bell bell;
    void (*drop)(void *message);
    unsigned generation;   /* the process that it belongs to: see sys/fork.h */
    atomic_size_t holders; /* senders, and the receiver */
    atomic_size_t senders;
    atomic_bool closed; /* the receiver has gone */
    atomic_uint drops_asked;
    unsigned char before_awake[MIO__RING_LINE];
    atomic_uint awake; /* 1: the bell has rung, or is about to */
    unsigned char after_awake[MIO__RING_LINE];
};

/*
 * A block held by its receiver alone, who has called mio__fork_watch(). `drop` may be NULL.
 * Returns 0, -EMFILE, -ENFILE or -ENOMEM.
 */
int mio__sender_open(uint32_t capacity, uint32_t message_size, void (*drop)(void *message),
                     mio_sender **ret_sender);

/* The receiver goes: sends fail, what waits is dropped, the block is let go. */
void mio__sender_close(mio_sender *sender);

/* Ring, unless the bell rings already: for who has sent, and see invariant 3. Any thread. */
void mio__sender_wake(mio_sender *sender);

/* Silence the bell: from here on a send rings it again. Who has gone and what has been sent is
   to be looked at next. */
void mio__sender_answer(mio_sender *sender);

/* Take the oldest message. False where there is none that is published. */
static inline bool mio__sender_take(mio_sender *sender, void *ret_message)
{
    return mio__ring_pop(&sender->ring, ret_message);
}

/* Whether no sender is left. All that they have sent can be seen by who was told so. */
static inline bool mio__sender_gone(const mio_sender *sender)
{
    return atomic_load_explicit(&sender->senders, memory_order_acquire) == 0;
}

#endif
