/*
 * Cargo: what a message carries beside its bytes and ports: sockets, which move, and shared
 * channels.
 *
 *     packed       it names the objects of the sockets, which are still the sender's
 *     taken        it has their descriptors; the objects are closed
 *     given back   the message was not sent: the objects have them again
 *     delivered    new objects have them
 *
 * 1. Whoever releases cargo that is taken closes the descriptors.
 * 2. While it is packed, or may be given back, its objects are to be kept alive.
 */
#ifndef MIO__LUA_CARGO_H
#define MIO__LUA_CARGO_H

#include "state.h"

#include "mio/base.h"

enum { CARGO_MAX = 64 };

struct mio__lua_exchange;

typedef struct mio__lua_cargo_item {
    struct mio__lua_exchange *exchange; /* of a shared channel; NULL: a socket */
    void *object;                       /* of the socket: packed, taken, or about to get it */
    mio_fd fd;                          /* taken; else -1 */
    mio__lua_class class;               /* of the socket */
    int variant;                        /* the kind of a stream, the type of a listener, ... */
    int high_water;                     /* of a listener */
} mio__lua_cargo_item;

typedef struct mio__lua_cargo {
    size_t count;
    mio__lua_cargo_item items[];
} mio__lua_cargo;

/* What is found while a message is encoded. */
typedef struct mio__lua_cargo_list {
    size_t count;
    mio__lua_cargo_item items[CARGO_MAX];
} mio__lua_cargo_list;

/* Whether the value at `index` is a socket or a shared channel. */
bool mio__lua_cargo_is(lua_State *L, int index);

/* Add it. Returns NULL, or why it cannot travel. */
const char *mio__lua_cargo_add(lua_State *L, mio__lua_cargo_list *list, int index);

/* What was found, packed, or NULL where that is nothing. Returns false without memory. */
bool mio__lua_cargo_pack(const mio__lua_cargo_list *list, mio__lua_cargo **ret_cargo);

/* Push a table that keeps the sockets within the value at `index` alive. */
void mio__lua_cargo_push_anchor(lua_State *L, int index);

/* Take the sockets; may be NULL, here and below. Returns false, with nothing taken, where one
   has been closed since. */
bool mio__lua_cargo_take(lua_State *L, mio__lua_cargo *cargo);

/* It is about to be decoded: it knows no object. */
void mio__lua_cargo_arrive(mio__lua_cargo *cargo);

/* Push an object for an item: a socket stays closed until it is delivered. Returns false where
   there is no such item. */
bool mio__lua_cargo_push(lua_State *L, mio__lua_cargo *cargo, size_t place);

/* Give the descriptors to the objects: back to those they were taken from, or to the new ones.
 */
void mio__lua_cargo_hand_over(mio__lua_cargo *cargo);

void mio__lua_cargo_release(mio__lua_cargo *cargo);

#endif
