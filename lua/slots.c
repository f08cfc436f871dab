#include "slots.h"

enum { SLOTS_FIRST = 4 };

void mio__lua_slots_push(lua_State *L)
{
    lua_createtable(L, SLOTS_FIRST * SLOT_PLACES, 0);
}

/* Fill up with false to `size`. Stack: table, size. Protected, for it may find no memory; then
   places may be left over, but no slot is cut in half for who counts them. */
static int slots_grow(lua_State *L)
{
    const lua_Integer size = lua_tointeger(L, 2);

    for (lua_Integer i = (lua_Integer)lua_rawlen(L, 1) + 1; i <= size; i++) {
        lua_pushboolean(L, 0);
        lua_rawseti(L, 1, i);
    }
    return 0;
}

static lua_Integer slots_base(uint64_t id)
{
    return (lua_Integer)(uint32_t)id * SLOT_PLACES;
}

int mio__lua_slots_set(lua_State *L, int table, uint64_t id)
{
    const lua_Integer base = slots_base(id);

    if (lua_rawlen(L, table) < (lua_Unsigned)(base + SLOT_PLACES)) {
        lua_pushcfunction(L, slots_grow);
        lua_pushvalue(L, table);
        lua_pushinteger(L, base + SLOT_PLACES);
        if (lua_pcall(L, 2, 0, 0) != LUA_OK)
            return LUA_ERRMEM;
    }
    lua_rawseti(L, table, base + SLOT_SOURCE);
    lua_rawseti(L, table, base + SLOT_HANDLER);
    lua_rawseti(L, table, base + SLOT_OBJECT);
    return LUA_OK;
}

void mio__lua_slots_clear(lua_State *L, int table, uint64_t id)
{
    const lua_Integer base = slots_base(id);

    for (lua_Integer place = SLOT_OBJECT; place <= SLOT_SOURCE; place++) {
        lua_pushboolean(L, 0);
        lua_rawseti(L, table, base + place);
    }
}
