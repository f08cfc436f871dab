/*
 * require("mio"): the module's table, and its classes, defined once in a Lua state.
 */
#include "mio/lua.h"

#include "address.h"
#include "batch.h"
#include "buffer.h"
#include "channel.h"
#include "datagram.h"
#include "dispatch.h"
#include "dump.h"
#include "embed.h"
#include "library.h"
#include "listener.h"
#include "loop.h"
#include "nested.h"
#include "park.h"
#include "passing.h"
#include "pipe.h"
#include "poll.h"
#include "process.h"
#include "registration.h"
#include "scheduler.h"
#include "seconds.h"
#include "sender.h"
#include "shared_channel.h"
#include "signals.h"
#include "standard.h"
#include "state.h"
#include "stream.h"
#include "task.h"
#include "thread.h"
#include "timer.h"

#include "mio/base.h"
#include "mio/clock.h"

/* mio.now() */
static int module_now(lua_State *L)
{
    mio__lua_seconds_push(L, mio_now_ns());
    return 1;
}

/* __gc of the state, as the Lua state is closed, after all objects that were made before: Lua
   calls no finalizer of a loop that another finalizer has made meanwhile. */
static int module_close(lua_State *L)
{
    lua_getiuservalue(L, lua_upvalueindex(1), STATE_LOOPS);
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        mio__lua_loop_close(L, lua_gettop(L));
        lua_pop(L, 1);
    }
    return 0;
}

/* Stack: state. */
static void module_guard(lua_State *L)
{
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, -2);
    lua_pushcclosure(L, module_close, 1);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
}

static void module_define_classes(lua_State *L)
{
    mio__lua_state *state = lua_touserdata(L, -1);

    if (state->opened)
        return;
    mio__lua_address_open(L);
    mio__lua_batch_open(L);
    mio__lua_buffer_open(L);
    mio__lua_channel_open(L);
    mio__lua_datagram_open(L);
    mio__lua_dispatch_open(L);
    mio__lua_dump_open(L);
    mio__lua_embed_open(L);
    mio__lua_listener_open(L);
    mio__lua_loop_open(L);
    mio__lua_park_open(L);
    mio__lua_passing_open(L);
    mio__lua_poll_open(L);
    mio__lua_process_open(L);
    mio__lua_registration_open(L);
    mio__lua_scheduler_open(L);
    mio__lua_sender_open(L);
    mio__lua_shared_channel_open(L);
    mio__lua_signals_open(L);
    mio__lua_stream_open(L);
    mio__lua_task_open(L);
    mio__lua_thread_open(L);
    mio__lua_timer_open(L);
    module_guard(L);
    state->opened = true;
}

int luaopen_mio(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"address", mio__lua_address_create},
        {"batch", mio__lua_batch_create},
        {"buffer", mio__lua_buffer_create},
        {"datagram", mio__lua_datagram_create},
        {"listen", mio__lua_listener_listen},
        {"loop", mio__lua_loop_create},
        {"now", module_now},
        {"pair", mio__lua_passing_pair},
        {"pipe", mio__lua_pipe_create},
        {"poll", mio__lua_poll_create},
        {"process", mio__lua_process_create},
        {"resume", mio__lua_nested_resume},
        {"sender", mio__lua_sender_import},
        {"shared_channel", mio__lua_shared_channel_create},
        {"signal", mio__lua_signals_create},
        {"stderr", mio__lua_standard_stderr},
        {"stdin", mio__lua_standard_stdin},
        {"stdout", mio__lua_standard_stdout},
        {"thread", mio__lua_thread_create},
        {"try_connect", mio__lua_stream_connect},
        {"wrap", mio__lua_nested_wrap},
        {NULL, NULL},
    };

    luaL_checkversion(L);
    mio__lua_state_push(L);
    module_define_classes(L);
    luaL_newlibtable(L, functions);
    lua_pushvalue(L, -2);
    luaL_setfuncs(L, functions, 1);
    lua_pushstring(L, mio_version());
    lua_setfield(L, -2, "version");
    lua_insert(L, -2);
    lua_pushcclosure(L, mio__lua_library_load, 1);
    lua_pushvalue(L, -2);
    lua_call(L, 1, 0);
    return 1;
}
