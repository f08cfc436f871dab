/* NOLINTBEGIN(misc-no-recursion): as deep as MESSAGE_DEPTH */
#include "message.h"

#include "message_layout.h"
#include "sender.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void message_free_block(const mio__lua_message *message)
{
    if (message->data.large.reserved != NULL)
        mio__lua_port_release(message->data.large.reserved,
                              mio__lua_message_room(message->size, message->ports));
    free(message->data.large.block);
}

void mio__lua_message_release(mio__lua_message *message)
{
    for (size_t place = 0; place < message->ports; place++)
        mio__lua_port_unref(mio__lua_message_port(message, place));
    if (!mio__lua_message_is_inline(message))
        message_free_block(message);
    mio__lua_cargo_release(message->cargo);
    *message = (mio__lua_message){.size = 0};
}

/* -------------------------------------------------------------------- writing */

/* A table that is being written, and the key that has been reached in it. */
typedef struct message_level {
    const void *table;
    lua_Integer place; /* in the array part; 0: the key is on the stack */
    int key;
} message_level;

/* Counts all that is written, and keeps what there is room for. */
typedef struct message_writer {
    lua_State *L;
    int arg;
    int depth;
    unsigned char *data;
    size_t room;
    size_t size;
    size_t ports;
    mio__lua_cargo_list *cargo; /* NULL: none may be in it */
    message_level levels[MESSAGE_DEPTH];
} message_writer;

static bool writer_has_room(const message_writer *writer, size_t more)
{
    return mio__lua_message_room(writer->size + more, writer->ports) <= writer->room;
}

static void write_bytes(message_writer *writer, const void *bytes, size_t size)
{
    if (writer_has_room(writer, size))
        memcpy(writer->data + writer->size, bytes, size);
    writer->size += size;
}

static void write_byte(message_writer *writer, int byte)
{
    const unsigned char value = (unsigned char)byte;

    write_bytes(writer, &value, 1);
}

static void write_count(message_writer *writer, size_t count)
{
    const uint32_t value = (uint32_t)count; /* what is larger is refused by its bytes */

    if (count < COUNT_LONG) {
        write_byte(writer, (int)count);
        return;
    }
    write_byte(writer, COUNT_LONG);
    write_bytes(writer, &value, sizeof value);
}

/* One port more, from the back. */
static void write_port(message_writer *writer, mio__lua_port *port)
{
    const size_t place = writer->ports++;

    write_count(writer, place);
    if (writer_has_room(writer, 0))
        memcpy(writer->data + writer->room - writer->ports * PORT_SIZE, &port, PORT_SIZE);
}

/* Append to the path on top the key that a level has reached. */
static void refuse_push_key(lua_State *L, const message_level *level)
{
    if (level->place != 0) {
        lua_pushfstring(L, "[%I]", (LUAI_UACINT)level->place);
    } else if (lua_type(L, level->key) == LUA_TSTRING) {
        const char *name = lua_tostring(L, level->key);
        const bool plain = name[strspn(name, "abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJKLMNOPQRSTUV"
                                             "WXYZ0123456789")] == '\0' &&
                           name[0] != '\0' && (name[0] < '0' || name[0] > '9');

        lua_pushfstring(L, plain ? ".%s" : "[\"%s\"]", name);
    } else {
        lua_pushfstring(L, "[%s]", luaL_tolstring(L, level->key, NULL));
        lua_remove(L, -2);
    }
    lua_concat(L, 2);
}

/* Raise the error: where in the value, and what cannot travel. */
static void refuse(const message_writer *writer, const char *what)
{
    lua_State *L = writer->L;

    luaL_checkstack(L, LUA_MINSTACK, NULL);
    lua_pushliteral(L, "value");
    for (int i = 0; i < writer->depth; i++)
        refuse_push_key(L, &writer->levels[i]);
    lua_pushfstring(L, "%s: %s", lua_tostring(L, -1), what);
    luaL_argerror(L, writer->arg, lua_tostring(L, -1));
}

static void write_number(message_writer *writer, int index)
{
    const lua_Integer integer = lua_tointeger(writer->L, index);
    const lua_Number number = lua_tonumber(writer->L, index);

    if (!lua_isinteger(writer->L, index)) {
        write_byte(writer, TAG_FLOAT);
        write_bytes(writer, &number, sizeof number);
    } else if (integer >= -128 && integer <= 127) {
        write_byte(writer, TAG_BYTE);
        write_byte(writer, (int)integer);
    } else {
        write_byte(writer, TAG_INTEGER);
        write_bytes(writer, &integer, sizeof integer);
    }
}

