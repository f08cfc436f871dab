/*
 * Polls: the same object as a loop, of another class (see loop.h).
 */
#ifndef MIO__LUA_POLL_H
#define MIO__LUA_POLL_H

#include "state.h"

/* mio.poll() */
int mio__lua_poll_create(lua_State *L);

/* Define the class. The state is on top. */
void mio__lua_poll_open(lua_State *L);

#endif
