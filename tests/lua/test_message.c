/*
 * Messages as bytes: whatever the bytes are, decoding ends, and pushes a value or refuses.
 * Threads with Lua states of their own.
 */
#include "message.h"

#include "harness.h"
#include "mio/lua.h"
#include "state.h"

#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MUTATIONS = 20000, THREADS = 3, MESSAGES = 20000 };

static lua_State *state_new(void)
{
    lua_State *L = luaL_newstate();

    ck_assert_ptr_nonnull(L);
    luaL_openlibs(L);
    luaL_requiref(L, "mio", luaopen_mio, 1);
    lua_settop(L, 0);
    return L;
}

static void state_run(lua_State *L, const char *code)
{
    if (luaL_dostring(L, code) != LUA_OK)
        ck_abort_msg("%s", lua_tostring(L, -1));
}

/* What the tests below mutate: one of each kind, and all together. */
static const char *const values[] = {
    "nil",
    "true",
    "-5",
    "math.maxinteger",
    "0.5",
    "('x'):rep(300)",
    "{}",
    "{1, 2.5, 'three', {4}, x = {y = {z = 'deep'}}, [true] = false, [-1.5] = 'key'}",
    "sender",
    "{sender, {sender, x = sender}, ('y'):rep(100)}",
    ("(function() local t = {} for i = 1, 300 do t[i] = i; t['k' .. i] = sender end "
     "return t end)()"),
};
enum { VALUES = sizeof values / sizeof values[0] };

/* Encoding raises errors, and classes are found through the state: both inside of a function of
   the module, as which this one is run. */
static mio__lua_message encoded;
static int decoded;

static int run_encode(lua_State *L)
{
    ck_assert_int_eq(mio__lua_message_encode(L, 1, &encoded), 0);
    return 0;
}

static int run_decode(lua_State *L)
{
    const int top = lua_gettop(L);

    decoded = mio__lua_message_decode(L, &encoded);
    if (decoded)
        ck_assert_int_eq(lua_gettop(L), top + 1);
    return decoded;
}

/* Push `function` as a function of the module. */
static void push_function(lua_State *L, lua_CFunction function)
{
    mio__lua_state_push(L);
    lua_pushcclosure(L, function, 1);
}

static void encode(lua_State *L, const char *value)
{
    push_function(L, run_encode);
    lua_pushfstring(L, "return %s", value);
    ck_assert_int_eq(luaL_dostring(L, lua_tostring(L, -1)), LUA_OK);
    lua_remove(L, -2);
    ck_assert_int_eq(lua_pcall(L, 1, 0, 0), LUA_OK);
}

/* Decode what is in `encoded`; errors of Lua are refusals too. */
static void decode(lua_State *L)
{
    push_function(L, run_decode);
    lua_pcall(L, 0, 1, 0);
    lua_settop(L, 0);
}

static unsigned char *bytes_of(mio__lua_message *message)
{
    const size_t room = (message->size + 7) / 8 * 8 + message->ports * sizeof(mio__lua_port *);

    return room <= MESSAGE_INLINE ? (unsigned char *)message->data.aligned
                                  : message->data.large.block;
}

static lua_State *fuzz_state(void)
{
    lua_State *L = state_new();

    state_run(L, "loop = mio.loop() sender, channel = loop:channel(print)");
    return L;
}

/* One to three bytes are others; sizes and ports, which the bytes do not tell, stay. */
static void mutate(unsigned char *bytes, size_t size, uint64_t *random)
{
    for (uint64_t i = harness_random(random) % 3 + 1; i > 0; i--)
        bytes[harness_random(random) % size] = (unsigned char)harness_random(random);
}

START_TEST(bytes_that_were_changed)
{
    lua_State *L = fuzz_state();
    uint64_t random = 88172645463325252U;
    unsigned char before[8192];

    for (int which = 0; which < VALUES; which++) {
        encode(L, values[which]);
        ck_assert_uint_le(encoded.size, sizeof before);
        memcpy(before, bytes_of(&encoded), encoded.size);
        decode(L);
        ck_assert(decoded);
        for (int i = 0; i < MUTATIONS / VALUES; i++) {
            mutate(bytes_of(&encoded), encoded.size, &random);
            decode(L);
            if (i % 4 == 3)
                memcpy(bytes_of(&encoded), before, encoded.size);
        }
        mio__lua_message_release(&encoded);
    }
    lua_close(L);
}
END_TEST

