#include "buffer.h"

#include <string.h>

enum { BUFFER_FIRST = 4096 };

/* Sizes stay below this, so that no sum of them overflows. */
static const size_t buffer_max = SIZE_MAX / 4;

/* A new size for the block. Returns false where there is no memory for it. */
static bool buffer_resize(lua_State *L, mio__lua_buffer *buffer, size_t capacity)
{
    void *ud;
    lua_Alloc allocate = lua_getallocf(L, &ud);
    char *data = allocate(ud, buffer->data, buffer->capacity, capacity);

    if (data == NULL)
        return false;
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

/* The first block is as large as asked for; from then on it doubles. */
static bool grow_try(lua_State *L, mio__lua_buffer *buffer, size_t size)
{
    const size_t length = mio__lua_buffer_length(buffer);
    size_t capacity = buffer->capacity > 0 ? buffer->capacity : size;

    if (buffer->start > 0) {
        memmove(buffer->data, buffer->data + buffer->start, length);
        buffer->start = 0;
        buffer->end = length;
    }
    if (size > buffer_max - length)
        return false;
    while (capacity < length + size)
        capacity *= 2;
    return capacity == buffer->capacity || buffer_resize(L, buffer, capacity);
}

/* The second try follows a collection of garbage; its finalizers may use the buffer. */
void mio__lua_buffer_grow(lua_State *L, mio__lua_buffer *buffer, size_t size)
{
    if (grow_try(L, buffer, size))
        return;
    lua_gc(L, LUA_GCCOLLECT);
    if (!grow_try(L, buffer, size))
        luaL_error(L, "not enough memory");
}

void mio__lua_buffer_consume(mio__lua_buffer *buffer, size_t count)
{
    buffer->start += count;
    if (buffer->start == buffer->end) {
        buffer->start = 0;
        buffer->end = 0;
    }
}

static mio__lua_buffer *buffer_check(lua_State *L)
{
    return mio__lua_class_check(L, 1, CLASS_BUFFER, sizeof(mio__lua_buffer));
}

int mio__lua_buffer_create(lua_State *L)
{
    const lua_Integer capacity = luaL_optinteger(L, 1, BUFFER_FIRST);
    mio__lua_buffer *buffer;

    luaL_argcheck(L, capacity >= 1, 1, "a capacity is 1 byte or more");
    buffer = mio__lua_class_new(L, CLASS_BUFFER, sizeof *buffer, 0);
    mio__lua_buffer_grow(L, buffer, (size_t)capacity);
    return 1;
}

/* Where the bytes of an argument are: a string's or another buffer's. */
static const char *buffer_check_piece(lua_State *L, int arg, size_t *ret_size)
{
    const mio__lua_buffer *piece = mio__lua_buffer_test(L, arg);

    if (piece == NULL)
        return luaL_checklstring(L, arg, ret_size);
    *ret_size = mio__lua_buffer_length(piece);
    return piece->data + piece->start;
}

/* buffer:append(...) of strings and buffers; returns the buffer */
static int buffer_append(lua_State *L)
{
    mio__lua_buffer *buffer = buffer_check(L);
    const int top = lua_gettop(L);

    for (int arg = 2; arg <= top; arg++) {
        size_t size;
        const char *bytes = buffer_check_piece(L, arg, &size);

        /* Asked for again: the piece may be the buffer itself, which has just moved. */
        while (mio__lua_buffer_free(buffer) < size) {
            mio__lua_buffer_grow(L, buffer, size);
            bytes = buffer_check_piece(L, arg, &size);
        }
        if (size > 0)
            memcpy(buffer->data + buffer->end, bytes, size);
        buffer->end += size;
    }
    lua_settop(L, 1);
    return 1;
}

/* Positions as in string.sub: from 1 on, negative ones from the end, clipped. */
static size_t buffer_first(lua_Integer position, lua_Integer length)
{
    if (position > length)
        return (size_t)length + 1;
    if (position > 0)
        return (size_t)position;
    return position == 0 || position < -length ? 1 : (size_t)(length + position + 1);
}

static size_t buffer_last(lua_Integer position, lua_Integer length)
{
    if (position > length)
        return (size_t)length;
    if (position >= 0)
        return (size_t)position;
    return position < -length ? 0 : (size_t)(length + position + 1);
}

/* buffer:sub([i [, j]]), as string.sub; without i, all of it */
static int buffer_sub(lua_State *L)
{
    const mio__lua_buffer *buffer = buffer_check(L);
    const lua_Integer length = (lua_Integer)mio__lua_buffer_length(buffer);
    const size_t first = buffer_first(luaL_optinteger(L, 2, 1), length);
    const size_t last = buffer_last(luaL_optinteger(L, 3, -1), length);

    if (first > last)
        lua_pushliteral(L, "");
    else
        lua_pushlstring(L, buffer->data + buffer->start + first - 1, last - first + 1);
    return 1;
}

/* buffer:find(text [, init]): plain; first and last position, or nil. The text comes first: a
   number becomes a string, and collects garbage perhaps, whose finalizers use the buffer. */
static int buffer_find(lua_State *L)
{
    const mio__lua_buffer *buffer = buffer_check(L);
    size_t size;
    const char *text = luaL_checklstring(L, 2, &size);
    const size_t length = mio__lua_buffer_length(buffer);
    const lua_Integer init = luaL_optinteger(L, 3, 1);
    const size_t from = buffer_first(init, (lua_Integer)length);
    const char *bytes = buffer->data + buffer->start;
    const char *found = NULL;

    if (init <= (lua_Integer)length + 1 && bytes != NULL)
        found = memmem(bytes + from - 1, length - (from - 1), text, size);
    if (found == NULL) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, found - bytes + 1);
    lua_pushinteger(L, found - bytes + (lua_Integer)size);
    return 2;
}

