#include "stream.h"

#include "address.h"
#include "buffer.h"
#include "names.h"
#include "options.h"
#include "passing.h"
#include "piece.h"
#include "reading.h"
#include "result.h"
#include "socket_options.h"
#include "standard.h"
#include "unread.h"
#include "writing.h"

#include "mio/pipe.h"
#include "mio/socket.h"

#include <errno.h>
#include <string.h>

enum {
    STREAM_PIECES = 64,      /* of one try_write go out at once; what is left is the caller's */
    STREAM_READ_SPACE = 4096 /* free space that a read into a buffer makes sure of */
};

const mio__lua_stream_calls *mio__lua_stream_calls_of(const mio__lua_stream *stream)
{
    static const mio__lua_stream_calls table[] = {
        [STREAM_SOCKET] = {mio_read, mio_write, mio_writev},
        [STREAM_PIPE] = {mio_read, mio_pipe_write, mio_pipe_writev},
        [STREAM_INHERITED] = {mio__lua_standard_read, mio__lua_standard_write,
                              mio__lua_standard_writev},
    };

    return &table[stream->kind];
}

mio__lua_stream *mio__lua_stream_new(lua_State *L)
{
    mio__lua_stream *stream = mio__lua_class_new(L, CLASS_STREAM, sizeof *stream, 0);

    stream->source.fd = -1;
    return stream;
}

static mio__lua_stream *stream_check(lua_State *L)
{
    return mio__lua_class_check(L, 1, CLASS_STREAM, sizeof(mio__lua_stream));
}

int mio__lua_stream_connect(lua_State *L)
{
    mio_addr addr, local;
    bool nodelay = true;
    int type = MIO_STREAM;
    const mio__lua_option known[] = {{"nodelay", OPTION_BOOLEAN, &nodelay, NULL},
                                     {"local_address", OPTION_ADDRESS, &local, NULL},
                                     {"type", OPTION_CHOICE, &type, mio__lua_socket_types}};
    mio_connect_options options = {.local = NULL};
    mio__lua_source *source;
    int err;

    local.size = 0;
    mio__lua_address_check(L, 1, &addr);
    mio__lua_options_read(L, 2, known, sizeof known / sizeof *known);
    options.nagle = !nodelay;
    options.local = local.size != 0 ? &local : NULL;
    options.type = (mio_socket_type)type;
    source = mio__lua_socket_new(L, options.type);
    err = mio_connect(&addr, &options, &source->fd);
    if (err < 0)
        return mio__lua_failure_in(L, err, "connect", mio__lua_address_text(L, &addr));
    return 1;
}

/* stream:connected() */
static int stream_connected(lua_State *L)
{
    const mio__lua_stream *stream = stream_check(L);
    int err;

    if (stream->source.fd < 0)
        return mio__lua_token(L, "closed");
    err = mio_connect_result(stream->source.fd);
    return mio__lua_outcome(L, err == -EINPROGRESS ? -EAGAIN : err);
}

/* ------------------------------------------------------------------- reading */

int mio__lua_stream_failure(lua_State *L, ptrdiff_t count)
{
    return count == 0 ? mio__lua_end_of_stream(L) : mio__lua_failure(L, (int)count);
}

int mio__lua_stream_refuse(lua_State *L, const mio__lua_stream *stream)
{
    return stream->source.fd < 0 ? mio__lua_token(L, "closed") : mio__lua_failure(L, -ENOMEM);
}

/* Whether tasks have left bytes unread, which come before those of the kernel. */
static inline bool stream_has_kept(const mio__lua_stream *stream, const mio__lua_park *park)
{
    return stream->unread || (park != NULL && mio__lua_bytes_length(&park->in) > 0);
}

/* Take of those up to `size` bytes, or look at them. Returns how many. */
static ptrdiff_t stream_get_kept(lua_State *L, mio__lua_stream *stream, void *bytes,
                                 size_t size, bool peeks)
{
    mio__lua_park *park;
    size_t kept;

    if (stream->unread)
        return (ptrdiff_t)mio__lua_unread_take(L, stream, bytes, size, peeks);
    park = mio__lua_park_find(&stream->source);
    kept = mio__lua_bytes_length(&park->in);
    size = size < kept ? size : kept;
    memcpy(bytes, park->in.data + park->in.start, size);
    if (!peeks)
        mio__lua_bytes_consume(&park->scheduler->pool, &park->in, size);
    return (ptrdiff_t)size;
}

/* As mio_read(), with what tasks have left unread first. It may be the first read. */
static inline ptrdiff_t stream_get(lua_State *L, mio__lua_stream *stream, void *bytes,
                                   size_t size)
{
    mio__lua_park *park = mio__lua_park_find(&stream->source);
    ptrdiff_t count;

    if (stream_has_kept(stream, park))
        count = stream_get_kept(L, stream, bytes, size, false);
    else
        count = mio__lua_stream_calls_of(stream)->read(stream->source.fd, bytes, size);
    if (park != NULL && count != -EAGAIN)
        park->is_fresh = false;
    return count;
}

