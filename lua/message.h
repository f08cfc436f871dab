/*
 * Messages: Lua values as bytes, on their way from one Lua state to another.
 *
 *     nil, booleans     a tag
 *     integers          a tag and 1 or 8 bytes
 *     floats            a tag and 8 bytes
 *     strings           a tag, the length, the bytes
 *     tables            a tag, two counts, the values from 1 on, the other keys and values
 *     senders           a tag and the place among the ports of the message
 *     sockets, shared channels   a tag and the place in the cargo of the message
 *
 * 1. Tables are read and made raw, without metamethods; metatables do not travel. A table that
 *    is there twice arrives as two. They nest to a limit, and contain no cycle.
 * 2. A message of up to MESSAGE_INLINE bytes lies in the struct itself, which lies in a slot
 *    of the channel; a larger one in one malloc()ed block, that the receiver frees. Bytes
 *    stand at the front, pointers to ports at the back:
 *
 *         | bytes ->            <- ports |
 *
 * 3. A message counts its ports, and is to be released once, by whoever has it last.
 * 4. Decoding trusts nothing that the bytes say. Ports and sizes it takes from the struct.
 */
#ifndef MIO__LUA_MESSAGE_H
#define MIO__LUA_MESSAGE_H

#include "cargo.h"
#include "port.h"

#include <lua.h>

enum { MESSAGE_INLINE = 48, MESSAGE_DEPTH = 100, MESSAGE_MAX = 16 << 20 };

typedef struct mio__lua_message {
    uint32_t size;         /* of the bytes */
    uint32_t ports;        /* how many */
    mio__lua_cargo *cargo; /* or NULL */
    union {
        uint64_t aligned[MESSAGE_INLINE / 8];
        struct {
            unsigned char *block;
            mio__lua_port *reserved; /* where its bytes are counted; NULL before it is sent */
        } large;
    } data;
} mio__lua_message;

/*
 * Encode the value at `arg`. A value that cannot travel raises an error of that argument,
 * which names its place: "value.a[3]: function". Returns 0 with a message to be sent or
 * released, or -ENOMEM.
 */
int mio__lua_message_encode(lua_State *L, int arg, mio__lua_message *ret_message);

/* The same, and sockets and shared channels may be in it: its cargo is packed, not taken. */
int mio__lua_message_encode_with_cargo(lua_State *L, int arg, mio__lua_message *ret_message);

/* The same for the bytes of a string. Returns 0, -ENOMEM, or -EMSGSIZE. */
int mio__lua_message_encode_string(const char *bytes, size_t size,
                                   mio__lua_message *ret_message);

/*
 * Send it through a port. Returns 0, then it is the channel's; or as mio_sender_send(), -EAGAIN
 * also where the channel has no room for its bytes: then it is to be released.
 */
int mio__lua_message_send(mio__lua_message *message, mio__lua_port *port);

/* Push the value, and deliver its cargo. Returns false where the bytes make no sense; then
   anything may be on top. */
bool mio__lua_message_decode(lua_State *L, const mio__lua_message *message);

/* Let go of what it holds; it is an empty message then. */
void mio__lua_message_release(mio__lua_message *message);

#endif
