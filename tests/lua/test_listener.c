/* wraps: accept4 */
/*
 * A listener of Lua whose accepting fails: what passes by itself ends the loop over its
 * clients, and what does not is an error.
 */
#include "mio/lua.h"

#include "faults.h"

#include <lauxlib.h>
#include <lualib.h>
#include <sys/socket.h>

WRAP(int, accept4, (int fd, struct sockaddr *addr, socklen_t *size, int flags),
     (fd, addr, size, flags))

static lua_State *L;

/* `accept` returns how many clients try_accepts() has told; one waits. */
static void listener_setup(void)
{
    L = luaL_newstate();
    luaL_openlibs(L);
    luaL_requiref(L, "mio", luaopen_mio, 1);
    if (luaL_dostring(L, "listener = assert(mio.listen('127.0.0.1:0'))\n"
                         "client = assert(mio.try_connect(listener:local_address()))\n"
                         "local poll = mio.poll()\n"
                         "poll:register(listener, true, 'r')\n"
                         "poll:wait(10)\n"
                         "poll:close()\n"
                         "function accept()\n"
                         "  local count = 0\n"
                         "  for stream in listener:try_accepts() do\n"
                         "    count = count + 1\n"
                         "    stream:close()\n"
                         "  end\n"
                         "  return count\n"
                         "end\n") != LUA_OK)
        ck_abort_msg("%s", lua_tostring(L, -1));
    lua_settop(L, 0);
}

static void listener_teardown(void)
{
    lua_close(L);
}

/* Accept while the call of the system gives `err` so many times. Returns how many there were;
   -1 with the error on the stack. */
static int accept_with(int err, int times)
{
    int status;

    fault_arm("accept4", err, 0, times);
    lua_settop(L, 0);
    lua_getglobal(L, "accept");
    status = lua_pcall(L, 0, 1, 0);
    fault_disarm();
    return status == LUA_OK ? (int)lua_tointeger(L, -1) : -1;
}

START_TEST(what_passes_ends_the_loop)
{
    static const int errors[] = {EAGAIN, EPERM, 0};

    for (const int *err = errors; *err != 0; err++)
        ck_assert_int_eq(accept_with(*err, 1), 0);
    ck_assert_int_eq(accept_with(0, 0), 1);
    ck_assert_int_eq(accept_with(0, 0), 0);
}
END_TEST

START_TEST(the_limit_turns_one_away)
{
    static const int errors[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM, 0};

    for (const int *err = errors; *err != 0; err++) {
        ck_assert_int_eq(accept_with(*err, 1), 0);
        ck_assert_int_eq(accept_with(0, 0), 0);
        listener_teardown();
        listener_setup();
    }
}
END_TEST

/* Also where there is no end of them. */
START_TEST(lost_connections_are_passed_over)
{
    static const int errors[] = {ECONNABORTED, EPROTO, EINTR, 0};

    for (const int *err = errors; *err != 0; err++) {
        ck_assert_int_eq(accept_with(*err, 3), 1);
        listener_teardown();
        listener_setup();
    }
    ck_assert_int_eq(accept_with(ECONNABORTED, 1000), 0);
    ck_assert_int_eq(accept_with(0, 0), 1);
}
END_TEST

START_TEST(a_broken_listener_is_an_error)
{
    static const struct {
        int err;
        const char *text;
    } errors[] = {{EBADF, "(EBADF)"},
                  {EINVAL, "(EINVAL)"},
                  {ENOTSOCK, "(ENOTSOCK)"},
                  {EOPNOTSUPP, "(EOPNOTSUPP)"}};

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        ck_assert_int_eq(accept_with(errors[i].err, 1), -1);
        ck_assert_ptr_nonnull(strstr(lua_tostring(L, -1), "try_accepts: "));
        ck_assert_ptr_nonnull(strstr(lua_tostring(L, -1), errors[i].text));
    }
    ck_assert_int_eq(accept_with(0, 0), 1);
}
END_TEST

/* As it really happens. */
START_TEST(a_listener_that_was_shut_down_is_an_error)
{
    ck_assert_int_eq(luaL_dostring(L, "return listener:getfd()"), LUA_OK);
    ck_assert_int_eq(shutdown((int)lua_tointeger(L, -1), SHUT_RD), 0);
    ck_assert_int_eq(accept_with(0, 0), -1);
    ck_assert_ptr_nonnull(strstr(lua_tostring(L, -1), "(EINVAL)"));
}
END_TEST

START_TEST(a_listener_that_is_closed_ends_the_loop)
{
    ck_assert_int_eq(luaL_dostring(L, "for stream in listener:try_accepts() do\n"
                                      "  stream:close()\n"
                                      "  listener:close()\n"
                                      "end\n"),
                     LUA_OK);
    ck_assert_int_eq(accept_with(0, 0), 0);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("lua/listener");
    TCase *tcase = harness_case(suite, "accepting");

    tcase_add_checked_fixture(tcase, listener_setup, listener_teardown);
    tcase_add_test(tcase, what_passes_ends_the_loop);
    tcase_add_test(tcase, the_limit_turns_one_away);
    tcase_add_test(tcase, lost_connections_are_passed_over);
    tcase_add_test(tcase, a_broken_listener_is_an_error);
    tcase_add_test(tcase, a_listener_that_was_shut_down_is_an_error);
    tcase_add_test(tcase, a_listener_that_is_closed_ends_the_loop);
    return suite;
}
