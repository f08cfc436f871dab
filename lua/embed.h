/*
 * The side of mio/lua.h that the module opens.
 */
#ifndef MIO__LUA_EMBED_H
#define MIO__LUA_EMBED_H

#include "state.h"

/* Make the functions that calls of the host run in. The state is on top. */
void mio__lua_embed_open(lua_State *L);

#endif
