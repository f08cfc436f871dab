#include "worker.h"

#include "forked.h"
#include "library.h"
#include "scheduler.h"
#include "sender.h"

#include "mio/lua.h"

#include <errno.h>
#include <lualib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORKER_STACK = 2 << 20, /* bytes; what Lua calls in C may nest 200 deep */
    WORKER_COUNT = 100000   /* instructions between two looks at `cancelled` */
};

/* In the registry of its state: the worker; what is raised in who is cancelled. */
static const char worker_key = 0;
static const char worker_cancelled_key = 0;

/* ------------------------------------------------------------------ its values */

bool mio__lua_values_make(mio__lua_values *values, size_t count)
{
    values->messages = calloc(count + 1, sizeof *values->messages);
    values->count = values->messages != NULL ? count : 0;
    return values->messages != NULL;
}

void mio__lua_values_release(mio__lua_values *values)
{
    for (size_t i = 0; i < values->count; i++)
        mio__lua_message_release(&values->messages[i]);
    free(values->messages);
    *values = (mio__lua_values){.count = 0};
}

/* ------------------------------------------------------------------- its life */

mio__lua_worker *mio__lua_worker_new(void)
{
    mio__lua_worker *worker = mio__lua_forked_watch() ? malloc(sizeof *worker) : NULL;

    if (worker == NULL)
        return NULL;
    *worker = (mio__lua_worker){.generation = mio__lua_forked_generation()};
    atomic_init(&worker->cancelled, false);
    worker->L = luaL_newstate();
    if (worker->L == NULL || pthread_mutex_init(&worker->lock, NULL) != 0) {
        if (worker->L != NULL)
            lua_close(worker->L);
        free(worker);
        return NULL;
    }
    return worker;
}

/* In a child made by fork() there is no such thread, and the lock is never let go. */
static bool worker_is_forked(const mio__lua_worker *worker)
{
    return worker->generation != mio__lua_forked_generation();
}

void mio__lua_worker_free(mio__lua_worker *worker)
{
    if (worker_is_forked(worker))
        return;
    if (worker->started)
        pthread_join(worker->thread, NULL);
    else
        lua_close(worker->L);
    pthread_mutex_destroy(&worker->lock);
    mio__lua_values_release(&worker->inputs);
    mio__lua_values_release(&worker->results);
    free(worker);
}

void mio__lua_worker_cancel(mio__lua_worker *worker)
{
    mio__lua_message message;

    if (worker_is_forked(worker))
        return;
    atomic_store(&worker->cancelled, true);
    mio__lua_message_encode_string("", 0, &message); /* it fits the message itself */
    pthread_mutex_lock(&worker->lock);
    if (worker->port != NULL)
        mio__lua_port_send(worker->port, &message);
    pthread_mutex_unlock(&worker->lock);
}

bool mio__lua_worker_watch(mio__lua_worker *worker, mio__lua_call *call)
{
    bool ended;

    if (worker_is_forked(worker))
        return false;
    pthread_mutex_lock(&worker->lock);
    ended = worker->ended;
    worker->call = ended ? NULL : call;
    pthread_mutex_unlock(&worker->lock);
    return !ended;
}

bool mio__lua_worker_unwatch(mio__lua_worker *worker)
{
    mio__lua_call *call;
    bool ended;

    if (worker_is_forked(worker))
        return false;
    pthread_mutex_lock(&worker->lock);
    ended = worker->ended;
    call = worker->call;
    worker->call = NULL;
    pthread_mutex_unlock(&worker->lock);
    if (call != NULL)
        mio__lua_inbox_withdraw(call);
    return ended;
}

/* ----------------------------------------------------------------- cancelling */

static mio__lua_worker *worker_of(lua_State *L)
{
    mio__lua_worker *worker;

    lua_rawgetp(L, LUA_REGISTRYINDEX, &worker_key);
    worker = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return worker;
}

/* core.listen_thread(cancelled, sender): a message there cancels the first task. Returns
   whether the thread is cancelled already. */
