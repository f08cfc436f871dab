#include "loopback.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the system knows an option by, to look behind mio's back. */
typedef struct system_option {
    mio_option option;
    int level, name; /* of IPv4 */
    int level6, name6;
    int values[4]; /* to be set and read back, the last one being the default */
} system_option;

#define SAME(level, name) level, name, level, name

static const system_option ip_options[] = {
    {MIO_OPT_NODELAY, SAME(IPPROTO_TCP, TCP_NODELAY), {0, 1, 0, 1}},
    {MIO_OPT_KEEPALIVE, SAME(SOL_SOCKET, SO_KEEPALIVE), {1, 0, 1, 0}},
    {MIO_OPT_KEEPALIVE_IDLE, SAME(IPPROTO_TCP, TCP_KEEPIDLE), {1, 600, 32767, 7200}},
    {MIO_OPT_KEEPALIVE_INTERVAL, SAME(IPPROTO_TCP, TCP_KEEPINTVL), {1, 60, 32767, 75}},
    {MIO_OPT_KEEPALIVE_COUNT, SAME(IPPROTO_TCP, TCP_KEEPCNT), {1, 2, 127, 9}},
    {MIO_OPT_REUSEADDR, SAME(SOL_SOCKET, SO_REUSEADDR), {1, 0, 1, 0}},
    {MIO_OPT_REUSEPORT, SAME(SOL_SOCKET, SO_REUSEPORT), {1, 0, 1, 0}},
    {MIO_OPT_BROADCAST, SAME(SOL_SOCKET, SO_BROADCAST), {1, 0, 1, 0}},
    {MIO_OPT_TTL, IPPROTO_IP, IP_TTL, IPPROTO_IPV6, IPV6_UNICAST_HOPS, {1, 5, 255, 64}},
};

enum { OPTIONS_OF_IP = sizeof ip_options / sizeof ip_options[0] };

static int system_value(mio_fd fd, int level, int name)
{
    int value = -2;
    socklen_t size = sizeof value;

    ck_assert_int_eq(getsockopt(fd, level, name, &value, &size), 0);
    return value;
}

/* The client's end of a connection. */
static mio_fd client_of(mio_family family)
{
    mio_fd fds[2];

    loopback_pair(family, fds);
    ck_assert_int_eq(mio_close(fds[1]), 0);
    return fds[0];
}

static void check_option(mio_fd fd, const system_option *row, bool is_ipv6)
{
    for (int i = 0; i < 4; i++) {
        const int level = is_ipv6 ? row->level6 : row->level;
        const int name = is_ipv6 ? row->name6 : row->name;

        ck_assert_int_eq(mio_socket_set(fd, row->option, row->values[i]), 0);
        ck_assert_int_eq(system_value(fd, level, name), row->values[i]);
        ck_assert_int_eq(loopback_option(fd, row->option), row->values[i]);
    }
}

START_TEST(every_option_of_ip)
{
    mio_fd fd = client_of(loopback_family(_i));

    for (int i = 0; i < OPTIONS_OF_IP; i++)
        check_option(fd, &ip_options[i], loopback_family(_i) == MIO_IPV6);
    ck_assert_int_eq(mio_close(fd), 0);
}
END_TEST

START_TEST(buffers)
{
    static const mio_option options[] = {MIO_OPT_RECV_BUFFER, MIO_OPT_SEND_BUFFER};
    mio_fd fd = client_of(loopback_family(_i));

    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(mio_socket_set(fd, options[i], 65536), 0);
        ck_assert_int_eq(loopback_option(fd, options[i]), 2 * 65536); /* Linux */
        ck_assert_int_eq(mio_socket_set(fd, options[i], 1), 0);
        ck_assert_int_gt(loopback_option(fd, options[i]), 1); /* its least */
        ck_assert_int_eq(mio_socket_set(fd, options[i], INT_MAX), 0);
        ck_assert_int_gt(loopback_option(fd, options[i]), 65536); /* its most */
        ck_assert_int_eq(mio_socket_set(fd, options[i], 0), -EINVAL);
        ck_assert_int_eq(mio_socket_set(fd, options[i], -1), -EINVAL);
    }
    ck_assert_int_eq(system_value(fd, SOL_SOCKET, SO_RCVBUF),
                     loopback_option(fd, MIO_OPT_RECV_BUFFER));
    ck_assert_int_eq(system_value(fd, SOL_SOCKET, SO_SNDBUF),
                     loopback_option(fd, MIO_OPT_SEND_BUFFER));
    ck_assert_int_eq(mio_close(fd), 0);
}
END_TEST

