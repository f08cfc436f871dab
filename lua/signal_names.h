/*
 * Signals by name or number.
 */
#ifndef MIO__LUA_SIGNAL_NAMES_H
#define MIO__LUA_SIGNAL_NAMES_H

#include <lua.h>
#include <stdbool.h>

/* The signal at `arg`: "INT", or a number; anything else raises an error. `caught`: that hints
   at no signal that cannot be caught. */
int mio__lua_signal_check(lua_State *L, int arg, bool caught);

/* Push the name of a signal, or its number where it has none here. */
void mio__lua_signal_push(lua_State *L, int number);

#endif
