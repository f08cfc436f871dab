/*
 * Sockets: listen, connect, accept, read, write, and their options.
 *
 * The functions work on plain descriptors, and know nothing of polls and loops. Every
 * descriptor that they open is non-blocking and closed by exec; the caller owns it and closes
 * it with mio_close(), after its deregistration. No function waits, except those that touch
 * the file system for a Unix path.
 *
 * A result below 0 is an error (-errno). -EAGAIN means: not now, wait for the event. Errors
 * that every function may give, and that are not repeated below: -EBADF and -ENOTSOCK for a
 * descriptor that is closed or no socket, -EINVAL for a NULL pointer. The value that errno has
 * after a call says nothing. A call that a signal handler interrupts is made again. SIGPIPE is
 * never raised.
 *
 * Thread: any, for every function. What two threads do to one descriptor at the same time
 * happens in an order that the kernel chooses.
 */
#ifndef MIO_SOCKET_H
#define MIO_SOCKET_H

#include "mio/addr.h"
#include "mio/base.h"

#include <stdbool.h>
#include <sys/uio.h> /* struct iovec */

#ifdef __cplusplus
extern "C" {
#endif

/* The kinds of sockets that are connected to a peer. */
typedef enum mio_socket_type {
    MIO_STREAM,    /* bytes, without bounds */
    MIO_SEQPACKET, /* Unix: messages, in their order, until the end; see datagram.h */
    MIO_DATAGRAM   /* Unix pairs: messages; see datagram.h */
} mio_socket_type;

/* ------------------------------------------------------------------ listening */

/*
 * How to listen. Every field's 0 is its default.
 */
typedef struct mio_listen_options {
    /* How many clients may wait to be accepted; 0 = 1024, a burst between two turns of a busy
       loop. The kernel lowers it to a limit of its own (Linux: net.core.somaxconn). */
    int backlog;

    /* true = a TCP port whose old connections linger in TIME_WAIT is "in use". By default it
       is free (SO_REUSEADDR), so that a server can be started again at once. */
    bool no_reuseaddr;

    /* true = several listeners that all say so share the port, and the kernel spreads the
       clients over them (SO_REUSEPORT). */
    bool reuseport;

    /* true = an IPv6 listener serves IPv6 clients only. By default "[::]" serves IPv4 clients
       too, whatever the system's own default is; they appear as ::ffff:1.2.3.4. */
    bool only_v6;

    /* true = accepted connections collect small writes (Nagle's algorithm). By default they
       have TCP_NODELAY, inherited from the listener at no cost. */
    bool nagle;

    /* MIO_STREAM or, at a Unix address, MIO_SEQPACKET. */
    mio_socket_type type;

    /* true = the file of a Unix socket that nobody has open any more, as a crash leaves it
       behind, is removed first. A socket that is in use is not disturbed, and a file of
       another kind stays: both are -EADDRINUSE. Two programs that start at the same moment
       may remove each other's: who cannot rule that out takes a lock. */
    bool replace_stale;
} mio_listen_options;

/*
 * Open a socket that accepts connections.
 *
 * A Unix path must not exist (but see `replace_stale`), and mio_close() does not remove it. An
 * unnamed Unix address gets an abstract name from the kernel, as port 0 gets a port: see
 * mio_socket_local().
 *
 *   addr      where to listen
 *   options   NULL for the defaults
 *   ret_fd    the listener: the caller's, to be closed with mio_close()
 *
 * Returns 0, or
 *   -EADDRINUSE     somebody listens there, or the Unix path exists
 *   -EADDRNOTAVAIL  the address is none of this machine's
 *   -EACCES         not allowed: a low port, a folder that cannot be written
 *   -EAFNOSUPPORT   the system lacks this family, or the address is all zero
 *   -EINVAL         the backlog is below 0, or there is no such type
 *   -EPROTONOSUPPORT, -ESOCKTNOSUPPORT  the family lacks the type
 *   -ENOENT, -ENOTDIR  the folder of a Unix path does not exist
 *   -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM  out of descriptors or memory
 * and what else socket(), setsockopt(), bind() and listen() give. No descriptor remains.
 *
 * Cost: up to seven system calls.
 */
MIO_API int mio_listen(const mio_addr *addr, const mio_listen_options *options, mio_fd *ret_fd);

/*
 * Accept a connection.
 *
 * Connections that failed while they waited, which some kernels report as errors of accept,
 * are passed over.
 *
 *   fd         a listener
 *   ret_fd     the connection: the caller's, to be closed with mio_close()
 *   ret_addr   its peer's address, all zero for a family that mio_addr does not know; may be
 *              NULL
 *
 * Returns 0, or
 *   -EAGAIN  nobody waits
 *   -EMFILE, -ENFILE  out of descriptors; Linux says so even when nobody waits. The listener
 *            stays readable: mio_accept_shed() keeps a loop from spinning
 *   -ENOBUFS, -ENOMEM  out of memory, for the moment
 *   -EINVAL  not listening
 *   any other errno: the descriptor is no stream socket; or, of ECONNABORTED, EPROTO and the
 *            network's errors, the last of 64 in a row: the listener lives, call again
 *
 * Cost: one system call.
 */
MIO_API int mio_accept(mio_fd fd, mio_fd *ret_fd, mio_addr *ret_addr);

/*
 * Open a descriptor that stands for nothing, to be given up when none is left.
 *
 * A listener at the descriptor limit stays readable, and a loop that cannot accept spins. Who
 * holds a spare can give it up, accept, close, and so turn clients away: mio_accept_shed().
 *
 *   ret_fd   the spare: the caller's, to be closed with mio_close()
 *
 * Returns 0, or -EMFILE, -ENFILE, -ENOBUFS or -ENOMEM.
 *
 * Cost: one system call.
 */
MIO_API int mio_spare_open(mio_fd *ret_fd);

/*
 * Turn one waiting client away, at the descriptor limit.
 *
 * Closes the spare, accepts a connection and closes it, so that its client sees the end or a
 * reset rather than silence, and opens the spare again. Call it after mio_accept() has said
 * -EMFILE or -ENFILE, until it says -EAGAIN or for as many clients as you want to turn away;
 * then leave the listener alone for a while.
 *
 *   fd      a listener
 *   spare   from mio_spare_open(), or -1. On return a descriptor; or -1 where it could not be
 *           opened again, because another thread was faster or memory is short. A call with -1
 *           opens it first: so later calls mend it, once there is a free descriptor
 *
 * Returns 0 when a client was turned away, or
 *   -EAGAIN  nobody waits
 *   -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM  nobody was turned away: there was no spare and none
 *            could be opened, or another thread took the descriptor that was given up
 *   and whatever else mio_accept() returns.
 * Read `spare` after each of them.
 *
 * Cost: four system calls.
 */
MIO_API int mio_accept_shed(mio_fd fd, mio_fd *spare);

/* ----------------------------------------------------------------- connecting */

/*
 * How to connect. Every field's 0 is its default.
 */
typedef struct mio_connect_options {
    /* The address to connect from; NULL = the kernel chooses. A port of 0 is chosen by the
       kernel, too. */
    const mio_addr *local;

    /* true = collect small writes (Nagle's algorithm). By default TCP_NODELAY is set. */
    bool nagle;

    /* MIO_STREAM or, to a Unix address, MIO_SEQPACKET. */
    mio_socket_type type;
} mio_connect_options;

/*
 * Begin to connect a stream, or a seqpacket socket.
 *
 * When the socket is reported as writable, mio_connect_result() tells how it ended. Register
 * it only now: a socket that has not begun to connect is reported as closed.
 *
 *   addr      whom to connect to
 *   options   NULL for the defaults
 *   ret_fd    the stream: the caller's, to be closed with mio_close()
 *
 * Returns 0 when the connection has begun, or stands already (a Unix socket); or
 *   -EAGAIN        Unix: too many clients wait at the listener; try again later
 *   -ECONNREFUSED  Unix, and sometimes TCP on the own machine: nobody listens
 *   -ENOENT        Unix: no such path
 *   -EACCES        Unix: no permission to write to the socket file
 *   -EPROTOTYPE    Unix: who listens there is of another type
 *   -EINVAL        there is no such type
 *   -EPROTONOSUPPORT, -ESOCKTNOSUPPORT  the family lacks the type
 *   -ENETUNREACH, -EHOSTUNREACH  no way there
 *   -EADDRNOTAVAIL no local port is free, or `local` is none of this machine's
 *   -EADDRINUSE    `local` is in use
 *   -EAFNOSUPPORT  the system lacks this family, or the address is all zero
 *   -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM  out of descriptors or memory
 * and what else socket(), bind() and connect() give. No descriptor remains.
 *
 * Cost: three system calls, or four with `local`.
 */
MIO_API int mio_connect(const mio_addr *addr, const mio_connect_options *options,
                        mio_fd *ret_fd);

/*
 * How a connection that was begun has ended.
 *
 * To be asked when the socket is reported as writable. A failure is told once, as the kernel
 * tells it: a second question gets -ENOTCONN, never -EINPROGRESS.
 *
 *   fd   from mio_connect()
 *
 * Returns 0 when it is connected, or
 *   -EINPROGRESS  not yet
 *   -ECONNREFUSED, -ETIMEDOUT, -EHOSTUNREACH, -ENETUNREACH, ...  it failed, and why
 *   -ECONNRESET   it was connected, and the peer has already broken it off
 *   -ENOTCONN     it failed, and the reason was told before; or it was never begun
 *
 * Cost: two system calls, or one after a failure, or three while it is in progress.
 */
MIO_API int mio_connect_result(mio_fd fd);

/*
 * Open two Unix sockets, without names, that are connected to each other.
 *
 *   type      any of the three
 *   ret_fds   the two ends: the caller's, each to be closed with mio_close()
 *
 * Returns 0, or -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM, or -EINVAL: there is no such type.
 *
 * Cost: one system call.
 */
MIO_API int mio_socketpair(mio_socket_type type, mio_fd ret_fds[2]);

/* What a descriptor is. */
typedef enum mio_kind {
    MIO_KIND_STREAM,    /* a stream socket */
    MIO_KIND_SEQPACKET, /* a seqpacket socket */
    MIO_KIND_DATAGRAM,  /* a datagram socket */
    MIO_KIND_LISTENER,  /* one that accepts streams */
    MIO_KIND_SEQPACKET_LISTENER,
    MIO_KIND_OTHER /* no socket, or one of another kind */
} mio_kind;

/*
 * Make a descriptor that came from elsewhere like one of mio's own: non-blocking and closed by
 * exec; and tell what it is.
 *
 * Non-blocking is the open file, and so in every process that shares it.
 *
 *   fd         as it was inherited, received, or made by another library
 *   ret_kind   what it is
 *
 * Returns 0 or -EBADF.
 *
 * Cost: up to six system calls.
 */
MIO_API int mio_adopt(mio_fd fd, mio_kind *ret_kind);

/*
 * Close a descriptor, once.
 *
 * Whatever it returns, except for -EBADF, the descriptor is gone, and its number may already
 * be somebody else's: never close it again. Deregister it before; a descriptor that was
 * duplicated goes on to be reported otherwise. What was written is still delivered (unless
 * MIO_OPT_LINGER is 0); what was not yet read is lost, and then TCP tells the peer by a reset.
 *
 * Returns 0, or -EBADF, or -EIO.
 *
 * Cost: one system call.
 */
MIO_API int mio_close(mio_fd fd);

/* -------------------------------------------------------------------- streams */

/*
 * Read what has come.
 *
 *   buffer   gets the bytes
 *   size     how many it holds, at least 1
 *
 * Returns how many bytes were read, from 1 to `size`; 0 at the end, when the peer will send
 * no more; or
 *   -EAGAIN      nothing there yet
 *   -EINVAL      the size is 0, whose result could not be told from the end
 *   -ECONNRESET  the peer has broken the connection off
 *   -ENOTCONN    not connected
 *   -EFAULT      the buffer is no memory of this process
 * and the network's errors (-ETIMEDOUT, -EHOSTUNREACH, ...), after which nothing more comes.
 *
 * Works on pipes and other descriptors, too. Cost: one system call.
 */
MIO_API ptrdiff_t mio_read(mio_fd fd, void *buffer, size_t size);

/*
 * Read into several buffers, one after the other.
 *
 *   buffers   of any sizes, at least one byte in all: 0 is returned for less
 *   count     how many, at least 1; those after the 1024th (IOV_MAX) are not used
 *
 * Returns what mio_read() returns.
 *
 * Works on pipes and other descriptors, too. Cost: one system call.
 */
MIO_API ptrdiff_t mio_readv(mio_fd fd, const struct iovec *buffers, size_t count);

/*
 * Look at what has come, and leave it to be read.
 *
 * Under edge triggers a look does not drain the socket.
 *
 * Parameters and results as of mio_read(). Sockets only. Cost: one system call.
 */
MIO_API ptrdiff_t mio_peek(mio_fd fd, void *buffer, size_t size);

/*
 * Write as much as the kernel takes.
 *
 * A short count is no error: the rest goes out when the socket is writable again.
 *
 *   data   the bytes
 *   size   how many; 0 writes nothing, and returns 0 or an error
 *
 * Returns how many bytes were taken, or
 *   -EAGAIN      none: wait until the socket is writable
 *   -EPIPE       the peer reads no more, or mio_shutdown() has ended this direction
 *   -ECONNRESET  the peer has broken the connection off
 *   -ENOTCONN    not connected
 *   -EFAULT      the data is no memory of this process
 * and the network's errors (-ETIMEDOUT, -EHOSTUNREACH, ...).
 *
 * Sockets only: for pipes there is mio_pipe_write(). Cost: one system call.
 */
MIO_API ptrdiff_t mio_write(mio_fd fd, const void *data, size_t size);

/*
 * Write several buffers, one after the other, as if they were one.
 *
 *   buffers   of any sizes
 *   count     how many; those after the 1024th (IOV_MAX) are not used, and make a short count
 *
 * Returns what mio_write() returns.
 *
 * Sockets only. Cost: one system call.
 */
MIO_API ptrdiff_t mio_writev(mio_fd fd, const struct iovec *buffers, size_t count);

typedef enum mio_shutdown_how {
    MIO_SHUTDOWN_READ,  /* what comes later is not wanted: reads return 0 */
    MIO_SHUTDOWN_WRITE, /* the peer reads what was written, then the end */
    MIO_SHUTDOWN_BOTH
} mio_shutdown_how;

/*
 * End one direction of a connection, or both. The descriptor stays open.
 *
 * Returns 0, -EINVAL for another `how`, or -ENOTCONN when it is not connected or not any more.
 *
 * Cost: one system call.
 */
MIO_API int mio_shutdown(mio_fd fd, mio_shutdown_how how);

/* ------------------------------------------------------- state and options */

/*
 * The address of the socket itself. After port 0 it tells the port.
 *
 * Returns 0, or -EAFNOSUPPORT: a socket of a family that mio_addr does not know.
 *
 * Cost: one system call.
 */
MIO_API int mio_socket_local(mio_fd fd, mio_addr *ret_addr);

/*
 * The address of the socket's peer. That of a Unix client is mostly unnamed.
 *
 * Returns 0, or
 *   -ENOTCONN      not connected, or not any more
 *   -EAFNOSUPPORT  a socket of a family that mio_addr does not know
 *
 * Cost: one system call.
 */
MIO_API int mio_socket_peer(mio_fd fd, mio_addr *ret_addr);

/*
 * Take the error that is pending on a socket, after MIO_ERROR was reported.
 *
 * The kernel tells it once, to whoever asks first: this function, mio_connect_result(), a read
 * or a write.
 *
 * Returns 0 when none is pending, or the error as -errno. -EBADF and -ENOTSOCK mean that the
 * call itself failed; no pending error has these numbers.
 *
 * Cost: one system call.
 */
MIO_API int mio_socket_take_error(mio_fd fd);

/*
 * Options, with the unit of their value. A switch is 0 or 1.
 *
 * MIO_OPT_LINGER says what mio_close() does with bytes that are not sent yet. -1, the default:
 * the kernel sends them later. 0: drops them, and resets the connection. More: close blocks,
 * for so many seconds at most, until they are sent; nothing for a loop.
 *
 * Linux doubles the size that is set for a buffer, for its own book-keeping, and
 * mio_socket_get() tells the double.
 */
typedef enum mio_option {
    MIO_OPT_NODELAY,            /* TCP, a switch: small writes go out at once; mio sets it */
    MIO_OPT_KEEPALIVE,          /* a switch: probe a silent peer */
    MIO_OPT_KEEPALIVE_IDLE,     /* TCP: seconds of silence before the first probe */
    MIO_OPT_KEEPALIVE_INTERVAL, /* TCP: seconds between probes */
    MIO_OPT_KEEPALIVE_COUNT,    /* TCP: probes without an answer, then -ETIMEDOUT */
    MIO_OPT_LINGER,             /* seconds, or -1: see above */
    MIO_OPT_REUSEADDR,          /* a switch: see mio_listen_options */
    MIO_OPT_REUSEPORT,          /* a switch: see mio_listen_options */
    MIO_OPT_TTL,                /* IP: how many routers a packet may pass, 1 to 255 */
    MIO_OPT_RECV_BUFFER,        /* bytes: see above */
    MIO_OPT_SEND_BUFFER,        /* bytes: see above */
    MIO_OPT_ONLY_V6,            /* IPv6, a switch: no IPv4 clients; before it is bound */
    MIO_OPT_BROADCAST,          /* a switch: datagrams may go to broadcast addresses */
    MIO_OPT_MULTICAST_TTL,      /* datagrams to groups: as MIO_OPT_TTL, or 0: this machine */
    MIO_OPT_MULTICAST_LOOP      /* a switch: this machine hears what it sends to groups; it
                                   always does where they leave by loopback */
} mio_option;

/*
 * Set an option.
 *
 *   option   one of the above
 *   value    in the option's own unit
 *
 * Returns 0, or
 *   -EINVAL       an unknown option, or a value that it cannot have
 *   -ENOPROTOOPT, -EOPNOTSUPP  this kind of socket does not have the option
 *   -ENOBUFS, -ENOMEM          out of memory
 *
 * Cost: one system call; two for those that IPv4 and IPv6 have one each of (MIO_OPT_TTL and
 * those of multicast): they ask for the family first.
 */
MIO_API int mio_socket_set(mio_fd fd, mio_option option, int value);

/*
 * Get an option.
 *
 *   option      one of the above
 *   ret_value   its value, in the option's own unit
 *
 * Returns what mio_socket_set() returns.
 *
 * Cost: as of mio_socket_set().
 */
MIO_API int mio_socket_get(mio_fd fd, mio_option option, int *ret_value);

#ifdef __cplusplus
}
#endif

#endif
