/*
 * Userdata of other libraries, which have the size of an object of mio: whatever they hold,
 * they are none.
 */
#include "datagram.h"
#include "listener.h"
#include "process.h"
#include "registration.h"
#include "sender.h"
#include "stream.h"
#include "timer.h"

#include "mio/lua.h"

#include "harness.h"

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

static const struct {
    const char *make; /* the object of a class, which is of such a size */
    size_t size;
} kinds[] = {
    {"mio.loop()", sizeof(mio__lua_loop)},
    {"mio.poll()", sizeof(mio__lua_loop)},
    {"mio.loop():after(1, print)", sizeof(mio__lua_timer)},
    {"mio.loop():signal('USR1', print)", sizeof(mio__lua_registration)},
    {"mio.listen('127.0.0.1:0')", sizeof(mio__lua_listener)},
    {"mio.pair()", sizeof(mio__lua_stream)},
    {"mio.datagram()", sizeof(mio__lua_datagram)},
    {"mio.poll():waker(1)", sizeof(mio__lua_sender)},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* Calls each method of the class of `object` with `other`, which must refuse it. */
static const char refuse[] =
    "local object, other = ...\n"
    "local methods = debug.getmetatable(object).__index\n"
    "if type(methods) == 'function' then\n"
    "  methods = select(2, debug.getupvalue(methods, 2))\n"
    "end\n"
    "for name, method in pairs(methods) do\n"
    "  local ok, message = pcall(method, other)\n"
    "  assert(not ok and message:find('^bad argument #1.*expected'), name)\n"
    "end\n";

static lua_State *L;

static void state_setup(void)
{
    L = luaL_newstate();
    luaL_openlibs(L);
    luaL_requiref(L, "mio", luaopen_mio, 1);
    lua_settop(L, 0);
}

static void state_teardown(void)
{
    lua_close(L);
}

static void expect_refused(int kind, uint32_t word)
{
    unsigned char *foreign;

    ck_assert_int_eq(luaL_loadstring(L, refuse), LUA_OK);
    lua_pushfstring(L, "return (%s)", kinds[kind].make);
    if (luaL_dostring(L, lua_tostring(L, -1)) != LUA_OK)
        ck_abort_msg("%s", lua_tostring(L, -1));
    lua_remove(L, -2);
    foreign = lua_newuserdatauv(L, kinds[kind].size, 0);
    for (size_t i = 0; i + sizeof word <= kinds[kind].size; i += sizeof word)
        memcpy(foreign + i, &word, sizeof word);
    if (lua_pcall(L, 2, 0, 0) != LUA_OK)
        ck_abort_msg("%s: %#x: %s", kinds[kind].make, word, lua_tostring(L, -1));
}

/* A number that is in the module's text is in everybody's hands. */
START_TEST(a_number_makes_no_object)
{
    static const uint32_t words[] = {0, 1, 0x6d696f, UINT32_MAX};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        expect_refused(_i, words[i]);
    for (uint32_t class = 0; class < CLASS_COUNT; class ++)
        expect_refused(_i, 0x6d696f00 + class);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("lua/state");
    TCase *tcase = harness_case(suite, "foreign userdata");

    tcase_add_checked_fixture(tcase, state_setup, state_teardown);
    tcase_add_loop_test(tcase, a_number_makes_no_object, 0, KINDS);
    return suite;
}
