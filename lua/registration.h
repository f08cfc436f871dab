/*
 * Registrations: one class for descriptors, signals and children, of loops and of polls.
 *
 * 1. While a registration lives, the slot table of its loop holds it, its handler and its
 *    source, and so keeps them alive. When it ends, the loop lets go of all three.
 * 2. `loop` is NULL once it has ended; the loop ends all that it holds before it goes.
 * 3. A socket of mio lists its registrations; they leave the list as they end.
 */
#ifndef MIO__LUA_REGISTRATION_H
#define MIO__LUA_REGISTRATION_H

#include "loop.h"
#include "source.h"

/* By mio_trigger; ends with NULL. */
extern const char *const mio__lua_trigger_names[];

typedef struct mio__lua_registration {
    mio__lua_object object;
    uint8_t slots; /* LOOP_REGISTRATIONS, LOOP_SIGNALS or LOOP_CHILDREN: which table holds it */
    uint8_t trigger; /* what reregister keeps where it is not told another */
    mio__lua_loop *loop;
    uint64_t id;
    mio__lua_source *source; /* a socket of mio, else NULL */
    struct mio__lua_registration *next;
} mio__lua_registration;

/*
 * The common part of loop:register(source, interest, handler [, options]) and
 * poll:register(source, token, interest [, options]): `handler` (which the caller has
 * checked), `interest` and `options` say at which index each of them is. Pushes the new
 * registration and returns 1, or the failure.
 */
int mio__lua_registration_new(lua_State *L, mio__lua_loop *loop, int handler, int interest,
                              int options);

/* loop:signal(): the same for a signal, whose name or number is at index 2. */
int mio__lua_registration_new_signal(lua_State *L, mio__lua_loop *loop, int handler);

/* loop:child(): the same for a child, whose object or number is at index 2. */
int mio__lua_registration_new_child(lua_State *L, mio__lua_loop *loop, int handler);

/*
 * The core has it: from here on its object is bound to it. On top are its object, its handler
 * and its source, which are popped; `table` is the index of the slot table. That may find no
 * memory: then all is undone, and the error raised.
 */
void mio__lua_registration_bind(lua_State *L, mio__lua_loop *loop,
                                mio__lua_registration *registration, int table);

/* End it, if it lives: in the kernel, in its loop's table, in its source's list. */
void mio__lua_registration_end(lua_State *L, mio__lua_registration *registration);

/* The same where the loop's core and tables are about to go as a whole: they are left alone. */
void mio__lua_registration_forget(mio__lua_registration *registration);

/* Leave the list of the source, which it lets go. */
void mio__lua_registration_leave(mio__lua_registration *registration);

/* Define the class. The state is on top. */
void mio__lua_registration_open(lua_State *L);

#endif
