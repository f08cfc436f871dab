#include "socket_options.h"

#include "address.h"
#include "datagram.h"
#include "listener.h"
#include "names.h"
#include "result.h"
#include "stream.h"

#include "mio/socket.h"

#include <limits.h>

static const mio__lua_source *socket_check(lua_State *L)
{
    const mio__lua_source *source =
        mio__lua_class_test(L, 1, CLASS_STREAM, sizeof(mio__lua_stream));

    if (source == NULL)
        source = mio__lua_class_test(L, 1, CLASS_LISTENER, sizeof(mio__lua_listener));
    if (source == NULL)
        source = mio__lua_class_test(L, 1, CLASS_DATAGRAM, sizeof(mio__lua_datagram));
    luaL_argexpected(L, source != NULL, 1, "mio.stream, mio.listener or mio.datagram");
    return source;
}

/* ----------------------------------------------------------------- addresses */

static int socket_push_address(lua_State *L, int (*ask)(mio_fd fd, mio_addr *ret_addr))
{
    const mio__lua_source *source = socket_check(L);
    mio_addr addr;
    int err;

    if (source->fd < 0)
        return mio__lua_token(L, "closed");
    err = ask(source->fd, &addr);
    if (err < 0)
        return mio__lua_failure(L, err);
    mio__lua_address_push(L, &addr);
    return 1;
}

int mio__lua_socket_local_address(lua_State *L)
{
    return socket_push_address(L, mio_socket_local);
}

int mio__lua_socket_peer_address(lua_State *L)
{
    return socket_push_address(L, mio_socket_peer);
}

void mio__lua_socket_push_descriptor(lua_State *L, mio_fd fd)
{
    char host[MIO_ADDR_TEXT_MAX];
    mio_addr addr;

    if ((mio_socket_peer(fd, &addr) < 0 && mio_socket_local(fd, &addr) < 0) ||
        mio_addr_host(&addr, host, sizeof host) <= 0) { /* none, or unnamed */
        lua_pushfstring(L, "descriptor %d", fd);
        return;
    }
    lua_pushfstring(L, "descriptor %d (%s)", fd, mio__lua_address_text(L, &addr));
    lua_remove(L, -2);
}

bool mio__lua_socket_push_place(lua_State *L, int index)
{
    static const struct {
        mio__lua_class class;
        size_t size;
        const char *name;
        int (*ask)(mio_fd fd, mio_addr *ret_addr);
    } rows[] = {
        {CLASS_STREAM, sizeof(mio__lua_stream), "mio.stream", mio_socket_peer},
        {CLASS_LISTENER, sizeof(mio__lua_listener), "mio.listener", mio_socket_local},
        {CLASS_DATAGRAM, sizeof(mio__lua_datagram), "mio.datagram", mio_socket_local},
    };
    const mio__lua_source *source = NULL;
    char host[MIO_ADDR_TEXT_MAX];
    mio_addr addr;
    size_t row = 0;

    while (row < sizeof rows / sizeof *rows &&
           (source = mio__lua_class_test(L, index, rows[row].class, rows[row].size)) == NULL)
        row++;
    if (source == NULL || source->fd < 0 || rows[row].ask(source->fd, &addr) < 0)
        return false;
    if (mio_addr_host(&addr, host, sizeof host) <= 0)
        return false; /* unnamed */
    lua_pushfstring(L, "%s (%s)", rows[row].name, mio__lua_address_text(L, &addr));
    lua_remove(L, -2);
    return true;
}

/* ------------------------------------------------------------------- options */

typedef struct socket_option {
    mio_option option;
    bool is_switch; /* true and false in Lua; else a whole number */
} socket_option;

static const char *const option_names[] = {"nodelay",
                                           "keepalive",
                                           "keepalive_idle",
                                           "keepalive_interval",
                                           "keepalive_count",
                                           "linger",
                                           "reuseaddr",
                                           "reuseport",
                                           "ttl",
                                           "recv_buffer",
                                           "send_buffer",
                                           "only_v6",
                                           "broadcast",
                                           "multicast_ttl",
                                           "multicast_loop",
                                           NULL};
static const socket_option option_table[] = {{MIO_OPT_NODELAY, true},
                                             {MIO_OPT_KEEPALIVE, true},
                                             {MIO_OPT_KEEPALIVE_IDLE, false},
                                             {MIO_OPT_KEEPALIVE_INTERVAL, false},
                                             {MIO_OPT_KEEPALIVE_COUNT, false},
                                             {MIO_OPT_LINGER, false},
                                             {MIO_OPT_REUSEADDR, true},
                                             {MIO_OPT_REUSEPORT, true},
                                             {MIO_OPT_TTL, false},
                                             {MIO_OPT_RECV_BUFFER, false},
                                             {MIO_OPT_SEND_BUFFER, false},
                                             {MIO_OPT_ONLY_V6, true},
                                             {MIO_OPT_BROADCAST, true},
                                             {MIO_OPT_MULTICAST_TTL, false},
                                             {MIO_OPT_MULTICAST_LOOP, true}};

static const socket_option *option_check(lua_State *L, int arg)
{
    int which;

    luaL_checkstring(L, arg);
    which = mio__lua_name_find(L, arg, option_names);
    if (which < 0)
        mio__lua_name_unknown(L, arg, "option", arg, option_names);
    return &option_table[which];
}

static int option_check_value(lua_State *L, int arg, const socket_option *option)
{
    lua_Integer value;

    if (option->is_switch) {
        luaL_checktype(L, arg, LUA_TBOOLEAN);
        return lua_toboolean(L, arg);
    }
    value = luaL_checkinteger(L, arg);
    luaL_argcheck(L, value >= INT_MIN && value <= INT_MAX, arg, "the number is out of range");
    return (int)value;
}

int mio__lua_socket_getoption(lua_State *L)
{
    const mio__lua_source *source = socket_check(L);
    const socket_option *option = option_check(L, 2);
    int value, err;

    if (source->fd < 0)
        return mio__lua_token(L, "closed");
    err = mio_socket_get(source->fd, option->option, &value);
    if (err < 0)
        return mio__lua_failure(L, err);
    if (option->is_switch)
        lua_pushboolean(L, value);
    else
        lua_pushinteger(L, value);
    return 1;
}

int mio__lua_socket_setoption(lua_State *L)
{
    const mio__lua_source *source = socket_check(L);
    const socket_option *option = option_check(L, 2);
    const int value = option_check_value(L, 3, option);

    if (source->fd < 0)
        return mio__lua_token(L, "closed");
    return mio__lua_outcome(L, mio_socket_set(source->fd, option->option, value));
}
