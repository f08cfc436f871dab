/*
 * Lua programs in a state whose memory runs out: each allocation of a whole scenario fails
 * once, and all from it on fail, until the scenario passes untouched. Whatever happens, closing
 * the state gives back every byte and every descriptor.
 */
#include "mio/lua.h"

#include "harness.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdlib.h>

static struct {
    size_t used;
    long calls;
    long fail_at; /* 0: never */
    bool sticky;
    bool failed;
} memory;

static bool memory_refuses(void)
{
    memory.calls++;
    if (memory.fail_at == 0 || memory.calls < memory.fail_at)
        return false;
    if (!memory.sticky && memory.calls > memory.fail_at)
        return false;
    memory.failed = true;
    return true;
}

static void *memory_realloc(void *ud, void *ptr, size_t osize, size_t nsize)
{
    const size_t before = ptr != NULL ? osize : 0;
    void *block;

    (void)ud;
    if (nsize == 0) {
        free(ptr);
        memory.used -= before;
        return NULL;
    }
    if (nsize > before && memory_refuses())
        return NULL;
    block = realloc(ptr, nsize);
    harness_assert(block != NULL, "there is no memory");
    memory.used += nsize - before;
    return block;
}

static int memory_open(lua_State *L)
{
    luaL_requiref(L, "mio", luaopen_mio, 0);
    return 0;
}

/* Run a scenario; NULL is opening the module, which cannot fail in the others. Returns whether
   an allocation failed in it. */
static bool memory_run(const char *scenario, long fail_at, bool sticky)
{
    const int descriptors = harness_open_descriptors();
    lua_State *L;
    int status;

    memory.fail_at = 0;
    memory.failed = false;
    memory.sticky = sticky;
    L = lua_newstate(memory_realloc, NULL);
    ck_assert_ptr_nonnull(L);
    luaL_openlibs(L);
    lua_pushcfunction(L, memory_open);
    if (scenario != NULL) {
        lua_call(L, 0, 0);
        ck_assert_int_eq(luaL_loadstring(L, scenario), LUA_OK);
    }
    memory.calls = 0;
    memory.fail_at = fail_at;
    status = lua_pcall(L, 0, 0, 0);
    memory.fail_at = 0;
    if (status != LUA_OK && !memory.failed)
        ck_abort_msg("%s", lua_tostring(L, -1));
    lua_close(L);
    ck_assert_uint_eq(memory.used, 0);
    ck_assert_int_eq(harness_open_descriptors(), descriptors);
    return memory.failed;
}

static void memory_try(const char *scenario)
{
    for (int sticky = 0; sticky < 2; sticky++) {
        long fail_at = 1;

        while (memory_run(scenario, fail_at, sticky == 1))
            fail_at += harness_stride();
        ck_assert_int_gt(fail_at, 10);
    }
}

/* It makes thousands of allocations, most of them as it reads the part in Lua: each one at the
   beginning, then one of a hundred or so. */
START_TEST(opening)
{
    for (int sticky = 0; sticky < 2; sticky++) {
        long fail_at = 1;

        while (memory_run(NULL, fail_at, sticky == 1))
            fail_at += harness_stride() * (fail_at < 200 ? 1 : 97);
        ck_assert_int_gt(fail_at, 1000);
    }
}
END_TEST

START_TEST(tasks)
{
    memory_try("local mio = require('mio')\n"
               "local ok, err = pcall(mio.run, function()\n"
               "  local listener <close> = assert(mio.listen('127.0.0.1:0'))\n"
               "  local server = mio.server(listener, function(client)\n"
               "    for line in client:lines() do assert(client:write(line, '\\n')) end\n"
               "  end, { on_error = error })\n"
               "  mio.spawn(server.run, server)\n"
               "  local client <close> = assert(mio.connect(listener:local_address()))\n"
               "  local channel = mio.channel()\n"
               "  mio.spawn(function()\n"
               "    local _ <close> = channel\n"
               "    assert(client:write(('x'):rep(100), '\\n', ('y'):rep(5000), '\\n'))\n"
               "    for _ = 1, 2 do channel:send(client:read_until('\\n')) end\n"
               "  end)\n"
               "  for line in channel:messages() do assert(#line % 100 == 0) end\n"
               "  mio.timeout(0.001, mio.sleep, 1)\n"
               "  server:stop()\n"
               "end)\n"
               "if not ok then error(err, 0) end\n");
}
END_TEST

