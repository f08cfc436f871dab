/* wraps: bind getsockopt recvmsg sendmsg socket unlink */
/*
 * System calls of Unix sockets that fail: each error is told, and nothing remains.
 */
#include "datagrams.h"

#include "faults.h"
#include "mio/unix.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

WRAP(int, bind, (int fd, const struct sockaddr *addr, socklen_t size), (fd, addr, size))
WRAP(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *size),
     (fd, level, name, value, size))
WRAP(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags))
WRAP(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))
WRAP(int, socket, (int family, int type, int protocol), (family, type, protocol))
WRAP(int, unlink, (const char *path), (path))

START_TEST(descriptors_are_not_passed)
{
    static const int errors[] = {EAGAIN, ETOOMANYREFS, ENOBUFS, ENOMEM, ECONNRESET};
    mio_fd fds[2], received[4];
    mio_unix_fds to = {.fds = received, .capacity = 4, .count = 4711};
    char byte;

    ck_assert_int_eq(mio_socketpair(MIO_STREAM, fds), 0);
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        fault_arm("sendmsg", errors[i], 0, 1);
        ck_assert_int_eq(mio_unix_send_fds(fds[0], "x", 1, fds, 2), -errors[i]);
        ck_assert_int_eq(fault_disarm(), 1);
        fault_arm("recvmsg", errors[i], 0, 1);
        ck_assert_int_eq(mio_unix_recv_fds(fds[1], &byte, 1, &to), -errors[i]);
        ck_assert_int_eq(fault_disarm(), 1);
        ck_assert_uint_eq(to.count, 4711);
    }
    fault_arm("sendmsg", EINTR, 0, 1000);
    ck_assert_int_eq(mio_unix_send_fds(fds[0], "x", 1, fds, 2), 1);
    ck_assert_int_eq(fault_disarm(), 1000);
    fault_arm("recvmsg", EINTR, 0, 1000);
    ck_assert_int_eq(mio_unix_recv_fds(fds[1], &byte, 1, &to), 1);
    ck_assert_int_eq(fault_disarm(), 1000);
    ck_assert_uint_eq(to.count, 2);
    loopback_close(received);
    loopback_close(fds);
}
END_TEST

START_TEST(nobody_tells_who_it_is)
{
    mio_unix_credentials peer;
    mio_fd fds[2];

    ck_assert_int_eq(mio_socketpair(MIO_STREAM, fds), 0);
    fault_arm("getsockopt", ENOBUFS, 0, 1);
    ck_assert_int_eq(mio_unix_credentials_of(fds[0], &peer), -ENOBUFS);
    ck_assert_int_eq(fault_disarm(), 1);
    loopback_close(fds);
}
END_TEST

/* Whatever fails while a stale file is looked at: it is in use. */
START_TEST(a_stale_file_stays)
{
    const mio_listen_options options = {.replace_stale = true};
    char folder[] = "/tmp/mio-test-XXXXXX", text[64];
    mio_addr addr;
    mio_fd fd = -2, stale;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(text, sizeof text, "unix:%s/s", folder);
    ck_assert_int_eq(mio_addr_parse(text, &addr), 0);
    ck_assert_int_eq(mio_listen(&addr, NULL, &stale), 0);
    ck_assert_int_eq(mio_close(stale), 0);
    fault_arm("socket", EMFILE, 1, 1); /* the one that looks */
    ck_assert_int_eq(mio_listen(&addr, &options, &fd), -EADDRINUSE);
    ck_assert_int_eq(fault_disarm(), 1);
    fault_arm("unlink", EACCES, 0, 1);
    ck_assert_int_eq(mio_listen(&addr, &options, &fd), -EADDRINUSE);
    ck_assert_int_eq(fault_disarm(), 1);
    fault_arm("bind", EADDRINUSE, 1, 1); /* somebody was faster */
    ck_assert_int_eq(mio_listen(&addr, &options, &fd), -EADDRINUSE);
    ck_assert_int_eq(fault_disarm(), 1);
    ck_assert_int_eq(fd, -2);
    ck_assert_int_eq(rmdir(folder), 0); /* the file is gone by the last one */
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("net/unix_faults");
    TCase *tcase = harness_case(suite, "faults");

    tcase_add_test(tcase, descriptors_are_not_passed);
    tcase_add_test(tcase, nobody_tells_who_it_is);
    tcase_add_test(tcase, a_stale_file_stays);
    return suite;
}
