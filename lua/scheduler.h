/*
 * The scheduler: who is ready, and the turns of mio.run().
 *
 *   run     each task that is ready                        (Lua; no system calls)
 *   flush   what the tasks have written                    (one send a connection)
 *   wait    for events                                     (one wait)
 *   read    for each task that waits for bytes that came   (one recv a connection)
 *
 * 1. One scheduler runs in a Lua state at a time. It is on the stack of mio.run().
 * 2. Bytes that were read lie in the arena until the tasks that wait for them have run, all of
 *    them before the next wait. So the arena starts anew each time.
 * 3. `outside` counts the tasks that wait for a source or a timer. Where no task is ready, none
 *    waits for the outside, and nobody else has registered anything, nothing can happen any
 *    more: a deadlock.
 */
#ifndef MIO__LUA_SCHEDULER_H
#define MIO__LUA_SCHEDULER_H

#include "bytes.h"
#include "inbox.h"
#include "loop.h"
#include "task.h"

enum {
    SCHEDULER_ARENA = 262144,
    SCHEDULER_READ = 65536, /* the most that one read takes of the arena */
    SCHEDULER_BUDGET = 32   /* of a task: see mio__lua_task_spent() */
};

enum { SCHEDULER_ARENA_BLOCK = 1, SCHEDULER_FAILED, SCHEDULER_STUCK, SCHEDULER_VALUES = 3 };

struct mio__lua_park;

typedef struct mio__lua_scheduler {
    mio__lua_object object;
    mio__lua_loop *loop; /* NULL once it has ended */
    mio__lua_task *current;
    mio__lua_task *ready;
    mio__lua_task **ready_end;
    struct mio__lua_park *written; /* parks with bytes to flush */
    size_t outside;
    size_t parks; /* registrations and timers that are the scheduler's own ... */
    size_t timers;
    size_t lingering;  /* parks that outlive their sources: the run waits for them */
    size_t background; /* ... and those of handlers that wait for nothing that must come */
    mio__lua_inbox inbox;
    mio__lua_pool pool;
    char *arena;
    size_t arena_used;
    uint32_t turn;  /* how often the tasks were run: a name, which may come again */
    int64_t now_ns; /* when the turn in hand began: who parks asks no clock */
} mio__lua_scheduler;

/* Put a task behind those that are ready. */
void mio__lua_scheduler_add(mio__lua_scheduler *scheduler, mio__lua_task *task);

/* The running scheduler, or NULL. */
static inline mio__lua_scheduler *mio__lua_scheduler_get(lua_State *L)
{
    return mio__lua_state_get(L)->scheduler;
}

/* The inbox of the running scheduler, opened. Returns 0, or -errno. */
int mio__lua_scheduler_inbox(lua_State *L, mio__lua_inbox **ret_inbox);

/* core.run(loop, failed, stuck, body, ...): until the task of body(...) has ended */
int mio__lua_scheduler_run(lua_State *L);

/* Define the class. The state is on top. */
void mio__lua_scheduler_open(lua_State *L);

#endif
