#include "dispatch.h"

#include "channel.h"
#include "coroutine.h"
#include "process.h"
#include "registration.h"
#include "result.h"
#include "seconds.h"
#include "signal_names.h"
#include "slots.h"
#include "stats.h"
#include "timer.h"

/* ------------------------------------------------------------- one event */

static inline int dispatch_push_ready(lua_State *L, int table, const mio_event *event)
{
    if (mio__lua_slots_get(L, table, event->id, SLOT_HANDLER) <= LUA_TBOOLEAN)
        return -1;
    mio__lua_slots_get(L, table, event->id, SLOT_SOURCE);
    mio__lua_dispatch_push_flags(L, event->ready);
    mio__lua_slots_get(L, table, event->id, SLOT_OBJECT);
    return 5;
}

/* A timer that fires once is let go before its handler runs: the handler may arm it anew. */
static int dispatch_push_timer(lua_State *L, int table, const mio_event *event)
{
    mio__lua_timer *timer;

    if (mio__lua_slots_get(L, table, event->id, SLOT_HANDLER) <= LUA_TBOOLEAN)
        return -1;
    mio__lua_slots_get(L, table, event->id, SLOT_OBJECT);
    timer = lua_touserdata(L, -1);
    if (!timer->periodic) {
        mio__lua_slots_clear(L, table, event->id);
        timer->id = 0;
    }
    return 1;
}

static int dispatch_push_signal(lua_State *L, int table, const mio_event *event)
{
    if (mio__lua_slots_get(L, table, event->id, SLOT_HANDLER) <= LUA_TBOOLEAN)
        return -1;
    mio__lua_signal_push(L, (int)event->value);
    mio__lua_slots_get(L, table, event->id, SLOT_OBJECT);
    return 2;
}

/* How a child has ended: "exit" and its status, "signal" and its name, or "unknown" and nil. */
static void dispatch_push_status(lua_State *L, const mio_event *event)
{
    if (event->ready != 0) {
        lua_pushliteral(L, "unknown");
        lua_pushnil(L);
    } else if (event->value >= 0) {
        lua_pushliteral(L, "exit");
        lua_pushinteger(L, (lua_Integer)event->value);
    } else {
        lua_pushliteral(L, "signal");
        mio__lua_signal_push(L, (int)-event->value);
    }
}

/* A child ends once: its registration has ended when the handler is called. */
static int dispatch_push_child(lua_State *L, int table, const mio_event *event)
{
    if (mio__lua_slots_get(L, table, event->id, SLOT_HANDLER) <= LUA_TBOOLEAN)
        return -1;
    mio__lua_slots_get(L, table, event->id, SLOT_OBJECT);
    mio__lua_slots_get(L, table, event->id, SLOT_SOURCE);
    mio__lua_process_end(L, lua_gettop(L));
    lua_pop(L, 1);
    mio__lua_slots_clear(L, table, event->id);
    mio__lua_registration_forget(lua_touserdata(L, -1));
    dispatch_push_status(L, event);
    lua_rotate(L, -3, -1); /* the registration comes last */
    return 3;
}

/* Lua's own hooks, by which the interpreter turns Ctrl-C into an error, run when a function
   is called: so one is called that does nothing. */
static int dispatch_nothing(lua_State *L)
{
    (void)L;
    return 0;
}

int mio__lua_dispatch_push(lua_State *L, int frame, const mio_event *event)
{
    switch (event->kind) {
    case MIO_READY:
        return dispatch_push_ready(L, frame + LOOP_REGISTRATIONS, event);
    case MIO_TIMEOUT:
        return dispatch_push_timer(L, frame + LOOP_TIMERS, event);
    case MIO_SIGNAL:
        return dispatch_push_signal(L, frame + LOOP_SIGNALS, event);
    case MIO_CHILD:
        return dispatch_push_child(L, frame + LOOP_CHILDREN, event);
    case MIO_INTERRUPTED:
        lua_pushcfunction(L, dispatch_nothing);
        return 0;
    case MIO_NOTIFY:
        return mio__lua_channel_push_event(L, frame + LOOP_CHANNELS, event);
    case MIO_TICK:
        break;
    }
    return -1;
}

/* ------------------------------------------------------------ a host's event */

