#include "bytes.h"

#include <stdint.h>
#include <string.h>

static void *pool_realloc(const mio__lua_pool *pool, void *block, size_t before, size_t after)
{
    return pool->allocator.realloc(pool->allocator.ud, block, before, after);
}

static char *pool_take(mio__lua_pool *pool)
{
    void *block = pool->blocks;

    if (block == NULL)
        return pool_realloc(pool, NULL, 0, BYTES_BLOCK);
    memcpy(&pool->blocks, block, sizeof pool->blocks);
    pool->count--;
    return block;
}

static void pool_give(mio__lua_pool *pool, void *block, size_t capacity)
{
    if (capacity != BYTES_BLOCK || pool->count == BYTES_POOLED) {
        pool_realloc(pool, block, capacity, 0);
        return;
    }
    memcpy(block, &pool->blocks, sizeof pool->blocks);
    pool->blocks = block;
    pool->count++;
}

void mio__lua_pool_fini(mio__lua_pool *pool)
{
    while (pool->blocks != NULL)
        pool_realloc(pool, pool_take(pool), BYTES_BLOCK, 0);
}

/* How large the next block is: one of the pool's, then doubled; 0 where that is too large. */
static size_t bytes_capacity(const mio__lua_bytes *bytes, size_t size)
{
    const size_t length = mio__lua_bytes_length(bytes);
    size_t capacity = BYTES_BLOCK;

    if (size > SIZE_MAX / 4 - length)
        return 0;
    while (capacity < length + size)
        capacity *= 2;
    return capacity;
}

/* A block that is larger, or that there was none. */
static bool reserve_block(mio__lua_pool *pool, mio__lua_bytes *bytes, size_t size)
{
    const size_t length = mio__lua_bytes_length(bytes);
    const size_t capacity = bytes_capacity(bytes, size);
    char *block;

    if (capacity == 0)
        return false;
    block = capacity == BYTES_BLOCK ? pool_take(pool) : pool_realloc(pool, NULL, 0, capacity);
    if (block == NULL)
        return false;
    if (bytes->data != NULL) {
        memcpy(block, bytes->data + bytes->start, length);
        pool_give(pool, bytes->data, bytes->capacity);
    }
    *bytes = (mio__lua_bytes){.data = block, .end = length, .capacity = capacity};
    return true;
}

bool mio__lua_bytes_reserve(mio__lua_pool *pool, mio__lua_bytes *bytes, size_t size)
{
    const size_t length = mio__lua_bytes_length(bytes);

    if (bytes->capacity - bytes->end >= size)
        return true;
    if (bytes->capacity - length >= size) {
        memmove(bytes->data, bytes->data + bytes->start, length);
        bytes->start = 0;
        bytes->end = length;
        return true;
    }
    return reserve_block(pool, bytes, size);
}

void mio__lua_bytes_release(mio__lua_pool *pool, mio__lua_bytes *bytes)
{
    pool_give(pool, bytes->data, bytes->capacity);
    *bytes = (mio__lua_bytes){.data = NULL};
}
