/*
 * Inboxes: how another thread wakes a task of a run.
 *
 * A task that waits for what another thread will do has a call. Whoever answers the call puts
 * it into the inbox of the task's run, and rings the run's loop, once for all that lie there;
 * the loop wakes their tasks. Waiting costs neither a thread nor a system call.
 *
 * 1. An inbox lives in its scheduler; its channel is made when the first task needs it.
 * 2. A call is answered under the lock of what it waits at (an exchange, a thread), and
 *    withdrawn under the same lock or after it: so nobody answers a call that has been left.
 * 3. A task may have been woken by something else before its answer is taken. The answer then
 *    wakes nobody; the task finds it when it leaves what it waited at.
 */
#ifndef MIO__LUA_INBOX_H
#define MIO__LUA_INBOX_H

#include "task.h"

#include "mio/channel.h"

#include <pthread.h>

typedef struct mio__lua_call {
    mio__lua_waiter waiter; /* of the task that waits; its own thread's affair */
    struct mio__lua_inbox *inbox;
    struct mio__lua_call *next; /* among the answered; under the inbox's lock, as is ... */
    bool answered;              /* ... whether it is there */
} mio__lua_call;

typedef struct mio__lua_inbox {
    mio_channel *channel; /* NULL: not opened yet */
    mio_sender *sender;
    pthread_mutex_t lock;
    mio__lua_call *answered;
    mio__lua_call **answered_end;
    bool rung; /* a message is on its way to the loop */
} mio__lua_inbox;

/* Open the inbox of a loop, unless it is. Its messages have `token`. Returns 0, or -errno. */
int mio__lua_inbox_open(mio__lua_inbox *inbox, mio_loop *loop, uint64_t token);

/* Nobody's call is in it any more. An inbox that was not opened is fine. */
void mio__lua_inbox_close(mio__lua_inbox *inbox);

/* Make `call` one of this inbox, at which nobody waits. */
void mio__lua_inbox_begin(mio__lua_inbox *inbox, mio__lua_call *call);

/* Any thread: wake the task of a call. */
void mio__lua_inbox_answer(mio__lua_call *call);

/* What a message of the channel says: wake all whose calls are answered. */
void mio__lua_inbox_take(mio__lua_inbox *inbox);

/* The call is over, answered or not. */
void mio__lua_inbox_withdraw(mio__lua_call *call);

#endif
