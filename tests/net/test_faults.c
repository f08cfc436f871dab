/* wraps: accept4 bind close connect getpeername getsockname getsockopt if_nametoindex listen */
/* wraps: poll read readv recv send sendmsg setsockopt shutdown socket socketpair */
/*
 * System calls that fail, one after the other: whatever a call gives, src/net/ leaves nothing
 * behind and says what its headers say.
 */
#include "loopback.h"

#include "faults.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ------------------------------------------------------------------- faults */

/* The state of a random sequence of faults in reads and writes; 0 for none. */
static uint64_t chaos;

static bool chaos_strikes(void)
{
    static const int errors[] = {EINTR, EINTR, EAGAIN};

    if (chaos == 0 || harness_random(&chaos) % 2 == 0)
        return false;
    errno = errors[harness_random(&chaos) % 3];
    return true;
}

/* A size that is shortened at random. */
static size_t chaos_size(size_t size)
{
    return chaos == 0 || size == 0 ? size : harness_random_size(&chaos, size) + 1;
}

/* WRAP() for reads and writes. */
#define WRAP_TRANSFER(name, parameters, arguments)                                             \
    ssize_t __real_##name parameters;                                                          \
    ssize_t __wrap_##name parameters;                                                          \
    ssize_t __wrap_##name parameters                                                           \
    {                                                                                          \
        return fault_strikes(#name) || chaos_strikes() ? -1 : __real_##name arguments;         \
    }

WRAP(int, accept4, (int fd, struct sockaddr *addr, socklen_t *size, int flags),
     (fd, addr, size, flags))
WRAP(int, bind, (int fd, const struct sockaddr *addr, socklen_t size), (fd, addr, size))
WRAP(int, connect, (int fd, const struct sockaddr *addr, socklen_t size), (fd, addr, size))
WRAP(int, getpeername, (int fd, struct sockaddr *addr, socklen_t *size), (fd, addr, size))
WRAP(int, getsockname, (int fd, struct sockaddr *addr, socklen_t *size), (fd, addr, size))
WRAP(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *size),
     (fd, level, name, value, size))
WRAP(int, listen, (int fd, int backlog), (fd, backlog))
WRAP(int, poll, (struct pollfd * sources, nfds_t count, int timeout_ms),
     (sources, count, timeout_ms))
WRAP(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t size),
     (fd, level, name, value, size))
WRAP(int, shutdown, (int fd, int how), (fd, how))
WRAP(int, socket, (int family, int type, int protocol), (family, type, protocol))
WRAP(int, socketpair, (int family, int type, int protocol, int fds[2]),
     (family, type, protocol, fds))
WRAP_TRANSFER(read, (int fd, void *buffer, size_t size), (fd, buffer, chaos_size(size)))
WRAP_TRANSFER(recv, (int fd, void *buffer, size_t size, int flags),
              (fd, buffer, chaos_size(size), flags))
WRAP_TRANSFER(send, (int fd, const void *data, size_t size, int flags),
              (fd, data, chaos_size(size), flags))
WRAP_TRANSFER(readv, (int fd, const struct iovec *vectors, int count), (fd, vectors, count))
WRAP_TRANSFER(sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))

unsigned __real_if_nametoindex(const char *name);
unsigned __wrap_if_nametoindex(const char *name);
unsigned __wrap_if_nametoindex(const char *name)
{
    return fault_strikes("if_nametoindex") ? 0 : __real_if_nametoindex(name);
}

/* As on Linux, the descriptor is gone whatever close returns. */
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    const int result = __real_close(fd);

    return fault_strikes("close") ? -1 : result;
}

/* ------------------------------------------------------------- constructors */

/* A constructor has returned `err` and written `fd`, or -2 is still in there. */
static int opened(int err, mio_fd fd)
{
    if (err == 0)
        mio_close(fd);
    else
        ck_assert_int_eq(fd, -2);
    return err;
}

