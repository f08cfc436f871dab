/*
 * Workers: what threads and who has made them share, and what a thread does.
 *
 * 1. Who has made a worker frees it, after the thread has ended. `inputs` are the thread's from
 *    its start on; `results` and `outcome` are its maker's from `ended` on.
 * 2. To cancel is to set `cancelled` and to send a message to the loop of the thread, where it
 *    cancels the first task. A thread that computes does not get to its loop: so each of its
 *    coroutines has a count hook, which looks at `cancelled`, and raises mio.cancelled in who
 *    computes. Only a thread that blocks in a C function is waited for.
 *
 * The hook is there from the start, at the price of a count an instruction: to set one when it
 * is needed is not sound. lua_sethook() walks the calls of a coroutine, which the thread may
 * free at that moment, and it is a matter of one coroutine: nobody else knows which one runs.
 */
#ifndef MIO__LUA_WORKER_H
#define MIO__LUA_WORKER_H

#include "inbox.h"
#include "message.h"

#include <stdatomic.h>

/* Values on their way to another state. */
typedef struct mio__lua_values {
    mio__lua_message *messages;
    size_t count;
} mio__lua_values;

typedef enum mio__lua_worker_outcome {
    WORKER_DONE,
    WORKER_FAILED, /* the result is the error */
    WORKER_CANCELLED
} mio__lua_worker_outcome;

typedef struct mio__lua_worker {
    pthread_t thread;
    unsigned generation;    /* of forks, as it was made */
    lua_State *L;           /* the thread's, from its start to its end */
    mio__lua_values inputs; /* package.path, package.cpath, the function's code, arguments */
    mio__lua_values results;
    mio__lua_worker_outcome outcome;
    atomic_bool cancelled;
    bool heard; /* the loop has been told so; the thread's own affair */
    pthread_mutex_t lock;
    bool started;
    bool ended;          /* under the lock, like ... */
    mio__lua_port *port; /* ... where the loop is told, or NULL, and ... */
    mio__lua_call *call; /* ... who waits for the end */
} mio__lua_worker;

/* Room for so many values. Returns false without memory. */
bool mio__lua_values_make(mio__lua_values *values, size_t count);
void mio__lua_values_release(mio__lua_values *values);

/* A new worker, with a fresh state. Returns NULL without memory. */
mio__lua_worker *mio__lua_worker_new(void);

/* Start its thread. Returns 0, or -errno. */
int mio__lua_worker_start(mio__lua_worker *worker);

/* Any thread. */
void mio__lua_worker_cancel(mio__lua_worker *worker);

/* Have the call answered at its end. Returns false where it has ended. */
bool mio__lua_worker_watch(mio__lua_worker *worker, mio__lua_call *call);

/* Wait no more. Returns whether it has ended. */
bool mio__lua_worker_unwatch(mio__lua_worker *worker);

/* Wait for the end of its thread, if it was started, and free it; in a child made by fork()
   there is no such thread. */
void mio__lua_worker_free(mio__lua_worker *worker);

/* In the table `core`, in the thread: see worker.c for the arguments. */
int mio__lua_worker_listen(lua_State *L);
int mio__lua_worker_heard(lua_State *L);

#endif
