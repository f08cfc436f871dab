/* NOLINTBEGIN(misc-no-recursion): as deep as MESSAGE_DEPTH */
#include "message.h"

#include "message_layout.h"
#include "sender.h"

#include <math.h>

typedef struct message_reader {
    const mio__lua_message *message;
    const unsigned char *at;
    const unsigned char *end;
    int depth;
} message_reader;

static bool read_bytes(message_reader *reader, void *ret_bytes, size_t size)
{
    if ((size_t)(reader->end - reader->at) < size)
        return false;
    memcpy(ret_bytes, reader->at, size);
    reader->at += size;
    return true;
}

/* A count of things of which each takes `least` bytes at the least. */
static bool read_count(message_reader *reader, size_t least, uint32_t *ret_count)
{
    unsigned char byte;

    if (!read_bytes(reader, &byte, 1))
        return false;
    *ret_count = byte;
    if (byte == COUNT_LONG && !read_bytes(reader, ret_count, sizeof *ret_count))
        return false;
    return *ret_count <= (size_t)(reader->end - reader->at) / least;
}

static bool read_integer(lua_State *L, message_reader *reader, bool small)
{
    lua_Integer integer = 0;
    signed char byte = 0;

    if (small ? !read_bytes(reader, &byte, 1) : !read_bytes(reader, &integer, sizeof integer))
        return false;
    lua_pushinteger(L, small ? byte : integer);
    return true;
}

static bool read_float(lua_State *L, message_reader *reader)
{
    lua_Number number;

    if (!read_bytes(reader, &number, sizeof number))
        return false;
    lua_pushnumber(L, number);
    return true;
}

static bool read_string(lua_State *L, message_reader *reader)
{
    uint32_t size;

    if (!read_count(reader, 1, &size))
        return false;
    lua_pushlstring(L, (const char *)reader->at, size);
    reader->at += size;
    return true;
}

static bool read_sender(lua_State *L, message_reader *reader)
{
    unsigned char byte;
    uint32_t place;

    if (!read_bytes(reader, &byte, 1))
        return false;
    place = byte;
    if (byte == COUNT_LONG && !read_bytes(reader, &place, sizeof place))
        return false;
    if (place >= reader->message->ports)
        return false;
    mio__lua_sender_push(L, mio__lua_message_port(reader->message, place));
    return true;
}

static bool read_cargo(lua_State *L, message_reader *reader)
{
    unsigned char place;

    return read_bytes(reader, &place, 1) &&
           mio__lua_cargo_push(L, reader->message->cargo, place);
}

static bool read_value(lua_State *L, message_reader *reader);

/* nil and NaN are no keys, and tables and senders are none of ours. */
static bool read_key(lua_State *L, message_reader *reader)
{
    if (reader->at == reader->end || *reader->at == TAG_NIL || *reader->at >= TAG_TABLE)
        return false;
    if (!read_value(L, reader))
        return false;
    return lua_type(L, -1) != LUA_TNUMBER || !isnan(lua_tonumber(L, -1));
}

static bool read_table(lua_State *L, message_reader *reader)
{
    uint32_t array, others;

    if (reader->depth == MESSAGE_DEPTH || !read_count(reader, 1, &array) ||
        !read_count(reader, 2, &others))
        return false;
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    lua_createtable(L, (int)array, (int)others); /* no more than there are bytes */
    reader->depth++;
    for (lua_Integer place = 1; place <= array; place++) {
        if (!read_value(L, reader))
            return false;
        lua_rawseti(L, -2, place);
    }
    for (uint32_t i = 0; i < others; i++) {
        if (!read_key(L, reader) || !read_value(L, reader))
            return false;
        lua_rawset(L, -3);
    }
    reader->depth--;
    return true;
}

static bool read_value(lua_State *L, message_reader *reader)
{
    unsigned char tag;

    if (!read_bytes(reader, &tag, 1))
        return false;
    switch (tag) {
    case TAG_NIL:
        lua_pushnil(L);
        return true;
    case TAG_FALSE:
    case TAG_TRUE:
        lua_pushboolean(L, tag == TAG_TRUE);
        return true;
    case TAG_BYTE:
    case TAG_INTEGER:
        return read_integer(L, reader, tag == TAG_BYTE);
    case TAG_FLOAT:
        return read_float(L, reader);
    case TAG_STRING:
        return read_string(L, reader);
    case TAG_TABLE:
        return read_table(L, reader);
    case TAG_SENDER:
        return read_sender(L, reader);
    case TAG_CARGO:
        return read_cargo(L, reader);
    default:
        return false;
    }
}

bool mio__lua_message_decode(lua_State *L, const mio__lua_message *message)
{
    size_t room;
    const unsigned char *data = mio__lua_message_data(message, &room);
    message_reader reader = {.message = message, .at = data, .end = data + message->size};

    mio__lua_cargo_arrive(message->cargo);
    if (!read_value(L, &reader) || reader.at != reader.end)
        return false;
    mio__lua_cargo_hand_over(message->cargo);
    return true;
}
/* NOLINTEND(misc-no-recursion) */
