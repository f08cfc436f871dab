#include "options.h"

#include "address.h"
#include "seconds.h"

#include <lauxlib.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

enum { GUESS_LENGTH = 32, GUESS_DISTANCE = 2 };

static int min_of(int a, int b, int c)
{
    int least = a < b ? a : b;

    return least < c ? least : c;
}

/* How many letters to insert, delete or change to make b of a (Levenshtein's distance). */
static int guess_distance(const char *a, const char *b)
{
    const int length = (int)strlen(b);
    int row[GUESS_LENGTH + 1];

    for (int j = 0; j <= length; j++)
        row[j] = j;
    for (int i = 1; a[i - 1] != '\0'; i++) {
        int diagonal = row[0];

        row[0] = i;
        for (int j = 1; j <= length; j++) {
            int above = row[j];

            row[j] = min_of(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[length];
}

const char *mio__lua_options_guess(const char *given, const char *const *names, size_t count)
{
    const char *best = NULL;
    int best_distance = GUESS_DISTANCE + 1;

    if (strlen(given) > GUESS_LENGTH)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        int distance = guess_distance(given, names[i]);

        if (distance < best_distance) {
            best_distance = distance;
            best = names[i];
        }
    }
    return best;
}

int mio__lua_options_unknown(lua_State *L, int arg, const char *what, const char *given,
                             const char *const *names, size_t count)
{
    const char *guess = mio__lua_options_guess(given, names, count);

    if (guess != NULL)
        lua_pushfstring(L, "unknown %s '%s' (did you mean '%s'?)", what, given, guess);
    else
        lua_pushfstring(L, "unknown %s '%s'", what, given);
    return luaL_argerror(L, arg, lua_tostring(L, -1));
}

enum { OPTIONS_MAX = 16 };

static int options_refuse(lua_State *L, int arg, const char *name, const char *expected)
{
    lua_pushfstring(L, "option '%s' is %s", name, expected);
    return luaL_argerror(L, arg, lua_tostring(L, -1));
}

static const mio__lua_option *options_find(lua_State *L, int arg, const mio__lua_option *known,
                                           size_t count)
{
    const char *names[OPTIONS_MAX];
    const char *given;

    luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING, arg, "the names of options are strings");
    given = lua_tostring(L, -2);
    for (size_t i = 0; i < count; i++) {
        names[i] = known[i].name;
        if (strcmp(given, names[i]) == 0)
            return &known[i];
    }
    mio__lua_options_unknown(L, arg, "option", given, names, count);
    return NULL;
}

static void options_read_count(lua_State *L, int arg, const mio__lua_option *option)
{
    int exact;
    lua_Integer value = lua_tointegerx(L, -1, &exact);

    if (!exact || lua_type(L, -1) != LUA_TNUMBER || value < 1 || value > INT_MAX)
        options_refuse(L, arg, option->name, "a whole number from 1 to 2147483647");
    *(int *)option->place = (int)value;
}

static void options_read_choice(lua_State *L, int arg, const mio__lua_option *option)
{
    const char *given = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    int i = 0;

    while (given != NULL && option->names[i] != NULL && strcmp(option->names[i], given) != 0)
        i++;
    if (given == NULL || option->names[i] == NULL) {
        lua_pushfstring(L, "'%s'", option->names[0]);
        for (i = 1; option->names[i] != NULL; i++)
            lua_pushfstring(L, "%s or '%s'", lua_tostring(L, -1), option->names[i]);
        options_refuse(L, arg, option->name, lua_tostring(L, -1));
    }
    *(int *)option->place = i;
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
        options_read_count(L, arg, option);
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