int mio__lua_worker_listen(lua_State *L)
{
    mio__lua_worker *worker = worker_of(L);
    mio__lua_port *port;
    bool closed;

    lua_pushvalue(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &worker_cancelled_key);
    port = mio__lua_port_ref(mio__lua_sender_port(L, 2, &closed)); /* after what may fail */
    pthread_mutex_lock(&worker->lock);
    worker->port = port;
    pthread_mutex_unlock(&worker->lock);
    lua_pushboolean(L, atomic_load(&worker->cancelled));
    return 1;
}

/* core.heard_thread(): the first task is cancelled */
int mio__lua_worker_heard(lua_State *L)
{
    worker_of(L)->heard = true;
    return 0;
}

/* The part of mio in Lua is not to be cut short: it would leave its tables in disorder. */
static bool hook_is_ours(lua_State *L, lua_Debug *ar)
{
    lua_getinfo(L, "S", ar);
    for (const mio__lua_text *text = mio__lua_texts; text->name != NULL; text++)
        if (strcmp(ar->source, text->name) == 0)
            return true;
    return false;
}

/* Once the first task is cancelled it is told by its waits who else is, and who is shielded. */
static bool hook_is_spared(lua_State *L, const mio__lua_worker *worker)
{
    const mio__lua_scheduler *scheduler = NULL;

    if (mio__lua_state_find(L)) {
        scheduler = ((const mio__lua_state *)lua_touserdata(L, -1))->scheduler;
        lua_pop(L, 1);
    }
    return worker->heard && scheduler != NULL && scheduler->current != NULL &&
           !scheduler->current->doomed;
}

/* Each time it raises the error it looks twice as often: so no pcall in a loop lasts, but what
   cleans up has its time. */
static void worker_hook(lua_State *L, lua_Debug *ar)
{
    const mio__lua_worker *worker = worker_of(L);
    const int count = lua_gethookcount(L) / 2;

    if (!atomic_load_explicit(&worker->cancelled, memory_order_relaxed) ||
        hook_is_ours(L, ar) || hook_is_spared(L, worker))
        return;
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &worker_cancelled_key) == LUA_TNIL) {
        lua_pop(L, 1);
        return;
    }
    lua_sethook(L, worker_hook, LUA_MASKCOUNT, count > 0 ? count : 1);
    lua_error(L);
}

/* -------------------------------------------------------------------- running */

/* Encode what is on the stack from `first` on. */
static void run_encode(lua_State *L, int first, mio__lua_values *ret_values)
{
    const int count = lua_gettop(L) - first + 1;

    if (!mio__lua_values_make(ret_values, (size_t)count))
        luaL_error(L, "not enough memory");
    for (int i = 0; i < count; i++) {
        if (mio__lua_message_encode_with_cargo(L, first + i, &ret_values->messages[i]) < 0)
            luaL_error(L, "not enough memory");
        mio__lua_cargo_take(L, ret_values->messages[i].cargo);
    }
}

static void run_set_path(lua_State *L, const char *name, const mio__lua_message *path)
{
    lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, -1, LUA_LOADLIBNAME);
    mio__lua_message_decode(L, path);
    lua_setfield(L, -2, name);
    lua_pop(L, 2);
}

enum { RUN_PATH, RUN_CPATH, RUN_CODE };

/* A function of the module, called with the worker. */
static int run_body(lua_State *L)
{
    mio__lua_worker *worker = lua_touserdata(L, 1);
    const mio__lua_values *inputs = &worker->inputs;

    lua_settop(L, 0);
    lua_getiuservalue(L, lua_upvalueindex(1), STATE_THREAD_BODY);
    luaL_checkstack(L, (int)inputs->count + LUA_MINSTACK, "too many arguments");
    for (size_t i = RUN_CODE; i < inputs->count; i++)
        mio__lua_message_decode(L, &inputs->messages[i]);
    lua_call(L, (int)inputs->count - RUN_CODE, LUA_MULTRET);
    run_encode(L, 1, &worker->results);
    return 0;
}

/* Push a function of the module. */
static void worker_push_function(lua_State *L, lua_CFunction function)
{
    mio__lua_state_push(L);
    lua_pushcclosure(L, function, 1);
}

