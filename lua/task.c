#include "task.h"

#include "result.h"
#include "scheduler.h"
#include "seconds.h"
#include "socket_options.h"

#include "mio/timer.h"

#include <string.h>

static const char *const task_states[] = {"ready", "running", "waiting", "ended"};

/* ------------------------------------------------------------------- parking */

/* Why the current task cannot wait here, or NULL. */
static const char *place_refusal(lua_State *L, const mio__lua_task *task)
{
    if (task == NULL)
        return "only a task can wait (see mio.run)";
    if (L != task->leaf)
        return "this coroutine is not a task's own; see mio.wrap and mio.resume";
    if (!lua_isyieldable(L))
        return "a task cannot wait inside of table.sort, string.gsub and the like";
    return NULL;
}

/* The current task, where it can yield. The error is the caller's at `level`. */
static mio__lua_task *task_check_place(lua_State *L, const char *what, int level)
{
    const mio__lua_scheduler *scheduler = mio__lua_scheduler_get(L);
    mio__lua_task *task = scheduler != NULL ? scheduler->current : NULL;
    const char *refusal = place_refusal(L, task);

    if (refusal != NULL) {
        luaL_where(L, level);
        lua_pushfstring(L, "%s%s: %s", lua_tostring(L, -1), what, refusal);
        lua_error(L);
    }
    return task;
}

mio__lua_task *mio__lua_task_check(lua_State *L, const char *what)
{
    mio__lua_task *task = task_check_place(L, what, 1);

    if (task->doomed)
        mio__lua_task_raise(L, task);
    return task;
}

static void park_arm(lua_State *L, mio__lua_task *task, int64_t timeout_ns)
{
    mio__lua_scheduler *scheduler = task->scheduler;

    if (mio_loop_after(scheduler->loop->core, timeout_ns, (uintptr_t)task, &task->timer) < 0) {
        mio__lua_task_unlink(task);
        luaL_error(L, "not enough memory");
    }
    scheduler->timers++;
}

void mio__lua_task_link(mio__lua_task *task, mio__lua_waiter *waiter)
{
    waiter->task = task;
    waiter->next = task->waiters;
    task->waiters = waiter;
}

int mio__lua_task_park(lua_State *L, mio__lua_task *task, mio__lua_waiter *waiter,
                       const char *what, int64_t timeout_ns, lua_KContext ctx, lua_KFunction k)
{
    if (timeout_ns >= 0)
        park_arm(L, task, timeout_ns);
    if (waiter != NULL)
        mio__lua_task_link(task, waiter);
    task->state = TASK_WAITING;
    task->what = what;
    task->since_ns = task->scheduler->now_ns;
    task->outside = task->waiters != NULL || timeout_ns >= 0;
    task->scheduler->outside += task->outside;
    return lua_yieldk(L, 0, ctx, k);
}

int mio__lua_task_pass(lua_State *L, mio__lua_task *task, lua_KContext ctx, lua_KFunction k)
{
    task->outcome = WOKEN_PASSED;
    mio__lua_scheduler_add(task->scheduler, task);
    return lua_yieldk(L, 0, ctx, k);
}

mio__lua_task *mio__lua_task_continued(lua_State *L)
{
    const mio__lua_scheduler *scheduler = mio__lua_scheduler_get(L);
    mio__lua_task *task = scheduler != NULL ? scheduler->current : NULL;

    return task != NULL && task->leaf == L ? task : NULL;
}

int mio__lua_task_raise(lua_State *L, const mio__lua_task *task)
{
    mio__lua_task_push(L, task);
    lua_getiuservalue(L, -1, TASK_DOOM);
    return lua_error(L);
}

int mio__lua_task_not_woken(lua_State *L, const mio__lua_task *task)
{
    if (task->outcome == WOKEN_DOOMED)
        return mio__lua_task_raise(L, task);
    return mio__lua_token(L, task->outcome == WOKEN_TIMEOUT ? "timeout" : "closed");
}

/* ------------------------------------------------------------------- waking */

void mio__lua_task_unlink(mio__lua_task *task)
{
    while (task->waiters != NULL) {
        task->waiters->task = NULL;
        task->waiters = task->waiters->next;
    }
    if (task->timer != 0) {
        mio_timer_cancel(task->scheduler->loop->core, task->timer);
        task->scheduler->timers--;
        task->timer = 0;
    }
    task->scheduler->outside -= task->outside;
    task->outside = false;
}

