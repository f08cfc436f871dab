/*
 * Descriptors to wait on, for the tests of floors that know no sockets of mio. Whatever goes
 * wrong here fails the test.
 */
#ifndef MIO_TESTS_SOURCES_H
#define MIO_TESTS_SOURCES_H

#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOURCE_NS_PER_MS = 1000000 };

/* Long enough for all that must come; nothing waits so long for what must not. */
static const int64_t source_soon_ns = INT64_C(20000) * SOURCE_NS_PER_MS;

static inline void source_unblock(const int fds[2])
{
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(fcntl(fds[i], F_SETFL, O_NONBLOCK), 0);
}

/* Two ends of a Unix stream. */
static inline void source_pair(int fds[2])
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    source_unblock(fds);
}

/* A pipe: fds[0] is read from, fds[1] written to. */
static inline void source_pipe(int fds[2])
{
    ck_assert_int_eq(pipe(fds), 0);
    source_unblock(fds);
}

static inline void source_close(const int fds[2])
{
    ck_assert_int_eq(close(fds[0]), 0);
    ck_assert_int_eq(close(fds[1]), 0);
}

/* Write one byte. */
static inline void source_put(int fd)
{
    ck_assert_int_eq((int)write(fd, "x", 1), 1);
}

/* Read one byte, which is there. */
static inline void source_take(int fd)
{
    char byte;

    ck_assert_int_eq((int)read(fd, &byte, 1), 1);
}

/* Read all that is there. Returns how much. */
static inline size_t source_drain(int fd)
{
    static char bytes[65536];
    size_t total = 0;
    ssize_t count;

    while ((count = read(fd, bytes, sizeof bytes)) > 0)
        total += (size_t)count;
    ck_assert(count == 0 || errno == EAGAIN || errno == ECONNRESET);
    return total;
}

/* Write until there is no room for a byte. */
static inline void source_fill(int fd)
{
    static const char bytes[4096];
    size_t size = sizeof bytes;

    while (size > 0) {
        if (write(fd, bytes, size) < 0) {
            ck_assert_int_eq(errno, EAGAIN);
            size /= 2;
        }
    }
}

static inline void source_pause_ms(unsigned ms)
{
    usleep(ms * 1000);
}

#endif
