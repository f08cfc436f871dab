#include "datagram.h"

#include "address.h"
#include "batch.h"
#include "buffer.h"
#include "options.h"
#include "passing.h"
#include "piece.h"
#include "result.h"
#include "socket_options.h"

#include "mio/datagram.h"
#include "mio/socket.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <string.h>

mio__lua_datagram *mio__lua_datagram_new(lua_State *L, bool has_end)
{
    mio__lua_datagram *datagram = mio__lua_class_new(L, CLASS_DATAGRAM, sizeof *datagram, 0);

    datagram->source.fd = -1;
    datagram->has_end = has_end;
    return datagram;
}

static mio__lua_datagram *datagram_check(lua_State *L)
{
    return mio__lua_class_check(L, 1, CLASS_DATAGRAM, sizeof(mio__lua_datagram));
}

static int datagram_outcome(lua_State *L, int err)
{
    if (err < 0)
        return mio__lua_message_failure(L, err);
    lua_pushboolean(L, 1);
    return 1;
}

static int datagram_count(lua_State *L, ptrdiff_t count)
{
    if (count < 0)
        return mio__lua_message_failure(L, count);
    lua_pushinteger(L, (lua_Integer)count);
    return 1;
}

static void datagram_read_options(lua_State *L, int arg, mio_datagram_options *ret_options)
{
    const mio__lua_option known[] = {
        {"reuseaddr", OPTION_BOOLEAN, &ret_options->reuseaddr, NULL},
        {"reuseport", OPTION_BOOLEAN, &ret_options->reuseport, NULL},
        {"only_v6", OPTION_BOOLEAN, &ret_options->only_v6, NULL},
        {"broadcast", OPTION_BOOLEAN, &ret_options->broadcast, NULL},
        {"replace_stale", OPTION_BOOLEAN, &ret_options->replace_stale, NULL},
    };

    mio__lua_options_read(L, arg, known, sizeof known / sizeof *known);
}

int mio__lua_datagram_create(lua_State *L)
{
    mio_datagram_options options = {.reuseaddr = false};
    mio__lua_datagram *datagram;
    mio_addr addr;
    int err;

    if (lua_isnoneornil(L, 1))
        mio_addr_parse("0.0.0.0:0", &addr);
    else
        mio__lua_address_check(L, 1, &addr);
    datagram_read_options(L, 2, &options);
    datagram = mio__lua_datagram_new(L, false);
    err = mio_datagram_open(&addr, &options, &datagram->source.fd);
    if (err < 0)
        return mio__lua_failure_in(L, err, "datagram", mio__lua_address_text(L, &addr));
    return 1;
}

/* The address at `arg`; NULL for none. */
static const mio_addr *datagram_opt_address(lua_State *L, int arg, mio_addr *addr)
{
    if (lua_isnoneornil(L, arg))
        return NULL;
    mio__lua_address_check(L, arg, addr);
    return addr;
}

/* datagram:connect([address]): without one, no peer any more */
static int datagram_connect(lua_State *L)
{
    const mio__lua_datagram *datagram = datagram_check(L);
    mio_addr room;
    const mio_addr *addr = datagram_opt_address(L, 2, &room);

    if (datagram->source.fd < 0)
        return mio__lua_token(L, "closed");
    return mio__lua_outcome(L, mio_datagram_connect(datagram->source.fd, addr));
}

/* ---------------------------------------------------------------- one by one */

/* datagram:try_send(data [, address]) */
static int datagram_try_send(lua_State *L)
{
    const mio__lua_datagram *datagram = datagram_check(L);
    mio_addr room;
    const mio_addr *to = datagram_opt_address(L, 3, &room);
    mio__lua_buffer *buffer;
    struct iovec piece;
    int err;

    mio__lua_piece_check(L, 2);
    if (datagram->source.fd < 0)
        return mio__lua_token(L, "closed");
    piece = mio__lua_piece(L, 2);
    err = mio_datagram_send(datagram->source.fd, piece.iov_base, piece.iov_len, to);
    buffer = mio__lua_buffer_test(L, 2);
    if (err == 0 && buffer != NULL)
        mio__lua_buffer_consume(buffer, piece.iov_len);
    return datagram_outcome(L, err);
}

