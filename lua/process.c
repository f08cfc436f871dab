#include "process.h"

#include "names.h"
#include "options.h"
#include "result.h"
#include "signal_names.h"
#include "stream.h"

#include "mio/process.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Those that have started and not ended are in a list of the state: a child may be registered
   by its number, and its end has to be known all the same. */
typedef struct mio__lua_process {
    mio__lua_object object;
    int pid;
    bool ended;                            /* and was waited for */
    struct mio__lua_process *next, **link; /* what points to this one; NULL for nothing */
} mio__lua_process;

static const char *const process_streams[] = {"stdin", "stdout", "stderr", NULL};

static mio__lua_process *process_check(lua_State *L)
{
    return mio__lua_class_check(L, 1, CLASS_PROCESS, sizeof(mio__lua_process));
}

/* ---------------------------------------------------------------- arguments */

/* A string that C understands: at `index`, which becomes no other by that. */
static bool process_is_text(lua_State *L, int index)
{
    size_t length;
    const char *text;

    if (lua_type(L, index) != LUA_TSTRING)
        return false;
    text = lua_tolstring(L, index, &length);
    return strlen(text) == length;
}

/* Options do not belong into the list of arguments, where nobody would see them. Other keys
   are let pass: `arg` of a script has some. */
static void process_check_list(lua_State *L, int arg)
{
    luaL_checktype(L, arg, LUA_TTABLE);
    for (lua_pushnil(L); lua_next(L, arg) != 0; lua_pop(L, 1))
        luaL_argcheck(
            L, lua_type(L, -2) != LUA_TSTRING, arg,
            "the program and its arguments are a list; options are the next argument");
    luaL_argcheck(L, lua_rawlen(L, arg) > 0, arg, "the program is missing");
}

/*
 * Push a list of our own, which nobody else can change, with the strings of argument 1: so they
 * stay where they are until the process has started.
 */
static void process_push_argv(lua_State *L)
{
    lua_Integer count;

    process_check_list(L, 1);
    count = (lua_Integer)lua_rawlen(L, 1);
    lua_newtable(L);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, 1, i);
        luaL_argcheck(L, process_is_text(L, -1), 1,
                      "the program and its arguments are strings without zeros");
        lua_rawseti(L, -2, i);
    }
}

static bool process_is_name(const char *text)
{
    return text[0] != '\0' && strchr(text, '=') == NULL;
}

/* Push a list with "NAME=value" for each entry of the table at `environment`. */
static void process_push_environment(lua_State *L, int environment)
{
    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, environment) != 0) {
        luaL_argcheck(L, process_is_text(L, -2) && process_is_text(L, -1), 2,
                      "names and values of option 'env' are strings without zeros");
        luaL_argcheck(L, process_is_name(lua_tostring(L, -2)), 2,
                      "a name of option 'env' is not empty, and has no '='");
        lua_pushfstring(L, "%s=%s", lua_tostring(L, -2), lua_tostring(L, -1));
        lua_rawseti(L, -4, (lua_Integer)lua_rawlen(L, -4) + 1);
        lua_pop(L, 1);
    }
}

/* Push an array of the strings of the list on top, which keeps them alive. */
static const char *const *process_push_strings(lua_State *L)
{
    const int list = lua_gettop(L);
    const size_t count = (size_t)lua_rawlen(L, list);
    const char **strings = lua_newuserdatauv(L, (count + 1) * sizeof *strings, 0);

    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, list, (lua_Integer)i + 1);
        strings[i] = lua_tostring(L, -1);
        lua_pop(L, 1);
    }
    strings[count] = NULL;
    return strings;
}

/* Push an option of argument 2, or nil. */
static int process_push_option(lua_State *L, const char *name)
{
    if (lua_type(L, 2) != LUA_TTABLE) {
        lua_pushnil(L);
        return LUA_TNIL;
    }
    lua_pushstring(L, name);
    return lua_rawget(L, 2);
}

/* The options; what `config` points to stays on the stack. */
static void process_read_options(lua_State *L, mio_process_config *config)
{
    static const char *const kinds[] = {"inherit", "null", "pipe", NULL};
    int chosen[MIO_PROCESS_STREAMS] = {MIO_PROCESS_INHERIT};
    const mio__lua_option known[] = {{"stdin", OPTION_CHOICE, &chosen[0], kinds},
                                     {"stdout", OPTION_CHOICE, &chosen[1], kinds},
                                     {"stderr", OPTION_CHOICE, &chosen[2], kinds},
                                     {"cwd", OPTION_ANY, NULL, NULL},
                                     {"env", OPTION_ANY, NULL, NULL}};

    mio__lua_options_read(L, 2, known, sizeof known / sizeof *known);
    for (int i = 0; i < MIO_PROCESS_STREAMS; i++)
        config->streams[i] = (mio_process_stream)chosen[i];
    if (process_push_option(L, "cwd") != LUA_TNIL) {
        luaL_argcheck(L, process_is_text(L, -1), 2, "option 'cwd' is a string without zeros");
        config->directory = lua_tostring(L, -1);
    }
    if (process_push_option(L, "env") != LUA_TNIL) {
        luaL_argcheck(L, lua_type(L, -1) == LUA_TTABLE, 2, "option 'env' is a table");
        process_push_environment(L, lua_gettop(L));
        config->environment = process_push_strings(L);
    }
}

/* ------------------------------------------------------------------- starting */