/* The object that has the slot of an id in a table; NULL for none. */
static const void *dispatch_object(lua_State *L, int table, uint64_t id)
{
    const void *object;

    mio__lua_slots_get(L, table, id, SLOT_OBJECT);
    object = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return object;
}

static bool dispatch_is_registration(lua_State *L, int table, uint64_t id)
{
    const mio__lua_registration *registration = dispatch_object(L, table, id);

    return registration != NULL && registration->id == id;
}

static bool dispatch_is_timer(lua_State *L, int table, uint64_t id)
{
    const mio__lua_timer *timer = dispatch_object(L, table, id);

    return timer != NULL && timer->id == id;
}

bool mio__lua_dispatch_is_ours(lua_State *L, int frame, mio_event_kind kind, uint64_t id)
{
    switch (kind) {
    case MIO_READY:
        return dispatch_is_registration(L, frame + LOOP_REGISTRATIONS, id);
    case MIO_SIGNAL:
        return dispatch_is_registration(L, frame + LOOP_SIGNALS, id);
    case MIO_CHILD:
        return dispatch_is_registration(L, frame + LOOP_CHILDREN, id);
    case MIO_TIMEOUT:
        return dispatch_is_timer(L, frame + LOOP_TIMERS, id);
    case MIO_NOTIFY:
        return mio__lua_channel_is_ours(L, frame + LOOP_CHANNELS, id);
    case MIO_INTERRUPTED:
    case MIO_TICK:
        break;
    }
    return true;
}

/* ------------------------------------------------------------------- run */

enum { RUN_LOOP = 1, RUN_GUARD = RUN_LOOP + LOOP_TABLES + 1, RUN_HANDLER };

void mio__lua_dispatch_push_frame(lua_State *L)
{
    const int frame = lua_gettop(L);

    for (int which = LOOP_REGISTRATIONS; which <= LOOP_TABLES; which++)
        lua_getiuservalue(L, frame, which);
}

static int run_deliver(lua_State *L, int status, lua_KContext ctx);

/* The same as run_events() for a loop that is measured. */
static void run_events_measured(lua_State *L, const mio__lua_loop *loop, lua_KContext ctx)
{
    mio_event event;

    while (loop->core != NULL && mio_loop_next(loop->core, &event)) {
        const int count = mio__lua_dispatch_push(L, RUN_LOOP, &event);

        if (count >= 0) {
            lua_pushvalue(L, -1 - count);
            lua_insert(L, RUN_HANDLER);
            lua_callk(L, count, 0, ctx, run_deliver);
            mio__lua_stats_handled(L, RUN_LOOP, RUN_HANDLER);
        }
        lua_settop(L, RUN_GUARD);
    }
}

/* Call the handlers of the turn in hand. A handler may close the loop. */
static void run_events(lua_State *L, const mio__lua_loop *loop, lua_KContext ctx)
{
    mio_event event;

    if (loop->measured) {
        run_events_measured(L, loop, ctx);
        return;
    }
    while (loop->core != NULL && mio_loop_next(loop->core, &event)) {
        const int count = event.kind == MIO_READY /* nearly always, so without the detour */
                              ? dispatch_push_ready(L, RUN_LOOP + LOOP_REGISTRATIONS, &event)
                              : mio__lua_dispatch_push(L, RUN_LOOP, &event);

        if (count >= 0)
            lua_callk(L, count, 0, ctx, run_deliver);
        else
            lua_settop(L, RUN_GUARD);
    }
}

/* Whether run goes on after a turn: it was not shut down, and something is registered. */
static bool run_goes_on(const mio__lua_loop *loop)
{
    return loop->core != NULL && !mio_loop_take_shutdown(loop->core) &&
           mio_loop_count(loop->core) > 0;
}

/* run_once tells a shutdown, which ends with that: false instead of true. */
static int run_once_result(lua_State *L, const mio__lua_loop *loop)
{
    lua_pushboolean(L, loop->core == NULL || !mio_loop_take_shutdown(loop->core));
    return 1;
}

