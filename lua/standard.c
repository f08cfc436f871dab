#include "standard.h"

#include "pipe.h"
#include "result.h"
#include "stream.h"

#include "mio/inherited.h"

#include <unistd.h>

static mio_inherited standard_of(mio_fd fd)
{
    return (mio_inherited){.fd = fd, .may_wait = true};
}

static ptrdiff_t standard_read(mio_fd fd, void *buffer, size_t size)
{
    const mio_inherited inherited = standard_of(fd);

    return mio_inherited_read(&inherited, buffer, size);
}

static ptrdiff_t standard_write(mio_fd fd, const void *data, size_t size)
{
    const mio_inherited inherited = standard_of(fd);

    return mio_inherited_write(&inherited, data, size);
}

static ptrdiff_t standard_writev(mio_fd fd, const struct iovec *pieces, size_t count)
{
    const mio_inherited inherited = standard_of(fd);

    return mio_inherited_writev(&inherited, pieces, count);
}

/* What never waits is read and written as a pipe is. */
static int standard_create(lua_State *L, mio_fd fd)
{
    static const mio__lua_stream_calls calls = {standard_read, standard_write, standard_writev};
    mio__lua_stream *stream = mio__lua_stream_new(L);
    mio_inherited inherited;
    const int err = mio_inherited_open(fd, &inherited);

    if (err < 0)
        return mio__lua_failure(L, err);
    mio__lua_pipe_become(stream);
    if (inherited.may_wait)
        stream->calls = &calls;
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
