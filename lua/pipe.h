/*
 * Pipes: two streams.
 */
#ifndef MIO__LUA_PIPE_H
#define MIO__LUA_PIPE_H

#include <lua.h>

/* mio.pipe() */
int mio__lua_pipe_create(lua_State *L);

#endif
