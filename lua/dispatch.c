#include "dispatch.h"

#include "registration.h"
#include "result.h"
#include "seconds.h"
#include "signal_names.h"
#include "slots.h"
#include "timer.h"

/* ------------------------------------------------------------- one event */

static int dispatch_push_ready(lua_State *L, int frame, const mio_event *event)
{
    const unsigned closed = MIO_READ_CLOSED | MIO_WRITE_CLOSED | MIO_ERROR;
    int registration;

    if (mio__lua_slots_get(L, frame + LOOP_REGISTRATIONS, event->id) != LUA_TUSERDATA) {
        lua_pop(L, 1);
        return -1;
    }
    registration = lua_gettop(L);
    lua_getiuservalue(L, registration, REGISTRATION_HANDLER);
    lua_getiuservalue(L, registration, REGISTRATION_SOURCE);
    lua_pushboolean(L, (event->ready & MIO_READABLE) != 0);
    lua_pushboolean(L, (event->ready & MIO_WRITABLE) != 0);
    lua_pushboolean(L, (event->ready & closed) != 0);
    lua_pushvalue(L, registration);
    return 5;
}

/* A timer that fires once is let go before its handler runs: the handler may arm it anew. */
static int dispatch_push_timer(lua_State *L, int frame, const mio_event *event)
{
    mio__lua_timer *timer;

    if (mio__lua_slots_get(L, frame + LOOP_TIMERS, event->id) != LUA_TUSERDATA) {
        lua_pop(L, 1);
        return -1;
    }
    timer = lua_touserdata(L, -1);
    if (!timer->periodic) {
        mio__lua_slots_clear(L, frame + LOOP_TIMERS, event->id);
        timer->id = 0;
    }
    lua_getiuservalue(L, -1, TIMER_HANDLER);
    lua_insert(L, -2);
    return 1;
}

static int dispatch_push_signal(lua_State *L, int frame, const mio_event *event)
{
    if (mio__lua_slots_get(L, frame + LOOP_SIGNALS, event->id) != LUA_TUSERDATA) {
        lua_pop(L, 1);
        return -1;
    }
    lua_getiuservalue(L, -1, REGISTRATION_HANDLER);
    lua_insert(L, -2);
    mio__lua_signal_push(L, (int)event->value);
    lua_insert(L, -2);
    return 2;
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
        return dispatch_push_ready(L, frame, event);
    case MIO_TIMEOUT:
        return dispatch_push_timer(L, frame, event);
    case MIO_SIGNAL:
        return dispatch_push_signal(L, frame, event);
    case MIO_INTERRUPTED:
        lua_pushcfunction(L, dispatch_nothing);
        return 0;
    case MIO_NOTIFY:
    case MIO_TICK:
        break;
    }
    return -1;
}

/* A coroutine that has returned or failed waits for no more events. */
static void resume_end(lua_State *L, int frame, const mio_event *event)
{
    const int which = event->kind == MIO_TIMEOUT  ? LOOP_TIMERS
                      : event->kind == MIO_SIGNAL ? LOOP_SIGNALS
                                                  : LOOP_REGISTRATIONS;
    const mio__lua_loop *loop = lua_touserdata(L, frame);

    if (loop->core != NULL &&
        mio__lua_slots_get(L, frame + which, event->id) == LUA_TUSERDATA) {
        if (which == LOOP_TIMERS)
            mio__lua_timer_cancel(L, lua_touserdata(L, -1));
        else
            mio__lua_registration_end(L, lua_touserdata(L, -1));
    }
}

/* The coroutine's error, with the coroutine's own traceback, which is gone once it is closed.
 */
static void resume_fail(lua_State *L, lua_State *co)
{
    if (lua_type(co, -1) == LUA_TSTRING)
        luaL_traceback(L, co, lua_tostring(co, -1), 0);
    else
        lua_xmove(co, L, 1);
    lua_resetthread(co);
    lua_error(L);
}

void mio__lua_dispatch_resume(lua_State *L, int frame, const mio_event *event, int count)
{
    const int thread = lua_gettop(L) - count;
    lua_State *co = lua_tothread(L, thread);
    int results, status;

    if (lua_status(co) != LUA_YIELD && (lua_status(co) != LUA_OK || lua_gettop(co) == 0)) {
        resume_end(L, frame, event);
        luaL_error(L, "the handler is a coroutine that is not suspended");
    }
    if (!lua_checkstack(co, count))
        luaL_error(L, "stack overflow in the coroutine of a handler");
    lua_xmove(L, co, count);
    status = lua_resume(co, L, count, &results);
    if (status == LUA_YIELD) {
        lua_pop(co, results);
        return;
    }
    resume_end(L, frame, event);
    lua_settop(L, thread);
    if (status == LUA_OK)
        lua_settop(co, 0);
    else
        resume_fail(L, co);
}

