#include "data/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A slot: whose turn it is; then, at the ring's offset, the message. */
typedef struct ring_slot {
    _Atomic uint64_t turn;
} ring_slot;

static ring_slot *slot_at(const mio__ring *ring, size_t index)
{
    return (void *)(ring->slots + index * ring->stride);
}

static void *slot_message(const mio__ring *ring, ring_slot *slot)
{
    return (unsigned char *)slot + ring->offset;
}

/* At least that of a slot. */
static uint64_t init_align(uint32_t message_size)
{
    uint64_t align = _Alignof(ring_slot);

    while (align < _Alignof(max_align_t) && message_size % (2 * align) == 0)
        align *= 2;
    return align;
}

int mio__ring_init(mio__ring *ring, uint32_t capacity, uint32_t message_size)
{
    const uint64_t align = init_align(message_size);
    const uint64_t offset = sizeof(ring_slot) > align ? sizeof(ring_slot) : align;
    const uint64_t stride = (offset + message_size + align - 1) / align * align;

    if (stride > SIZE_MAX / capacity)
        return -ENOMEM;
    ring->slots = malloc((size_t)stride * capacity);
    if (ring->slots == NULL)
        return -ENOMEM;
    ring->stride = (size_t)stride;
    ring->offset = (size_t)offset;
    ring->capacity = capacity;
    ring->message_size = message_size;
    ring->head = 0;
    ring->head_index = 0;
    atomic_init(&ring->tail, 0);
    for (uint32_t i = 0; i < capacity; i++)
        atomic_init(&slot_at(ring, i)->turn, 2 * (uint64_t)i);
    return 0;
}

void mio__ring_fini(mio__ring *ring)
{
    free(ring->slots);
    ring->slots = NULL;
}

/*
 * Reserve the position at the tail: its slot is the caller's alone until it publishes.
 * Returns the slot, or NULL when it still holds the message of the lap before: full.
 */
static ring_slot *push_reserve(mio__ring *ring, uint64_t *ret_position)
{
    uint64_t position = atomic_load_explicit(&ring->tail, memory_order_relaxed);

    for (;;) {
        ring_slot *slot = slot_at(ring, (size_t)(position % ring->capacity));
        uint64_t turn = atomic_load_explicit(&slot->turn, memory_order_acquire);

        if (turn < 2 * position)
            return NULL;
        if (turn > 2 * position) { /* another producer was first */
            position = atomic_load_explicit(&ring->tail, memory_order_relaxed);
        } else if (atomic_compare_exchange_weak_explicit(&ring->tail, &position, position + 1,
                                                         memory_order_relaxed,
                                                         memory_order_relaxed)) {
            *ret_position = position;
            return slot;
        }
    }
}

int mio__ring_push(mio__ring *ring, const void *message)
{
    uint64_t position;
    ring_slot *slot = push_reserve(ring, &position);

    if (slot == NULL)
        return -EAGAIN;
    memcpy(slot_message(ring, slot), message, ring->message_size);
    atomic_store_explicit(&slot->turn, 2 * position + 1, memory_order_release);
    return 0;
}

void *mio__ring_front(const mio__ring *ring)
{
    ring_slot *slot = slot_at(ring, ring->head_index);
    const uint64_t turn = atomic_load_explicit(&slot->turn, memory_order_acquire);

    return turn == 2 * ring->head + 1 ? slot_message(ring, slot) : NULL;
}

void mio__ring_pop_front(mio__ring *ring)
{
    ring_slot *slot = slot_at(ring, ring->head_index);

    atomic_store_explicit(&slot->turn, 2 * (ring->head + ring->capacity), memory_order_release);
    ring->head++;
    ring->head_index = ring->head_index + 1 < ring->capacity ? ring->head_index + 1 : 0;
}

bool mio__ring_pop(mio__ring *ring, void *ret_message)
{
    const void *message = mio__ring_front(ring);

    if (message == NULL)
        return false;
    memcpy(ret_message, message, ring->message_size);
    mio__ring_pop_front(ring);
    return true;
}