START_TEST(bytes_that_are_missing)
{
    lua_State *L = fuzz_state();

    for (int which = 0; which < VALUES; which++) {
        mio__lua_message whole;
        unsigned char *block;

        encode(L, values[which]);
        whole = encoded;
        /* a block of just so many bytes: the sanitizers see who reads beyond */
        for (uint32_t size = 0; size < whole.size; size += 1 + size / 16) {
            block = malloc(size + MESSAGE_INLINE + 8);
            ck_assert_ptr_nonnull(block);
            encoded = (mio__lua_message){.size = size};
            if (size <= MESSAGE_INLINE)
                memcpy(encoded.data.aligned, bytes_of(&whole), size);
            else
                encoded.data.large.block = memcpy(block, bytes_of(&whole), size);
            decoded = true;
            decode(L);
            ck_assert(!decoded);
            free(block);
        }
        mio__lua_message_release(&whole);
    }
    lua_close(L);
}
END_TEST

START_TEST(bytes_of_all_kinds)
{
    lua_State *L = fuzz_state();
    uint64_t random = 1234567;

    for (int i = 0; i < MUTATIONS; i++) {
        unsigned char *bytes = (unsigned char *)encoded.data.aligned;

        encoded = (mio__lua_message){
            .size = (uint32_t)(harness_random(&random) % (MESSAGE_INLINE + 1))};
        for (uint32_t at = 0; at < encoded.size; at++)
            bytes[at] = (unsigned char)(harness_random(&random) % (at % 3 == 0 ? 10 : 256));
        decode(L);
    }
    lua_close(L);
}
END_TEST

/* Tables in tables, deeper than decoding goes. */
START_TEST(bytes_that_nest_too_deep)
{
    lua_State *L = fuzz_state();
    unsigned char bytes[3 * 200 + 1];

    for (size_t i = 0; i < sizeof bytes - 1; i += 3)
        memcpy(bytes + i, "\7\1\0", 3); /* a table of one value, which is ... */
    bytes[sizeof bytes - 1] = 0;
    encoded = (mio__lua_message){.size = sizeof bytes, .data.large.block = bytes};
    decoded = true;
    decode(L);
    ck_assert(!decoded);
    lua_close(L);
}
END_TEST

/* ---------------------------------------------------------------- many threads */

static int thread_yield(lua_State *L)
{
    (void)L;
    sched_yield();
    return 0;
}

/* A thread with a state of its own, which has nothing but a ticket. */
static void *thread_send(void *arg)
{
    static const char code[] =
        "local ticket, count = ...\n"
        "local mio = require('mio')\n"
        "local sender = assert(mio.sender(ticket))\n"
        "for i = 1, count do\n"
        "  local message = { i, i % 7 == 0 and ('x'):rep(100) or i / 2,\n"
        "                    from = i % 100 == 0 and sender or nil }\n"
        "  while not sender:send(message) do yield() end\n"
        "end\n";
    lua_State *L = state_new();

    lua_pushcfunction(L, thread_yield);
    lua_setglobal(L, "yield");
    ck_assert_int_eq(luaL_loadstring(L, code), LUA_OK);
    lua_pushstring(L, arg);
    lua_pushinteger(L, MESSAGES);
    if (lua_pcall(L, 2, 0, 0) != LUA_OK)
        ck_abort_msg("%s", lua_tostring(L, -1));
    lua_close(L);
    return NULL;
}

START_TEST(states_of_several_threads)
{
    pthread_t threads[THREADS];
    lua_State *L = state_new();
    char ticket[64];

    state_run(L, "loop, count, senders = mio.loop(), 0, 0\n"
                 "sender = loop:channel(function(message, closed)\n"
                 "  if closed then return end\n"
                 "  count = count + 1\n"
                 "  local i = message[1]\n"
                 "  assert(message[2] == (i % 7 == 0 and ('x'):rep(100) or i / 2))\n"
                 "  if message.from then senders = senders + 1 message.from:close() end\n"
                 "end, { capacity = 64 })\n"
                 "ticket = sender:export()");
    lua_getglobal(L, "ticket");
    strncpy(ticket, lua_tostring(L, -1), sizeof ticket - 1);
    ticket[sizeof ticket - 1] = '\0';
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, thread_send, ticket), 0);
    lua_pushinteger(L, THREADS * MESSAGES);
    lua_setglobal(L, "total");
    state_run(L, "while count < total do loop:run_once(10) end\n"
                 "sender:close()");
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    state_run(L, "loop:run() assert(count == total and senders == total // 100)");
    lua_close(L);
}
END_TEST

/* A thread of a host, without a state. */
static void *thread_send_strings(void *arg)
{
    mio_lua_sender *sender = arg;
    char text[100];

    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < MESSAGES;) {
        if (mio_lua_sender_send(sender, text, i % sizeof text) == 0)
            i++;
        else
            sched_yield();
    }
    mio_lua_sender_unref(sender);
    return NULL;
}

