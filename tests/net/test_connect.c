#include "loopback.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* An address of the loopback where nobody listens: bound, so that nobody else gets it. */
static mio_fd bind_only(mio_family family, mio_addr *ret_addr)
{
    const mio_addr any = loopback_addr(family);
    const mio_connect_options options = {.local = &any};
    mio_addr listening;
    mio_fd listener = loopback_listen(family, NULL, &listening), fd;

    ck_assert_int_eq(mio_connect(&listening, &options, &fd), 0);
    ck_assert_int_eq(mio_socket_local(fd, ret_addr), 0);
    ck_assert_int_eq(mio_close(listener), 0);
    return fd;
}

/* A socket that has not begun to connect. */
static mio_fd fresh_socket(void)
{
    mio_fd fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    return fd;
}

START_TEST(connected)
{
    mio_addr addr, peer;
    mio_fd listener = loopback_listen(loopback_family(_i), NULL, &addr), fd;
    short events;

    ck_assert_int_eq(mio_connect(&addr, NULL, &fd), 0);
    loopback_check_flags(fd);
    events = loopback_wait(fd, POLLIN | POLLOUT);
    ck_assert_int_eq(events, POLLOUT); /* the first event is: writable */
    ck_assert_int_eq(mio_connect_result(fd), 0);
    ck_assert_int_eq(mio_connect_result(fd), 0);
    ck_assert_int_eq(mio_socket_peer(fd, &peer), 0);
    ck_assert_int_eq(mio_addr_compare(&peer, &addr), 0);
    ck_assert_int_eq(mio_close(fd), 0);
    ck_assert_int_eq(mio_close(listener), 0);
}
END_TEST

START_TEST(nodelay)
{
    const mio_connect_options nagle = {.nagle = true};
    mio_addr addr;
    mio_fd listener = loopback_listen(loopback_family(_i), NULL, &addr), fd;

    fd = loopback_connect(&addr);
    ck_assert_int_eq(loopback_option(fd, MIO_OPT_NODELAY), 1);
    ck_assert_int_eq(mio_close(fd), 0);
    ck_assert_int_eq(mio_connect(&addr, &nagle, &fd), 0);
    ck_assert_int_eq(loopback_option(fd, MIO_OPT_NODELAY), 0);
    ck_assert_int_eq(mio_close(fd), 0);
    ck_assert_int_eq(mio_close(listener), 0);
}
END_TEST

START_TEST(from_a_local_address)
{
    mio_addr addr, local;
    mio_fd owner = bind_only(loopback_family(_i), &local), listener, fd;
    const mio_connect_options options = {.local = &local};

    ck_assert_int_eq(mio_close(owner), 0); /* its port is free */
    listener = loopback_listen(loopback_family(_i), NULL, &addr);
    ck_assert_int_eq(mio_connect(&addr, &options, &fd), 0);
    loopback_wait(fd, POLLOUT);
    ck_assert_int_eq(mio_connect_result(fd), 0);
    ck_assert_int_eq(mio_socket_local(fd, &addr), 0);
    ck_assert_int_eq(mio_addr_compare(&addr, &local), 0);
    ck_assert_int_eq(mio_close(fd), 0);
    ck_assert_int_eq(mio_close(listener), 0);
}
END_TEST

START_TEST(from_an_address_that_cannot_be_had)
{
    mio_addr addr, local;
    mio_fd listener = loopback_listen(MIO_IPV4, NULL, &addr), fd = -2;
    const mio_connect_options options = {.local = &local};

    local = addr;
    ck_assert_int_eq(mio_connect(&addr, &options, &fd), -EADDRINUSE);
    ck_assert_int_eq(mio_addr_parse("192.0.2.200:0", &local), 0);
    ck_assert_int_eq(mio_connect(&addr, &options, &fd), -EADDRNOTAVAIL);
    ck_assert_int_eq(mio_addr_parse("[::1]:0", &local), 0);
    ck_assert_int_lt(mio_connect(&addr, &options, &fd), 0); /* another family */
    memset(&local, 0, sizeof local);
    ck_assert_int_lt(mio_connect(&addr, &options, &fd), 0);
    ck_assert_int_eq(fd, -2);
    ck_assert_int_eq(mio_close(listener), 0);
}
END_TEST