void mio__lua_task_wake(mio__lua_task *task, mio__lua_wake outcome)
{
    if (task->scheduler == NULL)
        return;
    mio__lua_task_unlink(task);
    if (task->state != TASK_WAITING)
        return;
    task->outcome = (uint8_t)outcome;
    mio__lua_scheduler_add(task->scheduler, task);
}

void mio__lua_task_forget(mio__lua_task *task)
{
    if (task->scheduler != NULL)
        mio__lua_task_unlink(task);
    task->scheduler = NULL;
    task->state = TASK_ENDED;
}

void mio__lua_task_end(lua_State *L, mio__lua_task *task)
{
    mio__lua_task_forget(task);
    lua_getiuservalue(L, lua_upvalueindex(1), STATE_TASKS);
    lua_pushnil(L);
    lua_rawsetp(L, -2, task);
    lua_pop(L, 1);
}

/* ------------------------------------------------------------------ objects */

void mio__lua_task_push(lua_State *L, const mio__lua_task *task)
{
    lua_getiuservalue(L, lua_upvalueindex(1), STATE_TASKS);
    lua_rawgetp(L, -1, task);
    lua_replace(L, -2);
}

mio__lua_task *mio__lua_task_check_object(lua_State *L, int arg)
{
    return mio__lua_class_check(L, arg, CLASS_TASK, sizeof(mio__lua_task));
}

/* Only what cannot fail comes after the table of tasks has it. */
mio__lua_task *mio__lua_task_new(lua_State *L, mio__lua_scheduler *scheduler, int index)
{
    const int count = lua_gettop(L) - index + 1;
    mio__lua_task *task = mio__lua_class_new(L, CLASS_TASK, sizeof *task, TASK_VALUES);
    lua_State *co = lua_newthread(L);

    lua_setiuservalue(L, -2, TASK_COROUTINE);
    lua_insert(L, index);
    if (!lua_checkstack(co, count + LUA_MINSTACK))
        luaL_error(L, "stack overflow");
    lua_xmove(L, co, count);
    lua_getiuservalue(L, lua_upvalueindex(1), STATE_TASKS);
    lua_pushvalue(L, index);
    lua_rawsetp(L, -2, task);
    lua_pop(L, 1);
    task->co = co;
    task->leaf = co;
    task->scheduler = scheduler;
    mio__lua_scheduler_add(scheduler, task);
    return task;
}

/* --------------------------------------------------------------------- core */

enum { BODY_GUARD = 1, BODY_ENDED, BODY_HANDLER };

static int body_end(lua_State *L, int status, lua_KContext ctx)
{
    (void)L;
    (void)status;
    (void)ctx;
    return 0;
}

/* Stack: guard, ended, then the message handler, in whose place it goes whether the function
   has returned, and its results or its error. */
static int body_continue(lua_State *L, int status, lua_KContext ctx)
{
    lua_pushboolean(L, status == LUA_OK || status == LUA_YIELD);
    lua_replace(L, BODY_HANDLER);
    lua_callk(L, lua_gettop(L) - BODY_ENDED, 0, ctx, body_end);
    return 0;
}

/* What the coroutine of a task runs. It is in C so that the stack of a task that waits keeps
   its first size. */
static int task_body(lua_State *L)
{
    lua_toclose(L, BODY_GUARD);
    return body_continue(L,
                         lua_pcallk(L, lua_gettop(L) - BODY_HANDLER - 1, LUA_MULTRET,
                                    BODY_HANDLER, 0, body_continue),
                         0);
}

/* core.task(guard, ended, handler, fn, ...): a new task, ready to call fn(...) with a message
   handler, then ended(true, results...) or ended(false, error). The guard is to be closed. */
int mio__lua_task_create(lua_State *L)
{
    mio__lua_scheduler *scheduler = mio__lua_scheduler_get(L);

    if (scheduler == NULL)
        return luaL_error(L, "no task runs (see mio.run)");
    lua_getiuservalue(L, lua_upvalueindex(1), STATE_TASK_BODY);
    lua_insert(L, 1);
    mio__lua_task_new(L, scheduler, 1);
    return 1;
}

/* core.may_wait(what): the current task; an error of the caller's caller where it cannot wait
 */
int mio__lua_task_may_wait(lua_State *L)
{
    mio__lua_task_push(L, task_check_place(L, luaL_checkstring(L, 1), 2));
    return 1;
}

