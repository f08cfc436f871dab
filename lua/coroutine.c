#include "coroutine.h"

#include "channel.h"
#include "registration.h"
#include "timer.h"

enum { COROUTINE_UPVALUE = 2 };

/* The registration, the timer or the channel at `index`, the last argument of every handler, is
 * over. */
static void coroutine_end(lua_State *L, int index)
{
    mio__lua_registration *registration =
        mio__lua_class_test(L, index, CLASS_REGISTRATION, sizeof *registration);
    mio__lua_timer *timer = mio__lua_class_test(L, index, CLASS_TIMER, sizeof *timer);
    mio__lua_channel *channel = mio__lua_class_test(L, index, CLASS_CHANNEL, sizeof *channel);

    if (channel != NULL)
        mio__lua_channel_close(L, channel);
    if (registration != NULL)
        mio__lua_registration_end(L, registration);
    if (timer != NULL && timer->loop->core != NULL)
        mio__lua_timer_cancel(L, timer);
}

/* The traceback is taken before the coroutine is closed, and its variables with it. */
static int coroutine_fail(lua_State *L, lua_State *co)
{
    if (lua_type(co, -1) == LUA_TSTRING)
        luaL_traceback(L, co, lua_tostring(co, -1), 0);
    else
        lua_xmove(co, L, 1);
    lua_resetthread(co);
    lua_settop(co, 0); /* dead: with the error left on it, it would look like a new one */
    return lua_error(L);
}

typedef enum mio__lua_coroutine_state {
    COROUTINE_SUSPENDED,
    COROUTINE_BUSY,
    COROUTINE_DEAD
} mio__lua_coroutine_state;

/* One that has not begun has a function, and no frame yet: one with a frame runs, or waits
   for another coroutine that it has resumed, this very one perhaps. */
static mio__lua_coroutine_state coroutine_state(lua_State *co)
{
    lua_Debug frame;

    switch (lua_status(co)) {
    case LUA_YIELD:
        return COROUTINE_SUSPENDED;
    case LUA_OK:
        if (lua_getstack(co, 0, &frame))
            return COROUTINE_BUSY;
        return lua_gettop(co) > 0 ? COROUTINE_SUSPENDED : COROUTINE_DEAD;
    default:
        return COROUTINE_DEAD;
    }
}

bool mio__lua_coroutine_is_dead(lua_State *co)
{
    return coroutine_state(co) == COROUTINE_DEAD;
}

/* The event is for a coroutine that cannot take it. A dead one has ended with another event. */
static int coroutine_refuse(lua_State *L, mio__lua_coroutine_state state)
{
    coroutine_end(L, 1);
    if (state == COROUTINE_DEAD)
        return 0;
    return luaL_error(L, "the handler is a coroutine that is not suspended");
}

/* The closure. Its arguments go to the coroutine, the last one is kept below them. */
static int coroutine_handle(lua_State *L)
{
    lua_State *co = lua_tothread(L, lua_upvalueindex(COROUTINE_UPVALUE));
    const mio__lua_coroutine_state state = coroutine_state(co);
    const int count = lua_gettop(L);
    int results, status;

    lua_pushvalue(L, -1);
    lua_insert(L, 1);
    if (state != COROUTINE_SUSPENDED)
        return coroutine_refuse(L, state);
    if (!lua_checkstack(co, count))
        return luaL_error(L, "stack overflow in the coroutine of a handler");
    lua_xmove(L, co, count);
    status = lua_resume(co, L, count, &results);
    if (status == LUA_YIELD) {
        lua_pop(co, results);
        return 0;
    }
    coroutine_end(L, 1);
    if (status != LUA_OK)
        return coroutine_fail(L, co);
    lua_settop(co, 0);
    return 0;
}

static void coroutine_check(lua_State *L, int arg)
{
    lua_State *co = lua_tothread(L, arg);
    const bool is_main = lua_pushthread(co) == 1;

    lua_pop(co, 1);
    luaL_argcheck(L, !is_main, arg, "the main program is no coroutine to be resumed");
    luaL_argcheck(L, !mio__lua_coroutine_is_dead(co), arg, "the coroutine is dead");
}

void mio__lua_coroutine_push(lua_State *L, int arg)
{
    coroutine_check(L, arg);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, arg);
    lua_pushcclosure(L, coroutine_handle, 2);
}

lua_State *mio__lua_coroutine_get(lua_State *L, int index)
{
    lua_State *co;

    if (lua_tocfunction(L, index) != coroutine_handle)
        return NULL;
    lua_getupvalue(L, index, COROUTINE_UPVALUE);
    co = lua_tothread(L, -1);
    lua_pop(L, 1);
    return co;
}
