#include "data/slab.h"

#include "base/bits.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#undef NDEBUG /* the walker asserts in every build that calls it */
#include <assert.h>

enum { GENERATION_BITS = 30, DIRECTORY_FIRST = 4 };
static const uint32_t generation_mask = (UINT32_C(1) << GENERATION_BITS) - 1;
static const uint32_t no_slot = UINT32_MAX; /* there are at most 2^32 - 1 slots */

void mio__slab_init(mio__slab *slab, const mio_allocator *allocator, size_t item_size,
                    unsigned kind, uint32_t chunk)
{
    assert(item_size >= sizeof(mio__slab_item) && item_size % _Alignof(mio__slab_item) == 0);
    assert(kind < 4);
    assert(chunk != 0 && (chunk & (chunk - 1)) == 0);
    memset(slab, 0, sizeof *slab);
    slab->allocator = *mio__alloc_or_default(allocator);
    slab->item_size = item_size;
    slab->kind = (uint32_t)kind << GENERATION_BITS;
    slab->chunk_shift = mio__bits_lowest(chunk); /* a power of two is not zero */
    slab->chunk_mask = chunk - 1;
    slab->free_head = no_slot;
}

static size_t chunk_bytes(const mio__slab *slab)
{
    return ((size_t)slab->chunk_mask + 1) * slab->item_size;
}

void mio__slab_fini(mio__slab *slab)
{
    for (uint32_t i = 0; i < slab->chunk_count; i++)
        mio__alloc_free(&slab->allocator, slab->chunks[i], chunk_bytes(slab));
    mio__alloc_free(&slab->allocator, slab->chunks, slab->chunk_room * sizeof *slab->chunks);
    slab->chunks = NULL;
    slab->chunk_count = 0;
    slab->chunk_room = 0;
    slab->used = 0;
    slab->count = 0;
    slab->free_count = 0;
    slab->free_head = no_slot;
}

/* Room for one chunk more in the directory. */
static int grow_directory(mio__slab *slab)
{
    const uint32_t room = slab->chunk_room == 0 ? DIRECTORY_FIRST : slab->chunk_room * 2;
    unsigned char **chunks;

    if (slab->chunk_count < slab->chunk_room)
        return 0;
    if (slab->chunk_room > UINT32_MAX / 2)
        return -ENOMEM;
    chunks = slab->allocator.realloc(slab->allocator.ud, slab->chunks,
                                     slab->chunk_room * sizeof *chunks, room * sizeof *chunks);
    if (chunks == NULL)
        return -ENOMEM;
    slab->chunks = chunks;
    slab->chunk_room = room;
    return 0;
}

/* One chunk more, unless slot numbers or memory run out. */
static int slab_grow(mio__slab *slab)
{
    int err;

    if (slab->chunk_count >= no_slot >> slab->chunk_shift ||
        slab->item_size > SIZE_MAX / ((size_t)slab->chunk_mask + 1))
        return -ENOMEM;
    err = grow_directory(slab);
    if (err < 0)
        return err;
    slab->chunks[slab->chunk_count] = mio__alloc(&slab->allocator, chunk_bytes(slab));
    if (slab->chunks[slab->chunk_count] == NULL)
        return -ENOMEM;
    slab->chunk_count++;
    return 0;
}

static uint32_t slab_capacity(const mio__slab *slab)
{
    return slab->chunk_count << slab->chunk_shift;
}

int mio__slab_reserve(mio__slab *slab, uint32_t count)
{
    while (slab_capacity(slab) - slab->used + slab->free_count < count) {
        int err = slab_grow(slab);

        if (err < 0)
            return err;
    }
    return 0;
}

/* A slot for a new object, off the free list or fresh; there is one. */
static mio__slab_item *insert_take(mio__slab *slab, uint32_t *ret_slot)
{
    mio__slab_item *item;

    if (slab->free_head == no_slot) {
        *ret_slot = slab->used++;
        item = mio__slab_at(slab, *ret_slot);
        item->tag = slab->kind | 1;
        return item;
    }
    *ret_slot = slab->free_head;
    item = mio__slab_at(slab, *ret_slot);
    slab->free_head = item->next;
    slab->free_count--;
    return item;
}

int mio__slab_insert(mio__slab *slab, void **ret_item, uint64_t *ret_id)
{
    int err = mio__slab_reserve(slab, 1);
    mio__slab_item *item;
    uint32_t slot;

    if (err < 0)
        return err;
    item = insert_take(slab, &slot);
    item->next = slot;
    memset(item + 1, 0, slab->item_size - sizeof *item);
    slab->count++;
    *ret_item = item;
    *ret_id = mio__slab_id(item);
    return 0;
}

void mio__slab_remove(mio__slab *slab, uint64_t id)
{
    mio__slab_item *item = mio__slab_get(slab, id);
    uint32_t generation;

    assert(item != NULL);
    generation = (item->tag + 1) & generation_mask;
    item->tag = slab->kind | generation;
    slab->count--;
    if (generation == 0) { /* every id of this slot has been used */
        item->next = no_slot;
        return;
    }
    item->next = slab->free_head;
    slab->free_head = (uint32_t)id;
    slab->free_count++;
}

void *mio__slab_each(const mio__slab *slab, uint32_t *cursor, uint64_t *ret_id)
{
    while (*cursor < slab->used) {
        uint32_t slot = (*cursor)++;
        mio__slab_item *item = mio__slab_at(slab, slot);

        if (item->next == slot) {
            *ret_id = mio__slab_id(item);
            return item;
        }
    }
    return NULL;
}

/* The free list: as long as it is said to be, of slots that were used and are not retired. */
static void check_free(const mio__slab *slab)
{
    uint32_t slot = slab->free_head;

    for (uint32_t i = 0; i < slab->free_count; i++) {
        const mio__slab_item *item = mio__slab_at(slab, slot);

        assert(slot < slab->used);
        assert((item->tag & generation_mask) != 0);
        assert(item->next != slot);
        slot = item->next;
    }
    assert(slot == no_slot);
}

void mio__slab_check(const mio__slab *slab)
{
    uint32_t live = 0;
    uint32_t retired = 0;

    for (uint32_t slot = 0; slot < slab->used; slot++) {
        const mio__slab_item *item = mio__slab_at(slab, slot);
        bool is_retired = (item->tag & generation_mask) == 0;

        assert((item->tag & ~generation_mask) == slab->kind);
        assert(!is_retired || item->next == no_slot);
        live += item->next == slot ? 1 : 0;
        retired += is_retired ? 1 : 0;
    }
    assert(live == slab->count);
    assert(live + retired + slab->free_count == slab->used);
    assert(slab->used <= slab_capacity(slab));
    assert(slab->chunk_count <= slab->chunk_room);
    check_free(slab);
}
