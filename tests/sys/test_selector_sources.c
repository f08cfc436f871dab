/*
 * The conformance suite of selectors, third part: what is reported of each kind of source
 * in each situation. What kernels do not agree on is in the last column, and may be reported.
 */
#include "selecting.h"

#include "net/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>

enum {
    R = MIO_READABLE,
    W = MIO_WRITABLE,
    RW = R | W,
    GONE = MIO_READ_CLOSED | MIO_WRITE_CLOSED
};

/* Closing sends a reset, not an end. */
static void close_by_reset(int fd)
{
    const struct linger at_once = {.l_onoff = 1};

    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    ck_assert_int_eq(close(fd), 0);
}

/* ----------------------------------------------------------------- TCP */

START_TEST(tcp_idle)
{
    int fds[2];

    loopback_pair(MIO_IPV4, fds);
    selecting_expect_ready(fds[0], RW, W, 0);
    selecting_register(fds[1], 1, R, MIO_LEVEL);
    selecting_expect_none();
    loopback_close(fds);
}
END_TEST

START_TEST(tcp_data)
{
    int fds[2];

    loopback_pair(MIO_IPV4, fds);
    source_put(fds[1]);
    selecting_expect_ready(fds[0], R, R, 0);
    selecting_expect_ready(fds[0], RW, RW, 0);
    loopback_close(fds);
}
END_TEST

START_TEST(tcp_full)
{
    int fds[2];

    loopback_pair(MIO_IPV4, fds);
    source_fill(fds[0]);
    source_pause_ms(20); /* the kernel moves some of it to the peer */
    source_fill(fds[0]);
    selecting_register(fds[0], 1, W, MIO_LEVEL);
    selecting_expect_none();
    source_drain(fds[1]);
    selecting_expect_one(1, W);
    loopback_close(fds);
}
END_TEST

START_TEST(tcp_connected_by_a_connect_that_was_under_way)
{
    mio_addr addr;
    mio_fd listener = loopback_listen(MIO_IPV4, NULL, &addr);
    mio_fd fd;

    ck_assert_int_eq(mio_connect(&addr, NULL, &fd), 0);
    selecting_expect_ready(fd, RW, W, 0);
    ck_assert_int_eq(mio_connect_result(fd), 0);
    loopback_close((int[]){listener, fd});
}
END_TEST

/* Some kernels know it before connect() has returned. */
START_TEST(tcp_refused)
{
    mio_addr addr;
    mio_fd listener = loopback_listen(MIO_IPV4, NULL, &addr);
    mio_fd fd;
    int err;

    ck_assert_int_eq(mio_close(listener), 0);
    err = mio_connect(&addr, NULL, &fd);
    if (err == -ECONNREFUSED)
        return;
    ck_assert_int_eq(err, 0);
    selecting_expect_ready(fd, W, W | MIO_ERROR, R | GONE);
    ck_assert_int_eq(mio_connect_result(fd), -ECONNREFUSED);
    ck_assert_int_eq(mio_close(fd), 0);
}
END_TEST

START_TEST(tcp_pending_accept)
{
    mio_addr addr;
    mio_fd listener = loopback_listen(MIO_IPV4, NULL, &addr);
    mio_fd client, fd;

    selecting_register(listener, 1, R, MIO_LEVEL);
    selecting_expect_none();
    client = loopback_connect(&addr);
    selecting_expect_one(1, R);
    selecting_expect_one(1, R); /* until it is accepted */
    ck_assert_int_eq(mio_accept(listener, &fd, NULL), 0);
    selecting_expect_none();
    loopback_close((int[]){client, fd});
    ck_assert_int_eq(mio_close(listener), 0);
}
END_TEST

/* A half-closed stream can still be written to, and is not said to be closed for that. */
START_TEST(tcp_peer_has_shut_down_its_side)
{
    int fds[2];

    loopback_pair(MIO_IPV4, fds);
    ck_assert_int_eq(shutdown(fds[1], SHUT_WR), 0);
    selecting_expect_ready(fds[0], RW, RW | MIO_READ_CLOSED, 0);
    loopback_close(fds);
}
END_TEST

START_TEST(tcp_peer_has_closed)
{
    int fds[2];

    loopback_pair(MIO_IPV4, fds);
    ck_assert_int_eq(close(fds[1]), 0);
    selecting_expect_ready(fds[0], RW, RW | MIO_READ_CLOSED, 0);
    ck_assert_int_eq(close(fds[0]), 0);
}
END_TEST

/* For a writer nothing has happened yet: his next writes will tell. */
START_TEST(tcp_peer_has_closed_seen_by_a_writer)
{
    int fds[2];

    loopback_pair(MIO_IPV4, fds);
    ck_assert_int_eq(close(fds[1]), 0);
    selecting_expect_ready(fds[0], W, W, R | MIO_READ_CLOSED);
    ck_assert_int_eq(close(fds[0]), 0);
}
END_TEST

