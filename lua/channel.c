#include "channel.h"

#include "options.h"
#include "result.h"
#include "sender.h"
#include "slots.h"

#include <errno.h>

enum { CHANNEL_CAPACITY = 1024, CHANNEL_CAPACITY_BYTES = 64 << 20 };

/* ------------------------------------------------------------------- its life */

void mio__lua_channel_forget(mio__lua_channel *channel)
{
    mio_channel *core = channel->core;

    channel->core = NULL;
    channel->loop = NULL;
    if (core == NULL)
        return;
    mio_channel_repeat(core, false); /* it is `current` */
    mio_channel_free(core);
}

void mio__lua_channel_close(lua_State *L, mio__lua_channel *channel)
{
    if (channel->core == NULL)
        return;
    if (mio__lua_loop_push_slots(L, channel->loop, LOOP_CHANNELS) == LUA_TTABLE)
        mio__lua_slots_clear(L, lua_gettop(L), mio_channel_id(channel->core));
    lua_pop(L, 1);
    mio__lua_channel_forget(channel);
}

static void channel_drop(void *message)
{
    mio__lua_message_release(message);
}

/* The core has it: the object, on top, goes to the slot table, which may find no memory. */
static void channel_bind(lua_State *L, mio__lua_channel *channel, int handler)
{
    const int object = lua_gettop(L);

    lua_getiuservalue(L, 1, LOOP_CHANNELS);
    lua_pushvalue(L, object);
    lua_pushvalue(L, handler);
    lua_pushboolean(L, 0); /* channels have no source */
    if (mio__lua_slots_set(L, object + 1, mio_channel_id(channel->core)) != LUA_OK) {
        mio__lua_channel_forget(channel);
        lua_error(L);
    }
    lua_pop(L, 1);
}

/*
 * Push a sender, and its new channel of the loop at index 1. Returns 0, or -errno; -EPIPE where
 * the loop is closed, which the finalizers that making objects runs may do.
 */
static int channel_make(lua_State *L, int handler, int capacity, int bytes, bool wakes)
{
    const mio_channel_config config = {.capacity = (uint32_t)capacity,
                                       .message_size = sizeof(mio__lua_message),
                                       .drop = channel_drop};
    mio__lua_loop *loop = lua_touserdata(L, 1);
    mio__lua_sender *sender = mio__lua_sender_new(L, wakes);
    mio__lua_channel *channel = mio__lua_class_new(L, CLASS_CHANNEL, sizeof *channel, 0);
    int err;

    if (loop->core == NULL)
        return -EPIPE;
    err = mio_channel_new(loop->core, &config, &channel->core);
    if (err < 0)
        return err;
    channel->loop = loop;
    if (!mio__lua_sender_fill(sender, channel->core, (size_t)bytes)) {
        mio__lua_channel_forget(channel);
        return -ENOMEM;
    }
    channel_bind(L, channel, handler);
    return 0;
}

static int channel_failure(lua_State *L, int err)
{
    return err == -EPIPE ? mio__lua_token(L, "closed") : mio__lua_failure(L, err);
}

int mio__lua_channel_new(lua_State *L, int handler)
{
    int capacity = CHANNEL_CAPACITY;
    int bytes = CHANNEL_CAPACITY_BYTES;
    const mio__lua_option known[] = {{"capacity", OPTION_ROOM, &capacity, NULL},
                                     {"capacity_bytes", OPTION_COUNT, &bytes, NULL}};
    int err;

    mio__lua_options_read(L, 3, known, sizeof known / sizeof *known);
    err = channel_make(L, handler, capacity, bytes, false);
    return err < 0 ? channel_failure(L, err) : 2;
}

int mio__lua_channel_new_waker(lua_State *L)
{
    const int err = channel_make(L, 2, 1, 1, true);

    if (err < 0)
        return channel_failure(L, err);
    lua_pop(L, 1);
    return 1;
}

/* ------------------------------------------------------------------- events */

/* The channel of an event, pushed; NULL, with nothing of use pushed, where it is a host's. */
static mio__lua_channel *channel_find(lua_State *L, int table, uint64_t id)
{
    mio__lua_channel *channel = NULL;

    if (mio__lua_slots_get(L, table, id, SLOT_OBJECT) == LUA_TUSERDATA)
        channel = lua_touserdata(L, -1);
    return channel != NULL && channel->core != NULL && mio_channel_id(channel->core) == id
               ? channel
               : NULL;
}

bool mio__lua_channel_is_ours(lua_State *L, int table, uint64_t id)
{
    const bool ours = channel_find(L, table, id) != NULL;

    lua_pop(L, 1);
    return ours;
}

/* Push the value. Where memory runs out the core reports the message again. One that cannot be
   read was not written by us. */
static void channel_receive(lua_State *L, mio__lua_channel *channel, const void *message)
{
    bool read;

    channel->current = *(const mio__lua_message *)message;
    mio_channel_repeat(channel->core, true);
    read = mio__lua_message_decode(L, &channel->current);
    if (channel->core != NULL)
        mio_channel_repeat(channel->core, false);
    mio__lua_message_release(&channel->current);
    if (!read)
        luaL_error(L, "a message that makes no sense");
}

int mio__lua_channel_push_event(lua_State *L, int table, const mio_event *event)
{
    mio__lua_channel *channel = channel_find(L, table, event->id);
    const int object = lua_gettop(L);

    if (channel == NULL)
        return -1;
    mio__lua_slots_get(L, table, event->id, SLOT_HANDLER);
    if (event->message != NULL) {
        channel_receive(L, channel, event->message);
    } else {
        mio__lua_channel_close(L, channel);
        lua_pushnil(L);
    }
    lua_pushboolean(L, event->message == NULL);
    lua_pushvalue(L, object);
    lua_remove(L, object);
    return 3;
}

bool mio__lua_channel_push_token(lua_State *L, int table, const mio_event *event)
{
    mio__lua_channel *channel = channel_find(L, table, event->id);

    if (channel == NULL)
        return false;
    mio__lua_slots_get(L, table, event->id, SLOT_HANDLER);
    if (event->message == NULL)
        mio__lua_channel_close(L, channel);
    return event->message != NULL;
}

/* ------------------------------------------------------------------- methods */

static mio__lua_channel *channel_check(lua_State *L)
{
    return mio__lua_class_check(L, 1, CLASS_CHANNEL, sizeof(mio__lua_channel));
}

/* channel:close() and __close */
static int channel_close(lua_State *L)
{
    mio__lua_channel_close(L, channel_check(L));
    lua_pushboolean(L, 1);
    return 1;
}

static int channel_gc(lua_State *L)
{
    mio__lua_channel *channel = channel_check(L);

    mio__lua_channel_close(L, channel);
    mio__lua_message_release(&channel->current);
    return 0;
}

static int channel_tostring(lua_State *L)
{
    const mio__lua_channel *channel = channel_check(L);

    lua_pushfstring(L, "mio.channel (%s)", channel->core != NULL ? "open" : "closed");
    return 1;
}

void mio__lua_channel_open(lua_State *L)
{
    static const luaL_Reg methods[] = {{"close", channel_close}, {NULL, NULL}};
    static const luaL_Reg meta[] = {
        {"__gc", channel_gc},
        {"__close", channel_close},
        {"__tostring", channel_tostring},
        {NULL, NULL},
    };

    mio__lua_class_define(L, CLASS_CHANNEL, "mio.channel", methods, meta);
}
