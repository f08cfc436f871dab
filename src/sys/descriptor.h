/*
 * Descriptors: how each system opens, accepts and closes them.
 *
 * Every descriptor that is opened here is non-blocking and closed by exec, from the system
 * call that makes it where the system can do that, so that no fork of another thread comes
 * between. A write with MIO__SEND_FLAGS never raises SIGPIPE.
 */
#ifndef MIO__SYS_DESCRIPTOR_H
#define MIO__SYS_DESCRIPTOR_H

#include "mio/base.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

/* The flags of every send(). macOS has SO_NOSIGPIPE on the socket instead. */
#ifdef __APPLE__
enum { MIO__SEND_FLAGS = 0 };
#else
enum { MIO__SEND_FLAGS = MSG_NOSIGNAL };
#endif

/* A signal handler cut the call short before it did anything: make it again. */
static inline bool mio__sys_interrupted(ssize_t outcome)
{
    return outcome < 0 && errno == EINTR;
}

/* The outcome of a system call as mio returns it: the count, or -errno. */
static inline ptrdiff_t mio__sys_count(ssize_t outcome)
{
    return outcome < 0 ? -errno : outcome;
}

/* The same for calls that tell no count: 0, or -errno. */
static inline int mio__sys_status(int outcome)
{
    return outcome < 0 ? -errno : 0;
}

_Static_assert(IOV_MAX <= USHRT_MAX, "fits into what every system counts buffers with");

/* The kernel refuses more than IOV_MAX buffers; to a stream the rest is a short count. */
static inline unsigned short mio__sys_vector_count(size_t count)
{
    return (unsigned short)(count < IOV_MAX ? count : IOV_MAX);
}

/* A socket of the default protocol. Returns 0 or -errno of socket(). */
int mio__descriptor_socket(int family, int type, mio_fd *ret_fd);

/* Two sockets, connected to each other. Returns 0 or -errno of socketpair(). */
int mio__descriptor_pair(int family, int type, mio_fd ret_fds[2]);

/* A pipe: ret_fds[0] is read from, ret_fds[1] written to. Returns 0 or -errno of pipe(). */
int mio__descriptor_pipe(mio_fd ret_fds[2]);

/* Make a descriptor that somebody else has opened as those that are opened here. Returns 0 or
   -errno. */
int mio__descriptor_adopt(mio_fd fd);

/* Put a duplicate, closed by exec, in the place of `old`, which is closed. Returns 0 or -errno
   of dup2(). */
int mio__descriptor_replace(mio_fd old, mio_fd fresh);

/* Have a descriptor closed by exec. Returns 0 or -errno. */
int mio__descriptor_close_on_exec(mio_fd fd);

/*
 * A connection that waits at a listener. `addr` and `size` are as of accept(), and may both
 * be NULL. Returns 0 or -errno of accept(), never -EINTR.
 */
int mio__descriptor_accept(mio_fd fd, struct sockaddr *addr, socklen_t *size, mio_fd *ret_fd);

/* Whether an error of accept (-errno) is about the one connection that it took, and not
   about the listener or this process. */
bool mio__descriptor_accept_lost(int err);

/* Let a datagram socket forget the peer that it is connected to. Returns 0 or -errno. */
int mio__descriptor_disconnect(mio_fd fd);

/* Close, once: EINTR counts as closed. Returns 0 or -errno. */
int mio__descriptor_close(mio_fd fd);

#endif
