/*
 * Senders, and the wakers of polls: objects of any Lua state that hold a port.
 */
#ifndef MIO__LUA_SENDER_H
#define MIO__LUA_SENDER_H

#include "port.h"
#include "state.h"

typedef struct mio__lua_sender {
    mio__lua_object object;
    mio__lua_port *port; /* NULL: closed */
} mio__lua_sender;

/* Push a new object of a port, which it counts: a sender or a waker. */
void mio__lua_sender_push(lua_State *L, mio__lua_port *port);

/* Push an object that is closed until it is filled: a sender or a waker. */
mio__lua_sender *mio__lua_sender_new(lua_State *L, bool wakes);

/* Give it a new port, as mio__lua_port_new() does. Returns false where there is no memory. */
bool mio__lua_sender_fill(mio__lua_sender *sender, mio_channel *channel, size_t bytes_max);

/* The port of the sender or waker at `index`; NULL where it is closed, or none. */
mio__lua_port *mio__lua_sender_port(lua_State *L, int index, bool *ret_closed);

/* mio.sender(ticket) */
int mio__lua_sender_import(lua_State *L);

/* Define the classes. The state is on top. */
void mio__lua_sender_open(lua_State *L);

#endif
