/*
 * What is registered with a loop, as a list for people and programs.
 */
#ifndef MIO__LUA_DUMP_H
#define MIO__LUA_DUMP_H

#include "state.h"

/* loop:dump() */
int mio__lua_dump_create(lua_State *L);

/* Define the class of the list. The state is on top. */
void mio__lua_dump_open(lua_State *L);

#endif
