/*
 * Pieces: what can be written, a string or a buffer.
 */
#ifndef MIO__LUA_PIECE_H
#define MIO__LUA_PIECE_H

#include <lua.h>
#include <sys/uio.h> /* struct iovec */

/*
 * Make sure that a piece is at `arg`, or raise an error. A number becomes a string in its
 * place, and that may collect garbage: so whatever a finalizer can change is looked at after
 * it.
 */
void mio__lua_piece_check(lua_State *L, int arg);

/* The bytes of a piece that was checked. */
struct iovec mio__lua_piece(lua_State *L, int arg);

#endif
