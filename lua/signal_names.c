#include "signal_names.h"

#include "options.h"

#include <lauxlib.h>
#include <signal.h>
#include <string.h>

static const char *const signal_names[] = {
    "INT",  "TERM", "HUP",  "QUIT", "USR1", "USR2", "CHLD", "WINCH", "ALRM", "PIPE", "CONT",
    "TSTP", "TTIN", "TTOU", "URG",  "KILL", "STOP", "SEGV", "BUS",   "FPE",  "ILL"};
static const int signal_numbers[] = {SIGINT,  SIGTERM,  SIGHUP,  SIGQUIT, SIGUSR1, SIGUSR2,
                                     SIGCHLD, SIGWINCH, SIGALRM, SIGPIPE, SIGCONT, SIGTSTP,
                                     SIGTTIN, SIGTTOU,  SIGURG,  SIGKILL, SIGSTOP, SIGSEGV,
                                     SIGBUS,  SIGFPE,   SIGILL};

enum { SIGNAL_NAMES = sizeof signal_names / sizeof *signal_names, SIGNAL_HIGHEST = 64 };

static int signal_check_number(lua_State *L, int arg)
{
    int exact;
    lua_Integer number = lua_tointegerx(L, arg, &exact);

    luaL_argcheck(L, exact && number >= 1 && number <= SIGNAL_HIGHEST, arg,
                  "a signal's number is a whole number from 1 to 64");
    return (int)number;
}

int mio__lua_signal_check(lua_State *L, int arg)
{
    const char *name;

    if (lua_type(L, arg) == LUA_TNUMBER)
        return signal_check_number(L, arg);
    if (lua_type(L, arg) != LUA_TSTRING)
        return luaL_typeerror(L, arg, "name or number of a signal");
    name = lua_tostring(L, arg);
    for (int i = 0; i < SIGNAL_NAMES; i++) {
        if (strcmp(signal_names[i], name) == 0)
            return signal_numbers[i];
    }
    return mio__lua_options_unknown(L, arg, "signal", name, signal_names, SIGNAL_NAMES);
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
