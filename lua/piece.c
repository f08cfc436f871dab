#include "piece.h"

#include "buffer.h"

void mio__lua_piece_check(lua_State *L, int arg)
{
    const int type = lua_type(L, arg);

    if (type == LUA_TNUMBER)
        lua_tolstring(L, arg, NULL);
    else if (type != LUA_TSTRING && mio__lua_buffer_test(L, arg) == NULL)
        luaL_typeerror(L, arg, "string or mio.buffer");
}

struct iovec mio__lua_piece(lua_State *L, int arg)
{
    const mio__lua_buffer *buffer = mio__lua_buffer_test(L, arg);
    union {
        const char *bytes;
        void *base; /* writev() has no use for const, and does not write there */
    } place;
    size_t size;

    if (buffer != NULL)
        return (struct iovec){.iov_base = buffer->data + buffer->start,
                              .iov_len = mio__lua_buffer_length(buffer)};
    place.bytes = lua_tolstring(L, arg, &size);
    return (struct iovec){.iov_base = place.base, .iov_len = size};
}
