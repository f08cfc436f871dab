/*
 * Names that an argument or an option may be. A string of Lua may hold zeros, at the first of
 * which a string of C ends: the whole of it counts.
 */
#ifndef MIO__LUA_NAMES_H
#define MIO__LUA_NAMES_H

#include <lua.h>
#include <stdbool.h>

/* Whether the value at `index` is the string `name`. */
bool mio__lua_name_is(lua_State *L, int index, const char *name);

/* Which of `names`, which end with NULL, the value at `index` is; -1: none. */
int mio__lua_name_find(lua_State *L, int index, const char *const *names);

/* The same for an argument: absent or nil stands for `standard`, and what is none of the names
   raises an error. */
int mio__lua_name_check(lua_State *L, int arg, const char *standard, const char *const *names);

/* The one of `names`, which end with NULL, that may have been meant by `given`, or NULL. */
const char *mio__lua_name_guess(const char *given, const char *const *names);

/* Push "'a' or 'b' or 'c'", and return it. */
const char *mio__lua_name_list(lua_State *L, const char *const *names);

/*
 * Raise an error for the unknown name at `index`: "unknown option 'porrt' (did you mean
 * 'port'?)". `names` are the known ones; they end with NULL.
 */
int mio__lua_name_unknown(lua_State *L, int arg, const char *what, int index,
                          const char *const *names);

#endif
