/*
 * A host program that owns the Lua state and the loop, and has registrations of its own.
 */
#include "mio/lua.h"

#include "lua/embedding.h"

#include "mio/child.h"
#include "mio/signal.h"
#include "mio/timer.h"

#include <lauxlib.h>
#include <lualib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------- attach */

START_TEST(attaching_again_gives_the_same_object)
{
    ck_assert_int_eq(mio_lua_attach(L, loop), 0);
    lua_getglobal(L, "loop");
    ck_assert(lua_rawequal(L, -1, -2));
    lua_settop(L, 0);
}
END_TEST

START_TEST(a_state_without_the_module_knows_no_loop)
{
    lua_State *bare = luaL_newstate();
    const mio_event event = {.kind = MIO_TICK};

    ck_assert_int_eq(mio_lua_attach(bare, loop), -EINVAL);
    ck_assert_int_eq(mio_lua_detach(bare, loop), -ENOENT);
    ck_assert_int_eq(mio_lua_dispatch(bare, loop, &event), -ENOENT);
    ck_assert_int_eq(lua_gettop(bare), 0);
    lua_close(bare);
}
END_TEST

START_TEST(lua_can_neither_run_nor_close_it)
{
    run_code(L, "local ok, err = loop:run()\n"
                "assert(not ok and err == 'running')\n"
                "ok, err = loop:run_once(0)\n"
                "assert(not ok and err == 'running')\n"
                "ok, err = pcall(loop.close, loop)\n"
                "assert(not ok and err == 'close: this loop belongs to the host program')\n"
                "assert(loop:after(1, print))\n");
    ck_assert_uint_eq(mio_loop_count(loop), 1);
}
END_TEST

/* ----------------------------------------------------------------- dispatch */

START_TEST(lua_and_the_host_share_one_loop)
{
    uint64_t timer;
    int others;

    run_code(L, "calls = 0\n"
                "local function count() calls = calls + 1 end\n"
                "assert(loop:register(descriptor, 'r', count))\n"
                "assert(loop:after(0, count))\n"
                "assert(loop:signal('USR1', count))\n");
    ck_assert_int_eq(mio_loop_register(loop, pair[1], MIO_WRITABLE, MIO_LEVEL, 7, NULL), 0);
    ck_assert_int_eq(mio_loop_after(loop, 0, 7, &timer), 0);
    ck_assert_int_eq(mio_loop_signal(loop, SIGUSR1, 7, NULL), 0);
    source_put(pair[1]);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    ck_assert_int_eq(run_turn(&others), 3);
    ck_assert_int_eq(others, 3);
    expect_global("calls", 3);
}
END_TEST

START_TEST(handlers_get_what_they_always_get)
{
    int others;

    run_code(L, "ok = 0\n"
                "local registration, timer\n"
                "registration = loop:register(descriptor, 'rw', function(...)\n"
                "  local source, r, w, closed, given = ...\n"
                "  assert(select('#', ...) == 5 and source == descriptor)\n"
                "  assert(r and w and not closed and given == registration)\n"
                "  ok = ok + 1\n"
                "end)\n"
                "timer = loop:after(0, coroutine.create(function(given)\n"
                "  assert(given == timer)\n"
                "  ok = ok + 1\n"
                "end))\n");
    source_put(pair[1]);
    ck_assert_int_eq(run_turn(&others), 2);
    ck_assert_int_eq(others, 0);
    expect_global("ok", 2);
}
END_TEST

START_TEST(an_error_is_on_the_stack_with_its_traceback)
{
    mio_event event;
    int others;

    run_code(L, "object = {}\n"
                "loop:after(0, function() error('oops') end)\n"
                "loop:after(0, function() error(object) end)\n"
                "loop:after(0, function() coroutine.yield() end)\n"
                "loop:after(0, function() last = 1 end)\n");
    ck_assert_int_eq(mio_loop_poll(loop, 0), 0);
    lua_pushliteral(L, "the host's");
    ck_assert_int_eq(mio_loop_next(loop, &event), 1);
    ck_assert_int_eq(mio_lua_dispatch(L, loop, &event), -ECANCELED);
    ck_assert_int_eq(lua_gettop(L), 2);
    ck_assert_ptr_nonnull(strstr(lua_tostring(L, -1), ": oops\nstack traceback:"));
    lua_pop(L, 1);
    ck_assert_int_eq(mio_loop_next(loop, &event), 1);
    ck_assert_int_eq(mio_lua_dispatch(L, loop, &event), -ECANCELED);
    lua_getglobal(L, "object");
    ck_assert(lua_rawequal(L, -1, -2));
    lua_pop(L, 2);
    ck_assert_int_eq(mio_loop_next(loop, &event), 1);
    ck_assert_int_eq(mio_lua_dispatch(L, loop, &event), -ECANCELED);
    ck_assert_ptr_nonnull(strstr(lua_tostring(L, -1), "attempt to yield"));
    lua_settop(L, 0);
    ck_assert_int_eq(run_turn(&others), 1);
    expect_global("last", 1);
}
END_TEST