START_TEST(tcp_data_before_the_end_is_readable)
{
    int fds[2];

    loopback_pair(MIO_IPV4, fds);
    source_put(fds[1]);
    ck_assert_int_eq(close(fds[1]), 0);
    selecting_expect_ready(fds[0], R, R | MIO_READ_CLOSED, 0);
    ck_assert_uint_eq(source_drain(fds[0]), 1);
    ck_assert_int_eq(close(fds[0]), 0);
}
END_TEST

/* Some systems tell what this side has done itself, some do not. */
START_TEST(tcp_shut_down_here)
{
    int fds[2];

    loopback_pair(MIO_IPV4, fds);
    ck_assert_int_eq(shutdown(fds[0], SHUT_WR), 0);
    selecting_expect_ready(fds[0], RW, W, MIO_WRITE_CLOSED);
    loopback_close(fds);
}
END_TEST

START_TEST(tcp_reset)
{
    int fds[2];

    loopback_pair(MIO_IPV4, fds);
    close_by_reset(fds[1]);
    selecting_expect_ready(fds[0], RW, RW | MIO_ERROR | GONE, 0);
    selecting_expect_ready(fds[0], R, R | MIO_ERROR | MIO_READ_CLOSED, RW | GONE);
    selecting_expect_ready(fds[0], W, W | MIO_ERROR | MIO_WRITE_CLOSED, RW | GONE);
    ck_assert_int_eq(close(fds[0]), 0);
}
END_TEST

/* Where the kernel has no way to tell it, it says so. */
START_TEST(tcp_urgent_data)
{
    int fds[2];

    loopback_pair(MIO_IPV4, fds);
    if (mio__selector_register(&selector, fds[0], 1, MIO_PRIORITY, MIO_EDGE) == -EOPNOTSUPP) {
        loopback_close(fds);
        return;
    }
    selecting_deregister(fds[0]);
    ck_assert_int_eq((int)send(fds[1], "!", 1, MSG_OOB), 1);
    selecting_expect_ready(fds[0], MIO_PRIORITY, MIO_PRIORITY, R);
    loopback_close(fds);
}
END_TEST

/* -------------------------------------------------------- Unix streams */

START_TEST(unix_peer_has_closed)
{
    int fds[2];

    source_pair(fds);
    ck_assert_int_eq(close(fds[1]), 0);
    selecting_expect_ready(fds[0], RW, RW | GONE, 0);
    selecting_expect_ready(fds[0], R, R | MIO_READ_CLOSED, RW | GONE);
    selecting_expect_ready(fds[0], W, W | MIO_WRITE_CLOSED, RW | GONE);
    ck_assert_int_eq(close(fds[0]), 0);
}
END_TEST

START_TEST(unix_peer_has_shut_down_its_side)
{
    int fds[2];

    source_pair(fds);
    ck_assert_int_eq(shutdown(fds[1], SHUT_WR), 0);
    selecting_expect_ready(fds[0], RW, RW | MIO_READ_CLOSED, 0);
    source_close(fds);
}
END_TEST

START_TEST(unix_shut_down_here)
{
    int fds[2];

    source_pair(fds);
    ck_assert_int_eq(shutdown(fds[0], SHUT_WR), 0);
    selecting_expect_ready(fds[0], RW, W, MIO_WRITE_CLOSED);
    source_close(fds);
}
END_TEST

START_TEST(unix_full)
{
    int fds[2];

    source_pair(fds);
    source_fill(fds[0]);
    selecting_register(fds[0], 1, RW, MIO_LEVEL);
    selecting_expect_none();
    source_drain(fds[1]);
    selecting_expect_one(1, W);
    source_close(fds);
}
END_TEST

/* --------------------------------------------------------------- pipes */

START_TEST(pipe_data_and_room)
{
    int fds[2];

    source_pipe(fds);
    selecting_expect_ready(fds[1], W, W, 0);
    source_put(fds[1]);
    selecting_expect_ready(fds[0], R, R, 0);
    source_close(fds);
}
END_TEST

/* On epoll this is a hang-up and nothing else: a reader must hear of it all the same. */
START_TEST(pipe_writer_gone)
{
    int fds[2];

    source_pipe(fds);
    ck_assert_int_eq(close(fds[1]), 0);
    selecting_expect_ready(fds[0], R, R | MIO_READ_CLOSED, RW | GONE);
    ck_assert_int_eq(close(fds[0]), 0);
}
END_TEST

START_TEST(pipe_writer_gone_with_data_left)
{
    int fds[2];

    source_pipe(fds);
    source_put(fds[1]);
    ck_assert_int_eq(close(fds[1]), 0);
    selecting_expect_ready(fds[0], R, R | MIO_READ_CLOSED, RW | GONE);
    ck_assert_uint_eq(source_drain(fds[0]), 1);
    ck_assert_int_eq(close(fds[0]), 0);
}
END_TEST

START_TEST(pipe_reader_gone)
{
    int fds[2];

    source_pipe(fds);
    ck_assert_int_eq(close(fds[0]), 0);
    selecting_expect_ready(fds[1], W, W | MIO_WRITE_CLOSED, R | MIO_ERROR);
    ck_assert_int_eq(close(fds[1]), 0);
}
END_TEST

