#include "names.h"

#include <lauxlib.h>
#include <string.h>

bool mio__lua_name_is(lua_State *L, int index, const char *name)
{
    size_t size;
    const char *given;

    if (lua_type(L, index) != LUA_TSTRING)
        return false;
    given = lua_tolstring(L, index, &size);
    return strcmp(given, name) == 0 && strlen(name) == size;
}

int mio__lua_name_find(lua_State *L, int index, const char *const *names)
{
    for (int i = 0; names[i] != NULL; i++) {
        if (mio__lua_name_is(L, index, names[i]))
            return i;
    }
    return -1;
}

const char *mio__lua_name_list(lua_State *L, const char *const *names)
{
    lua_pushfstring(L, "'%s'", names[0]);
    for (int i = 1; names[i] != NULL; i++) {
        lua_pushfstring(L, "%s or '%s'", lua_tostring(L, -1), names[i]);
        lua_remove(L, -2);
    }
    return lua_tostring(L, -1);
}

int mio__lua_name_check(lua_State *L, int arg, const char *standard, const char *const *names)
{
    size_t size;
    const char *given = luaL_optlstring(L, arg, standard, &size);

    luaL_argcheck(L, strlen(given) == size, arg, "a string without zeros is expected");
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], given) == 0)
            return i;
    }
    mio__lua_name_list(L, names);
    lua_pushfstring(L, "'%s' is not %s", given, lua_tostring(L, -1));
    return luaL_argerror(L, arg, lua_tostring(L, -1));
}

/* -------------------------------------------------------------------- guesses */

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

const char *mio__lua_name_guess(const char *given, const char *const *names)
{
    const char *best = NULL;
    int best_distance = GUESS_DISTANCE + 1;

    if (strlen(given) > GUESS_LENGTH)
        return NULL;
    for (size_t i = 0; names[i] != NULL; i++) {
        int distance = guess_distance(given, names[i]);

        if (distance < best_distance) {
            best_distance = distance;
            best = names[i];
        }
    }
    return best;
}

/* Push the string at `index` with its zeros written out. */
static const char *unknown_push(lua_State *L, int index)
{
    size_t size;
    const char *given = lua_tolstring(L, index, &size);
    luaL_Buffer text;

    luaL_buffinit(L, &text);
    for (size_t i = 0; i < size; i++) {
        if (given[i] == '\0')
            luaL_addstring(&text, "\\0");
        else
            luaL_addchar(&text, given[i]);
    }
    luaL_pushresult(&text);
    return lua_tostring(L, -1);
}

int mio__lua_name_unknown(lua_State *L, int arg, const char *what, int index,
                          const char *const *names)
{
    const char *given = unknown_push(L, index);
    const char *guess = mio__lua_name_guess(given, names);

    if (guess != NULL)
        lua_pushfstring(L, "unknown %s '%s' (did you mean '%s'?)", what, given, guess);
    else
        lua_pushfstring(L, "unknown %s '%s'", what, given);
    return luaL_argerror(L, arg, lua_tostring(L, -1));
}
