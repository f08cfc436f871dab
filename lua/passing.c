#include "passing.h"

#include "buffer.h"
#include "datagram.h"
#include "listener.h"
#include "names.h"
#include "piece.h"
#include "result.h"
#include "stream.h"

#include "mio/unix.h"

#include <errno.h>

enum { PASSING_CAPACITY = 16 };

const char *const mio__lua_socket_types[] = {"stream", "seqpacket", NULL};

mio__lua_source *mio__lua_socket_new(lua_State *L, mio_socket_type type)
{
    if (type == MIO_STREAM)
        return &mio__lua_stream_new(L)->source;
    return &mio__lua_datagram_new(L, type == MIO_SEQPACKET)->source;
}

int mio__lua_passing_pair(lua_State *L)
{
    static const char *const names[] = {"stream", "seqpacket", "datagram", NULL};
    const mio_socket_type type = (mio_socket_type)mio__lua_name_check(L, 1, "stream", names);
    mio__lua_source *one = mio__lua_socket_new(L, type);
    mio__lua_source *other = mio__lua_socket_new(L, type);
    mio_fd fds[2];
    const int err = mio_socketpair(type, fds);

    if (err < 0)
        return mio__lua_failure(L, err);
    one->fd = fds[0];
    other->fd = fds[1];
    return 2;
}

/* The stream or datagram socket at argument 1. */
static const mio__lua_source *passing_check(lua_State *L)
{
    const mio__lua_source *source =
        mio__lua_class_test(L, 1, CLASS_STREAM, sizeof(mio__lua_stream));

    if (source == NULL)
        source = mio__lua_class_test(L, 1, CLASS_DATAGRAM, sizeof(mio__lua_datagram));
    luaL_argexpected(L, source != NULL, 1, "mio.stream or mio.datagram");
    return source;
}

static int passing_failure(lua_State *L, ptrdiff_t err)
{
    if (err != -EMSGSIZE)
        return mio__lua_failure(L, (int)err);
    mio__lua_token(L, "too long");
    lua_pushliteral(L, "EMSGSIZE");
    return 3;
}

/* ------------------------------------------------------------------- sending */

/* Asking the objects may run their code: so the descriptors are asked before all else. */
static int send_check_fds(lua_State *L, mio_fd *fds)
{
    const int count = lua_gettop(L) - 2;

    luaL_argcheck(L, count >= 1 && count <= MIO_UNIX_FDS_MAX, 3,
                  "from 1 to 253 descriptors go with a message");
    for (int i = 0; i < count; i++)
        fds[i] = mio__lua_source_fd(L, i + 3);
    return count;
}

/* socket:try_send_fds(data, ...): how many bytes were taken */
int mio__lua_passing_try_send(lua_State *L)
{
    const mio__lua_source *source = passing_check(L);
    mio_fd fds[MIO_UNIX_FDS_MAX];
    const int count = send_check_fds(L, fds);
    mio__lua_buffer *buffer = mio__lua_buffer_test(L, 2);
    struct iovec piece;
    ptrdiff_t taken;

    mio__lua_piece_check(L, 2);
    piece = mio__lua_piece(L, 2);
    luaL_argcheck(L, piece.iov_len > 0, 2, "descriptors go with 1 byte or more");
    if (source->fd < 0)
        return mio__lua_token(L, "closed");
    taken = mio_unix_send_fds(source->fd, piece.iov_base, piece.iov_len, fds, (size_t)count);
    if (taken < 0)
        return passing_failure(L, taken);
    if (buffer != NULL)
        mio__lua_buffer_consume(buffer, (size_t)taken);
    lua_pushinteger(L, (lua_Integer)taken);
    return 1;
}

/* ----------------------------------------------------------------- receiving */

/* Push a table of streams without descriptors: whatever fails later, they close what came. */
static void recv_prepare(lua_State *L, size_t capacity)
{
    lua_createtable(L, (int)capacity, 0);
    for (size_t i = 1; i <= capacity; i++) {
        mio__lua_stream_new(L);
        lua_rawseti(L, -2, (lua_Integer)i);
    }
}

static mio__lua_stream *recv_object(lua_State *L, int table, size_t i)
{
    mio__lua_stream *stream;

    lua_rawgeti(L, table, (lua_Integer)i);
    stream = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return stream;
}