/* As mio_peek(), the same. */
static ptrdiff_t stream_look(lua_State *L, mio__lua_stream *stream, void *bytes, size_t size)
{
    if (stream_has_kept(stream, mio__lua_park_find(&stream->source)))
        return stream_get_kept(L, stream, bytes, size, true);
    return mio_peek(stream->source.fd, bytes, size);
}

static inline int stream_read_string(lua_State *L, bool peeks)
{
    mio__lua_stream *stream = stream_check(L);
    const size_t size = mio__lua_scratch_check_size(L, 2);
    char *scratch = mio__lua_state_get(L)->scratch;
    ptrdiff_t count;

    if (stream->source.fd < 0 || stream->lost)
        return mio__lua_stream_refuse(L, stream);
    count =
        peeks ? stream_look(L, stream, scratch, size) : stream_get(L, stream, scratch, size);
    if (count <= 0)
        return mio__lua_stream_failure(L, count);
    stream->lost = !peeks; /* and so it stays, if there is no memory for the string */
    lua_pushlstring(L, scratch, (size_t)count);
    stream->lost = false;
    return 1;
}

/* stream:try_read([n]) */
static int stream_try_read(lua_State *L)
{
    return stream_read_string(L, false);
}

/* stream:try_peek([n]) */
static int stream_try_peek(lua_State *L)
{
    return stream_read_string(L, true);
}

/* stream:try_read_into(buffer [, n]): how many bytes were added */
static int stream_try_read_into(lua_State *L)
{
    mio__lua_stream *stream = stream_check(L);
    mio__lua_buffer *buffer = mio__lua_class_check(L, 2, CLASS_BUFFER, sizeof *buffer);
    const lua_Integer limit =
        lua_gettop(L) < 3 ? LUA_MAXINTEGER : luaL_optinteger(L, 3, LUA_MAXINTEGER);
    size_t size;
    ptrdiff_t count;

    luaL_argcheck(L, limit >= 1, 3, "a size is 1 byte or more");
    mio__lua_buffer_reserve(L, 2, buffer,
                            limit < STREAM_READ_SPACE ? (size_t)limit : STREAM_READ_SPACE);
    if (stream->source.fd < 0 || stream->lost)
        return mio__lua_stream_refuse(L, stream);
    size = mio__lua_buffer_free(buffer);
    if ((lua_Unsigned)limit < size)
        size = (size_t)limit;
    count = stream_get(L, stream, buffer->data + buffer->end, size);
    if (count <= 0)
        return mio__lua_stream_failure(L, count);
    buffer->end += (size_t)count;
    lua_pushinteger(L, (lua_Integer)count);
    return 1;
}

/* ------------------------------------------------------------------- writing */

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* What was taken of buffers is consumed: `taken` bytes of the pieces from argument 2 on. Of a
   buffer that was given twice no more than it holds. */
static void stream_consume(lua_State *L, const struct iovec *pieces, int count, size_t taken)
{
    for (int i = 0; i < count && taken > 0; i++) {
        const size_t part = min_size(pieces[i].iov_len, taken);
        mio__lua_buffer *buffer = mio__lua_buffer_test(L, i + 2);

        if (buffer != NULL)
            mio__lua_buffer_consume(buffer, min_size(part, mio__lua_buffer_length(buffer)));
        taken -= part;
    }
}

static int stream_written(lua_State *L, ptrdiff_t taken)
{
    if (taken < 0)
        return mio__lua_failure(L, (int)taken);
    lua_pushinteger(L, (lua_Integer)taken);
    return 1;
}

/* One buffer or one string, the common cases: nothing can run in between, and nothing is
   gathered. */
static int stream_write_buffer(lua_State *L, const mio__lua_stream *stream,
                               mio__lua_buffer *buffer)
{
    const ptrdiff_t taken = mio__lua_stream_calls_of(stream)->write(
        stream->source.fd, buffer->data + buffer->start, mio__lua_buffer_length(buffer));

    if (taken > 0)
        mio__lua_buffer_consume(buffer, (size_t)taken);
    return stream_written(L, taken);
}

static int stream_write_string(lua_State *L, const mio__lua_stream *stream)
{
    size_t size;
    const char *bytes = lua_tolstring(L, 2, &size);

    return stream_written(
        L, mio__lua_stream_calls_of(stream)->write(stream->source.fd, bytes, size));
}

static int stream_write_pieces(lua_State *L, const mio__lua_stream *stream, int given)
{
    mio__lua_park *park;
    struct iovec pieces[STREAM_PIECES];
    int used = 0;
    ptrdiff_t taken;

    for (int arg = 2; arg <= given + 1; arg++)
        mio__lua_piece_check(L, arg);
    if (stream->source.fd < 0)
        return mio__lua_token(L, "closed");
    park = mio__lua_park_find(&stream->source);
    if (park != NULL)
        return mio__lua_writing_try(L, park);
    do {
        pieces[used] = mio__lua_piece(L, used + 2);
        used++;
    } while (used < given && used < STREAM_PIECES);
    taken = mio__lua_stream_calls_of(stream)->writev(stream->source.fd, pieces, (size_t)used);
    if (taken > 0)
        stream_consume(L, pieces, used, (size_t)taken);
    return stream_written(L, taken);
}

