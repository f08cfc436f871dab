#include "sys/descriptor.h"

#include "harness.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/un.h>
#include <unistd.h>

static void check_flags(mio_fd fd)
{
    ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
}

START_TEST(sockets)
{
    static const int families[] = {AF_INET, AF_INET6, AF_UNIX};

    for (int i = 0; i < 3; i++) {
        mio_fd fd;

        ck_assert_int_eq(mio__descriptor_socket(families[i], SOCK_STREAM, &fd), 0);
        check_flags(fd);
        ck_assert_int_eq(mio__descriptor_close(fd), 0);
        ck_assert_int_eq(mio__descriptor_socket(families[i], SOCK_DGRAM, &fd), 0);
        check_flags(fd);
        ck_assert_int_eq(mio__descriptor_close(fd), 0);
    }
}
END_TEST

START_TEST(pairs)
{
    mio_fd fds[2];

    ck_assert_int_eq(mio__descriptor_pair(AF_UNIX, SOCK_STREAM, fds), 0);
    for (int i = 0; i < 2; i++) {
        check_flags(fds[i]);
        ck_assert_int_eq(mio__descriptor_close(fds[i]), 0);
        ck_assert_int_eq(mio__descriptor_close(fds[i]), -EBADF);
    }
}
END_TEST

START_TEST(what_is_refused)
{
    mio_fd fds[2] = {-2, -2};

    ck_assert_int_eq(mio__descriptor_socket(AF_UNSPEC, SOCK_STREAM, fds), -EAFNOSUPPORT);
    ck_assert_int_eq(mio__descriptor_pair(AF_INET, SOCK_STREAM, fds), -EOPNOTSUPP);
    ck_assert_int_eq(mio__descriptor_accept(-1, NULL, NULL, fds), -EBADF);
    ck_assert(fds[0] == -2 && fds[1] == -2);
}
END_TEST

START_TEST(accepted)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    socklen_t size = sizeof addr;
    mio_fd listener, client, fd;

    ck_assert_int_eq(mio__descriptor_socket(AF_UNIX, SOCK_STREAM, &listener), 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&addr, sizeof(sa_family_t)), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&addr, &size), 0);
    ck_assert_int_eq(mio__descriptor_accept(listener, NULL, NULL, &fd), -EAGAIN);
    ck_assert_int_eq(mio__descriptor_socket(AF_UNIX, SOCK_STREAM, &client), 0);
    ck_assert_int_eq(connect(client, (struct sockaddr *)&addr, size), 0);
    ck_assert_int_eq(mio__descriptor_accept(listener, NULL, NULL, &fd), 0);
    check_flags(fd);
    ck_assert_int_eq(mio__descriptor_close(fd), 0);
    ck_assert_int_eq(mio__descriptor_close(client), 0);
    ck_assert_int_eq(mio__descriptor_close(listener), 0);
}
END_TEST

START_TEST(errors_of_one_connection)
{
    ck_assert(mio__descriptor_accept_lost(-ECONNABORTED));
    ck_assert(mio__descriptor_accept_lost(-ENETUNREACH));
    ck_assert(!mio__descriptor_accept_lost(0));
    ck_assert(!mio__descriptor_accept_lost(ECONNABORTED));
    ck_assert(!mio__descriptor_accept_lost(-EAGAIN));
    ck_assert(!mio__descriptor_accept_lost(-EMFILE));
    ck_assert(!mio__descriptor_accept_lost(-EOPNOTSUPP));
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("sys/descriptor");
    TCase *tcase = harness_case(suite, "descriptor");

    tcase_add_test(tcase, sockets);
    tcase_add_test(tcase, pairs);
    tcase_add_test(tcase, what_is_refused);
    tcase_add_test(tcase, accepted);
    tcase_add_test(tcase, errors_of_one_connection);
    return suite;
}