START_TEST(what_a_handler_stops_is_told_no_more)
{
    int others;

    run_code(L, "local timers, calls = {}, 0\n"
                "for i = 1, 3 do\n"
                "  timers[i] = loop:after(0, function()\n"
                "    calls = calls + 1\n"
                "    assert(calls == 1)\n"
                "    for _, timer in ipairs(timers) do timer:cancel() end\n"
                "    collectgarbage()\n"
                "  end)\n"
                "end\n");
    ck_assert_int_eq(run_turn(&others), 1);
    ck_assert_int_eq(others, 0);
}
END_TEST

static void dispatch_ready(mio_loop *given, const mio_event *event, void *ctx)
{
    ck_assert_int_eq(mio_lua_dispatch(ctx, given, event), 1);
}

START_TEST(lua_can_shut_it_down)
{
    const mio_handler handler = {.ready = dispatch_ready, .timeout = dispatch_ready};

    run_code(L, "calls = 0\n"
                "loop:register(descriptor, 'w', function() calls = calls + 1 end)\n"
                "loop:every(0.001, function() assert(loop:shutdown()) end)\n");
    ck_assert_int_eq(mio_loop_run(loop, &handler, L), 0);
}
END_TEST

/* What Lua has been warned of. */
static struct {
    int count;
    char last[256];
} warned;

static void note_warning(void *ud, const char *text, int continues)
{
    (void)ud;
    ck_assert_int_eq(continues, 0);
    warned.count++;
    snprintf(warned.last, sizeof warned.last, "%s", text);
}

START_TEST(lua_measures_its_own_handlers)
{
    int others;

    warned.count = 0;
    lua_setwarnf(L, note_warning, NULL);
    ck_assert_int_eq(mio_loop_after(loop, 0, 1, NULL), 0);
    run_code(L, "loop:after(0, function() end)\n"
                "assert(loop:measure(true, 0))");
    ck_assert_int_eq(run_turn(&others), 1);
    ck_assert_int_eq(others, 1);
    ck_assert_int_eq(warned.count, 1);
    ck_assert_ptr_nonnull(strstr(warned.last, "mio: the handler at [string \"loop:after"));
    run_code(L, "local stats = loop:stats()\n"
                "assert(stats.timeouts == 2 and stats.turns == 1)\n"
                "assert(stats.working >= stats.longest and stats.longest > 0)\n"
                "loop:measure(false)\n"
                "loop:after(0, function() end)");
    ck_assert_int_eq(run_turn(&others), 1);
    ck_assert_int_eq(warned.count, 1);
}
END_TEST

START_TEST(a_dump_has_what_is_the_hosts)
{
    uint64_t id;

    ck_assert_int_eq(mio_loop_register(loop, pair[1], MIO_READABLE, MIO_LEVEL, 0, &id), 0);
    ck_assert_int_eq(mio_loop_after(loop, 1000, 0, NULL), 0);
    ck_assert_int_eq(mio_loop_signal(loop, SIGUSR2, 0, NULL), 0);
    lua_pushinteger(L, pair[1]);
    lua_setglobal(L, "other");
    run_code(L, "assert(loop:register(descriptor, 'w', function() end))\n"
                "local found = {}\n"
                "for _, item in ipairs(loop:dump()) do\n"
                "  found[item.source or item.kind] = item\n"
                "end\n"
                "assert(found[descriptor].where and found[descriptor].interest == 'w')\n"
                "assert(found[other].where == nil and found[other].interest == 'r')\n"
                "assert(found.timer.where == nil and found.timer.deadline)\n"
                "assert(found.USR2.where == nil and found.USR2.kind == 'signal')\n"
                "assert(tostring(loop:dump()):find('\\nsignal USR2\\n'))");
    ck_assert_int_eq(mio_loop_deregister(loop, id), 0);
}
END_TEST