static void write_string(message_writer *writer, const char *bytes, size_t size)
{
    write_byte(writer, TAG_STRING);
    write_count(writer, size);
    write_bytes(writer, bytes, size);
}

/* The name of a value's class, where it has one, or of its type. */
static const char *sender_push_type(lua_State *L, int index)
{
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    if (luaL_getmetafield(L, index, "__name") == LUA_TSTRING)
        return lua_tostring(L, -1);
    return luaL_typename(L, index);
}

static void write_cargo(message_writer *writer, int index)
{
    const size_t place = writer->cargo->count;
    const char *refusal = mio__lua_cargo_add(writer->L, writer->cargo, index);

    if (refusal != NULL)
        refuse(writer, refusal);
    write_byte(writer, TAG_CARGO);
    write_byte(writer, (int)place);
}

static void write_sender(message_writer *writer, int index)
{
    bool closed;
    mio__lua_port *port = mio__lua_sender_port(writer->L, index, &closed);

    if (port == NULL)
        refuse(writer, closed ? "a closed sender" : sender_push_type(writer->L, index));
    write_byte(writer, TAG_SENDER);
    write_port(writer, port);
}

static void write_table(message_writer *writer, int index);

static void write_value(message_writer *writer, int index)
{
    lua_State *L = writer->L;
    const char *bytes;
    size_t size;

    switch (lua_type(L, index)) {
    case LUA_TNIL:
        write_byte(writer, TAG_NIL);
        break;
    case LUA_TBOOLEAN:
        write_byte(writer, lua_toboolean(L, index) ? TAG_TRUE : TAG_FALSE);
        break;
    case LUA_TNUMBER:
        write_number(writer, index);
        break;
    case LUA_TSTRING:
        bytes = lua_tolstring(L, index, &size);
        write_string(writer, bytes, size);
        break;
    case LUA_TTABLE:
        write_table(writer, index);
        break;
    default:
        if (writer->cargo != NULL && mio__lua_cargo_is(L, index))
            write_cargo(writer, index);
        else
            write_sender(writer, index);
    }
    if (writer->size > MESSAGE_MAX)
        refuse(writer, "larger than 16 MiB");
}

static void write_key(message_writer *writer, int index)
{
    const int type = lua_type(writer->L, index);

    if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN) {
        writer->depth--;
        refuse(writer,
               lua_pushfstring(writer->L, "a key that is a %s", lua_typename(writer->L, type)));
    }
    write_value(writer, index);
}

/* How many values stand at 1, 2, ... without a hole. */
static lua_Integer table_count_array(lua_State *L, int index)
{
    lua_Integer count = 0;

    while (lua_rawgeti(L, index, count + 1) != LUA_TNIL) {
        lua_pop(L, 1);
        count++;
    }
    lua_pop(L, 1);
    return count;
}

static bool key_is_in_array(lua_State *L, int index, lua_Integer count)
{
    return lua_isinteger(L, index) && lua_tointeger(L, index) >= 1 &&
           lua_tointeger(L, index) <= count;
}

static size_t table_count_others(lua_State *L, int index, lua_Integer array)
{
    size_t count = 0;

    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1);
        count += !key_is_in_array(L, -1, array);
    }
    return count;
}

static void write_others(message_writer *writer, int index, lua_Integer array,
                         message_level *level)
{
    lua_State *L = writer->L;

    level->place = 0;
    level->key = lua_gettop(L) + 1;
    lua_pushnil(L);
    while (lua_next(L, index)) {
        if (!key_is_in_array(L, level->key, array)) {
            write_key(writer, level->key);
            write_value(writer, level->key + 1);
        }
        lua_pop(L, 1);
    }
}

/* An object that mio makes of a table would arrive as the table alone. */
static void write_table_check(message_writer *writer, int index)
{
    const char *name;

    luaL_checkstack(writer->L, LUA_MINSTACK, NULL);
    if (luaL_getmetafield(writer->L, index, "__name") == LUA_TNIL)
        return;
    name = lua_tostring(writer->L, -1);
    if (name != NULL && strncmp(name, "mio.", 4) == 0)
        refuse(writer, name);
    lua_pop(writer->L, 1);
}

