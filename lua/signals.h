/*
 * Sets of signals: a source for polls, and for who asks himself.
 */
#ifndef MIO__LUA_SIGNALS_H
#define MIO__LUA_SIGNALS_H

#include "source.h"

#include "mio/signals.h"

typedef struct mio__lua_signals {
    mio__lua_source source; /* first: see source.h; the descriptor is the core's to close */
    mio_signals *core;
} mio__lua_signals;

/* mio.signal(...) */
int mio__lua_signals_create(lua_State *L);

/* Define the class. The state is on top. */
void mio__lua_signals_open(lua_State *L);

#endif