/* "woken" and what the wake has brought, "timeout", "closed" (what it watches), or "doomed" */
static int suspend_continue(lua_State *L, int status, lua_KContext ctx)
{
    static const char *const outcomes[] = {
        [WOKEN_TIMEOUT] = "timeout", [WOKEN_CLOSED] = "closed", [WOKEN_DOOMED] = "doomed"};
    mio__lua_task *task = mio__lua_task_continued(L);

    (void)status;
    if (task == NULL)
        return lua_yieldk(L, 0, ctx, suspend_continue);
    task->deaf = false;
    if (task->outcome != WOKEN) {
        lua_pushstring(L, outcomes[task->outcome]);
        return 1;
    }
    lua_pushliteral(L, "woken");
    mio__lua_task_push(L, task);
    lua_getiuservalue(L, -1, TASK_VALUE);
    lua_pushnil(L);
    lua_setiuservalue(L, -3, TASK_VALUE);
    lua_replace(L, -2);
    return 2;
}

/* core.suspend(what [, seconds [, deaf]]): until core.wake(); doom does not end a deaf one */
int mio__lua_task_suspend(lua_State *L)
{
    const char *what = luaL_checkstring(L, 1);
    const int64_t timeout_ns = mio__lua_seconds_timeout(L, 2);
    const bool deaf = lua_toboolean(L, 3);
    mio__lua_task *task = task_check_place(L, what, 1);

    if (task->doomed && !deaf) {
        mio__lua_task_unlink(task);
        lua_pushliteral(L, "doomed");
        return 1;
    }
    task->deaf = deaf;
    lua_settop(L, 1); /* `what` lives there */
    return mio__lua_task_park(L, task, NULL, what, timeout_ns, 0, suspend_continue);
}

/* core.wake(task [, value]): whether it waited, and for no source */
int mio__lua_task_wake_up(lua_State *L)
{
    mio__lua_task *task = mio__lua_task_check_object(L, 1);
    const bool waits = task->state == TASK_WAITING;

    lua_settop(L, 2);
    if (waits) {
        lua_setiuservalue(L, 1, TASK_VALUE);
        mio__lua_task_wake(task, WOKEN);
    }
    lua_pushboolean(L, waits);
    return 1;
}

/* core.doom(task, doomed, error): from now on every park of it raises the error, or no more */
int mio__lua_task_doom(lua_State *L)
{
    mio__lua_task *task = mio__lua_task_check_object(L, 1);

    lua_settop(L, 3);
    task->doomed = lua_toboolean(L, 2);
    lua_setiuservalue(L, 1, TASK_DOOM);
    if (task->doomed && !task->deaf && task->state == TASK_WAITING)
        mio__lua_task_wake(task, WOKEN_DOOMED);
    return 0;
}

static int task_check_field(lua_State *L)
{
    const lua_Integer field = luaL_checkinteger(L, 2);

    luaL_argcheck(L, field >= 0 && field <= TASK_FIELDS, 2, "no such field");
    return TASK_NAME + (int)field;
}

/* core.get(task, field): field 0 is its name */
int mio__lua_task_get(lua_State *L)
{
    mio__lua_task_check_object(L, 1);
    lua_getiuservalue(L, 1, task_check_field(L));
    return 1;
}

/* core.set(task, field, value) */
int mio__lua_task_set(lua_State *L)
{
    mio__lua_task_check_object(L, 1);
    lua_settop(L, 3);
    lua_setiuservalue(L, 1, task_check_field(L));
    return 0;
}

/* core.current(): the running task, or nil */
int mio__lua_task_current(lua_State *L)
{
    const mio__lua_scheduler *scheduler = mio__lua_scheduler_get(L);

    if (scheduler == NULL || scheduler->current == NULL)
        lua_pushnil(L);
    else
        mio__lua_task_push(L, scheduler->current);
    return 1;
}

/* core.abandoned(): where somebody else closes the coroutine of a task, in which this is
   called: that task; else nil */
int mio__lua_task_abandoned(lua_State *L)
{
    const mio__lua_scheduler *scheduler = mio__lua_scheduler_get(L);

    lua_settop(L, 0);
    if (scheduler != NULL && scheduler->current != NULL && scheduler->current->co == L)
        return 0;
    lua_getiuservalue(L, lua_upvalueindex(1), STATE_TASKS);
    lua_pushnil(L);
    while (lua_next(L, 1) != 0) {
        mio__lua_task *task = lua_touserdata(L, -1);

        if (task->co == L) {
            if (task->state ==
                TASK_WAITING) /* else the scheduler finds out when it resumes it */
                mio__lua_task_end(L, task);
            return 1;
        }
        lua_pop(L, 1);
    }
    return 0;
}

/* core.breathe(): lets the others go first, where the task has done enough without waiting;
   core.pass(): in any case */
static int pass_continue(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    return mio__lua_task_continued(L) != NULL ? 0 : lua_yieldk(L, 0, ctx, pass_continue);
}

