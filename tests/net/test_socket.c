#include "loopback.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

START_TEST(a_pair)
{
    char buffer[8];
    mio_addr addr;
    mio_fd fds[2];

    ck_assert_int_eq(mio_socketpair(MIO_STREAM, fds), 0);
    for (int i = 0; i < 2; i++) {
        loopback_check_flags(fds[i]);
        ck_assert_int_eq(mio_write(fds[i], "hello", 5), 5);
        ck_assert_int_eq(mio_read(fds[1 - i], buffer, sizeof buffer), 5);
        ck_assert_int_eq(mio_read(fds[1 - i], buffer, sizeof buffer), -EAGAIN);
        ck_assert_int_eq(mio_socket_local(fds[i], &addr), 0);
        ck_assert_int_eq(mio_addr_host(&addr, buffer, sizeof buffer), 0);
        ck_assert_int_eq(mio_socket_peer(fds[i], &addr), 0);
        ck_assert_int_eq(mio_addr_family(&addr), MIO_UNIX);
    }
    ck_assert_int_eq(mio_close(fds[0]), 0);
    ck_assert_int_eq(mio_read(fds[1], buffer, sizeof buffer), 0);
    ck_assert_int_eq(mio_close(fds[1]), 0);
    ck_assert_int_eq(mio_socketpair(MIO_STREAM, NULL), -EINVAL);
}
END_TEST

START_TEST(close_twice)
{
    mio_fd fds[2];

    ck_assert_int_eq(mio_socketpair(MIO_STREAM, fds), 0);
    loopback_close(fds);
    ck_assert_int_eq(mio_close(fds[0]), -EBADF);
    ck_assert_int_eq(mio_close(-1), -EBADF);
    ck_assert_int_eq(mio_close(INT32_MAX), -EBADF);
}
END_TEST

START_TEST(both_addresses)
{
    mio_addr left, right;
    mio_fd fds[2];

    loopback_pair(loopback_family(_i), fds);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(mio_socket_local(fds[i], &left), 0);
        ck_assert_int_eq(mio_socket_peer(fds[1 - i], &right), 0);
        ck_assert_int_eq(mio_addr_family(&left), loopback_family(_i));
        ck_assert_mem_eq(&left, &right, sizeof left);
    }
    loopback_close(fds);
}
END_TEST

START_TEST(no_address)
{
    mio_addr addr, listening, untouched;
    mio_fd listener = loopback_listen(MIO_IPV4, NULL, &listening), fds[2];
    mio_fd other = socket(AF_NETLINK, SOCK_RAW, 0);

    memset(&addr, 0xa5, sizeof addr);
    untouched = addr;
    ck_assert_int_eq(mio_socket_peer(listener, &addr), -ENOTCONN);
    ck_assert_int_eq(mio_socket_local(other, &addr), -EAFNOSUPPORT);
    ck_assert_int_eq(mio_socket_local(-1, &addr), -EBADF);
    ck_assert_int_eq(mio_socket_peer(-1, &addr), -EBADF);
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    ck_assert_int_eq(mio_socket_local(fds[0], &addr), -ENOTSOCK);
    ck_assert_int_eq(mio_socket_peer(fds[0], &addr), -ENOTSOCK);
    ck_assert_mem_eq(&addr, &untouched, sizeof addr);
    ck_assert_int_eq(mio_socket_local(listener, NULL), -EINVAL);
    ck_assert_int_eq(mio_socket_peer(listener, NULL), -EINVAL);
    loopback_close(fds);
    ck_assert_int_eq(mio_close(other), 0);
    ck_assert_int_eq(mio_close(listener), 0);
}
END_TEST

START_TEST(an_error_is_taken_once)
{
    mio_fd fds[2];

    loopback_pair(loopback_family(_i), fds);
    ck_assert_int_eq(mio_socket_take_error(fds[0]), 0);
    ck_assert_int_eq(mio_socket_set(fds[1], MIO_OPT_LINGER, 0), 0);
    ck_assert_int_eq(mio_close(fds[1]), 0);
    ck_assert_int_ne(loopback_wait(fds[0], POLLIN) & POLLERR, 0);
    ck_assert_int_eq(mio_socket_take_error(fds[0]), -ECONNRESET);
    ck_assert_int_eq(mio_socket_take_error(fds[0]), 0);
    ck_assert_int_eq(mio_close(fds[0]), 0);
}
END_TEST

START_TEST(an_error_of_no_socket)
{
    mio_fd fds[2];

    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    ck_assert_int_eq(mio_socket_take_error(fds[0]), -ENOTSOCK);
    loopback_close(fds);
    ck_assert_int_eq(mio_socket_take_error(fds[0]), -EBADF);
}
END_TEST

/* The kind of a descriptor that blocks and survives exec: neither holds afterwards. */
static mio_kind adopted(mio_fd fd)
{
    mio_kind kind = MIO_KIND_OTHER;

    ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
    ck_assert_int_eq(fcntl(fd, F_SETFD, 0), 0);
    ck_assert_int_eq(mio_adopt(fd, &kind), 0);
    loopback_check_flags(fd);
    ck_assert_int_eq(mio_adopt(fd, &kind), 0);
    loopback_check_flags(fd);
    ck_assert_int_eq(mio_close(fd), 0);
    return kind;
}

START_TEST(adopting)
{
    const mio_listen_options seqpackets = {.type = MIO_SEQPACKET};
    static const mio_kind kinds[] = {MIO_KIND_STREAM, MIO_KIND_SEQPACKET, MIO_KIND_DATAGRAM};
    mio_addr addr;
    mio_kind kind;
    mio_fd fds[2];

    for (int type = MIO_STREAM; type <= MIO_DATAGRAM; type++) {
        ck_assert_int_eq(mio_socketpair((mio_socket_type)type, fds), 0);
        ck_assert_int_eq(adopted(fds[0]), kinds[type]);
        ck_assert_int_eq(adopted(fds[1]), kinds[type]);
    }
    ck_assert_int_eq(adopted(loopback_listen(MIO_IPV4, NULL, &addr)), MIO_KIND_LISTENER);
    ck_assert_int_eq(adopted(loopback_listen(MIO_UNIX, &seqpackets, &addr)),
                     MIO_KIND_SEQPACKET_LISTENER);
    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(adopted(fds[0]), MIO_KIND_OTHER);
    ck_assert_int_eq(mio_adopt(fds[1], NULL), -EINVAL);
    ck_assert_int_eq(mio_close(fds[1]), 0);
    ck_assert_int_eq(mio_adopt(fds[1], &kind), -EBADF);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("net/socket");
    TCase *tcase = harness_case(suite, "socket");

    tcase_add_test(tcase, a_pair);
    tcase_add_test(tcase, close_twice);
    tcase_add_loop_test(tcase, both_addresses, 0, LOOPBACK_FAMILIES);
    tcase_add_test(tcase, no_address);
    tcase_add_loop_test(tcase, an_error_is_taken_once, 0, LOOPBACK_IP_FAMILIES);
    tcase_add_test(tcase, an_error_of_no_socket);
    tcase_add_test(tcase, adopting);
    return suite;
}
