/*
 * Batches: datagrams that are received, changed and sent without garbage.
 *
 *     block  [ capacity times mio_datagram | capacity times `size` bytes ]
 *
 * 1. datagrams[0..count) are filled; each has its room, of `size` bytes, for ever.
 * 2. The block is a userdata, kept by the batch's user value: it counts against the Lua state,
 *    and goes when the batch goes.
 */
#ifndef MIO__LUA_BATCH_H
#define MIO__LUA_BATCH_H

#include "state.h"

#include "mio/datagram.h"

enum { BATCH_BLOCK = 1, BATCH_VALUES = 1 };

typedef struct mio__lua_batch {
    mio__lua_object object;
    mio_datagram *datagrams;
    size_t capacity;
    size_t count;
} mio__lua_batch;

/* The batch at `arg`; anything else raises an error. */
mio__lua_batch *mio__lua_batch_check(lua_State *L, int arg);

/* mio.batch([count [, size]]) */
int mio__lua_batch_create(lua_State *L);

/* Define the class. The state is on top. */
void mio__lua_batch_open(lua_State *L);

#endif
