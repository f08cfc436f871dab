/*
 * Slab: objects of one size that never move, named by slot and generation.
 *
 * An id is tag << 32 | slot, and a tag is kind << 30 | generation. The kind tells apart the
 * ids of different slabs; the generation, from 1 on, tells apart the objects that a slot has
 * held, so that an id is never 0 and a dead one never names another object.
 *
 * 1. Slots 0 to used - 1 have been handed out at least once; what lies above is not cleared.
 * 2. A live slot has `next` == its own number, and its object's id is the header itself.
 * 3. A free slot's tag is that of its next object; `next` leads to the next free slot, which
 *    is another one, so that not even a forged id finds a free slot.
 * 4. A slot whose generations are used up is retired: generation 0, in no list, never reused.
 * 5. Slots come in chunks of one size, which never move; only the directory of chunks does.
 */
#ifndef MIO__DATA_SLAB_H
#define MIO__DATA_SLAB_H

#include "base/alloc.h"

/* The first member of every object in a slab; only the slab writes to it. */
typedef struct mio__slab_item {
    uint32_t tag;
    uint32_t next;
} mio__slab_item;

typedef struct mio__slab {
    unsigned char **chunks;
    uint32_t chunk_shift; /* log2 of the slots in a chunk */
    uint32_t chunk_mask;  /* slots in a chunk, less 1 */
    size_t item_size;
    uint32_t used;       /* slots ever handed out */
    uint32_t count;      /* live objects */
    uint32_t free_count; /* slots in the free list */
    uint32_t free_head;  /* freed last, reused first */
    uint32_t kind;       /* as it stands in a tag: in the two highest bits */
    uint32_t chunk_count;
    uint32_t chunk_room; /* what the directory has room for */
    mio_allocator allocator;
} mio__slab;

/*
 * An empty slab. Allocates nothing.
 *
 *   item_size    bytes an object, header included: the sizeof of a struct
 *   kind         0 to 3, another one for each slab whose ids may meet
 *   chunk        how many slots are allocated at once; a power of two
 */
void mio__slab_init(mio__slab *slab, const mio_allocator *allocator, size_t item_size,
                    unsigned kind, uint32_t chunk);

/* Free everything, live objects included. */
void mio__slab_fini(mio__slab *slab);

/*
 * Make room for `count` more objects: so many inserts allocate nothing.
 * Returns 0, or -ENOMEM; room that was made before memory ran out stays.
 */
int mio__slab_reserve(mio__slab *slab, uint32_t count);

/* A new object, all zero beyond its header. Returns 0, or -ENOMEM. */
int mio__slab_insert(mio__slab *slab, void **ret_item, uint64_t *ret_id);

/* Remove an object, which is live. Its id is dead from now on. */
void mio__slab_remove(mio__slab *slab, uint64_t id);

/*
 * The live objects in the order of their slots: the next one from *cursor on, which starts
 * at 0, or NULL at the end. The object just returned may be removed meanwhile.
 */
void *mio__slab_each(const mio__slab *slab, uint32_t *cursor, uint64_t *ret_id);

/* Assert the invariants above. */
void mio__slab_check(const mio__slab *slab);

/* The slot's object, live or not; `slot` < used. */
static inline mio__slab_item *mio__slab_at(const mio__slab *slab, uint32_t slot)
{
    unsigned char *chunk = slab->chunks[slot >> slab->chunk_shift];

    return (void *)(chunk + (slot & slab->chunk_mask) * slab->item_size);
}

/* The object that `id` names; NULL where it is dead, of another kind, or never was. */
static inline void *mio__slab_get(const mio__slab *slab, uint64_t id)
{
    uint32_t slot = (uint32_t)id;
    mio__slab_item *item;

    if (slot >= slab->used)
        return NULL;
    item = mio__slab_at(slab, slot);
    return item->tag == id >> 32 && item->next == slot ? item : NULL;
}

/*
 * The same for an id that this slab has handed out, as those that come back from the kernel
 * are: a slot that was freed since has another tag, so that one comparison is enough. The
 * slab's sizes are repeated, for as constants they cost nothing.
 */
static inline void *mio__slab_issued(const mio__slab *slab, uint64_t id, size_t item_size,
                                     uint32_t chunk)
{
    const uint32_t slot = (uint32_t)id;
    mio__slab_item *item =
        (void *)(slab->chunks[slot / chunk] + (size_t)(slot % chunk) * item_size);

    return item->tag == id >> 32 ? item : NULL;
}

/* The id of a live object. */
static inline uint64_t mio__slab_id(const void *item)
{
    const mio__slab_item *header = item;

    return (uint64_t)header->tag << 32 | header->next;
}

#endif
