/*
 * Hierarchical timer wheel: what is due at a time that the caller tells.
 *
 * Pure: no clock, and no allocation after mio__wheel_init(). Entries live in the caller's
 * objects. Time is int64_t nanoseconds, cut into ticks of 2^tick_shift; a deadline is rounded
 * up to its tick, so that nothing is ever early.
 *
 *     set ---> [slot of a level] --advance--> [due list] --pop--> unarmed
 *                 |      ^ |                      |
 *                 clear  | advance: from a        clear
 *                        +-+ higher slot down
 *
 * A level has 2^level_bits slots, each as long as the whole level below: read as digits in
 * base 2^level_bits, the tick of an entry agrees with the wheel's current tick above its
 * level, and its slot is its digit there.
 *
 * 1. No entry's tick is before the wheel's: a past deadline counts as the current tick.
 * 2. So a slot's digit is higher than the current tick's digit of that level, but for the one
 *    slot of level 0 where the current tick itself lies. Every slot of a level comes before
 *    every slot of the next level: the first occupied slot holds the soonest deadline.
 * 3. The current tick moves only when that first slot is opened, and no further than to the
 *    soonest tick in it: so entries of one tick are always in one slot, in the order of set.
 * 4. An entry that was reset to a later deadline stays where it was until that slot is opened:
 *    an entry's deadline may lie after its slot, never before.
 * 5. A slot's min_ns is no later than any deadline in it, and is one that lies in that slot.
 * 6. soonest_ns is the tick of the first occupied slot's min_ns; INT64_MAX in an empty wheel.
 */
#ifndef MIO__DATA_WHEEL_H
#define MIO__DATA_WHEEL_H

#include "base/alloc.h"
#include "base/list.h"

enum {
    MIO__WHEEL_TICK_SHIFT = 16, /* the loop's geometry: ticks of 65.5 us, */
    MIO__WHEEL_LEVEL_BITS = 6,  /* 64 slots a level, so 8 levels */
    MIO__WHEEL_LEVELS = 64      /* of the longest wheel: ticks of 1 ns, 2 slots a level */
};

typedef struct mio__wheel_entry {
    mio__list link;
    int64_t deadline_ns;
    uint16_t place; /* the number of its slot, or one of two states that wheel.c names */
} mio__wheel_entry;

typedef struct mio__wheel_slot {
    mio__list entries;
    int64_t min_ns; /* INT64_MAX where the slot is empty */
} mio__wheel_slot;

typedef struct mio__wheel {
    int64_t soonest_ns;
    uint64_t tick;
    mio__list due;
    mio__wheel_slot *slots; /* level by level */
    unsigned tick_shift;
    unsigned level_bits;
    unsigned level_count;
    uint64_t levels;                      /* a bit for each level with an occupied slot */
    uint64_t occupied[MIO__WHEEL_LEVELS]; /* a level's bit for each occupied slot */
    mio_allocator allocator;
} mio__wheel;

/*
 * An empty wheel whose time is now_ns, which is not negative.
 *
 *   tick_shift   log2 of a tick in nanoseconds, 0 to 32
 *   level_bits   log2 of the slots in a level, 1 to 6
 *
 * Returns 0, or -ENOMEM.
 */
int mio__wheel_init(mio__wheel *wheel, const mio_allocator *allocator, unsigned tick_shift,
                    unsigned level_bits, int64_t now_ns);

/* Free the wheel. Entries that are still armed dangle: they must not be used again. */
void mio__wheel_fini(mio__wheel *wheel);

/* Make `entry` unarmed, once, before anything else is done with it. */
void mio__wheel_entry_init(mio__wheel_entry *entry);

/* Whether `entry` is armed, or due and not yet popped. */
bool mio__wheel_is_set(const mio__wheel_entry *entry);

/*
 * Arm `entry`, or arm it anew whatever its state: it will be due at deadline_ns. In the past
 * is fine: the next mio__wheel_advance() finds it, never the draining that is under way.
 * A reset of an armed entry to a later time is one store.
 */
void mio__wheel_set(mio__wheel *wheel, mio__wheel_entry *entry, int64_t deadline_ns);

/* Unarm `entry`, whatever its state. */
void mio__wheel_clear(mio__wheel *wheel, mio__wheel_entry *entry);

/*
 * Make due what is due at now_ns: in the order of ticks, first-in first-out within a tick.
 * Time that goes backwards is harmless. Cost: one comparison while nothing is due; visits
 * occupied slots only, however long the gap.
 */
void mio__wheel_advance(mio__wheel *wheel, int64_t now_ns);

/* The next due entry, unarmed now; NULL when there is none. */
mio__wheel_entry *mio__wheel_pop(mio__wheel *wheel);

/*
 * When to call mio__wheel_advance() next: the earliest tick at which something may be due;
 * in the past where something is due already, INT64_MAX when nothing is armed.
 *
 * It is never too late. It may be too early for an entry that was reset to later, or was
 * cleared from a slot that others share: advancing then costs that one wake-up.
 */
static inline int64_t mio__wheel_next(const mio__wheel *wheel)
{
    return mio__list_is_empty(&wheel->due) ? wheel->soonest_ns : 0;
}

/* Assert the invariants above. */
void mio__wheel_check(const mio__wheel *wheel);

#endif
