/*
 * Processes that the program has started.
 *
 * The object is a handle: collecting it does nothing to the process. Who registers it with a
 * loop, or its number, has it told when the process has been waited for; from then on its
 * number may be another one's, and is used no more.
 */
#ifndef MIO__LUA_PROCESS_H
#define MIO__LUA_PROCESS_H

#include "state.h"

/* mio.process(argv [, options]) */
int mio__lua_process_create(lua_State *L);

/* The number of the process at `arg`: a process of ours, or a number; anything else raises an
   error. 0 for one that has been waited for. */
int mio__lua_process_pid(lua_State *L, int arg);

/* What is at `arg`, a process of ours or a number, has been waited for. */
void mio__lua_process_end(lua_State *L, int arg);

/* Define the class. The state is on top. */
void mio__lua_process_open(lua_State *L);

#endif
