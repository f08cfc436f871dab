/*
 * Datagrams: UDP and Unix datagram sockets, one by one and in batches, and multicast.
 *
 * The messages of seqpacket sockets (MIO_SEQPACKET of socket.h) are sent and received by the
 * same functions; but a message of 0 bytes cannot be told from the end, where one is received
 * at a time.
 *
 * A datagram arrives whole or not at all, and has a sender. What socket.h says of every
 * socket holds here, too: mio_close(), addresses, options, MIO_OPT_TTL, MIO_OPT_BROADCAST and
 * so on; the functions for streams work as far as the kernel lets them.
 *
 * Truncation is never silent. A datagram that is longer than the room for it is -EMSGSIZE from
 * the functions that take one, and marked in a batch.
 *
 * Refusals are reported, and the socket lives on: when a host answers that nobody has the port
 * (ICMP), the next send or receive of a connected socket says -ECONNREFUSED, once, and the
 * one after it works again. The event for it has MIO_ERROR, and MIO_WRITE_CLOSED where the
 * kernel's flags are those of a broken stream; it does not mean that the socket is over.
 *
 * Errors that every function may give: see socket.h. No function waits, and a call that a
 * signal handler interrupts is made again. Thread: any, for every function; nothing is
 * allocated.
 */
#ifndef MIO_DATAGRAM_H
#define MIO_DATAGRAM_H

#include "mio/addr.h"
#include "mio/base.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -------------------------------------------------------------------- sockets */

/*
 * How to open a socket. Every field's 0 is its default; a later release may add fields at the
 * end.
 */
typedef struct mio_datagram_options {
    /* true = several sockets that all say so have the same address (SO_REUSEADDR). Each gets
       its copy of what is sent to a multicast group or by broadcast; the rest goes to one of
       them, who could be anybody: so not by default. */
    bool reuseaddr;

    /* true = several sockets that all say so share the port, and the kernel spreads the
       senders over them (SO_REUSEPORT). */
    bool reuseport;

    /* true = an IPv6 socket has IPv6 peers only. By default "[::]" has IPv4 peers too, whatever
       the system's own default is; they appear as ::ffff:1.2.3.4. */
    bool only_v6;

    /* true = may send to broadcast addresses (MIO_OPT_BROADCAST). */
    bool broadcast;

    /* true = the file of a Unix socket that nobody has open any more, as a crash leaves it
       behind, is removed first. A socket that is in use is not disturbed, and a file of
       another kind stays: both are -EADDRINUSE. Two programs that start at the same moment
       may remove each other's: who cannot rule that out takes a lock. */
    bool replace_stale;
} mio_datagram_options;

/*
 * Open a datagram socket at an address.
 *
 * Port 0 lets the system choose one, and an unnamed Unix address gets an abstract name: see
 * mio_socket_local(). So a client that has no wish opens "0.0.0.0:0", "[::]:0" or "unix:", and
 * can be answered. A Unix path must not exist (but see `replace_stale`), and mio_close() does
 * not remove it.
 *
 *   addr      where others send to
 *   options   NULL for the defaults
 *   ret_fd    the socket: the caller's, to be closed with mio_close()
 *
 * Returns 0, or
 *   -EADDRINUSE     another socket has the address, or the Unix path exists
 *   -EADDRNOTAVAIL  the address is none of this machine's
 *   -EACCES         not allowed: a low port, a folder that cannot be written
 *   -EAFNOSUPPORT   the system lacks this family, or the address is all zero
 *   -ENOENT, -ENOTDIR  the folder of a Unix path does not exist
 *   -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM  out of descriptors or memory
 * and what else socket(), setsockopt() and bind() give. No descriptor remains.
 *
 * Cost: two to six system calls.
 */
MIO_API int mio_datagram_open(const mio_addr *addr, const mio_datagram_options *options,
                              mio_fd *ret_fd);

