/*
 * Waiting for sources without reading from them: what the files in lua/mio/ build on.
 */
#ifndef MIO__LUA_AWAIT_H
#define MIO__LUA_AWAIT_H

#include <lua.h>

/* In the table `core`: see await.c for the arguments. */
int mio__lua_await_await(lua_State *L);
int mio__lua_await_watch(lua_State *L);
int mio__lua_await_unwatch(lua_State *L);
int mio__lua_await_woken_by(lua_State *L);
int mio__lua_await_attach(lua_State *L);
int mio__lua_await_first_within(lua_State *L);
int mio__lua_await_is_socket(lua_State *L);
int mio__lua_await_settimeout(lua_State *L);
int mio__lua_await_timeout_of(lua_State *L);
int mio__lua_await_sethighwater(lua_State *L);

#endif
