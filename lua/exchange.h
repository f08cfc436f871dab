/*
 * Exchanges: what the objects of one shared channel share, whichever Lua state each is in: the
 * messages that are kept, and who waits to send or to receive, in order. Nothing here knows
 * Lua.
 *
 * 1. Everything but `refs` is under the lock. It is held for some instructions, and for one
 *    write to a loop's descriptor where somebody is woken; never while Lua runs.
 * 2. Where senders wait, `capacity` messages are kept; where receivers wait, none is, and no
 *    sender waits. So an operation looks at one end of one list, and the first come is served
 *    first.
 * 3. A message goes straight into the stall of who waits for it. The one that left it there and
 *    the one that leaves the stall use the same lock: so a message that has come is seen, even
 *    where the waiting was ended by something else at the same moment.
 * 4. Received messages may come back (`lent`): the ring keeps room for them, so that returning
 *    one cannot fail.
 * 5. In a child made by fork() an exchange is closed and empty: a thread that is not there may
 *    have had the lock. So is none at all, NULL.
 */
#ifndef MIO__LUA_EXCHANGE_H
#define MIO__LUA_EXCHANGE_H

#include "inbox.h"
#include "message.h"

typedef struct mio__lua_exchange mio__lua_exchange;

typedef enum mio__lua_stall_state {
    STALL_LEFT,    /* nobody waits in it */
    STALL_WAITING, /* in a list of its exchange */
    STALL_SERVED,  /* the message has been received, or sent */
    STALL_CLOSED   /* the exchange was closed */
} mio__lua_stall_state;

/* Where one waits at an exchange. */
typedef struct mio__lua_stall {
    mio__lua_call call;          /* its inbox is set before it waits */
    mio__lua_exchange *exchange; /* referred to from the waiting to the leaving; else NULL */
    struct mio__lua_stall *next, *prev;
    bool sends;
    mio__lua_stall_state state;
    mio__lua_message message; /* a sender's, until it is served; or what a receiver got */
} mio__lua_stall;

/* A new exchange, referred to once. NULL where there is no memory. */
mio__lua_exchange *mio__lua_exchange_new(size_t capacity);

/* Who lets go last frees it, and drops the messages that are kept. */
mio__lua_exchange *mio__lua_exchange_ref(mio__lua_exchange *exchange);
void mio__lua_exchange_unref(mio__lua_exchange *exchange);

/*
 * Send a message, which is the exchange's then; else it stays the caller's. Returns 0, or
 *   -EAGAIN   it is full
 *   -EPIPE    it is closed
 *   -ENOMEM
 */
int mio__lua_exchange_send(mio__lua_exchange *exchange, const mio__lua_message *message);

/* The same for the stall's message; where it is full the stall waits, and -EAGAIN is returned.
 */
int mio__lua_exchange_send_in(mio__lua_exchange *exchange, mio__lua_stall *stall);

/*
 * Receive the first message, which the caller gives back or keeps: one of the two.
 *
 * Returns 0, or
 *   -EAGAIN   there is none
 *   -EPIPE    none will come: it is closed; one that is given back later comes nevertheless
 *   -ENOMEM   for the room of the one that may come back
 */
int mio__lua_exchange_recv(mio__lua_exchange *exchange, mio__lua_message *ret_message);
int mio__lua_exchange_recv_in(mio__lua_exchange *exchange, mio__lua_stall *stall);

/* A message that was received goes to whoever comes next, before all others. */
void mio__lua_exchange_return(mio__lua_exchange *exchange, mio__lua_message *message);

/* It has arrived: it will not come back. */
void mio__lua_exchange_keep(mio__lua_exchange *exchange);

/* Wait no more. Returns how it ended: STALL_WAITING where nothing had come. */
mio__lua_stall_state mio__lua_exchange_leave(mio__lua_stall *stall);

/* Wake all who wait. Messages that are kept can still be received. */
void mio__lua_exchange_close(mio__lua_exchange *exchange);

/* How many messages are kept. */
size_t mio__lua_exchange_count(mio__lua_exchange *exchange);
bool mio__lua_exchange_is_closed(mio__lua_exchange *exchange);

#endif
