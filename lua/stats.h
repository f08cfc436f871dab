/*
 * What a loop has done, in numbers; and the warning of a handler that holds it up.
 */
#ifndef MIO__LUA_STATS_H
#define MIO__LUA_STATS_H

#include "loop.h"

/* loop:stats([table]) and loop:measure(on [, slow]) */
int mio__lua_stats_get(lua_State *L);
int mio__lua_stats_measure(lua_State *L);

/*
 * A handler of a loop that is measured has come back: warn of it where it was slow, and keep in
 * mind where the longest was written.
 *
 *   loop, handler   indices of them
 *
 * May raise an error of memory, with nothing lost.
 */
void mio__lua_stats_handled(lua_State *L, int loop, int handler);

#endif
