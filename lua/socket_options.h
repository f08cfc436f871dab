/*
 * What streams, listeners and datagram sockets have in common as sockets: addresses and
 * options.
 */
#ifndef MIO__LUA_SOCKET_OPTIONS_H
#define MIO__LUA_SOCKET_OPTIONS_H

#include "mio/base.h"

#include <lua.h>
#include <stdbool.h>

#include <lua.h>
#include <stdbool.h>

/* socket:local_address(), socket:peer_address() */
int mio__lua_socket_local_address(lua_State *L);
int mio__lua_socket_peer_address(lua_State *L);

/* Push "descriptor 5 (127.0.0.1:80)": with the address of its peer, or its own where it has
   none or no peer. */
void mio__lua_socket_push_descriptor(lua_State *L, mio_fd fd);

/*
 * Push "mio.listener (127.0.0.1:7000)" for the socket at `index`: where a listener or a
 * datagram socket is, and whom a stream is connected to. Pushes nothing where it is no socket,
 * is closed or has no address. Not for __tostring, which makes no system calls.
 */
bool mio__lua_socket_push_place(lua_State *L, int index);

/* socket:getoption(name), socket:setoption(name, value) */
int mio__lua_socket_getoption(lua_State *L);
int mio__lua_socket_setoption(lua_State *L);

#endif
