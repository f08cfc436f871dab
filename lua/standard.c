#include "standard.h"

#include "result.h"
#include "stream.h"

#include "mio/inherited.h"

#include <unistd.h>

static mio_inherited standard_of(mio_fd fd)
{
    return (mio_inherited){.fd = fd, .may_wait = true};
}

ptrdiff_t mio__lua_standard_read(mio_fd fd, void *buffer, size_t size)
{
    const mio_inherited inherited = standard_of(fd);

    return mio_inherited_read(&inherited, buffer, size);
}

ptrdiff_t mio__lua_standard_write(mio_fd fd, const void *data, size_t size)
{
    const mio_inherited inherited = standard_of(fd);

    return mio_inherited_write(&inherited, data, size);
}

ptrdiff_t mio__lua_standard_writev(mio_fd fd, const struct iovec *pieces, size_t count)
{
    const mio_inherited inherited = standard_of(fd);

    return mio_inherited_writev(&inherited, pieces, count);
}

static int standard_create(lua_State *L, mio_fd fd)
{
    mio__lua_stream *stream = mio__lua_stream_new(L);
    mio_inherited inherited;
    const int err = mio_inherited_open(fd, &inherited);

    if (err < 0)
        return mio__lua_failure(L, err);
    stream->kind = inherited.may_wait ? STREAM_INHERITED : STREAM_PIPE;
    stream->source.fd = inherited.fd;
    return 1;
}

int mio__lua_standard_stdin(lua_State *L)
{
    return standard_create(L, STDIN_FILENO);
}

int mio__lua_standard_stdout(lua_State *L)
{
    return standard_create(L, STDOUT_FILENO);
}

int mio__lua_standard_stderr(lua_State *L)
{
    return standard_create(L, STDERR_FILENO);
}
