/* wraps: accept4, epoll_ctl, epoll_pwait2, epoll_wait, read, send, sendmsg, socketpair */
/*
 * Tasks whose system calls fail, under a server with clients: each call, each errno that it may
 * give, each time that it is made. Who waits gets the error, or what comes of it; nothing
 * hangs, nothing is left open, and the next run works.
 */
#include "mio/lua.h"

#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <lualib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

WRAP(int, accept4, (int fd, struct sockaddr *addr, socklen_t *size, int flags),
     (fd, addr, size, flags))
WRAP(int, epoll_ctl, (int epfd, int op, int fd, struct epoll_event *event),
     (epfd, op, fd, event))
WRAP(int, epoll_pwait2,
     (int epfd, struct epoll_event *events, int count, const struct timespec *timeout,
      const sigset_t *mask),
     (epfd, events, count, timeout, mask))
WRAP(int, epoll_wait, (int epfd, struct epoll_event *events, int count, int timeout),
     (epfd, events, count, timeout))
WRAP(ssize_t, read, (int fd, void *buffer, size_t size), (fd, buffer, size))
WRAP(ssize_t, send, (int fd, const void *data, size_t size, int flags), (fd, data, size, flags))
WRAP(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))
WRAP(int, socketpair, (int domain, int type, int protocol, int ends[2]),
     (domain, type, protocol, ends))

/*
 * `serve` runs a server with two clients, who ask and are answered in every way that there is;
 * it returns a set of the codes of all errors that anybody got. `faults` is where calls fail
 * within it: arm(), and disarm() at its end, are ours.
 */
static const char park_program[] =
    "local mio, arm, disarm = require('mio'), ...\n"
    "local codes\n"
    "local function note(result, err, code)\n"
    "  if not result then codes[code or err or 'none'] = true end\n"
    "  return result\n"
    "end\n"
    "local function answer(client)\n"
    "  local buffer = mio.buffer()\n"
    "  if not note(client:read_exactly(4)) then return end\n"
    "  if not note(client:read_until('\\n')) then return end\n"
    "  if not note(client:read_into(buffer)) then return end\n"
    "  if not note(client:write(buffer, ('x'):rep(100))) then return end\n"
    "  if not note(client:flush()) then return end\n"
    "  if not note(client:write(('y'):rep(20000))) then return end\n"
    "  note(client:flush())\n"
    "end\n"
    "local function ask(address)\n"
    "  local client <close>, err, code = mio.connect(address)\n"
    "  if not note(client, err, code) then return end\n"
    "  if not note(client:write('1234', 'line\\n')) then return end\n"
    "  mio.sleep(0.001)\n"
    "  if not note(client:write('rest')) then return end\n"
    "  if not note(mio.wait(client, 'r')) then return end\n"
    "  if not note(mio.select({ client })) then return end\n"
    "  return note(client:read_exactly(20104))\n"
    "end\n"
    "local function run(listener)\n"
    "  local server = mio.server(listener, answer, { timeout = 50, header_timeout = 50 })\n"
    "  local served = mio.spawn(function()\n"
    "    note(server:run())\n"
    "    listener:close()\n" /* who waits to be accepted is told */
    "  end)\n"
    "  local address = listener:local_address()\n"
    "  local clients, answers = {}, 0\n"
    "  for i = 1, 2 do clients[i] = mio.spawn(ask, address) end\n"
    "  for i = 1, 2 do\n"
    "    local answer = clients[i]:join()\n"
    "    if answer then\n"
    "      assert(answer == 'rest' .. ('x'):rep(100) .. ('y'):rep(20000))\n"
    "      answers = answers + 1\n"
    "    end\n"
    "  end\n"
    "  server:stop()\n"
    "  served:join()\n"
    "  return answers\n"
    "end\n"
    "function serve(...)\n"
    "  codes = {}\n"
    "  local armed = ...\n"
    "  local ok, result = pcall(mio.run, function(...)\n"
    "    local listener <close> = assert(mio.listen('127.0.0.1:0'))\n"
    "    if armed then arm() end\n"
    "    local _ <close> = mio.defer(disarm)\n"
    "    local answers, err = mio.timeout(20, run, listener)\n"
    "    assert(err ~= 'timeout', 'it hangs')\n"
    "    return answers\n"
    "  end)\n"
    "  disarm()\n"
    "  collectgarbage()\n"
    "  return ok, result, codes\n"
    "end\n";

static lua_State *L;

/* What is armed as the scenario asks for it. */
static struct {
    const char *call;
    int err;
    int skip;
    int struck;
} park_fault;

static int park_arm(lua_State *state)
{
    (void)state;
    fault_arm(park_fault.call, park_fault.err, park_fault.skip, 1);
    return 0;
}

static int park_disarm(lua_State *state)
{
    (void)state;
    if (fault.call != NULL)
        park_fault.struck = fault_disarm();
    return 0;
}

