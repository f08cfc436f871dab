/*
 * The standard streams of this process.
 */
#ifndef MIO__LUA_STANDARD_H
#define MIO__LUA_STANDARD_H

#include <lua.h>

/* mio.stdin(), mio.stdout(), mio.stderr() */
int mio__lua_standard_stdin(lua_State *L);
int mio__lua_standard_stdout(lua_State *L);
int mio__lua_standard_stderr(lua_State *L);

#endif
