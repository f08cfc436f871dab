/*
 * Whether this process is a copy made by fork(): there are no other threads in it, and a lock
 * that one of them had is never let go.
 */
#ifndef MIO__LUA_FORKED_H
#define MIO__LUA_FORKED_H

#include <stdbool.h>

/* Start to count, if nobody has: before the first look. Returns false without memory. */
bool mio__lua_forked_watch(void);

/* How many forks lie between the process that started to count and this one. */
unsigned mio__lua_forked_generation(void);

#endif