/*
 * Choose the one peer: sends without an address go to it, and what others send is dropped.
 *
 * Done at once: nothing is sent, and nobody is asked whether the peer exists. What came before
 * from others is still there to be received.
 *
 *   addr   the peer; NULL for none again. Then Linux gives up a port that it has chosen itself,
 *          and chooses another one for the next datagram; one that was asked for stays
 *
 * Returns 0, or
 *   -ECONNREFUSED  Unix: a socket file that nobody has open
 *   -ENOENT        Unix: no such path
 *   -EPROTOTYPE    Unix: the path is that of a stream or seqpacket socket
 *   -EAFNOSUPPORT, -EINVAL  an address of another family, or all zero
 *   -ENETUNREACH   no way there
 * and what else connect() gives.
 *
 * Cost: one system call.
 */
MIO_API int mio_datagram_connect(mio_fd fd, const mio_addr *addr);

/* ----------------------------------------------------------------- one by one */

/*
 * Send a datagram.
 *
 * Linux sends to another address than that of the chosen peer, too; other systems refuse
 * (-EISCONN).
 *
 *   data   the bytes; may be NULL where the size is 0
 *   size   how many; 0 sends an empty datagram
 *   to     the receiver; NULL for the peer that mio_datagram_connect() has chosen
 *
 * Returns 0 when it is under way, whole; or
 *   -EAGAIN        no room: wait until the socket is writable. A Unix socket without a peer is
 *                  reported as writable though the receiver's queue is full, so that waiting
 *                  spins: mio_datagram_connect() first, or try again by a timer
 *   -EMSGSIZE      too long to be sent at once: more than 65,507 bytes over IPv4
 *   -EDESTADDRREQ, -ENOTCONN  no receiver, and no peer
 *   -ECONNREFUSED  an earlier datagram was refused, and this one was not sent; send it again.
 *                  Unix: nobody has the path open
 *   -ENOENT        Unix: no such path
 *   -EACCES        a broadcast address, without MIO_OPT_BROADCAST; a Unix path not writable
 *   -EPERM         a filter of the system has dropped it
 *   -ENETUNREACH, -EHOSTUNREACH  no way there
 *   -ENOBUFS, -ENOMEM  out of memory, for the moment
 *   -EFAULT        the data is no memory of this process
 *
 * Cost: one system call.
 */
MIO_API int mio_datagram_send(mio_fd fd, const void *data, size_t size, const mio_addr *to);

/*
 * Receive a datagram.
 *
 *   buffer     gets the bytes
 *   size       how many it holds; 65,535 hold every datagram of IP
 *   ret_from   the sender; all zero where it has no address, as an unnamed Unix socket; may
 *              be NULL
 *
 * Returns how many bytes it has, from 0 to `size`: an empty datagram is one like any other. On
 * a seqpacket socket 0 is also the end. Or
 *   -EAGAIN        nothing there yet
 *   -EMSGSIZE      it was longer than `size`, and is gone. The buffer holds its beginning
 *   -ECONNREFUSED  a datagram that was sent was refused; the socket works on
 *   -EFAULT        the buffer is no memory of this process
 * and the network's errors about what was sent (-EHOSTUNREACH, ...).
 *
 * Cost: one system call.
 */
MIO_API ptrdiff_t mio_datagram_recv(mio_fd fd, void *buffer, size_t size, mio_addr *ret_from);

/*
 * Look at the next datagram, and leave it to be received.
 *
 * As mio_datagram_recv(), but after -EMSGSIZE, too, it is still there.
 *
 * Cost: one system call.
 */
MIO_API ptrdiff_t mio_datagram_peek(mio_fd fd, void *buffer, size_t size, mio_addr *ret_from);

/* -------------------------------------------------------------------- batches */

/*
 * A datagram in a batch: received and sent from the same array, so that an answer can be put
 * where the question was.
 */
typedef struct mio_datagram {
    void *data;      /* the caller's room */
    size_t capacity; /* the bytes that it has room for: read by receiving only */
    size_t length;   /* the bytes in it: written by receiving, read by sending */
    mio_addr addr;   /* the sender, all zero for none; the receiver, all zero for the peer */
    bool
        truncated; /* written by receiving: it was longer than the room, and the rest is lost */
} mio_datagram;

