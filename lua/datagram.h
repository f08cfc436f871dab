/*
 * Datagram sockets: UDP and Unix; and seqpacket sockets, which have messages, too.
 */
#ifndef MIO__LUA_DATAGRAM_H
#define MIO__LUA_DATAGRAM_H

#include "source.h"

typedef struct mio__lua_datagram {
    mio__lua_source source; /* first: see source.h */
    bool has_end;           /* a seqpacket socket, whose messages of 0 bytes are the end */
} mio__lua_datagram;

/* Push a new socket, closed until its source gets a descriptor. */
mio__lua_datagram *mio__lua_datagram_new(lua_State *L, bool has_end);

/* mio.datagram([address [, options]]) */
int mio__lua_datagram_create(lua_State *L);

/* Define the class. The state is on top. */
void mio__lua_datagram_open(lua_State *L);

#endif
