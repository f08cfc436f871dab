#include "reading.h"

#include "buffer.h"
#include "options.h"
#include "park.h"
#include "result.h"
#include "unread.h"

#include "mio/socket.h"

#include <errno.h>
#include <string.h>

enum { READING_MAX = 65536, READING_FILL = 16384 };

static mio__lua_stream *reading_check(lua_State *L)
{
    return mio__lua_class_check(L, 1, CLASS_STREAM, sizeof(mio__lua_stream));
}

/* What an earlier run has left. Returns 0 or -ENOMEM. */
static int reading_take_over(lua_State *L, mio__lua_stream *stream, mio__lua_park *park)
{
    mio__lua_pool *pool = &park->scheduler->pool;

    while (stream->unread) {
        if (!mio__lua_bytes_reserve(pool, &park->in, BYTES_BLOCK))
            return -ENOMEM;
        park->in.end +=
            mio__lua_unread_take(L, stream, park->in.data + park->in.end, BYTES_BLOCK, false);
    }
    return 0;
}

/* The park to read at; or NULL, and the number of results that say why not. */
static mio__lua_park *reading_begin(lua_State *L, mio__lua_stream *stream, int *ret_refused)
{
    mio__lua_park *park = NULL;
    int err;

    *ret_refused = 0;
    if (stream->source.fd < 0 || stream->lost) {
        *ret_refused = mio__lua_stream_refuse(L, stream);
        return NULL;
    }
    err = mio__lua_park_get(L, &stream->source, &park);
    if (err == 0 && stream->unread)
        err = reading_take_over(L, stream, park);
    if (err < 0)
        *ret_refused = err == -EBADF ? mio__lua_token(L, "closed") : mio__lua_failure(L, err);
    else if (park->reader.task != NULL)
        *ret_refused = mio__lua_token(L, "busy");
    return *ret_refused == 0 ? park : NULL;
}

/* Read at once. Returns as mio_read(); a short read has emptied the socket. */
static ptrdiff_t reading_now(mio__lua_park *park, char *bytes, size_t size)
{
    const ptrdiff_t count = park->calls->read(park->fd, bytes, size);

    park->readable = count != -EAGAIN && (park->ended || count == (ptrdiff_t)size);
    return count;
}

/* What an event has read for the task that it has woken; it is there once. */
static const char *woken_take(mio__lua_park *park)
{
    const char *bytes = park->bytes;

    park->bytes = NULL;
    return bytes;
}

/* How long the reader may wait, where `timeout_ns` is for the whole of several waits. */
static int64_t reading_left(mio__lua_park *park, int64_t timeout_ns)
{
    int64_t left_ns;

    if (park->due_ns < 0 && timeout_ns >= 0)
        park->due_ns = mio__lua_park_due(park, timeout_ns);
    if (park->due_ns < 0)
        return -1;
    left_ns = park->due_ns - mio_loop_now(park->scheduler->loop->core);
    return left_ns > 0 ? left_ns : 0;
}

/* ------------------------------------------------------------- as it comes */

/* Stack: stream; or stream, buffer. */
typedef enum take_kind { TAKE_STRING, TAKE_INTO } take_kind;

/* If there is no memory for them, the bytes are lost, and the stream says so from then on. */
static int take_deliver(lua_State *L, mio__lua_stream *stream, take_kind kind,
                        const char *bytes, ptrdiff_t count)
{
    mio__lua_buffer *buffer;

    if (count <= 0)
        return mio__lua_stream_failure(L, count);
    stream->lost = true;
    if (kind == TAKE_STRING) {
        lua_pushlstring(L, bytes, (size_t)count);
    } else {
        buffer = lua_touserdata(L, 2);
        mio__lua_buffer_reserve(L, 2, buffer, (size_t)count);
        memcpy(buffer->data + buffer->end, bytes, (size_t)count);
        buffer->end += (size_t)count;
        lua_pushinteger(L, (lua_Integer)count);
    }
    stream->lost = false;
    return 1;
}