START_TEST(threads_of_the_host)
{
    pthread_t threads[THREADS];
    lua_State *L = state_new();
    mio_lua_sender *sender;

    state_run(L, "loop, count = mio.loop(), 0\n"
                 "sender = loop:channel(function(message, closed)\n"
                 "  if not closed then count = count + #message end\n"
                 "end, { capacity = 64 })");
    lua_getglobal(L, "sender");
    ck_assert_int_eq(mio_lua_sender_get(L, -1, &sender), 0);
    for (int i = 0; i < THREADS; i++) {
        mio_lua_sender *own;

        ck_assert_int_eq(mio_lua_sender_get(L, -1, &own), 0);
        ck_assert_int_eq(pthread_create(&threads[i], NULL, thread_send_strings, own), 0);
    }
    state_run(L, "sender:close()");
    ck_assert_int_eq(mio_lua_sender_get(L, -1, &sender), -EINVAL);
    lua_getglobal(L, "loop");
    ck_assert_int_eq(mio_lua_sender_get(L, -1, &sender), -EINVAL);
    mio_lua_sender_unref(sender); /* the one from before */
    state_run(L, "loop:run()");
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    lua_pushinteger(L, (lua_Integer)THREADS * (MESSAGES / 100) * (99 * 100 / 2));
    lua_setglobal(L, "total");
    state_run(L, "assert(count == total)");
    lua_close(L);
    mio_lua_sender_unref(NULL);
}
END_TEST

START_TEST(strings_that_a_host_cannot_send)
{
    lua_State *L = state_new();
    mio_lua_sender *sender;

    state_run(L, "loop = mio.loop() sender, channel = loop:channel(print, { capacity = 1 })");
    lua_getglobal(L, "sender");
    ck_assert_int_eq(mio_lua_sender_get(L, -1, &sender), 0);
    ck_assert_int_eq(mio_lua_sender_send(sender, "x", (size_t)MESSAGE_MAX + 1), -EMSGSIZE);
    ck_assert_int_eq(mio_lua_sender_send(sender, "x", 1), 0);
    ck_assert_int_eq(mio_lua_sender_send(sender, "x", 1), -EAGAIN);
    lua_close(L);
    ck_assert_int_eq(mio_lua_sender_send(sender, "x", 1), -EPIPE);
    mio_lua_sender_unref(sender);
}
END_TEST

static atomic_bool finding;

/* Has the lock of the ports most of the time. */
static void *thread_find(void *arg)
{
    const uint64_t *ticket = arg;

    while (atomic_load(&finding))
        mio__lua_port_unref(mio__lua_port_find(*ticket));
    return NULL;
}

/* What a child does with ports; SIGALRM kills one that hangs. */
static void find_in_child(uint64_t ticket)
{
    int status;
    const pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        alarm(10);
        mio__lua_port_unref(mio__lua_port_find(ticket));
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

START_TEST(a_fork_while_a_thread_looks_for_a_sender)
{
    lua_State *L = fuzz_state();
    mio_lua_sender *sender;
    uint64_t ticket;
    pthread_t thread;

    lua_getglobal(L, "sender");
    ck_assert_int_eq(mio_lua_sender_get(L, -1, &sender), 0);
    ticket = mio__lua_port_ticket(sender);
    atomic_store(&finding, true);
    ck_assert_int_eq(pthread_create(&thread, NULL, thread_find, &ticket), 0);
    for (int i = 0; i < 200; i++)
        find_in_child(ticket);
    atomic_store(&finding, false);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    mio_lua_sender_unref(sender);
    lua_close(L);
}
END_TEST

START_TEST(a_child_of_fork_cannot_send)
{
    lua_State *L = fuzz_state();
    int status;
    pid_t child;

    state_run(L, "poll = mio.poll() waker = poll:waker(1)");
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        status = luaL_dostring(L, "assert(select(3, sender:send(('x'):rep(100))) == 'ESTALE')\n"
                                  "assert(select(3, waker:wake()) == 'ESTALE')\n");
        lua_close(L);
        _exit(status);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    state_run(L, "for _ in poll:wait(0) do error('woken') end\n"
                 "assert(waker:wake())\n"
                 "local told = 0\n"
                 "for _ in poll:wait(0) do told = told + 1 end\n"
                 "assert(told == 1)\n");
    lua_close(L);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("lua/message");
    TCase *bytes = harness_case(suite, "bytes");
    TCase *threads = harness_case(suite, "threads");

    tcase_add_test(bytes, bytes_that_were_changed);
    tcase_add_test(bytes, bytes_that_are_missing);
    tcase_add_test(bytes, bytes_of_all_kinds);
    tcase_add_test(bytes, bytes_that_nest_too_deep);
    tcase_add_test(threads, states_of_several_threads);
    tcase_add_test(threads, threads_of_the_host);
    tcase_add_test(threads, strings_that_a_host_cannot_send);
    tcase_add_test(threads, a_child_of_fork_cannot_send);
    if (!harness_in_valgrind()) /* a child has the memory of threads that it has not */
        tcase_add_test(threads, a_fork_while_a_thread_looks_for_a_sender);
    return suite;
}
