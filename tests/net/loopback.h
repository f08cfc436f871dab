/*
 * Sockets on this machine, for the tests of src/net/: listeners on port 0 and connections
 * to them. Whatever goes wrong here fails the test.
 */
#ifndef MIO_TESTS_NET_LOOPBACK_H
#define MIO_TESTS_NET_LOOPBACK_H

#include "mio/socket.h"

#include "harness.h"

#include <fcntl.h>
#include <poll.h>

/* For tcase_add_loop_test(): the families that streams are tested over, IP before Unix. */
enum { LOOPBACK_IP_FAMILIES = 2, LOOPBACK_FAMILIES = 3 };

static inline mio_family loopback_family(int i)
{
    static const mio_family families[LOOPBACK_FAMILIES] = {MIO_IPV4, MIO_IPV6, MIO_UNIX};

    return families[i];
}

enum { LOOPBACK_WAIT_MS = 10000 };

/* Where the system chooses the port or the name. */
static inline mio_addr loopback_addr(mio_family family)
{
    const char *text = family == MIO_IPV4   ? "127.0.0.1:0"
                       : family == MIO_IPV6 ? "[::1]:0"
                                            : "unix:";
    mio_addr addr;

    ck_assert_int_eq(mio_addr_parse(text, &addr), 0);
    return addr;
}

/* A listener, and the address that it got. */
static inline mio_fd loopback_listen(mio_family family, const mio_listen_options *options,
                                     mio_addr *ret_addr)
{
    const mio_addr any = loopback_addr(family);
    mio_fd fd;

    ck_assert_int_eq(mio_listen(&any, options, &fd), 0);
    ck_assert_int_eq(mio_socket_local(fd, ret_addr), 0);
    return fd;
}

/* Wait for some of `events`, and return what came: with or without them. */
static inline short loopback_wait(mio_fd fd, short events)
{
    struct pollfd source = {.fd = fd, .events = events};

    ck_assert_int_eq(poll(&source, 1, LOOPBACK_WAIT_MS), 1);
    return source.revents;
}

static inline mio_fd loopback_accept(mio_fd listener)
{
    mio_fd fd;

    loopback_wait(listener, POLLIN);
    ck_assert_int_eq(mio_accept(listener, &fd, NULL), 0);
    return fd;
}

/* A client that is connected, or waits to be accepted. */
static inline mio_fd loopback_connect(const mio_addr *addr)
{
    mio_fd fd;

    ck_assert_int_eq(mio_connect(addr, NULL, &fd), 0);
    loopback_wait(fd, POLLOUT);
    ck_assert_int_eq(mio_connect_result(fd), 0);
    return fd;
}

/* Two ends of a connection: fds[0] was connected, fds[1] accepted. */
static inline void loopback_pair(mio_family family, mio_fd fds[2])
{
    mio_addr addr;
    mio_fd listener = loopback_listen(family, NULL, &addr);

    fds[0] = loopback_connect(&addr);
    fds[1] = loopback_accept(listener);
    ck_assert_int_eq(mio_close(listener), 0);
}

static inline void loopback_close(const mio_fd fds[2])
{
    ck_assert_int_eq(mio_close(fds[0]), 0);
    ck_assert_int_eq(mio_close(fds[1]), 0);
}

/* What mio promises of every descriptor that it opens. */
static inline void loopback_check_flags(mio_fd fd)
{
    ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
}

static inline int loopback_option(mio_fd fd, mio_option option)
{
    int value = -2;

    ck_assert_int_eq(mio_socket_get(fd, option, &value), 0);
    return value;
}

#endif
