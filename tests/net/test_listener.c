#include "loopback.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

START_TEST(listen_and_accept)
{
    mio_addr addr, local, peer, client_local;
    mio_fd listener = loopback_listen(loopback_family(_i), NULL, &addr);
    mio_fd client, fd, none;

    ck_assert_int_ne(mio_addr_port(&addr), 0); /* the system has chosen one */
    loopback_check_flags(listener);
    fd = -2;
    ck_assert_int_eq(mio_accept(listener, &fd, &peer), -EAGAIN);
    ck_assert_int_eq(fd, -2);
    client = loopback_connect(&addr);
    loopback_wait(listener, POLLIN);
    ck_assert_int_eq(mio_accept(listener, &fd, &peer), 0);
    loopback_check_flags(fd);
    ck_assert_int_eq(mio_socket_local(fd, &local), 0);
    ck_assert_int_eq(mio_addr_compare(&local, &addr), 0);
    ck_assert_int_eq(mio_socket_local(client, &client_local), 0);
    ck_assert_int_eq(mio_addr_compare(&peer, &client_local), 0);
    ck_assert_int_eq(mio_accept(listener, &none, NULL), -EAGAIN);
    ck_assert_int_eq(mio_close(fd), 0);
    ck_assert_int_eq(mio_close(client), 0);
    ck_assert_int_eq(mio_close(listener), 0);
}
END_TEST

START_TEST(clients_come_in_their_order)
{
    enum { CLIENTS = 50 };
    mio_addr addr;
    mio_fd listener = loopback_listen(loopback_family(_i), NULL, &addr);
    mio_fd clients[CLIENTS];

    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = loopback_connect(&addr);
        ck_assert_int_eq(mio_write(clients[i], &i, sizeof i), sizeof i);
    }
    for (int i = 0; i < CLIENTS; i++) {
        mio_fd fd = loopback_accept(listener);
        int number;

        loopback_wait(fd, POLLIN);
        ck_assert_int_eq(mio_read(fd, &number, sizeof number), sizeof number);
        ck_assert_int_eq(number, i);
        ck_assert_int_eq(mio_close(fd), 0);
        ck_assert_int_eq(mio_close(clients[i]), 0);
    }
    ck_assert_int_eq(mio_close(listener), 0);
}
END_TEST

START_TEST(an_unnamed_peer)
{
    char text[MIO_ADDR_TEXT_MAX];
    mio_addr addr, peer;
    mio_fd listener = loopback_listen(MIO_UNIX, NULL, &addr);
    mio_fd client = loopback_connect(&addr), fd;

    ck_assert_int_eq(mio_accept(listener, &fd, &peer), 0);
    ck_assert_int_eq(mio_addr_format(&peer, text, sizeof text), 5);
    ck_assert_str_eq(text, "unix:");
    ck_assert_int_gt(mio_addr_format(&addr, text, sizeof text), 6);
    ck_assert_mem_eq(text, "unix:@", 6); /* a name from the kernel */
    ck_assert_int_eq(mio_close(fd), 0);
    ck_assert_int_eq(mio_close(client), 0);
    ck_assert_int_eq(mio_close(listener), 0);
}
END_TEST

START_TEST(closed_while_clients_wait)
{
    char buffer[8];
    mio_addr addr;
    mio_fd listener = loopback_listen(loopback_family(_i), NULL, &addr);
    mio_fd client = loopback_connect(&addr);
    ptrdiff_t result;

    ck_assert_int_eq(mio_close(listener), 0);
    loopback_wait(client, POLLIN);
    result = mio_read(client, buffer, sizeof buffer);
    ck_assert(result == 0 || result == -ECONNRESET);
    ck_assert_int_eq(mio_close(client), 0);
}
END_TEST

/* ------------------------------------------------------------------- options */

