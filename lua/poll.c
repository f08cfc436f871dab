/*
 * Polls: level 1, tokens and events.
 *
 * poll:wait() returns an iterator that has no state of its own: what is still to be told lies
 * in the loop behind the poll. So leaving the for-loop early loses nothing: the next wait
 * goes on from there.
 */
#include "poll.h"

#include "channel.h"
#include "dispatch.h"
#include "loop.h"
#include "registration.h"
#include "result.h"
#include "seconds.h"
#include "slots.h"

static mio__lua_loop *poll_check(lua_State *L)
{
    return mio__lua_class_check(L, 1, CLASS_POLL, sizeof(mio__lua_loop));
}

/* mio.poll() */
int mio__lua_poll_create(lua_State *L)
{
    const mio_allocator allocator = mio__lua_loop_allocator(L);
    const mio_loop_config config = {.allocator = &allocator};
    int err;

    if (mio__lua_loop_new(L, CLASS_POLL, &config, NULL, &err) == NULL)
        return mio__lua_failure(L, err);
    return 1;
}

/* poll:register(source, token, interest [, options]) */
static int poll_register(lua_State *L)
{
    mio__lua_loop *poll = poll_check(L);

    luaL_checkany(L, 2);
    luaL_argcheck(L, !lua_isnoneornil(L, 3), 3, "a token is any value but nil");
    return mio__lua_registration_new(L, poll, 3, 4, 5);
}

/* poll:waker(token) */
static int poll_waker(lua_State *L)
{
    poll_check(L);
    luaL_argcheck(L, !lua_isnoneornil(L, 2), 2, "a token is any value but nil");
    lua_settop(L, 2);
    return mio__lua_channel_new_waker(L);
}

static int poll_push_event(lua_State *L, const mio_event *event)
{
    lua_getiuservalue(L, 1, LOOP_REGISTRATIONS);
    mio__lua_slots_get(L, -1, event->id, SLOT_HANDLER);
    mio__lua_dispatch_push_flags(L, event->ready);
    return 4;
}

/* A waker, as if it were a source that is readable. Returns 0 for one that nobody holds. */
static int poll_push_wake(lua_State *L, const mio_event *event)
{
    lua_getiuservalue(L, 1, LOOP_CHANNELS);
    if (!mio__lua_channel_push_token(L, lua_gettop(L), event))
        return 0;
    mio__lua_dispatch_push_flags(L, MIO_READABLE);
    return 4;
}

/* The iterator: token, r, w, closed of the next event; nil at the end. */
static int poll_next(lua_State *L)
{
    const mio__lua_loop *poll = poll_check(L);
    mio_event event;

    while (poll->core != NULL && mio_loop_next(poll->core, &event)) {
        if (event.kind == MIO_READY)
            return poll_push_event(L, &event);
        if (event.kind == MIO_NOTIFY && poll_push_wake(L, &event) > 0)
            return 4;
        lua_settop(L, 1);
    }
    lua_pushnil(L);
    return 1;
}

/* poll:wait([seconds]): for token, r, w, closed in poll:wait() do ... end */
static int poll_wait(lua_State *L)
{
    const mio__lua_loop *poll = poll_check(L);
    const int64_t timeout_ns = mio__lua_seconds_timeout(L, 2);
    int err;

    if (poll->core == NULL)
        return mio__lua_token(L, "closed");
    err = mio_loop_poll(poll->core, timeout_ns);
    if (err < 0)
        return mio__lua_failure(L, err);
    lua_getiuservalue(L, lua_upvalueindex(1), STATE_POLL_NEXT);
    lua_pushvalue(L, 1);
    return 2;
}

/* poll:events() */
static int poll_events(lua_State *L)
{
    poll_check(L);
    return mio__lua_loop_push_events(L);
}

/* poll:timeout() */
static int poll_timeout(lua_State *L)
{
    return mio__lua_loop_push_timeout(L, poll_check(L));
}

/* poll:close(), __gc and __close */
static int poll_close(lua_State *L)
{
    poll_check(L);
    mio__lua_loop_close(L, 1);
    lua_pushboolean(L, 1);
    return 1;
}

static int poll_tostring(lua_State *L)
{
    const mio__lua_loop *poll = poll_check(L);

    lua_pushstring(L, poll->core != NULL ? "mio.poll" : "mio.poll (closed)");
    return 1;
}

void mio__lua_poll_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"register", poll_register}, {"waker", poll_waker},
        {"wait", poll_wait},         {"pollfd", mio__lua_source_method_getfd},
        {"events", poll_events},     {"timeout", poll_timeout},
        {"close", poll_close},       {NULL, NULL},
    };
    static const luaL_Reg meta[] = {
        {"__gc", poll_close},
        {"__close", poll_close},
        {"__tostring", poll_tostring},
        {NULL, NULL},
    };

    mio__lua_class_define(L, CLASS_POLL, "mio.poll", methods, meta);
    mio__lua_state_keep(L, STATE_POLL_NEXT, poll_next);
}
