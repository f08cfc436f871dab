#include "result.h"

#include "mio/base.h"

#include <errno.h>

int mio__lua_token(lua_State *L, const char *token)
{
    lua_pushnil(L);
    lua_pushstring(L, token);
    return 2;
}

int mio__lua_failure(lua_State *L, int err)
{
    if (err == -EAGAIN)
        return mio__lua_token(L, "again");
    lua_pushnil(L);
    lua_pushstring(L, mio_strerror(err));
    lua_pushstring(L, mio_errname(err));
    return 3;
}

int mio__lua_message_failure(lua_State *L, ptrdiff_t err)
{
    if (err != -EMSGSIZE)
        return mio__lua_failure(L, (int)err);
    lua_pushnil(L);
    lua_pushliteral(L, "too long");
    lua_pushliteral(L, "EMSGSIZE");
    return 3;
}

int mio__lua_failure_in(lua_State *L, int err, const char *call, const char *subject)
{
    lua_pushnil(L);
    lua_pushfstring(L, "%s %s: %s", call, subject, mio_strerror(err));
    lua_pushstring(L, mio_errname(err));
    return 3;
}

int mio__lua_outcome(lua_State *L, int err)
{
    if (err < 0)
        return mio__lua_failure(L, err);
    lua_pushboolean(L, 1);
    return 1;
}

int mio__lua_end_of_stream(lua_State *L)
{
    lua_pushnil(L);
    lua_pushliteral(L, "end of stream");
    lua_pushliteral(L, "EOF");
    return 3;
}
