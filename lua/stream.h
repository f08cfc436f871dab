/*
 * Streams: connected TCP and Unix sockets, and what is read and written like them: pipes, the
 * standard streams.
 */
#ifndef MIO__LUA_STREAM_H
#define MIO__LUA_STREAM_H

#include "source.h"

#include <stddef.h>
#include <sys/uio.h>

/* By which calls a stream is read and written. */
typedef enum mio__lua_stream_kind {
    STREAM_SOCKET,
    STREAM_PIPE,     /* or anything else that does not wait */
    STREAM_INHERITED /* whose open file blocks */
} mio__lua_stream_kind;

typedef struct mio__lua_stream_calls {
    ptrdiff_t (*read)(mio_fd fd, void *buffer, size_t size);
    ptrdiff_t (*write)(mio_fd fd, const void *data, size_t size);
    ptrdiff_t (*writev)(mio_fd fd, const struct iovec *pieces, size_t count);
} mio__lua_stream_calls;

typedef struct mio__lua_stream {
    mio__lua_source source; /* first: see source.h */
    uint8_t kind;           /* a mio__lua_stream_kind */
    bool unread;            /* what tasks have left: see unread.h */
    bool lost;              /* bytes were read, and Lua had no memory for them */
} mio__lua_stream;

/* Push a new stream, closed until its source gets a descriptor: a socket, if its kind is left
   as it is. */
mio__lua_stream *mio__lua_stream_new(lua_State *L);

/* How it is read and written. */
const mio__lua_stream_calls *mio__lua_stream_calls_of(const mio__lua_stream *stream);

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
