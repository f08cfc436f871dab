/*
 * Pipes, as streams that are no sockets.
 */
#ifndef MIO__LUA_PIPE_H
#define MIO__LUA_PIPE_H

#include "stream.h"

/* From now on the stream is read and written as a pipe: anything non-blocking that is no
   socket. */
void mio__lua_pipe_become(mio__lua_stream *stream);

/* mio.pipe() */
int mio__lua_pipe_create(lua_State *L);

#endif