static int open_listener(void)
{
    const mio_listen_options options = {.reuseport = true, .only_v6 = true};
    const mio_addr addr = loopback_addr(MIO_IPV6);
    mio_fd fd = -2;
    const int err = mio_listen(&addr, &options, &fd);

    return opened(err, fd);
}

static mio_addr connect_target;

static int open_connection(void)
{
    const mio_addr local = loopback_addr(mio_addr_family(&connect_target));
    const mio_connect_options options = {.local = &local};
    mio_fd fd = -2;
    const int err = mio_connect(&connect_target, &options, &fd);

    return opened(err, fd);
}

static int open_spare(void)
{
    mio_fd fd = -2;
    const int err = mio_spare_open(&fd);

    return opened(err, fd);
}

static int open_pair(void)
{
    mio_fd fds[2] = {-2, -2};
    const int err = mio_socketpair(MIO_STREAM, fds);

    opened(err, fds[0]);
    return opened(err, fds[1]);
}

static const int socket_errors[] = {EMFILE, ENFILE, ENOMEM, ENOBUFS, EACCES, EAFNOSUPPORT, 0};
static const int option_errors[] = {ENOMEM, ENOBUFS, ENOPROTOOPT, EOPNOTSUPP, EPERM, 0};
static const int bind_errors[] = {EADDRINUSE, EADDRNOTAVAIL, EACCES, ENOMEM, EROFS, EINTR, 0};
static const int connect_errors[] = {EAGAIN,        ECONNREFUSED, ENETUNREACH,  EHOSTUNREACH,
                                     ETIMEDOUT,     EACCES,       EPERM,        ENOENT,
                                     EADDRNOTAVAIL, EALREADY,     EAFNOSUPPORT, 0};

START_TEST(listen_fails)
{
    static const int listen_errors[] = {EADDRINUSE, EOPNOTSUPP, ENOMEM, 0};

    fault_check_each(open_listener, "socket", socket_errors);
    fault_check_each(open_listener, "setsockopt", option_errors);
    fault_check_each(open_listener, "bind", bind_errors);
    fault_check_each(open_listener, "listen", listen_errors);
}
END_TEST

START_TEST(connect_fails)
{
    mio_fd listener = loopback_listen(loopback_family(_i), NULL, &connect_target);

    fault_check_each(open_connection, "socket", socket_errors);
    if (loopback_family(_i) != MIO_UNIX)
        fault_check_each(open_connection, "setsockopt", option_errors);
    fault_check_each(open_connection, "bind", bind_errors);
    fault_check_each(open_connection, "connect", connect_errors);
    ck_assert_int_eq(mio_close(listener), 0);
}
END_TEST

START_TEST(connect_goes_on)
{
    static const int errors[] = {EINPROGRESS, EINTR};
    mio_fd listener = loopback_listen(loopback_family(_i), NULL, &connect_target);

    for (int i = 0; i < 2; i++) {
        mio_fd fd = -2;

        fault_arm("connect", errors[i], 0, 1);
        ck_assert_int_eq(mio_connect(&connect_target, NULL, &fd), 0);
        ck_assert_int_eq(fault_disarm(), 1);
        ck_assert_int_eq(mio_close(fd), 0);
    }
    ck_assert_int_eq(mio_close(listener), 0);
}
END_TEST

START_TEST(pairs_and_spares_fail)
{
    fault_check_each(open_pair, "socketpair", socket_errors);
    fault_check_each(open_spare, "socket", socket_errors);
}
END_TEST

START_TEST(the_name_of_an_interface)
{
    static const int errors[] = {ENODEV, EMFILE, ENFILE, ENOMEM};
    mio_addr addr;

    for (int i = 0; i < 4; i++) {
        fault_arm("if_nametoindex", errors[i], 0, 1);
        ck_assert_int_eq(mio_addr_parse("[fe80::1%lo]:80", &addr), -errors[i]);
        ck_assert_int_eq(fault_disarm(), 1);
    }
}
END_TEST

