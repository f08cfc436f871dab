#include "datagrams.h"

#include "mio/unix.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const mio_socket_type types[] = {MIO_STREAM, MIO_SEQPACKET, MIO_DATAGRAM};

enum { TYPES = sizeof types / sizeof types[0], MANY = 300 };

static mio_fd pair[2];

static void open_pair(int i)
{
    ck_assert_int_eq(mio_socketpair(types[i], pair), 0);
}

/* Send `count` descriptors of pipes, which are then closed here: what is received lives on. */
static void send_pipes(size_t count)
{
    mio_fd fds[MIO_UNIX_FDS_MAX], ends[2];

    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(pipe(ends), 0);
        fds[i] = ends[0];
        ck_assert_int_eq(close(ends[1]), 0);
    }
    ck_assert_int_eq(mio_unix_send_fds(pair[0], "data", 4, fds, count), 4);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(close(fds[i]), 0);
}

/* Receive with room for `capacity`, and close `count` that came. */
static void expect_pipes(size_t capacity, size_t count, bool truncated)
{
    mio_fd received[MANY];
    mio_unix_fds fds = {.fds = received, .capacity = capacity};
    char data[4], byte;

    ck_assert_int_eq(mio_unix_recv_fds(pair[1], data, sizeof data, &fds), 4);
    ck_assert_mem_eq(data, "data", 4);
    ck_assert_uint_eq(fds.count, count);
    ck_assert_int_eq(fds.truncated, truncated);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_ne(fcntl(received[i], F_GETFD) & FD_CLOEXEC, 0);
        ck_assert_int_eq(read(received[i], &byte, 1), 0);
        ck_assert_int_eq(mio_close(received[i]), 0);
    }
}

START_TEST(pairs)
{
    mio_addr addr;
    char byte;

    open_pair(_i);
    for (int i = 0; i < 2; i++) {
        loopback_check_flags(pair[i]);
        ck_assert_int_eq(mio_socket_peer(pair[i], &addr), 0);
        ck_assert_int_eq(mio_addr_compare(&addr, &addr), 0);
        ck_assert_int_eq(mio_write(pair[i], "x", 1), 1);
        ck_assert_int_eq(mio_read(pair[!i], &byte, 1), 1);
        ck_assert_int_eq(mio_read(pair[!i], &byte, 1), -EAGAIN);
    }
    ck_assert_int_eq(mio_socketpair((mio_socket_type)4711, pair), -EINVAL);
    loopback_close(pair);
}
END_TEST

START_TEST(seqpackets)
{
    const mio_listen_options listening = {.type = MIO_SEQPACKET};
    const mio_connect_options connecting = {.type = MIO_SEQPACKET};
    mio_addr addr, from;
    mio_fd listener = loopback_listen(MIO_UNIX, &listening, &addr), stream;
    char room[4];

    ck_assert_int_eq(mio_connect(&addr, &connecting, &pair[0]), 0);
    pair[1] = loopback_accept(listener);
    ck_assert_int_lt(mio_connect(&addr, NULL, &stream), 0); /* another type */
    ck_assert_int_eq(mio_datagram_send(pair[0], "one", 3, NULL), 0);
    ck_assert_int_eq(mio_datagram_send(pair[0], "two..", 5, NULL), 0);
    ck_assert_int_eq(mio_datagram_send(pair[0], "end", 3, NULL), 0);
    ck_assert_int_eq(mio_close(pair[0]), 0);
    ck_assert_int_eq(mio_datagram_recv(pair[1], room, sizeof room, &from), 3);
    ck_assert_int_eq(mio_datagram_recv(pair[1], room, sizeof room, &from), -EMSGSIZE);
    ck_assert_int_eq(mio_datagram_recv(pair[1], room, sizeof room, &from), 3);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(mio_datagram_recv(pair[1], room, sizeof room, &from), 0);
    ck_assert_int_eq(mio_datagram_send(pair[1], "x", 1, NULL), -EPIPE); /* and no SIGPIPE */
    ck_assert_int_eq(mio_close(pair[1]), 0);
    ck_assert_int_eq(mio_close(listener), 0);
}
END_TEST