static void park_setup(void)
{
    L = luaL_newstate();
    luaL_openlibs(L);
    luaL_requiref(L, "mio", luaopen_mio, 1);
    ck_assert_int_eq(luaL_loadstring(L, park_program), LUA_OK);
    lua_pushcfunction(L, park_arm);
    lua_pushcfunction(L, park_disarm);
    if (lua_pcall(L, 2, 0, 0) != LUA_OK)
        ck_abort_msg("%s", lua_tostring(L, -1));
    lua_settop(L, 0);
}

static void park_teardown(void)
{
    lua_close(L);
}

/* Stack, in the end: whether the run returned, how many got their answer or its error, a set of
   codes. */
static void park_serve(bool armed)
{
    const int descriptors = harness_open_descriptors();

    lua_settop(L, 0);
    lua_getglobal(L, "serve");
    lua_pushboolean(L, armed);
    if (lua_pcall(L, 1, 3, 0) != LUA_OK)
        ck_abort_msg("%s", lua_tostring(L, -1));
    ck_assert_int_eq(harness_open_descriptors(), descriptors);
}

static void park_assert_works(void)
{
    park_serve(false);
    if (!lua_toboolean(L, 1))
        ck_abort_msg("%s", lua_tostring(L, 2));
    ck_assert_int_eq(lua_tointeger(L, 2), 2);
    lua_pushnil(L);
    if (lua_next(L, 3) != 0)
        ck_abort_msg("%s where nothing fails", lua_tostring(L, -2));
}

static bool park_has_code(const char *name)
{
    const bool found = lua_getfield(L, 3, name) != LUA_TNIL;

    lua_pop(L, 1);
    return found;
}

/* What a fault has to come to. */
typedef enum park_outcome {
    OUTCOME_NOTHING, /* everybody gets what he asked for */
    OUTCOME_ERROR,   /* somebody gets the error, and the run goes on to its end */
    OUTCOME_EITHER,  /* ... if it is not tried again */
    OUTCOME_RUN      /* the run itself ends with it */
} park_outcome;

static void outcome_check(park_outcome outcome, const char *text)
{
    const bool returned = lua_toboolean(L, 1);

    if (returned == (outcome == OUTCOME_RUN))
        ck_abort_msg("%s: %s", text, luaL_tolstring(L, 2, NULL));
    if (outcome == OUTCOME_NOTHING && lua_tointeger(L, 2) != 2)
        ck_abort_msg("%s: somebody got no answer", text);
    if ((outcome == OUTCOME_ERROR || (outcome == OUTCOME_EITHER && lua_tointeger(L, 2) != 2)) &&
        !park_has_code(mio_errname(-park_fault.err)))
        ck_abort_msg("%s: nobody was told", text);
}

/* Fail the first call, then the second, until the scenario passes untouched. */
static void park_check(const char *call, int err, park_outcome outcome)
{
    char text[64];

    park_fault.call = call;
    park_fault.err = err;
    for (park_fault.skip = 0;; park_fault.skip++) {
        park_serve(true);
        if (park_fault.struck == 0)
            break;
        snprintf(text, sizeof text, "%s, %s, after %d", call, mio_errname(-err),
                 park_fault.skip);
        outcome_check(outcome, text);
        park_assert_works();
    }
    ck_assert_int_gt(park_fault.skip, 0);
}

START_TEST(nothing_fails)
{
    park_assert_works();
    park_assert_works();
}
END_TEST

START_TEST(interrupted_calls_are_made_again)
{
    park_check("read", EINTR, OUTCOME_NOTHING);
    park_check("send", EINTR, OUTCOME_NOTHING);
    park_check("sendmsg", EINTR, OUTCOME_NOTHING);
    park_check("accept4", EINTR, OUTCOME_NOTHING);
}
END_TEST

START_TEST(errors_of_reading_are_the_readers)
{
    static const int errors[] = {ECONNRESET, ETIMEDOUT, EIO, ENOMEM, 0};

    for (const int *err = errors; *err != 0; err++)
        park_check("read", *err, OUTCOME_ERROR);
}
END_TEST

START_TEST(errors_of_writing_are_the_writers)
{
    static const int errors[] = {EPIPE, ECONNRESET, ENOBUFS, 0};

    for (const int *err = errors; *err != 0; err++)
        park_check("sendmsg", *err, OUTCOME_ERROR);
}
END_TEST

START_TEST(lost_clients_are_passed_over)
{
    park_check("accept4", ECONNABORTED, OUTCOME_NOTHING);
    park_check("accept4", EPROTO, OUTCOME_NOTHING);
}
END_TEST

START_TEST(a_broken_listener_ends_its_server)
{
    park_check("accept4", ENOTSOCK, OUTCOME_ERROR);
}
END_TEST

