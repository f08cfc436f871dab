/*
 * Tasks: coroutines that wait.
 *
 *            scheduler_resume()            mio__lua_task_park()
 *   READY ----------------------> RUNNING ----------------------> WAITING
 *     ^                              |  \ the coroutine has ended     |
 *     |     mio__lua_task_pass()     |   +--------------> ENDED       |
 *     +------------------------------+                                |
 *     +---------------------------------------------------------------+
 *                            mio__lua_task_wake()
 *
 * 1. The state's table of tasks holds every task that has not ended, and so its coroutine: the
 *    pointers between tasks, waiters and the scheduler need to hold nothing.
 * 2. A task that waits is linked to its waiters, a waiter that is waited at to its task; both
 *    links go when the task is woken, in one place. To park and to wake allocate nothing.
 * 3. Who parks gives a continuation, and learns in it by `outcome` why it goes on. A
 *    continuation that runs while its task is not RUNNING was resumed by somebody else, and
 *    parks again.
 * 4. `doomed`: every park raises the user value TASK_DOOM. Lua decides when; see mio/scope.lua.
 */
#ifndef MIO__LUA_TASK_H
#define MIO__LUA_TASK_H

#include "state.h"

#include "mio/base.h"

struct mio__lua_scheduler;

/* The user values: its coroutine, what every park raises, what a wake has brought, by what
   another thread may wake it (a stall or a thread), its name; then TASK_FIELDS for the files in
   lua/mio/: see limit.lua there. */
enum {
    TASK_COROUTINE = 1,
    TASK_DOOM,
    TASK_VALUE,
    TASK_CALL,
    TASK_NAME,
    TASK_FIELDS = 6,
    TASK_VALUES = TASK_NAME + TASK_FIELDS
};

typedef enum mio__lua_task_state {
    TASK_READY,
    TASK_RUNNING,
    TASK_WAITING,
    TASK_ENDED
} mio__lua_task_state;

typedef enum mio__lua_wake {
    WOKEN,         /* by what it waits for */
    WOKEN_TIMEOUT, /* by its timeout */
    WOKEN_CLOSED,  /* the source was closed */
    WOKEN_DOOMED,  /* it has to raise: mio__lua_task_raise() */
    WOKEN_PASSED   /* it has only let the others go first */
} mio__lua_wake;

typedef struct mio__lua_waiter {
    struct mio__lua_waiter *next; /* of the same task */
    struct mio__lua_task *task;   /* NULL: nobody waits */
    mio_fd fd;                    /* of the source, for people to read; -1: it has none */
} mio__lua_waiter;

typedef struct mio__lua_task {
    mio__lua_object object;
    uint8_t state;
    uint8_t outcome;
    bool doomed;
    bool deaf;    /* doom does not wake it */
    bool outside; /* counted among those that wait for what the loop may report */
    int budget;   /* how often it may go on without waiting before it lets others go first */
    lua_State *co;
    lua_State *leaf; /* the one that runs of `co` and those that mio.resume() resumes */
    struct mio__lua_scheduler *scheduler; /* NULL once it has ended */
    struct mio__lua_task *next;           /* among those that are ready */
    mio__lua_waiter *waiters;
    const mio__lua_waiter
        *woken_by;    /* the last one of a source that has woken it; a name only */
    uint64_t timer;   /* 0: none */
    const char *what; /* it waits for; a constant of ours */
    int64_t since_ns; /* the turn in which it began to wait */
} mio__lua_task;

/* The waiter will wake the task, which is about to park. */
void mio__lua_task_link(mio__lua_task *task, mio__lua_waiter *waiter);

/* Nobody is to wake it any more. */
void mio__lua_task_unlink(mio__lua_task *task);

/* The current task, which is about to wait: raises an error where it cannot. `what` names the
   function. */
mio__lua_task *mio__lua_task_check(lua_State *L, const char *what);

/*
 * Park the current task: to be returned. `k` is called with `ctx` when it goes on.
 *
 *   waiter       linked to the task; NULL where something else is to wake it
 *   timeout_ns   -1 for ever
 */
int mio__lua_task_park(lua_State *L, mio__lua_task *task, mio__lua_waiter *waiter,
                       const char *what, int64_t timeout_ns, lua_KContext ctx, lua_KFunction k);

/* Whether the current task has done enough without waiting, and has to let others go first. */
static inline bool mio__lua_task_spent(mio__lua_task *task)
{
    return --task->budget < 0;
}

/* Let the others go first: to be returned. The outcome will be WOKEN_PASSED. */
int mio__lua_task_pass(lua_State *L, mio__lua_task *task, lua_KContext ctx, lua_KFunction k);

/* In a continuation: the current task; NULL where somebody else has resumed its coroutine, and
   it has to yield again. */
mio__lua_task *mio__lua_task_continued(lua_State *L);

/* Raise what the task is doomed by. */
int mio__lua_task_raise(lua_State *L, const mio__lua_task *task);

/* nil, "timeout" or "closed"; or the error of a doomed one. */
int mio__lua_task_not_woken(lua_State *L, const mio__lua_task *task);

/* End its waiting. It goes on after those that are ready already. */
void mio__lua_task_wake(mio__lua_task *task, mio__lua_wake outcome);

/* It has ended, or its scheduler has: nothing refers to it any more but its object. */
void mio__lua_task_forget(mio__lua_task *task);

/* Its coroutine has ended: forget it, and hold it no longer. */
void mio__lua_task_end(lua_State *L, mio__lua_task *task);

/* Push its object. */
void mio__lua_task_push(lua_State *L, const mio__lua_task *task);

/* Push a new task that is ready to call the function at `index`, with all that is above it on
   the stack; both are popped. */
mio__lua_task *mio__lua_task_new(lua_State *L, struct mio__lua_scheduler *scheduler, int index);

/* The task at `arg`; anything else raises an error. */
mio__lua_task *mio__lua_task_check_object(lua_State *L, int arg);

/* What the files in lua/mio/ use, in the table `core`: see library.c. */
int mio__lua_task_create(lua_State *L);
int mio__lua_task_may_wait(lua_State *L);
int mio__lua_task_suspend(lua_State *L);
int mio__lua_task_wake_up(lua_State *L);
int mio__lua_task_doom(lua_State *L);
int mio__lua_task_get(lua_State *L);
int mio__lua_task_set(lua_State *L);
int mio__lua_task_current(lua_State *L);
int mio__lua_task_abandoned(lua_State *L);
int mio__lua_task_list(lua_State *L);
int mio__lua_task_breathe(lua_State *L);
int mio__lua_task_let_pass(lua_State *L);
int mio__lua_task_is_task(lua_State *L);

/* Define the class. The state is on top. */
void mio__lua_task_open(lua_State *L);

#endif