/* buffer:consume(n): drop n bytes from the front; returns the buffer */
static int buffer_consume(lua_State *L)
{
    mio__lua_buffer *buffer = buffer_check(L);
    const lua_Integer count = luaL_checkinteger(L, 2);

    luaL_argcheck(L, count >= 0 && (lua_Unsigned)count <= mio__lua_buffer_length(buffer), 2,
                  "the buffer does not hold so many bytes");
    mio__lua_buffer_consume(buffer, (size_t)count);
    lua_settop(L, 1);
    return 1;
}

/* buffer:clear(); returns the buffer */
static int buffer_clear(lua_State *L)
{
    mio__lua_buffer *buffer = buffer_check(L);

    mio__lua_buffer_consume(buffer, mio__lua_buffer_length(buffer));
    lua_settop(L, 1);
    return 1;
}

static int buffer_length(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)mio__lua_buffer_length(buffer_check(L)));
    return 1;
}

static int buffer_tostring(lua_State *L)
{
    const mio__lua_buffer *buffer = buffer_check(L);

    lua_pushlstring(L, buffer->data + buffer->start, mio__lua_buffer_length(buffer));
    return 1;
}

static int buffer_gc(lua_State *L)
{
    mio__lua_buffer *buffer = buffer_check(L);
    void *ud;
    lua_Alloc allocate = lua_getallocf(L, &ud);

    allocate(ud, buffer->data, buffer->capacity, 0);
    buffer->data = NULL;
    buffer->start = buffer->end = buffer->capacity = 0;
    return 0;
}

void mio__lua_buffer_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"append", buffer_append},   {"sub", buffer_sub},     {"find", buffer_find},
        {"consume", buffer_consume}, {"clear", buffer_clear}, {NULL, NULL},
    };
    static const luaL_Reg meta[] = {
        {"__len", buffer_length},
        {"__tostring", buffer_tostring},
        {"__gc", buffer_gc},
        {NULL, NULL},
    };

    mio__lua_class_define(L, CLASS_BUFFER, "mio.buffer", methods, meta);
}