static int accepted_nodelay(const mio_listen_options *options, mio_family family)
{
    mio_addr addr;
    mio_fd listener = loopback_listen(family, options, &addr);
    mio_fd client = loopback_connect(&addr);
    mio_fd fd = loopback_accept(listener);
    const int nodelay = loopback_option(fd, MIO_OPT_NODELAY);

    ck_assert_int_eq(mio_close(fd), 0);
    ck_assert_int_eq(mio_close(client), 0);
    ck_assert_int_eq(mio_close(listener), 0);
    return nodelay;
}

START_TEST(nodelay_is_inherited)
{
    const mio_listen_options nagle = {.nagle = true};

    ck_assert_int_eq(accepted_nodelay(NULL, loopback_family(_i)), 1);
    ck_assert_int_eq(accepted_nodelay(&nagle, loopback_family(_i)), 0);
}
END_TEST

START_TEST(a_port_in_time_wait)
{
    const mio_listen_options strict = {.no_reuseaddr = true};
    mio_addr addr;
    mio_fd listener = loopback_listen(loopback_family(_i), NULL, &addr);
    mio_fd client = loopback_connect(&addr);
    mio_fd fd = loopback_accept(listener);

    ck_assert_int_eq(loopback_option(listener, MIO_OPT_REUSEADDR), 1);
    ck_assert_int_eq(mio_close(listener), 0);
    ck_assert_int_eq(mio_close(fd), 0); /* first, so TIME_WAIT is on this side */
    loopback_wait(client, POLLIN);
    ck_assert_int_eq(mio_close(client), 0);
    ck_assert_int_eq(mio_listen(&addr, &strict, &fd), -EADDRINUSE);
    ck_assert_int_eq(mio_listen(&addr, NULL, &fd), 0);
    ck_assert_int_eq(mio_close(fd), 0);
}
END_TEST

START_TEST(a_port_in_use)
{
    const mio_listen_options shared = {.reuseport = true};
    mio_addr addr;
    mio_fd one = loopback_listen(loopback_family(_i), NULL, &addr), two = -2;

    ck_assert_int_eq(mio_listen(&addr, NULL, &two), -EADDRINUSE);
    ck_assert_int_eq(mio_listen(&addr, &shared, &two), -EADDRINUSE);
    ck_assert_int_eq(two, -2);
    ck_assert_int_eq(mio_close(one), 0);
    one = loopback_listen(loopback_family(_i), &shared, &addr);
    ck_assert_int_eq(mio_listen(&addr, &shared, &two), 0);
    ck_assert_int_eq(mio_listen(&addr, NULL, &one), -EADDRINUSE);
    ck_assert_int_eq(mio_close(one), 0);
    ck_assert_int_eq(mio_close(two), 0);
}
END_TEST

/* A listener on "[::]", and the IPv4 address at which it may serve, too. */
static mio_fd listen_anywhere(const mio_listen_options *options, mio_addr *ret_v4)
{
    const uint8_t localhost[4] = {127, 0, 0, 1};
    mio_addr addr;
    mio_fd fd;

    ck_assert_int_eq(mio_addr_parse("[::]:0", &addr), 0);
    ck_assert_int_eq(mio_listen(&addr, options, &fd), 0);
    ck_assert_int_eq(mio_socket_local(fd, &addr), 0);
    ck_assert_int_eq(mio_addr_ipv4(localhost, mio_addr_port(&addr), ret_v4), 0);
    return fd;
}

START_TEST(ipv6_serves_ipv4_too)
{
    char text[MIO_ADDR_TEXT_MAX];
    mio_addr addr, peer;
    mio_fd listener = listen_anywhere(NULL, &addr);
    mio_fd client = loopback_connect(&addr), fd;

    ck_assert_int_eq(loopback_option(listener, MIO_OPT_ONLY_V6), 0);
    ck_assert_int_eq(mio_accept(listener, &fd, &peer), 0);
    ck_assert_int_gt(mio_addr_host(&peer, text, sizeof text), 0);
    ck_assert_str_eq(text, "::ffff:127.0.0.1");
    ck_assert_int_eq(mio_close(fd), 0);
    ck_assert_int_eq(mio_close(client), 0);
    ck_assert_int_eq(mio_close(listener), 0);
}
END_TEST