/* ------------------------------------------------------------------- run */

enum { RUN_LOOP = 1, RUN_GUARD = 5 };

void mio__lua_dispatch_push_frame(lua_State *L)
{
    const int frame = lua_gettop(L);

    for (int which = LOOP_REGISTRATIONS; which <= LOOP_SIGNALS; which++)
        lua_getiuservalue(L, frame, which);
}

static int run_deliver(lua_State *L, int status, lua_KContext ctx);

/* Call the handlers of the turn in hand. A handler may close the loop. */
static void run_events(lua_State *L, const mio__lua_loop *loop, lua_KContext ctx)
{
    mio_event event;

    while (loop->core != NULL && mio_loop_next(loop->core, &event)) {
        const int count = mio__lua_dispatch_push(L, RUN_LOOP, &event);

        if (count < 0)
            continue;
        if (lua_type(L, -count - 1) == LUA_TTHREAD)
            mio__lua_dispatch_resume(L, RUN_LOOP, &event, count);
        else
            lua_callk(L, count, 0, ctx, run_deliver);
        lua_settop(L, RUN_GUARD);
    }
}

/* Whether run is to go on after a turn. ctx is 0 for run, 1 for run_once. */
static bool run_goes_on(const mio__lua_loop *loop, lua_KContext ctx)
{
    if (loop->core == NULL || ctx != 0)
        return false;
    return !mio_loop_take_shutdown(loop->core) && mio_loop_count(loop->core) > 0;
}

/* The continuation: a handler has yielded, and its coroutine came back. */
static int run_deliver(lua_State *L, int status, lua_KContext ctx)
{
    const mio__lua_loop *loop = lua_touserdata(L, RUN_LOOP);

    (void)status;
    lua_settop(L, RUN_GUARD);
    run_events(L, loop, ctx);
    while (run_goes_on(loop, ctx)) {
        const int err = mio_loop_poll(loop->core, -1);

        if (err < 0)
            return mio__lua_failure(L, err);
        run_events(L, loop, ctx);
    }
    lua_pushboolean(L, 1);
    return 1;
}

/* Build the frame. Returns 0, or the number of results that say why not. */
static int run_enter(lua_State *L, mio__lua_loop *loop)
{
    if (loop->core == NULL)
        return mio__lua_token(L, "closed");
    if (loop->running || loop->attached)
        return mio__lua_token(L, "running");
    lua_settop(L, RUN_LOOP);
    mio__lua_dispatch_push_frame(L);
    lua_getiuservalue(L, RUN_LOOP, LOOP_RUNNING);
    lua_toclose(L, RUN_GUARD);
    loop->running = true;
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
    mio__lua_loop *loop = mio__lua_class_check(L, 1, CLASS_LOOP);
    const int refused = run_enter(L, loop);

    if (refused != 0)
        return refused;
    return run_begin(L, loop, mio_loop_count(loop->core) > 0 ? -1 : 0, 0);
}

int mio__lua_dispatch_run_once(lua_State *L)
{
    mio__lua_loop *loop = mio__lua_class_check(L, 1, CLASS_LOOP);
    const int64_t timeout_ns = mio__lua_seconds_timeout(L, 2);
    const int refused = run_enter(L, loop);

    return refused != 0 ? refused : run_begin(L, loop, timeout_ns, 1);
}

/* ----------------------------------------------------------------- guard */

/* The guard holds a pointer to the loop, whose user value it is: it is on no stack without it.
 */
void mio__lua_dispatch_push_guard(lua_State *L, mio__lua_loop *loop)
{
    mio__lua_loop **guard = mio__lua_class_new(L, CLASS_RUNNING, sizeof *guard, 0);

    *guard = loop;
}

static int guard_close(lua_State *L)
{
    mio__lua_loop *const *guard = lua_touserdata(L, 1);

    (*guard)->running = false;
    return 0;
}

void mio__lua_dispatch_open(lua_State *L)
{
    static const luaL_Reg methods[] = {{NULL, NULL}};
    static const luaL_Reg meta[] = {{"__close", guard_close}, {NULL, NULL}};

    mio__lua_class_define(L, CLASS_RUNNING, "mio.running", methods, meta);
}
