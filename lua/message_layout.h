/*
 * How the bytes of a message lie: what writing and reading share. See message.h.
 */
#ifndef MIO__LUA_MESSAGE_LAYOUT_H
#define MIO__LUA_MESSAGE_LAYOUT_H

#include "message.h"

#include <string.h>

enum {
    TAG_NIL,
    TAG_FALSE,
    TAG_TRUE,
    TAG_BYTE, /* an integer from -128 to 127 */
    TAG_INTEGER,
    TAG_FLOAT,
    TAG_STRING,
    TAG_TABLE,
    TAG_SENDER,
    TAG_CARGO
};

enum { PORT_SIZE = sizeof(void *) };

enum { COUNT_LONG = 255 }; /* a count from here on: this byte, then four */

/* ------------------------------------------------------------- where data lies */

static inline size_t mio__lua_message_room(size_t size, size_t ports)
{
    return (size + 7) / 8 * 8 + ports * PORT_SIZE;
}

static inline bool mio__lua_message_is_inline(const mio__lua_message *message)
{
    return mio__lua_message_room(message->size, message->ports) <= MESSAGE_INLINE;
}

static inline const unsigned char *mio__lua_message_data(const mio__lua_message *message,
                                                         size_t *ret_room)
{
    const bool within = mio__lua_message_is_inline(message);

    *ret_room = within ? MESSAGE_INLINE : mio__lua_message_room(message->size, message->ports);
    return within ? (const unsigned char *)message->data.aligned : message->data.large.block;
}

static inline mio__lua_port *mio__lua_message_port(const mio__lua_message *message,
                                                   size_t place)
{
    size_t room;
    const unsigned char *data = mio__lua_message_data(message, &room);
    mio__lua_port *port;

    memcpy(&port, data + room - (place + 1) * PORT_SIZE, PORT_SIZE);
    return port;
}

#endif
