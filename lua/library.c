#include "library.h"

#include "await.h"
#include "datagram.h"
#include "listener.h"
#include "loop.h"
#include "names.h"
#include "nested.h"
#include "park.h"
#include "scheduler.h"
#include "signals.h"
#include "stream.h"
#include "task.h"
#include "thread.h"
#include "worker.h"

#include <string.h>

static const struct {
    const char *name;
    mio__lua_class class;
    size_t size;
} library_classes[] = {
    {"datagram", CLASS_DATAGRAM, sizeof(mio__lua_datagram)},
    {"listener", CLASS_LISTENER, sizeof(mio__lua_listener)},
    {"signals", CLASS_SIGNALS, sizeof(mio__lua_signals)},
    {"stream", CLASS_STREAM, sizeof(mio__lua_stream)},
    {"task", CLASS_TASK, sizeof(mio__lua_task)},
};

/* The table of methods is the metatable's __index, or the second upvalue of that. */
static void library_push_methods(lua_State *L, mio__lua_class class)
{
    lua_getiuservalue(L, lua_upvalueindex(1), (int)class + 1);
    if (lua_getfield(L, -1, "__index") == LUA_TFUNCTION) {
        lua_getupvalue(L, -1, 2);
        lua_replace(L, -2);
    }
    lua_replace(L, -2);
}

/* core.background(n): so many more of the loop's registrations bring nothing that must come */
static int library_background(lua_State *L)
{
    mio__lua_scheduler_get(L)->background += (size_t)luaL_checkinteger(L, 1);
    return 0;
}

/* core.guess(given, name, ...): the one that may have been meant, or nil */
static int library_guess(lua_State *L)
{
    enum { MAX = 16 };
    const char *given = luaL_checkstring(L, 1);
    const char *names[MAX + 1];
    size_t count = 0;

    for (int arg = 2; arg <= lua_gettop(L) && count < MAX; arg++)
        names[count++] = luaL_checkstring(L, arg);
    names[count] = NULL;
    lua_pushstring(L, mio__lua_name_guess(given, names));
    return 1;
}

/* core.check_self(object, class, method): raises the error of a method that is called with an
   object that is not of its class */
static int library_check_self(lua_State *L)
{
    const char *class = luaL_checkstring(L, 2);
    const char *got = luaL_typename(L, 1);

    for (size_t i = 0; i < sizeof library_classes / sizeof *library_classes; i++)
        if (strcmp(class, library_classes[i].name) == 0 &&
            mio__lua_class_test(L, 1, library_classes[i].class, library_classes[i].size) !=
                NULL)
            return 0;
    if (luaL_getmetafield(L, 1, "__name") == LUA_TSTRING)
        got = lua_tostring(L, -1);
    luaL_where(L, 2);
    lua_pushfstring(L, "%sbad argument #1 to '%s' (mio.%s expected, got %s)",
                    lua_tostring(L, -1), luaL_checkstring(L, 3), class, got);
    return lua_error(L);
}

/* The module is at index 1. */
static void library_push_core(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"abandoned", mio__lua_task_abandoned},
        {"attach", mio__lua_await_attach},
        {"await", mio__lua_await_await},
        {"await_thread", mio__lua_thread_await},
        {"background", library_background},
        {"breathe", mio__lua_task_breathe},
        {"cancel_thread", mio__lua_thread_cancel},
        {"check_self", library_check_self},
        {"current", mio__lua_task_current},
        {"doom", mio__lua_task_doom},
        {"first_within", mio__lua_await_first_within},
        {"get", mio__lua_task_get},
        {"guess", library_guess},
        {"heard_thread", mio__lua_worker_heard},
        {"is_socket", mio__lua_await_is_socket},
        {"is_task", mio__lua_task_is_task},
        {"listen_thread", mio__lua_worker_listen},
        {"may_wait", mio__lua_task_may_wait},
        {"pass", mio__lua_task_let_pass},
        {"run", mio__lua_scheduler_run},
        {"set", mio__lua_task_set},
        {"sethighwater", mio__lua_await_sethighwater},
        {"settimeout", mio__lua_await_settimeout},
        {"suspend", mio__lua_task_suspend},
        {"task", mio__lua_task_create},
        {"tasks", mio__lua_task_list},
        {"thread_parts", mio__lua_thread_parts},
        {"thread_results", mio__lua_thread_results},
        {"timeout_of", mio__lua_await_timeout_of},
        {"unwatch", mio__lua_await_unwatch},
        {"wake", mio__lua_task_wake_up},
        {"watch", mio__lua_await_watch},
        {"woken_by", mio__lua_await_woken_by},
        {NULL, NULL},
    };

    luaL_newlibtable(L, functions);
    lua_pushvalue(L, lua_upvalueindex(1));
    luaL_setfuncs(L, functions, 1);
    lua_pushvalue(L, 1);
    lua_setfield(L, -2, "mio");
    lua_newtable(L);
    lua_setfield(L, -2, "exports");
    lua_newtable(L);
    lua_getiuservalue(L, lua_upvalueindex(1), (int)CLASS_SIGNALS + 1);
    lua_setfield(L, -2, "signals");
    lua_setfield(L, -2, "metatables");
    lua_newtable(L);
    for (size_t i = 0; i < sizeof library_classes / sizeof *library_classes; i++) {
        library_push_methods(L, library_classes[i].class);
        lua_setfield(L, -2, library_classes[i].name);
    }
    lua_setfield(L, -2, "methods");
}

/* Push the exports of all files. */
static void library_run(lua_State *L)
{
    const int core = lua_gettop(L) + 1;

    library_push_core(L);
    for (const mio__lua_text *file = mio__lua_texts; file->name != NULL; file++) {
        if (luaL_loadbufferx(L, file->text, file->size, file->name, "t") != LUA_OK)
            lua_error(L);
        lua_pushvalue(L, core);
        lua_call(L, 1, 0);
    }
    lua_getfield(L, core, "exports");
}

int mio__lua_library_load(lua_State *L)
{
    if (lua_getiuservalue(L, lua_upvalueindex(1), STATE_LIBRARY) != LUA_TTABLE) {
        library_run(L);
        lua_pushvalue(L, -1);
        lua_setiuservalue(L, lua_upvalueindex(1), STATE_LIBRARY);
    }
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, 1);
    }
    return 0;
}