/* The same port of IPv4 is free then, unless somebody else has it. */
START_TEST(only_ipv6)
{
    const mio_listen_options options = {.only_v6 = true};
    int err = -EADDRINUSE;

    for (int i = 0; i < 10 && err == -EADDRINUSE; i++) {
        mio_addr addr;
        mio_fd listener = listen_anywhere(&options, &addr), fd;

        ck_assert_int_eq(loopback_option(listener, MIO_OPT_ONLY_V6), 1);
        err = mio_listen(&addr, NULL, &fd);
        if (err == 0)
            ck_assert_int_eq(mio_close(fd), 0);
        ck_assert_int_eq(mio_close(listener), 0);
    }
    ck_assert_int_eq(err, 0);
}
END_TEST

START_TEST(backlog)
{
    const mio_listen_options small = {.backlog = 1}, wrong = {.backlog = -1};
    mio_addr addr;
    mio_fd listener = loopback_listen(MIO_UNIX, &small, &addr), clients[2], fd;

    ck_assert_int_eq(mio_connect(&addr, NULL, &clients[0]), 0);
    ck_assert_int_eq(mio_connect(&addr, NULL, &clients[1]), 0); /* Linux: one more */
    ck_assert_int_eq(mio_connect(&addr, NULL, &fd), -EAGAIN);
    ck_assert_int_eq(mio_close(listener), 0);
    loopback_close(clients);
    ck_assert_int_eq(mio_listen(&addr, &wrong, &fd), -EINVAL);
}
END_TEST

START_TEST(a_thousand_may_wait)
{
    enum { CLIENTS = 1000 };
    mio_addr addr;
    mio_fd listener = loopback_listen(MIO_UNIX, NULL, &addr);
    mio_fd clients[CLIENTS];

    for (int i = 0; i < CLIENTS; i++)
        ck_assert_int_eq(mio_connect(&addr, NULL, &clients[i]), 0);
    for (int i = 0; i < CLIENTS; i++)
        ck_assert_int_eq(mio_close(clients[i]), 0);
    ck_assert_int_eq(mio_close(listener), 0);
}
END_TEST

/* ------------------------------------------------------------------- errors */

START_TEST(addresses_where_nobody_can_listen)
{
    static const struct {
        const char *text;
        int err;
    } rows[] = {
        {"192.0.2.200:0", -EADDRNOTAVAIL}, {"[2001:db8::1]:0", -EADDRNOTAVAIL},
        {"unix:/nowhere/x.sock", -ENOENT}, {"unix:/dev/null/x.sock", -ENOTDIR},
        {"unix:/dev/null", -EADDRINUSE},
    };
    const mio_addr zero = {.size = 0};
    mio_fd fd = -2;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mio_addr addr;

        ck_assert_int_eq(mio_addr_parse(rows[i].text, &addr), 0);
        ck_assert_msg(mio_listen(&addr, NULL, &fd) == rows[i].err, "%s", rows[i].text);
    }
    ck_assert_int_eq(mio_listen(&zero, NULL, &fd), -EAFNOSUPPORT);
    ck_assert_int_eq(fd, -2);
}
END_TEST

