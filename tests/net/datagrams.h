/*
 * Datagram sockets on this machine, for the tests of src/net/datagram*.c.
 */
#ifndef MIO_TESTS_NET_DATAGRAMS_H
#define MIO_TESTS_NET_DATAGRAMS_H

#include "mio/datagram.h"

#include "loopback.h"

#include <errno.h>

/* A socket at an address that the system chooses. */
static inline mio_fd datagram_socket(mio_family family, mio_addr *ret_addr)
{
    const mio_addr any = loopback_addr(family);
    mio_fd fd;

    ck_assert_int_eq(mio_datagram_open(&any, NULL, &fd), 0);
    ck_assert_int_eq(mio_socket_local(fd, ret_addr), 0);
    return fd;
}

/* The next datagram is `text`, of `from` (NULL for anybody). */
static inline void datagram_expect(mio_fd fd, const char *text, const mio_addr *from)
{
    char buffer[64];
    mio_addr addr;

    loopback_wait(fd, POLLIN);
    ck_assert_int_eq(mio_datagram_recv(fd, buffer, sizeof buffer, &addr), (int)strlen(text));
    ck_assert_mem_eq(buffer, text, strlen(text));
    ck_assert(from == NULL || mio_addr_compare(&addr, from) == 0);
}

static inline void datagram_say(mio_fd fd, const char *text, const mio_addr *to)
{
    ck_assert_int_eq(mio_datagram_send(fd, text, strlen(text), to), 0);
}

static inline void datagram_expect_nothing(mio_fd fd)
{
    char byte;

    ck_assert_int_eq(mio_datagram_recv(fd, &byte, 1, NULL), -EAGAIN);
}

#endif