/* A new object for what is of this kind, or NULL where the stream that is there will do. */
static mio__lua_source *recv_new(lua_State *L, mio_kind kind)
{
    mio__lua_listener *listener;

    switch (kind) {
    case MIO_KIND_LISTENER:
    case MIO_KIND_SEQPACKET_LISTENER:
        listener =
            mio__lua_listener_new(L, kind == MIO_KIND_LISTENER ? MIO_STREAM : MIO_SEQPACKET);
        mio_spare_open(&listener->spare); /* stays -1 where that fails: shedding mends it */
        return &listener->source;
    case MIO_KIND_SEQPACKET:
        return mio__lua_socket_new(L, MIO_SEQPACKET);
    case MIO_KIND_DATAGRAM:
        return mio__lua_socket_new(L, MIO_DATAGRAM);
    case MIO_KIND_STREAM:
    case MIO_KIND_OTHER:
        break;
    }
    return NULL;
}

/* Have the i-th descriptor of the table owned by an object of its own kind. */
static void recv_adopt(lua_State *L, int table, size_t i)
{
    mio__lua_stream *stream = recv_object(L, table, i);
    mio__lua_source *owner = &stream->source, *source;
    mio_kind kind;

    if (mio_adopt(owner->fd, &kind) < 0)
        return;
    if (kind == MIO_KIND_OTHER)
        stream->kind = STREAM_PIPE;
    source = recv_new(L, kind);
    if (source == NULL)
        return;
    source->fd = owner->fd;
    owner->fd = -1;
    lua_rawseti(L, table, (lua_Integer)i);
}

static size_t recv_check_count(lua_State *L, int arg, size_t most, size_t otherwise)
{
    const lua_Integer count = luaL_optinteger(L, arg, (lua_Integer)otherwise);

    luaL_argcheck(L, count >= 1, arg, "a number from 1 up");
    return (size_t)count < most ? (size_t)count : most;
}

/* Give what came to the objects of the table, and drop those that are left. */
static void recv_own(lua_State *L, int table, const mio_unix_fds *came)
{
    for (size_t i = 1; i <= came->count; i++)
        recv_object(L, table, i)->source.fd = came->fds[i - 1];
    for (size_t i = came->count + 1; i <= came->capacity; i++) {
        lua_pushnil(L);
        lua_rawseti(L, table, (lua_Integer)i);
    }
}

/* Whether 0 bytes are the end for the socket at argument 1: not for datagrams. */
static bool recv_has_end(lua_State *L)
{
    const mio__lua_datagram *datagram =
        mio__lua_class_test(L, 1, CLASS_DATAGRAM, sizeof *datagram);

    return datagram == NULL || datagram->has_end;
}

/* socket:try_recv_fds([n [, count]]): data, table of sockets, whether some were lost */
int mio__lua_passing_try_recv(lua_State *L)
{
    const mio__lua_source *source = passing_check(L);
    const size_t size = recv_check_count(L, 2, MIO__LUA_SCRATCH, MIO__LUA_SCRATCH);
    const size_t capacity = recv_check_count(L, 3, MIO_UNIX_FDS_MAX, PASSING_CAPACITY);
    char *scratch = mio__lua_state_get(L)->scratch;
    mio_fd fds[MIO_UNIX_FDS_MAX];
    mio_unix_fds came = {.fds = fds, .capacity = capacity};
    const int table = 4;
    ptrdiff_t length;

    lua_settop(L, 3);
    recv_prepare(L, capacity);
    if (source->fd < 0)
        return mio__lua_token(L, "closed");
    length = mio_unix_recv_fds(source->fd, scratch, size, &came);
    if (length < 0)
        return passing_failure(L, length);
    recv_own(L, table, &came);
    if (length == 0 && recv_has_end(L))
        return mio__lua_end_of_stream(L);
    lua_pushlstring(L, scratch, (size_t)length);
    for (size_t i = 1; i <= came.count; i++)
        recv_adopt(L, table, i);
    lua_pushvalue(L, table);
    lua_pushboolean(L, came.truncated);
    return 3;
}

/* socket:peer_credentials(): pid, uid, gid */
int mio__lua_passing_peer_credentials(lua_State *L)
{
    const mio__lua_source *source = passing_check(L);
    mio_unix_credentials peer;
    int err;

    if (source->fd < 0)
        return mio__lua_token(L, "closed");
    err = mio_unix_credentials_of(source->fd, &peer);
    if (err < 0)
        return mio__lua_failure(L, err);
    lua_pushinteger(L, peer.pid);
    lua_pushinteger(L, peer.uid);
    lua_pushinteger(L, peer.gid);
    return 3;
}
