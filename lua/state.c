#include "state.h"

#include <string.h>

static const char state_key = 0;

const char mio__lua_class_places[CLASS_COUNT] = {0};

/* More than the tables of a class need, so that few of their keys collide: both are asked at
   each call of a method. */
enum { CLASS_NODES = 32 };

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
    state_push_weak(L);
    lua_setiuservalue(L, -2, STATE_RUNNERS);
    lua_newtable(L);
    lua_setiuservalue(L, -2, STATE_ATTACHED);
    lua_newtable(L);
    lua_setiuservalue(L, -2, STATE_TASKS);
    lua_newtable(L);
    lua_setiuservalue(L, -2, STATE_UNREAD);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &state_key);
}

bool mio__lua_state_find(lua_State *L)
{
    const mio__lua_state *state;

    lua_rawgetp(L, LUA_REGISTRYINDEX, &state_key);
    state = lua_touserdata(L, -1);
    if (state != NULL && state->opened)
        return true;
    lua_pop(L, 1);
    return false;
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
    lua_createtable(L, 0, CLASS_NODES);
    lua_createtable(L, 0, CLASS_NODES);
    lua_pushvalue(L, -3);
    luaL_setfuncs(L, methods, 1);
    class_define_meta(L, meta);
    lua_pop(L, 1);
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setiuservalue(L, -2, (int)class + 1);
}

void mio__lua_state_keep(lua_State *L, int value, lua_CFunction function)
{
    lua_pushvalue(L, -1);
    lua_pushcclosure(L, function, 1);
    lua_setiuservalue(L, -2, value);
}

size_t mio__lua_scratch_read_size(lua_State *L, int arg)
{
    const lua_Integer size =
        lua_isnoneornil(L, arg) ? MIO__LUA_SCRATCH : luaL_checkinteger(L, arg);

    luaL_argcheck(L, size >= 1, arg, "a size is 1 byte or more");
    return size < MIO__LUA_SCRATCH ? (size_t)size : MIO__LUA_SCRATCH;
}

void *mio__lua_class_new(lua_State *L, mio__lua_class class, size_t size, int values)
{
    mio__lua_object *object = memset(lua_newuserdatauv(L, size, values), 0, size);

    object->tag = mio__lua_class_tag(class);
    lua_getiuservalue(L, lua_upvalueindex(1), (int)class + 1);
    lua_setmetatable(L, -2);
    return object;
}

/* The name is off the stack again, for `arg` may be the place above the top; the metatable
   holds it. */
int mio__lua_class_refuse(lua_State *L, int arg, mio__lua_class class)
{
    const char *name;

    lua_getiuservalue(L, lua_upvalueindex(1), (int)class + 1);
    lua_getfield(L, -1, "__name");
    name = lua_tostring(L, -1);
    lua_pop(L, 2);
    return luaL_typeerror(L, arg, name);
}
