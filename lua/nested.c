#include "nested.h"

#include "task.h"

/* `count` values on the stack of the coroutine are what it has yielded or returned, or its
   error. */
static int resume_finish(lua_State *L, lua_State *co, int status, int count)
{
    lua_settop(L, 1);
    if (!lua_checkstack(L, count + 1))
        return luaL_error(L, "too many results to resume");
    lua_pushboolean(L, status == LUA_OK || status == LUA_YIELD);
    lua_xmove(co, L, count);
    return count + 1;
}

/* As coroutine.wrap: a coroutine that has failed is closed. */
static int wrap_finish(lua_State *L, lua_State *co, int status, int count)
{
    lua_settop(L, 1);
    if (!lua_checkstack(L, count))
        return luaL_error(L, "too many results to resume");
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_resetthread(co);
        lua_xmove(co, L, 1);
        return lua_error(L);
    }
    lua_xmove(co, L, count);
    return count;
}

static int nested_continue(lua_State *L, int status, lua_KContext ctx);

/*
 * Resume the coroutine at index 1 with the `count` values on its stack. Where it has parked the
 * task, this one yields in its turn, up to the scheduler, and comes back by nested_continue().
 * Where this one cannot yield, the other may not park: so it does not become the leaf.
 */
static int nested_go_on(lua_State *L, int count, bool wraps)
{
    mio__lua_task *task = lua_isyieldable(L) ? mio__lua_task_continued(L) : NULL;
    lua_State *co = lua_tothread(L, 1);
    int results, status;

    if (task != NULL)
        task->leaf = co;
    status = lua_resume(co, L, count, &results);
    if (task != NULL && task->state != TASK_RUNNING && status == LUA_YIELD) {
        lua_pop(co, results);
        return lua_yieldk(L, 0, wraps, nested_continue);
    }
    if (task != NULL)
        task->leaf = L;
    if (status != LUA_OK && status != LUA_YIELD)
        results = 1;
    return wraps ? wrap_finish(L, co, status, results) : resume_finish(L, co, status, results);
}

/* The task goes on; or somebody else has resumed its coroutine, and it is none of his. */
static int nested_continue(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    if (mio__lua_task_continued(L) == NULL)
        return lua_yieldk(L, 0, ctx, nested_continue);
    lua_settop(L, 1);
    return nested_go_on(L, 0, ctx != 0);
}

/* Stack: coroutine, arguments. */
static int nested_begin(lua_State *L, bool wraps)
{
    lua_State *co = lua_tothread(L, 1);
    const int count = lua_gettop(L) - 1;

    if (co == L)
        return luaL_error(L, "a coroutine cannot resume itself");
    if (!lua_checkstack(co, count))
        return luaL_error(L, "too many arguments to resume");
    lua_xmove(L, co, count);
    return nested_go_on(L, count, wraps);
}

int mio__lua_nested_resume(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTHREAD);
    return nested_begin(L, false);
}

/* The function that mio.wrap() returns; its second upvalue is the coroutine. */
static int wrap_call(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_insert(L, 1);
    return nested_begin(L, true);
}

int mio__lua_nested_wrap(lua_State *L)
{
    lua_State *co;

    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushcclosure(L, wrap_call, 2);
    return 1;
}
