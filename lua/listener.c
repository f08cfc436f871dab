#include "listener.h"

#include "address.h"
#include "options.h"
#include "passing.h"
#include "registration.h"
#include "result.h"
#include "socket_options.h"
#include "stream.h"

#include "mio/socket.h"

#include <errno.h>

enum { LISTENER_NEXT_STREAM = 1, LISTENER_VALUES = 1 };

/* How long a listener rests at the descriptor limit before it looks again. */
static const int64_t listener_pause_ns = 100000000;

static mio__lua_listener *listener_check(lua_State *L)
{
    return mio__lua_class_check(L, 1, CLASS_LISTENER, sizeof(mio__lua_listener));
}

static void listener_read_options(lua_State *L, int arg, mio_listen_options *ret_options,
                                  int *ret_high_water)
{
    bool reuseaddr = true, nodelay = true;
    int type = MIO_STREAM;
    const mio__lua_option known[] = {
        {"backlog", OPTION_COUNT, &ret_options->backlog, NULL},
        {"reuseaddr", OPTION_BOOLEAN, &reuseaddr, NULL},
        {"reuseport", OPTION_BOOLEAN, &ret_options->reuseport, NULL},
        {"only_v6", OPTION_BOOLEAN, &ret_options->only_v6, NULL},
        {"nodelay", OPTION_BOOLEAN, &nodelay, NULL},
        {"high_water", OPTION_COUNT, ret_high_water, NULL},
        {"type", OPTION_CHOICE, &type, mio__lua_socket_types},
        {"replace_stale", OPTION_BOOLEAN, &ret_options->replace_stale, NULL},
    };

    mio__lua_options_read(L, arg, known, sizeof known / sizeof *known);
    ret_options->no_reuseaddr = !reuseaddr;
    ret_options->nagle = !nodelay;
    ret_options->type = (mio_socket_type)type;
}

mio__lua_listener *mio__lua_listener_new(lua_State *L, mio_socket_type type)
{
    mio__lua_listener *listener =
        mio__lua_class_new(L, CLASS_LISTENER, sizeof *listener, LISTENER_VALUES);

    listener->source.fd = -1;
    listener->spare = -1;
    listener->type = type;
    return listener;
}

int mio__lua_listener_listen(lua_State *L)
{
    mio_listen_options options = {.backlog = 0};
    mio__lua_listener *listener;
    mio_addr addr;
    int high_water = 0;
    int err;

    mio__lua_address_check(L, 1, &addr);
    listener_read_options(L, 2, &options, &high_water);
    listener = mio__lua_listener_new(L, options.type);
    listener->high_water = high_water;
    err = mio_spare_open(&listener->spare);
    if (err == 0)
        err = mio_listen(&addr, &options, &listener->source.fd);
    if (err == 0)
        return 1;
    mio_close(listener->spare);
    listener->spare = -1;
    return mio__lua_failure_in(L, err, "listen", mio__lua_address_text(L, &addr));
}

/* ----------------------------------------------------------------- accepting */

static bool accept_is_at_limit(int err)
{
    return err == -EMFILE || err == -ENFILE || err == -ENOBUFS || err == -ENOMEM;
}

/* See invariant 2. A registration that cannot be paused is told again: no harm but work. */
static void accept_rest(mio__lua_listener *listener)
{
    mio_accept_shed(listener->source.fd, &listener->spare);
    for (const mio__lua_registration *r = listener->source.registrations; r != NULL;
         r = r->next)
        mio_loop_pause(r->loop->core, r->id, listener_pause_ns);
}

/* Push the socket to accept into: the one that waits for a client, or a new one. Making it may
   collect garbage, whose finalizers may use the listener. */
static mio__lua_source *accept_prepare(lua_State *L, mio_socket_type type)
{
    if (lua_getiuservalue(L, 1, LISTENER_NEXT_STREAM) != LUA_TUSERDATA) {
        lua_pop(L, 1);
        mio__lua_socket_new(L, type);
        lua_pushvalue(L, -1);
        lua_setiuservalue(L, 1, LISTENER_NEXT_STREAM);
    }
    return lua_touserdata(L, -1);
}

/* Push the accepted socket and return 0, or return -errno. The listener is at index 1. */
static int accept_one(lua_State *L, mio__lua_listener *listener)
{
    mio__lua_source *source = accept_prepare(L, listener->type);
    const int err = mio_accept(listener->source.fd, &source->fd, NULL);

    if (err == 0) {
        lua_pushnil(L);
        lua_setiuservalue(L, 1, LISTENER_NEXT_STREAM);
    } else if (accept_is_at_limit(err)) {
        accept_rest(listener);
    }
    return err;
}

/* listener:try_accept() */
static int listener_try_accept(lua_State *L)
{
    mio__lua_listener *listener = listener_check(L);
    const int err = accept_one(L, listener);

    if (listener->source.fd < 0)
        return mio__lua_token(L, "closed");
    return err < 0 ? mio__lua_failure(L, err) : 1;
}

/* No later attempt would succeed: the descriptor was closed, or shut down, behind the listener.
 */
static bool accept_is_hopeless(int err)
{
    return err == -EBADF || err == -EINVAL || err == -ENOTSOCK || err == -EOPNOTSUPP;
}

/* The iterator: streams until nobody waits, or the listener rests. To end quietly where it is
   broken would leave its event, which comes again and again, without a trace. */
static int listener_accept_next(lua_State *L)
{
    mio__lua_listener *listener = listener_check(L);
    const int err = accept_one(L, listener);

    if (accept_is_hopeless(err) && listener->source.fd >= 0) /* a loop's body may close it */
        return luaL_error(L, "try_accepts: %s (%s)", mio_strerror(err), mio_errname(err));
    if (err < 0)
        lua_pushnil(L);
    return 1;
}

/* listener:try_accepts(): for stream in listener:try_accepts() do ... end */
static int listener_try_accepts(lua_State *L)
{
    listener_check(L);
    lua_getiuservalue(L, lua_upvalueindex(1), STATE_ACCEPT_NEXT);
    lua_pushvalue(L, 1);
    return 2;
}

/* --------------------------------------------------------------------- class */

/* listener:close(), __gc and __close */
static int listener_close(lua_State *L)
{
    mio__lua_listener *listener = listener_check(L);

    mio__lua_source_close(L, &listener->source);
    if (listener->spare >= 0)
        mio_close(listener->spare);
    listener->spare = -1;
    lua_pushboolean(L, 1);
    return 1;
}

static int listener_tostring(lua_State *L)
{
    listener_check(L);
    return mio__lua_source_describe(L, "mio.listener");
}

void mio__lua_listener_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"try_accept", listener_try_accept},
        {"try_accepts", listener_try_accepts},
        {"local_address", mio__lua_socket_local_address},
        {"getoption", mio__lua_socket_getoption},
        {"setoption", mio__lua_socket_setoption},
        {"getfd", mio__lua_source_method_getfd},
        {"pollfd", mio__lua_source_method_getfd},
        {"close", listener_close},
        {NULL, NULL},
    };
    static const luaL_Reg meta[] = {
        {"__gc", listener_close},
        {"__close", listener_close},
        {"__tostring", listener_tostring},
        {NULL, NULL},
    };

    mio__lua_class_define(L, CLASS_LISTENER, "mio.listener", methods, meta);
    mio__lua_state_keep(L, STATE_ACCEPT_NEXT, listener_accept_next);
}