START_TEST(two_states_share_one_loop)
{
    lua_State *second = state_new();
    mio_event event;
    int first_calls = 0, second_calls = 0;

    ck_assert_int_eq(mio_lua_attach(second, loop), 0);
    lua_setglobal(second, "loop");
    lua_pushinteger(second, pair[1]);
    lua_setglobal(second, "descriptor");
    run_code(L, "loop:register(descriptor, 'w', function() end) loop:after(0, function() end)");
    run_code(second,
             "loop:register(descriptor, 'w', function() end) loop:after(0, function() end)");
    ck_assert_int_eq(mio_loop_poll(loop, 0), 0);
    while (mio_loop_next(loop, &event)) {
        const int by_first = mio_lua_dispatch(L, loop, &event);
        const int by_second = mio_lua_dispatch(second, loop, &event);

        ck_assert_int_le(by_first + by_second, 1);
        first_calls += by_first;
        second_calls += by_second;
    }
    ck_assert_int_eq(first_calls, 2);
    ck_assert_int_eq(second_calls, 2);
    lua_close(second);
    ck_assert_uint_eq(mio_loop_count(loop), 1);
}
END_TEST

START_TEST(dispatching_allocates_nothing)
{
    int others;
    long before;

    run_code(L, "loop:register(descriptor, 'w', function() end)\n"
                "loop:every(1e-9, function() end)\n"
                "collectgarbage('stop')\n");
    run_turn(&others);
    before = memory.calls;
    for (int i = 0; i < 100; i++)
        ck_assert_int_ge(run_turn(&others), 1);
    ck_assert_int_eq(memory.calls, before);
}
END_TEST

/* ------------------------------------------------------------------- detach */

START_TEST(detaching_ends_what_lua_has_registered)
{
    const mio_event event = {.kind = MIO_TICK};
    int others;

    run_code(L, "registration = loop:register(descriptor, 'w', error)\n"
                "timer = loop:after(0, error)\n"
                "every = loop:every(0.001, error)\n"
                "signal = loop:signal('USR1', error)\n");
    ck_assert_int_eq(mio_loop_register(loop, pair[1], MIO_WRITABLE, MIO_LEVEL, 1, NULL), 0);
    ck_assert_uint_eq(mio_loop_count(loop), 5);
    ck_assert_int_eq(mio_lua_detach(L, loop), 0);
    ck_assert_uint_eq(mio_loop_count(loop), 1);
    ck_assert_int_eq(mio_lua_detach(L, loop), -ENOENT);
    ck_assert_int_eq(mio_lua_dispatch(L, loop, &event), -ENOENT);
    ck_assert_int_eq(lua_gettop(L), 0);
    run_code(L, "for _, call in ipairs({\n"
                "  function() return loop:run() end,\n"
                "  function() return loop:after(0, print) end,\n"
                "  function() return registration:reregister('r') end,\n"
                "  function() return signal:pause(1) end,\n"
                "  function() return timer:reset(1) end,\n"
                "}) do\n"
                "  local result, err = call()\n"
                "  assert(result == nil and err == 'closed', err)\n"
                "end\n"
                "assert(registration:deregister() and timer:cancel() and every:cancel())\n"
                "assert(loop:close())\n"
                "assert(tostring(loop) == 'mio.loop (closed)')\n");
    ck_assert_int_eq(mio_loop_poll(loop, 0), 0);
    for (others = 0; mio_loop_next(loop, &(mio_event){.kind = MIO_TICK});)
        others++;
    ck_assert_int_eq(others, 2); /* the host's descriptor, the tick */
}
END_TEST

START_TEST(it_can_be_attached_anew)
{
    int others;

    ck_assert_int_eq(mio_lua_detach(L, loop), 0);
    ck_assert_int_eq(mio_lua_attach(L, loop), 0);
    lua_getglobal(L, "loop");
    ck_assert(!lua_rawequal(L, -1, -2));
    lua_pop(L, 1);
    lua_setglobal(L, "loop");
    run_code(L, "loop:after(0, function() done = 1 end)");
    ck_assert_int_eq(run_turn(&others), 1);
    expect_global("done", 1);
}
END_TEST

START_TEST(closing_the_state_ends_it_too)
{
    int others = 0;

    run_code(L, "kept = {\n"
                "  loop:register(descriptor, 'w', error), loop:after(0, error),\n"
                "  loop:signal('USR1', error), loop:every(1, error),\n"
                "}\n"
                "setmetatable(kept, { __gc = function() loop:after(1, error) end })\n");
    ck_assert_int_eq(mio_loop_after(loop, 0, 7, NULL), 0);
    ck_assert_uint_eq(mio_loop_count(loop), 5);
    lua_close(L);
    L = NULL;
    ck_assert_uint_eq(mio_loop_count(loop), 1);
    ck_assert_int_eq(mio_loop_poll(loop, 0), 0);
    while (mio_loop_next(loop, &(mio_event){.kind = MIO_TICK}))
        others++;
    ck_assert_int_eq(others, 2);
}
END_TEST