START_TEST(a_socket_that_cannot_be_watched_is_an_error)
{
    static const int errors[] = {ENOSPC, ENOMEM, 0};

    for (const int *err = errors; *err != 0; err++)
        park_check("epoll_ctl", *err, OUTCOME_EITHER);
}
END_TEST

/* Only a descriptor that was closed behind us gives these. */
START_TEST(a_socket_that_is_unknown_to_the_kernel_is_an_error)
{
    static const char program[] = "local a, b = mio.pair()\n"
                                  "local got = {}\n"
                                  "mio.run(function()\n"
                                  "  mio.timeout(0, a.read, a)\n"
                                  "  mio.timeout(0, b.read, b)\n"
                                  "  arm()\n"
                                  "  got[1] = { mio.wait(a, 'r') }\n"
                                  "  disarm()\n"
                                  "  arm()\n"
                                  "  got[2] = { mio.select({ b, mio.channel() }) }\n"
                                  "  disarm()\n"
                                  "end)\n"
                                  "return got[1][3] or got[1][2], got[2][3] or got[2][2]\n";
    static const struct {
        int err;
        const char *told;
    } rows[] = {{ENOENT, "closed"}, {EBADF, "closed"}, {ENOMEM, "ENOMEM"}};

    lua_register(L, "arm", park_arm);
    lua_register(L, "disarm", park_disarm);
    park_fault.call = "epoll_ctl";
    park_fault.skip = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        park_fault.err = rows[i].err;
        if (luaL_dostring(L, program) != LUA_OK)
            ck_abort_msg("%s", lua_tostring(L, -1));
        ck_assert_str_eq(lua_tostring(L, -2), rows[i].told);
        ck_assert_str_eq(lua_tostring(L, -1), rows[i].told);
        lua_settop(L, 0);
    }
}
END_TEST

/* A file needs a socket in its place. */
START_TEST(a_file_whose_stand_in_cannot_be_made_is_an_error)
{
    static const char program[] = "local input = assert(mio.stdin())\n"
                                  "local code\n"
                                  "mio.run(function()\n"
                                  "  arm()\n"
                                  "  code = select(3, input:read())\n"
                                  "  disarm()\n"
                                  "  assert(select(3, input:read()) == 'EOF')\n"
                                  "  arm()\n"
                                  "  assert(select(3, input:read()) == 'EOF')\n"
                                  "  disarm()\n"
                                  "end)\n"
                                  "input:close()\n"
                                  "return code\n";
    const int input = open("/dev/null", O_RDONLY);
    int descriptors;

    ck_assert_int_ge(input, 0);
    ck_assert_int_eq(dup2(input, STDIN_FILENO), STDIN_FILENO);
    close(input);
    descriptors = harness_open_descriptors();
    lua_register(L, "arm", park_arm);
    lua_register(L, "disarm", park_disarm);
    park_fault.call = "socketpair";
    park_fault.err = EMFILE;
    park_fault.skip = 0;
    if (luaL_dostring(L, program) != LUA_OK)
        ck_abort_msg("%s", lua_tostring(L, -1));
    ck_assert_str_eq(lua_tostring(L, -1), "EMFILE");
    ck_assert_int_eq(harness_open_descriptors(), descriptors);
}
END_TEST

/* The call that waits for a time: emulators, for one, do not know the finer one. */
static const char *park_wait(void)
{
    struct epoll_event event;

    return __real_epoll_pwait2(-1, &event, 1, NULL, NULL) < 0 && errno != EBADF
               ? "epoll_wait"
               : "epoll_pwait2";
}

/* The loop cannot wait any more: the run ends, and with it all that its tasks have. */
START_TEST(a_wait_that_fails_ends_the_run)
{
    park_check(park_wait(), EBADF, OUTCOME_RUN);
    park_check(park_wait(), EINTR, OUTCOME_NOTHING);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("lua/park");
    TCase *tcase = harness_case(suite, "tasks whose calls fail");

    tcase_add_checked_fixture(tcase, park_setup, park_teardown);
    tcase_add_test(tcase, nothing_fails);
    tcase_add_test(tcase, interrupted_calls_are_made_again);
    tcase_add_test(tcase, errors_of_reading_are_the_readers);
    tcase_add_test(tcase, errors_of_writing_are_the_writers);
    tcase_add_test(tcase, lost_clients_are_passed_over);
    tcase_add_test(tcase, a_broken_listener_ends_its_server);
    tcase_add_test(tcase, a_socket_that_cannot_be_watched_is_an_error);
    tcase_add_test(tcase, a_socket_that_is_unknown_to_the_kernel_is_an_error);
    tcase_add_test(tcase, a_file_whose_stand_in_cannot_be_made_is_an_error);
    tcase_add_test(tcase, a_wait_that_fails_ends_the_run);
    return suite;
}