START_TEST(wrong_types)
{
    const mio_listen_options seqpacket = {.type = MIO_SEQPACKET};
    const mio_listen_options datagram = {.type = MIO_DATAGRAM};
    const mio_connect_options unknown = {.type = (mio_socket_type)4711};
    const mio_addr ip = loopback_addr(MIO_IPV4), name = loopback_addr(MIO_UNIX);
    mio_fd fd = -2;

    ck_assert_int_lt(mio_listen(&ip, &seqpacket, &fd), 0);
    ck_assert_int_eq(mio_listen(&name, &datagram, &fd), -EINVAL);
    ck_assert_int_eq(mio_connect(&name, &unknown, &fd), -EINVAL);
    ck_assert_int_eq(fd, -2);
}
END_TEST

START_TEST(descriptors_are_passed)
{
    open_pair(_i);
    for (size_t count = 1; count <= 100; count += 33) {
        send_pipes(count);
        expect_pipes(count, count, false);
        send_pipes(count);
        expect_pipes(MANY, count, false);
    }
    send_pipes(MIO_UNIX_FDS_MAX);
    expect_pipes(MANY, MIO_UNIX_FDS_MAX, false);
    loopback_close(pair);
}
END_TEST

/* More than there is room for: none leaks, as the frame of these tests checks. */
START_TEST(too_many_descriptors)
{
    open_pair(_i);
    for (size_t capacity = 0; capacity < 5; capacity++) {
        send_pipes(5);
        expect_pipes(capacity, capacity, true);
    }
    loopback_close(pair);
}
END_TEST

START_TEST(no_descriptor_is_free)
{
    struct rlimit limit, none;

    open_pair(_i);
    send_pipes(3);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = (rlim_t)pair[1] + 1;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    expect_pipes(MANY, 0, true);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    loopback_close(pair);
}
END_TEST

START_TEST(a_truncated_datagram_has_no_descriptors)
{
    mio_fd received[MANY];
    mio_unix_fds fds = {.fds = received, .capacity = MANY, .count = 4711};
    char byte;

    open_pair(_i);
    send_pipes(5);
    ck_assert_int_eq(mio_unix_recv_fds(pair[1], &byte, 1, &fds), -EMSGSIZE);
    ck_assert_uint_eq(fds.count, 4711);
    ck_assert_int_eq(mio_unix_recv_fds(pair[1], &byte, 1, &fds), -EAGAIN);
    loopback_close(pair);
}
END_TEST

/* What may bring other control messages along. */
static const int others[] = {
    SO_TIMESTAMP,
#ifdef SO_PASSCRED
    SO_PASSCRED, SO_PASSSEC,
#ifndef MIO_TEST_ELSEWHERE
    76, /* SO_PASSPIDFD, since Linux 6.5 */
#endif
#endif
};

enum { OTHERS = sizeof others / sizeof others[0] };

/* A control message before the descriptors, or behind them: they are found, and a pidfd that
   came along is closed, as the frame of these tests checks. */
START_TEST(with_other_control_messages)
{
    const int yes = 1;

    open_pair(_i);
    for (int n = 0; n < OTHERS; n++) {
        if (setsockopt(pair[1], SOL_SOCKET, others[n], &yes, sizeof yes) < 0)
            continue;
        ck_assert_int_eq(mio_write(pair[0], "data", 4), 4);
        expect_pipes(MANY, 0, false);
        for (size_t capacity = 0; capacity < 5; capacity++) {
            send_pipes(5);
            expect_pipes(capacity, capacity, true);
        }
        send_pipes(5);
        expect_pipes(5, 5, false);
        send_pipes(MIO_UNIX_FDS_MAX);
        expect_pipes(MANY, MIO_UNIX_FDS_MAX, false);
    }
    loopback_close(pair);
}
END_TEST

/* Sockets of IP carry bytes only: none are sent where the descriptors would be dropped. */
START_TEST(other_families_carry_none)
{
    const mio_addr any = loopback_addr(MIO_IPV4);
    mio_addr addr;
    mio_fd fd;
    char byte;

    loopback_pair(MIO_IPV4, pair);
    ck_assert_int_eq(mio_unix_send_fds(pair[0], "x", 1, pair, 1), -EOPNOTSUPP);
    ck_assert_int_eq(mio_read(pair[1], &byte, 1), -EAGAIN);
    loopback_close(pair);
    ck_assert_int_eq(mio_datagram_open(&any, NULL, &fd), 0);
    ck_assert_int_eq(mio_socket_local(fd, &addr), 0);
    ck_assert_int_eq(mio_datagram_connect(fd, &addr), 0);
    ck_assert_int_eq(mio_unix_send_fds(fd, "x", 1, &fd, 1), -EOPNOTSUPP);
    ck_assert_int_eq(mio_datagram_recv(fd, &byte, 1, NULL), -EAGAIN);
    ck_assert_int_eq(mio_close(fd), 0);
    ck_assert_int_eq(mio_unix_send_fds(fd, "x", 1, &fd, 1), -EBADF);
}
END_TEST