/* Enter a table: it must not be inside of itself, nor too deep. */
static message_level *write_table_enter(message_writer *writer, int index)
{
    const void *table = lua_topointer(writer->L, index);

    write_table_check(writer, index);
    for (int i = 0; i < writer->depth; i++) {
        if (writer->levels[i].table == table)
            refuse(writer, "a table inside of itself");
    }
    if (writer->depth == MESSAGE_DEPTH)
        refuse(writer, "tables nested too deep");
    writer->levels[writer->depth].table = table;
    return &writer->levels[writer->depth++];
}

static void write_table(message_writer *writer, int index)
{
    lua_State *L = writer->L;
    message_level *level = write_table_enter(writer, index);
    const lua_Integer array = table_count_array(L, index);

    write_byte(writer, TAG_TABLE);
    write_count(writer, (size_t)array);
    write_count(writer, table_count_others(L, index, array));
    for (level->place = 1; level->place <= array; level->place++) {
        lua_rawgeti(L, index, level->place);
        write_value(writer, lua_gettop(L));
        lua_pop(L, 1);
    }
    write_others(writer, index, array, level);
    writer->depth--;
}

/* ------------------------------------------------------------------- encoding */

static void writer_start(message_writer *writer, unsigned char *data, size_t room)
{
    writer->data = data;
    writer->room = room;
    writer->size = 0;
    writer->ports = 0;
    writer->depth = 0;
    if (writer->cargo != NULL)
        writer->cargo->count = 0;
}

/* A block for what did not fit: the writer starts anew in it. */
static bool encode_in_block(message_writer *writer, mio__lua_message *message)
{
    const size_t room = mio__lua_message_room(writer->size, writer->ports);

    message->data.large.reserved = NULL;
    message->data.large.block = malloc(room);
    if (message->data.large.block == NULL)
        return false;
    writer_start(writer, message->data.large.block, room);
    return true;
}

static int encode_value(lua_State *L, int arg, mio__lua_cargo_list *cargo,
                        mio__lua_message *ret_message)
{
    message_writer writer;
    mio__lua_message message = {.cargo = NULL};

    writer.L = L; /* not by an initializer: it would zero all levels */
    writer.arg = arg;
    writer.cargo = cargo;
    writer_start(&writer, (unsigned char *)message.data.aligned, MESSAGE_INLINE);
    write_value(&writer, arg);
    if (!writer_has_room(&writer, 0)) {
        if (!encode_in_block(&writer, &message))
            return -ENOMEM;
        write_value(&writer, arg); /* nothing has run since: it writes the same */
    }
    message.size = (uint32_t)writer.size;
    message.ports = (uint32_t)writer.ports;
    if (cargo != NULL && !mio__lua_cargo_pack(cargo, &message.cargo)) {
        if (!mio__lua_message_is_inline(&message))
            free(message.data.large.block);
        return -ENOMEM;
    }
    for (size_t place = 0; place < writer.ports; place++)
        mio__lua_port_ref(mio__lua_message_port(&message, place));
    *ret_message = message;
    return 0;
}

int mio__lua_message_encode(lua_State *L, int arg, mio__lua_message *ret_message)
{
    return encode_value(L, arg, NULL, ret_message);
}

int mio__lua_message_encode_with_cargo(lua_State *L, int arg, mio__lua_message *ret_message)
{
    mio__lua_cargo_list cargo;

    cargo.count = 0;
    return encode_value(L, arg, &cargo, ret_message);
}

int mio__lua_message_encode_string(const char *bytes, size_t size,
                                   mio__lua_message *ret_message)
{
    message_writer writer;
    mio__lua_message message = {.ports = 0};

    writer.cargo = NULL;
    if (size > MESSAGE_MAX)
        return -EMSGSIZE;
    writer_start(&writer, (unsigned char *)message.data.aligned, MESSAGE_INLINE);
    write_string(&writer, bytes, size);
    if (!writer_has_room(&writer, 0)) {
        if (!encode_in_block(&writer, &message))
            return -ENOMEM;
        write_string(&writer, bytes, size);
    }
    message.size = (uint32_t)writer.size;
    *ret_message = message;
    return 0;
}

int mio__lua_message_send(mio__lua_message *message, mio__lua_port *port)
{
    if (!mio__lua_message_is_inline(message)) {
        if (!mio__lua_port_reserve(port, mio__lua_message_room(message->size, message->ports)))
            return -EAGAIN;
        message->data.large.reserved = port;
    }
    return mio__lua_port_send(port, message);
}
/* NOLINTEND(misc-no-recursion) */
