/*
 * Times: seconds in Lua, as numbers with fractions; nanoseconds in the core.
 */
#ifndef MIO__LUA_SECONDS_H
#define MIO__LUA_SECONDS_H

#include <lua.h>
#include <stdint.h>

/* The argument in nanoseconds, rounded up; what is too large for them is INT64_MAX. Raises an
   error for what is negative or not a number. */
int64_t mio__lua_seconds_check(lua_State *L, int arg);

/* The same for a timeout, where nothing, nil and infinity mean for ever: -1. */
int64_t mio__lua_seconds_timeout(lua_State *L, int arg);

/* Push nanoseconds as seconds. */
void mio__lua_seconds_push(lua_State *L, int64_t ns);

#endif