/* The memory of the thread is its own, and does not run out. */
START_TEST(threads)
{
    memory_try("local mio = require('mio')\n"
               "local ok, err = pcall(mio.run, function()\n"
               "  local channel = mio.shared_channel(1)\n"
               "  local a, b = assert(mio.pair())\n"
               "  local thread = assert(mio.thread(function(there, socket)\n"
               "    there:send({ ('x'):rep(100), socket })\n"
               "    there:send('more')\n"
               "    return 'through'\n"
               "  end, channel, b))\n"
               "  local got = channel:recv()\n"
               "  assert(#got[1] == 100 and got[2]:getfd())\n"
               "  got[2]:close()\n"
               "  mio.spawn(function() assert(channel:recv() == 'more') end)\n"
               "  assert(thread:join() == 'through')\n"
               "  assert(channel:send({ a }))\n"
               "end)\n"
               "if not ok then error(err, 0) end\n");
}
END_TEST

START_TEST(an_echo_over_tcp)
{
    memory_try("local mio = require('mio')\n"
               "local loop = assert(mio.loop())\n"
               "local listener = assert(mio.listen('127.0.0.1:0'))\n"
               "local client = assert(mio.try_connect(listener:local_address()))\n"
               "local got\n"
               "assert(loop:register(listener, 'r', function()\n"
               "  for stream in listener:try_accepts() do\n"
               "    assert(loop:register(stream, 'r', function(stream)\n"
               "      local data = stream:try_read()\n"
               "      if data then stream:try_write(data, '!') else stream:close() end\n"
               "    end))\n"
               "  end\n"
               "end))\n"
               "local text = ('x'):rep(100)\n"
               "assert(loop:register(client, 'w', function(client, _, _, _, registration)\n"
               "  client:try_write(text)\n"
               "  client:shutdown('w')\n"
               "  registration:deregister()\n"
               "  assert(loop:register(client, 'r', function()\n"
               "    local data = client:try_read()\n"
               "    if data then got = (got or '') .. data else loop:shutdown() end\n"
               "  end))\n"
               "end))\n"
               "assert(loop:run())\n"
               "assert(got == text .. '!')\n"
               "loop:close()\n");
}
END_TEST

START_TEST(a_poll_and_buffers)
{
    memory_try("local mio = require('mio')\n"
               "local poll <close> = assert(mio.poll())\n"
               "local listener <close> = assert(mio.listen('127.0.0.1:0'))\n"
               "local client <close> = assert(mio.try_connect(listener:local_address()))\n"
               "local out, back = mio.buffer():append('hello'), mio.buffer(3)\n"
               "assert(poll:register(listener, 'accept', 'r'))\n"
               "assert(poll:register(client, {}, 'w', { trigger = 'oneshot' }))\n"
               "local server\n"
               "while #back < 5 do\n"
               "  for token in assert(poll:wait(10)) do\n"
               "    if token == 'accept' then\n"
               "      server = assert(listener:try_accept())\n"
               "      assert(poll:register(server, 1, 'r'))\n"
               "    elseif token == 1 then\n"
               "      assert(server:try_read_into(back))\n"
               "    else\n"
               "      client:try_write(out)\n"
               "    end\n"
               "  end\n"
               "end\n"
               "assert(tostring(back) == 'hello' and back:find('lo') == 4)\n");
}
END_TEST

START_TEST(pipes_and_standard_streams)
{
    memory_try("local mio = require('mio')\n"
               "local loop <close> = assert(mio.loop())\n"
               "local reader, writer = mio.pipe()\n"
               "assert(reader, writer)\n"
               "local got = mio.buffer()\n"
               "assert(loop:register(reader, 'r', function(_, _, _, closed)\n"
               "  if not reader:try_read_into(got) then loop:shutdown() end\n"
               "end))\n"
               "assert(writer:try_write('hel', mio.buffer():append('lo')) == 5)\n"
               "writer:close()\n"
               "assert(loop:run())\n"
               "assert(tostring(got) == 'hello')\n"
               "local output <close> = assert(mio.stderr())\n"
               "assert(output:try_write('') == 0)\n");
}
END_TEST