/* ------------------------------------------------------------------- accept */

/* A listener at which one client waits. */
static mio_fd listen_with_client(mio_family family, mio_fd *ret_client)
{
    mio_addr addr;
    mio_fd listener = loopback_listen(family, NULL, &addr);

    *ret_client = loopback_connect(&addr);
    loopback_wait(listener, POLLIN);
    return listener;
}

static const int lost_errors[] = {ECONNABORTED, EPROTO,      ENETDOWN,
                                  ENOPROTOOPT,  EHOSTDOWN,   ENONET,
                                  EHOSTUNREACH, ENETUNREACH, 0};

/* After `times` of `err`, accept returns `expected`. */
static void check_accept(const char *call, int err, int times, int expected)
{
    mio_addr addr;
    mio_fd client, fd = -2, listener = listen_with_client(MIO_IPV4, &client);

    fault_arm(call, err, 0, times);
    ck_assert_int_eq(mio_accept(listener, &fd, times % 2 == 0 ? NULL : &addr), expected);
    ck_assert_int_eq(fault_disarm(), times);
    if (expected < 0) {
        ck_assert_int_eq(fd, -2);
        ck_assert_int_eq(mio_accept(listener, &fd, NULL), 0); /* the client still waits */
    }
    ck_assert_int_eq(mio_close(fd), 0);
    ck_assert_int_eq(mio_close(client), 0);
    ck_assert_int_eq(mio_close(listener), 0);
}

START_TEST(lost_connections_are_passed_over)
{
    for (const int *err = lost_errors; *err != 0; err++) {
        check_accept("accept4", *err, 1, 0);
        check_accept("accept4", *err, 2, 0);
        check_accept("accept4", *err, 63, 0);
        check_accept("accept4", *err, 64, -*err); /* enough for one call */
    }
    check_accept("accept4", EINTR, 1, 0);
    check_accept("accept4", EINTR, 1000, 0);
}
END_TEST

START_TEST(accept_fails)
{
    static const int errors[] = {EAGAIN, EMFILE, ENFILE, ENOBUFS, ENOMEM, EPERM, EINVAL};

    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        check_accept("accept4", errors[i], 1, -errors[i]);
}
END_TEST

START_TEST(shed_and_another_thread_is_faster)
{
    mio_fd client, spare, listener = listen_with_client(loopback_family(_i), &client);

    ck_assert_int_eq(mio_spare_open(&spare), 0);
    fault_arm("accept4", EMFILE, 0, 1); /* the descriptor given up is taken */
    ck_assert_int_eq(mio_accept_shed(listener, &spare), -EMFILE);
    ck_assert_int_eq(fault_disarm(), 1);
    ck_assert_int_ge(spare, 0);
    fault_arm("socket", EMFILE, 0, 1); /* that of the client turned away is taken */
    ck_assert_int_eq(mio_accept_shed(listener, &spare), 0);
    ck_assert_int_eq(fault_disarm(), 1);
    ck_assert_int_eq(spare, -1);
    fault_arm("socket", EMFILE, 0, 1);
    ck_assert_int_eq(mio_accept_shed(listener, &spare), -EMFILE);
    ck_assert_int_eq(fault_disarm(), 1);
    ck_assert_int_eq(spare, -1);
    ck_assert_int_eq(mio_accept_shed(listener, &spare), -EAGAIN); /* it mends itself */
    ck_assert_int_ge(spare, 0);
    ck_assert_int_eq(mio_close(spare), 0);
    ck_assert_int_eq(mio_close(client), 0);
    ck_assert_int_eq(mio_close(listener), 0);
}
END_TEST

