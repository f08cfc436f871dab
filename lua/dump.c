#include "dump.h"

#include "dispatch.h"
#include "registration.h"
#include "result.h"
#include "seconds.h"
#include "signal_names.h"
#include "slots.h"
#include "socket_options.h"
#include "where.h"

#include "mio/item.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The loop, its slot tables, the list, an item of it. */
enum { DUMP_LOOP = 1, DUMP_LIST = DUMP_LOOP + LOOP_TABLES + 1, DUMP_ITEM };

/* What there is of each kind of event. */
static const struct {
    const char *name;
    int slots;
} dump_kinds[] = {
    [MIO_READY] = {"descriptor", LOOP_REGISTRATIONS}, [MIO_SIGNAL] = {"signal", LOOP_SIGNALS},
    [MIO_CHILD] = {"child", LOOP_CHILDREN},           [MIO_NOTIFY] = {"channel", LOOP_CHANNELS},
    [MIO_TIMEOUT] = {"timer", LOOP_TIMERS},
};

/* ------------------------------------------------------------------- one item */

/* Pop a value, and make it a field of the item. */
static void item_set(lua_State *L, const char *name)
{
    lua_setfield(L, DUMP_ITEM, name);
}

/* A host's own thing has no source but its number. */
static void item_push_number(lua_State *L, const mio_item *item)
{
    if (item->kind == MIO_SIGNAL)
        mio__lua_signal_push(L, item->number);
    else if (item->kind == MIO_CHILD)
        lua_pushinteger(L, item->number);
    else if (item->kind == MIO_READY)
        lua_pushinteger(L, item->fd);
    else
        lua_pushnil(L);
}

/*
 * Push the source of an item, and say where its handler is. All that is asked of the slot is
 * asked at once: making objects may run finalizers, which may end the item.
 */
static void item_push_source(lua_State *L, const mio_item *item, char ret_where[WHERE_SIZE])
{
    const int table = DUMP_LOOP + dump_kinds[item->kind].slots;

    ret_where[0] = '\0';
    if (!mio__lua_dispatch_is_ours(L, DUMP_LOOP, item->kind, item->id)) {
        item_push_number(L, item);
        return;
    }
    mio__lua_slots_get(L, table, item->id, SLOT_SOURCE);
    mio__lua_slots_get(L, table, item->id, SLOT_HANDLER);
    mio__lua_where(L, lua_gettop(L), ret_where);
    lua_settop(L, DUMP_LIST + 1);
}

static void item_set_interest(lua_State *L, const mio_item *item)
{
    char letters[4], *end = letters;

    if (item->interest & MIO_READABLE)
        *end++ = 'r';
    if (item->interest & MIO_WRITABLE)
        *end++ = 'w';
    if (item->interest & MIO_PRIORITY)
        *end++ = 'p';
    *end = '\0';
    lua_pushstring(L, letters);
    item_set(L, "interest");
    lua_pushstring(L, mio__lua_trigger_names[item->trigger]);
    item_set(L, "trigger");
}

/* What is never is math.huge, as a program has said it. */
static void item_push_time(lua_State *L, int64_t ns)
{
    if (ns == INT64_MAX)
        lua_pushnumber(L, HUGE_VAL);
    else
        mio__lua_seconds_push(L, ns);
}

static void item_set_times(lua_State *L, const mio_item *item)
{
    if (item->deadline_ns >= 0) {
        item_push_time(L, item->deadline_ns);
        item_set(L, "deadline");
    }
    if (item->period_ns > 0) {
        item_push_time(L, item->period_ns);
        item_set(L, "period");
    }
}

static void dump_push_item(lua_State *L, const mio_item *item)
{
    char where[WHERE_SIZE];

    item_push_source(L, item, where);
    lua_createtable(L, 0, 8);
    lua_insert(L, DUMP_ITEM);
    if (lua_toboolean(L, -1))
        item_set(L, "source");
    else
        lua_pop(L, 1); /* timers and channels have none */
    lua_pushstring(L, dump_kinds[item->kind].name);
    item_set(L, "kind");
    if (item->kind == MIO_READY)
        item_set_interest(L, item);
    item_set_times(L, item);
    if (where[0] != '\0') {
        lua_pushstring(L, where);
        item_set(L, "where");
    }
}