int mio__lua_task_breathe(lua_State *L)
{
    mio__lua_task *task = mio__lua_task_check(L, "breathe");

    return mio__lua_task_spent(task) ? mio__lua_task_pass(L, task, 0, pass_continue) : 0;
}

int mio__lua_task_let_pass(lua_State *L)
{
    return mio__lua_task_pass(L, mio__lua_task_check(L, "yield"), 0, pass_continue);
}

/* core.is_task(value) */
int mio__lua_task_is_task(lua_State *L)
{
    lua_settop(L, 1);
    lua_pushboolean(L, mio__lua_class_test(L, 1, CLASS_TASK, sizeof(mio__lua_task)) != NULL);
    return 1;
}

/* Push where a task waits: a list of texts. Making them may run finalizers, so the descriptors
   are taken first. */
static void list_push_places(lua_State *L, const mio__lua_task *task)
{
    enum { MAX = 16 };
    mio_fd fds[MAX];
    int count = 0;

    for (const mio__lua_waiter *w = task->waiters; w != NULL && count < MAX; w = w->next)
        if (w->fd >= 0 && (count == 0 || fds[count - 1] != w->fd)) /* one may read and write */
            fds[count++] = w->fd;
    lua_createtable(L, count, 0);
    for (int i = 0; i < count; i++) {
        mio__lua_socket_push_descriptor(L, fds[i]);
        lua_rawseti(L, -2, count - i); /* the last one was linked first */
    }
}

static void list_push(lua_State *L, const mio__lua_task *task)
{
    lua_createtable(L, 0, 4);
    mio__lua_task_push(L, task);
    lua_setfield(L, -2, "task");
    lua_pushstring(L, task_states[task->state]);
    lua_setfield(L, -2, "state");
    if (task->state != TASK_WAITING)
        return;
    lua_pushstring(L, task->what);
    lua_setfield(L, -2, "waits_for");
    mio__lua_seconds_push(L, mio_loop_now(task->scheduler->loop->core) - task->since_ns);
    lua_setfield(L, -2, "seconds");
    list_push_places(L, task);
    lua_setfield(L, -2, "places");
}

/* core.tasks(): a table for each: task, state, waits_for, seconds, places */
int mio__lua_task_list(lua_State *L)
{
    lua_Integer count = 0;

    lua_settop(L, 0);
    lua_getiuservalue(L, lua_upvalueindex(1), STATE_TASKS);
    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, 1) != 0) {
        const mio__lua_task *task = lua_touserdata(L, -1);

        list_push(L, task);
        lua_rawseti(L, 2, ++count);
        lua_pop(L, 1);
    }
    return 1;
}

/* -------------------------------------------------------------------- class */

static int task_gc(lua_State *L)
{
    mio__lua_task_forget(mio__lua_task_check_object(L, 1));
    return 0;
}

/* task.name, or a method */
static int task_index(lua_State *L)
{
    mio__lua_task_check_object(L, 1);
    if (lua_type(L, 2) == LUA_TSTRING && strcmp(lua_tostring(L, 2), "name") == 0) {
        lua_getiuservalue(L, 1, TASK_NAME);
        return 1;
    }
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(2));
    return 1;
}

/* task.name = text */
static int task_newindex(lua_State *L)
{
    mio__lua_task_check_object(L, 1);
    if (strcmp(luaL_checkstring(L, 2), "name") != 0)
        return luaL_error(L, "a task has no field '%s' to be set", lua_tostring(L, 2));
    luaL_checkstring(L, 3);
    lua_setiuservalue(L, 1, TASK_NAME);
    return 0;
}

static int task_tostring(lua_State *L)
{
    const mio__lua_task *task = mio__lua_task_check_object(L, 1);

    if (lua_getiuservalue(L, 1, TASK_NAME) != LUA_TSTRING)
        lua_pushfstring(L, "mio.task (%s)", task_states[task->state]);
    else
        lua_pushfstring(L, "mio.task '%s' (%s)", lua_tostring(L, -1), task_states[task->state]);
    return 1;
}

void mio__lua_task_open(lua_State *L)
{
    static const luaL_Reg methods[] = {{NULL, NULL}};
    static const luaL_Reg meta[] = {
        {"__gc", task_gc},
        {"__index", task_index},
        {"__newindex", task_newindex},
        {"__tostring", task_tostring},
        {NULL, NULL},
    };

    mio__lua_class_define(L, CLASS_TASK, "mio.task", methods, meta);
    mio__lua_state_keep(L, STATE_TASK_BODY, task_body);
}
