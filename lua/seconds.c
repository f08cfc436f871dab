#include "seconds.h"

#include <lauxlib.h>

/* 2^63 ns: from there on a double has no int64_t. */
static const lua_Number seconds_max = 9223372036.854775807;
static const lua_Number ns_per_second = 1e9;

int64_t mio__lua_seconds_check(lua_State *L, int arg)
{
    const lua_Number seconds = luaL_checknumber(L, arg);
    const lua_Number wanted = seconds * ns_per_second; /* of no more digits than a number has */
    int64_t ns;

    luaL_argcheck(L, seconds >= 0, arg, "seconds are a number from 0 up");
    if (seconds >= seconds_max)
        return INT64_MAX;
    ns = (int64_t)wanted;
    return (lua_Number)ns < wanted ? ns + 1 : ns;
}

int64_t mio__lua_seconds_timeout(lua_State *L, int arg)
{
    int64_t ns;

    if (lua_isnoneornil(L, arg))
        return -1;
    ns = mio__lua_seconds_check(L, arg);
    return ns == INT64_MAX ? -1 : ns;
}

void mio__lua_seconds_push(lua_State *L, int64_t ns)
{
    lua_pushnumber(L, (lua_Number)ns / ns_per_second);
}