/* What was read and not asked for; it stays where it is until Lua has it. */
static int take_kept(lua_State *L, mio__lua_stream *stream, mio__lua_park *park, take_kind kind,
                     size_t size)
{
    const size_t length = mio__lua_bytes_length(&park->in);
    const size_t count = size < length ? size : length;
    int results;

    park->is_fresh = false;
    results = take_deliver(L, stream, kind, park->in.data + park->in.start, (ptrdiff_t)count);
    if (park->scheduler != NULL) /* else a finalizer has closed the stream */
        mio__lua_bytes_consume(&park->scheduler->pool, &park->in, count);
    return results;
}

/* What is on the stack above the arguments is anybody's. So the context of who lets others go
   first holds the kind and the size; that of who waits is the stream, which is on the stack. */
static int take_passed(lua_State *L, int status, lua_KContext ctx);
static int take_string(lua_State *L, int status, lua_KContext ctx);
static int take_into(lua_State *L, int status, lua_KContext ctx);

static int take_next(lua_State *L, mio__lua_stream *stream, take_kind kind, size_t size)
{
    mio__lua_park *park = mio__lua_park_find(&stream->source);
    mio__lua_task *task =
        park != NULL ? mio__lua_park_task(L, park, "read") : mio__lua_task_check(L, "read");

    if (park == NULL || stream->lost || stream->unread || park->reader.task != NULL) {
        int refused;

        park = reading_begin(L, stream, &refused);
        if (park == NULL)
            return refused;
    }
    if ((mio__lua_bytes_length(&park->in) > 0 || park->readable) && mio__lua_task_spent(task))
        return mio__lua_task_pass(L, task, (lua_KContext)(size * 2 + kind), take_passed);
    if (mio__lua_bytes_length(&park->in) > 0)
        return take_kept(L, stream, park, kind, size);
    if (park->readable) {
        char *scratch = mio__lua_state_get(L)->scratch;
        const ptrdiff_t count = reading_now(park, scratch, size);

        if (count != -EAGAIN) {
            park->is_fresh = false;
            return take_deliver(L, stream, kind, scratch, count);
        }
    }
    park->wants = (uint32_t)size;
    return mio__lua_task_park(L, task, &park->reader, "read",
                              park->is_fresh ? reading_left(park, -1) : park->timeout_ns,
                              (lua_KContext)stream,
                              kind == TAKE_STRING ? take_string : take_into);
}

static int take_passed(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    if (mio__lua_task_continued(L) == NULL)
        return lua_yieldk(L, 0, ctx, take_passed);
    return take_next(L, lua_touserdata(L, 1), (take_kind)(ctx % 2), (size_t)ctx / 2);
}

static int take_woken(lua_State *L, mio__lua_stream *stream, take_kind kind, lua_KFunction k)
{
    mio__lua_park *park = mio__lua_park_find(&stream->source);
    const mio__lua_task *task = mio__lua_park_continued(L, park);

    if (task == NULL)
        return lua_yieldk(L, 0, (lua_KContext)stream, k);
    if (task->outcome != WOKEN)
        return mio__lua_task_not_woken(L, task);
    if (park == NULL)
        return mio__lua_token(L, "closed");
    park->is_fresh = false;
    return take_deliver(L, stream, kind, woken_take(park), park->count);
}

static int take_string(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    return take_woken(L, (mio__lua_stream *)ctx, TAKE_STRING, take_string);
}

static int take_into(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    return take_woken(L, (mio__lua_stream *)ctx, TAKE_INTO, take_into);
}

int mio__lua_reading_read(lua_State *L)
{
    mio__lua_stream *stream = reading_check(L);

    return take_next(L, stream, TAKE_STRING, mio__lua_scratch_check_size(L, 2));
}

int mio__lua_reading_read_into(lua_State *L)
{
    mio__lua_stream *stream = reading_check(L);

    mio__lua_class_check(L, 2, CLASS_BUFFER, sizeof(mio__lua_buffer));
    return take_next(L, stream, TAKE_INTO, mio__lua_scratch_check_size(L, 3));
}

/* The iterator; its upvalue is the size, which was checked. */
static int chunks_next(lua_State *L)
{
    mio__lua_stream *stream = reading_check(L);

    return take_next(L, stream, TAKE_STRING, (size_t)lua_tointeger(L, lua_upvalueindex(2)));
}

