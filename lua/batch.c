#include "batch.h"

#include "address.h"
#include "piece.h"
#include "result.h"

#include <errno.h>
#include <string.h>

enum { BATCH_SIZE = 2048, BATCH_SIZE_MAX = 65536 };

mio__lua_batch *mio__lua_batch_check(lua_State *L, int arg)
{
    return mio__lua_class_check(L, arg, CLASS_BATCH, sizeof(mio__lua_batch));
}

int mio__lua_batch_create(lua_State *L)
{
    const lua_Integer count = luaL_optinteger(L, 1, MIO_DATAGRAM_BATCH);
    const lua_Integer size = luaL_optinteger(L, 2, BATCH_SIZE);
    mio__lua_batch *batch;
    char *rooms;

    luaL_argcheck(L, count >= 1 && count <= MIO_DATAGRAM_BATCH, 1,
                  "a batch holds from 1 to 64 datagrams");
    luaL_argcheck(L, size >= 1 && size <= BATCH_SIZE_MAX, 2,
                  "a datagram has room for 1 to 65536 bytes");
    batch = mio__lua_class_new(L, CLASS_BATCH, sizeof *batch, BATCH_VALUES);
    batch->datagrams =
        lua_newuserdatauv(L, (size_t)count * (sizeof *batch->datagrams + (size_t)size), 0);
    lua_setiuservalue(L, -2, BATCH_BLOCK);
    batch->capacity = (size_t)count;
    rooms = (char *)(batch->datagrams + count);
    for (lua_Integer i = 0; i < count; i++)
        batch->datagrams[i] =
            (mio_datagram){.data = rooms + i * size, .capacity = (size_t)size};
    return 1;
}

/* The i-th datagram, by the index at argument 2. */
static mio_datagram *batch_check_item(lua_State *L, const mio__lua_batch *batch)
{
    const lua_Integer i = luaL_checkinteger(L, 2);

    luaL_argcheck(L, i >= 1 && i <= (lua_Integer)batch->count, 2,
                  "the batch does not hold so many");
    return &batch->datagrams[i - 1];
}

/* batch:get(i): data, address, truncated */
static int batch_get(lua_State *L)
{
    const mio_datagram *item = batch_check_item(L, mio__lua_batch_check(L, 1));
    const bool truncated = item->truncated;
    const mio_addr addr = item->addr;

    lua_pushlstring(L, item->data, item->length);
    mio__lua_address_push_any(L, &addr);
    lua_pushboolean(L, truncated);
    return 3;
}

/* batch:address(i) */
static int batch_address(lua_State *L)
{
    const mio_addr addr = batch_check_item(L, mio__lua_batch_check(L, 1))->addr;

    mio__lua_address_push_any(L, &addr);
    return 1;
}

/* Put the piece at `arg` into a datagram; false where it is too long. */
static bool batch_put(lua_State *L, mio_datagram *item, int arg)
{
    const struct iovec piece = mio__lua_piece(L, arg);

    if (piece.iov_len > item->capacity)
        return false;
    if (piece.iov_len > 0)
        memcpy(item->data, piece.iov_base, piece.iov_len);
    item->length = piece.iov_len;
    item->truncated = false;
    return true;
}

/* batch:set(i, data [, address]): without one, the address stays; returns the batch */
static int batch_set(lua_State *L)
{
    const mio__lua_batch *batch = mio__lua_batch_check(L, 1);
    mio_datagram *item;
    mio_addr addr = {.size = 0};

    mio__lua_piece_check(L, 3);
    if (!lua_isnoneornil(L, 4))
        mio__lua_address_check(L, 4, &addr);
    item = batch_check_item(L, batch);
    if (!batch_put(L, item, 3))
        return mio__lua_message_failure(L, -EMSGSIZE);
    if (addr.size != 0)
        item->addr = addr;
    lua_settop(L, 1);
    return 1;
}

/* batch:add(data [, address]): without one, it goes to the peer; returns the batch */
static int batch_add(lua_State *L)
{
    mio__lua_batch *batch = mio__lua_batch_check(L, 1);
    mio_addr addr = {.size = 0};

    mio__lua_piece_check(L, 2);
    if (!lua_isnoneornil(L, 3))
        mio__lua_address_check(L, 3, &addr);
    if (batch->count == batch->capacity)
        return mio__lua_token(L, "full");
    if (!batch_put(L, &batch->datagrams[batch->count], 2))
        return mio__lua_message_failure(L, -EMSGSIZE);
    batch->datagrams[batch->count++].addr = addr;
    lua_settop(L, 1);
    return 1;
}

/* batch:clear(); returns the batch */
static int batch_clear(lua_State *L)
{
    mio__lua_batch_check(L, 1)->count = 0;
    lua_settop(L, 1);
    return 1;
}

static int batch_length(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)mio__lua_batch_check(L, 1)->count);
    return 1;
}

static int batch_tostring(lua_State *L)
{
    const mio__lua_batch *batch = mio__lua_batch_check(L, 1);

    lua_pushfstring(L, "mio.batch (%d of %d)", (int)batch->count, (int)batch->capacity);
    return 1;
}

void mio__lua_batch_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"get", batch_get}, {"address", batch_address}, {"set", batch_set},
        {"add", batch_add}, {"clear", batch_clear},     {NULL, NULL},
    };
    static const luaL_Reg meta[] = {
        {"__len", batch_length},
        {"__tostring", batch_tostring},
        {NULL, NULL},
    };

    mio__lua_class_define(L, CLASS_BATCH, "mio.batch", methods, meta);
}
