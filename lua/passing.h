/*
 * Sockets of any type made, and descriptors passed over Unix sockets.
 */
#ifndef MIO__LUA_PASSING_H
#define MIO__LUA_PASSING_H

#include "source.h"

#include "mio/socket.h"

/* The names of mio_socket_type that connect to listeners, in its order; ends with NULL. */
extern const char *const mio__lua_socket_types[];

/* Push a new socket, closed until its source gets a descriptor: a stream, or what has messages.
 */
mio__lua_source *mio__lua_socket_new(lua_State *L, mio_socket_type type);

/* mio.pair([type]) */
int mio__lua_passing_pair(lua_State *L);

/* Of streams and datagram sockets: try_send_fds(data, ...), try_recv_fds([n [, count]]),
   peer_credentials() */
int mio__lua_passing_try_send(lua_State *L);
int mio__lua_passing_try_recv(lua_State *L);
int mio__lua_passing_peer_credentials(lua_State *L);

/* Define what holds descriptors that have come. The state is on top. */
void mio__lua_passing_open(lua_State *L);

#endif
