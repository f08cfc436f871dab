/*
 * Datagrams in batches. The kernel's array stands on the stack, some 5 KiB of it; the bytes
 * and the addresses go straight to the caller's.
 */
#include "mio/datagram.h"

#include "net/addr.h"
#include "net/socket.h"
#include "sys/message.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

typedef struct batch {
    mio__message messages[MIO_DATAGRAM_BATCH];
    struct iovec pieces[MIO_DATAGRAM_BATCH];
} batch;

static unsigned batch_count(size_t count)
{
    return count < MIO_DATAGRAM_BATCH ? (unsigned)count : MIO_DATAGRAM_BATCH;
}

static void batch_fill(batch *all, unsigned i, void *data, size_t size, void *addr,
                       socklen_t addr_size)
{
    all->pieces[i] = (struct iovec){.iov_base = data, .iov_len = size};
    all->messages[i].msg_hdr = (struct msghdr){
        .msg_name = addr,
        .msg_namelen = addr_size,
        .msg_iov = &all->pieces[i],
        .msg_iovlen = 1,
    };
}

static void recv_prepare(batch *all, unsigned i, mio_datagram *datagram)
{
    batch_fill(all, i, datagram->data, datagram->capacity, mio__addr_room(&datagram->addr),
               sizeof datagram->addr.storage);
}

static bool recv_is_empty(const mio__message *message)
{
    return message->msg_len == 0 && !(message->msg_hdr.msg_flags & MSG_TRUNC);
}

/*
 * How many of `done` messages were sent. A seqpacket socket that is at its end gives a message
 * of 0 bytes as often as it is asked, up to the last of `count`: so those at the end of a full
 * array are none. Where fewer have come there was no end, and whoever sent empty ones meant it.
 */
static ptrdiff_t recv_without_end(mio_fd fd, const batch *all, ptrdiff_t done, size_t count)
{
    ptrdiff_t sent = done;

    if (done < (ptrdiff_t)count)
        return done;
    while (sent > 0 && recv_is_empty(&all->messages[sent - 1]))
        sent--;
    return sent < done && mio__socket_ask(fd, SO_TYPE) == SOCK_SEQPACKET ? sent : done;
}

/* The length that Linux tells is that of the bytes in their place. What it has left of the
   address's place is to be zero. */
static void recv_finish(const mio__message *message, mio_datagram *datagram)
{
    const size_t addr_size = message->msg_hdr.msg_namelen;
    unsigned char *bytes = datagram->addr.storage.bytes;

    memset(bytes + addr_size, 0, sizeof datagram->addr.storage - addr_size);
    datagram->addr.size = 0;
    datagram->length = message->msg_len;
    datagram->truncated = (message->msg_hdr.msg_flags & MSG_TRUNC) != 0;
    mio__addr_filled(&datagram->addr, message->msg_hdr.msg_namelen);
}

ptrdiff_t mio_datagram_recv_batch(mio_fd fd, mio_datagram *datagrams, size_t count)
{
    batch all;
    ptrdiff_t done;

    if (datagrams == NULL || count == 0)
        return -EINVAL;
    count = batch_count(count);
    for (unsigned i = 0; i < count; i++)
        recv_prepare(&all, i, &datagrams[i]);
    done = mio__message_recv_batch(fd, all.messages, (unsigned)count);
    done = recv_without_end(fd, &all, done, count);
    for (ptrdiff_t i = 0; i < done; i++)
        recv_finish(&all.messages[i], &datagrams[i]);
    return done;
}

/* sendmsg() reads the address only. */
static void send_prepare(batch *all, unsigned i, const mio_datagram *datagram)
{
    void *addr = (void *)(uintptr_t)datagram->addr.storage.bytes;

    batch_fill(all, i, datagram->data, datagram->length, datagram->addr.size > 0 ? addr : NULL,
               datagram->addr.size);
}

ptrdiff_t mio_datagram_send_batch(mio_fd fd, const mio_datagram *datagrams, size_t count)
{
    batch all;

    if (datagrams == NULL || count == 0)
        return -EINVAL;
    count = batch_count(count);
    for (unsigned i = 0; i < count; i++)
        send_prepare(&all, i, &datagrams[i]);
    return mio__message_send_batch(fd, all.messages, (unsigned)count);
}
