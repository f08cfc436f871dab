/*
 * Senders: the ends of a channel that any thread may hold. See mio/channel.h for the other.
 *
 * Sending never blocks and never allocates. A message is copied into the channel's ring, whole
 * or not at all; messages of one thread arrive in the order they were sent in. The loop is
 * woken by one write when it sleeps, not by one for each message.
 */
#ifndef MIO_SENDER_H
#define MIO_SENDER_H

#include "mio/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mio_sender mio_sender;

/*
 * Hold a sender once more: for another thread, say. Who refs it has it from somebody who
 * holds it, and still does.
 *
 * Returns the sender itself.
 *
 * Thread: any. Cost: some instructions.
 */
MIO_API mio_sender *mio_sender_ref(mio_sender *sender);

/*
 * Let a sender go; in a child made by fork() too, where nobody is told. With the last one of a
 * channel its receiver is told, after all messages, that no more will come; what they share is
 * freed when the receiver has gone as well.
 *
 *   sender   NULL is fine
 *
 * Thread: any. Cost: some instructions; for the last one one system call, or two.
 */
MIO_API void mio_sender_unref(mio_sender *sender);

/*
 * Send a message, which is copied.
 *
 *   message   as many bytes as the channel's message_size
 *
 * Returns 0, or
 *   -EAGAIN   the channel is full: try later, or drop the message
 *   -EPIPE    the channel was freed: nobody will receive it
 *   -ESTALE   this process is a child, by fork(), of the one that made the channel
 *
 * A channel that is freed at the same moment may return 0 and drop the message.
 *
 * Thread: any. Cost: three atomic operations; a system call where the loop sleeps.
 */
MIO_API int mio_sender_send(mio_sender *sender, const void *message);

#ifdef __cplusplus
}
#endif

#endif
