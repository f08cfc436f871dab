#include "scheduler.h"

#include "dispatch.h"
#include "park.h"
#include "shared_channel.h"
#include "thread.h"

/* ------------------------------------------------------------- who is ready */

void mio__lua_scheduler_add(mio__lua_scheduler *scheduler, mio__lua_task *task)
{
    task->state = TASK_READY;
    task->next = NULL;
    *scheduler->ready_end = task;
    scheduler->ready_end = &task->next;
}

static mio__lua_task *ready_take(mio__lua_scheduler *scheduler)
{
    mio__lua_task *task = scheduler->ready;

    scheduler->ready = task->next;
    if (scheduler->ready == NULL)
        scheduler->ready_end = &scheduler->ready;
    return task;
}

/*
 * Resume a task that is ready. What can fail in it is caught by its body in Lua: an error that
 * comes out of it is one of that body itself, out of memory perhaps, and ends the run.
 *
 * One that has yielded by itself, and not by a park, lets the others go first. One that
 * somebody has closed has neither a function nor a frame.
 */
static void ready_resume(lua_State *L, mio__lua_scheduler *scheduler, mio__lua_task *task)
{
    lua_State *co = task->co;
    int status, results = 0;
    int arguments = 0;

    if (task->scheduler == NULL)
        return;
    status = lua_status(co);
    if (status != LUA_YIELD)
        arguments = lua_gettop(co) - 1;
    if (arguments >= 0) {
        task->state = TASK_RUNNING;
        task->budget = SCHEDULER_BUDGET;
        task->leaf = co;
        scheduler->current = task;
        status = lua_resume(co, L, arguments, &results);
        scheduler->current = NULL;
    }
    if (status == LUA_YIELD) {
        if (task->state == TASK_RUNNING) {
            lua_pop(co, results); /* a park yields nothing */
            mio__lua_scheduler_add(scheduler, task);
        }
        return;
    }
    mio__lua_task_end(L, task);
    if (status != LUA_OK) {
        lua_xmove(co, L, 1);
        lua_error(L);
    }
}

/* ------------------------------------------------------------------ phases */

enum { TURN_LOOP = 1, TURN_SCHEDULER = TURN_LOOP + LOOP_TABLES + 1, TURN_MAIN };

/* More than those that were ready as it began, so that tasks which wake each other need no wait
   in between; but not without end. */
enum { RUN_EXTRA = 256 };

static void turn_run(lua_State *L, mio__lua_scheduler *scheduler)
{
    const mio__lua_task *last = NULL;
    int extra = RUN_EXTRA;

    for (mio__lua_task *task = scheduler->ready; task != NULL; task = task->next)
        last = task;
    while (scheduler->ready != NULL && (last != NULL || extra-- > 0)) {
        mio__lua_task *task = ready_take(scheduler);

        if (task == last)
            last = NULL;
        ready_resume(L, scheduler, task);
    }
    while (scheduler->written != NULL)
        mio__lua_park_flush(L, scheduler->written);
    scheduler->arena_used = 0;
    scheduler->turn++;
}

/* Call what the run was given for it, with the value on top, which is popped. */
static void turn_tell(lua_State *L, int function)
{
    lua_getiuservalue(L, TURN_SCHEDULER, function);
    lua_insert(L, -2);
    lua_call(L, 1, 0);
}

static int turn_traceback(lua_State *L)
{
    if (lua_type(L, 1) == LUA_TSTRING)
        luaL_traceback(L, L, lua_tostring(L, 1), 1);
    return 1;
}

/* An event of a handler that is no task's. */
static void turn_handle(lua_State *L, const mio_event *event)
{
    const int base = lua_gettop(L);
    int count;

    lua_pushcfunction(L, turn_traceback);
    count = mio__lua_dispatch_push(L, TURN_LOOP, event);
    if (count >= 0 && lua_pcall(L, count, 0, base + 1) != LUA_OK)
        turn_tell(L, SCHEDULER_FAILED);
    lua_settop(L, base);
}

/* Tokens of timers are tasks, or parks that linger, with the last bit set. */
static void turn_timeout(lua_State *L, mio__lua_scheduler *scheduler, uintptr_t token)
{
    scheduler->timers--;
    if ((token & 1) != 0) {
        mio__lua_park *park = (mio__lua_park *)(token - 1);

        park->timer = 0;
        mio__lua_registration_end(L, &park->registration);
    } else {
        mio__lua_task *task = (mio__lua_task *)token;

        task->timer = 0;
        mio__lua_task_wake(task, WOKEN_TIMEOUT);
    }
}

/* Only the scheduler gives tokens: the loop is its own, and registrations of Lua have none. */
static void turn_event(lua_State *L, mio__lua_scheduler *scheduler, const mio_event *event)
{
    if (event->token == 0) {
        turn_handle(L, event);
    } else if (event->kind == MIO_NOTIFY) {
        mio__lua_inbox_take(&scheduler->inbox);
    } else if (event->kind == MIO_READY) {
        if (SCHEDULER_ARENA - scheduler->arena_used < SCHEDULER_READ)
            turn_run(L, scheduler);
        mio__lua_park_event((mio__lua_park *)(uintptr_t)event->token, event->ready);
    } else {
        turn_timeout(L, scheduler, (uintptr_t)event->token);
    }
}

static bool turn_is_stuck(const mio__lua_scheduler *scheduler)
{
    return scheduler->ready == NULL && scheduler->outside == 0 && scheduler->lingering == 0 &&
           mio_loop_count(scheduler->loop->core) <=
               scheduler->parks + scheduler->timers + scheduler->background;
}