START_TEST(shed_passes_lost_connections_over)
{
    for (const int *err = lost_errors; *err != 0; err++) {
        mio_fd client, spare, listener = listen_with_client(MIO_IPV4, &client);

        ck_assert_int_eq(mio_spare_open(&spare), 0);
        fault_arm("accept4", *err, 0, 3);
        ck_assert_int_eq(mio_accept_shed(listener, &spare), 0);
        ck_assert_int_eq(fault_disarm(), 3);
        ck_assert_int_eq(mio_accept_shed(listener, &spare), -EAGAIN);
        ck_assert_int_eq(mio_close(spare), 0);
        ck_assert_int_eq(mio_close(client), 0);
        ck_assert_int_eq(mio_close(listener), 0);
    }
}
END_TEST

/* ------------------------------------------------------------------- questions */

START_TEST(connect_result_fails)
{
    mio_fd fds[2];

    loopback_pair(loopback_family(_i), fds);
    fault_arm("getsockopt", ENOBUFS, 0, 1);
    ck_assert_int_eq(mio_connect_result(fds[0]), -ENOBUFS);
    fault_arm("getpeername", ENOBUFS, 0, 1);
    ck_assert_int_eq(mio_connect_result(fds[0]), -ENOBUFS);
    fault_disarm();
    loopback_close(fds);
}
END_TEST

START_TEST(connected_while_it_is_asked)
{
    mio_fd fds[2];

    loopback_pair(loopback_family(_i), fds);
    fault_arm("getpeername", ENOTCONN, 0, 1); /* not at first, but when poll() has looked */
    ck_assert_int_eq(mio_connect_result(fds[0]), 0);
    ck_assert_int_eq(fault_disarm(), 1);
    loopback_close(fds);
}
END_TEST

START_TEST(in_progress_when_poll_fails)
{
    static const int errors[] = {EINTR, ENOMEM};
    mio_fd fd = socket(AF_INET, SOCK_STREAM, 0); /* never connected */

    for (int i = 0; i < 2; i++) {
        fault_arm("poll", errors[i], 0, 1);
        ck_assert_int_eq(mio_connect_result(fd), -EINPROGRESS); /* that is: ask again */
        ck_assert_int_eq(fault_disarm(), 1);
    }
    ck_assert_int_eq(mio_close(fd), 0);
}
END_TEST

START_TEST(addresses_fail)
{
    mio_addr addr, untouched;
    mio_fd fds[2];

    memset(&addr, 0xa5, sizeof addr);
    untouched = addr;
    loopback_pair(loopback_family(_i), fds);
    fault_arm("getsockname", ENOBUFS, 0, 1);
    ck_assert_int_eq(mio_socket_local(fds[0], &addr), -ENOBUFS);
    fault_arm("getpeername", ENOBUFS, 0, 1);
    ck_assert_int_eq(mio_socket_peer(fds[0], &addr), -ENOBUFS);
    ck_assert_int_eq(fault_disarm(), 1);
    ck_assert_mem_eq(&addr, &untouched, sizeof addr);
    loopback_close(fds);
}
END_TEST

/* Every option, with `call` failing as it may. */
static void check_options(mio_fd fd, const char *call, bool of_ip_alone)
{
    for (int option = MIO_OPT_NODELAY; option <= MIO_OPT_MULTICAST_LOOP; option++) {
        for (const int *err = option_errors; *err != 0; err++) {
            int value = -2, set, get;

            if (of_ip_alone && option != MIO_OPT_TTL && option < MIO_OPT_MULTICAST_TTL)
                continue;
            fault_arm(call, *err, 0, 2);
            set = mio_socket_set(fd, (mio_option)option, 1);
            get = mio_socket_get(fd, (mio_option)option, &value);
            ck_assert_int_gt(fault_disarm(), 0);
            ck_assert(set == -*err || strcmp(call, "getsockopt") == 0);
            ck_assert(get == -*err || strcmp(call, "setsockopt") == 0);
            ck_assert(get == 0 || value == -2);
        }
    }
}

START_TEST(options_fail)
{
    mio_fd fd = socket(AF_INET6, SOCK_STREAM, 0);

    check_options(fd, "setsockopt", false);
    check_options(fd, "getsockopt", false);
    check_options(fd, "getsockname", true);
    ck_assert_int_eq(mio_close(fd), 0);
}
END_TEST

