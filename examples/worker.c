/*
 * A worker thread in C, and a server in Lua: what would hold up the loop is done elsewhere.
 *
 *     ./dev run examples/worker.c [ADDRESS]
 *
 * A client sends numbers, one in a line, and gets for each how many primes there are up to it.
 * Nobody may ask for more than a fraction of a second of the one worker: a larger number is
 * refused. And the worker looks up from its work, so that the program can be ended at any time.
 * The script below serves the clients. The numbers go to the worker through a channel of the
 * worker's own loop; what it found comes back to a handler in Lua through a channel of the
 * script.
 */
#include "mio.h"
#include "mio/lua.h"

#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char script[] = "\
local loop, address, limit_max, count_primes, give_sender = ...\n\
local mio = require('mio')\n\
local listener = assert(mio.listen(address))\n\
local clients, last = {}, 0 -- number -> client\n\
\n\
give_sender((loop:channel(function(answer)\n\
  local number, text = answer:match('^(%d+) (.*)$')\n\
  local client = clients[tonumber(number)]\n\
  if client then client:try_write(text .. '\\n') end -- a few bytes: a slow client loses them\n\
end)))\n\
\n\
local function on_client(number, buffer, client)\n\
  local count, err = client:try_read_into(buffer, 4096)\n\
  local first, stop = buffer:find('\\n')\n\
  while first do\n\
    local limit = math.tointeger(tonumber(buffer:sub(1, first - 1)))\n\
    buffer:consume(stop)\n\
    if not limit then client:try_write('a number, please\\n')\n\
    elseif limit > limit_max then client:try_write('at most ' .. limit_max .. ', please\\n')\n\
    elseif not count_primes(number, limit) then client:try_write('busy\\n') end\n\
    first, stop = buffer:find('\\n')\n\
  end\n\
  if not count and err ~= 'again' or #buffer > 100 then\n\
    clients[number] = nil\n\
    client:close()\n\
  end\n\
end\n\
\n\
loop:register(listener, 'r', function()\n\
  for client in listener:try_accepts() do\n\
    last = last + 1\n\
    clients[last] = client\n\
    local number, buffer = last, mio.buffer()\n\
    loop:register(client, 'r', function() on_client(number, buffer, client) end)\n\
  end\n\
end)\n\
\n\
print('listening on ' .. tostring(listener:local_address()))\n\
";

enum { LIMIT_MAX = 1000000 };

/* What the worker is asked. */
typedef struct question {
    long long client;
    long long limit;
} question;

typedef struct app {
    lua_State *L;
    mio_loop *loop;
    mio_loop *worker_loop; /* the worker's own */
    mio_sender *requests;
    mio_lua_sender *answers;
    pthread_t worker;
    atomic_bool ends; /* what the worker has not done yet is not wanted any more */
} app;

/* The world said no before the loop ran. */
static void check(const char *what, int err)
{
    if (err < 0) {
        fprintf(stderr, "%s: %s\n", what, mio_strerror(err));
        exit(EXIT_FAILURE);
    }
}

/* ----------------------------------------------------------------- the worker */

static int is_prime(long long number)
{
    for (long long divisor = 2; divisor <= number / divisor; divisor++) {
        if (number % divisor == 0)
            return 0;
    }
    return number > 1;
}

static void work(app *host, const question *request)
{
    static const struct timespec rest = {.tv_nsec = 1000000};
    long long count = 0;
    char text[64];
    int size;

    for (long long number = 2; number <= request->limit && !host->ends; number++)
        count += is_prime(number);
    size = snprintf(text, sizeof text, "%lld %lld", request->client, count);
    while (!host->ends && mio_lua_sender_send(host->answers, text, (size_t)size) == -EAGAIN)
        nanosleep(&rest, NULL); /* the script is slower than we are */
}

static void on_request(mio_loop *loop, const mio_event *event, void *ctx)
{
    (void)loop;
    if (event->message != NULL)
        work(ctx, event->message);
}

