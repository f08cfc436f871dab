/*
 * Channels of a loop: the receiver's half.
 *
 * 1. A channel's bell is registered like a descriptor of the user, but the registration is the
 *    loop's own and its token points to the channel. Its id
 *    is the id of the channel's events.
 * 2. A channel is `busy` from the moment its bell is answered until it was found empty. While
 *    one is, the loop does not wait, and the bell of that one is not answered again. One that
 *    was found empty after a burst stays busy for a turn more: its senders are at work, and a
 *    turn without waiting costs less than a ring, its answer and a sleep. In a steady flow
 *    nobody rings.
 * 3. It is `open`, and counts for the loop, from its first sender until its end is reported.
 *
 * A turn that has spent its messages puts the channel at the head of `busy` to the end: so
 * each of several that are never empty has its turn.
 */
#include "mio/channel.h"

#include "event/sender.h"
#include "loop/loop.h"

#include <errno.h>
#include <stddef.h>

enum {
    CHANNEL_CAPACITY = 4096,
    CHANNEL_MESSAGE_SIZE = 8,
    CHANNEL_MESSAGE_MAX = 1 << 30,
    CHANNEL_BURST = 16 /* messages in a row */
};

struct mio_channel {
    mio__list link; /* in the loop's `channels` */
    mio__list busy; /* in the loop's `busy`, or in none */
    mio_loop *loop;
    mio_sender *sender; /* what is shared with the senders */
    uint64_t id;
    uint64_t token;
    size_t size;      /* of this block */
    uint64_t emptied; /* the turn that found it empty and left it busy */
    unsigned burst;   /* messages since it was found empty */
    bool open;
    _Alignas(max_align_t) unsigned char message[]; /* the one reported last */
};

/* ------------------------------------------------------------------- its life */

static int channel_open(mio_channel *channel, const mio_channel_config *config,
                        uint32_t message_size)
{
    const uint32_t capacity = config->capacity != 0 ? config->capacity : CHANNEL_CAPACITY;
    int err = mio__sender_open(capacity, message_size, config->drop, &channel->sender);

    if (err < 0)
        return err;
    err = mio__loop_register_own(channel->loop, channel->sender->bell.fd, LOOP_OWN_CHANNEL,
                                 (uint64_t)(uintptr_t)channel, &channel->id);
    if (err < 0)
        mio__sender_close(channel->sender);
    return err;
}

int mio_channel_new(mio_loop *loop, const mio_channel_config *config, mio_channel **ret_channel)
{
    static const mio_channel_config defaults;
    mio_channel *channel;
    uint32_t message_size;
    size_t size;
    int err;

    if (ret_channel == NULL)
        return -EINVAL;
    if (config == NULL)
        config = &defaults;
    message_size = config->message_size != 0 ? config->message_size : CHANNEL_MESSAGE_SIZE;
    if (message_size > CHANNEL_MESSAGE_MAX)
        return -ENOMEM;
    size = sizeof *channel + message_size;
    channel = mio__alloc(&loop->allocator, size);
    if (channel == NULL)
        return -ENOMEM;
    *channel = (mio_channel){.loop = loop, .token = config->token, .size = size};
    err = channel_open(channel, config, message_size);
    if (err < 0) {
        mio__alloc_free(&loop->allocator, channel, size);
        return err;
    }
    loop->channel_count++;
    mio__list_push(&loop->channels, &channel->link);
    mio__list_init(&channel->busy);
    *ret_channel = channel;
    return 0;
}

static void channel_set_open(mio_channel *channel, bool open)
{
    channel->loop->open_channels += (size_t)open - (size_t)channel->open;
    channel->open = open;
}

void mio_channel_free(mio_channel *channel)
{
    if (channel == NULL)
        return;
    channel_set_open(channel, false);
    channel->loop->channel_count--;
    mio__list_remove(&channel->link);
    mio__list_remove(&channel->busy);
    mio__loop_deregister_own(channel->loop, channel->id);
    mio__sender_close(channel->sender);
    mio__alloc_free(&channel->loop->allocator, channel, channel->size);
}

mio_sender *mio_sender_new(mio_channel *channel)
{
    channel_set_open(channel, true);
    return mio_sender_ref(channel->sender);
}

uint64_t mio_channel_id(const mio_channel *channel)
{
    return channel->id;
}

void mio__loop_channels_free(mio_loop *loop)
{
    while (!mio__list_is_empty(&loop->channels))
        mio_channel_free(mio__container_of(loop->channels.next, mio_channel, link));
}

uint64_t mio__loop_channel_token(uint64_t token)
{
    const mio_channel *channel = (mio_channel *)(uintptr_t)token;

    return channel->token;
}

/* ------------------------------------------------------------------- its messages */

void mio__loop_channel_heard(mio_loop *loop, uint64_t token)
{
    mio_channel *channel = (mio_channel *)(uintptr_t)token;

    if (!mio__list_is_empty(&channel->busy))
        return;
    mio__sender_answer(channel->sender);
    mio__list_push(&loop->busy, &channel->busy);
}

static int channel_tell(mio_channel *channel, const void *message, mio_event *ret_event)
{
    channel->burst++;
    *ret_event = (mio_event){
        .kind = MIO_NOTIFY, .token = channel->token, .id = channel->id, .message = message};
    return 1;
}

/* It was found empty: the end of being busy, but after a burst not yet. */
static void channel_rest(mio_channel *channel)
{
    mio_loop *loop = channel->loop;

    mio__list_remove(&channel->busy);
    if (channel->burst >= CHANNEL_BURST) {
        channel->emptied = loop->turn;
        mio__list_push(&loop->busy, &channel->busy);
    }
    channel->burst = 0;
}

/* The next message, or the end: whether the senders have gone is asked before the queue is
   looked at for the last time. Returns 0 where there is neither, for now. */
static int channel_take(mio_channel *channel, mio_event *ret_event)
{
    bool gone;

    if (mio__sender_take(channel->sender, channel->message))
        return channel_tell(channel, channel->message, ret_event);
    gone = mio__sender_gone(channel->sender);
    if (gone && mio__sender_take(channel->sender, channel->message))
        return channel_tell(channel, channel->message, ret_event);
    channel_rest(channel);
    if (!gone || !channel->open)
        return 0;
    channel_set_open(channel, false);
    return channel_tell(channel, NULL, ret_event);
}

int mio__loop_channel_next(mio_loop *loop, mio_event *ret_event)
{
    while (loop->messages_left > 0 && !mio__list_is_empty(&loop->busy)) {
        mio_channel *channel = mio__container_of(loop->busy.next, mio_channel, busy);

        if (channel->emptied == loop->turn)
            return 0; /* as the others behind it */
        if (!channel_take(channel, ret_event))
            continue;
        if (--loop->messages_left == 0 && !mio__list_is_empty(&channel->busy)) {
            mio__list_remove(&channel->busy);
            mio__list_push(&loop->busy, &channel->busy);
        }
        return 1;
    }
    return 0;
}
