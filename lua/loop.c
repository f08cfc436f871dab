#include "loop.h"

#include "channel.h"
#include "dispatch.h"
#include "dump.h"
#include "handler.h"
#include "options.h"
#include "registration.h"
#include "result.h"
#include "seconds.h"
#include "slots.h"
#include "stats.h"
#include "timer.h"

#include <errno.h>

/* ----------------------------------------------------------------- life and death */

mio_allocator mio__lua_loop_allocator(lua_State *L)
{
    void *ud;
    lua_Alloc realloc = lua_getallocf(L, &ud);

    return (mio_allocator){.realloc = realloc, .ud = ud};
}

static void loop_push_values(lua_State *L)
{
    for (int which = LOOP_REGISTRATIONS; which <= LOOP_TABLES; which++) {
        mio__lua_slots_push(L);
        lua_setiuservalue(L, -2, which);
    }
}

/* So that mio__lua_loop_push_slots() finds the object. */
static void loop_list(lua_State *L, const mio__lua_loop *loop)
{
    lua_getiuservalue(L, lua_upvalueindex(1), STATE_LOOPS);
    lua_pushvalue(L, -2);
    lua_rawsetp(L, -2, loop);
    lua_pop(L, 1);
}

mio__lua_loop *mio__lua_loop_new(lua_State *L, mio__lua_class class,
                                 const mio_loop_config *config, mio_loop *core, int *ret_err)
{
    mio__lua_loop *loop = mio__lua_class_new(L, class, sizeof *loop, LOOP_VALUES);
    int err = 0;

    loop_push_values(L);
    loop_list(L, loop);
    mio__lua_dispatch_push_guard(L, loop);
    lua_setiuservalue(L, -2, LOOP_RUNNING);
    loop->attached = core != NULL;
    loop->core = core;
    if (core == NULL)
        err = mio_loop_new(config, &loop->core);
    loop->source.fd = err == 0 ? mio_loop_pollfd(loop->core) : -1;
    if (err == 0)
        return loop;
    lua_pop(L, 1);
    *ret_err = err;
    return NULL;
}

int mio__lua_loop_push_slots(lua_State *L, const mio__lua_loop *loop, int which)
{
    int type = LUA_TNIL;

    lua_getiuservalue(L, lua_upvalueindex(1), STATE_LOOPS);
    if (lua_rawgetp(L, -1, loop) == LUA_TUSERDATA)
        type = lua_getiuservalue(L, -1, which);
    else
        lua_pushnil(L);
    lua_replace(L, -3);
    lua_pop(L, 1);
    return type;
}

