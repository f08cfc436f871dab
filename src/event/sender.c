#include "event/sender.h"

#include "sys/fork.h"

#include <errno.h>
#include <stdlib.h>

/* ------------------------------------------------------------------- its life */

int mio__sender_open(uint32_t capacity, uint32_t message_size, void (*drop)(void *message),
                     mio_sender **ret_sender)
{
    mio_sender *sender = malloc(sizeof *sender);
    int err;

    if (sender == NULL)
        return -ENOMEM;
    err = mio__ring_init(&sender->ring, capacity, message_size);
    if (err < 0) {
        free(sender);
        return err;
    }
    err = mio__bell_open(&sender->bell);
    if (err < 0) {
        mio__ring_fini(&sender->ring);
        free(sender);
        return err;
    }
    sender->drop = drop;
    sender->generation = mio__fork_generation();
    atomic_init(&sender->holders, 1);
    atomic_init(&sender->senders, 0);
    atomic_init(&sender->drops_asked, 0);
    atomic_init(&sender->closed, false);
    atomic_init(&sender->awake, 0);
    *ret_sender = sender;
    return 0;
}

static void sender_let_go(mio_sender *sender)
{
    if (atomic_fetch_sub_explicit(&sender->holders, 1, memory_order_acq_rel) != 1)
        return;
    mio__bell_close(&sender->bell);
    mio__ring_fini(&sender->ring);
    free(sender);
}

/* ------------------------------------------------------------------- dropping */

static void drop_waiting(mio_sender *sender)
{
    void *message;

    while ((message = mio__ring_front(&sender->ring)) != NULL) {
        sender->drop(message);
        mio__ring_pop_front(&sender->ring);
    }
}

/* One takes messages at a time: who finds another at it leaves it to that one, who looks again.
   See invariant 5. */
static void sender_drop_all(mio_sender *sender)
{
    unsigned asked = 1;

    if (sender->drop == NULL ||
        atomic_fetch_add_explicit(&sender->drops_asked, 1, memory_order_acq_rel) != 0)
        return;
    do {
        drop_waiting(sender);
        asked = atomic_fetch_sub_explicit(&sender->drops_asked, asked, memory_order_acq_rel) -
                asked;
    } while (asked != 0);
}

void mio__sender_close(mio_sender *sender)
{
    atomic_store_explicit(&sender->closed, true, memory_order_release);
    atomic_exchange_explicit(&sender->awake, 1, memory_order_acq_rel);
    sender_drop_all(sender);
    sender_let_go(sender);
}

/* ------------------------------------------------------------------- waking */

static bool sender_is_stale(const mio_sender *sender)
{
    return mio__fork_since(sender->generation);
}

void mio__sender_wake(mio_sender *sender)
{
    if (sender_is_stale(sender))
        return;
    if (atomic_exchange_explicit(&sender->awake, 1, memory_order_acq_rel) == 0 &&
        mio__bell_ring(&sender->bell) < 0)
        atomic_exchange_explicit(&sender->awake, 0, memory_order_acq_rel);
}

void mio__sender_answer(mio_sender *sender)
{
    if (sender_is_stale(sender))
        return;
    mio__bell_silence(&sender->bell);
    atomic_exchange_explicit(&sender->awake, 0, memory_order_acq_rel);
}

/* ------------------------------------------------------------------- any thread */

mio_sender *mio_sender_ref(mio_sender *sender)
{
    atomic_fetch_add_explicit(&sender->holders, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&sender->senders, 1, memory_order_relaxed);
    return sender;
}

void mio_sender_unref(mio_sender *sender)
{
    if (sender == NULL)
        return;
    if (atomic_fetch_sub_explicit(&sender->senders, 1, memory_order_acq_rel) == 1)
        mio__sender_wake(sender);
    sender_let_go(sender);
}

int mio_sender_send(mio_sender *sender, const void *message)
{
    int err;

    if (sender_is_stale(sender))
        return -ESTALE;
    if (atomic_load_explicit(&sender->closed, memory_order_acquire))
        return -EPIPE;
    err = mio__ring_push(&sender->ring, message);
    mio__sender_wake(sender);
    if (atomic_load_explicit(&sender->closed, memory_order_acquire))
        sender_drop_all(sender);
    return err;
}