START_TEST(a_path_of_every_length)
{
    char folder[] = "/tmp/mio-XXXXXX", path[108];

    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (size_t length = sizeof folder + 1; length < sizeof path; length++) {
        mio_addr addr, local;
        mio_fd fd, client;

        memset(path, 'p', length);
        memcpy(path, folder, sizeof folder - 1);
        path[sizeof folder - 1] = '/';
        path[length] = '\0';
        ck_assert_int_eq(mio_addr_unix(path, length, &addr), 0);
        ck_assert_int_eq(mio_listen(&addr, NULL, &fd), 0);
        ck_assert_int_eq(mio_socket_local(fd, &local), 0);
        ck_assert_mem_eq(&local, &addr, sizeof addr);
        client = loopback_connect(&local);
        ck_assert_int_eq(mio_close(client), 0);
        ck_assert_int_eq(mio_close(fd), 0);
        ck_assert_int_eq(mio_listen(&addr, NULL, &fd), -EADDRINUSE); /* the file remains */
        ck_assert_int_eq(unlink(path), 0);
    }
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(descriptors_that_are_no_listeners)
{
    mio_addr addr = loopback_addr(MIO_IPV4);
    mio_fd fds[2], fd = -2;

    ck_assert_int_eq(mio_accept(-1, &fd, NULL), -EBADF);
    ck_assert_int_eq(mio_socketpair(MIO_STREAM, fds), 0);
    ck_assert_int_eq(mio_accept(fds[0], &fd, NULL), -EINVAL);
    loopback_close(fds);
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    ck_assert_int_eq(mio_accept(fds[0], &fd, NULL), -ENOTSOCK);
    loopback_close(fds);
    fds[0] = socket(AF_INET, SOCK_DGRAM, 0);
    ck_assert_int_eq(mio_accept(fds[0], &fd, NULL), -EOPNOTSUPP);
    ck_assert_int_eq(mio_close(fds[0]), 0);
    ck_assert_int_eq(mio_accept(0, NULL, NULL), -EINVAL);
    ck_assert_int_eq(mio_listen(NULL, NULL, &fd), -EINVAL);
    ck_assert_int_eq(mio_listen(&addr, NULL, NULL), -EINVAL);
    ck_assert_int_eq(mio_spare_open(NULL), -EINVAL);
    ck_assert_int_eq(mio_accept_shed(0, NULL), -EINVAL);
    ck_assert_int_eq(fd, -2);
}
END_TEST

/* ------------------------------------------------------- the descriptor limit */

static struct rlimit limit_before;

/* From now on, no descriptor can be opened. The lowest free number is the limit. */
static void limit_reach(void)
{
    struct rlimit limit;
    const int next = dup(0);

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit_before), 0);
    ck_assert_int_ge(next, 0);
    close(next);
    limit = limit_before;
    limit.rlim_cur = (rlim_t)next;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_int_eq(dup(0), -1);
}

static void limit_lift(void)
{
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit_before), 0);
}

/* That the client was told: it reads the end or a reset. */
static void check_turned_away(mio_fd client)
{
    char buffer[8];
    ptrdiff_t result;

    loopback_wait(client, POLLIN);
    result = mio_read(client, buffer, sizeof buffer);
    ck_assert(result == 0 || result == -ECONNRESET);
}

START_TEST(everything_fails_cleanly_at_the_limit)
{
    const mio_addr any = loopback_addr(loopback_family(_i));
    mio_addr addr;
    mio_fd listener = loopback_listen(loopback_family(_i), NULL, &addr);
    mio_fd client = loopback_connect(&addr), fds[2] = {-2, -2};

    limit_reach();
    ck_assert_int_eq(mio_accept(listener, fds, NULL), -EMFILE);
    ck_assert_int_eq(mio_listen(&any, NULL, fds), -EMFILE);
    ck_assert_int_eq(mio_connect(&addr, NULL, fds), -EMFILE);
    ck_assert_int_eq(mio_socketpair(MIO_STREAM, fds), -EMFILE);
    ck_assert_int_eq(mio_spare_open(fds), -EMFILE);
    ck_assert(fds[0] == -2 && fds[1] == -2);
    limit_lift();
    ck_assert_int_eq(mio_accept(listener, fds, NULL), 0); /* it waited all the time */
    ck_assert_int_eq(mio_close(fds[0]), 0);
    ck_assert_int_eq(mio_close(client), 0);
    ck_assert_int_eq(mio_close(listener), 0);
}
END_TEST

