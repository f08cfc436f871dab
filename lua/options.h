/*
 * Tables of options: every key must be known, every value of its type. Anything else raises an
 * error that names the option, and guesses what was meant.
 */
#ifndef MIO__LUA_OPTIONS_H
#define MIO__LUA_OPTIONS_H

#include <lua.h>
#include <stddef.h>

typedef enum mio__lua_option_type {
    OPTION_BOOLEAN, /* bool */
    OPTION_COUNT,   /* int; a whole number from 1 up */
    OPTION_ROOM,    /* int; from 1 to 1048576: of what is made at once */
    OPTION_CHOICE,  /* int; the place of the string among `names` */
    OPTION_SECONDS, /* int64_t; nanoseconds, -1 for ever */
    OPTION_ADDRESS, /* mio_addr; an address object, or its text */
    OPTION_ANY      /* none: who reads the options takes it from the table himself */
} mio__lua_option_type;

typedef struct mio__lua_option {
    const char *name;
    mio__lua_option_type type;
    void *place;              /* where the value goes; left alone where the table has none */
    const char *const *names; /* of OPTION_CHOICE; ends with NULL */
} mio__lua_option;

/* Read the table at `arg`; none or nil is an empty one. */
void mio__lua_options_read(lua_State *L, int arg, const mio__lua_option *known, size_t count);

#endif
