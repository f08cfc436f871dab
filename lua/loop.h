/*
 * The loop as a Lua object; a poll is the same object in another class.
 *
 * A poll of Lua stands on mio_loop too, and uses its registrations and channels alone: a Lua
 * program must not be able to meet a stale event, and dropping those is what the slab of the
 * loop is for.
 *
 * 1. The user values are the slot tables of what the loop holds.
 * 2. `core` is NULL once the loop is closed.
 * 3. While run goes on, the state's table of runners holds its coroutine, weakly: one that was
 *    suspended in a handler, and dropped, leaves run without a word.
 * 4. The state's table of loops leads from a pointer to the object, so that a registration can
 *    find its slot table without keeping the loop alive.
 */
#ifndef MIO__LUA_LOOP_H
#define MIO__LUA_LOOP_H

#include "source.h"

#include "mio/loop.h"

/* The slot tables, then the guard of run, then where the longest handler was written: a string
   or nil. */
enum {
    LOOP_REGISTRATIONS = 1,
    LOOP_TIMERS,
    LOOP_SIGNALS,
    LOOP_CHILDREN,
    LOOP_CHANNELS,
    LOOP_TABLES = LOOP_CHANNELS,
    LOOP_RUNNING,
    LOOP_LONGEST,
    LOOP_VALUES = LOOP_LONGEST
};

typedef struct mio__lua_loop {
    mio__lua_source source; /* first: loops and polls nest in others */
    mio_loop *core;
    const void *runner; /* the coroutine that is in run, to be compared; NULL: none */
    bool attached;      /* the core is a host's, who drives it and frees it */
    bool measured;
    int64_t slow_ns;    /* of handlers that take longer there is a warning */
    int64_t longest_ns; /* of the longest handler of Lua, which LOOP_LONGEST is about */
} mio__lua_loop;

/* Push a new loop or poll. `core` NULL makes one from `config`; else it is a host's. Returns
   NULL and the error where that fails, with nothing pushed. */
mio__lua_loop *mio__lua_loop_new(lua_State *L, mio__lua_class class,
                                 const mio_loop_config *config, mio_loop *core, int *ret_err);

/* The loop at index 1; anything else, a poll too, raises an error. */
static inline mio__lua_loop *mio__lua_loop_check(lua_State *L)
{
    return mio__lua_class_check(L, 1, CLASS_LOOP, sizeof(mio__lua_loop));
}

/* Push one of the loop's slot tables, or nil where the loop's object is being collected. */
int mio__lua_loop_push_slots(lua_State *L, const mio__lua_loop *loop, int which);

/* Forget everything that is registered, and free the core. Stack: the object at `index`. */
void mio__lua_loop_close(lua_State *L, int index);

/* An allocator that counts against this Lua state. */
mio_allocator mio__lua_loop_allocator(lua_State *L);

/* The results of events() and timeout(), of loops and polls: what a host waits for on pollfd()
   (cqueues asks), and how long it may, where nil is for ever. */
int mio__lua_loop_push_events(lua_State *L);
int mio__lua_loop_push_timeout(lua_State *L, const mio__lua_loop *loop);

/* mio.loop(options). */
int mio__lua_loop_create(lua_State *L);

/* Define the class. The state is on top. */
void mio__lua_loop_open(lua_State *L);

#endif
