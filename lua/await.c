#include "await.h"

#include "listener.h"
#include "park.h"
#include "result.h"
#include "seconds.h"

#include <errno.h>
#include <string.h>

static mio__lua_source *await_check(lua_State *L)
{
    mio__lua_source *source = mio__lua_source_test(L, 1);

    luaL_argexpected(L, source != NULL, 1, "mio socket");
    return source;
}

static int await_failure(lua_State *L, int err)
{
    return err == -EBADF ? mio__lua_token(L, "closed") : mio__lua_failure(L, err);
}

/* The park of the source at index 1; or NULL, and the number of results that say why not. */
static mio__lua_park *await_begin(lua_State *L, int *ret_refused)
{
    mio__lua_source *source = await_check(L);
    mio__lua_park *park = NULL;
    const int err = source->fd < 0 ? -EBADF : mio__lua_park_get(L, source, &park);

    if (err < 0)
        *ret_refused = await_failure(L, err);
    return park;
}

/* Have the kernel tell again what holds already. Returns 0, or the number of results that say
   that the descriptor was closed behind us: then the park is over. */
static int await_rearm(lua_State *L, mio__lua_task *task, mio__lua_park *park)
{
    const int err = mio_loop_reregister(park->scheduler->loop->core, park->registration.id,
                                        MIO_READABLE | MIO_WRITABLE, MIO_EDGE);

    if (err == 0)
        return 0;
    mio__lua_task_unlink(task);
    mio__lua_registration_end(L, &park->registration);
    return await_failure(L, err);
}

static bool await_is_busy(const mio__lua_park *park, bool reads, bool writes)
{
    return (reads && park->reader.task != NULL) || (writes && park->writer.task != NULL);
}

/* Link the current task to what the letters at `arg` name. Returns 0, or the number of results.
 */
static int await_link(lua_State *L, mio__lua_task *task, mio__lua_park *park, int arg)
{
    const char *letters = luaL_checkstring(L, arg);
    const bool reads = strchr(letters, 'r') != NULL, writes = strchr(letters, 'w') != NULL;

    luaL_argcheck(L, (reads || writes) && strspn(letters, "rw") == strlen(letters), arg,
                  "interest is made of 'r' and 'w', one at least");
    if (await_is_busy(park, reads, writes))
        return mio__lua_token(L, "busy");
    park->wants = reads ? 0 : park->wants;
    if (reads)
        mio__lua_task_link(task, &park->reader);
    if (writes)
        mio__lua_task_link(task, &park->writer);
    return 0;
}

static int await_continue(lua_State *L, int status, lua_KContext ctx)
{
    const mio__lua_task *task = mio__lua_task_continued(L);

    (void)status;
    if (task == NULL)
        return lua_yieldk(L, 0, ctx, await_continue);
    if (task->outcome != WOKEN)
        return mio__lua_task_not_woken(L, task);
    lua_pushboolean(L, 1);
    return 1;
}

/* core.await(source, letters, seconds, what [, anew]): until an event comes; `anew`: or one
   that has come before still holds. Returns true, or nil and why not. */
int mio__lua_await_await(lua_State *L)
{
    const int64_t timeout_ns = mio__lua_seconds_timeout(L, 3);
    const char *what = luaL_checkstring(L, 4);
    mio__lua_task *task = mio__lua_task_check(L, what);
    int refused = 0;
    mio__lua_park *park = await_begin(L, &refused);

    if (park == NULL)
        return refused;
    refused = await_link(L, task, park, 2);
    if (refused != 0)
        return refused;
    if (lua_toboolean(L, 5))
        refused = await_rearm(L, task, park);
    if (refused != 0)
        return refused;
    return mio__lua_task_park(L, task, NULL, what,
                              timeout_ns >= 0 ? timeout_ns : park->timeout_ns, 0,
                              await_continue);
}

/* core.watch(source, letters): an event of it will end the next core.suspend(); what holds is
   told, too. Returns true, or nil and why not. */
