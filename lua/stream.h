/*
 * Streams: connected TCP and Unix sockets.
 */
#ifndef MIO__LUA_STREAM_H
#define MIO__LUA_STREAM_H

#include "source.h"

#include <stddef.h>

typedef struct mio__lua_stream {
    mio__lua_source source; /* first: see source.h */
    bool unread;            /* what tasks have left: see unread.h */
    bool lost;              /* bytes were read, and Lua had no memory for them */
} mio__lua_stream;

/* Push a new stream, closed until its source gets a descriptor. */
mio__lua_stream *mio__lua_stream_new(lua_State *L);

/* The results where a read has failed: nil, err, code; or the end. `count` as of mio_read(). */
int mio__lua_stream_failure(lua_State *L, ptrdiff_t count);

/* The results where it cannot be read: closed; or bytes are missing at this place of the
   stream, and what follows would be taken for them. */
int mio__lua_stream_refuse(lua_State *L, const mio__lua_stream *stream);

/* mio.try_connect(address [, options]) */
int mio__lua_stream_connect(lua_State *L);

/* Define the class. The state is on top. */
void mio__lua_stream_open(lua_State *L);

#endif