START_TEST(bytes_alone)
{
    open_pair(_i);
    ck_assert_int_eq(mio_write(pair[0], "data", 4), 4);
    expect_pipes(MANY, 0, false);
    send_pipes(2);
    loopback_close(pair); /* those under way are closed with it */
}
END_TEST

START_TEST(credentials)
{
    mio_unix_credentials peer = {.pid = -2};
    const mio_addr any = loopback_addr(MIO_UNIX), ip = loopback_addr(MIO_IPV4);
    mio_fd fd;

    open_pair(_i);
    ck_assert_int_eq(mio_unix_credentials_of(pair[0], &peer), 0);
    ck_assert_int_eq(peer.uid, geteuid());
    ck_assert_int_eq(peer.gid, getegid());
    ck_assert(peer.pid == getpid() || peer.pid == getppid() || peer.pid == 0);
    ck_assert_int_eq(mio_unix_credentials_of(pair[0], NULL), -EINVAL);
    loopback_close(pair);
    ck_assert_int_eq(mio_datagram_open(&any, NULL, &fd), 0);
    ck_assert_int_eq(mio_unix_credentials_of(fd, &peer), -ENOTCONN);
    ck_assert_int_eq(mio_close(fd), 0);
    ck_assert_int_eq(mio_datagram_open(&ip, NULL, &fd), 0);
    ck_assert_int_eq(mio_unix_credentials_of(fd, &peer), -ENOTCONN);
    ck_assert_int_eq(mio_close(fd), 0);
    ck_assert_int_eq(mio_unix_credentials_of(fd, &peer), -EBADF);
}
END_TEST

START_TEST(wrong_arguments)
{
    mio_fd closed = 1 << 20;
    mio_unix_fds fds = {.capacity = 1};
    char byte;

    open_pair(0);
    ck_assert_int_eq(mio_unix_send_fds(pair[0], "x", 0, pair, 1), -EINVAL);
    ck_assert_int_eq(mio_unix_send_fds(pair[0], "x", 1, pair, 0), -EINVAL);
    ck_assert_int_eq(mio_unix_send_fds(pair[0], "x", 1, NULL, 1), -EINVAL);
    ck_assert_int_eq(mio_unix_send_fds(pair[0], "x", 1, pair, MIO_UNIX_FDS_MAX + 1), -EINVAL);
    ck_assert_int_eq(mio_unix_send_fds(pair[0], "x", 1, &closed, 1), -EBADF);
    ck_assert_int_eq(mio_unix_recv_fds(pair[1], &byte, 1, &fds), -EINVAL);
    ck_assert_int_eq(mio_unix_recv_fds(pair[1], &byte, 1, NULL), -EINVAL);
    fds.capacity = 0;
    ck_assert_int_eq(mio_unix_recv_fds(pair[1], &byte, 0, &fds), -EINVAL);
    ck_assert_int_eq(mio_unix_recv_fds(pair[1], &byte, 1, &fds), -EAGAIN);
    loopback_close(pair);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("net/unix");
    TCase *tcase = harness_case(suite, "unix");

    tcase_add_loop_test(tcase, pairs, 0, TYPES);
    tcase_add_test(tcase, seqpackets);
    tcase_add_test(tcase, wrong_types);
    tcase_add_loop_test(tcase, descriptors_are_passed, 0, TYPES);
    tcase_add_loop_test(tcase, too_many_descriptors, 0, TYPES);
    if (!harness_in_valgrind()) /* whose own descriptors stay beyond a limit that is made up */
        tcase_add_loop_test(tcase, no_descriptor_is_free, 0, TYPES);
    tcase_add_loop_test(tcase, a_truncated_datagram_has_no_descriptors, 1, TYPES);
    tcase_add_loop_test(tcase, with_other_control_messages, 0, TYPES);
    tcase_add_test(tcase, other_families_carry_none);
    tcase_add_loop_test(tcase, bytes_alone, 0, TYPES);
    tcase_add_loop_test(tcase, credentials, 0, TYPES);
    tcase_add_test(tcase, wrong_arguments);
    return suite;
}
