/*
 * Where in the Lua program a handler was written, for people to read. Nothing is recorded: it
 * is asked of the function when somebody wants to know.
 */
#ifndef MIO__LUA_WHERE_H
#define MIO__LUA_WHERE_H

#include <lua.h>

enum { WHERE_SIZE = LUA_IDSIZE + 16 };

/*
 * Write "file:line" of the handler at `handler`: of a function the line where it begins, of a
 * callable object that of its __call, of another object that of its method, of a coroutine the
 * line where it waits. "[C]" for a function of C, "?" where it cannot be told: of a coroutine
 * that has ended.
 */
void mio__lua_where(lua_State *L, int handler, char ret_text[WHERE_SIZE]);

#endif
