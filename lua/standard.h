/*
 * The standard streams of this process.
 */
#ifndef MIO__LUA_STANDARD_H
#define MIO__LUA_STANDARD_H

#include "mio/base.h"

#include <lua.h>
#include <sys/uio.h>

/* As mio_inherited_read() and so on, for a descriptor whose open file blocks. */
ptrdiff_t mio__lua_standard_read(mio_fd fd, void *buffer, size_t size);
ptrdiff_t mio__lua_standard_write(mio_fd fd, const void *data, size_t size);
ptrdiff_t mio__lua_standard_writev(mio_fd fd, const struct iovec *pieces, size_t count);

/* mio.stdin(), mio.stdout(), mio.stderr() */
int mio__lua_standard_stdin(lua_State *L);
int mio__lua_standard_stdout(lua_State *L);
int mio__lua_standard_stderr(lua_State *L);

#endif
