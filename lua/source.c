#include "source.h"

#include "datagram.h"
#include "listener.h"
#include "registration.h"
#include "result.h"
#include "signals.h"
#include "stream.h"

#include "mio/addr.h"
#include "mio/socket.h"

#include <limits.h>
#include <stdio.h>

mio__lua_source *mio__lua_source_test(lua_State *L, int arg)
{
    void *source = mio__lua_class_test(L, arg, CLASS_STREAM, sizeof(mio__lua_stream));

    if (source == NULL)
        source = mio__lua_class_test(L, arg, CLASS_LISTENER, sizeof(mio__lua_listener));
    if (source == NULL)
        source = mio__lua_class_test(L, arg, CLASS_DATAGRAM, sizeof(mio__lua_datagram));
    if (source == NULL)
        source = mio__lua_class_test(L, arg, CLASS_SIGNALS, sizeof(mio__lua_signals));
    if (source == NULL)
        source = mio__lua_class_test(L, arg, CLASS_LOOP, sizeof(mio__lua_loop));
    if (source == NULL)
        source = mio__lua_class_test(L, arg, CLASS_POLL, sizeof(mio__lua_loop));
    return source;
}

static mio_fd source_fd_of_number(lua_State *L, int arg, int index)
{
    int exact;
    lua_Integer fd = lua_tointegerx(L, index, &exact);

    luaL_argcheck(L, exact && lua_type(L, index) == LUA_TNUMBER && fd >= 0 && fd <= INT_MAX,
                  arg, "a descriptor is a whole number from 0 to 2147483647");
    return (mio_fd)fd;
}

/* What an object's method has answered, on top. A closed one says nil, or -1 (LuaSocket). */
static mio_fd source_fd_of_answer(lua_State *L, int arg)
{
    if (lua_isnil(L, -1) || (lua_type(L, -1) == LUA_TNUMBER && lua_tonumber(L, -1) == -1))
        return -1;
    return source_fd_of_number(L, arg, -1);
}

/* Ask the object: the first of the three methods that it has. Indexing may run its code. */
static mio_fd source_fd_of_object(lua_State *L, int arg)
{
    static const char *const names[] = {"pollfd", "getfd", "get_fd"};
    mio_fd fd;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (lua_getfield(L, arg, names[i]) == LUA_TFUNCTION) {
            lua_pushvalue(L, arg);
            lua_call(L, 1, 1);
            fd = source_fd_of_answer(L, arg);
            lua_pop(L, 1);
            return fd;
        }
        lua_pop(L, 1);
    }
    return luaL_argerror(L, arg, "it has no method pollfd, getfd or get_fd");
}

static bool source_can_be_indexed(lua_State *L, int arg)
{
    if (lua_type(L, arg) == LUA_TTABLE)
        return true;
    if (lua_type(L, arg) != LUA_TUSERDATA || luaL_getmetafield(L, arg, "__index") == LUA_TNIL)
        return false;
    lua_pop(L, 1);
    return true;
}

mio_fd mio__lua_source_fd(lua_State *L, int arg)
{
    const mio__lua_source *source = mio__lua_source_test(L, arg);
    const luaL_Stream *file;

    if (source != NULL)
        return source->fd;
    if (lua_type(L, arg) == LUA_TNUMBER)
        return source_fd_of_number(L, arg, arg);
    file = luaL_testudata(L, arg, LUA_FILEHANDLE);
    if (file != NULL)
        return file->closef != NULL ? fileno(file->f) : -1;
    if (!source_can_be_indexed(L, arg))
        luaL_typeerror(L, arg, "socket, descriptor, file, or object with pollfd()");
    return source_fd_of_object(L, arg);
}

void mio__lua_source_leave(lua_State *L, mio__lua_source *source)
{
    while (source->registrations != NULL)
        mio__lua_registration_end(L, source->registrations);
    source->fd = -1;
}

void mio__lua_source_close(lua_State *L, mio__lua_source *source)
{
    const mio_fd fd = source->fd;

    mio__lua_source_leave(L, source);
    if (fd >= 0)
        mio_close(fd);
}

int mio__lua_source_method_getfd(lua_State *L)
{
    const mio__lua_source *source = mio__lua_source_test(L, 1);

    luaL_argexpected(L, source != NULL, 1, "mio socket");
    if (source->fd < 0)
        return mio__lua_token(L, "closed");
    lua_pushinteger(L, source->fd);
    return 1;
}

int mio__lua_source_describe(lua_State *L, const char *name)
{
    const mio__lua_source *source = lua_touserdata(L, 1);

    if (source->fd < 0)
        lua_pushfstring(L, "%s (closed)", name);
    else
        lua_pushfstring(L, "%s (descriptor %d)", name, source->fd);
    return 1;
}
