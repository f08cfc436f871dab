/*
 * The slots in which Lua looks for what an event is about, when the host has dropped what would
 * have told that one is free: nothing of the host's is taken for Lua's.
 */
#include "mio/lua.h"

#include "children.h"
#include "lua/embedding.h"

#include "mio/child.h"
#include "mio/signal.h"
#include "mio/timer.h"

#include <signal.h>

START_TEST(the_hosts_registration_may_have_a_slot_that_was_luas)
{
    int others;

    run_code(L, "registration = assert(loop:register(descriptor, 'w', error))\n");
    /* The descriptor goes behind Lua's back: its number names another file then. */
    ck_assert_int_eq(close(pair[0]), 0);
    ck_assert_int_eq(dup(pair[1]), pair[0]);
    ck_assert_int_eq(mio_loop_register(loop, pair[0], MIO_WRITABLE, MIO_LEVEL, 1, NULL), 0);
    ck_assert_int_eq(mio_loop_register(loop, pair[1], MIO_WRITABLE, MIO_LEVEL, 2, NULL), 0);
    ck_assert_int_eq(run_turn(&others), 0);
    ck_assert_int_eq(others, 2);
    run_code(L, "local ok, err = registration:reregister('r')\n"
                "assert(not ok and err == 'closed')\n"
                "assert(registration:deregister())\n");
    ck_assert_int_eq(run_turn(&others), 0);
    ck_assert_int_eq(others, 2);
}
END_TEST

/* A turn whose events never reach Lua. */
static void drop_turn(void)
{
    mio_event event;

    ck_assert_int_eq(mio_loop_poll(loop, source_soon_ns), 0);
    while (mio_loop_next(loop, &event))
        continue;
}

/* The core is done with a timer of Lua's, and gives its slot to the next one. */
static void drop_timer(void)
{
    run_code(L, "calls = 0\n"
                "local function called() calls = calls + 1 end\n"
                "timer = assert(loop:after(0, called))\n");
    drop_turn();
}

START_TEST(the_hosts_timer_may_have_a_slot_that_was_luas)
{
    int others;

    drop_timer();
    ck_assert_int_eq(mio_loop_after(loop, 0, 1, NULL), 0);
    ck_assert_int_eq(run_turn(&others), 0);
    ck_assert_int_eq(others, 1);
    expect_global("calls", 0);
    run_code(L, "assert(timer:reset(0))\n");
    ck_assert_int_eq(run_turn(&others), 1);
    expect_global("calls", 1);
}
END_TEST

START_TEST(a_timer_may_have_a_slot_whose_event_was_dropped)
{
    int others;

    drop_timer();
    run_code(L, "local old = timer\n"
                "timer = assert(loop:after(0, function() calls = calls + 10 end))\n"
                "assert(old:cancel() and tostring(old) == 'mio.timer (not armed)')\n");
    ck_assert_int_eq(run_turn(&others), 1);
    expect_global("calls", 10);
}
END_TEST

START_TEST(the_hosts_child_may_have_a_slot_that_was_luas)
{
    int others, pid = children_exiting(0);

    lua_pushinteger(L, pid);
    lua_setglobal(L, "pid");
    run_code(L, "child = assert(loop:child(pid, error))\n");
    do {
        drop_turn();
    } while (mio_loop_count(loop) > 0);
    pid = children_exiting(0);
    ck_assert_int_eq(mio_loop_child(loop, pid, 1, NULL), 0);
    do {
        ck_assert_int_eq(run_turn(&others), 0);
    } while (others == 0);
    ck_assert_int_eq(others, 1);
    run_code(L, "assert(child:deregister())\n");
}
END_TEST

/* The host ends what Lua has made: the ids are no secret. */
START_TEST(the_hosts_signal_may_have_a_slot_that_was_luas)
{
    mio_event event;
    uint64_t id = 0;
    int others;

    run_code(L, "registration = assert(loop:signal('USR1', error))\n");
    ck_assert_int_eq(raise(SIGUSR1), 0);
    ck_assert_int_eq(mio_loop_poll(loop, source_soon_ns), 0);
    while (mio_loop_next(loop, &event)) {
        if (event.kind == MIO_SIGNAL)
            id = event.id;
    }
    ck_assert_int_eq(mio_loop_deregister(loop, id), 0);
    ck_assert_int_eq(mio_loop_signal(loop, SIGUSR1, 1, NULL), 0);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    ck_assert_int_eq(run_turn(&others), 0);
    ck_assert_int_eq(others, 1);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("lua/embed_slots");
    TCase *tcase = embed_case(suite, "a slot that was Lua's");

    tcase_add_test(tcase, the_hosts_registration_may_have_a_slot_that_was_luas);
    tcase_add_test(tcase, the_hosts_timer_may_have_a_slot_that_was_luas);
    tcase_add_test(tcase, a_timer_may_have_a_slot_whose_event_was_dropped);
    if (!harness_in_valgrind()) /* which does not know pidfd_open() */
        tcase_add_test(tcase, the_hosts_child_may_have_a_slot_that_was_luas);
    tcase_add_test(tcase, the_hosts_signal_may_have_a_slot_that_was_luas);
    return suite;
}
