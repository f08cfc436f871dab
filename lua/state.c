#include "state.h"

#include <string.h>

static const char state_key = 0;

static void state_push_weak(lua_State *L)
{
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "v");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
}

void mio__lua_state_push(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &state_key) == LUA_TUSERDATA)
        return;
    lua_pop(L, 1);
    memset(lua_newuserdatauv(L, sizeof(mio__lua_state), STATE_VALUES), 0,
           sizeof(mio__lua_state));
    state_push_weak(L);
    lua_setiuservalue(L, -2, STATE_ADDRESSES);
    state_push_weak(L);
    lua_setiuservalue(L, -2, STATE_LOOPS);
    lua_newtable(L);
    lua_setiuservalue(L, -2, STATE_ATTACHED);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &state_key);
}

/* Stack on entry: state, metatable, methods. */
static void class_define_meta(lua_State *L, const luaL_Reg *meta)
{
    for (; meta != NULL && meta->name != NULL; meta++) {
        lua_pushvalue(L, -3);
        lua_pushvalue(L, -2);
        lua_pushcclosure(L, meta->func, 2);
        lua_setfield(L, -3, meta->name);
    }
    lua_getfield(L, -2, "__index");
    if (lua_isnil(L, -1)) {
        lua_pushvalue(L, -2);
        lua_setfield(L, -4, "__index");
    }
    lua_pop(L, 1);
}

void mio__lua_class_define(lua_State *L, mio__lua_class class, const char *name,
                           const luaL_Reg *methods, const luaL_Reg *meta)
{
    mio__lua_state *state = lua_touserdata(L, -1);

    lua_createtable(L, 0, 8);
    lua_newtable(L);
    lua_pushvalue(L, -3);
    luaL_setfuncs(L, methods, 1);
    class_define_meta(L, meta);
    lua_pop(L, 1);
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    state->classes[class] = lua_topointer(L, -1);
    lua_setiuservalue(L, -2, (int)class + 1);
}

void mio__lua_state_keep(lua_State *L, int value, lua_CFunction function)
{
    lua_pushvalue(L, -1);
    lua_pushcclosure(L, function, 1);
    lua_setiuservalue(L, -2, value);
}

void *mio__lua_class_new(lua_State *L, mio__lua_class class, size_t size, int values)
{
    void *object = memset(lua_newuserdatauv(L, size, values), 0, size);

    lua_getiuservalue(L, lua_upvalueindex(1), (int)class + 1);
    lua_setmetatable(L, -2);
    return object;
}

void *mio__lua_class_test(lua_State *L, int arg, mio__lua_class class)
{
    void *object = lua_touserdata(L, arg);
    const void *found;

    if (object == NULL || !lua_getmetatable(L, arg))
        return NULL;
    found = lua_topointer(L, -1);
    lua_pop(L, 1);
    return found == mio__lua_state_get(L)->classes[class] ? object : NULL;
}

/* The class's name for the error is read from its metatable, where __name is. */
static void class_refuse(lua_State *L, int arg, mio__lua_class class)
{
    lua_getiuservalue(L, lua_upvalueindex(1), (int)class + 1);
    lua_getfield(L, -1, "__name");
    luaL_typeerror(L, arg, lua_tostring(L, -1));
}

void *mio__lua_class_check(lua_State *L, int arg, mio__lua_class class)
{
    void *object = mio__lua_class_test(L, arg, class);

    if (object == NULL)
        class_refuse(L, arg, class);
    return object;
}
