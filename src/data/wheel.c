#include "data/wheel.h"

#include "base/bits.h"

#include <errno.h>
#include <string.h>

#undef NDEBUG /* the walker asserts in every build that calls it */
#include <assert.h>

/* What mio__wheel_entry.place says of an entry that is in no slot. */
enum { PLACE_UNARMED = UINT16_MAX, PLACE_DUE = UINT16_MAX - 1 };

/* Enough levels for the last tick, 2^(63 - tick_shift): the one that INT64_MAX rounds up to. */
static unsigned levels_needed(unsigned tick_shift, unsigned level_bits)
{
    return (64 - tick_shift + level_bits - 1) / level_bits;
}

static unsigned slot_count(const mio__wheel *wheel)
{
    return wheel->level_count << wheel->level_bits;
}

int mio__wheel_init(mio__wheel *wheel, const mio_allocator *allocator, unsigned tick_shift,
                    unsigned level_bits, int64_t now_ns)
{
    assert(tick_shift <= 32 && level_bits >= 1 && level_bits <= 6 && now_ns >= 0);
    memset(wheel, 0, sizeof *wheel);
    wheel->allocator = *mio__alloc_or_default(allocator);
    wheel->tick_shift = tick_shift;
    wheel->level_bits = level_bits;
    wheel->level_count = levels_needed(tick_shift, level_bits);
    wheel->slots = mio__alloc(&wheel->allocator, slot_count(wheel) * sizeof *wheel->slots);
    if (wheel->slots == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < slot_count(wheel); i++) {
        mio__list_init(&wheel->slots[i].entries);
        wheel->slots[i].min_ns = INT64_MAX;
    }
    mio__list_init(&wheel->due);
    wheel->tick = (uint64_t)now_ns >> tick_shift;
    wheel->soonest_ns = INT64_MAX;
    return 0;
}

void mio__wheel_fini(mio__wheel *wheel)
{
    mio__alloc_free(&wheel->allocator, wheel->slots, slot_count(wheel) * sizeof *wheel->slots);
    wheel->slots = NULL;
}

/* The tick of a deadline: rounded up, so that nothing is early. */
static uint64_t tick_of(const mio__wheel *wheel, int64_t deadline_ns)
{
    if (deadline_ns <= 0)
        return 0;
    return (((uint64_t)deadline_ns - 1) >> wheel->tick_shift) + 1;
}

/* When a tick begins. The last tick of all would begin after the last time: it begins then. */
static int64_t tick_begin_ns(const mio__wheel *wheel, uint64_t tick)
{
    if (tick > (uint64_t)INT64_MAX >> wheel->tick_shift)
        return INT64_MAX;
    return (int64_t)(tick << wheel->tick_shift);
}

/* The one slot where a tick lies, seen from the wheel's current tick; the past lies in that. */
static unsigned place_of(const mio__wheel *wheel, uint64_t tick)
{
    uint64_t seen = tick > wheel->tick ? tick : wheel->tick;
    /* Not zero, for bit 0 is set: it makes the current tick itself one of level 0. */
    unsigned highest = mio__bits_highest((seen ^ wheel->tick) | 1);
    unsigned level = highest / wheel->level_bits;
    unsigned mask = (1U << wheel->level_bits) - 1;
    unsigned digit = (unsigned)(seen >> level * wheel->level_bits) & mask;

    return level << wheel->level_bits | digit;
}

/* The slot that comes before all other occupied ones; the wheel is not empty. */
static unsigned place_first(const mio__wheel *wheel)
{
    unsigned level = mio__bits_lowest(wheel->levels); /* not zero, for the wheel is not empty */
    /* Not zero, for the level's bit is set. */
    unsigned digit = mio__bits_lowest(wheel->occupied[level]);

    return level << wheel->level_bits | digit;
}

/* Mark a slot that has become empty. */
static void slot_vacate(mio__wheel *wheel, unsigned place)
{
    unsigned level = place >> wheel->level_bits;
    unsigned digit = place & ((1U << wheel->level_bits) - 1);
    int64_t min_ns;

    wheel->slots[place].min_ns = INT64_MAX;
    wheel->occupied[level] &= ~(UINT64_C(1) << digit);
    if (wheel->occupied[level] == 0)
        wheel->levels &= ~(UINT64_C(1) << level);
    if (wheel->levels == 0) {
        wheel->soonest_ns = INT64_MAX;
        return;
    }
    min_ns = wheel->slots[place_first(wheel)].min_ns;
    wheel->soonest_ns = tick_begin_ns(wheel, tick_of(wheel, min_ns));
}