/* Until nobody can ask any more: then the loop has nothing to wait for. */
static void *worker_run(void *arg)
{
    static const mio_handler handler = {.notify = on_request};
    app *host = arg;

    mio_loop_run(host->worker_loop, &handler, host);
    return NULL;
}

/* ------------------------------------------------------------------- the host */

/* count_primes(client, limit): true, or false where the worker has too much to do. */
static int host_count_primes(lua_State *L)
{
    const app *host = lua_touserdata(L, lua_upvalueindex(1));
    const question request = {luaL_checkinteger(L, 1), luaL_checkinteger(L, 2)};

    lua_pushboolean(L, mio_sender_send(host->requests, &request) == 0);
    return 1;
}

/* give_sender(sender): where the answers go */
static int host_give_sender(lua_State *L)
{
    app *host = lua_touserdata(L, lua_upvalueindex(1));

    if (mio_lua_sender_get(L, 1, &host->answers) < 0)
        return luaL_argerror(L, 1, "a sender is wanted");
    return 0;
}

/* What is not Lua's are the two signals. */
static void on_event(mio_loop *loop, const mio_event *event, void *ctx)
{
    const app *host = ctx;
    const int taken = mio_lua_dispatch(host->L, loop, event);

    if (taken == -ECANCELED) {
        fprintf(stderr, "%s\n", luaL_tolstring(host->L, -1, NULL));
        lua_pop(host->L, 2);
    } else if (taken == 0 && event->kind == MIO_SIGNAL) {
        mio_loop_shutdown(loop);
    }
}

static void host_load(app *host, const char *address)
{
    lua_State *L = luaL_newstate();

    check("Lua", L != NULL ? 0 : -ENOMEM);
    host->L = L;
    luaL_openlibs(L);
    luaL_requiref(L, "mio", luaopen_mio, 0);
    lua_settop(L, 0);
    if (luaL_loadstring(L, script) == LUA_OK) {
        check("attach", mio_lua_attach(L, host->loop));
        lua_pushstring(L, address);
        lua_pushinteger(L, LIMIT_MAX);
        lua_pushlightuserdata(L, host);
        lua_pushcclosure(L, host_count_primes, 1);
        lua_pushlightuserdata(L, host);
        lua_pushcclosure(L, host_give_sender, 1);
        if (lua_pcall(L, 5, 0, 0) == LUA_OK)
            return;
    }
    fprintf(stderr, "%s\n", luaL_tolstring(L, -1, NULL));
    exit(EXIT_FAILURE);
}

static void host_open(app *host)
{
    const mio_channel_config config = {.capacity = 256, .message_size = sizeof(question)};
    mio_channel *channel;

    check("loop", mio_loop_new(NULL, &host->loop));
    check("INT", mio_loop_signal(host->loop, SIGINT, 0, NULL));
    check("TERM", mio_loop_signal(host->loop, SIGTERM, 0, NULL));
    check("loop", mio_loop_new(NULL, &host->worker_loop));
    check("channel", mio_channel_new(host->worker_loop, &config, &channel));
    host->requests = mio_sender_new(channel);
}

/* Answers are refused from the end of Lua on; without requests the worker comes to its end. */
static void host_close(app *host)
{
    host->ends = true;
    lua_close(host->L);
    mio_sender_unref(host->requests);
    pthread_join(host->worker, NULL);
    mio_lua_sender_unref(host->answers);
    mio_loop_free(host->worker_loop);
    mio_loop_free(host->loop);
}

int main(int argc, char **argv)
{
    static const mio_handler handler = {
        .ready = on_event, .notify = on_event, .timeout = on_event, .signal = on_event};
    app host = {.L = NULL};
    int err;

    host_open(&host);
    host_load(&host, argc > 1 ? argv[1] : "127.0.0.1:7000");
    check("thread", -pthread_create(&host.worker, NULL, worker_run, &host));
    fflush(stdout);
    err = mio_loop_run(host.loop, &handler, &host);
    host_close(&host);
    check("run", err);
    return EXIT_SUCCESS;
}
