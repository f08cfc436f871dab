#include "options.h"

#include "address.h"
#include "names.h"
#include "seconds.h"

#include <lauxlib.h>
#include <limits.h>
#include <stdbool.h>

enum { OPTION_ROOM_MAX = 1 << 20 };

static int options_refuse(lua_State *L, int arg, const char *name, const char *expected)
{
    lua_pushfstring(L, "option '%s' is %s", name, expected);
    return luaL_argerror(L, arg, lua_tostring(L, -1));
}

/* The names of all that are known, in an array that is pushed. */
static const char *const *options_push_names(lua_State *L, const mio__lua_option *known,
                                             size_t count)
{
    const char **names = lua_newuserdatauv(L, (count + 1) * sizeof *names, 0);

    for (size_t i = 0; i < count; i++)
        names[i] = known[i].name;
    names[count] = NULL;
    return names;
}

/* The name is below the top. */
static const mio__lua_option *options_find(lua_State *L, int arg, const mio__lua_option *known,
                                           size_t count)
{
    const int name = lua_gettop(L) - 1;

    luaL_argcheck(L, lua_type(L, name) == LUA_TSTRING, arg, "the names of options are strings");
    for (size_t i = 0; i < count; i++) {
        if (mio__lua_name_is(L, name, known[i].name))
            return &known[i];
    }
    mio__lua_name_unknown(L, arg, "option", name, options_push_names(L, known, count));
    return NULL;
}

static void options_read_count(lua_State *L, int arg, const mio__lua_option *option, int most)
{
    int exact;
    lua_Integer value = lua_tointegerx(L, -1, &exact);

    if (!exact || lua_type(L, -1) != LUA_TNUMBER || value < 1 || value > most)
        options_refuse(L, arg, option->name,
                       lua_pushfstring(L, "a whole number from 1 to %d", most));
    *(int *)option->place = (int)value;
}

static void options_read_choice(lua_State *L, int arg, const mio__lua_option *option)
{
    const int chosen = mio__lua_name_find(L, -1, option->names);

    if (chosen < 0)
        options_refuse(L, arg, option->name, mio__lua_name_list(L, option->names));
    *(int *)option->place = chosen;
}

static void options_read_address(lua_State *L, int arg, const mio__lua_option *option)
{
    if (!mio__lua_address_test(L, lua_gettop(L), option->place))
        options_refuse(L, arg, option->name, "an address");
}

/* The value is on top. */
static void options_read_one(lua_State *L, int arg, const mio__lua_option *option)
{
    switch (option->type) {
    case OPTION_BOOLEAN:
        if (!lua_isboolean(L, -1))
            options_refuse(L, arg, option->name, "true or false");
        *(bool *)option->place = lua_toboolean(L, -1);
        break;
    case OPTION_COUNT:
        options_read_count(L, arg, option, INT_MAX);
        break;
    case OPTION_ROOM:
        options_read_count(L, arg, option, OPTION_ROOM_MAX);
        break;
    case OPTION_CHOICE:
        options_read_choice(L, arg, option);
        break;
    case OPTION_SECONDS:
        if (lua_type(L, -1) != LUA_TNUMBER || !(lua_tonumber(L, -1) >= 0))
            options_refuse(L, arg, option->name, "a number from 0 up");
        *(int64_t *)option->place = mio__lua_seconds_timeout(L, lua_gettop(L));
        break;
    case OPTION_ADDRESS:
        options_read_address(L, arg, option);
        break;
    case OPTION_ANY:
        break;
    }
}

void mio__lua_options_read(lua_State *L, int arg, const mio__lua_option *known, size_t count)
{
    if (lua_isnoneornil(L, arg))
        return;
    luaL_checktype(L, arg, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, arg) != 0) {
        options_read_one(L, arg, options_find(L, arg, known, count));
        lua_pop(L, 1);
    }
}
