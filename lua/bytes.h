/*
 * Bytes on their way: a queue that a connection fills at the end and empties from the front,
 * and the pool that lends it its block.
 *
 * 1. An empty queue owns no block: so an idle connection has none.
 * 2. Blocks of BYTES_BLOCK come from the pool and go back to it; a queue that grows beyond one
 *    gets a block of its own, which is freed when it is empty.
 * 3. Nothing here runs the garbage collector, nor any other code of Lua.
 */
#ifndef MIO__LUA_BYTES_H
#define MIO__LUA_BYTES_H

#include "mio/base.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { BYTES_BLOCK = 4096, BYTES_POOLED = 256 };

typedef struct mio__lua_pool {
    mio_allocator allocator;
    void *blocks; /* the free ones; each begins with the pointer to the next */
    unsigned count;
} mio__lua_pool;

typedef struct mio__lua_bytes {
    char *data;
    size_t start;
    size_t end;
    size_t capacity;
} mio__lua_bytes;

/* Free the blocks that nobody has. */
void mio__lua_pool_fini(mio__lua_pool *pool);

/* Make room for `size` more bytes at the end. Returns false where there is no memory. */
bool mio__lua_bytes_reserve(mio__lua_pool *pool, mio__lua_bytes *bytes, size_t size);

static inline size_t mio__lua_bytes_length(const mio__lua_bytes *bytes)
{
    return bytes->end - bytes->start;
}

/* Append. Returns false where there is no memory, with nothing appended. */
static inline bool mio__lua_bytes_append(mio__lua_pool *pool, mio__lua_bytes *bytes,
                                         const char *data, size_t size)
{
    if (size == 0)
        return true;
    if (bytes->capacity - bytes->end < size && !mio__lua_bytes_reserve(pool, bytes, size))
        return false;
    memcpy(bytes->data + bytes->end, data, size);
    bytes->end += size;
    return true;
}

/* An empty queue gives its block back. */
void mio__lua_bytes_release(mio__lua_pool *pool, mio__lua_bytes *bytes);

/* `count` bytes from the front are done with, or all that there are. */
static inline void mio__lua_bytes_consume(mio__lua_pool *pool, mio__lua_bytes *bytes,
                                          size_t count)
{
    const size_t length = mio__lua_bytes_length(bytes);

    bytes->start += count < length ? count : length;
    if (bytes->start == bytes->end && bytes->data != NULL)
        mio__lua_bytes_release(pool, bytes);
}

#endif
