#include "buffer.h"

#include <string.h>

enum { BUFFER_FIRST = 4096 };

/* Sizes stay below this, so that no sum of them overflows. */
static const size_t buffer_max = SIZE_MAX / 4;

/* How large the next block is: as large as asked for the first time, then doubled. */
static size_t grow_capacity(lua_State *L, const mio__lua_buffer *buffer, size_t size)
{
    const size_t length = mio__lua_buffer_length(buffer);
    size_t capacity = buffer->capacity;

    if (size > buffer_max - length)
        luaL_error(L, "not enough memory");
    if (capacity == 0)
        capacity = size > BUFFER_FIRST ? size : BUFFER_FIRST;
    while (capacity < length + size)
        capacity *= 2;
    return capacity;
}

/* Making a block may collect garbage, whose finalizers may use the buffer: so what it holds is
   asked after that, and whether the block is still large enough. */
static void *grow_push_block(lua_State *L, const mio__lua_buffer *buffer, size_t size,
                             size_t *ret_capacity)
{
    for (;;) {
        const size_t capacity = grow_capacity(L, buffer, size);
        void *block = lua_newuserdatauv(L, capacity, 0);
        const size_t length = mio__lua_buffer_length(buffer);

        *ret_capacity = capacity;
        if (length <= capacity && size <= capacity - length)
            return block;
        lua_pop(L, 1);
    }
}

/* Move the bytes to the front of `block`, which is the buffer's own or a new one. */
static void grow_move(mio__lua_buffer *buffer, char *block, size_t capacity)
{
    const size_t length = mio__lua_buffer_length(buffer);

    if (length > 0)
        memmove(block, buffer->data + buffer->start, length);
    buffer->data = block;
    buffer->capacity = capacity;
    buffer->start = 0;
    buffer->end = length;
}

void mio__lua_buffer_grow(lua_State *L, int index, mio__lua_buffer *buffer, size_t size)
{
    size_t capacity;
    char *block;

    if (buffer->capacity - mio__lua_buffer_length(buffer) >= size) {
        grow_move(buffer, buffer->data, buffer->capacity);
        return;
    }
    block = grow_push_block(L, buffer, size, &capacity);
    grow_move(buffer, block, capacity);
    lua_setiuservalue(L, index, BUFFER_BLOCK);
}

static mio__lua_buffer *buffer_check(lua_State *L)
{
    return mio__lua_class_check(L, 1, CLASS_BUFFER, sizeof(mio__lua_buffer));
}

int mio__lua_buffer_create(lua_State *L)
{
    const lua_Integer capacity = luaL_optinteger(L, 1, 0);
    mio__lua_buffer *buffer;

    luaL_argcheck(L, capacity >= 1 || lua_isnoneornil(L, 1), 1, "a capacity is 1 byte or more");
    if ((lua_Unsigned)capacity > buffer_max)
        return luaL_error(L, "not enough memory");
    buffer = mio__lua_class_new(L, CLASS_BUFFER, sizeof *buffer, BUFFER_VALUES);
    if (capacity > 0) {
        grow_move(buffer, lua_newuserdatauv(L, (size_t)capacity, 0), (size_t)capacity);
        lua_setiuservalue(L, -2, BUFFER_BLOCK);
    }
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
            mio__lua_buffer_grow(L, 1, buffer, size);
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

void mio__lua_buffer_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"append", buffer_append},   {"sub", buffer_sub},     {"find", buffer_find},
        {"consume", buffer_consume}, {"clear", buffer_clear}, {NULL, NULL},
    };
    static const luaL_Reg meta[] = {
        {"__len", buffer_length},
        {"__tostring", buffer_tostring},
        {NULL, NULL},
    };

    mio__lua_class_define(L, CLASS_BUFFER, "mio.buffer", methods, meta);
}
