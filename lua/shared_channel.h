/*
 * Shared channels: between the tasks of all threads. An object of any Lua state holds an
 * exchange; where a task waits at it is a stall, an object that its task keeps for the next
 * time.
 */
#ifndef MIO__LUA_SHARED_CHANNEL_H
#define MIO__LUA_SHARED_CHANNEL_H

#include "exchange.h"
#include "state.h"

/* mio.shared_channel([capacity]) */
int mio__lua_shared_channel_create(lua_State *L);

/* Push a new object of an exchange, which it refers to. */
void mio__lua_shared_channel_push(lua_State *L, mio__lua_exchange *exchange);

/* The exchange of the shared channel at `index`, or NULL where it is something else. */
mio__lua_exchange *mio__lua_shared_channel_test(lua_State *L, int index);

/* The value at `index` may be a stall: its task will not go on. */
void mio__lua_shared_channel_abandon(lua_State *L, int index);

/* Define the classes. The state is on top. */
void mio__lua_shared_channel_open(lua_State *L);

#endif
