/*
 * Addresses. Equal ones are the same object, as long as somebody holds it: so they can be
 * compared by == and used as keys of tables, and making one that exists allocates nothing.
 */
#ifndef MIO__LUA_ADDRESS_H
#define MIO__LUA_ADDRESS_H

#include "state.h"

#include "mio/addr.h"

typedef struct mio__lua_address {
    mio__lua_object object;
    mio_addr addr;
} mio__lua_address;

/* Push the object of an address. */
void mio__lua_address_push(lua_State *L, const mio_addr *addr);

/* The same; nil where the address is all zero. */
void mio__lua_address_push_any(lua_State *L, const mio_addr *addr);

/* Push the text of an address, and return it. */
const char *mio__lua_address_text(lua_State *L, const mio_addr *addr);

/* Whether an address, or the text of one, is at `arg`. */
bool mio__lua_address_test(lua_State *L, int arg, mio_addr *ret_addr);

/* The same; anything else raises an error that says what an address looks like. */
void mio__lua_address_check(lua_State *L, int arg, mio_addr *ret_addr);

/* mio.address(text) */
int mio__lua_address_create(lua_State *L);

/* Define the class. The state is on top. */
void mio__lua_address_open(lua_State *L);

#endif
