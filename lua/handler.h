/*
 * Handlers: what a program may give to be called.
 */
#ifndef MIO__LUA_HANDLER_H
#define MIO__LUA_HANDLER_H

#include "state.h"

/*
 * Push the function that stands for the handler at `arg`: itself, where it can be called; for a
 * coroutine a closure that resumes it; for an object with the method `name` one that calls
 * that. The method is looked up here, once. Anything else raises an error.
 */
void mio__lua_handler_push(lua_State *L, int arg, const char *name);

/* Push the method that such a closure calls, and return true; false where the value at `index`
   is something else. */
bool mio__lua_handler_push_method(lua_State *L, int index);

#endif