int mio__lua_reading_chunks(lua_State *L)
{
    size_t size;

    reading_check(L);
    size = mio__lua_scratch_check_size(L, 2);
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushinteger(L, (lua_Integer)size);
    lua_pushcclosure(L, chunks_next, 2);
    lua_insert(L, 1);
    return 2;
}

/* ------------------------------------------------------- of a length, or to an end */

/* Stack: stream, length; or stream, delimiter, max, timeout in ns (nil: the stream's own), and
   whether the end of the stream is one, too. */
typedef enum piece_kind { PIECE_EXACTLY, PIECE_UNTIL } piece_kind;

enum { UNTIL_DELIMITER = 2, UNTIL_MAX, UNTIL_TIMEOUT, UNTIL_LAST, UNTIL_TOP = UNTIL_LAST };

/* Push `count` bytes from the front, and take them and `more` out. */
static int piece_push(lua_State *L, mio__lua_park *park, size_t count, size_t more)
{
    park->is_fresh = false;
    lua_pushlstring(L, park->in.data != NULL ? park->in.data + park->in.start : "", count);
    if (park->scheduler != NULL)
        mio__lua_bytes_consume(&park->scheduler->pool, &park->in, count + more);
    return 1;
}

/* The results, or 0 where more has to be read. */
static int piece_exactly(lua_State *L, mio__lua_park *park)
{
    const size_t wanted = mio__lua_size_of(lua_tointeger(L, 2));

    return mio__lua_bytes_length(&park->in) >= wanted ? piece_push(L, park, wanted, 0) : 0;
}

/* The same. What was searched once is not searched again. */
static int piece_until(lua_State *L, mio__lua_park *park)
{
    size_t size;
    const char *delimiter = lua_tolstring(L, UNTIL_DELIMITER, &size);
    const size_t length = mio__lua_bytes_length(&park->in);
    const size_t max = mio__lua_size_of(lua_tointeger(L, UNTIL_MAX));
    const char *bytes = park->in.data != NULL ? park->in.data + park->in.start : "";
    const char *found =
        memmem(bytes + park->searched, length - park->searched, delimiter, size);

    if (found != NULL && (size_t)(found - bytes) <= max)
        return piece_push(L, park, (size_t)(found - bytes), size);
    if (found != NULL || length >= max + size) {
        park->is_fresh = false;
        return mio__lua_token(L, "too long");
    }
    park->searched = length >= size ? length - size + 1 : 0;
    return 0;
}

static int piece_find(lua_State *L, mio__lua_park *park, piece_kind kind)
{
    return kind == PIECE_EXACTLY ? piece_exactly(L, park) : piece_until(L, park);
}

/* The stream has ended, or failed. The last line needs no end of its own. */
static int piece_end(lua_State *L, mio__lua_park *park, piece_kind kind, ptrdiff_t count)
{
    const size_t length = mio__lua_bytes_length(&park->in);

    if (count == 0 && kind == PIECE_UNTIL && lua_toboolean(L, UNTIL_LAST) && length > 0)
        return piece_push(L, park, length, 0);
    return mio__lua_stream_failure(L, count);
}

static int piece_continue(lua_State *L, int status, lua_KContext kind);

static int piece_park(lua_State *L, mio__lua_task *task, mio__lua_park *park, piece_kind kind)
{
    const bool own = kind == PIECE_UNTIL && !lua_isnil(L, UNTIL_TIMEOUT);

    park->wants = READING_FILL;
    return mio__lua_task_park(
        L, task, &park->reader, "read",
        reading_left(park, own ? (int64_t)lua_tointeger(L, UNTIL_TIMEOUT) : park->timeout_ns),
        kind, piece_continue);
}

/* Read at once into the park. Returns as mio_read(), or -ENOMEM before anything is read. */
static ptrdiff_t piece_fill(mio__lua_park *park)
{
    ptrdiff_t count;

    if (!mio__lua_bytes_reserve(&park->scheduler->pool, &park->in, BYTES_BLOCK))
        return -ENOMEM;
    count = reading_now(park, park->in.data + park->in.end, park->in.capacity - park->in.end);
    if (count > 0)
        park->in.end += (size_t)count;
    else
        mio__lua_bytes_consume(&park->scheduler->pool, &park->in, 0);
    return count;
}