/* Making the list may run finalizers, which may close the loop: the list ends there. */
int mio__lua_dump_create(lua_State *L)
{
    const mio__lua_loop *loop = mio__lua_loop_check(L);
    uint64_t cursor = 0;
    lua_Integer count = 0;
    int64_t now_ns;
    mio_item item;

    if (loop->core == NULL)
        return mio__lua_token(L, "closed");
    now_ns = mio_loop_now(loop->core);
    lua_settop(L, DUMP_LOOP);
    mio__lua_dispatch_push_frame(L);
    lua_newtable(L);
    lua_getiuservalue(L, lua_upvalueindex(1), CLASS_DUMP + 1);
    lua_setmetatable(L, DUMP_LIST);
    mio__lua_seconds_push(L, now_ns);
    lua_setfield(L, DUMP_LIST, "now");
    while (loop->core != NULL && mio_loop_each(loop->core, &cursor, &item)) {
        dump_push_item(L, &item);
        lua_rawseti(L, DUMP_LIST, ++count);
    }
    return 1;
}

/* ----------------------------------------------------------------------- text */

/* Push the words for a field's value, which is on top. `now` is that of the list. */
static void line_push_words(lua_State *L, const char *name, lua_Number now)
{
    char text[64];

    if (strcmp(name, "deadline") == 0 && lua_tonumber(L, -1) == HUGE_VAL) {
        lua_pushliteral(L, "never");
    } else if (strcmp(name, "deadline") == 0) {
        snprintf(text, sizeof text, "in %.3f s", lua_tonumber(L, -1) - now);
        lua_pushstring(L, text);
    } else if (strcmp(name, "period") == 0) {
        snprintf(text, sizeof text, "every %.3f s", lua_tonumber(L, -1));
        lua_pushstring(L, text);
    } else if (strcmp(name, "where") == 0) {
        lua_pushfstring(L, "at %s", luaL_tolstring(L, -1, NULL));
        lua_remove(L, -2);
    } else if (!mio__lua_socket_push_place(L, lua_gettop(L))) {
        luaL_tolstring(L, -1, NULL);
    }
}

/* Push the line of an item, which is on top and popped. */
static void dump_push_line(lua_State *L, lua_Number now)
{
    static const char *const names[] = {"kind",     "source", "interest", "trigger",
                                        "deadline", "period", "where"};
    const int item = lua_gettop(L);

    lua_pushliteral(L, "");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (lua_getfield(L, item, names[i]) != LUA_TNIL) {
            line_push_words(L, names[i], now);
            lua_pushstring(L, i == 0 ? "" : " ");
            lua_replace(L, -3); /* the value, by what comes before its words */
            lua_concat(L, 3);
        } else {
            lua_pop(L, 1);
        }
    }
    lua_pushliteral(L, "\n");
    lua_concat(L, 2);
    lua_remove(L, item);
}

/* tostring(dump): a line an item */
static int dump_tostring(lua_State *L)
{
    luaL_Buffer text;
    lua_Number now;
    lua_Integer count;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_getfield(L, 1, "now");
    now = lua_tonumber(L, -1);
    count = (lua_Integer)lua_rawlen(L, 1);
    luaL_buffinit(L, &text);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, 1, i);
        dump_push_line(L, now);
        luaL_addvalue(&text);
    }
    luaL_pushresult(&text);
    return 1;
}

void mio__lua_dump_open(lua_State *L)
{
    static const luaL_Reg methods[] = {{NULL, NULL}};
    static const luaL_Reg meta[] = {{"__tostring", dump_tostring}, {NULL, NULL}};

    mio__lua_class_define(L, CLASS_DUMP, "mio.loop_dump", methods, meta);
}
