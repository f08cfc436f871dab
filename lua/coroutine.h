/*
 * Coroutines as handlers: each event resumes them, and what the handler would have got is
 * what coroutine.yield() returns.
 */
#ifndef MIO__LUA_COROUTINE_H
#define MIO__LUA_COROUTINE_H

#include "state.h"

/*
 * Push the function that stands for the handler at `arg`: a closure that resumes it where it
 * is a coroutine, else itself. Anything that cannot be called raises an error.
 *
 * When the coroutine has returned or failed, its registration or timer ends. Its error comes
 * out of the closure, with the coroutine's own traceback where it is a string.
 */
void mio__lua_coroutine_push_handler(lua_State *L, int arg);

/* The coroutine that such a closure resumes, and holds; NULL where the value at `index` is
   something else. */
lua_State *mio__lua_coroutine_get(lua_State *L, int index);

#endif
