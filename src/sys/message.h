/*
 * Messages: what recvmsg() and sendmsg() move, several of them in one system call where the
 * kernel has one.
 *
 * No function waits or returns -EINTR.
 */
#ifndef MIO__SYS_MESSAGE_H
#define MIO__SYS_MESSAGE_H

#include "mio/base.h"

#include <sys/socket.h>

/* A message and its length. */
#ifdef __linux__
typedef struct mmsghdr mio__message;
#else
typedef struct mio__message {
    struct msghdr msg_hdr;
    unsigned msg_len;
} mio__message;
#endif

/*
 * Receive one message. Returns its length, which is more than `size` where it did not fit, or
 * -errno. `flags` are 0 or MSG_PEEK; `addr` and `addr_size` are as of recvfrom().
 */
ptrdiff_t mio__message_recv(mio_fd fd, void *buffer, size_t size, int flags,
                            struct sockaddr *addr, socklen_t *addr_size);

/*
 * Receive up to `count` messages, 1 at least, that have come. Returns how many, 1 at least,
 * or -errno. The `msg_flags` of each have MSG_TRUNC where it did not fit.
 */
ptrdiff_t mio__message_recv_batch(mio_fd fd, mio__message *messages, unsigned count);

/* Send up to `count` messages, 1 at least. Returns how many, 1 at least, or -errno of the
 * first. */
ptrdiff_t mio__message_send_batch(mio_fd fd, mio__message *messages, unsigned count);

/* The same, with a system call for each message. */
ptrdiff_t mio__message_recv_each(mio_fd fd, mio__message *messages, unsigned count);
ptrdiff_t mio__message_send_each(mio_fd fd, mio__message *messages, unsigned count);

#endif
