/*
 * Slot tables: from the id of a registration, timer or signal to its object.
 *
 * The low half of an id is its slot, a small number that the core uses again and again. The
 * table has no holes: a slot without an object holds false. So it is an array for Lua, and
 * once it has grown, filling and emptying a slot allocates nothing and cannot fail.
 */
#ifndef MIO__LUA_SLOTS_H
#define MIO__LUA_SLOTS_H

#include <lua.h>
#include <stdint.h>

/* Push a new slot table. */
void mio__lua_slots_push(lua_State *L);

/* Put the object at index `object` into the slot of `id`. Returns LUA_OK; or LUA_ERRMEM, with
   the error on top, and the table as it was. */
int mio__lua_slots_set(lua_State *L, int table, uint64_t id, int object);

/* Empty the slot of `id`. */
void mio__lua_slots_clear(lua_State *L, int table, uint64_t id);

/* Push what the slot of `id` holds; returns its type, LUA_TUSERDATA for an object. */
static inline int mio__lua_slots_get(lua_State *L, int table, uint64_t id)
{
    return lua_rawgeti(L, table, (lua_Integer)(uint32_t)id + 1);
}

#endif
