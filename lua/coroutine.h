/*
 * Coroutines as handlers: each event resumes them, and what the handler would have got is
 * what coroutine.yield() returns.
 */
#ifndef MIO__LUA_COROUTINE_H
#define MIO__LUA_COROUTINE_H

#include "state.h"

/*
 * Push the closure that resumes the coroutine at `arg`. A coroutine that is dead raises an
 * error, and so does the main one, which never can be resumed.
 *
 * When the coroutine has returned or failed, the registration, timer or channel that has
 * resumed it ends. Its error comes out of the closure, with the coroutine's own traceback where
 * it is a string. Others that it handles end when they are about to resume it, and say nothing.
 */
void mio__lua_coroutine_push(lua_State *L, int arg);

/* Whether a coroutine has returned or failed, or was closed. */
bool mio__lua_coroutine_is_dead(lua_State *co);

/* The coroutine that such a closure resumes, and holds; NULL where the value at `index` is
   something else. */
lua_State *mio__lua_coroutine_get(lua_State *L, int index);

#endif