int mio__lua_await_watch(lua_State *L)
{
    mio__lua_task *task = mio__lua_task_check(L, "select");
    int refused = 0;
    mio__lua_park *park = await_begin(L, &refused);

    if (park == NULL)
        return refused;
    refused = await_link(L, task, park, 2);
    if (refused != 0)
        return refused;
    refused = await_rearm(L, task, park);
    if (refused != 0)
        return refused;
    lua_pushboolean(L, 1);
    return 1;
}

/* core.unwatch(): forget all that the current task watches */
int mio__lua_await_unwatch(lua_State *L)
{
    mio__lua_task *task = mio__lua_task_check(L, "select");

    mio__lua_task_unlink(task);
    task->woken_by = NULL;
    return 0;
}

/* core.woken_by(source, letters): whether it was this one that has woken the current task */
int mio__lua_await_woken_by(lua_State *L)
{
    const mio__lua_scheduler *scheduler = mio__lua_scheduler_get(L);
    const mio__lua_park *park = mio__lua_park_find(await_check(L));
    const char *letters = luaL_checkstring(L, 2);
    const void *by = scheduler->current->woken_by;

    lua_pushboolean(L, park != NULL && by != NULL &&
                           ((strchr(letters, 'r') != NULL && by == &park->reader) ||
                            (strchr(letters, 'w') != NULL && by == &park->writer)));
    return 1;
}

/* core.attach(socket, listener): from now on tasks use it. Returns the socket. */
int mio__lua_await_attach(lua_State *L)
{
    const mio__lua_listener *listener =
        mio__lua_class_check(L, 2, CLASS_LISTENER, sizeof *listener);
    int refused = 0;
    mio__lua_park *park = await_begin(L, &refused);

    if (park != NULL && listener->high_water != 0)
        park->high_water = (size_t)listener->high_water;
    lua_settop(L, 1);
    return 1;
}

/* core.first_within(stream, seconds): from now on, for its first read to return */
int mio__lua_await_first_within(lua_State *L)
{
    const int64_t timeout_ns = mio__lua_seconds_timeout(L, 2);
    int refused = 0;
    mio__lua_park *park = await_begin(L, &refused);

    if (park == NULL)
        return refused;
    park->is_fresh = timeout_ns >= 0;
    park->due_ns = timeout_ns >= 0 ? mio__lua_park_due(park, timeout_ns) : -1;
    lua_pushboolean(L, 1);
    return 1;
}

int mio__lua_await_is_socket(lua_State *L)
{
    lua_settop(L, 1);
    lua_pushboolean(L, mio__lua_source_test(L, 1) != NULL);
    return 1;
}

/* The park of the socket at index 1, whose settings are about to change; else as
   await_begin(). */
static mio__lua_park *await_setting(lua_State *L, const char *what, int *ret_refused)
{
    await_check(L);
    if (mio__lua_scheduler_get(L) == NULL)
        luaL_error(L, "%s: no tasks run here (see mio.run)", what);
    return await_begin(L, ret_refused);
}

/* socket:settimeout(seconds or nil): of each call that waits */
int mio__lua_await_settimeout(lua_State *L)
{
    const int64_t timeout_ns = mio__lua_seconds_timeout(L, 2);
    int refused = 0;
    mio__lua_park *park = await_setting(L, "settimeout", &refused);

    if (park == NULL)
        return refused;
    park->timeout_ns = timeout_ns;
    lua_pushboolean(L, 1);
    return 1;
}

/* core.timeout_of(source): what settimeout has set; nil: for ever */
int mio__lua_await_timeout_of(lua_State *L)
{
    const mio__lua_park *park = mio__lua_park_find(await_check(L));

    if (park == NULL || park->timeout_ns < 0)
        lua_pushnil(L);
    else
        mio__lua_seconds_push(L, park->timeout_ns);
    return 1;
}

/* stream:sethighwater(bytes): above it write waits, and try_write says "full" */
int mio__lua_await_sethighwater(lua_State *L)
{
    const size_t bytes = mio__lua_size_of(luaL_checkinteger(L, 2));
    int refused = 0;
    mio__lua_park *park = await_setting(L, "sethighwater", &refused);

    if (park == NULL)
        return refused;
    park->high_water = bytes;
    lua_pushboolean(L, 1);
    return 1;
}
