/*
 * Streams: connected TCP and Unix sockets.
 */
#ifndef MIO__LUA_STREAM_H
#define MIO__LUA_STREAM_H

#include "source.h"

typedef struct mio__lua_stream {
    mio__lua_source source; /* first: see source.h */
    bool lost;              /* bytes were read, and Lua had no memory for them */
} mio__lua_stream;

/* Push a new stream, closed until its source gets a descriptor. */
mio__lua_stream *mio__lua_stream_new(lua_State *L);

/* mio.try_connect(address [, options]) */
int mio__lua_stream_connect(lua_State *L);

/* Define the class. The state is on top. */
void mio__lua_stream_open(lua_State *L);

#endif
