/*
 * What streams, listeners and datagram sockets have in common as sockets: addresses and
 * options.
 */
#ifndef MIO__LUA_SOCKET_OPTIONS_H
#define MIO__LUA_SOCKET_OPTIONS_H

#include <lua.h>

/* socket:local_address(), socket:peer_address() */
int mio__lua_socket_local_address(lua_State *L);
int mio__lua_socket_peer_address(lua_State *L);

/* socket:getoption(name), socket:setoption(name, value) */
int mio__lua_socket_getoption(lua_State *L);
int mio__lua_socket_setoption(lua_State *L);

#endif
