/*
 * Coroutines within a task whose waiting is the task's: what they wait for parks the task, and
 * not their own resumer.
 */
#ifndef MIO__LUA_NESTED_H
#define MIO__LUA_NESTED_H

#include <lua.h>

/* mio.resume(co, ...) and mio.wrap(fn), as those of coroutine */
int mio__lua_nested_resume(lua_State *L);
int mio__lua_nested_wrap(lua_State *L);

#endif