static int datagram_recv_string(lua_State *L,
                                ptrdiff_t (*recv)(mio_fd fd, void *buffer, size_t size,
                                                  mio_addr *ret_from))
{
    const mio__lua_datagram *datagram = datagram_check(L);
    const size_t size = mio__lua_scratch_check_size(L, 2);
    char *scratch = mio__lua_state_get(L)->scratch;
    mio_addr from;
    ptrdiff_t length;

    if (datagram->source.fd < 0)
        return mio__lua_token(L, "closed");
    length = recv(datagram->source.fd, scratch, size, &from);
    if (length < 0)
        return mio__lua_message_failure(L, length);
    if (length == 0 && datagram->has_end)
        return mio__lua_end_of_stream(L);
    lua_pushlstring(L, scratch, (size_t)length);
    mio__lua_address_push_any(L, &from);
    return 2;
}

/* datagram:try_recv([n]): data, address */
static int datagram_try_recv(lua_State *L)
{
    return datagram_recv_string(L, mio_datagram_recv);
}

/* datagram:try_peek([n]): data, address */
static int datagram_try_peek(lua_State *L)
{
    return datagram_recv_string(L, mio_datagram_peek);
}

/* datagram:try_recv_into(buffer [, n]): how many bytes were added, address */
static int datagram_try_recv_into(lua_State *L)
{
    const mio__lua_datagram *datagram = datagram_check(L);
    mio__lua_buffer *buffer = mio__lua_class_check(L, 2, CLASS_BUFFER, sizeof *buffer);
    const size_t size = mio__lua_scratch_check_size(L, 3);
    mio_addr from;
    ptrdiff_t length;

    mio__lua_buffer_reserve(L, 2, buffer, size);
    if (datagram->source.fd < 0)
        return mio__lua_token(L, "closed");
    length = mio_datagram_recv(datagram->source.fd, buffer->data + buffer->end, size, &from);
    if (length < 0)
        return mio__lua_message_failure(L, length);
    if (length == 0 && datagram->has_end)
        return mio__lua_end_of_stream(L);
    buffer->end += (size_t)length;
    lua_pushinteger(L, (lua_Integer)length);
    mio__lua_address_push_any(L, &from);
    return 2;
}

/* ------------------------------------------------------------------- batches */

/* datagram:try_recv_batch(batch): how many have come */
static int datagram_try_recv_batch(lua_State *L)
{
    const mio__lua_datagram *datagram = datagram_check(L);
    mio__lua_batch *batch = mio__lua_batch_check(L, 2);
    ptrdiff_t count;

    if (datagram->source.fd < 0)
        return mio__lua_token(L, "closed");
    count = mio_datagram_recv_batch(datagram->source.fd, batch->datagrams, batch->capacity);
    batch->count = count > 0 ? (size_t)count : 0;
    if (count == 0)
        return mio__lua_end_of_stream(L);
    return datagram_count(L, count);
}

/* datagram:try_send_batch(batch [, i]): how many, from i on, are under way */
static int datagram_try_send_batch(lua_State *L)
{
    const mio__lua_datagram *datagram = datagram_check(L);
    const mio__lua_batch *batch = mio__lua_batch_check(L, 2);
    const lua_Integer first = luaL_optinteger(L, 3, 1);

    luaL_argcheck(L, first >= 1 && first <= (lua_Integer)batch->count + 1, 3,
                  "the batch does not hold so many");
    if (datagram->source.fd < 0)
        return mio__lua_token(L, "closed");
    if ((size_t)first > batch->count)
        return datagram_count(L, 0);
    return datagram_count(L, mio_datagram_send_batch(datagram->source.fd,
                                                     batch->datagrams + first - 1,
                                                     batch->count - (size_t)first + 1));
}

/* ----------------------------------------------------------------- multicast */

