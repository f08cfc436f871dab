/*
 * Ports: what the senders of one channel share, whichever Lua state each of them is in.
 *
 * 1. A port holds one sender of the core. It is counted by every sender object, and by every
 *    message that carries it; who lets go last unrefs the sender of the core.
 * 2. A ticket is the port's number, never used again in this process. The list of ports, under
 *    a lock, leads from it to the port as long as that lives: so a forged or old ticket finds
 *    nothing, or a port that somebody made. It holds nothing.
 * 3. A port's memory lives until its count is 0 and the blocks that were reserved are released.
 */
#ifndef MIO__LUA_PORT_H
#define MIO__LUA_PORT_H

#include "mio/channel.h"
#include "mio/lua.h"

#include <stdbool.h>

typedef struct mio_lua_sender mio__lua_port;

/* A new port of a channel, counted once; `wakes` says that its messages are empty, `bytes_max`
   bounds what mio__lua_port_reserve() gives. Returns NULL where there is no memory. */
mio__lua_port *mio__lua_port_new(mio_channel *channel, bool wakes, size_t bytes_max);

mio__lua_port *mio__lua_port_ref(mio__lua_port *port);
void mio__lua_port_unref(mio__lua_port *port);

/* The port of a ticket, counted once more, or NULL. */
mio__lua_port *mio__lua_port_find(uint64_t ticket);

uint64_t mio__lua_port_ticket(const mio__lua_port *port);
bool mio__lua_port_wakes(const mio__lua_port *port);

/*
 * Before a message with a block of memory of its own is sent: count the bytes. False where they
 * do not fit beside those that wait; a block that would be alone always fits. What has been
 * reserved is to be released, which may be after the port has gone.
 */
bool mio__lua_port_reserve(mio__lua_port *port, size_t bytes);
void mio__lua_port_release(mio__lua_port *port, size_t bytes);

/* As mio_sender_send(); the message is a mio__lua_message. */
int mio__lua_port_send(const mio__lua_port *port, const void *message);

#endif
