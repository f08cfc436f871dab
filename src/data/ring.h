/*
 * Ring: a bounded queue of messages of one size; many producers, one consumer, no lock.
 *
 * Positions count messages since the start, in 64 bits, and never wrap. A slot's `turn` says
 * whose it is: 2 * position while the producer of that position may fill it, one more when
 * the message is published; consuming it hands the slot to position + capacity. Positions are
 * doubled so that "published" and "free for the next lap" differ in a ring of one slot, too.
 *
 * Messages are aligned in their slots as a type of their size may want it: to the largest power
 * of two that divides the size, at most that of max_align_t.
 *
 * Several threads touch this memory: it comes from malloc(), not from an allocator hook.
 */
#ifndef MIO__DATA_RING_H
#define MIO__DATA_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MIO__RING_LINE = 64 }; /* bytes that keep two threads' words off one cache line */

typedef struct mio__ring {
    unsigned char *slots;
    size_t stride; /* bytes from slot to slot */
    size_t offset; /* of the message in its slot */
    uint32_t capacity;
    uint32_t message_size;
    unsigned char before_tail[MIO__RING_LINE];
    _Atomic uint64_t tail; /* producers': the position of the next push */
    unsigned char before_head[MIO__RING_LINE];
    uint64_t head;       /* the consumer's: the position of the next pop */
    uint32_t head_index; /* head % capacity */
    unsigned char after_head[MIO__RING_LINE];
} mio__ring;

/*
 * An empty ring of exactly `capacity` messages, at least 1, of `message_size` bytes.
 * Returns 0, or -ENOMEM.
 */
int mio__ring_init(mio__ring *ring, uint32_t capacity, uint32_t message_size);

/* Free the ring, and the messages in it. No other thread may still use it. */
void mio__ring_fini(mio__ring *ring);

/*
 * Add a copy of the message, whole or not at all. Never waits for another thread.
 * Returns 0, or -EAGAIN when the ring is full. Any thread.
 */
int mio__ring_push(mio__ring *ring, const void *message);

/*
 * Take the oldest message. False when the ring is empty, and when the producer whose turn it
 * is has not finished its push. The consumer only.
 */
bool mio__ring_pop(mio__ring *ring, void *ret_message);

/* The same in two steps: the oldest message where it lies, or NULL; then hand its slot on. */
void *mio__ring_front(const mio__ring *ring);
void mio__ring_pop_front(mio__ring *ring);

#endif
