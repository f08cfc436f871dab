#include "signals.h"

#include "loop.h"
#include "registration.h"
#include "result.h"
#include "signal_names.h"

#include <errno.h>

static mio__lua_signals *signals_check(lua_State *L)
{
    return mio__lua_class_check(L, 1, CLASS_SIGNALS, sizeof(mio__lua_signals));
}

static void signals_end(lua_State *L, mio__lua_signals *signals)
{
    mio__lua_source_leave(L, &signals->source);
    mio_signals_free(signals->core);
    signals->core = NULL;
}

/* Where one cannot be caught, none is. */
static void signals_add(lua_State *L, mio__lua_signals *signals, int arg)
{
    const int err = mio_signals_add(signals->core, mio__lua_signal_check(L, arg, true));

    if (err != -EINVAL)
        return;
    signals_end(L, signals);
    luaL_argerror(L, arg, "this signal cannot be caught");
}

int mio__lua_signals_create(lua_State *L)
{
    const mio_allocator allocator = mio__lua_loop_allocator(L);
    const int count = lua_gettop(L);
    mio__lua_signals *signals;
    int err;

    luaL_checkany(L, 1);
    for (int arg = 1; arg <= count; arg++)
        mio__lua_signal_check(L, arg, true);
    signals = mio__lua_class_new(L, CLASS_SIGNALS, sizeof *signals, 0);
    signals->source.fd = -1;
    err = mio_signals_new(&allocator, &signals->core);
    if (err < 0)
        return mio__lua_failure(L, err);
    signals->source.fd = mio_signals_fd(signals->core);
    for (int arg = 1; arg <= count; arg++)
        signals_add(L, signals, arg);
    return 1;
}

/* signals:try_read(): the name of the next signal that came */
static int signals_try_read(lua_State *L)
{
    const mio__lua_signals *signals = signals_check(L);
    int number;

    if (signals->core == NULL)
        return mio__lua_token(L, "closed");
    number = mio_signals_next(signals->core);
    if (number < 0)
        return mio__lua_failure(L, number);
    mio__lua_signal_push(L, number);
    return 1;
}

/* signals:close(), __gc and __close */
static int signals_close(lua_State *L)
{
    mio__lua_signals *signals = signals_check(L);

    signals_end(L, signals);
    lua_pushboolean(L, 1);
    return 1;
}

static int signals_tostring(lua_State *L)
{
    signals_check(L);
    return mio__lua_source_describe(L, "mio.signals");
}

void mio__lua_signals_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"try_read", signals_try_read},
        {"getfd", mio__lua_source_method_getfd},
        {"pollfd", mio__lua_source_method_getfd},
        {"close", signals_close},
        {NULL, NULL},
    };
    static const luaL_Reg meta[] = {
        {"__gc", signals_close},
        {"__close", signals_close},
        {"__tostring", signals_tostring},
        {NULL, NULL},
    };

    mio__lua_class_define(L, CLASS_SIGNALS, "mio.signals", methods, meta);
}
