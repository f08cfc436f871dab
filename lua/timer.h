/*
 * Timers. One that waits is held by the slot table of its loop; one that has fired or was
 * cancelled can be armed again by reset, so it keeps its handler and its loop (its user
 * values) for as long as the program keeps it.
 */
#ifndef MIO__LUA_TIMER_H
#define MIO__LUA_TIMER_H

#include "loop.h"

enum { TIMER_HANDLER = 1, TIMER_LOOP, TIMER_VALUES = 2 };

typedef struct mio__lua_timer {
    mio__lua_object object;
    bool periodic;
    mio__lua_loop *loop;
    uint64_t id; /* 0: not armed */
} mio__lua_timer;

/* loop:after() and loop:every(): the loop is at index 1, the handler on top. Pushes the timer
   and returns 1, or the failure. */
int mio__lua_timer_new(lua_State *L, int64_t delay_ns, bool periodic);

/* End a timer, if it is armed. The timer's loop is open. */
void mio__lua_timer_cancel(lua_State *L, mio__lua_timer *timer);

/* End all timers of the loop at `index`. */
void mio__lua_timer_cancel_all(lua_State *L, int index);

/* Define the class. The state is on top. */
void mio__lua_timer_open(lua_State *L);

#endif