/* ------------------------------------------------------------------- failures */

/* TCP may refuse at once or later; either way it is told once, and never as in progress. */
START_TEST(refused)
{
    mio_addr addr;
    mio_fd owner = bind_only(loopback_family(_i), &addr), fd = -2;
    const int err = mio_connect(&addr, NULL, &fd);

    if (err == 0) {
        loopback_wait(fd, POLLOUT);
        ck_assert_int_eq(mio_connect_result(fd), -ECONNREFUSED);
        ck_assert_int_eq(mio_connect_result(fd), -ENOTCONN);
        ck_assert_int_eq(mio_connect_result(fd), -ENOTCONN);
        ck_assert_int_eq(mio_close(fd), 0);
    } else {
        ck_assert_int_eq(err, -ECONNREFUSED);
        ck_assert_int_eq(fd, -2);
    }
    ck_assert_int_eq(mio_close(owner), 0);
}
END_TEST

START_TEST(the_error_was_taken_before)
{
    mio_addr addr;
    mio_fd owner = bind_only(MIO_IPV4, &addr), fd;

    if (mio_connect(&addr, NULL, &fd) == 0) {
        loopback_wait(fd, POLLOUT);
        ck_assert_int_eq(mio_socket_take_error(fd), -ECONNREFUSED);
        ck_assert_int_eq(mio_connect_result(fd), -ENOTCONN);
        ck_assert_int_eq(mio_close(fd), 0);
    }
    ck_assert_int_eq(mio_close(owner), 0);
}
END_TEST

