#include "thread.h"

#include "result.h"
#include "scheduler.h"
#include "worker.h"

#include <errno.h>
#include <string.h>

typedef struct mio__lua_thread {
    mio__lua_object object;
    mio__lua_worker *worker;
    mio__lua_call call; /* of its keeper */
} mio__lua_thread;

static mio__lua_thread *thread_check(lua_State *L)
{
    return mio__lua_class_check(L, 1, CLASS_THREAD, sizeof(mio__lua_thread));
}

/* ------------------------------------------------------------------- its function */

/* Whether the value on top is what require() gives for some name. */
static bool upvalue_is_module(lua_State *L)
{
    const int value = lua_gettop(L);
    bool found = false;

    lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    for (lua_pushnil(L); !found && lua_next(L, -2); lua_pop(L, 1))
        found = lua_rawequal(L, -1, value);
    lua_settop(L, value);
    return found;
}

/* What a function refers to stays behind: it is refused by name. Of its globals it gets those
   of the thread. */
static void check_upvalues(lua_State *L)
{
    const char *name;

    luaL_argcheck(L, !lua_iscfunction(L, 1), 1, "a function written in Lua expected");
    for (int i = 1; (name = lua_getupvalue(L, 1, i)) != NULL; i++) {
        if (strcmp(name, "_ENV") != 0)
            luaL_argerror(L, 1,
                          lua_pushfstring(L, "upvalue '%s': %s", name,
                                          upvalue_is_module(L) ? "require it in the function"
                                                               : "pass it as an argument"));
        lua_pop(L, 1);
    }
}

typedef struct thread_code {
    bool begun;
    luaL_Buffer buffer;
} thread_code;

/* The buffer begins here, for its place is on the stack, where lua_dump() wants the function
   first. */
static int code_write(lua_State *L, const void *bytes, size_t size, void *context)
{
    thread_code *code = context;

    if (!code->begun)
        luaL_buffinit(L, &code->buffer);
    code->begun = true;
    luaL_addlstring(&code->buffer, bytes, size);
    return 0;
}

static void thread_push_code(lua_State *L)
{
    thread_code code = {.begun = false};

    lua_pushvalue(L, 1);
    lua_dump(L, code_write, &code, 0);
    luaL_pushresult(&code.buffer);
    lua_remove(L, -2);
}

/* ------------------------------------------------------------------ its inputs */

/* Push package.path or package.cpath; "" where the program has taken it away. */
static void inputs_push_path(lua_State *L, const char *name)
{
    const int top = lua_gettop(L);

    lua_pushliteral(L, "");
    if (lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE) == LUA_TTABLE &&
        lua_getfield(L, -1, "package") == LUA_TTABLE &&
        lua_getfield(L, -1, name) == LUA_TSTRING)
        lua_replace(L, top + 1);
    lua_settop(L, top + 1);
}

/* Encode the values at the indices from `first` to `last`. Returns 0, or -errno. */
static int inputs_encode(lua_State *L, mio__lua_values *inputs, int first, int last)
{
    int err = 0;

    for (int index = first; index <= last && err == 0; index++) {
        err = mio__lua_message_encode_with_cargo(L, index, &inputs->messages[inputs->count]);
        inputs->count += err == 0;
    }
    return err;
}

/* Paths, code and arguments, of which there are `count` from index 2 on. Leaves on the stack
   what keeps the sockets alive; that is made of what was encoded, so of no cycle. */
static int inputs_fill(lua_State *L, mio__lua_values *inputs, int count)
{
    const int top = lua_gettop(L);
    int err;

    if (!mio__lua_values_make(inputs, (size_t)count + 3))
        return -ENOMEM;
    inputs->count = 0;
    inputs_push_path(L, "path");
    inputs_push_path(L, "cpath");
    thread_push_code(L);
    err = inputs_encode(L, inputs, top + 1, top + 3);
    if (err == 0)
        err = inputs_encode(L, inputs, 2, count + 1);
    if (err < 0)
        return err;
    lua_createtable(L, count, 0);
    for (int index = 2; index <= count + 1; index++) {
        mio__lua_cargo_push_anchor(L, index);
        lua_rawseti(L, -2, index - 1);
    }
    return 0;
}

static void inputs_give_back(mio__lua_values *inputs)
{
    for (size_t i = 0; i < inputs->count; i++)
        mio__lua_cargo_hand_over(inputs->messages[i].cargo);
}

static int inputs_take(lua_State *L, mio__lua_values *inputs)
{
    for (size_t i = 0; i < inputs->count; i++) {
        if (!mio__lua_cargo_take(L, inputs->messages[i].cargo)) {
            inputs_give_back(inputs);
            return -EBADF;
        }
    }
    return 0;
}

/* ----------------------------------------------------------------- its beginning */

/* "again" would steer a program to wait. */
static int create_failure(lua_State *L, int err)
{
    lua_pushnil(L);
    lua_pushfstring(L, "thread: %s", mio_strerror(err));
    lua_pushstring(L, mio_errname(err));
    return 3;
}

/* All but the start. Returns 0, or -errno. */
static int create_worker(lua_State *L, mio__lua_thread *thread, int count)
{
    thread->worker = mio__lua_worker_new();
    if (thread->worker == NULL)
        return -ENOMEM;
    return inputs_fill(L, &thread->worker->inputs, count);
}

/* Push the program's object, and the keeper, which holds the thread at `index`. */
static void create_keeper(lua_State *L, int index)
{
    lua_getiuservalue(L, lua_upvalueindex(1), STATE_THREAD_KEEP);
    lua_pushvalue(L, index);
    lua_call(L, 1, 2);
    lua_pushvalue(L, index);
    lua_setiuservalue(L, -2, TASK_CALL);
}

