/*
 * Writing to a stream by tasks: what a task writes during a turn goes out at its end, in one
 * system call.
 */
#ifndef MIO__LUA_WRITING_H
#define MIO__LUA_WRITING_H

#include "park.h"
#include "stream.h"

/* stream:write(...), stream:flush() */
int mio__lua_writing_write(lua_State *L);
int mio__lua_writing_flush(lua_State *L);

/* Before a shutdown: have everything sent, then call `k` with `ctx`, as a continuation where
   the task had to wait, else at once. Outside of tasks: nil, "again", where not all can be
   sent. */
int mio__lua_writing_drain(lua_State *L, mio__lua_park *park, lua_KContext ctx,
                           lua_KFunction k);

/* stream:try_write(...) of a stream that tasks use: all of it or nothing. The pieces are
   checked already. */
int mio__lua_writing_try(lua_State *L, mio__lua_park *park);

#endif
