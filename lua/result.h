/*
 * How a function of the module says that the world refused: nil, err, code.
 */
#ifndef MIO__LUA_RESULT_H
#define MIO__LUA_RESULT_H

#include <lauxlib.h>
#include <lua.h>
#include <stddef.h>

/* nil and a bare token ("again", "closed", "running"), which steers the program's course. */
int mio__lua_token(lua_State *L, const char *token);

/*
 * nil, err, code for an error (-errno) of the core; nil, "again" for -EAGAIN.
 * Allocates nothing: both strings are constants that Lua has interned.
 */
int mio__lua_failure(lua_State *L, int err);

/* The same for what has messages: nil, "too long", "EMSGSIZE" for -EMSGSIZE. */
int mio__lua_message_failure(lua_State *L, ptrdiff_t err);

/* mio__lua_failure() with a context: "listen 127.0.0.1:80: permission denied". */
int mio__lua_failure_in(lua_State *L, int err, const char *call, const char *subject);

/* true, or the failure. */
int mio__lua_outcome(lua_State *L, int err);

/* nil, "end of stream", "EOF". */
int mio__lua_end_of_stream(lua_State *L);

#endif