START_TEST(linger_in_seconds)
{
    static const int values[] = {0, 5, 3600, -1};
    mio_fd fd = client_of(loopback_family(_i));

    ck_assert_int_eq(loopback_option(fd, MIO_OPT_LINGER), -1);
    for (int i = 0; i < 4; i++) {
        struct linger linger;
        socklen_t size = sizeof linger;

        ck_assert_int_eq(mio_socket_set(fd, MIO_OPT_LINGER, values[i]), 0);
        ck_assert_int_eq(loopback_option(fd, MIO_OPT_LINGER), values[i]);
        ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &size), 0);
        ck_assert_int_eq(linger.l_onoff != 0, values[i] >= 0);
        ck_assert(values[i] < 0 || linger.l_linger == values[i]);
    }
    ck_assert_int_eq(mio_socket_set(fd, MIO_OPT_LINGER, -2), -EINVAL);
    ck_assert_int_eq(mio_close(fd), 0);
}
END_TEST

START_TEST(values_out_of_range)
{
    static const struct {
        mio_option option;
        int value;
    } rows[] = {
        {MIO_OPT_NODELAY, 2},
        {MIO_OPT_NODELAY, -1},
        {MIO_OPT_KEEPALIVE, 2},
        {MIO_OPT_REUSEADDR, -1},
        {MIO_OPT_REUSEPORT, INT_MIN},
        {MIO_OPT_ONLY_V6, 256},
        {MIO_OPT_KEEPALIVE_IDLE, 0},
        {MIO_OPT_KEEPALIVE_IDLE, 32768},
        {MIO_OPT_KEEPALIVE_INTERVAL, 0},
        {MIO_OPT_KEEPALIVE_INTERVAL, -1},
        {MIO_OPT_KEEPALIVE_COUNT, 128},
        {MIO_OPT_TTL, 0},
        {MIO_OPT_TTL, -1},
        {MIO_OPT_TTL, 256},
    };
    mio_fd fd = client_of(loopback_family(_i));

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_int_eq(mio_socket_set(fd, rows[i].option, rows[i].value), -EINVAL);
    for (int i = 0; i < OPTIONS_OF_IP; i++)
        ck_assert_int_ne(loopback_option(fd, ip_options[i].option), 256);
    ck_assert_int_eq(mio_close(fd), 0);
}
END_TEST

START_TEST(unknown_options)
{
    static const int options[] = {MIO_OPT_MULTICAST_LOOP + 1, -1, 4711, INT_MAX, INT_MIN};
    mio_fd fd = client_of(MIO_IPV4);
    int value = -2;

    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        ck_assert_int_eq(mio_socket_set(fd, (mio_option)options[i], 1), -EINVAL);
        ck_assert_int_eq(mio_socket_get(fd, (mio_option)options[i], &value), -EINVAL);
    }
    ck_assert_int_eq(mio_socket_get(fd, MIO_OPT_NODELAY, NULL), -EINVAL);
    ck_assert_int_eq(value, -2);
    ck_assert_int_eq(mio_close(fd), 0);
}
END_TEST

START_TEST(only_v6)
{
    mio_fd fd = socket(AF_INET6, SOCK_STREAM, 0);

    for (int value = 1; value >= 0; value--) {
        ck_assert_int_eq(mio_socket_set(fd, MIO_OPT_ONLY_V6, value), 0);
        ck_assert_int_eq(system_value(fd, IPPROTO_IPV6, IPV6_V6ONLY), value);
        ck_assert_int_eq(loopback_option(fd, MIO_OPT_ONLY_V6), value);
    }
    ck_assert_int_eq(mio_close(fd), 0);
    fd = client_of(MIO_IPV6);
    ck_assert_int_eq(mio_socket_set(fd, MIO_OPT_ONLY_V6, 1), -EINVAL); /* bound already */
    ck_assert_int_eq(mio_close(fd), 0);
}
END_TEST