/* A listener whose queue is full does not answer; Linux lets one more in than it was told. */
START_TEST(in_progress)
{
    const mio_listen_options small = {.backlog = 1};
    mio_addr addr;
    mio_fd listener = loopback_listen(loopback_family(_i), &small, &addr), clients[2], fd;

    clients[0] = loopback_connect(&addr);
    clients[1] = loopback_connect(&addr);
    ck_assert_int_eq(mio_connect(&addr, NULL, &fd), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(mio_connect_result(fd), -EINPROGRESS);
    ck_assert_int_eq(mio_close(loopback_accept(listener)), 0);
    loopback_wait(fd, POLLOUT); /* the kernel tries again after a second */
    ck_assert_int_eq(mio_connect_result(fd), 0);
    ck_assert_int_eq(mio_close(fd), 0);
    ck_assert_int_eq(mio_close(listener), 0);
    loopback_close(clients);
}
END_TEST

START_TEST(reset_before_it_was_asked)
{
    mio_addr addr;
    mio_fd listener = loopback_listen(loopback_family(_i), NULL, &addr), fd, accepted;

    ck_assert_int_eq(mio_connect(&addr, NULL, &fd), 0);
    accepted = loopback_accept(listener);
    ck_assert_int_eq(mio_socket_set(accepted, MIO_OPT_LINGER, 0), 0);
    ck_assert_int_eq(mio_close(accepted), 0);
    loopback_wait(fd, POLLIN);
    ck_assert_int_eq(mio_connect_result(fd), -ECONNRESET);
    ck_assert_int_eq(mio_connect_result(fd), -ENOTCONN);
    ck_assert_int_eq(mio_close(fd), 0);
    ck_assert_int_eq(mio_close(listener), 0);
}
END_TEST

START_TEST(ended_before_it_was_asked)
{
    mio_addr addr;
    mio_fd listener = loopback_listen(loopback_family(_i), NULL, &addr), fd;

    ck_assert_int_eq(mio_connect(&addr, NULL, &fd), 0);
    ck_assert_int_eq(mio_close(loopback_accept(listener)), 0);
    loopback_wait(fd, POLLIN);
    ck_assert_int_eq(mio_connect_result(fd), 0); /* it was connected: the end is for read */
    ck_assert_int_eq(mio_close(fd), 0);
    ck_assert_int_eq(mio_close(listener), 0);
}
END_TEST

START_TEST(never_begun)
{
    mio_fd fd = fresh_socket();

    ck_assert_int_eq(mio_connect_result(fd), -ENOTCONN);
    ck_assert_int_eq(mio_close(fd), 0);
    ck_assert_int_eq(mio_connect_result(-1), -EBADF);
    ck_assert_int_eq(mio_connect_result(fd), -EBADF);
}
END_TEST

START_TEST(a_queue_that_is_full)
{
    const mio_listen_options small = {.backlog = 1};
    mio_addr addr;
    mio_fd listener = loopback_listen(MIO_UNIX, &small, &addr), clients[2], fd = -2;
    const int descriptors = harness_open_descriptors();

    clients[0] = loopback_connect(&addr);
    clients[1] = loopback_connect(&addr);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(mio_connect(&addr, NULL, &fd), -EAGAIN);
    ck_assert_int_eq(fd, -2);
    ck_assert_int_eq(harness_open_descriptors(), descriptors + 2);
    loopback_close(clients);
    ck_assert_int_eq(mio_close(listener), 0);
}
END_TEST

START_TEST(unix_paths_without_a_listener)
{
    char folder[] = "/tmp/mio-XXXXXX", path[64];
    mio_addr addr;
    mio_fd fd = -2, listener;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x", folder);
    ck_assert_int_eq(mio_addr_unix(path, strlen(path), &addr), 0);
    ck_assert_int_eq(mio_connect(&addr, NULL, &fd), -ENOENT);
    ck_assert_int_eq(mio_listen(&addr, NULL, &listener), 0);
    ck_assert_int_eq(mio_close(listener), 0);
    ck_assert_int_eq(mio_connect(&addr, NULL, &fd), -ECONNREFUSED);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_eq(mio_addr_parse("unix:@nobody listens here", &addr), 0);
    ck_assert_int_eq(mio_connect(&addr, NULL, &fd), -ECONNREFUSED);
    ck_assert_int_eq(mio_addr_parse("unix:", &addr), 0);
    ck_assert_int_eq(mio_connect(&addr, NULL, &fd), -EINVAL);
    ck_assert_int_eq(fd, -2);
}
END_TEST

START_TEST(wrong_arguments)
{
    const mio_addr zero = {.size = 0}, addr = loopback_addr(MIO_IPV4);
    mio_fd fd = -2;

    ck_assert_int_eq(mio_connect(&zero, NULL, &fd), -EAFNOSUPPORT);
    ck_assert_int_eq(mio_connect(NULL, NULL, &fd), -EINVAL);
    ck_assert_int_eq(mio_connect(&addr, NULL, NULL), -EINVAL);
    ck_assert_int_eq(fd, -2);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("net/connect");
    TCase *tcase = harness_case(suite, "connect");
    TCase *failures = harness_case(suite, "failures");

    tcase_add_loop_test(tcase, connected, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, nodelay, 0, LOOPBACK_IP_FAMILIES);
    tcase_add_loop_test(tcase, from_a_local_address, 0, LOOPBACK_FAMILIES);
    tcase_add_test(tcase, from_an_address_that_cannot_be_had);
    tcase_add_loop_test(tcase, in_progress, 0, LOOPBACK_IP_FAMILIES);
    tcase_add_loop_test(tcase, ended_before_it_was_asked, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(failures, refused, 0, LOOPBACK_FAMILIES);
    tcase_add_test(failures, the_error_was_taken_before);
    tcase_add_loop_test(failures, reset_before_it_was_asked, 0, LOOPBACK_IP_FAMILIES);
    tcase_add_test(failures, never_begun);
    tcase_add_test(failures, a_queue_that_is_full);
    tcase_add_test(failures, unix_paths_without_a_listener);
    tcase_add_test(failures, wrong_arguments);
    return suite;
}
