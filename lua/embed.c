/*
 * A loop of the host, seen from Lua. What the host calls runs in protected calls of closures
 * of the module, for only those have the state as their upvalue, and may raise errors. They
 * are made when the module is opened: so nothing that can raise is left outside of them.
 */
#include "mio/lua.h"

#include "dispatch.h"
#include "embed.h"
#include "loop.h"
#include "stats.h"

#include <errno.h>

/* Push a closure that the state keeps. Returns 0, -EINVAL where the module was not opened, or
   -ENOMEM. */
static int embed_push_closure(lua_State *L, int value)
{
    if (!lua_checkstack(L, LUA_MINSTACK))
        return -ENOMEM;
    if (!mio__lua_state_find(L))
        return -EINVAL;
    lua_getiuservalue(L, -1, value);
    lua_remove(L, -2);
    return 0;
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
    const int err = embed_push_closure(L, STATE_EMBED_ATTACH);

    if (err < 0)
        return err;
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

    if (embed_push_closure(L, STATE_EMBED_DETACH) < 0)
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

enum { EMBED_LOOP = 3, EMBED_HANDLER = EMBED_LOOP + LOOP_TABLES + 1 };

/* Stack: the frame, the handler, its arguments. */
static void embed_call(lua_State *L, const mio__lua_loop *loop, int count)
{
    if (!loop->measured) {
        lua_call(L, count, 0);
        return;
    }
    lua_pushvalue(L, -1 - count);
    lua_insert(L, EMBED_HANDLER);
    lua_call(L, count, 0);
    mio__lua_stats_handled(L, EMBED_LOOP, EMBED_HANDLER);
}

/* Stack: loop, event. Returns nothing for an unknown loop, or one that is finalized already as
   the state is closed; else whether Lua had a handler. */
static int embed_dispatch(lua_State *L)
{
    const mio_event *event = lua_touserdata(L, 2);
    const mio__lua_loop *loop;
    int count = -1;

    lua_getiuservalue(L, lua_upvalueindex(1), STATE_ATTACHED);
    lua_rawgetp(L, -1, lua_touserdata(L, 1));
    loop = lua_touserdata(L, -1);
    if (loop == NULL || loop->core == NULL)
        return 0;
    lua_replace(L, EMBED_LOOP);
    mio__lua_dispatch_push_frame(L);
    if (mio__lua_dispatch_is_ours(L, EMBED_LOOP, event->kind, event->id))
        count = mio__lua_dispatch_push(L, EMBED_LOOP, event);
    if (count >= 0)
        embed_call(L, loop, count);
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
    int result = embed_push_closure(L, STATE_EMBED_DISPATCH);

    if (result < 0)
        return result == -EINVAL ? -ENOENT : result;
    lua_pushcfunction(L, embed_traceback);
    lua_insert(L, -2);
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

/* ----------------------------------------------------------------- opening */

void mio__lua_embed_open(lua_State *L)
{
    mio__lua_state_keep(L, STATE_EMBED_ATTACH, embed_attach);
    mio__lua_state_keep(L, STATE_EMBED_DETACH, embed_detach);
    mio__lua_state_keep(L, STATE_EMBED_DISPATCH, embed_dispatch);
}