/* Push the object with a stream for each pipe, closed until the process has started. */
static mio__lua_process *process_push(lua_State *L, const mio_process_config *config)
{
    mio__lua_process *process =
        mio__lua_class_new(L, CLASS_PROCESS, sizeof *process, MIO_PROCESS_STREAMS);

    for (int i = 0; i < MIO_PROCESS_STREAMS; i++) {
        if (config->streams[i] != MIO_PROCESS_PIPE)
            continue;
        mio__lua_stream_new(L);
        lua_setiuservalue(L, -2, i + 1);
    }
    return process;
}

static void process_link(lua_State *L, mio__lua_process *process)
{
    mio__lua_process **first = &mio__lua_state_get(L)->processes;

    process->link = first;
    process->next = *first;
    if (process->next != NULL)
        process->next->link = &process->next;
    *first = process;
}

static void process_unlink(mio__lua_process *process)
{
    if (process->link == NULL)
        return;
    *process->link = process->next;
    if (process->next != NULL)
        process->next->link = process->link;
    process->link = NULL;
}

static void process_end_number(lua_State *L, lua_Integer pid)
{
    mio__lua_process *process = mio__lua_state_get(L)->processes, *next;

    for (; process != NULL; process = next) {
        next = process->next;
        if (process->pid != pid)
            continue;
        process->ended = true;
        process_unlink(process);
    }
}

/* The process, on top, has started. */
static void process_set_streams(lua_State *L, const mio_fd fds[MIO_PROCESS_STREAMS])
{
    for (int i = 0; i < MIO_PROCESS_STREAMS; i++) {
        lua_getiuservalue(L, -1, i + 1);
        if (fds[i] >= 0)
            ((mio__lua_stream *)lua_touserdata(L, -1))->source.fd = fds[i];
        lua_pop(L, 1);
    }
}

/* posix_spawn() does not tell whether the program or the directory is wrong: so it is asked. */
static int process_failure(lua_State *L, int err, const mio_process_config *config)
{
    const char *program = config->argv[0];

    if (config->directory != NULL &&
        access(lua_pushfstring(L, "%s/.", config->directory), X_OK) < 0) {
        err = -errno;
        lua_pushfstring(L, "process %s: cwd", program);
        return mio__lua_failure_in(L, err, lua_tostring(L, -1), config->directory);
    }
    return mio__lua_failure_in(L, err, "process", program);
}

int mio__lua_process_create(lua_State *L)
{
    mio_process_config config = {.argv = NULL};
    mio_fd fds[MIO_PROCESS_STREAMS];
    mio__lua_process *process;
    int err;

    lua_settop(L, 2);
    process_push_argv(L);
    config.argv = process_push_strings(L);
    process_read_options(L, &config);
    process = process_push(L, &config);
    err = mio_process_start(&config, &process->pid, fds);
    if (err < 0)
        return process_failure(L, err, &config);
    process_end_number(L, process->pid); /* whoever had it before has ended */
    process_link(L, process);
    process_set_streams(L, fds);
    return 1;
}

/* ---------------------------------------------------------------------- use */

int mio__lua_process_pid(lua_State *L, int arg)
{
    const mio__lua_process *process =
        mio__lua_class_test(L, arg, CLASS_PROCESS, sizeof *process);
    lua_Integer pid;
    int exact;

    if (process != NULL)
        return process->ended ? 0 : process->pid;
    pid = lua_tointegerx(L, arg, &exact);
    luaL_argexpected(L, lua_type(L, arg) == LUA_TNUMBER, arg,
                     "mio.process or number of a process");
    luaL_argcheck(L, exact && pid >= 1 && pid <= INT_MAX, arg,
                  "a process is a whole number from 1 to 2147483647");
    return (int)pid;
}

void mio__lua_process_end(lua_State *L, int arg)
{
    mio__lua_process *process = mio__lua_class_test(L, arg, CLASS_PROCESS, sizeof *process);

    if (process != NULL)
        process->ended = true;
    process_end_number(L, process != NULL ? process->pid : lua_tointeger(L, arg));
}

/* process:kill([signal]) */
static int process_kill(lua_State *L)
{
    const mio__lua_process *process = process_check(L);
    const int number = lua_isnoneornil(L, 2) ? SIGTERM : mio__lua_signal_check(L, 2, false);

    if (process->ended)
        return mio__lua_failure(L, -ESRCH);
    return mio__lua_outcome(L, kill(process->pid, number) < 0 ? -errno : 0);
}

/* process.pid, process.stdin, ..., or a method */
static int process_index(lua_State *L)
{
    const mio__lua_process *process = process_check(L);
    int stream;

    if (mio__lua_name_is(L, 2, "pid")) {
        lua_pushinteger(L, process->pid);
        return 1;
    }
    stream = mio__lua_name_find(L, 2, process_streams);
    if (stream >= 0) {
        lua_getiuservalue(L, 1, stream + 1);
        return 1;
    }
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(2));
    return 1;
}

/* What a finalizer brings back is not told of the end any more, unless it is registered. */
static int process_gc(lua_State *L)
{
    process_unlink(process_check(L));
    return 0;
}

static int process_tostring(lua_State *L)
{
    const mio__lua_process *process = process_check(L);

    if (process->ended)
        lua_pushliteral(L, "mio.process (ended)");
    else
        lua_pushfstring(L, "mio.process (pid %d)", process->pid);
    return 1;
}

void mio__lua_process_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"kill", process_kill},
        {NULL, NULL},
    };
    static const luaL_Reg meta[] = {
        {"__index", process_index},
        {"__gc", process_gc},
        {"__tostring", process_tostring},
        {NULL, NULL},
    };

    mio__lua_class_define(L, CLASS_PROCESS, "mio.process", methods, meta);
}