static int dispatch_tick(lua_State *state)
{
    const mio_event event = {.kind = MIO_TICK};

    lua_pushinteger(state, mio_lua_dispatch(state, loop, &event));
    return 1;
}

START_TEST(a_finalizer_may_dispatch_while_the_state_is_closed)
{
    lua_State *other = state_new();

    lua_register(other, "dispatch", dispatch_tick);
    run_code(other, "early = setmetatable({}, { __gc = function()\n"
                    "  if dispatch() ~= -2 then os.exit(1) end -- ENOENT\n"
                    "end })\n");
    ck_assert_int_eq(mio_lua_attach(other, loop), 0);
    lua_setglobal(other, "loop");
    run_code(other, "late = setmetatable({}, { __gc = function()\n"
                    "  if dispatch() ~= 0 then os.exit(1) end\n"
                    "end })\n");
    lua_close(other);
}
END_TEST

/* ---------------------------------------------------------- without memory */

START_TEST(attaching_without_memory_leaves_nothing)
{
    mio_loop *other;
    const int top = lua_gettop(L);

    ck_assert_int_eq(mio_loop_new(NULL, &other), 0);
    memory.refuses = true;
    ck_assert_int_eq(mio_lua_attach(L, other), -ENOMEM);
    memory.refuses = false;
    ck_assert_int_eq(lua_gettop(L), top);
    ck_assert_int_eq(mio_lua_detach(L, other), -ENOENT);
    ck_assert_int_eq(mio_lua_attach(L, other), 0);
    lua_setglobal(L, "other");
    ck_assert_int_eq(mio_lua_detach(L, other), 0);
    mio_loop_free(other);
}
END_TEST

START_TEST(what_needs_no_memory_works_without)
{
    int others;

    run_code(L, "calls = 0\n"
                "loop:after(0, function() calls = calls + 1 end)\n"
                "loop:register(descriptor, 'w', function() calls = calls + 1 end)\n");
    memory.refuses = true;
    ck_assert_int_eq(run_turn(&others), 2);
    ck_assert_int_eq(mio_lua_detach(L, loop), 0);
    memory.refuses = false;
    expect_global("calls", 2);
}
END_TEST

START_TEST(an_error_of_memory_is_an_error)
{
    mio_event event;

    run_code(L, "loop:after(0, function() return ('x'):rep(1000000) end)");
    ck_assert_int_eq(mio_loop_poll(loop, 0), 0);
    ck_assert_int_eq(mio_loop_next(loop, &event), 1);
    memory.refuses = true;
    ck_assert_int_eq(mio_lua_dispatch(L, loop, &event), -ECANCELED);
    memory.refuses = false;
    ck_assert_str_eq(lua_tostring(L, -1), "not enough memory");
    lua_settop(L, 0);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("lua/embed");
    TCase *tcase = embed_case(suite, "a loop of the host");

    tcase_add_test(tcase, attaching_again_gives_the_same_object);
    tcase_add_test(tcase, a_state_without_the_module_knows_no_loop);
    tcase_add_test(tcase, lua_can_neither_run_nor_close_it);
    tcase_add_test(tcase, lua_and_the_host_share_one_loop);
    tcase_add_test(tcase, handlers_get_what_they_always_get);
    tcase_add_test(tcase, an_error_is_on_the_stack_with_its_traceback);
    tcase_add_test(tcase, what_a_handler_stops_is_told_no_more);
    tcase_add_test(tcase, lua_can_shut_it_down);
    tcase_add_test(tcase, lua_measures_its_own_handlers);
    tcase_add_test(tcase, a_dump_has_what_is_the_hosts);
    tcase_add_test(tcase, two_states_share_one_loop);
    tcase_add_test(tcase, dispatching_allocates_nothing);
    tcase_add_test(tcase, detaching_ends_what_lua_has_registered);
    tcase_add_test(tcase, it_can_be_attached_anew);
    tcase_add_test(tcase, closing_the_state_ends_it_too);
    tcase_add_test(tcase, a_finalizer_may_dispatch_while_the_state_is_closed);
    tcase_add_test(tcase, attaching_without_memory_leaves_nothing);
    tcase_add_test(tcase, what_needs_no_memory_works_without);
    tcase_add_test(tcase, an_error_of_memory_is_an_error);
    return suite;
}
