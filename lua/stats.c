#include "stats.h"

#include "result.h"
#include "seconds.h"
#include "where.h"

#include "mio/stats.h"

#include <lauxlib.h>
#include <stdio.h>

enum { STATS_FIELDS = 12 };

static void stats_set_count(lua_State *L, const char *name, uint64_t count)
{
    lua_pushinteger(L, (lua_Integer)count);
    lua_setfield(L, 2, name);
}

static void stats_set_time(lua_State *L, const char *name, int64_t ns)
{
    mio__lua_seconds_push(L, ns);
    lua_setfield(L, 2, name);
}

static void stats_set_counts(lua_State *L, const mio_stats *stats)
{
    static const struct {
        const char *name;
        mio_event_kind kind;
    } fields[] = {{"ready", MIO_READY},      {"signals", MIO_SIGNAL},
                  {"children", MIO_CHILD},   {"messages", MIO_NOTIFY},
                  {"timeouts", MIO_TIMEOUT}, {"interruptions", MIO_INTERRUPTED}};

    stats_set_count(L, "turns", stats->turns);
    stats_set_count(L, "wakeups", stats->wakeups);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        stats_set_count(L, fields[i].name, stats->events[fields[i].kind]);
}

/* The longest is that of Lua, which has a place. The core's may be a handler of the host, or
   the way to an event that nobody handles. */
static void stats_set_times(lua_State *L, const mio__lua_loop *loop, const mio_stats *stats)
{
    stats_set_time(L, "sleeping", stats->sleeping_ns);
    stats_set_time(L, "working", stats->working_ns);
    stats_set_time(L, "longest", loop->longest_ns);
    lua_getiuservalue(L, 1, LOOP_LONGEST);
    lua_setfield(L, 2, "longest_where");
}

/* The numbers are taken before the table is touched: its metamethods may close the loop. */
int mio__lua_stats_get(lua_State *L)
{
    const mio__lua_loop *loop = mio__lua_loop_check(L);
    mio_stats stats;

    lua_settop(L, 2);
    if (!lua_isnil(L, 2))
        luaL_checktype(L, 2, LUA_TTABLE);
    if (loop->core == NULL)
        return mio__lua_token(L, "closed");
    mio_loop_stats(loop->core, &stats);
    if (lua_isnil(L, 2)) {
        lua_createtable(L, 0, STATS_FIELDS);
        lua_replace(L, 2);
    }
    stats_set_counts(L, &stats);
    stats_set_times(L, loop, &stats);
    return 1;
}

int mio__lua_stats_measure(lua_State *L)
{
    mio__lua_loop *loop = mio__lua_loop_check(L);
    int64_t slow_ns;
    bool on;

    luaL_checktype(L, 2, LUA_TBOOLEAN);
    on = lua_toboolean(L, 2);
    slow_ns = mio__lua_seconds_timeout(L, 3);
    luaL_argcheck(L, on || slow_ns < 0, 3, "what is not measured is not slow");
    if (loop->core == NULL)
        return mio__lua_token(L, "closed");
    mio_loop_measure(loop->core, on);
    loop->measured = on;
    loop->slow_ns = slow_ns < 0 ? INT64_MAX : slow_ns;
    if (on) {
        loop->longest_ns = 0;
        lua_pushnil(L);
        lua_setiuservalue(L, 1, LOOP_LONGEST);
    }
    lua_pushboolean(L, 1);
    return 1;
}

static void stats_warn(lua_State *L, const mio__lua_loop *loop, const char *where,
                       int64_t took_ns)
{
    char text[WHERE_SIZE + 96];

    snprintf(text, sizeof text, "mio: the handler at %s took %.3f s, more than %.3f s", where,
             (double)took_ns / 1e9, (double)loop->slow_ns / 1e9);
    lua_warning(L, text, 0);
}

void mio__lua_stats_handled(lua_State *L, int index, int handler)
{
    mio__lua_loop *loop = lua_touserdata(L, index);
    const int64_t took_ns = loop->core != NULL ? mio_loop_handled(loop->core) : 0;
    char where[WHERE_SIZE];

    if (took_ns <= loop->slow_ns && took_ns <= loop->longest_ns)
        return;
    mio__lua_where(L, handler, where);
    if (took_ns > loop->slow_ns)
        stats_warn(L, loop, where, took_ns);
    if (took_ns > loop->longest_ns) {
        lua_pushstring(L, where);
        lua_setiuservalue(L, index, LOOP_LONGEST);
        loop->longest_ns = took_ns;
    }
}
