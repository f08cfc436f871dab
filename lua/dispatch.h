/*
 * From events to handlers: loop:run(), loop:run_once().
 *
 * The turn is pulled from the core one event at a time, and each handler is called by
 * lua_callk() from the frame of run itself. So an error or a yield in a handler never crosses
 * a frame of the core: it leaves run like an error or a yield of Lua's own, and what the turn
 * has still to report stays in the core for the next run.
 *
 *  run's frame:  loop | registrations | timers | signals | children | channels | guard |
 *                handler, args...
 *
 * While the loop is measured, the handler lies below itself once more, so that it can be told
 * who it was when it has returned.
 *
 * The slot tables lie in fixed places of the frame, so that finding a handler and what it is
 * called with is three array reads. The guard is to-be-closed: however run is left, the loop is
 * told.
 */
#ifndef MIO__LUA_DISPATCH_H
#define MIO__LUA_DISPATCH_H

#include "loop.h"

/* loop:run() and loop:run_once([seconds]) */
int mio__lua_dispatch_run(lua_State *L);
int mio__lua_dispatch_run_once(lua_State *L);

/*
 * Push the handler of an event and its arguments.
 *
 *   frame   index of the loop; its slot tables follow it, as in run's frame
 *
 * Returns the number of arguments; -1, with nothing of use on top, where nobody handles it.
 */
int mio__lua_dispatch_push(lua_State *L, int frame, const mio_event *event);

/*
 * Whether a thing of this kind and id is one of Lua's at all. A host may have dropped the event
 * that would have told us that a slot is free, and have something of its own in it now. In a
 * loop of our own no event is dropped, and so run does not ask. `frame` as above.
 */
bool mio__lua_dispatch_is_ours(lua_State *L, int frame, mio_event_kind kind, uint64_t id);

/* Push what an event of a source tells: readable, writable, closed. */
static inline void mio__lua_dispatch_push_flags(lua_State *L, unsigned ready)
{
    const unsigned closed = MIO_READ_CLOSED | MIO_WRITE_CLOSED | MIO_ERROR;

    lua_pushboolean(L, (ready & MIO_READABLE) != 0);
    lua_pushboolean(L, (ready & MIO_WRITABLE) != 0);
    lua_pushboolean(L, (ready & closed) != 0);
}

/* Push the loop's slot tables, after the loop itself, which is on top. */
void mio__lua_dispatch_push_frame(lua_State *L);

/* Have the running coroutine be the one in which the loop runs: until loop->runner is NULL. */
void mio__lua_dispatch_claim(lua_State *L, mio__lua_loop *loop);

/* Push the guard of a loop: closing it says that the loop runs no more. */
void mio__lua_dispatch_push_guard(lua_State *L, mio__lua_loop *loop);

/* Define the guard's class. The state is on top. */
void mio__lua_dispatch_open(lua_State *L);

#endif
