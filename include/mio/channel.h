/*
 * Channels: messages of one size from any thread to a loop.
 *
 * A channel is a bounded queue with many senders (mio/sender.h) and one receiver, the loop,
 * which reports each message as an event of its own.
 */
#ifndef MIO_CHANNEL_H
#define MIO_CHANNEL_H

#include "mio/loop.h"
#include "mio/sender.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mio_channel mio_channel;

/*
 * The configuration of a channel. A field that is 0 takes its default: start from
 * `mio_channel_config config = {0};`.
 */
typedef struct mio_channel_config {
    uint32_t capacity;     /* how many messages may wait; default 4096 */
    uint32_t message_size; /* bytes of each, 2^30 at the most; default 8 */
    uint64_t token;        /* yours, handed back in mio_event.token */

    /* Called for each message that nobody will receive, because the channel was freed: for
       messages that own something. It is aligned for any type of its size. Any thread may be
       the caller. Default: nothing. */
    void (*drop)(void *message);
} mio_channel_config;

/*
 * Make a channel of a loop.
 *
 * Its messages are events of kind MIO_NOTIFY, with `message` pointing to a copy that is
 * aligned for any type, and valid until the next mio_loop_next() or mio_channel_free(). In
 * one turn at most `messages_per_turn` of all channels together are reported (see
 * mio_loop_config); the turn after that does not wait. Channels take turns in using that up.
 *
 * When the last sender has gone, and all messages have been reported, one event with `message`
 * NULL follows. From the first sender until that event the channel is something to wait for:
 * mio_loop_run() goes on, mio_loop_count() counts it. A channel without senders does not
 * count.
 *
 *   loop          frees the channel with itself
 *   config        NULL for the defaults
 *   ret_channel   the new channel, to be given to mio_channel_free() before the loop is freed,
 *                 or left to the loop
 *
 * Returns 0, or
 *   -EMFILE, -ENFILE   no descriptor is free
 *   -ENOMEM, -ENOSPC   no memory, or the system's limit of registrations
 *
 * Thread: the loop's own. Cost: two system calls, four allocations, one descriptor.
 */
MIO_API int mio_channel_new(mio_loop *loop, const mio_channel_config *config,
                            mio_channel **ret_channel);

/*
 * Free a channel: from now on sends return -EPIPE, and nothing more is reported. Messages that
 * wait are dropped.
 *
 *   channel   NULL is fine
 *
 * Thread: the loop's own, handlers too. Cost: one system call, and one more where no sender is
 * left.
 */
MIO_API void mio_channel_free(mio_channel *channel);

/*
 * Have the message that was reported last reported once more, before any other: for a handler
 * that cannot do its work now. It comes in this turn, or in the next, which does not wait. If
 * the channel is freed before that, the message is dropped like those that wait.
 *
 *   repeat   false takes that back
 *
 * Returns 0, or
 *   -ENOENT   the last that was heard of the channel is no message, or mio_loop_next() has been
 *             beyond it
 *
 * Thread: the loop's own, handlers too. Cost: none.
 */
MIO_API int mio_channel_repeat(mio_channel *channel, bool repeat);

/*
 * The id of a channel, as it stands in its events.
 *
 * Returns the id. Thread: the loop's own. Cost: none.
 */
MIO_API uint64_t mio_channel_id(const mio_channel *channel);

/*
 * A new sender of a channel, to be given to mio_sender_unref(). Also after the channel has
 * reported its end: it reports another one then.
 *
 * Returns the sender.
 *
 * Thread: the loop's own. Cost: some instructions.
 */
MIO_API mio_sender *mio_sender_new(mio_channel *channel);

#ifdef __cplusplus
}
#endif

#endif
