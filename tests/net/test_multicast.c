/*
 * Groups on the loopback interface. It does no multicast of IPv6 on many machines: the tests
 * of that one say so and pass.
 */
#include "datagrams.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>

static mio_fd receiver, sender;
static mio_addr group, addr_sender;
static unsigned loopback;

/* A receiver at `host`, any port, and the group at that port. */
static void open_both(const char *any, const char *group_text, mio_family family)
{
    const mio_datagram_options options = {.reuseaddr = true};
    mio_addr addr;

    loopback = if_nametoindex("lo");
    ck_assert_uint_ne(loopback, 0);
    ck_assert_int_eq(mio_addr_parse(any, &addr), 0);
    ck_assert_int_eq(mio_datagram_open(&addr, &options, &receiver), 0);
    ck_assert_int_eq(mio_socket_local(receiver, &addr), 0);
    ck_assert_int_eq(mio_addr_parse(group_text, &group), 0);
    ck_assert_int_eq(mio_addr_set_port(&group, mio_addr_port(&addr)), 0);
    sender = datagram_socket(family, &addr_sender);
    ck_assert_int_eq(mio_multicast_interface(sender, loopback), 0);
}

static void open_ipv4(void)
{
    open_both("0.0.0.0:0", "239.255.77.1:0", MIO_IPV4);
}

static void close_both(void)
{
    ck_assert_int_eq(mio_close(receiver), 0);
    ck_assert_int_eq(mio_close(sender), 0);
}

START_TEST(joined_and_left)
{
    open_ipv4();
    ck_assert_int_eq(mio_multicast_join(receiver, &group, loopback), 0);
    ck_assert_int_eq(mio_multicast_join(receiver, &group, loopback), -EADDRINUSE);
    datagram_say(sender, "hello", &group);
    datagram_expect(receiver, "hello", &addr_sender);
    ck_assert_int_eq(mio_multicast_leave(receiver, &group, loopback), 0);
    ck_assert_int_eq(mio_multicast_leave(receiver, &group, loopback), -EADDRNOTAVAIL);
    datagram_say(sender, "nobody", &group);
    datagram_expect_nothing(receiver);
    close_both();
}
END_TEST

START_TEST(two_on_a_machine)
{
    const mio_datagram_options options = {.reuseaddr = true};
    mio_addr addr;
    mio_fd other;

    open_ipv4();
    ck_assert_int_eq(mio_socket_local(receiver, &addr), 0);
    ck_assert_int_eq(mio_datagram_open(&addr, &options, &other), 0);
    ck_assert_int_eq(mio_multicast_join(receiver, &group, loopback), 0);
    ck_assert_int_eq(mio_multicast_join(other, &group, loopback), 0);
    datagram_say(sender, "both", &group);
    datagram_expect(receiver, "both", &addr_sender);
    datagram_expect(other, "both", &addr_sender);
    ck_assert_int_eq(mio_close(other), 0);
    close_both();
}
END_TEST

START_TEST(how_far_they_go)
{
    const mio_family family = loopback_family(_i);
    const int values[] = {0, 5, 255, 1};

    sender = datagram_socket(family, &addr_sender);
    ck_assert_int_eq(loopback_option(sender, MIO_OPT_MULTICAST_TTL), 1);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(mio_socket_set(sender, MIO_OPT_MULTICAST_TTL, values[i]), 0);
        ck_assert_int_eq(loopback_option(sender, MIO_OPT_MULTICAST_TTL), values[i]);
    }
    ck_assert_int_eq(mio_socket_set(sender, MIO_OPT_MULTICAST_TTL, -1), -EINVAL);
    ck_assert_int_eq(mio_socket_set(sender, MIO_OPT_MULTICAST_TTL, 256), -EINVAL);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(mio_socket_set(sender, MIO_OPT_MULTICAST_LOOP, i), 0);
        ck_assert_int_eq(loopback_option(sender, MIO_OPT_MULTICAST_LOOP), i);
    }
    ck_assert_int_eq(mio_multicast_interface(sender, if_nametoindex("lo")), 0);
    ck_assert_int_eq(mio_multicast_interface(sender, 0), 0);
    ck_assert_int_lt(mio_multicast_interface(sender, 4711), 0);
    ck_assert_int_eq(mio_close(sender), 0);
}
END_TEST

