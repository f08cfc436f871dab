/*
 * A loop of the host, seen from Lua. What the host calls runs in protected calls of closures
 * of the module, for only those have the state as their upvalue, and may raise errors.
 */
#include "mio/lua.h"

#include "dispatch.h"
#include "loop.h"

#include <errno.h>

/* Push `function` as a closure of the module, where that has been opened. */
static bool embed_push_closure(lua_State *L, lua_CFunction function)
{
    if (!lua_checkstack(L, LUA_MINSTACK))
        return false;
    mio__lua_state_push(L);
    if (!((mio__lua_state *)lua_touserdata(L, -1))->opened) {
        lua_pop(L, 1);
        return false;
    }
    lua_pushcclosure(L, function, 1);
    return true;
}

/* ------------------------------------------------------------------- attach */

/* Stack: the loop. Returns its object, the one that there is or a new one. */
static int embed_attach(lua_State *L)
{
    mio_loop *core = lua_touserdata(L, 1);
    int err;

    lua_getiuservalue(L, lua_upvalueindex(1), STATE_ATTACHED);
    if (lua_rawgetp(L, -1, core) == LUA_TUSERDATA)
        return 1;
    lua_pop(L, 1);
    mio__lua_loop_new(L, CLASS_LOOP, NULL, core, &err); /* makes no core, so cannot fail */
    lua_pushvalue(L, -1);
    lua_rawsetp(L, -3, core);
    return 1;
}

int mio_lua_attach(lua_State *L, mio_loop *loop)
{
    if (!embed_push_closure(L, embed_attach))
        return -EINVAL;
    lua_pushlightuserdata(L, loop);
    if (lua_pcall(L, 1, 1, 0) == LUA_OK)
        return 0;
    lua_pop(L, 1);
    return -ENOMEM;
}

static int embed_detach(lua_State *L)
{
    const mio_loop *core = lua_touserdata(L, 1);

    lua_getiuservalue(L, lua_upvalueindex(1), STATE_ATTACHED);
    if (lua_rawgetp(L, -1, core) != LUA_TUSERDATA)
        return 0;
    mio__lua_loop_close(L, lua_gettop(L));
    lua_pushnil(L);
    lua_rawsetp(L, -3, core);
    return 1;
}

int mio_lua_detach(lua_State *L, mio_loop *loop)
{
    bool found;

    if (!embed_push_closure(L, embed_detach))
        return -ENOENT;
    lua_pushlightuserdata(L, loop);
    if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
        lua_pop(L, 1);
        return -ENOENT;
    }
    found = !lua_isnil(L, -1);
    lua_pop(L, 1);
    return found ? 0 : -ENOENT;
}

/* ----------------------------------------------------------------- dispatch */

enum { EMBED_LOOP = 3 };

/* Stack: loop, event. Returns nothing for an unknown loop, else whether Lua had a handler. */
static int embed_dispatch(lua_State *L)
{
    const mio_event *event = lua_touserdata(L, 2);
    int count;

    lua_getiuservalue(L, lua_upvalueindex(1), STATE_ATTACHED);
    if (lua_rawgetp(L, -1, lua_touserdata(L, 1)) != LUA_TUSERDATA)
        return 0;
    lua_replace(L, EMBED_LOOP);
    mio__lua_dispatch_push_frame(L);
    count = mio__lua_dispatch_push(L, EMBED_LOOP, event);
    if (count >= 0)
        lua_call(L, count, 0);
    lua_pushboolean(L, count >= 0 && event->kind != MIO_INTERRUPTED);
    return 1;
}

static int embed_traceback(lua_State *L)
{
    if (lua_type(L, 1) == LUA_TSTRING)
        luaL_traceback(L, L, lua_tostring(L, 1), 1);
    return 1;
}

int mio_lua_dispatch(lua_State *L, mio_loop *loop, const mio_event *event)
{
    const int top = lua_gettop(L);
    mio_event copy = *event; /* lives as long as the call, whatever the handler polls */
    int result;

    if (!lua_checkstack(L, LUA_MINSTACK))
        return -ENOMEM;
    lua_pushcfunction(L, embed_traceback);
    if (!embed_push_closure(L, embed_dispatch)) {
        lua_settop(L, top);
        return -ENOENT;
    }
    lua_pushlightuserdata(L, loop);
    lua_pushlightuserdata(L, &copy);
    if (lua_pcall(L, 2, 1, top + 1) != LUA_OK) {
        lua_remove(L, top + 1);
        return -ECANCELED;
    }
    result = lua_isnil(L, -1) ? -ENOENT : lua_toboolean(L, -1);
    lua_settop(L, top);
    return result;
}