/* The number of the interface that has the name at `arg`, or -errno. */
static int datagram_named_interface(lua_State *L, int arg)
{
    size_t length;
    const char *name = lua_tolstring(L, arg, &length);
    unsigned index;

    luaL_argcheck(L, strlen(name) == length, arg, "the name of an interface has no zeros");
    index = if_nametoindex(name);
    return index == 0 ? -errno : (int)index;
}

/* The number of the interface at `arg`, which may be its name; 0 for none; or -errno. */
static int datagram_opt_interface(lua_State *L, int arg)
{
    lua_Integer number;

    if (lua_isnoneornil(L, arg))
        return 0;
    if (lua_type(L, arg) == LUA_TSTRING)
        return datagram_named_interface(L, arg);
    number = luaL_checkinteger(L, arg);
    luaL_argcheck(L, number >= 1 && number <= INT_MAX, arg,
                  "an interface is a name, or a number from 1 to 2147483647");
    return (int)number;
}

static int datagram_change_group(lua_State *L, int (*change)(mio_fd fd, const mio_addr *group,
                                                             unsigned interface))
{
    const mio__lua_datagram *datagram = datagram_check(L);
    mio_addr group;
    int interface;

    mio__lua_address_check(L, 2, &group);
    interface = datagram_opt_interface(L, 3);
    if (datagram->source.fd < 0)
        return mio__lua_token(L, "closed");
    if (interface < 0)
        return mio__lua_failure(L, interface);
    return mio__lua_outcome(L, change(datagram->source.fd, &group, (unsigned)interface));
}

/* datagram:join(group [, interface]) */
static int datagram_join(lua_State *L)
{
    return datagram_change_group(L, mio_multicast_join);
}

/* datagram:leave(group [, interface]) */
static int datagram_leave(lua_State *L)
{
    return datagram_change_group(L, mio_multicast_leave);
}

/* datagram:multicast_interface([interface]) */
static int datagram_multicast_interface(lua_State *L)
{
    const mio__lua_datagram *datagram = datagram_check(L);
    const int interface = datagram_opt_interface(L, 2);

    if (datagram->source.fd < 0)
        return mio__lua_token(L, "closed");
    if (interface < 0)
        return mio__lua_failure(L, interface);
    return mio__lua_outcome(L,
                            mio_multicast_interface(datagram->source.fd, (unsigned)interface));
}

/* --------------------------------------------------------------------- class */

/* datagram:close(), __gc and __close */
static int datagram_close(lua_State *L)
{
    mio__lua_source_close(L, &datagram_check(L)->source);
    lua_pushboolean(L, 1);
    return 1;
}

static int datagram_tostring(lua_State *L)
{
    datagram_check(L);
    return mio__lua_source_describe(L, "mio.datagram");
}

void mio__lua_datagram_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"connect", datagram_connect},
        {"try_send", datagram_try_send},
        {"try_recv", datagram_try_recv},
        {"try_peek", datagram_try_peek},
        {"try_recv_into", datagram_try_recv_into},
        {"try_recv_batch", datagram_try_recv_batch},
        {"try_send_batch", datagram_try_send_batch},
        {"try_send_fds", mio__lua_passing_try_send},
        {"try_recv_fds", mio__lua_passing_try_recv},
        {"peer_credentials", mio__lua_passing_peer_credentials},
        {"join", datagram_join},
        {"leave", datagram_leave},
        {"multicast_interface", datagram_multicast_interface},
        {"local_address", mio__lua_socket_local_address},
        {"peer_address", mio__lua_socket_peer_address},
        {"getoption", mio__lua_socket_getoption},
        {"setoption", mio__lua_socket_setoption},
        {"getfd", mio__lua_source_method_getfd},
        {"pollfd", mio__lua_source_method_getfd},
        {"close", datagram_close},
        {NULL, NULL},
    };
    static const luaL_Reg meta[] = {
        {"__gc", datagram_close},
        {"__close", datagram_close},
        {"__tostring", datagram_tostring},
        {NULL, NULL},
    };

    mio__lua_class_define(L, CLASS_DATAGRAM, "mio.datagram", methods, meta);
}