/* The continuation: a handler has yielded, and its coroutine came back. */
static int run_deliver(lua_State *L, int status, lua_KContext ctx)
{
    const mio__lua_loop *loop = lua_touserdata(L, RUN_LOOP);

    (void)status;
    if (lua_gettop(L) >= RUN_HANDLER)
        mio__lua_stats_handled(L, RUN_LOOP, RUN_HANDLER);
    lua_settop(L, RUN_GUARD);
    run_events(L, loop, ctx);
    if (ctx != 0)
        return run_once_result(L, loop);
    while (run_goes_on(loop)) {
        const int err = mio_loop_poll(loop->core, -1);

        if (err < 0)
            return mio__lua_failure(L, err);
        run_events(L, loop, ctx);
    }
    lua_pushboolean(L, 1);
    return 1;
}

/* Whether a coroutine is in run, which may still come back. */
static bool run_is_on(lua_State *L, const mio__lua_loop *loop)
{
    lua_State *co;

    if (loop->runner == NULL)
        return false;
    lua_getiuservalue(L, lua_upvalueindex(1), STATE_RUNNERS);
    lua_rawgetp(L, -1, loop);
    co = lua_tothread(L, -1);
    lua_pop(L, 2);
    return co != NULL && !mio__lua_coroutine_is_dead(co);
}

void mio__lua_dispatch_claim(lua_State *L, mio__lua_loop *loop)
{
    lua_getiuservalue(L, lua_upvalueindex(1), STATE_RUNNERS);
    lua_pushthread(L);
    lua_rawsetp(L, -2, loop);
    lua_pop(L, 1);
    loop->runner = L;
}

/* Build the frame. Returns 0, or the number of results that say why not. */
static int run_enter(lua_State *L, mio__lua_loop *loop)
{
    if (loop->core == NULL)
        return mio__lua_token(L, "closed");
    if (loop->attached || run_is_on(L, loop))
        return mio__lua_token(L, "running");
    lua_settop(L, RUN_LOOP);
    mio__lua_dispatch_claim(L, loop);
    mio__lua_dispatch_push_frame(L);
    lua_getiuservalue(L, RUN_LOOP, LOOP_RUNNING);
    lua_toclose(L, RUN_GUARD);
    return 0;
}

/* Poll, then deliver. With nothing registered there is nothing to wait for, yet events left
   from an earlier run, and a shutdown that came early, have their turn. */
static int run_begin(lua_State *L, const mio__lua_loop *loop, int64_t timeout_ns,
                     lua_KContext ctx)
{
    const int err = mio_loop_poll(loop->core, timeout_ns);

    return err < 0 ? mio__lua_failure(L, err) : run_deliver(L, LUA_OK, ctx);
}

int mio__lua_dispatch_run(lua_State *L)
{
    mio__lua_loop *loop = mio__lua_loop_check(L);
    const int refused = run_enter(L, loop);

    if (refused != 0)
        return refused;
    return run_begin(L, loop, mio_loop_count(loop->core) > 0 ? -1 : 0, 0);
}

int mio__lua_dispatch_run_once(lua_State *L)
{
    mio__lua_loop *loop = mio__lua_loop_check(L);
    const int64_t timeout_ns = mio__lua_seconds_timeout(L, 2);
    const int refused = run_enter(L, loop);

    return refused != 0 ? refused : run_begin(L, loop, timeout_ns, 1);
}

/* ----------------------------------------------------------------- guard */

/* Its loop, whose user value it is, is on every stack that it is on. */
typedef struct mio__lua_running {
    mio__lua_object object;
    mio__lua_loop *loop;
} mio__lua_running;

void mio__lua_dispatch_push_guard(lua_State *L, mio__lua_loop *loop)
{
    mio__lua_running *guard = mio__lua_class_new(L, CLASS_RUNNING, sizeof *guard, 0);

    guard->loop = loop;
}

/* A coroutine that has failed in run may be closed late, when another one is. */
static int guard_close(lua_State *L)
{
    const mio__lua_running *guard = lua_touserdata(L, 1);

    if (guard->loop->runner != L)
        return 0;
    guard->loop->runner = NULL;
    lua_getiuservalue(L, lua_upvalueindex(1), STATE_RUNNERS);
    lua_pushnil(L);
    lua_rawsetp(L, -2, guard->loop);
    return 0;
}

void mio__lua_dispatch_open(lua_State *L)
{
    static const luaL_Reg methods[] = {{NULL, NULL}};
    static const luaL_Reg meta[] = {{"__close", guard_close}, {NULL, NULL}};

    mio__lua_class_define(L, CLASS_RUNNING, "mio.running", methods, meta);
}
