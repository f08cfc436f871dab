/*
 * Buffers: bytes that grow at the end and are consumed from the front.
 *
 *     data  [ consumed | the bytes: start to end | free ]
 *
 * 1. start <= end <= capacity; the bytes are data[start..end).
 * 2. Free space is won by moving the bytes to the front, before the block grows: so a buffer
 *    that is emptied now and then keeps its size for ever.
 * 3. The block is a userdata, kept by the buffer's user value: it counts against the Lua state,
 *    and goes when the buffer goes. There is none before it is needed.
 */
#ifndef MIO__LUA_BUFFER_H
#define MIO__LUA_BUFFER_H

#include "state.h"

enum { BUFFER_BLOCK = 1, BUFFER_VALUES = 1 };

typedef struct mio__lua_buffer {
    mio__lua_object object;
    char *data;
    size_t start;
    size_t end;
    size_t capacity;
} mio__lua_buffer;

/* Make room for `size` more bytes in the buffer at `index`, which has less, or raise an error
   of memory. */
void mio__lua_buffer_grow(lua_State *L, int index, mio__lua_buffer *buffer, size_t size);

/* The buffer at `arg`, or NULL. */
static inline mio__lua_buffer *mio__lua_buffer_test(lua_State *L, int arg)
{
    return mio__lua_class_test(L, arg, CLASS_BUFFER, sizeof(mio__lua_buffer));
}

static inline size_t mio__lua_buffer_length(const mio__lua_buffer *buffer)
{
    return buffer->end - buffer->start;
}

/* `count` bytes from the front are done with. */
static inline void mio__lua_buffer_consume(mio__lua_buffer *buffer, size_t count)
{
    buffer->start += count;
    if (buffer->start == buffer->end) {
        buffer->start = 0;
        buffer->end = 0;
    }
}

static inline size_t mio__lua_buffer_free(const mio__lua_buffer *buffer)
{
    return buffer->capacity - buffer->end;
}

/* Make sure of room for `size` more bytes. */
static inline void mio__lua_buffer_reserve(lua_State *L, int index, mio__lua_buffer *buffer,
                                           size_t size)
{
    if (mio__lua_buffer_free(buffer) < size)
        mio__lua_buffer_grow(L, index, buffer, size);
}

/* mio.buffer([capacity]) */
int mio__lua_buffer_create(lua_State *L);

/* Define the class. The state is on top. */
void mio__lua_buffer_open(lua_State *L);

#endif
