#include "passing.h"

#include "buffer.h"
#include "datagram.h"
#include "listener.h"
#include "names.h"
#include "piece.h"
#include "result.h"
#include "stream.h"

#include "mio/unix.h"

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
        return mio__lua_message_failure(L, taken);
    if (buffer != NULL)
        mio__lua_buffer_consume(buffer, (size_t)taken);
    lua_pushinteger(L, (lua_Integer)taken);
    return 1;
}

/* ----------------------------------------------------------------- receiving */

/*
 * Descriptors that have come, until an object owns each: it closes them where making the
 * objects fails. One that is empty waits in the state, so that asking makes no garbage. It is
 * taken out while it is not empty: making objects may run finalizers, which may receive.
 */
typedef struct mio__lua_passed {
    mio__lua_object object;
    size_t next; /* fds[next..count) are left */
    size_t count;
    mio_fd fds[MIO_UNIX_FDS_MAX];
} mio__lua_passed;

static void passed_close(mio__lua_passed *passed)
{
    while (passed->next < passed->count)
        mio_close(passed->fds[passed->next++]);
}

static int passed_gc(lua_State *L)
{
    passed_close(mio__lua_class_check(L, 1, CLASS_PASSED, sizeof(mio__lua_passed)));
    return 0;
}

/* Leave the one on top to the state. */
static void passed_keep(lua_State *L)
{
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, lua_upvalueindex(1), STATE_PASSED);
}

/* Push the one of the state, or a new one. */
static mio__lua_passed *passed_push(lua_State *L)
{
    mio__lua_passed *passed;

    if (lua_getiuservalue(L, lua_upvalueindex(1), STATE_PASSED) == LUA_TUSERDATA)
        return lua_touserdata(L, -1);
    lua_pop(L, 1);
    passed = mio__lua_class_new(L, CLASS_PASSED, sizeof *passed, 0);
    passed_keep(L);
    return passed;
}

/* Have the state forget its own. */
static void passed_take(lua_State *L)
{
    lua_pushnil(L);
    lua_setiuservalue(L, lua_upvalueindex(1), STATE_PASSED);
}

/* Push a new object for what is of this kind. */
static mio__lua_source *recv_new(lua_State *L, mio_kind kind)
{
    mio__lua_listener *listener;
    mio__lua_stream *stream;

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
        return mio__lua_socket_new(L, MIO_STREAM);
    case MIO_KIND_OTHER:
        break;
    }
    stream = mio__lua_stream_new(L);
    stream->kind = STREAM_PIPE;
    return &stream->source;
}

/* Push a table with an object for each descriptor, of its own kind. */
static void recv_push_sockets(lua_State *L, mio__lua_passed *passed)
{
    mio_kind kind;

    lua_createtable(L, (int)passed->count, 0);
    while (passed->next < passed->count) {
        if (mio_adopt(passed->fds[passed->next], &kind) < 0)
            kind = MIO_KIND_OTHER;
        recv_new(L, kind)->fd = passed->fds[passed->next];
        lua_rawseti(L, -2, (lua_Integer)++passed->next);
    }
}

static size_t recv_check_count(lua_State *L, int arg, size_t most, size_t otherwise)
{
    const lua_Integer count = luaL_optinteger(L, arg, (lua_Integer)otherwise);

    luaL_argcheck(L, count >= 1, arg, "a number from 1 up");
    return (size_t)count < most ? (size_t)count : most;
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
    mio__lua_passed *passed;
    mio_unix_fds came = {.capacity = capacity};
    ptrdiff_t length;

    lua_settop(L, 3);
    passed = passed_push(L);
    if (source->fd < 0)
        return mio__lua_token(L, "closed");
    came.fds = passed->fds;
    length = mio_unix_recv_fds(source->fd, scratch, size, &came);
    if (length < 0)
        return mio__lua_message_failure(L, length);
    passed->next = 0;
    passed->count = came.count;
    if (length == 0 && recv_has_end(L)) {
        passed_close(passed);
        return mio__lua_end_of_stream(L);
    }
    passed_take(L);
    lua_pushlstring(L, scratch, (size_t)length);
    recv_push_sockets(L, passed);
    lua_rotate(L, -3, -1);
    passed_keep(L);
    lua_pop(L, 1);
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

void mio__lua_passing_open(lua_State *L)
{
    static const luaL_Reg methods[] = {{NULL, NULL}};
    static const luaL_Reg meta[] = {{"__gc", passed_gc}, {NULL, NULL}};

    mio__lua_class_define(L, CLASS_PASSED, "mio.passed", methods, meta);
}