START_TEST(shed_turns_waiting_clients_away)
{
    enum { CLIENTS = 20 };
    mio_addr addr;
    mio_fd listener = loopback_listen(loopback_family(_i), NULL, &addr);
    mio_fd clients[CLIENTS], spare, fd;

    ck_assert_int_eq(mio_spare_open(&spare), 0);
    loopback_check_flags(spare);
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = loopback_connect(&addr);
    limit_reach();
    for (int i = 0; i < CLIENTS; i++) {
        ck_assert_int_eq(mio_accept(listener, &fd, NULL), -EMFILE);
        ck_assert_int_eq(mio_accept_shed(listener, &spare), 0);
        ck_assert_int_ge(spare, 0);
        check_turned_away(clients[i]);
    }
    ck_assert_int_eq(mio_accept_shed(listener, &spare), -EAGAIN);
    ck_assert_int_ge(spare, 0);
    limit_lift();
    for (int i = 0; i < CLIENTS; i++)
        ck_assert_int_eq(mio_close(clients[i]), 0);
    ck_assert_int_eq(mio_close(spare), 0);
    ck_assert_int_eq(mio_close(listener), 0);
}
END_TEST

START_TEST(shed_without_a_spare)
{
    mio_addr addr;
    mio_fd listener = loopback_listen(loopback_family(_i), NULL, &addr);
    mio_fd client = loopback_connect(&addr), spare = -1;

    limit_reach();
    ck_assert_int_eq(mio_accept_shed(listener, &spare), -EMFILE);
    ck_assert_int_eq(spare, -1);
    limit_lift(); /* now there is room for one */
    ck_assert_int_eq(mio_accept_shed(listener, &spare), 0);
    ck_assert_int_ge(spare, 0);
    loopback_check_flags(spare);
    check_turned_away(client);
    ck_assert_int_eq(mio_close(client), 0);
    ck_assert_int_eq(mio_close(spare), 0);
    ck_assert_int_eq(mio_close(listener), 0);
}
END_TEST

static void option_tests(TCase *tcase)
{
    tcase_add_loop_test(tcase, nodelay_is_inherited, 0, LOOPBACK_IP_FAMILIES);
    tcase_add_loop_test(tcase, a_port_in_time_wait, 0, LOOPBACK_IP_FAMILIES);
    tcase_add_loop_test(tcase, a_port_in_use, 0, LOOPBACK_IP_FAMILIES);
    tcase_add_test(tcase, ipv6_serves_ipv4_too);
    tcase_add_test(tcase, only_ipv6);
    tcase_add_test(tcase, backlog);
    tcase_add_test(tcase, a_thousand_may_wait);
}

static void limit_tests(TCase *tcase)
{
    tcase_add_loop_test(tcase, everything_fails_cleanly_at_the_limit, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, shed_turns_waiting_clients_away, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, shed_without_a_spare, 0, LOOPBACK_FAMILIES);
}

Suite *harness_suite(void)
{
    Suite *suite = suite_create("net/listener");
    TCase *tcase = harness_case(suite, "listener");

    tcase_add_loop_test(tcase, listen_and_accept, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, clients_come_in_their_order, 0, LOOPBACK_FAMILIES);
    tcase_add_test(tcase, an_unnamed_peer);
    tcase_add_loop_test(tcase, closed_while_clients_wait, 0, LOOPBACK_FAMILIES);
    tcase_add_test(tcase, addresses_where_nobody_can_listen);
    tcase_add_test(tcase, a_path_of_every_length);
    tcase_add_test(tcase, descriptors_that_are_no_listeners);
    option_tests(harness_case(suite, "options"));
    if (!harness_in_valgrind()) /* it makes a limit up, and loses connections there */
        limit_tests(harness_case(suite, "limit"));
    return suite;
}
