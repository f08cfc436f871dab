/* wraps: pthread_create */
/*
 * Threads of Lua: many states that send to each other; a thread that cannot be started; the
 * child of fork(), in which there are none.
 */
#include "mio/lua.h"

#include "faults.h"

#include <lauxlib.h>
#include <lualib.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*run)(void *), void *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*run)(void *), void *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*run)(void *), void *context)
{
    return fault_strikes("pthread_create")
               ? fault.err
               : __real_pthread_create(thread, attributes, run, context);
}

static lua_State *L;

static void worker_setup(void)
{
    L = luaL_newstate();
    luaL_openlibs(L);
    luaL_requiref(L, "mio", luaopen_mio, 1);
    lua_settop(L, 0);
}

static void worker_teardown(void)
{
    if (L != NULL)
        lua_close(L);
    L = NULL;
}

static void worker_do(const char *program)
{
    if (luaL_dostring(L, program) != LUA_OK)
        ck_abort_msg("%s", lua_tostring(L, -1));
}

START_TEST(many_states)
{
    worker_do(
        "mio.run(function()\n"
        "  for _, capacity in ipairs({ 0, 3 }) do\n"
        "    local there, back = mio.shared_channel(capacity), mio.shared_channel(capacity)\n"
        "    local threads, n = {}, 500\n"
        "    for i = 1, 3 do\n"
        "      threads[i] = mio.thread(function(from, to)\n"
        "        for v in from:messages() do to:send({ v[1], ('x'):rep(v[1] % 100) }) end\n"
        "      end, there, back)\n"
        "    end\n"
        "    mio.spawn(function()\n"
        "      for i = 1, n do there:send({ i, back }) end\n"
        "      there:close()\n"
        "    end)\n"
        "    local seen = {}\n"
        "    for _ = 1, n do\n"
        "      local v = back:recv()\n"
        "      assert(not seen[v[1]] and #v[2] == v[1] % 100)\n"
        "      seen[v[1]] = true\n"
        "    end\n"
        "    for i = 1, 3 do threads[i]:join() end\n"
        "  end\n"
        "end)\n");
}
END_TEST

START_TEST(cancelled_at_any_time)
{
    worker_do("mio.run(function()\n"
              "  local channel = mio.shared_channel(1)\n"
              "  for i = 1, 20 do\n"
              "    local threads = {}\n"
              "    for k, fn in ipairs({\n"
              "      function() while true do end end,\n"
              "      function(c) while true do c:send(1) end end,\n"
              "      function(c) while true do c:recv(0.001) end end,\n"
              "    }) do threads[k] = mio.thread(fn, channel) end\n"
              "    mio.sleep(i / 4000)\n"
              "    for k = 1, 3 do threads[k]:cancel() end\n"
              "    for k = 1, 3 do assert(select(2, threads[k]:join()) == 'cancelled') end\n"
              "  end\n"
              "end)\n");
}
END_TEST

START_TEST(cannot_be_started)
{
    const int descriptors = harness_open_descriptors();

    fault_arm("pthread_create", EAGAIN, 0, 1);
    worker_do("mio.run(function()\n"
              "  local a, b = mio.pair()\n"
              "  local thread, err, code = mio.thread(function() end, a)\n"
              "  assert(thread == nil and err:find('^thread: ') and code == 'EAGAIN')\n"
              "  b:write('still here')\n"
              "  assert(a:read() == 'still here')\n"
              "  a:close()\n"
              "  b:close()\n"
              "  assert(mio.thread(function() return 1 end):join() == 1)\n"
              "end)\n");
    ck_assert_int_eq(fault_disarm(), 1);
    worker_teardown();
    ck_assert_int_eq(harness_open_descriptors(), descriptors);
}
END_TEST

/* Those that tell of a fault are not; and the mask of who makes the thread is as before. */
START_TEST(signals_are_blocked)
{
    sigset_t before, after;

    pthread_sigmask(SIG_BLOCK, NULL, &before);
    worker_do("mio.run(function()\n"
              "  local blocked = mio.thread(function()\n"
              "    for line in io.lines('/proc/thread-self/status') do\n"
              "      local mask = line:match('^SigBlk:%s*(%x+)')\n"
              "      if mask then return tonumber(mask, 16) end\n"
              "    end\n"
              "  end):join()\n"
              "  for _, signal in ipairs({ 2, 10, 15, 17 }) do\n"
              "    assert(blocked >> (signal - 1) & 1 == 1, signal)\n"
              "  end\n"
              "  for _, signal in ipairs({ 7, 8, 11 }) do\n"
              "    assert(blocked >> (signal - 1) & 1 == 0, signal)\n"
              "  end\n"
              "end)\n");
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    for (int number = 1; number < 32; number++)
        ck_assert_int_eq(sigismember(&before, number), sigismember(&after, number));
}
END_TEST

static int worker_fork(lua_State *state)
{
    lua_pushinteger(state, fork());
    return 1;
}

/* Called in the child: it closes the state, with the run in it, and leaves. */
static int worker_leave(lua_State *state)
{
    const bool ok = lua_toboolean(state, 1);

    alarm(20);
    lua_close(L);
    (void)state;
    _exit(ok ? 0 : 1);
}

/* In the child there is no thread to wait for, and a shared channel is closed. */
START_TEST(in_the_child_of_fork)
{
    int status = 0;
    pid_t pid;

    lua_register(L, "fork", worker_fork);
    lua_register(L, "leave", worker_leave);
    worker_do("mio.run(function()\n"
              "  local channel = mio.shared_channel(1)\n"
              "  channel:send('left')\n"
              "  local thread = mio.thread(function(c)\n"
              "    for i = 1, 1000000 do c:send(i) end\n"
              "  end, mio.shared_channel())\n"
              "  mio.sleep(0.001)\n"
              "  child = fork()\n"
              "  if child ~= 0 then thread:cancel() return end\n"
              "  local ok = select(2, channel:try_recv()) == 'closed'\n"
              "    and select(2, channel:try_send(1)) == 'closed'\n"
              "    and select(2, channel:recv()) == 'closed'\n"
              "  thread:cancel()\n"
              "  leave(ok)\n"
              "end)\n");
    lua_getglobal(L, "child");
    pid = (pid_t)lua_tointeger(L, -1);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("lua/worker");
    TCase *tcase = harness_case(suite, "threads");

    tcase_add_checked_fixture(tcase, worker_setup, worker_teardown);
    tcase_add_test(tcase, many_states);
    tcase_add_test(tcase, cancelled_at_any_time);
    tcase_add_test(tcase, cannot_be_started);
    tcase_add_test(tcase, signals_are_blocked);
    if (!harness_in_valgrind()) /* a child has the memory of threads that it has not */
        tcase_add_test(tcase, in_the_child_of_fork);
    tcase_set_timeout(tcase, 60);
    return suite;
}
