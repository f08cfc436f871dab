/*
 * Datagram sockets: UDP and Unix.
 */
#ifndef MIO__LUA_DATAGRAM_H
#define MIO__LUA_DATAGRAM_H

#include "source.h"

typedef struct mio__lua_datagram {
    mio__lua_source source; /* first: see source.h */
} mio__lua_datagram;

/* mio.datagram([address [, options]]) */
int mio__lua_datagram_create(lua_State *L);

/* Define the class. The state is on top. */
void mio__lua_datagram_open(lua_State *L);

#endif
