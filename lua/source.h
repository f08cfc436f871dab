/*
 * Sources: what can be registered.
 *
 * A socket of mio begins with a mio__lua_source, and knows its registrations, so that closing
 * it ends them first: the kernel must forget a descriptor before it is closed. So do sets of
 * signals, loops and polls. Anything else
 * with a descriptor is the program's own affair: a number, a Lua file, an object with
 * pollfd(), getfd() or get_fd().
 */
#ifndef MIO__LUA_SOURCE_H
#define MIO__LUA_SOURCE_H

#include "state.h"

#include "mio/base.h"

struct mio__lua_registration;

typedef struct mio__lua_source {
    mio__lua_object object;
    mio_fd fd; /* -1: closed */
    struct mio__lua_registration *registrations;
} mio__lua_source;

/* The socket at `arg`, or NULL where it is something else. */
mio__lua_source *mio__lua_source_test(lua_State *L, int arg);

/*
 * The descriptor of whatever is at `arg`; raises an error where it has none. Calls the
 * object's own method where it has to. -1 for an object or a Lua file that is closed.
 */
mio_fd mio__lua_source_fd(lua_State *L, int arg);

/* End its registrations; from now on it has no descriptor, for who closes that himself. Never
   raises an error. */
void mio__lua_source_leave(lua_State *L, mio__lua_source *source);

/* The same, and close its descriptor, if it is open. */
void mio__lua_source_close(lua_State *L, mio__lua_source *source);

/* source:getfd() and source:pollfd(), for other libraries. */
int mio__lua_source_method_getfd(lua_State *L);

/* "mio.stream (descriptor 5)", "mio.listener (closed)": for __tostring. */
int mio__lua_source_describe(lua_State *L, const char *name);

#endif