START_TEST(timers_signals_and_coroutines)
{
    memory_try("local mio = require('mio')\n"
               "local loop = assert(mio.loop({ clock = 'virtual' }))\n"
               "local count = 0\n"
               "local every = assert(loop:every(1, coroutine.create(function()\n"
               "  while true do count = count + 1 coroutine.yield() end\n"
               "end)))\n"
               "assert(loop:after(5.5, function() every:cancel() end))\n"
               "local registration = assert(loop:signal('USR2', print))\n"
               "assert(loop:after(6, function(timer)\n"
               "  if registration then registration:deregister() end\n"
               "  registration = nil\n"
               "end))\n"
               "assert(loop:run())\n"
               "assert(count == 5)\n"
               "local signals = assert(mio.signal('USR1', 'USR2'))\n"
               "assert(select(2, signals:try_read()) == 'again')\n"
               "assert(tostring(mio.address('[::1]:80')) == '[::1]:80')\n");
}
END_TEST

START_TEST(errors_in_handlers)
{
    memory_try(
        "local mio = require('mio')\n"
        "local loop = assert(mio.loop())\n"
        "for i = 1, 3 do assert(loop:after(0, function() error('no ' .. i) end)) end\n"
        "local told = {}\n"
        "for i = 1, 3 do told[i] = select(2, xpcall(loop.run, debug.traceback, loop)) end\n"
        "assert(loop:run())\n"
        "for i = 1, 3 do assert(told[i]:find('no ' .. i), told[i]) end\n"
        "assert(not pcall(mio.listen, 'nowhere'))\n"
        "assert(not pcall(mio.listen, '127.0.0.1:0', { backlogg = 1 }))\n");
}
END_TEST

START_TEST(what_a_loop_tells_of_itself)
{
    memory_try("local mio = require('mio')\n"
               "local loop = assert(mio.loop({ clock = 'virtual' }))\n"
               "assert(loop:measure(true, 1))\n"
               "local count = 0\n"
               "for i = 1, 4 do\n"
               "  assert(loop:after(i, function() count = count + 1 loop:advance(i) end))\n"
               "end\n"
               "assert(loop:every(5, coroutine.create(function(timer)\n"
               "  loop:advance(10)\n"
               "  coroutine.yield()\n"
               "  timer:cancel()\n"
               "end)))\n"
               "assert(loop:signal('USR2', print))\n"
               "assert(#tostring(loop:dump()) > 100)\n"
               "loop:run_once()\n"
               "while loop:stats().longest < 10 do assert(loop:run_once()) end\n"
               "assert(count == 4 and loop:stats({}).longest_where:find('.', 1, true))\n"
               "loop:close()\n");
}
END_TEST

/* Descriptors that have come are closed, whichever of their objects cannot be made. */
START_TEST(descriptors_passed)
{
    memory_try("local mio = require('mio')\n"
               "local a, b = assert(mio.pair('seqpacket'))\n"
               "local listener <close> = assert(mio.listen('unix:'))\n"
               "for _ = 1, 3 do\n"
               "  assert(select(2, b:try_recv_fds()) == 'again')\n"
               "  assert(a:try_send_fds('x', a, listener, 0) == 1)\n"
               "  local data, sockets, lost = b:try_recv_fds()\n"
               "  assert(data == 'x' and #sockets == 3 and not lost)\n"
               "  for _, socket in ipairs(sockets) do socket:close() end\n"
               "end\n");
}
END_TEST

static int memory_arm(lua_State *L)
{
    memory.calls = 0;
    memory.failed = false;
    memory.fail_at = (long)lua_tointeger(L, 1);
    return 0;
}

/* Memory comes back, and the next turns bring what is left. Whether an allocation had failed.
 */
static int memory_disarm(lua_State *L)
{
    memory.fail_at = 0;
    lua_pushboolean(L, memory.failed);
    return 1;
}

