#include "signal_names.h"

#include "names.h"

#include <lauxlib.h>
#include <signal.h>
#include <string.h>

static const char *const signal_names[] = {
    "INT",  "TERM", "HUP",  "QUIT", "USR1", "USR2", "CHLD", "WINCH", "ALRM", "PIPE", "CONT",
    "TSTP", "TTIN", "TTOU", "URG",  "KILL", "STOP", "SEGV", "BUS",   "FPE",  "ILL",  NULL};
static const int signal_numbers[] = {SIGINT,  SIGTERM,  SIGHUP,  SIGQUIT, SIGUSR1, SIGUSR2,
                                     SIGCHLD, SIGWINCH, SIGALRM, SIGPIPE, SIGCONT, SIGTSTP,
                                     SIGTTIN, SIGTTOU,  SIGURG,  SIGKILL, SIGSTOP, SIGSEGV,
                                     SIGBUS,  SIGFPE,   SIGILL};

enum {
    SIGNAL_NAMES = sizeof signal_numbers / sizeof *signal_numbers,
    SIGNAL_CAUGHT = 15, /* of the names, the first: up to URG */
    SIGNAL_HIGHEST = 64
};

static int signal_check_number(lua_State *L, int arg)
{
    int exact;
    lua_Integer number = lua_tointegerx(L, arg, &exact);

    luaL_argcheck(L, exact && number >= 1 && number <= SIGNAL_HIGHEST, arg,
                  "a signal's number is a whole number from 1 to 64");
    return (int)number;
}

/* The names that are meant to be caught come first; "SIGINT" is INT to everybody else. */
static int signal_unknown(lua_State *L, int arg, bool caught)
{
    const char *names[SIGNAL_NAMES + 1] = {NULL};

    memcpy(names, signal_names, (caught ? SIGNAL_CAUGHT : SIGNAL_NAMES) * sizeof *names);
    if (strncmp(lua_tostring(L, arg), "SIG", 3) == 0) {
        lua_pushstring(L, lua_tostring(L, arg) + 3);
        for (int i = 0; names[i] != NULL; i++) {
            if (mio__lua_name_is(L, -1, names[i]))
                luaL_argerror(L, arg,
                              lua_pushfstring(L, "unknown signal 'SIG%s' (did you mean '%s'?)",
                                              names[i], names[i]));
        }
    }
    return mio__lua_name_unknown(L, arg, "signal", arg, names);
}

int mio__lua_signal_check(lua_State *L, int arg, bool caught)
{
    int which;

    if (lua_type(L, arg) == LUA_TNUMBER)
        return signal_check_number(L, arg);
    if (lua_type(L, arg) != LUA_TSTRING)
        return luaL_typeerror(L, arg, "name or number of a signal");
    which = mio__lua_name_find(L, arg, signal_names);
    if (which < 0)
        return signal_unknown(L, arg, caught);
    return signal_numbers[which];
}

void mio__lua_signal_push(lua_State *L, int number)
{
    for (int i = 0; i < SIGNAL_NAMES; i++) {
        if (signal_numbers[i] == number) {
            lua_pushstring(L, signal_names[i]);
            return;
        }
    }
    lua_pushinteger(L, number);
}