static void check_foreign(mio_fd fd, mio_option option)
{
    int value = -2;
    const int set = mio_socket_set(fd, option, 1);
    const int get = mio_socket_get(fd, option, &value);

    ck_assert(set == -EOPNOTSUPP || set == -ENOPROTOOPT);
    ck_assert(get == -EOPNOTSUPP || get == -ENOPROTOOPT);
    ck_assert_int_eq(value, -2);
}

START_TEST(options_of_another_family)
{
    mio_fd fd = client_of(MIO_UNIX);

    check_foreign(fd, MIO_OPT_NODELAY);
    check_foreign(fd, MIO_OPT_KEEPALIVE_IDLE);
    check_foreign(fd, MIO_OPT_KEEPALIVE_INTERVAL);
    check_foreign(fd, MIO_OPT_KEEPALIVE_COUNT);
    check_foreign(fd, MIO_OPT_TTL);
    check_foreign(fd, MIO_OPT_ONLY_V6);
    ck_assert_int_eq(mio_close(fd), 0);
    fd = client_of(MIO_IPV4);
    check_foreign(fd, MIO_OPT_ONLY_V6);
    ck_assert_int_eq(mio_close(fd), 0);
}
END_TEST

START_TEST(wrong_descriptors)
{
    mio_fd fds[2];
    int value = -2;

    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    for (int option = MIO_OPT_NODELAY; option <= MIO_OPT_MULTICAST_LOOP; option++) {
        ck_assert_int_eq(mio_socket_set(fds[0], (mio_option)option, 1), -ENOTSOCK);
        ck_assert_int_eq(mio_socket_get(fds[0], (mio_option)option, &value), -ENOTSOCK);
        ck_assert_int_eq(mio_socket_set(-1, (mio_option)option, 1), -EBADF);
        ck_assert_int_eq(mio_socket_get(-1, (mio_option)option, &value), -EBADF);
    }
    ck_assert_int_eq(value, -2);
    loopback_close(fds);
}
END_TEST

/* Its packets are IPv4, though its socket is IPv6. */
START_TEST(ttl_of_an_ipv4_client_at_an_ipv6_listener)
{
    const uint8_t localhost[4] = {127, 0, 0, 1};
    mio_addr addr;
    mio_fd listener, client, fd;

    ck_assert_int_eq(mio_addr_parse("[::]:0", &addr), 0);
    ck_assert_int_eq(mio_listen(&addr, NULL, &listener), 0);
    ck_assert_int_eq(mio_socket_local(listener, &addr), 0);
    ck_assert_int_eq(mio_addr_ipv4(localhost, mio_addr_port(&addr), &addr), 0);
    client = loopback_connect(&addr);
    fd = loopback_accept(listener);
    ck_assert_int_eq(mio_socket_set(fd, MIO_OPT_TTL, 7), 0);
    ck_assert_int_eq(system_value(fd, IPPROTO_IP, IP_TTL), 7);
    ck_assert_int_eq(loopback_option(fd, MIO_OPT_TTL), 7);
    ck_assert_int_eq(mio_close(fd), 0);
    ck_assert_int_eq(mio_close(client), 0);
    ck_assert_int_eq(mio_close(listener), 0);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("net/option");
    TCase *tcase = harness_case(suite, "option");

    tcase_add_loop_test(tcase, every_option_of_ip, 0, LOOPBACK_IP_FAMILIES);
    tcase_add_loop_test(tcase, buffers, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, linger_in_seconds, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, values_out_of_range, 0, LOOPBACK_IP_FAMILIES);
    tcase_add_test(tcase, unknown_options);
    tcase_add_test(tcase, only_v6);
    tcase_add_test(tcase, options_of_another_family);
    tcase_add_test(tcase, wrong_descriptors);
    tcase_add_test(tcase, ttl_of_an_ipv4_client_at_an_ipv6_listener);
    return suite;
}
