#include "unread.h"

#include <string.h>

/* They are strings in a table of the state, by the stream's address. */
static void unread_set(lua_State *L, mio__lua_stream *stream)
{
    lua_getiuservalue(L, lua_upvalueindex(1), STATE_UNREAD);
    lua_insert(L, -2);
    lua_rawsetp(L, -2, stream);
    lua_pop(L, 1);
}

void mio__lua_unread_keep(lua_State *L, mio__lua_stream *stream, const char *bytes, size_t size)
{
    stream->lost = true;
    lua_pushlstring(L, bytes, size);
    unread_set(L, stream);
    stream->lost = false;
    stream->unread = true;
}

/* The rest is made a string before anything is taken: it may find no memory. */
size_t mio__lua_unread_take(lua_State *L, mio__lua_stream *stream, char *bytes, size_t size,
                            bool peeks)
{
    const char *kept;
    size_t length;

    if (!stream->unread)
        return 0;
    lua_getiuservalue(L, lua_upvalueindex(1), STATE_UNREAD);
    lua_rawgetp(L, -1, stream);
    lua_replace(L, -2);
    kept = lua_tolstring(L, -1, &length);
    size = size < length ? size : length;
    if (!peeks && size == length)
        mio__lua_unread_drop(L, stream);
    else if (!peeks)
        mio__lua_unread_keep(L, stream, kept + size, length - size);
    memcpy(bytes, kept, size);
    lua_pop(L, 1);
    return size;
}

void mio__lua_unread_drop(lua_State *L, mio__lua_stream *stream)
{
    if (!stream->unread)
        return;
    stream->unread = false;
    lua_pushnil(L);
    unread_set(L, stream);
}