/* End what one slot table holds; a core of our own goes as a whole after that. */
static void loop_close_slots(lua_State *L, int index, int which)
{
    const mio__lua_loop *loop = lua_touserdata(L, index);

    lua_getiuservalue(L, index, which);
    for (lua_Integer slot = mio__lua_slots_count(L, -1); slot-- > 0;) {
        if (mio__lua_slots_get(L, -1, (uint64_t)slot, SLOT_OBJECT) == LUA_TUSERDATA) {
            mio__lua_registration *registration = lua_touserdata(L, -1);

            if (loop->attached)
                mio_loop_deregister(loop->core, registration->id);
            mio__lua_registration_forget(registration);
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* Messages that wait are dropped with their channels. */
static void loop_close_channels(lua_State *L, int index)
{
    lua_getiuservalue(L, index, LOOP_CHANNELS);
    for (lua_Integer slot = mio__lua_slots_count(L, -1); slot-- > 0;) {
        if (mio__lua_slots_get(L, -1, (uint64_t)slot, SLOT_OBJECT) == LUA_TUSERDATA)
            mio__lua_channel_forget(lua_touserdata(L, -1));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

void mio__lua_loop_close(lua_State *L, int index)
{
    mio__lua_loop *loop = lua_touserdata(L, index);
    mio_loop *core = loop->core;

    if (core == NULL)
        return;
    mio__lua_source_leave(L, &loop->source);
    loop_close_slots(L, index, LOOP_REGISTRATIONS);
    loop_close_slots(L, index, LOOP_SIGNALS);
    loop_close_slots(L, index, LOOP_CHILDREN);
    loop_close_channels(L, index);
    if (loop->attached)
        mio__lua_timer_cancel_all(L, index);
    loop->core = NULL;
    for (int which = LOOP_REGISTRATIONS; which <= LOOP_TABLES; which++) {
        lua_pushnil(L);
        lua_setiuservalue(L, index, which);
    }
    if (!loop->attached)
        mio_loop_free(core);
}

/* mio.loop([options]) */
int mio__lua_loop_create(lua_State *L)
{
    const mio_allocator allocator = mio__lua_loop_allocator(L);
    mio_loop_config config = {.allocator = &allocator};
    int events = 0;
    int err;
    static const char *const clocks[] = {"monotonic", "virtual", NULL};
    int clock = MIO_CLOCK_MONOTONIC;
    const mio__lua_option known[] = {{"events_per_poll", OPTION_COUNT, &events, NULL},
                                     {"clock", OPTION_CHOICE, &clock, clocks}};

    mio__lua_options_read(L, 1, known, sizeof known / sizeof *known);
    config.events_per_poll = (unsigned)events;
    config.clock = (mio_loop_clock)clock;
    if (mio__lua_loop_new(L, CLASS_LOOP, &config, NULL, &err) == NULL)
        return mio__lua_failure(L, err);
    return 1;
}

/* ------------------------------------------------------------------- methods */

/* loop:register(source, interest, handler [, options]) */
static int loop_register(lua_State *L)
{
    mio__lua_loop *loop = mio__lua_loop_check(L);

    luaL_checkany(L, 2);
    lua_settop(L, 5);
    mio__lua_handler_push(L, 4, "ready");
    return mio__lua_registration_new(L, loop, 6, 3, 5);
}

/* loop:signal(signal, handler) */
static int loop_signal(lua_State *L)
{
    mio__lua_loop *loop = mio__lua_loop_check(L);

    lua_settop(L, 3);
    mio__lua_handler_push(L, 3, "signal");
    return mio__lua_registration_new_signal(L, loop, 4);
}

/* loop:child(process or pid, handler) */
static int loop_child(lua_State *L)
{
    mio__lua_loop *loop = mio__lua_loop_check(L);

    lua_settop(L, 3);
    mio__lua_handler_push(L, 3, "child");
    return mio__lua_registration_new_child(L, loop, 4);
}

/* loop:channel(handler [, options]) */
static int loop_channel(lua_State *L)
{
    mio__lua_loop_check(L);
    lua_settop(L, 3);
    mio__lua_handler_push(L, 2, "wakeup");
    return mio__lua_channel_new(L, 4);
}

/* loop:after(seconds, handler) */
static int loop_after(lua_State *L)
{
    int64_t delay_ns;

    mio__lua_loop_check(L);
    delay_ns = mio__lua_seconds_check(L, 2);
    lua_settop(L, 3);
    mio__lua_handler_push(L, 3, "timeout");
    return mio__lua_timer_new(L, delay_ns, false);
}

/* loop:every(seconds, handler) */
static int loop_every(lua_State *L)
{
    int64_t period_ns;

    mio__lua_loop_check(L);
    period_ns = mio__lua_seconds_check(L, 2);
    luaL_argcheck(L, period_ns > 0, 2, "a period is more than 0 seconds");
    lua_settop(L, 3);
    mio__lua_handler_push(L, 3, "timeout");
    return mio__lua_timer_new(L, period_ns, true);
}

/* loop:shutdown() */
static int loop_shutdown(lua_State *L)
{
    const mio__lua_loop *loop = mio__lua_loop_check(L);

    if (loop->core == NULL)
        return mio__lua_token(L, "closed");
    mio_loop_shutdown(loop->core);
    lua_pushboolean(L, 1);
    return 1;
}

/* loop:now() */
static int loop_now(lua_State *L)
{
    const mio__lua_loop *loop = mio__lua_loop_check(L);

    if (loop->core == NULL)
        return mio__lua_token(L, "closed");
    mio__lua_seconds_push(L, mio_loop_now(loop->core));
    return 1;
}

/* loop:advance(seconds) */
static int loop_advance(lua_State *L)
{
    const mio__lua_loop *loop = mio__lua_loop_check(L);
    const int64_t delta_ns = mio__lua_seconds_check(L, 2);

    if (loop->core == NULL)
        return mio__lua_token(L, "closed");
    if (mio_loop_advance(loop->core, delta_ns) < 0)
        return luaL_error(L, "advance: this loop has no virtual clock");
    lua_pushboolean(L, 1);
    return 1;
}

int mio__lua_loop_push_events(lua_State *L)
{
    lua_pushliteral(L, "r");
    return 1;
}

/* loop:events() */
static int loop_events(lua_State *L)
{
    mio__lua_loop_check(L);
    return mio__lua_loop_push_events(L);
}

int mio__lua_loop_push_timeout(lua_State *L, const mio__lua_loop *loop)
{
    int64_t timeout_ns;

    if (loop->core == NULL)
        return mio__lua_token(L, "closed");
    timeout_ns = mio_loop_timeout(loop->core);
    if (timeout_ns < 0)
        lua_pushnil(L);
    else
        mio__lua_seconds_push(L, timeout_ns);
    return 1;
}

/* loop:timeout() */
static int loop_timeout(lua_State *L)
{
    return mio__lua_loop_push_timeout(L, mio__lua_loop_check(L));
}

/* loop:close() and __close */
static int loop_close(lua_State *L)
{
    const mio__lua_loop *loop = mio__lua_loop_check(L);

    if (loop->attached && loop->core != NULL)
        return luaL_error(L, "close: this loop belongs to the host program");
    mio__lua_loop_close(L, 1);
    lua_pushboolean(L, 1);
    return 1;
}

static int loop_gc(lua_State *L)
{
    mio__lua_loop_check(L);
    mio__lua_loop_close(L, 1);
    return 0;
}

static int loop_tostring(lua_State *L)
{
    const mio__lua_loop *loop = mio__lua_loop_check(L);

    if (loop->core == NULL)
        lua_pushliteral(L, "mio.loop (closed)");
    else
        lua_pushfstring(L, "mio.loop (%I registered)", (LUAI_UACINT)mio_loop_count(loop->core));
    return 1;
}

void mio__lua_loop_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"register", loop_register},
        {"signal", loop_signal},
        {"child", loop_child},
        {"channel", loop_channel},
        {"after", loop_after},
        {"every", loop_every},
        {"run", mio__lua_dispatch_run},
        {"run_once", mio__lua_dispatch_run_once},
        {"shutdown", loop_shutdown},
        {"now", loop_now},
        {"advance", loop_advance},
        {"pollfd", mio__lua_source_method_getfd},
        {"stats", mio__lua_stats_get},
        {"measure", mio__lua_stats_measure},
        {"dump", mio__lua_dump_create},
        {"events", loop_events},
        {"timeout", loop_timeout},
        {"close", loop_close},
        {NULL, NULL},
    };
    static const luaL_Reg meta[] = {
        {"__gc", loop_gc},
        {"__close", loop_close},
        {"__tostring", loop_tostring},
        {NULL, NULL},
    };

    mio__lua_class_define(L, CLASS_LOOP, "mio.loop", methods, meta);
}
