/*
 * What tasks have read of a stream and not used, after their run: level 2 reads it first, and
 * so do the tasks of the next run.
 */
#ifndef MIO__LUA_UNREAD_H
#define MIO__LUA_UNREAD_H

#include "stream.h"

/* Keep it; if there is no memory for it, the stream has lost it, and the error is raised. */
void mio__lua_unread_keep(lua_State *L, mio__lua_stream *stream, const char *bytes,
                          size_t size);

/* Take up to `size` bytes of it, or look at them. Returns how many, 0 where there are none. */
size_t mio__lua_unread_take(lua_State *L, mio__lua_stream *stream, char *bytes, size_t size,
                            bool peeks);

/* The stream is closed. */
void mio__lua_unread_drop(lua_State *L, mio__lua_stream *stream);

#endif
