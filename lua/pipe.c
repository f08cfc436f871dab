#include "pipe.h"

#include "result.h"

#include "mio/pipe.h"
#include "mio/socket.h"

void mio__lua_pipe_become(mio__lua_stream *stream)
{
    static const mio__lua_stream_calls calls = {mio_read, mio_pipe_write, mio_pipe_writev};

    stream->calls = &calls;
}

int mio__lua_pipe_create(lua_State *L)
{
    mio__lua_stream *reader = mio__lua_stream_new(L);
    mio__lua_stream *writer = mio__lua_stream_new(L);
    mio_fd fds[2];
    const int err = mio_pipe(fds);

    if (err < 0)
        return mio__lua_failure(L, err);
    mio__lua_pipe_become(reader);
    mio__lua_pipe_become(writer);
    reader->source.fd = fds[0];
    writer->source.fd = fds[1];
    return 2;
}
