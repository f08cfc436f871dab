/*
 * Streams: connected TCP and Unix sockets, and what is read and written like them: pipes, the
 * standard streams.
 */
#ifndef MIO__LUA_STREAM_H
#define MIO__LUA_STREAM_H

#include "source.h"

/* By which calls a stream is read and written. */
typedef enum mio__lua_stream_kind {
    STREAM_SOCKET,
    STREAM_PIPE,     /* or anything else that does not wait */
    STREAM_INHERITED /* whose open file blocks */
} mio__lua_stream_kind;

typedef struct mio__lua_stream {
    mio__lua_source source; /* first: see source.h */
    uint8_t kind;           /* a mio__lua_stream_kind */
    bool lost;              /* bytes were read, and Lua had no memory for them */
} mio__lua_stream;

/* Push a new stream, closed until its source gets a descriptor: a socket, if its kind is left
   as it is. */
mio__lua_stream *mio__lua_stream_new(lua_State *L);

/* mio.try_connect(address [, options]) */
int mio__lua_stream_connect(lua_State *L);

/* Define the class. The state is on top. */
void mio__lua_stream_open(lua_State *L);

#endif
