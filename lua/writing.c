#include "writing.h"

#include "buffer.h"
#include "piece.h"
#include "result.h"

#include "mio/socket.h"

#include <errno.h>

/* Pieces from here on are not copied, where nothing waits before them: they go out at once, and
   an error is told at once. */
enum { WRITING_DIRECT = 16384, WRITING_PIECES = 64 };

static mio__lua_stream *writing_check(lua_State *L)
{
    return mio__lua_class_check(L, 1, CLASS_STREAM, sizeof(mio__lua_stream));
}

/* ----------------------------------------------------------------- appending */

static size_t pieces_size(lua_State *L, int last)
{
    size_t size = 0;

    for (int arg = 2; arg <= last; arg++)
        size += mio__lua_piece(L, arg).iov_len;
    return size;
}

/* Skip `skip` bytes, queue the rest; buffers are consumed. Room was made. */
static void pieces_queue(lua_State *L, mio__lua_park *park, int last, size_t skip)
{
    for (int arg = 2; arg <= last; arg++) {
        const struct iovec piece = mio__lua_piece(L, arg);
        const size_t skipped = skip < piece.iov_len ? skip : piece.iov_len;
        mio__lua_buffer *buffer = mio__lua_buffer_test(L, arg);

        skip -= skipped;
        mio__lua_bytes_append(&park->scheduler->pool, &park->out,
                              (const char *)piece.iov_base + skipped, piece.iov_len - skipped);
        if (buffer != NULL)
            mio__lua_buffer_consume(buffer, piece.iov_len);
    }
}

/* It is written to. Returns whether that is to be sent at once: the first time in a turn, where
   it was once the last time, and nothing waits. */
static bool writing_alone(mio__lua_park *park)
{
    const uint32_t turn = park->scheduler->turn;
    const bool first = park->written_in != turn;
    const bool alone = first && park->alone;

    park->written_in = turn;
    park->alone = first;
    return alone && mio__lua_bytes_length(&park->out) == 0;
}

/* What sending at once has brought: an error is kept for the next write, as of what waits. */
static size_t writing_sent(mio__lua_park *park, ptrdiff_t count, size_t size)
{
    if (count >= 0)
        return (size_t)count;
    if (count == -EAGAIN)
        return 0;
    park->write_err = (int)count;
    return size;
}

/* Send at once what the socket takes. Returns how much, or -errno. */
static ptrdiff_t pieces_send(lua_State *L, const mio__lua_park *park, int last)
{
    struct iovec pieces[WRITING_PIECES];
    size_t used = 0;

    for (int arg = 2; arg <= last && used < WRITING_PIECES; arg++)
        pieces[used++] = mio__lua_piece(L, arg);
    return park->calls->writev(park->fd, pieces, used);
}

/* Take all pieces, or none. Returns 0 or -errno. */
static int pieces_take(lua_State *L, mio__lua_park *park, int last)
{
    const size_t size = pieces_size(L, last);
    const bool alone = writing_alone(park);
    ptrdiff_t sent = 0;

    if (!mio__lua_bytes_reserve(&park->scheduler->pool, &park->out, size))
        return -ENOMEM;
    if (alone || (size >= WRITING_DIRECT && mio__lua_bytes_length(&park->out) == 0))
        sent = pieces_send(L, park, last);
    if (sent < 0 && sent != -EAGAIN && size >= WRITING_DIRECT) {
        mio__lua_bytes_consume(&park->scheduler->pool, &park->out, 0);
        return (int)sent;
    }
    pieces_queue(L, park, last, writing_sent(park, sent, size));
    mio__lua_bytes_consume(&park->scheduler->pool, &park->out, 0);
    if (mio__lua_bytes_length(&park->out) > 0)
        mio__lua_park_write(park);
    return 0;
}

/* Send at once, or queue, or both. Where the pool has a block, queueing what was not sent
   cannot fail. Returns 0 or -ENOMEM, with nothing taken. */
static int one_take(mio__lua_park *park, const char *bytes, size_t size)
{
    mio__lua_pool *pool = &park->scheduler->pool;
    size_t sent = 0;

    if (writing_alone(park) && pool->blocks != NULL)
        sent = writing_sent(park, park->calls->write(park->fd, bytes, size), size);
    if (sent == size)
        return 0;
    if (!mio__lua_bytes_append(pool, &park->out, bytes + sent, size - sent))
        return -ENOMEM;
    mio__lua_park_write(park);
    return 0;
}

/* One buffer or one string of less than a block, the common cases, without a second look; any
   other piece in the general way. Returns 0 or -errno. */
static int take_one(lua_State *L, mio__lua_park *park)
{
    mio__lua_buffer *buffer = mio__lua_buffer_test(L, 2);
    const char *bytes = NULL;
    size_t size = 0;
    int err;

    if (buffer != NULL) {
        bytes = buffer->data + buffer->start;
        size = mio__lua_buffer_length(buffer);
    } else if (lua_type(L, 2) == LUA_TSTRING) {
        bytes = lua_tolstring(L, 2, &size);
    }
    if (size == 0 || size > BYTES_BLOCK) {
        mio__lua_piece_check(L, 2);
        return park->scheduler != NULL ? pieces_take(L, park, 2) : -EBADF;
    }
    err = one_take(park, bytes, size);
    if (err == 0 && buffer != NULL)
        mio__lua_buffer_consume(buffer, size);
    return err;
}

