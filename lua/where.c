#include "where.h"

#include "coroutine.h"
#include "handler.h"

#include <lauxlib.h>
#include <stdio.h>

static void where_write(const lua_Debug *info, int line, char ret_text[WHERE_SIZE])
{
    if (line > 0)
        snprintf(ret_text, WHERE_SIZE, "%s:%d", info->short_src, line);
    else
        snprintf(ret_text, WHERE_SIZE, "%s", info->short_src);
}

/* Of the function on top of `of`, which is popped. */
static void where_of_function(lua_State *of, char ret_text[WHERE_SIZE])
{
    lua_Debug info;

    lua_getinfo(of, ">S", &info);
    where_write(&info, info.linedefined, ret_text);
}

/* Where it waits: its topmost function of Lua. One that has not begun is its function alone. */
static void where_of_coroutine(lua_State *co, char ret_text[WHERE_SIZE])
{
    lua_Debug info;
    int level = 0;

    for (; lua_getstack(co, level, &info); level++) {
        lua_getinfo(co, "Sl", &info);
        where_write(&info, info.currentline, ret_text);
        if (info.currentline > 0)
            return;
    }
    if (level == 0 && lua_status(co) == LUA_OK && lua_gettop(co) > 0 && lua_checkstack(co, 1)) {
        lua_pushvalue(co, 1);
        where_of_function(co, ret_text);
    }
}

/* Push the function that a handler comes down to; false where it is none. */
static bool where_push_function(lua_State *L, int handler)
{
    if (mio__lua_handler_push_method(L, handler))
        return true;
    if (lua_isfunction(L, handler)) {
        lua_pushvalue(L, handler);
        return true;
    }
    return luaL_getmetafield(L, handler, "__call") == LUA_TFUNCTION;
}

void mio__lua_where(lua_State *L, int handler, char ret_text[WHERE_SIZE])
{
    lua_State *co = mio__lua_coroutine_get(L, handler);

    snprintf(ret_text, WHERE_SIZE, "?");
    if (co != NULL) {
        where_of_coroutine(co, ret_text);
    } else if (where_push_function(L, handler)) {
        where_of_function(L, ret_text);
    }
}