/* An error in calling the handler is the handler's: the first message makes room for calls. */
static const char messages_program[] =
    "local mio, arm, disarm = require('mio'), ...\n"
    "local loop, fail_at = assert(mio.loop()), 0\n"
    "local count, got = 0, { 0, 0, 0, 0 }\n"
    "local function deep(levels) return levels == 0 or not deep(levels - 1) end\n"
    "collectgarbage('stop')\n"
    "local sender <close> = assert(loop:channel(function(message)\n"
    "  if message == 'room' then return not deep(100) end\n"
    "  count = count + 1\n"
    "  got[count] = message\n"
    "end))\n"
    "sender:send('room')\n"
    "loop:run_once(0)\n"
    "repeat\n"
    "  count, fail_at = 0, fail_at + 1\n"
    "  for i = 1, 3 do assert(sender:send({ ('x'):rep(100), { i, sender } })) end\n"
    "  arm(fail_at)\n"
    "  pcall(loop.run_once, loop, 0)\n"
    "  local failed = disarm()\n"
    "  for _ = 1, 3 do loop:run_once(0) end\n"
    "  assert(count == 3, count .. ' of 3 messages at ' .. fail_at)\n"
    "  for i = 1, 3 do\n"
    "    assert(got[i][2][1] == i)\n"
    "    got[i][2][2]:close()\n"
    "  end\n"
    "until not failed\n"
    "assert(fail_at > 3)\n"
    /* one that is left, for the end of the state */
    "assert(sender:send({ ('x'):rep(100), { sender } }))\n"
    "arm(1)\n"
    "pcall(loop.run_once, loop, 0)\n"
    "disarm()\n";

/* The same for a shared channel, where a value that cannot be made stays. */
static const char shared_program[] = "local mio, arm, disarm = require('mio'), ...\n"
                                     "local channel, fail_at = mio.shared_channel(3), 0\n"
                                     "collectgarbage('stop')\n"
                                     "repeat\n"
                                     "  fail_at = fail_at + 1\n"
                                     "  for i = 1, 3 do assert(channel:try_send({ "
                                     "('x'):rep(100), { i, mio.shared_channel() } })) end\n"
                                     "  arm(fail_at)\n"
                                     "  local ok, got = pcall(channel.try_recv, channel)\n"
                                     "  local failed = disarm()\n"
                                     "  if not ok then got = channel:try_recv() end\n"
                                     "  for i = 1, 3 do\n"
                                     "    assert(got[2][1] == i)\n"
                                     "    got = channel:try_recv()\n"
                                     "  end\n"
                                     "  assert(got == nil)\n"
                                     "until not failed\n"
                                     "assert(fail_at > 3)\n";

static void messages_try(const char *program, bool sticky)
{
    lua_State *L;

    memory.fail_at = 0;
    memory.sticky = sticky;
    L = lua_newstate(memory_realloc, NULL);
    ck_assert_ptr_nonnull(L);
    luaL_openlibs(L);
    luaL_requiref(L, "mio", luaopen_mio, 0);
    lua_settop(L, 0);
    ck_assert_int_eq(luaL_loadstring(L, program), LUA_OK);
    lua_pushcfunction(L, memory_arm);
    lua_pushcfunction(L, memory_disarm);
    if (lua_pcall(L, 2, 0, 0) != LUA_OK)
        ck_abort_msg("%s", lua_tostring(L, -1));
    lua_close(L);
    ck_assert_uint_eq(memory.used, 0);
}

START_TEST(messages_are_not_lost)
{
    for (int sticky = 0; sticky < 2; sticky++) {
        messages_try(messages_program, sticky == 1);
        messages_try(shared_program, sticky == 1);
    }
}
END_TEST

/* A task server and its client, in one of whose allocations memory runs out; then the same in
   the same state untouched. `fail_at` goes by ones at first: most of what is special is there.
 */
