/*
 * Channels of a loop: the receiver's half.
 *
 * 1. A channel's bell is registered like a descriptor of the user, but the registration is the
 *    loop's own and its token points to the channel. Its id is the id of the channel's events.
 * 2. A channel is `busy` from the moment its bell was heard until it was found empty, the bell
 *    answered, and it was found empty once more. While one is, the loop does not wait.
 * 3. The bell of a busy channel rings: it is answered last, and where a message comes between
 *    the two looks the receiver rings it again. So the loop's descriptor is readable for a
 *    host while messages wait; and in a steady flow nobody else rings.
 * 4. One that is found empty after a burst stays busy for a turn more, unless its senders have
 *    gone: they are at work, and a turn without waiting costs less than an answer, a sleep
 *    and a ring.
 * 5. It is `open`, and counts for the loop, from its first sender until its end is reported.
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
    bool told;   /* `message` was reported, and the channel not looked at since */
    bool repeat; /* `message` is to be reported again */
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
    if (channel->repeat && channel->sender->drop != NULL)
        channel->sender->drop(channel->message);
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

int mio_channel_repeat(mio_channel *channel, bool repeat)
{
    if (!channel->told)
        return -ENOENT;
    channel->repeat = repeat;
    return 0;
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

    if (mio__list_is_empty(&channel->busy))
        mio__list_push(&loop->busy, &channel->busy);
}

static int channel_tell(mio_channel *channel, const void *message, mio_event *ret_event)
{
    channel->told = message != NULL;
    channel->burst++;
    *ret_event = (mio_event){
        .kind = MIO_NOTIFY, .token = channel->token, .id = channel->id, .message = message};
    return 1;
}

/* It was found empty: whether it stays busy as it is, until the next turn. */
static bool channel_rests(mio_channel *channel)
{
    mio_loop *loop = channel->loop;
    const unsigned burst = channel->burst;

    channel->burst = 0;
    if (burst < CHANNEL_BURST || mio__sender_gone(channel->sender))
        return false;
    channel->emptied = loop->turn;
    mio__list_remove(&channel->busy);
    mio__list_push(&loop->busy, &channel->busy);
    return true;
}

/* Answer the bell, and look for the last time: for what was sent before the answer, and by
   senders that had gone by then. Returns 0 where there is neither a message nor the end. */
static int channel_take_last(mio_channel *channel, mio_event *ret_event)
{
    bool gone;

    mio__sender_answer(channel->sender);
    gone = mio__sender_gone(channel->sender);
    if (mio__sender_take(channel->sender, channel->message)) {
        mio__sender_wake(channel->sender);
        return channel_tell(channel, channel->message, ret_event);
    }
    mio__list_remove(&channel->busy);
    if (!gone || !channel->open)
        return 0;
    channel_set_open(channel, false);
    return channel_tell(channel, NULL, ret_event);
}

/* The next message, or the end. Returns 0 where there is neither, for now. */
static int channel_take(mio_channel *channel, mio_event *ret_event)
{
    const bool repeat = channel->repeat;

    channel->told = false;
    channel->repeat = false;
    if (repeat || mio__sender_take(channel->sender, channel->message))
        return channel_tell(channel, channel->message, ret_event);
    return channel_rests(channel) ? 0 : channel_take_last(channel, ret_event);
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
