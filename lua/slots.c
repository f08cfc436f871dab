#include "slots.h"

enum { SLOTS_FIRST = 4 };

void mio__lua_slots_push(lua_State *L)
{
    lua_createtable(L, SLOTS_FIRST, 0);
}

/* Fill up with false to `size`. Stack: table, size. Protected, for it may find no memory. */
static int slots_grow(lua_State *L)
{
    const lua_Integer size = lua_tointeger(L, 2);

    for (lua_Integer i = (lua_Integer)lua_rawlen(L, 1) + 1; i <= size; i++) {
        lua_pushboolean(L, 0);
        lua_rawseti(L, 1, i);
    }
    return 0;
}

int mio__lua_slots_set(lua_State *L, int table, uint64_t id, int object)
{
    const lua_Integer index = (lua_Integer)(uint32_t)id + 1;

    if ((lua_Unsigned)index > lua_rawlen(L, table)) {
        lua_pushcfunction(L, slots_grow);
        lua_pushvalue(L, table);
        lua_pushinteger(L, index);
        if (lua_pcall(L, 2, 0, 0) != LUA_OK)
            return LUA_ERRMEM;
    }
    lua_pushvalue(L, object);
    lua_rawseti(L, table, index);
    return LUA_OK;
}

void mio__lua_slots_clear(lua_State *L, int table, uint64_t id)
{
    lua_pushboolean(L, 0);
    lua_rawseti(L, table, (lua_Integer)(uint32_t)id + 1);
}
