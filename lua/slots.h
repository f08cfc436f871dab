/*
 * Slot tables: from the id of a registration, timer or signal to what belongs to it.
 *
 * The low half of an id is its slot, a small number that the core uses again and again. A
 * slot has three places in the table, one after the other: the object, its handler (or the
 * token of a poll) and its source. The table has no holes: an empty place holds false. So it
 * is an array for Lua; once it has grown, filling and emptying a slot allocates nothing and
 * cannot fail, and an event finds all that its handler is called with by three array reads.
 */
#ifndef MIO__LUA_SLOTS_H
#define MIO__LUA_SLOTS_H

#include <lua.h>
#include <stdint.h>

typedef enum mio__lua_slot_place {
    SLOT_OBJECT = 1,
    SLOT_HANDLER,
    SLOT_SOURCE,
    SLOT_PLACES = 3
} mio__lua_slot_place;

/* Push a new slot table. */
void mio__lua_slots_push(lua_State *L);

/*
 * Fill the slot of `id` with the three values on top, in the order of their places, and pop
 * them. Returns LUA_OK; or LUA_ERRMEM, with the error on top of the three, and the table as it
 * was. `table` is an absolute index.
 */
int mio__lua_slots_set(lua_State *L, int table, uint64_t id);

/* Empty the slot of `id`. */
void mio__lua_slots_clear(lua_State *L, int table, uint64_t id);

/* Push what is in one place of the slot of `id`, and return its type. */
static inline int mio__lua_slots_get(lua_State *L, int table, uint64_t id,
                                     mio__lua_slot_place place)
{
    return lua_rawgeti(L, table, (lua_Integer)(uint32_t)id * SLOT_PLACES + (lua_Integer)place);
}

/* How many slots the table has, empty ones included. */
static inline lua_Integer mio__lua_slots_count(lua_State *L, int table)
{
    return (lua_Integer)lua_rawlen(L, table) / SLOT_PLACES;
}

#endif