/* Put an entry, which is in no list, where its deadline lies. */
static void entry_link(mio__wheel *wheel, mio__wheel_entry *entry, uint64_t tick)
{
    unsigned place = place_of(wheel, tick);
    unsigned level = place >> wheel->level_bits;
    unsigned digit = place & ((1U << wheel->level_bits) - 1);
    mio__wheel_slot *slot = &wheel->slots[place];
    int64_t begin_ns = tick_begin_ns(wheel, tick);

    entry->place = (uint16_t)place;
    mio__list_push(&slot->entries, &entry->link);
    wheel->occupied[level] |= UINT64_C(1) << digit;
    wheel->levels |= UINT64_C(1) << level;
    if (entry->deadline_ns < slot->min_ns)
        slot->min_ns = entry->deadline_ns;
    if (begin_ns < wheel->soonest_ns)
        wheel->soonest_ns = begin_ns;
}

void mio__wheel_entry_init(mio__wheel_entry *entry)
{
    mio__list_init(&entry->link);
    entry->deadline_ns = 0;
    entry->place = PLACE_UNARMED;
}

bool mio__wheel_is_set(const mio__wheel_entry *entry)
{
    return entry->place != PLACE_UNARMED;
}

void mio__wheel_set(mio__wheel *wheel, mio__wheel_entry *entry, int64_t deadline_ns)
{
    if (entry->place < PLACE_DUE && deadline_ns >= entry->deadline_ns) {
        entry->deadline_ns = deadline_ns;
        return;
    }
    mio__wheel_clear(wheel, entry);
    entry->deadline_ns = deadline_ns;
    entry_link(wheel, entry, tick_of(wheel, deadline_ns));
}

void mio__wheel_clear(mio__wheel *wheel, mio__wheel_entry *entry)
{
    unsigned place = entry->place;

    mio__list_remove(&entry->link);
    entry->place = PLACE_UNARMED;
    if (place < PLACE_DUE && mio__list_is_empty(&wheel->slots[place].entries))
        slot_vacate(wheel, place);
}

/*
 * Move on to the soonest tick in the first slot, and empty it: what is due goes to the due
 * list, the rest to where it lies now, which is a lower level or (reset) a later slot.
 */
static void advance_open(mio__wheel *wheel)
{
    unsigned place = place_first(wheel);
    mio__wheel_slot *slot = &wheel->slots[place];
    uint64_t soonest = tick_of(wheel, slot->min_ns);
    mio__list opened;

    if (soonest > wheel->tick)
        wheel->tick = soonest;
    mio__list_init(&opened);
    mio__list_append(&opened, &slot->entries);
    slot_vacate(wheel, place);
    for (mio__list *link; (link = mio__list_pop(&opened)) != NULL;) {
        mio__wheel_entry *entry = mio__container_of(link, mio__wheel_entry, link);
        uint64_t tick = tick_of(wheel, entry->deadline_ns);

        if (tick > wheel->tick) {
            entry_link(wheel, entry, tick);
        } else {
            entry->place = PLACE_DUE;
            mio__list_push(&wheel->due, link);
        }
    }
}

void mio__wheel_advance(mio__wheel *wheel, int64_t now_ns)
{
    while (now_ns >= wheel->soonest_ns && wheel->levels != 0)
        advance_open(wheel);
}

mio__wheel_entry *mio__wheel_pop(mio__wheel *wheel)
{
    mio__list *link = mio__list_pop(&wheel->due);
    mio__wheel_entry *entry;

    if (link == NULL)
        return NULL;
    entry = mio__container_of(link, mio__wheel_entry, link);
    entry->place = PLACE_UNARMED;
    return entry;
}

/* A list's entries all say that they are at `place`, and none lies before min_ns. */
static void check_entries(const mio__list *entries, unsigned place, int64_t min_ns)
{
    for (mio__list *link = entries->next; link != entries; link = link->next) {
        const mio__wheel_entry *entry = mio__container_of(link, mio__wheel_entry, link);

        assert(link->next->prev == link);
        assert(entry->place == place);
        assert(entry->deadline_ns >= min_ns);
    }
}

static void check_slot(const mio__wheel *wheel, unsigned place)
{
    const mio__wheel_slot *slot = &wheel->slots[place];
    unsigned level = place >> wheel->level_bits;
    unsigned digit = place & ((1U << wheel->level_bits) - 1);
    bool occupied = (wheel->occupied[level] >> digit & 1) != 0;

    assert(occupied == !mio__list_is_empty(&slot->entries));
    assert(occupied || slot->min_ns == INT64_MAX);
    assert(!occupied || place == place_of(wheel, tick_of(wheel, slot->min_ns)));
    check_entries(&slot->entries, place, slot->min_ns);
}

void mio__wheel_check(const mio__wheel *wheel)
{
    int64_t soonest_ns = INT64_MAX;

    for (unsigned place = 0; place < slot_count(wheel); place++)
        check_slot(wheel, place);
    for (unsigned level = 0; level < MIO__WHEEL_LEVELS; level++)
        assert((wheel->levels >> level & 1) == (wheel->occupied[level] != 0));
    if (wheel->levels != 0) {
        int64_t min_ns = wheel->slots[place_first(wheel)].min_ns;

        soonest_ns = tick_begin_ns(wheel, tick_of(wheel, min_ns));
    }
    assert(wheel->soonest_ns == soonest_ns);
    check_entries(&wheel->due, PLACE_DUE, INT64_MIN);
}