START_TEST(shutdown_fails)
{
    mio_fd fds[2];

    loopback_pair(loopback_family(_i), fds);
    fault_arm("shutdown", ENOTCONN, 0, 3);
    ck_assert_int_eq(mio_shutdown(fds[0], MIO_SHUTDOWN_READ), -ENOTCONN);
    ck_assert_int_eq(mio_shutdown(fds[0], MIO_SHUTDOWN_WRITE), -ENOTCONN);
    ck_assert_int_eq(mio_shutdown(fds[0], MIO_SHUTDOWN_BOTH), -ENOTCONN);
    ck_assert_int_eq(fault_disarm(), 3);
    loopback_close(fds);
}
END_TEST

START_TEST(close_is_never_repeated)
{
    static const struct {
        int err;
        int expected;
    } rows[] = {{EINTR, 0}, {EIO, -EIO}};

    for (int i = 0; i < 2; i++) {
        mio_fd fd;

        ck_assert_int_eq(mio_spare_open(&fd), 0);
        fault_arm("close", rows[i].err, 0, 5);
        ck_assert_int_eq(mio_close(fd), rows[i].expected);
        ck_assert_int_eq(fault_disarm(), 1);
        ck_assert_int_eq(mio_close(fd), -EBADF);
    }
}
END_TEST

/* ------------------------------------------------------------------- transfer */

static ptrdiff_t read_one(mio_fd fd)
{
    char byte;

    return mio_read(fd, &byte, 1);
}

static ptrdiff_t readv_one(mio_fd fd)
{
    char byte;

    return mio_readv(fd, &(struct iovec){&byte, 1}, 1);
}

static ptrdiff_t peek_one(mio_fd fd)
{
    char byte;

    return mio_peek(fd, &byte, 1);
}

static ptrdiff_t write_one(mio_fd fd)
{
    return mio_write(fd, "x", 1);
}

static ptrdiff_t writev_one(mio_fd fd)
{
    char byte = 'x';

    return mio_writev(fd, &(struct iovec){&byte, 1}, 1);
}

static const struct {
    ptrdiff_t (*transfer)(mio_fd fd);
    const char *call;
} transfers[] = {{read_one, "read"},
                 {readv_one, "readv"},
                 {peek_one, "recv"},
                 {write_one, "send"},
                 {writev_one, "sendmsg"}};

enum { TRANSFERS = sizeof transfers / sizeof transfers[0] };

START_TEST(transfers_fail)
{
    static const int errors[] = {EAGAIN, ECONNRESET, EPIPE,    ETIMEDOUT,   EHOSTUNREACH,
                                 ENOMEM, ENOBUFS,    EMSGSIZE, ENETUNREACH, ENOTCONN};
    mio_fd fds[2];

    loopback_pair(MIO_IPV4, fds);
    ck_assert_int_eq(mio_write(fds[1], "xxxxxxxxx", 9), 9);
    loopback_wait(fds[0], POLLIN);
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        fault_arm(transfers[_i].call, errors[i], 0, 1);
        ck_assert_int_eq(transfers[_i].transfer(fds[0]), -errors[i]);
        ck_assert_int_eq(fault_disarm(), 1);
    }
    ck_assert_int_eq(transfers[_i].transfer(fds[0]), 1); /* nothing was lost */
    loopback_close(fds);
}
END_TEST

START_TEST(transfers_are_interrupted)
{
    mio_fd fds[2];

    loopback_pair(MIO_IPV4, fds);
    ck_assert_int_eq(mio_write(fds[1], "x", 1), 1);
    loopback_wait(fds[0], POLLIN);
    fault_arm(transfers[_i].call, EINTR, 0, 1000);
    ck_assert_int_eq(transfers[_i].transfer(fds[0]), 1);
    ck_assert_int_eq(fault_disarm(), 1000);
    loopback_close(fds);
}
END_TEST