/* Called with the worker. The state gets its libraries and its paths first. */
static int worker_run(lua_State *L)
{
    mio__lua_worker *worker = lua_touserdata(L, 1);

    lua_pushvalue(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &worker_key);
    lua_sethook(L, worker_hook, LUA_MASKCOUNT, WORKER_COUNT);
    luaL_openlibs(L);
    run_set_path(L, "path", &worker->inputs.messages[RUN_PATH]);
    run_set_path(L, "cpath", &worker->inputs.messages[RUN_CPATH]);
    luaL_requiref(L, "mio", luaopen_mio, 0);
    worker_push_function(L, run_body);
    lua_pushvalue(L, 1);
    lua_call(L, 1, 0);
    return 0;
}

/* Called with the worker and an error: it travels as it is, or as its text. */
static int fail_encode(lua_State *L)
{
    mio__lua_worker *worker = lua_touserdata(L, 1);

    mio__lua_values_release(&worker->results);
    if (!mio__lua_values_make(&worker->results, 1) ||
        mio__lua_message_encode(L, 2, &worker->results.messages[0]) < 0)
        return luaL_error(L, "not enough memory");
    return 0;
}

static int fail_encode_text(lua_State *L)
{
    luaL_tolstring(L, 2, NULL);
    lua_replace(L, 2);
    return fail_encode(L);
}

/* Neither was possible: memory has run out, or its own __tostring fails. */
static void fail_untold(mio__lua_worker *worker)
{
    static const char text[] = "an error that cannot be told";

    mio__lua_values_release(&worker->results);
    if (mio__lua_values_make(&worker->results, 1)) /* the text fits the message itself */
        mio__lua_message_encode_string(text, sizeof text - 1, worker->results.messages);
}

/* The error is on top. */
static void worker_fail(lua_State *L, mio__lua_worker *worker)
{
    static const lua_CFunction ways[] = {fail_encode, fail_encode_text};
    const int error = lua_gettop(L);
    int status = LUA_ERRRUN;

    lua_rawgetp(L, LUA_REGISTRYINDEX, &worker_cancelled_key);
    worker->outcome =
        !lua_isnil(L, -1) && lua_rawequal(L, -1, error) ? WORKER_CANCELLED : WORKER_FAILED;
    for (size_t way = 0; way < 2 && status != LUA_OK && worker->outcome == WORKER_FAILED;
         way++) {
        lua_pushcfunction(L, ways[way]);
        lua_pushlightuserdata(L, worker);
        lua_pushvalue(L, error);
        status = lua_pcall(L, 2, 0, 0);
    }
    if (status != LUA_OK && worker->outcome == WORKER_FAILED)
        fail_untold(worker);
}

static void worker_end(mio__lua_worker *worker)
{
    mio__lua_port *port;

    pthread_mutex_lock(&worker->lock);
    port = worker->port;
    worker->port = NULL;
    worker->ended = true;
    if (worker->call != NULL)
        mio__lua_inbox_answer(worker->call);
    pthread_mutex_unlock(&worker->lock);
    if (port != NULL)
        mio__lua_port_unref(port);
}

static void *worker_main(void *context)
{
    mio__lua_worker *worker = context;
    lua_State *L = worker->L;

    lua_pushcfunction(L, worker_run);
    lua_pushlightuserdata(L, worker);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK)
        worker_fail(L, worker);
    lua_close(L);
    worker_end(worker);
    return NULL;
}

/* ------------------------------------------------------------------- starting */

/* Signals are for the threads of the program; those that tell of a fault cannot wait. */
static void start_block_signals(sigset_t *ret_before)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};
    sigset_t all;

    sigfillset(&all);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&all, faults[i]);
    pthread_sigmask(SIG_BLOCK, &all, ret_before);
}

int mio__lua_worker_start(mio__lua_worker *worker)
{
    pthread_attr_t attributes;
    sigset_t before;
    int err = pthread_attr_init(&attributes);

    if (err != 0)
        return -err;
    err = pthread_attr_setstacksize(&attributes, WORKER_STACK);
    start_block_signals(&before);
    if (err == 0)
        err = pthread_create(&worker->thread, &attributes, worker_main, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    worker->started = err == 0;
    return -err;
}