START_TEST(ipv6)
{
    open_both("[::]:0", "[ff01::7777]:0", MIO_IPV6);
    ck_assert_int_eq(mio_multicast_join(receiver, &group, loopback), 0);
    if (mio_datagram_send(sender, "hello", 5, &group) < 0)
        printf("# skip: no IPv6 multicast on lo\n");
    else
        datagram_expect(receiver, "hello", NULL);
    ck_assert_int_eq(mio_multicast_leave(receiver, &group, loopback), 0);
    close_both();
}
END_TEST

static void set_scope(unsigned scope)
{
    const uint8_t host[16] = {0xff, 0x02, [14] = 0x77, [15] = 0x77};

    ck_assert_int_eq(mio_addr_ipv6(host, 0, scope, &group), 0);
}

/* The interface that a group names is the one: joined there, it is nowhere else to be left. */
START_TEST(a_scope_is_an_interface)
{
    open_both("[::]:0", "[ff02::7777%lo]:0", MIO_IPV6);
    ck_assert_int_eq(mio_multicast_join(receiver, &group, 0), 0);
    ck_assert_int_eq(mio_multicast_join(receiver, &group, loopback), -EADDRINUSE);
    set_scope(0);
    ck_assert_int_eq(mio_multicast_join(receiver, &group, loopback), -EADDRINUSE);
    ck_assert_int_eq(mio_multicast_leave(receiver, &group, loopback), 0);
    ck_assert_int_eq(mio_multicast_join(receiver, &group, loopback), 0);
    set_scope(loopback);
    ck_assert_int_eq(mio_multicast_leave(receiver, &group, 0), 0);
    ck_assert_int_eq(mio_multicast_leave(receiver, &group, loopback), -EADDRNOTAVAIL);
    ck_assert_int_eq(mio_multicast_join(receiver, &group, loopback + 1), -EINVAL);
    ck_assert_int_eq(mio_multicast_leave(receiver, &group, loopback + 1), -EINVAL);
    set_scope(4711);
    ck_assert_int_eq(mio_multicast_join(receiver, &group, 0), -ENODEV);
    close_both();
}
END_TEST

START_TEST(refused)
{
    mio_addr six, unnamed;
    mio_fd unix_fd = datagram_socket(MIO_UNIX, &unnamed);

    open_ipv4();
    ck_assert_int_eq(mio_addr_parse("[ff01::7777]:0", &six), 0);
    ck_assert_int_eq(mio_multicast_join(receiver, NULL, 0), -EINVAL);
    ck_assert_int_eq(mio_multicast_join(receiver, &addr_sender, 0), -EINVAL);
    ck_assert_int_eq(mio_multicast_join(receiver, &unnamed, 0), -EAFNOSUPPORT);
    ck_assert_int_lt(mio_multicast_join(receiver, &six, 0), 0);
    ck_assert_int_eq(mio_multicast_join(receiver, &group, 4711), -ENODEV);
    ck_assert_int_lt(mio_multicast_join(unix_fd, &group, 0), 0);
    ck_assert_int_eq(mio_multicast_interface(unix_fd, 0), -EOPNOTSUPP);
    ck_assert_int_eq(mio_multicast_join(-1, &group, 0), -EBADF);
    ck_assert_int_eq(mio_multicast_interface(-1, 0), -EBADF);
    ck_assert_int_eq(mio_close(unix_fd), 0);
    close_both();
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("net/multicast");
    TCase *tcase = harness_case(suite, "multicast");

    tcase_add_test(tcase, joined_and_left);
    tcase_add_test(tcase, two_on_a_machine);
    tcase_add_loop_test(tcase, how_far_they_go, 0, LOOPBACK_IP_FAMILIES);
    tcase_add_test(tcase, ipv6);
    tcase_add_test(tcase, a_scope_is_an_interface);
    tcase_add_test(tcase, refused);
    return suite;
}
