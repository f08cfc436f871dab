/*
 * Listeners: they accept streams, and survive the descriptor limit.
 *
 * 1. The user value is a stream without a descriptor, or nil. It is made before accepting: so
 *    an accept that finds somebody cannot fail for want of memory and lose him; and kept: so
 *    one that finds nobody leaves no garbage.
 * 2. `spare` is a descriptor held in reserve. At the limit it is given up to take one client
 *    and send him off, and the registrations of the listener are paused: level-triggered,
 *    they would report the next client without end.
 */
#ifndef MIO__LUA_LISTENER_H
#define MIO__LUA_LISTENER_H

#include "source.h"

#include "mio/socket.h"

typedef struct mio__lua_listener {
    mio__lua_source source; /* first: see source.h */
    mio_fd spare;
    mio_socket_type type; /* of what it accepts */
    int high_water;       /* of what tasks accept; 0: the default */
} mio__lua_listener;

/* Push a new listener, closed until its source gets a descriptor. */
mio__lua_listener *mio__lua_listener_new(lua_State *L, mio_socket_type type);

/* mio.listen(address [, options]) */
int mio__lua_listener_listen(lua_State *L);

/* Define the class. The state is on top. */
void mio__lua_listener_open(lua_State *L);

#endif