/* stream:try_write(...): how many bytes were taken */
static int stream_try_write(lua_State *L)
{
    const mio__lua_stream *stream = stream_check(L);
    const int given = lua_gettop(L) - 1;

    luaL_argexpected(L, given > 0, 2, "string or mio.buffer");
    if (given == 1 && stream->source.fd >= 0 && mio__lua_park_find(&stream->source) == NULL) {
        mio__lua_buffer *buffer = mio__lua_buffer_test(L, 2);

        if (buffer != NULL)
            return stream_write_buffer(L, stream, buffer);
        if (lua_type(L, 2) == LUA_TSTRING)
            return stream_write_string(L, stream);
    }
    return stream_write_pieces(L, stream, given);
}

/* What tasks have written is sent. */
static int shutdown_continue(lua_State *L, int status, lua_KContext how)
{
    const mio__lua_stream *stream = lua_touserdata(L, 1);

    if (status == LUA_YIELD) {
        const mio__lua_task *task = mio__lua_task_continued(L);

        if (task == NULL)
            return lua_yieldk(L, 0, how, shutdown_continue);
        if (task->outcome != WOKEN)
            return mio__lua_task_not_woken(L, task);
    }
    if (stream->source.fd < 0)
        return mio__lua_token(L, "closed");
    return mio__lua_outcome(L, mio_shutdown(stream->source.fd, (mio_shutdown_how)how));
}

/* stream:shutdown([how]): "w" (the default), "r" or "rw" */
static int stream_shutdown(lua_State *L)
{
    static const char *const names[] = {"r", "w", "rw", NULL};
    static const mio_shutdown_how hows[] = {MIO_SHUTDOWN_READ, MIO_SHUTDOWN_WRITE,
                                            MIO_SHUTDOWN_BOTH};
    const mio__lua_stream *stream = stream_check(L);
    const mio_shutdown_how how = hows[mio__lua_name_check(L, 2, "w", names)];

    mio__lua_park *park = mio__lua_park_find(&stream->source);

    if (park != NULL && how != MIO_SHUTDOWN_READ)
        return mio__lua_writing_drain(L, park, how, shutdown_continue);
    return shutdown_continue(L, LUA_OK, how);
}

/* --------------------------------------------------------------------- class */

/* Tasks may have written what is not sent yet. */
static void stream_end(lua_State *L, mio__lua_stream *stream, bool drops)
{
    mio__lua_park *park = mio__lua_park_find(&stream->source);

    if (park != NULL && drops && park->is_written)
        mio__lua_park_flush(L, park);
    else if (park != NULL && !drops)
        mio__lua_park_leave(L, park);
    mio__lua_unread_drop(L, stream);
    mio__lua_source_close(L, &stream->source);
}

/* stream:close([reason]): with a reason, what the socket does not take is dropped */
static int stream_close(lua_State *L)
{
    stream_end(L, stream_check(L), !lua_isnoneornil(L, 2));
    lua_pushboolean(L, 1);
    return 1;
}

/* __gc and __close, whose second argument is an error */
static int stream_leave(lua_State *L)
{
    stream_end(L, stream_check(L), false);
    return 0;
}

static int stream_tostring(lua_State *L)
{
    stream_check(L);
    return mio__lua_source_describe(L, "mio.stream");
}

void mio__lua_stream_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"connected", stream_connected},
        {"chunks", mio__lua_reading_chunks},
        {"flush", mio__lua_writing_flush},
        {"lines", mio__lua_reading_lines},
        {"read", mio__lua_reading_read},
        {"read_exactly", mio__lua_reading_read_exactly},
        {"read_into", mio__lua_reading_read_into},
        {"read_until", mio__lua_reading_read_until},
        {"write", mio__lua_writing_write},
        {"try_read", stream_try_read},
        {"try_peek", stream_try_peek},
        {"try_read_into", stream_try_read_into},
        {"try_write", stream_try_write},
        {"try_send_fds", mio__lua_passing_try_send},
        {"try_recv_fds", mio__lua_passing_try_recv},
        {"peer_credentials", mio__lua_passing_peer_credentials},
        {"shutdown", stream_shutdown},
        {"local_address", mio__lua_socket_local_address},
        {"peer_address", mio__lua_socket_peer_address},
        {"getoption", mio__lua_socket_getoption},
        {"setoption", mio__lua_socket_setoption},
        {"getfd", mio__lua_source_method_getfd},
        {"pollfd", mio__lua_source_method_getfd},
        {"close", stream_close},
        {NULL, NULL},
    };
    static const luaL_Reg meta[] = {
        {"__gc", stream_leave},
        {"__close", stream_leave},
        {"__tostring", stream_tostring},
        {NULL, NULL},
    };

    mio__lua_class_define(L, CLASS_STREAM, "mio.stream", methods, meta);
}
