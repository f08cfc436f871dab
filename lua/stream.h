/*
 * Streams: connected TCP and Unix sockets, and what is read and written like them: pipes, the
 * standard streams.
 */
#ifndef MIO__LUA_STREAM_H
#define MIO__LUA_STREAM_H

#include "source.h"

#include <stddef.h>
#include <sys/uio.h>

/* How a kind of stream is read and written, as mio_read() and mio_write() do it. */
typedef struct mio__lua_stream_calls {
    ptrdiff_t (*read)(mio_fd fd, void *buffer, size_t size);
    ptrdiff_t (*write)(mio_fd fd, const void *data, size_t size);
    ptrdiff_t (*writev)(mio_fd fd, const struct iovec *pieces, size_t count);
} mio__lua_stream_calls;

typedef struct mio__lua_stream {
    mio__lua_source source; /* first: see source.h */
    const mio__lua_stream_calls *calls;
    bool lost; /* bytes were read, and Lua had no memory for them */
} mio__lua_stream;

/* Push a new stream, closed until its source gets a descriptor: a socket, if its calls are left
   as they are. */
mio__lua_stream *mio__lua_stream_new(lua_State *L);

/* mio.try_connect(address [, options]) */
int mio__lua_stream_connect(lua_State *L);

/* Define the class. The state is on top. */
void mio__lua_stream_open(lua_State *L);

#endif
