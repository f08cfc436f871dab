#include "timer.h"

#include "result.h"
#include "seconds.h"
#include "slots.h"

#include "mio/timer.h"

#include <errno.h>

/* The core may have ended a timer without our knowing: a host has dropped its event. The object
   is told when another one gets the slot, at the latest. */
static void timer_take_slot(lua_State *L, int table, uint64_t id)
{
    if (mio__lua_slots_get(L, table, id, SLOT_OBJECT) == LUA_TUSERDATA)
        ((mio__lua_timer *)lua_touserdata(L, -1))->id = 0;
    lua_pop(L, 1);
}

/* The core has the timer, the object is on top: the slot table may find no memory. */
static void timer_bind(lua_State *L, mio__lua_timer *timer)
{
    const int object = lua_gettop(L);

    lua_getiuservalue(L, object, TIMER_LOOP);
    lua_getiuservalue(L, object + 1, LOOP_TIMERS);
    lua_replace(L, object + 1);
    timer_take_slot(L, object + 1, timer->id);
    lua_pushvalue(L, object);
    lua_getiuservalue(L, object, TIMER_HANDLER);
    lua_pushboolean(L, 0); /* timers have no source */
    if (mio__lua_slots_set(L, object + 1, timer->id) != LUA_OK) {
        mio_timer_cancel(timer->loop->core, timer->id);
        timer->id = 0;
        lua_error(L);
    }
    lua_pop(L, 1);
}

/* Returns 0 with the timer bound, or -errno. */
static int timer_arm(lua_State *L, mio__lua_timer *timer, int64_t delay_ns)
{
    mio_loop *core = timer->loop->core;
    int err = timer->periodic ? mio_loop_every(core, delay_ns, 0, &timer->id)
                              : mio_loop_after(core, delay_ns, 0, &timer->id);

    if (err == 0)
        timer_bind(L, timer);
    return err;
}

int mio__lua_timer_new(lua_State *L, int64_t delay_ns, bool periodic)
{
    mio__lua_timer *timer = mio__lua_class_new(L, CLASS_TIMER, sizeof *timer, TIMER_VALUES);
    int err;

    lua_pushvalue(L, -2);
    lua_setiuservalue(L, -2, TIMER_HANDLER);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, TIMER_LOOP);
    timer->loop = lua_touserdata(L, 1);
    timer->periodic = periodic;
    if (timer->loop->core == NULL) /* making the timer may have run a finalizer */
        return mio__lua_token(L, "closed");
    err = timer_arm(L, timer, delay_ns);
    return err < 0 ? mio__lua_failure(L, err) : 1;
}

void mio__lua_timer_cancel(lua_State *L, mio__lua_timer *timer)
{
    if (timer->id == 0)
        return;
    mio_timer_cancel(timer->loop->core, timer->id);
    if (mio__lua_loop_push_slots(L, timer->loop, LOOP_TIMERS) == LUA_TTABLE)
        mio__lua_slots_clear(L, lua_gettop(L), timer->id);
    lua_pop(L, 1);
    timer->id = 0;
}

void mio__lua_timer_cancel_all(lua_State *L, int index)
{
    lua_getiuservalue(L, index, LOOP_TIMERS);
    for (lua_Integer slot = mio__lua_slots_count(L, -1); slot-- > 0;) {
        if (mio__lua_slots_get(L, -1, (uint64_t)slot, SLOT_OBJECT) == LUA_TUSERDATA)
            mio__lua_timer_cancel(L, lua_touserdata(L, -1));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* ------------------------------------------------------------------- methods */

static mio__lua_timer *timer_check(lua_State *L)
{
    return mio__lua_class_check(L, 1, CLASS_TIMER, sizeof(mio__lua_timer));
}

/* timer:reset(seconds) */
static int timer_reset(lua_State *L)
{
    mio__lua_timer *timer = timer_check(L);
    const int64_t delay_ns = mio__lua_seconds_check(L, 2);
    int err = -ENOENT;

    luaL_argcheck(L, delay_ns > 0 || !timer->periodic, 2, "a period is more than 0 seconds");
    if (timer->loop->core == NULL)
        return mio__lua_token(L, "closed");
    if (timer->id != 0)
        err = mio_timer_reset(timer->loop->core, timer->id, delay_ns);
    if (err == -ENOENT) {
        mio__lua_timer_cancel(L, timer); /* in a host's loop it may have ended unnoticed */
        lua_settop(L, 1);
        err = timer_arm(L, timer, delay_ns);
    }
    return mio__lua_outcome(L, err);
}

/* timer:cancel() and __close */
static int timer_cancel(lua_State *L)
{
    mio__lua_timer *timer = timer_check(L);

    if (timer->loop->core != NULL)
        mio__lua_timer_cancel(L, timer);
    lua_pushboolean(L, 1);
    return 1;
}

static int timer_tostring(lua_State *L)
{
    const mio__lua_timer *timer = timer_check(L);
    const bool armed = timer->id != 0 && timer->loop->core != NULL;

    lua_pushfstring(L, "mio.timer (%s)", armed ? "armed" : "not armed");
    return 1;
}

void mio__lua_timer_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"reset", timer_reset},
        {"cancel", timer_cancel},
        {NULL, NULL},
    };
    static const luaL_Reg meta[] = {
        {"__close", timer_cancel},
        {"__tostring", timer_tostring},
        {NULL, NULL},
    };

    mio__lua_class_define(L, CLASS_TIMER, "mio.timer", methods, meta);
}
