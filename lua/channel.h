/*
 * Channels: messages from any Lua state, in any thread, to a handler of a loop.
 *
 * 1. While a channel is open, the table of channels of its loop holds it and its handler, in
 *    the slot of its id; `loop` and `core` are NULL once it is closed.
 * 2. It closes by itself when the last sender has gone and all messages were handled.
 * 3. `current` is the message that is being decoded. Decoding may run finalizers, which may
 *    close the channel: so it is released only after that, or with the object. Where memory
 *    runs out it is kept, and the core reports it again.
 *
 * The waker of a poll is a channel of one message without a value; its token is its handler.
 */
#ifndef MIO__LUA_CHANNEL_H
#define MIO__LUA_CHANNEL_H

#include "loop.h"
#include "message.h"

#include "mio/channel.h"

typedef struct mio__lua_channel {
    mio__lua_object object;
    mio__lua_loop *loop;
    mio_channel *core;
    mio__lua_message current;
} mio__lua_channel;

/* loop:channel(): the loop at index 1, its handler at `handler`, the options at index 3. Pushes
   a sender and the channel. */
int mio__lua_channel_new(lua_State *L, int handler);

/* poll:waker(token) */
int mio__lua_channel_new_waker(lua_State *L);

/* Whether the channel with this id is in the slot table at `table`. */
bool mio__lua_channel_is_ours(lua_State *L, int table, uint64_t id);

/*
 * Push the handler of an event, and message, closed, channel. Returns 3; or -1 where the
 * channel is none of Lua's. `table` is the index of the loop's table of channels.
 */
int mio__lua_channel_push_event(lua_State *L, int table, const mio_event *event);

/* The same for a poll: pushes the token of the waker. Returns false where there is none. */
bool mio__lua_channel_push_token(lua_State *L, int table, const mio_event *event);

/* Close a channel, if it is open. */
void mio__lua_channel_close(lua_State *L, mio__lua_channel *channel);

/* The same where the loop's tables are about to go as a whole: they are left alone. */
void mio__lua_channel_forget(mio__lua_channel *channel);

/* Define the class. The state is on top. */
void mio__lua_channel_open(lua_State *L);

#endif