/* On epoll an error and nothing else, for there is no room: a writer must hear of it. */
START_TEST(pipe_reader_gone_without_room)
{
    int fds[2];

    source_pipe(fds);
    source_fill(fds[1]);
    ck_assert_int_eq(close(fds[0]), 0);
    selecting_expect_ready(fds[1], W, W | MIO_WRITE_CLOSED, R | MIO_ERROR);
    ck_assert_int_eq(close(fds[1]), 0);
}
END_TEST

START_TEST(pipe_that_ends_is_one_edge)
{
    int fds[2];

    source_pipe(fds);
    selecting_register(fds[0], 1, R, MIO_EDGE);
    selecting_expect_none();
    ck_assert_int_eq(close(fds[1]), 0);
    selecting_expect(&(selecting_event){1, R | MIO_READ_CLOSED, RW | GONE}, 1, source_soon_ns);
    selecting_expect_none();
    ck_assert_int_eq(close(fds[0]), 0);
}
END_TEST

/* ----------------------------------------------------------- datagrams */

static int udp_bound(struct sockaddr_in *ret_addr)
{
    socklen_t size = sizeof *ret_addr;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    ck_assert_int_ge(fd, 0);
    *ret_addr =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    ck_assert_int_eq(bind(fd, (struct sockaddr *)ret_addr, size), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)ret_addr, &size), 0);
    return fd;
}

static int udp_connected(const struct sockaddr_in *addr)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)addr, sizeof *addr), 0);
    return fd;
}

START_TEST(udp_data)
{
    struct sockaddr_in addr;
    int fds[2];

    fds[0] = udp_bound(&addr);
    fds[1] = udp_connected(&addr);
    selecting_expect_ready(fds[1], RW, W, 0);
    source_put(fds[1]);
    selecting_expect_ready(fds[0], RW, RW, 0);
    source_close(fds);
}
END_TEST

START_TEST(udp_empty_datagram)
{
    struct sockaddr_in addr;
    int fds[2];

    fds[0] = udp_bound(&addr);
    fds[1] = udp_connected(&addr);
    ck_assert_int_eq((int)send(fds[1], "", 0, 0), 0);
    selecting_expect_ready(fds[0], R, R, 0);
    source_close(fds);
}
END_TEST

/* A selector does not know a datagram socket from the end of a pipe: whether it says that
   writing is over is left open, and nobody should believe it of a datagram socket. */
START_TEST(udp_refused)
{
    struct sockaddr_in addr;
    int fd = udp_bound(&addr);

    ck_assert_int_eq(close(fd), 0);
    fd = udp_connected(&addr);
    source_put(fd);
    selecting_expect_ready(fd, RW, W, R | MIO_ERROR | MIO_WRITE_CLOSED);
    ck_assert_int_eq((int)send(fd, "", 0, 0), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);
    selecting_expect_ready(fd, RW, W, 0); /* told once, and the socket goes on */
    ck_assert_int_eq(close(fd), 0);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("sys/selector_sources");
    TCase *tcase = selecting_case(suite, "TCP");

    tcase_add_test(tcase, tcp_idle);
    tcase_add_test(tcase, tcp_data);
    tcase_add_test(tcase, tcp_full);
    tcase_add_test(tcase, tcp_connected_by_a_connect_that_was_under_way);
    tcase_add_test(tcase, tcp_refused);
    tcase_add_test(tcase, tcp_pending_accept);
    tcase_add_test(tcase, tcp_peer_has_shut_down_its_side);
    tcase_add_test(tcase, tcp_peer_has_closed);
    tcase_add_test(tcase, tcp_peer_has_closed_seen_by_a_writer);
    tcase_add_test(tcase, tcp_data_before_the_end_is_readable);
    tcase_add_test(tcase, tcp_shut_down_here);
    tcase_add_test(tcase, tcp_reset);
    tcase_add_test(tcase, tcp_urgent_data);

    tcase = selecting_case(suite, "Unix streams");
    tcase_add_test(tcase, unix_peer_has_closed);
    tcase_add_test(tcase, unix_peer_has_shut_down_its_side);
    tcase_add_test(tcase, unix_shut_down_here);
    tcase_add_test(tcase, unix_full);

    tcase = selecting_case(suite, "pipes");
    tcase_add_test(tcase, pipe_data_and_room);
    tcase_add_test(tcase, pipe_writer_gone);
    tcase_add_test(tcase, pipe_writer_gone_with_data_left);
    tcase_add_test(tcase, pipe_reader_gone);
    tcase_add_test(tcase, pipe_reader_gone_without_room);
    tcase_add_test(tcase, pipe_that_ends_is_one_edge);

    tcase = selecting_case(suite, "datagrams");
    tcase_add_test(tcase, udp_data);
    tcase_add_test(tcase, udp_empty_datagram);
    tcase_add_test(tcase, udp_refused);
    return suite;
}