static int piece_next(lua_State *L, piece_kind kind)
{
    mio__lua_stream *stream = lua_touserdata(L, 1);
    mio__lua_task *task = mio__lua_task_check(L, "read");
    int results;
    mio__lua_park *park = reading_begin(L, stream, &results);

    if (park == NULL)
        return results;
    for (;;) {
        ptrdiff_t count;

        if (mio__lua_task_spent(task))
            return mio__lua_task_pass(L, task, kind, piece_continue);
        results = piece_find(L, park, kind);
        if (results != 0)
            return results;
        if (!park->readable)
            return piece_park(L, task, park, kind);
        count = piece_fill(park);
        if (count <= 0 && count != -EAGAIN)
            return piece_end(L, park, kind, count);
    }
}

static int piece_continue(lua_State *L, int status, lua_KContext kind)
{
    const mio__lua_task *task = mio__lua_task_continued(L);
    mio__lua_stream *stream = lua_touserdata(L, 1);
    mio__lua_park *park = mio__lua_park_find(&stream->source);
    const char *bytes;

    (void)status;
    if (task == NULL)
        return lua_yieldk(L, 0, kind, piece_continue);
    if (task->outcome == WOKEN_PASSED)
        return piece_next(L, (piece_kind)kind);
    if (task->outcome != WOKEN)
        return mio__lua_task_not_woken(L, task);
    if (park == NULL)
        return mio__lua_token(L, "closed");
    bytes = woken_take(park);
    if (park->count <= 0)
        return piece_end(L, park, (piece_kind)kind, park->count);
    stream->lost =
        !mio__lua_bytes_append(&park->scheduler->pool, &park->in, bytes, (size_t)park->count);
    return piece_next(L, (piece_kind)kind);
}

/* What an earlier read has searched, it has searched for something else; so with its time. */
static int piece_begin(lua_State *L, piece_kind kind)
{
    const mio__lua_stream *stream = lua_touserdata(L, 1);
    mio__lua_park *park = mio__lua_park_find(&stream->source);

    if (park != NULL && park->reader.task == NULL) {
        park->searched = 0;
        park->due_ns = park->is_fresh ? park->due_ns : -1;
    }
    return piece_next(L, kind);
}

int mio__lua_reading_read_exactly(lua_State *L)
{
    reading_check(L);
    luaL_argcheck(L, luaL_checkinteger(L, 2) >= 0, 2, "a length is 0 bytes or more");
    lua_settop(L, 2);
    return piece_begin(L, PIECE_EXACTLY);
}

int mio__lua_reading_read_until(lua_State *L)
{
    const lua_Integer max = luaL_optinteger(L, UNTIL_MAX, READING_MAX);
    size_t size;

    reading_check(L);
    luaL_checklstring(L, UNTIL_DELIMITER, &size);
    luaL_argcheck(L, size > 0, UNTIL_DELIMITER, "a delimiter is not empty");
    luaL_argcheck(L, max >= 1, UNTIL_MAX, "a length is 1 byte or more");
    lua_settop(L, UNTIL_DELIMITER);
    lua_pushinteger(L, max);
    lua_settop(L, UNTIL_TOP);
    return piece_begin(L, PIECE_UNTIL);
}

/* The iterator; its upvalues from the second on are the stack above. */
static int lines_next(lua_State *L)
{
    lua_settop(L, 0);
    for (int i = 1; i <= UNTIL_TIMEOUT; i++)
        lua_pushvalue(L, lua_upvalueindex(i + 1));
    lua_pushboolean(L, 1);
    return piece_begin(L, PIECE_UNTIL);
}

int mio__lua_reading_lines(lua_State *L)
{
    int max = READING_MAX;
    int64_t timeout_ns = -1;
    const mio__lua_option known[] = {{"max", OPTION_COUNT, &max, NULL},
                                     {"timeout", OPTION_SECONDS, &timeout_ns, NULL}};

    reading_check(L);
    mio__lua_options_read(L, 2, known, sizeof known / sizeof *known);
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_pushliteral(L, "\n");
    lua_pushinteger(L, max);
    if (timeout_ns >= 0)
        lua_pushinteger(L, timeout_ns);
    else
        lua_pushnil(L);
    lua_pushcclosure(L, lines_next, UNTIL_TIMEOUT + 1);
    return 1;
}
