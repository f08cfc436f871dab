/*
 * The part of the module that is written in Lua, in lua/mio/; the build puts its texts into
 * the library (embed_sources.py).
 *
 * Each file is called with the table `core`: what it needs of C (core.run, core.suspend, ...),
 * the methods of the classes (core.methods.stream, ...), the functions of the module that are
 * written in C (core.mio), and what the files before it have added to it. What they put into
 * core.exports becomes part of the module.
 */
#ifndef MIO__LUA_LIBRARY_H
#define MIO__LUA_LIBRARY_H

#include <lua.h>
#include <stddef.h>

typedef struct mio__lua_text {
    const char *name; /* "@mio/scope.lua" */
    const char *text;
    size_t size;
} mio__lua_text;

/* In the order in which they are loaded; the last one has no name. */
extern const mio__lua_text mio__lua_texts[];

/* Called with the module's table: run the files, once in a Lua state, and add their exports. */
int mio__lua_library_load(lua_State *L);

#endif