enum { CHAOS_BYTES = 1 << 20 };

/* Move on by what a read or write has returned. */
static void advance(size_t *position, ptrdiff_t result)
{
    ck_assert(result > 0 || result == -EAGAIN);
    if (result > 0)
        *position += (size_t)result;
}

/* One write and one read, each plain or of two vectors, as `choice` says. */
static void chaos_step(const mio_fd fds[2], unsigned char *sent, size_t *written,
                       unsigned char *received, size_t *done, uint64_t choice)
{
    const size_t out = CHAOS_BYTES - *written, in = CHAOS_BYTES - *done;
    unsigned char *from = sent + *written, *to = received + *done;

    if (out > 2) {
        const struct iovec pieces[2] = {{from, out / 2}, {from + out / 2, out - out / 2}};

        advance(written,
                choice & 1 ? mio_writev(fds[0], pieces, 2) : mio_write(fds[0], from, out));
    } else if (out > 0) {
        advance(written, mio_write(fds[0], from, out));
    }
    if (in > 2000 && choice & 2) {
        const struct iovec pieces[2] = {{to, 999}, {to + 999, 1001}};

        advance(done, mio_readv(fds[1], pieces, 2));
    } else {
        advance(done, mio_read(fds[1], to, in));
    }
}

START_TEST(streams_stay_byte_exact)
{
    unsigned char *sent = malloc(CHAOS_BYTES), *received = malloc(CHAOS_BYTES);
    size_t written = 0, done = 0;
    uint64_t state = 7 + (uint64_t)_i;
    mio_fd fds[2];

    for (size_t i = 0; i < CHAOS_BYTES; i++)
        sent[i] = (unsigned char)harness_random(&state);
    loopback_pair(loopback_family(_i), fds);
    chaos = state;
    while (done < CHAOS_BYTES)
        chaos_step(fds, sent, &written, received, &done, harness_random(&state));
    chaos = 0;
    ck_assert_uint_eq(written, CHAOS_BYTES);
    ck_assert_int_eq(memcmp(sent, received, CHAOS_BYTES), 0);
    loopback_close(fds);
    free(sent);
    free(received);
}
END_TEST

static void open_tests(TCase *tcase)
{
    tcase_add_test(tcase, listen_fails);
    tcase_add_loop_test(tcase, connect_fails, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, connect_goes_on, 0, LOOPBACK_FAMILIES);
    tcase_add_test(tcase, pairs_and_spares_fail);
    tcase_add_test(tcase, the_name_of_an_interface);
    tcase_add_test(tcase, lost_connections_are_passed_over);
    tcase_add_test(tcase, accept_fails);
    tcase_add_loop_test(tcase, shed_and_another_thread_is_faster, 0, LOOPBACK_FAMILIES);
    tcase_add_test(tcase, shed_passes_lost_connections_over);
}

Suite *harness_suite(void)
{
    Suite *suite = suite_create("net/faults");
    TCase *question = harness_case(suite, "questions");
    TCase *transfer = harness_case(suite, "transfer");

    open_tests(harness_case(suite, "open"));
    tcase_add_loop_test(question, connect_result_fails, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(question, connected_while_it_is_asked, 0, LOOPBACK_FAMILIES);
    tcase_add_test(question, in_progress_when_poll_fails);
    tcase_add_loop_test(question, addresses_fail, 0, LOOPBACK_FAMILIES);
    tcase_add_test(question, options_fail);
    tcase_add_loop_test(question, shutdown_fails, 0, LOOPBACK_FAMILIES);
    tcase_add_test(question, close_is_never_repeated);
    tcase_add_loop_test(transfer, transfers_fail, 0, TRANSFERS);
    tcase_add_loop_test(transfer, transfers_are_interrupted, 0, TRANSFERS);
    tcase_add_loop_test(transfer, streams_stay_byte_exact, 0, LOOPBACK_FAMILIES);
    return suite;
}
