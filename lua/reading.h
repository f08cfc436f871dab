/*
 * Reading from a stream by tasks: pieces as they come, and pieces of a given length or end.
 *
 * What has come and was not asked for stays in the park (`in`), and is what every read finds
 * first, those that never wait included.
 */
#ifndef MIO__LUA_READING_H
#define MIO__LUA_READING_H

#include "stream.h"

/* stream:read([n]), stream:read_into(buffer [, n]), stream:chunks([n]) */
int mio__lua_reading_read(lua_State *L);
int mio__lua_reading_read_into(lua_State *L);
int mio__lua_reading_chunks(lua_State *L);

/* stream:read_exactly(n), stream:read_until(delimiter [, max]), stream:lines([options]) */
int mio__lua_reading_read_exactly(lua_State *L);
int mio__lua_reading_read_until(lua_State *L);
int mio__lua_reading_lines(lua_State *L);

#endif
