/*
 * A host program with a loop of its own, on which handlers in Lua and in C run side by side.
 *
 *     ./dev run examples/embed.c [ADDRESS [SCRIPT]]
 *
 * The script, which gets the loop and ADDRESS, serves clients: the one below echoes. The host
 * tells on a port of its own, in C, how busy the script is, and ends it all on a signal.
 */
#include "mio.h"
#include "mio/lua.h"

#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static const char echo_script[] = "\
local loop, address = ...\n\
local mio = require('mio')\n\
local listener = assert(mio.listen(address))\n\
local buffers = {} -- client -> what is unsent\n\
\n\
local function on_client(client, _, _, _, registration)\n\
  local buffer, count, err = buffers[client], nil, nil\n\
  if #buffer == 0 then\n\
    count, err = client:try_read_into(buffer, 16384)\n\
  end\n\
  if #buffer > 0 then\n\
    count, err = client:try_write(buffer)\n\
  end\n\
  if not count and err ~= 'again' then\n\
    buffers[client] = nil\n\
    client:close()\n\
  else\n\
    registration:reregister(#buffer > 0 and 'w' or 'r')\n\
  end\n\
end\n\
\n\
loop:register(listener, 'r', function()\n\
  for client in listener:try_accepts() do\n\
    buffers[client] = mio.buffer()\n\
    loop:register(client, 'r', on_client)\n\
  end\n\
end)\n\
\n\
print('listening on ' .. tostring(listener:local_address()))\n\
";

/* How long the listener rests when it cannot accept. */
static const int64_t rest_ns = 100000000;

struct host {
    lua_State *L;
    mio_loop *loop;
    mio_fd listener; /* of those who ask how busy the script is */
    uint64_t listener_id;
    unsigned long calls; /* of handlers in Lua */
    unsigned long errors;
};

/* Offer an event to Lua. Returns whether it was one of Lua's. */
static bool host_dispatch(struct host *host, const mio_event *event)
{
    const int taken = mio_lua_dispatch(host->L, host->loop, event);

    if (taken == 0)
        return false;
    host->calls++;
    if (taken == -ECANCELED) {
        host->errors++;
        fprintf(stderr, "%s\n", luaL_tolstring(host->L, -1, NULL));
        lua_pop(host->L, 2);
    }
    return true;
}

static void host_tell(struct host *host)
{
    mio_fd fd;
    int err;

    while ((err = mio_accept(host->listener, &fd, NULL)) == 0) {
        char text[64];
        const int size = snprintf(text, sizeof text, "%lu calls of Lua, %lu failed\n",
                                  host->calls, host->errors);

        mio_write(fd, text, (size_t)size);
        mio_close(fd);
    }
    if (err != -EAGAIN)
        mio_loop_pause(host->loop, host->listener_id, rest_ns);
}

/* What is not Lua's is the host's: one descriptor and two signals. */

static void on_ready(mio_loop *loop, const mio_event *event, void *ctx)
{
    (void)loop;
    if (!host_dispatch(ctx, event))
        host_tell(ctx);
}

static void on_timeout(mio_loop *loop, const mio_event *event, void *ctx)
{
    (void)loop;
    host_dispatch(ctx, event);
}

static void on_signal(mio_loop *loop, const mio_event *event, void *ctx)
{
    if (!host_dispatch(ctx, event))
        mio_loop_shutdown(loop);
}

/* The world said no before the loop ran. */
static void check(const char *what, int err)
{
    if (err < 0) {
        fprintf(stderr, "%s: %s\n", what, mio_strerror(err));
        exit(EXIT_FAILURE);
    }
}

/* A Lua state in which require("mio") works, and the script, given the loop and the address.
   Returns whether it ran without an error. */
static bool host_run_script(struct host *host, const char *address, const char *script)
{
    lua_State *L = luaL_newstate();
    int status;

    check("Lua", L != NULL ? 0 : -ENOMEM);
    host->L = L;
    luaL_openlibs(L);
    luaL_requiref(L, "mio", luaopen_mio, 0);
    status = script != NULL ? luaL_loadfile(L, script) : luaL_loadstring(L, echo_script);
    if (status == LUA_OK) {
        check("attach", mio_lua_attach(L, host->loop));
        lua_pushstring(L, address);
        status = lua_pcall(L, 2, 0, 0);
    }
    if (status != LUA_OK)
        fprintf(stderr, "%s\n", luaL_tolstring(L, -1, NULL));
    lua_settop(L, 0);
    return status == LUA_OK;
}

static void host_open(struct host *host)
{
    mio_addr addr;
    char text[MIO_ADDR_TEXT_MAX];

    check("loop", mio_loop_new(NULL, &host->loop));
    check("INT", mio_loop_signal(host->loop, SIGINT, 0, NULL));
    check("TERM", mio_loop_signal(host->loop, SIGTERM, 0, NULL));
    check("address", mio_addr_parse("127.0.0.1:0", &addr));
    check("listen", mio_listen(&addr, NULL, &host->listener));
    check("listener", mio_loop_register(host->loop, host->listener, MIO_READABLE, MIO_LEVEL, 0,
                                        &host->listener_id));
    check("address", mio_socket_local(host->listener, &addr));
    check("address", mio_addr_format(&addr, text, sizeof text));
    printf("telling on %s\n", text);
}

/* Lua goes first: what it has registered is registered with the loop. */
static void host_close(struct host *host)
{
    lua_close(host->L);
    mio_loop_free(host->loop);
    mio_close(host->listener);
}

int main(int argc, char **argv)
{
    static const mio_handler handler = {
        .ready = on_ready, .timeout = on_timeout, .signal = on_signal};
    struct host host = {.calls = 0};
    bool runs;
    int err = 0;

    host_open(&host);
    runs = host_run_script(&host, argc > 1 ? argv[1] : "127.0.0.1:7000",
                           argc > 2 ? argv[2] : NULL);
    fflush(stdout);
    if (runs)
        err = mio_loop_run(host.loop, &handler, &host);
    host_close(&host);
    check("run", err);
    return runs ? EXIT_SUCCESS : EXIT_FAILURE;
}
