/*
 * Threads, seen by who has made them. Each is kept by a task, a child of the one that made it,
 * which waits for its end, and cancels it when it is cancelled itself: so all that holds for
 * children holds for threads. See lua/mio/thread.lua.
 *
 * 1. `worker` is NULL where the thread was never started, and once its results were taken or it
 *    was ended; until then the object is the user value TASK_CALL of its keeper.
 * 2. Whoever lets go of a thread that runs cancels it and waits for its end, as blocking as
 *    that may be: only a keeper waits as a task does.
 */
#ifndef MIO__LUA_THREAD_H
#define MIO__LUA_THREAD_H

#include "state.h"

/* mio.thread(fn, ...) */
int mio__lua_thread_create(lua_State *L);

/* In the table `core`: see thread.c for the arguments. */
int mio__lua_thread_parts(lua_State *L);
int mio__lua_thread_await(lua_State *L);
int mio__lua_thread_cancel(lua_State *L);
int mio__lua_thread_results(lua_State *L);

/* The value at `index` may be a thread: end it. */
void mio__lua_thread_abandon(lua_State *L, int index);

/* Define the class. The state is on top. */
void mio__lua_thread_open(lua_State *L);

#endif
