/*
 * What the tests of a host program share: a state with the module, and a loop of the host that
 * Lua knows. The host has registrations of its own.
 */
#ifndef MIO_TESTS_LUA_EMBEDDING_H
#define MIO_TESTS_LUA_EMBEDDING_H

#include "mio/lua.h"

#include "sources.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>

/* An allocator of Lua's that counts, and refuses while it is told to. */
static struct {
    long calls;
    bool refuses;
} memory;

static void *counting_realloc(void *ud, void *ptr, size_t osize, size_t nsize)
{
    const size_t before = ptr != NULL ? osize : 0;

    (void)ud;
    if (nsize == 0) {
        free(ptr);
        return NULL;
    }
    if (nsize > before) {
        memory.calls++;
        if (memory.refuses)
            return NULL;
    }
    return realloc(ptr, nsize);
}

static inline lua_State *state_new(void)
{
    lua_State *L = lua_newstate(counting_realloc, NULL);

    ck_assert_ptr_nonnull(L);
    luaL_openlibs(L);
    luaL_requiref(L, "mio", luaopen_mio, 0);
    lua_pop(L, 1);
    return L;
}

static lua_State *L;
static mio_loop *loop;
static int pair[2];

/* The state has the loop as its global `loop`, and the end of a pair as `descriptor`. */
static void embed_setup(void)
{
    const mio_loop_config config = {.events_per_poll = 16}; /* all of a turn, in any geometry */

    L = state_new();
    ck_assert_int_eq(mio_loop_new(&config, &loop), 0);
    source_pair(pair);
    ck_assert_int_eq(mio_lua_attach(L, loop), 0);
    lua_setglobal(L, "loop");
    lua_pushinteger(L, pair[0]);
    lua_setglobal(L, "descriptor");
    ck_assert_int_eq(lua_gettop(L), 0);
}

static void embed_teardown(void)
{
    if (L != NULL)
        lua_close(L);
    mio_loop_free(loop);
    source_close(pair);
}

static inline void run_code(lua_State *state, const char *code)
{
    if (luaL_dostring(state, code))
        ck_abort_msg("%s", lua_tostring(state, -1));
    lua_settop(state, 0);
}

/* One turn. Events that are not Lua's are counted; returns how many handlers of Lua ran. */
static inline int run_turn(int *ret_others)
{
    mio_event event;
    int calls = 0;

    *ret_others = 0;
    ck_assert_int_eq(mio_loop_poll(loop, 0), 0);
    while (mio_loop_next(loop, &event)) {
        const int taken = mio_lua_dispatch(L, loop, &event);

        ck_assert_int_ge(taken, 0);
        ck_assert_int_eq(lua_gettop(L), 0);
        calls += taken;
        *ret_others += taken == 0 && event.kind != MIO_TICK;
    }
    return calls;
}

static inline void expect_global(const char *name, lua_Integer expected)
{
    ck_assert_int_eq(lua_getglobal(L, name), LUA_TNUMBER);
    ck_assert_int_eq(lua_tointeger(L, -1), expected);
    lua_pop(L, 1);
}

/* A case whose tests find the state and the loop. */
static inline TCase *embed_case(Suite *suite, const char *name)
{
    TCase *tcase = harness_case(suite, name);

    tcase_add_checked_fixture(tcase, embed_setup, embed_teardown);
    return tcase;
}

#endif