/* Wait, and read what came. Returns 0, or -errno. */
static int turn_poll(lua_State *L, mio__lua_scheduler *scheduler)
{
    mio_loop *core = scheduler->loop->core;
    mio_event event;
    int err;

    if (turn_is_stuck(scheduler)) {
        lua_pushnil(L);
        turn_tell(L, SCHEDULER_STUCK);
    }
    err = mio_loop_poll(core, scheduler->ready != NULL ? 0 : -1);
    if (err < 0)
        return err;
    scheduler->now_ns = mio_loop_now(core);
    while (mio_loop_next(core, &event))
        turn_event(L, scheduler, &event);
    return 0;
}

/* --------------------------------------------------------------------- run */

int mio__lua_scheduler_inbox(lua_State *L, mio__lua_inbox **ret_inbox)
{
    mio__lua_scheduler *scheduler = mio__lua_scheduler_get(L);
    const bool opened = scheduler->inbox.channel != NULL;
    const int err =
        mio__lua_inbox_open(&scheduler->inbox, scheduler->loop->core, (uintptr_t)scheduler);

    if (err < 0)
        return err;
    scheduler->background += !opened;
    *ret_inbox = &scheduler->inbox;
    return 0;
}

static mio__lua_scheduler *run_push_scheduler(lua_State *L, mio__lua_loop *loop)
{
    mio__lua_scheduler *scheduler =
        mio__lua_class_new(L, CLASS_SCHEDULER, sizeof *scheduler, SCHEDULER_VALUES);

    scheduler->ready_end = &scheduler->ready;
    scheduler->pool.allocator = mio__lua_loop_allocator(L);
    scheduler->arena = lua_newuserdatauv(L, SCHEDULER_ARENA, 0);
    lua_setiuservalue(L, -2, SCHEDULER_ARENA_BLOCK);
    lua_pushvalue(L, 2);
    lua_setiuservalue(L, -2, SCHEDULER_FAILED);
    lua_pushvalue(L, 3);
    lua_setiuservalue(L, -2, SCHEDULER_STUCK);
    scheduler->loop = loop;
    scheduler->turn = 1; /* in turn 0 nothing was written */
    scheduler->now_ns = mio_loop_now(loop->core);
    return scheduler;
}

/*
 * Stack: loop, failed, stuck, body, ...; then as the frame of loop:run(), with the scheduler in
 * the guard's place: loop | slot tables | scheduler | task. The scheduler is to be closed
 * before there is a task.
 */
static mio__lua_task *run_open(lua_State *L, mio__lua_loop *loop)
{
    mio__lua_scheduler *scheduler = run_push_scheduler(L, loop);

    lua_replace(L, 3);
    lua_remove(L, 2);
    for (int which = LOOP_REGISTRATIONS; which <= LOOP_TABLES; which++) {
        lua_getiuservalue(L, TURN_LOOP, which);
        lua_insert(L, TURN_LOOP + which);
    }
    lua_toclose(L, TURN_SCHEDULER);
    mio__lua_state_get(L)->scheduler = scheduler;
    mio__lua_dispatch_claim(L, loop);
    return mio__lua_task_new(L, scheduler, TURN_MAIN);
}

int mio__lua_scheduler_run(lua_State *L)
{
    mio__lua_loop *loop = mio__lua_loop_check(L);
    mio__lua_scheduler *scheduler;
    const mio__lua_task *task;

    if (mio__lua_scheduler_get(L) != NULL)
        return luaL_error(L, "run: tasks run already in this state; see mio.spawn");
    task = run_open(L, loop);
    scheduler = task->scheduler;
    for (;;) {
        int err;

        turn_run(L, scheduler);
        if (task->state == TASK_ENDED && scheduler->lingering == 0)
            return 0;
        err = turn_poll(L, scheduler);
        if (err < 0)
            return luaL_error(L, "run: %s", mio_strerror(err));
    }
}

/* ------------------------------------------------------------------- its end */

/* Nobody will take the answer of what it waits for; a thread that it keeps is ended. */
static void forget_call(lua_State *L, const mio__lua_task *task)
{
    mio__lua_task_push(L, task);
    lua_getiuservalue(L, -1, TASK_CALL);
    mio__lua_shared_channel_abandon(L, -1);
    mio__lua_thread_abandon(L, -1);
    lua_pop(L, 2);
}

/* Whoever still waits waits for ever, as a coroutine that nobody resumes. */
static void scheduler_forget_tasks(lua_State *L, const mio__lua_scheduler *scheduler)
{
    lua_getiuservalue(L, lua_upvalueindex(1), STATE_TASKS);
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        mio__lua_task *task = lua_touserdata(L, -1);

        lua_pop(L, 1);
        if (task->scheduler != scheduler)
            continue;
        forget_call(L, task);
        mio__lua_task_forget(task);
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, -4);
    }
    lua_pop(L, 1);
}

/* __close and __gc */
static int scheduler_close(lua_State *L)
{
    mio__lua_scheduler *scheduler = lua_touserdata(L, 1);

    if (scheduler->loop == NULL)
        return 0;
    if (mio__lua_scheduler_get(L) == scheduler)
        mio__lua_state_get(L)->scheduler = NULL;
    mio__lua_park_end_all(L, scheduler);
    scheduler_forget_tasks(L, scheduler);
    mio__lua_inbox_close(&scheduler->inbox);
    mio__lua_pool_fini(&scheduler->pool);
    scheduler->loop->runner = NULL;
    scheduler->loop = NULL;
    return 0;
}

void mio__lua_scheduler_open(lua_State *L)
{
    static const luaL_Reg methods[] = {{NULL, NULL}};
    static const luaL_Reg meta[] = {
        {"__close", scheduler_close}, {"__gc", scheduler_close}, {NULL, NULL}};

    mio__lua_class_define(L, CLASS_SCHEDULER, "mio.scheduler", methods, meta);
}