static int create_start(lua_State *L, mio__lua_thread *thread)
{
    mio__lua_worker *worker = thread->worker;
    int err = inputs_take(L, &worker->inputs);

    if (err < 0)
        return err;
    err = mio__lua_worker_start(worker);
    if (err < 0)
        inputs_give_back(&worker->inputs);
    return err;
}

static void thread_end(mio__lua_thread *thread)
{
    mio__lua_worker *worker = thread->worker;

    thread->worker = NULL;
    if (worker == NULL)
        return;
    mio__lua_worker_cancel(worker);
    if (worker->call != NULL)
        mio__lua_worker_unwatch(worker);
    mio__lua_worker_free(worker);
}

int mio__lua_thread_create(lua_State *L)
{
    const int count = lua_gettop(L) - 1;
    const mio__lua_scheduler *scheduler = mio__lua_scheduler_get(L);
    mio__lua_inbox *inbox;
    mio__lua_thread *thread;
    int err;

    luaL_checktype(L, 1, LUA_TFUNCTION);
    check_upvalues(L);
    if (scheduler == NULL || scheduler->current == NULL)
        return luaL_error(L, "thread: only a task can do this (see mio.run)");
    thread = mio__lua_class_new(L, CLASS_THREAD, sizeof *thread, 0);
    err = mio__lua_scheduler_inbox(L, &inbox);
    if (err == 0)
        err = create_worker(L, thread, count);
    if (err == 0) {
        mio__lua_inbox_begin(inbox, &thread->call);
        create_keeper(L, count + 2);
        err = create_start(L, thread);
        lua_pop(L, 1);
    }
    if (err == 0)
        return 1;
    thread_end(thread);
    return create_failure(L, err);
}

/* ----------------------------------------------------------------- for its keeper */

static int thread_await_continue(lua_State *L, int status, lua_KContext ctx)
{
    mio__lua_task *task = mio__lua_task_continued(L);
    const mio__lua_thread *thread = lua_touserdata(L, 1);

    (void)status;
    if (task == NULL)
        return lua_yieldk(L, 0, ctx, thread_await_continue);
    task->deaf = false;
    lua_pushboolean(L, thread->worker == NULL || mio__lua_worker_unwatch(thread->worker));
    return 1;
}

/* core.await_thread(thread [, deaf]): whether it has ended; false where the keeper is
   cancelled, unless it is deaf to that */
int mio__lua_thread_await(lua_State *L)
{
    mio__lua_thread *thread = thread_check(L);
    mio__lua_task *task = mio__lua_scheduler_get(L)->current;
    const bool deaf = lua_toboolean(L, 2);
    const bool runs = thread->worker != NULL && thread->worker->started;

    if (runs && task->doomed && !deaf) {
        lua_pushboolean(L, 0);
        return 1;
    }
    if (!runs || !mio__lua_worker_watch(thread->worker, &thread->call)) {
        lua_pushboolean(L, 1);
        return 1;
    }
    task->deaf = deaf;
    return mio__lua_task_park(L, task, &thread->call.waiter, "its thread", -1, 0,
                              thread_await_continue);
}

/* core.cancel_thread(thread) */
int mio__lua_thread_cancel(lua_State *L)
{
    const mio__lua_thread *thread = thread_check(L);

    if (thread->worker != NULL)
        mio__lua_worker_cancel(thread->worker);
    return 0;
}

/* core.thread_results(thread): of one that has ended: "done" and its results, "failed" and its
   error, or "cancelled". It has none where it was not started. */
int mio__lua_thread_results(lua_State *L)
{
    static const char *const outcomes[] = {
        [WORKER_DONE] = "done", [WORKER_FAILED] = "failed", [WORKER_CANCELLED] = "cancelled"};
    mio__lua_thread *thread = thread_check(L);
    const mio__lua_worker *worker = thread->worker;
    const size_t count = worker != NULL ? worker->results.count : 0;

    lua_settop(L, 1);
    luaL_checkstack(L, (int)count + LUA_MINSTACK, "too many results");
    lua_pushstring(L, outcomes[worker != NULL ? worker->outcome : WORKER_DONE]);
    for (size_t i = 0; i < count; i++) {
        if (!mio__lua_message_decode(L, &worker->results.messages[i])) {
            lua_settop(L, (int)i + 2);
            lua_pushnil(L); /* in its place */
        }
    }
    thread_end(thread);
    return (int)count + 1;
}

/* core.thread_parts(keep, body): what mio.thread() calls, here and in the thread */
int mio__lua_thread_parts(lua_State *L)
{
    lua_settop(L, 2);
    lua_setiuservalue(L, lua_upvalueindex(1), STATE_THREAD_BODY);
    lua_setiuservalue(L, lua_upvalueindex(1), STATE_THREAD_KEEP);
    return 0;
}

/* ---------------------------------------------------------------------- class */

void mio__lua_thread_abandon(lua_State *L, int index)
{
    mio__lua_thread *thread = mio__lua_class_test(L, index, CLASS_THREAD, sizeof *thread);

    if (thread != NULL)
        thread_end(thread);
}

static int thread_gc(lua_State *L)
{
    mio__lua_thread_abandon(L, 1);
    return 0;
}

void mio__lua_thread_open(lua_State *L)
{
    static const luaL_Reg methods[] = {{NULL, NULL}};
    static const luaL_Reg meta[] = {{"__gc", thread_gc}, {NULL, NULL}};

    mio__lua_class_define(L, CLASS_THREAD, "mio.thread", methods, meta);
}
