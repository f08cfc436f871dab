/* wraps: bind connect recvfrom recvmmsg recvmsg sendmmsg sendmsg sendto setsockopt socket */
/*
 * System calls of datagrams that fail: each error is told, and a kernel without the calls for
 * several gets one for each.
 */
#include "datagrams.h"

#include "faults.h"

#include <sys/socket.h>

WRAP(int, bind, (int fd, const struct sockaddr *addr, socklen_t size), (fd, addr, size))
WRAP(int, connect, (int fd, const struct sockaddr *addr, socklen_t size), (fd, addr, size))
WRAP(ssize_t, recvfrom,
     (int fd, void *buffer, size_t size, int flags, struct sockaddr *addr, socklen_t *length),
     (fd, buffer, size, flags, addr, length))
WRAP(int, recvmmsg,
     (int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout),
     (fd, messages, count, flags, timeout))
WRAP(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags))
WRAP(int, sendmmsg, (int fd, struct mmsghdr *messages, unsigned count, int flags),
     (fd, messages, count, flags))
WRAP(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))
WRAP(ssize_t, sendto,
     (int fd, const void *data, size_t size, int flags, const struct sockaddr *addr,
      socklen_t length),
     (fd, data, size, flags, addr, length))
WRAP(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t size),
     (fd, level, name, value, size))
WRAP(int, socket, (int family, int type, int protocol), (family, type, protocol))

static mio_fd a, b;
static mio_addr addr_a, addr_b;
static char rooms[4][8];
static mio_datagram batch[4];

static void open_both(void)
{
    a = datagram_socket(MIO_IPV4, &addr_a);
    b = datagram_socket(MIO_IPV4, &addr_b);
    for (int i = 0; i < 4; i++)
        batch[i] = (mio_datagram){.data = rooms[i], .capacity = 8, .length = 1, .addr = addr_b};
}

static void close_both(void)
{
    ck_assert_int_eq(mio_close(a), 0);
    ck_assert_int_eq(mio_close(b), 0);
}

static int open_socket(void)
{
    const mio_datagram_options options = {
        .reuseaddr = true, .reuseport = true, .only_v6 = true, .broadcast = true};
    const mio_addr addr = loopback_addr(MIO_IPV6);
    mio_fd fd = -2;
    const int err = mio_datagram_open(&addr, &options, &fd);

    if (err == 0)
        mio_close(fd);
    else
        ck_assert_int_eq(fd, -2);
    return err;
}

START_TEST(open_fails)
{
    static const int errors[] = {EMFILE, ENFILE, ENOMEM, ENOBUFS, EACCES, EADDRINUSE, 0};

    fault_check_each(open_socket, "socket", errors);
    fault_check_each(open_socket, "setsockopt", errors);
    fault_check_each(open_socket, "bind", errors);
}
END_TEST

/* One call of each kind, and the result where it goes well; a datagram waits at b. */
static ptrdiff_t connects(void)
{
    return mio_datagram_connect(a, &addr_b);
}

static ptrdiff_t sends(void)
{
    return mio_datagram_send(a, "x", 1, &addr_b);
}

static ptrdiff_t receives(void)
{
    return mio_datagram_recv(b, rooms[0], 8, NULL) - 1;
}

static ptrdiff_t sends_batch(void)
{
    return mio_datagram_send_batch(a, batch, 1) - 1;
}

static ptrdiff_t receives_batch(void)
{
    return mio_datagram_recv_batch(b, batch, 1) - 1;
}

static ptrdiff_t failure_of(ptrdiff_t (*call)(void))
{
    return call == receives || call == sends_batch || call == receives_batch ? call() + 1
                                                                             : call();
}

START_TEST(each_error_is_told)
{
    static const struct {
        const char *name;
        ptrdiff_t (*call)(void);
    } rows[] = {{"connect", connects},
                {"sendto", sends},
                {"recvfrom", receives},
                {"sendmmsg", sends_batch},
                {"recvmmsg", receives_batch}};
    static const int errors[] = {EAGAIN, ECONNREFUSED, ENOBUFS, ENOMEM, EPERM, EHOSTUNREACH};

    open_both();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_int_eq(sends(), 0);
        loopback_wait(b, POLLIN);
        for (size_t k = 0; k < sizeof errors / sizeof errors[0]; k++) {
            fault_arm(rows[i].name, errors[k], 0, 1);
            ck_assert_int_eq(failure_of(rows[i].call), -errors[k]);
            ck_assert_int_eq(fault_disarm(), 1);
        }
        fault_arm(rows[i].name, EINTR, 0, 1000);
        ck_assert_int_eq(rows[i].call(), 0);
        ck_assert_int_eq(fault_disarm(), 1000);
    }
    close_both();
}
END_TEST

/* The calls for one message, where the kernel lacks those for several. */
START_TEST(one_call_each)
{
    open_both();
    fault_arm("sendmmsg", ENOSYS, 0, 100);
    ck_assert_int_eq(mio_datagram_send_batch(a, batch, 3), 3);
    ck_assert_int_eq(fault_disarm(), 1);
    loopback_wait(b, POLLIN);
    datagram_say(a, "longer than 8", &addr_b);
    fault_arm("recvmmsg", ENOSYS, 0, 100);
    ck_assert_int_eq(mio_datagram_recv_batch(b, batch, 4), 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_uint_eq(batch[i].length, i < 3 ? 1 : 8);
        ck_assert_int_eq(batch[i].truncated, i == 3);
        ck_assert_int_eq(mio_addr_compare(&batch[i].addr, &addr_a), 0);
    }
    ck_assert_int_eq(mio_datagram_recv_batch(b, batch, 4), -EAGAIN);
    datagram_say(a, "one", &addr_b);
    ck_assert_int_eq(mio_datagram_recv_batch(b, batch, 4), 1);
    fault_disarm();
    close_both();
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("net/datagram_faults");
    TCase *tcase = harness_case(suite, "faults");

    tcase_add_test(tcase, open_fails);
    tcase_add_test(tcase, each_error_is_told);
    tcase_add_test(tcase, one_call_each);
    return suite;
}
