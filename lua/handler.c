#include "handler.h"

#include "coroutine.h"

enum { METHOD_FUNCTION = 1, METHOD_OBJECT };

static int method_done(lua_State *L, int status, lua_KContext ctx)
{
    (void)L;
    (void)status;
    (void)ctx;
    return 0;
}

/* The closure: its method is called with the object before the arguments. */
static int method_call(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(METHOD_FUNCTION));
    lua_pushvalue(L, lua_upvalueindex(METHOD_OBJECT));
    lua_rotate(L, 1, 2);
    lua_callk(L, lua_gettop(L) - 1, 0, 0, method_done);
    return 0;
}

/* Push the closure for an object; nothing where it has no such method. Indexing may run the
   program's code. */
static bool handler_push_object(lua_State *L, int arg, const char *name)
{
    const int type = lua_type(L, arg);

    if (type != LUA_TTABLE && type != LUA_TUSERDATA)
        return false;
    if (type == LUA_TUSERDATA) {
        if (luaL_getmetafield(L, arg, "__index") == LUA_TNIL)
            return false;
        lua_pop(L, 1);
    }
    if (lua_getfield(L, arg, name) != LUA_TFUNCTION) {
        lua_pop(L, 1);
        return false;
    }
    lua_pushvalue(L, arg);
    lua_pushcclosure(L, method_call, METHOD_OBJECT);
    return true;
}

void mio__lua_handler_push(lua_State *L, int arg, const char *name)
{
    const int type = lua_type(L, arg);
    bool callable = type == LUA_TFUNCTION;

    if (type == LUA_TTHREAD) {
        mio__lua_coroutine_push(L, arg);
        return;
    }
    if (!callable && luaL_getmetafield(L, arg, "__call") != LUA_TNIL) {
        lua_pop(L, 1);
        callable = true;
    }
    if (callable)
        lua_pushvalue(L, arg);
    else if (!handler_push_object(L, arg, name))
        luaL_typeerror(
            L, arg,
            lua_pushfstring(L, "function, coroutine, callable or object with '%s'", name));
}

bool mio__lua_handler_push_method(lua_State *L, int index)
{
    if (lua_tocfunction(L, index) != method_call)
        return false;
    lua_getupvalue(L, index, METHOD_FUNCTION);
    return true;
}