static const char servers_program[] =
    "local mio, arm, disarm, descriptors = require('mio'), ...\n"
    "local function serve(client, server)\n"
    "  local buffer <const> = mio.buffer()\n"
    "  local _ <close> = mio.defer(function() buffer:clear() end)\n"
    "  for line in client:lines({ max = 1000, timeout = 10 }) do\n"
    "    if line == 'raise' then error('no luck') end\n"
    "    if line == 'stop' then return server:stop({ grace = 5 }) end\n"
    "    assert(client:write(line:upper(), '\\n'))\n"
    "  end\n"
    "end\n"
    "local function ask(address, ...)\n"
    "  local client <close> = assert(mio.connect(address, nil, 10))\n"
    "  local answers = {}\n"
    "  for i, text in ipairs({ ... }) do\n"
    "    assert(client:write(text, '\\n'))\n"
    "    answers[i] = client:read_until('\\n')\n"
    "  end\n"
    "  return table.unpack(answers)\n"
    "end\n"
    "local function main()\n"
    "  local listener <close> = assert(mio.listen('127.0.0.1:0', { high_water = 1000 }))\n"
    "  local address, failures = listener:local_address(), 0\n"
    "  local server = mio.server(listener, serve, {\n"
    "    max = 2, timeout = 10, header_timeout = 5,\n"
    "    on_error = function() failures = failures + 1 end,\n"
    "  })\n"
    "  local served = mio.spawn(function() return assert(server:run()) end)\n"
    "  served.name = 'server'\n"
    "  local scope <close> = mio.scope()\n"
    "  local one = scope:spawn(ask, address, 'one', ('x'):rep(900))\n"
    "  local two = scope:spawn(mio.timeout, 10, ask, address, 'two', 'raise')\n"
    "  local a, b = one:join()\n"
    "  assert(a == 'ONE' and b == ('X'):rep(900))\n"
    "  assert(two:join() == 'TWO')\n"
    "  local idle = mio.spawn(mio.sleep, 100):detach()\n"
    "  assert(mio.select({ idle, listener }, 0.001) == nil)\n"
    "  assert(#mio.dump() > 10)\n"
    "  ask(address, 'stop')\n"
    "  assert(served:join())\n"
    "  assert(failures == 1)\n"
    "  return 'served'\n"
    "end\n"
    "assert(mio.run(main) == 'served')\n"
    "local before, fail_at, failed = descriptors(), 0, nil\n"
    "repeat\n"
    "  fail_at = fail_at + (fail_at < 400 and 1 or 7)\n"
    "  arm(fail_at)\n"
    "  local ok, result = pcall(mio.run, main)\n"
    "  failed = disarm()\n"
    "  assert(ok or failed, result)\n"
    "  collectgarbage()\n"
    "  collectgarbage()\n"
    "  assert(descriptors() == before, 'descriptors are left at ' .. fail_at)\n"
    "  assert(mio.run(main) == 'served')\n"
    "  collectgarbage()\n"
    "  collectgarbage()\n"
    "until not failed\n"
    "assert(fail_at > 100)\n";

static int memory_descriptors(lua_State *L)
{
    lua_pushinteger(L, harness_open_descriptors());
    return 1;
}

static void servers_try(bool sticky)
{
    lua_State *L;

    memory.fail_at = 0;
    memory.sticky = sticky;
    L = lua_newstate(memory_realloc, NULL);
    ck_assert_ptr_nonnull(L);
    luaL_openlibs(L);
    luaL_requiref(L, "mio", luaopen_mio, 0);
    lua_settop(L, 0);
    ck_assert_int_eq(luaL_loadstring(L, servers_program), LUA_OK);
    lua_pushcfunction(L, memory_arm);
    lua_pushcfunction(L, memory_disarm);
    lua_pushcfunction(L, memory_descriptors);
    if (lua_pcall(L, 3, 0, 0) != LUA_OK)
        ck_abort_msg("%s", lua_tostring(L, -1));
    lua_close(L);
    ck_assert_uint_eq(memory.used, 0);
}

START_TEST(servers_work_afterwards)
{
    servers_try(false);
}
END_TEST

START_TEST(servers_work_after_a_time_without_memory)
{
    servers_try(true);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("lua/memory");
    TCase *tcase = harness_case(suite, "memory runs out");

    tcase_add_test(tcase, opening);
    tcase_add_test(tcase, tasks);
    tcase_add_test(tcase, threads);
    tcase_add_test(tcase, an_echo_over_tcp);
    tcase_add_test(tcase, a_poll_and_buffers);
    tcase_add_test(tcase, pipes_and_standard_streams);
    tcase_add_test(tcase, timers_signals_and_coroutines);
    tcase_add_test(tcase, errors_in_handlers);
    tcase_add_test(tcase, what_a_loop_tells_of_itself);
    tcase_add_test(tcase, descriptors_passed);
    tcase_add_test(tcase, messages_are_not_lost);
    tcase_add_test(tcase, servers_work_afterwards);
    tcase_add_test(tcase, servers_work_after_a_time_without_memory);
    return suite;
}
