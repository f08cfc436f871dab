#include "pipe.h"

#include "result.h"
#include "stream.h"

#include "mio/pipe.h"

int mio__lua_pipe_create(lua_State *L)
{
    mio__lua_stream *reader = mio__lua_stream_new(L);
    mio__lua_stream *writer = mio__lua_stream_new(L);
    mio_fd fds[2];
    const int err = mio_pipe(fds);

    if (err < 0)
        return mio__lua_failure(L, err);
    reader->kind = writer->kind = STREAM_PIPE;
    reader->source.fd = fds[0];
    writer->source.fd = fds[1];
    return 2;
}