/* An error of what was written before is told once, to who writes next. */
static int take_error(mio__lua_park *park)
{
    const int err = park->write_err;

    park->write_err = 0;
    return err;
}

/* ------------------------------------------------------------------- waiting */

/* The park to write to; or NULL, and the number of results that say why not. */
static mio__lua_park *writing_begin(lua_State *L, mio__lua_stream *stream, int *ret_refused)
{
    mio__lua_park *park = NULL;
    int err = stream->source.fd < 0 ? -EBADF : mio__lua_park_get(L, &stream->source, &park);

    if (err == 0)
        err = take_error(park);
    if (err == 0)
        return park;
    *ret_refused = err == -EBADF ? mio__lua_token(L, "closed") : mio__lua_failure(L, err);
    return NULL;
}

/* Stack: stream, ... Everything is taken; some of it may have been refused meanwhile. */
static int writing_continue(lua_State *L, int status, lua_KContext ctx)
{
    const mio__lua_stream *stream = lua_touserdata(L, 1);
    mio__lua_park *park = mio__lua_park_find(&stream->source);
    const mio__lua_task *task = mio__lua_park_continued(L, park);
    int err;

    (void)status;
    if (task == NULL)
        return lua_yieldk(L, 0, ctx, writing_continue);
    if (task->outcome != WOKEN && task->outcome != WOKEN_PASSED)
        return mio__lua_task_not_woken(L, task);
    if (park == NULL)
        return mio__lua_token(L, "closed");
    err = take_error(park);
    return mio__lua_outcome(L, err);
}

/* Wait while more than `limit` bytes are not sent. */
static int writing_wait(lua_State *L, mio__lua_task *task, mio__lua_park *park, size_t limit)
{
    if (mio__lua_bytes_length(&park->out) > limit)
        return park->writer.task != NULL
                   ? mio__lua_token(L, "busy")
                   : mio__lua_task_park(L, task, &park->writer, "write", park->timeout_ns, 0,
                                        writing_continue);
    if (mio__lua_task_spent(task))
        return mio__lua_task_pass(L, task, 0, writing_continue);
    lua_pushboolean(L, 1);
    return 1;
}

int mio__lua_writing_write(lua_State *L)
{
    mio__lua_stream *stream = writing_check(L);
    const int last = lua_gettop(L);
    mio__lua_park *park;
    mio__lua_task *task;
    int refused = 0, err;

    luaL_argexpected(L, last > 1, 2, "string or mio.buffer");
    for (int arg = 2; last > 2 && arg <= last; arg++)
        mio__lua_piece_check(L, arg);
    park = mio__lua_park_find(&stream->source);
    task =
        park != NULL ? mio__lua_park_task(L, park, "write") : mio__lua_task_check(L, "write");
    if (park == NULL || park->write_err != 0)
        park = writing_begin(L, stream, &refused);
    if (park == NULL)
        return refused;
    if (park->writer.task != NULL)
        return mio__lua_token(L, "busy");
    err = last == 2 ? take_one(L, park) : pieces_take(L, park, last);
    return err < 0 ? mio__lua_failure(L, err) : writing_wait(L, task, park, park->high_water);
}

int mio__lua_writing_flush(lua_State *L)
{
    mio__lua_stream *stream = writing_check(L);
    mio__lua_task *task = mio__lua_task_check(L, "flush");
    mio__lua_park *park;
    int refused = 0;

    lua_settop(L, 1);
    park = writing_begin(L, stream, &refused);
    if (park == NULL)
        return refused;
    if (park->is_written)
        mio__lua_park_flush(L, park);
    if (park->write_err != 0)
        return mio__lua_failure(L, take_error(park));
    return writing_wait(L, task, park, 0);
}

int mio__lua_writing_drain(lua_State *L, mio__lua_park *park, lua_KContext ctx, lua_KFunction k)
{
    if (park->is_written)
        mio__lua_park_flush(L, park);
    if (mio__lua_bytes_length(&park->out) == 0)
        return k(L, LUA_OK, ctx);
    if (park->scheduler->current == NULL)
        return mio__lua_token(L, "again");
    if (park->writer.task != NULL)
        return mio__lua_token(L, "busy");
    return mio__lua_task_park(L, mio__lua_task_check(L, "shutdown"), &park->writer, "shutdown",
                              park->timeout_ns, ctx, k);
}

int mio__lua_writing_try(lua_State *L, mio__lua_park *park)
{
    const int last = lua_gettop(L);
    int err = take_error(park);

    if (err == 0 && mio__lua_bytes_length(&park->out) >= park->high_water)
        return mio__lua_token(L, "full");
    if (err == 0) {
        const size_t size = pieces_size(L, last);

        err = pieces_take(L, park, last);
        lua_pushinteger(L, (lua_Integer)size);
    }
    return err < 0 ? mio__lua_failure(L, err) : 1;
}