enum {
    MIO_DATAGRAM_BATCH = 64 /* the most that one call takes */
};

/*
 * Receive several datagrams at once: those that have come, up to `count`.
 *
 * The end of a seqpacket socket is no message: what came before it is received first, and the
 * next call returns 0. Empty messages right before the end, in a call that finds it, go with
 * it.
 *
 *   datagrams   `data` and `capacity` of each are set; the rest is written, of as many as the
 *               result says. The address of the others is lost
 *   count       how many, at least 1; those after the 64th are not used
 *
 * Returns how many have come, at least 1; 0 at the end of a seqpacket socket, and never of
 * another one; or an error as of mio_datagram_recv(), but for -EMSGSIZE; -EINVAL for a count
 * of 0.
 *
 * Cost: one system call, where the kernel has recvmmsg(); else one for each, and one. One more
 * where the last of `count` is empty.
 */
MIO_API ptrdiff_t mio_datagram_recv_batch(mio_fd fd, mio_datagram *datagrams, size_t count);

/*
 * Send several datagrams at once, in their order.
 *
 *   datagrams   `data`, `length` and `addr` of each are set; nothing is written
 *   count       how many, at least 1; those after the 64th are not used
 *
 * Returns how many of them, from the first on, are under way, at least 1: fewer than `count`
 * where the next one failed or found no room, and sending that one again tells why. Or, where
 * the first failed, an error as of mio_datagram_send(); -EINVAL for a count of 0.
 *
 * Cost: one system call, where the kernel has sendmmsg(); else one for each.
 */
MIO_API ptrdiff_t mio_datagram_send_batch(mio_fd fd, const mio_datagram *datagrams,
                                          size_t count);

/* ------------------------------------------------------------------ multicast */

/*
 * Receive what is sent to a group, on an interface.
 *
 * The socket gets what comes for its port, and so it is opened at that port, at "0.0.0.0" or
 * "[::]" or at the group's own address; with `reuseaddr`, where several on a machine listen.
 * Linux gives a socket at "0.0.0.0" what is sent to groups that other sockets have joined.
 *
 *   group       a multicast address; its port does not count
 *   interface   its number, from if_nametoindex(); 0 for the group's own scope, as of
 *               "[ff02::1%eth0]", or, where it has none, lets the system choose
 *
 * Returns 0, or
 *   -EINVAL         not a multicast address; the group's scope is another interface
 *   -EADDRINUSE     joined already, on this interface
 *   -ENODEV         no such interface, or none that does multicast
 *   -ENOBUFS        more groups than the system allows a socket
 *   -ENOPROTOOPT, -EOPNOTSUPP, -EAFNOSUPPORT  a socket or address of another family
 *
 * Cost: one system call. Closing the socket leaves its groups.
 */
MIO_API int mio_multicast_join(mio_fd fd, const mio_addr *group, unsigned interface);

/*
 * Leave a group. Parameters as when it was joined.
 *
 * Returns 0, or -EADDRNOTAVAIL: not joined there; or what mio_multicast_join() returns.
 *
 * Cost: one system call.
 */
MIO_API int mio_multicast_leave(mio_fd fd, const mio_addr *group, unsigned interface);

/*
 * Choose the interface by which datagrams to groups leave.
 *
 * How far they go, and whether this machine hears them itself: MIO_OPT_MULTICAST_TTL and
 * MIO_OPT_MULTICAST_LOOP of socket.h.
 *
 *   interface   its number, from if_nametoindex(); 0 lets the system choose again
 *
 * Returns 0, or
 *   -ENODEV, -EADDRNOTAVAIL  no such interface
 *   -EOPNOTSUPP              no IP socket
 *
 * Cost: two system calls.
 */
MIO_API int mio_multicast_interface(mio_fd fd, unsigned interface);

#ifdef __cplusplus
}
#endif

#endif
