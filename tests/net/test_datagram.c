#include "datagrams.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Two sockets, a and b, and where they are. */
static mio_fd a, b;
static mio_addr addr_a, addr_b;

static void open_both(int i)
{
    a = datagram_socket(loopback_family(i), &addr_a);
    b = datagram_socket(loopback_family(i), &addr_b);
}

static void close_both(void)
{
    ck_assert_int_eq(mio_close(a), 0);
    ck_assert_int_eq(mio_close(b), 0);
}

START_TEST(sent_and_answered)
{
    open_both(_i);
    loopback_check_flags(a);
    datagram_expect_nothing(b);
    datagram_say(a, "hello", &addr_b);
    datagram_say(a, "again", &addr_b);
    datagram_expect(b, "hello", &addr_a);
    datagram_expect(b, "again", &addr_a);
    datagram_expect_nothing(b);
    datagram_say(b, "answer", &addr_a);
    datagram_expect(a, "answer", &addr_b);
    close_both();
}
END_TEST

START_TEST(an_empty_datagram_is_one)
{
    char byte = 'x';
    mio_addr from;

    open_both(_i);
    ck_assert_int_eq(mio_datagram_send(a, NULL, 0, &addr_b), 0);
    ck_assert_int_eq(loopback_wait(b, POLLIN), POLLIN);
    ck_assert_int_eq(mio_datagram_peek(b, &byte, 1, NULL), 0);
    ck_assert_int_eq(mio_datagram_recv(b, &byte, 1, &from), 0);
    ck_assert_int_eq(mio_addr_compare(&from, &addr_a), 0);
    ck_assert_int_eq(byte, 'x');
    datagram_expect_nothing(b);
    close_both();
}
END_TEST

START_TEST(a_truncated_one_is_told)
{
    char room[8] = "-------";
    mio_addr from, untouched;

    memset(&from, 7, sizeof from);
    untouched = from;
    open_both(_i);
    datagram_say(a, "12345", &addr_b);
    datagram_say(a, "6789", &addr_b);
    ck_assert_int_eq(mio_datagram_peek(b, room, 4, &from), -EMSGSIZE);
    ck_assert_int_eq(mio_datagram_peek(b, NULL, 0, &from), -EMSGSIZE);
    ck_assert_int_eq(mio_datagram_recv(b, room, 4, &from), -EMSGSIZE);
    ck_assert_mem_eq(&from, &untouched, sizeof from);
    ck_assert_str_eq(room, "1234---");
    ck_assert_int_eq(mio_datagram_recv(b, room, 4, &from), 4); /* it fits exactly */
    ck_assert_str_eq(room, "6789---");
    datagram_say(a, "x", &addr_b);
    ck_assert_int_eq(mio_datagram_recv(b, NULL, 0, NULL), -EMSGSIZE);
    datagram_expect_nothing(b);
    close_both();
}
END_TEST

START_TEST(looked_at)
{
    char room[8];
    mio_addr from;

    open_both(_i);
    ck_assert_int_eq(mio_datagram_peek(b, room, sizeof room, &from), -EAGAIN);
    datagram_say(a, "hello", &addr_b);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(mio_datagram_peek(b, room, sizeof room, &from), 5);
        ck_assert_int_eq(mio_addr_compare(&from, &addr_a), 0);
    }
    datagram_expect(b, "hello", &addr_a);
    close_both();
}
END_TEST

START_TEST(a_chosen_peer_is_the_only_one)
{
    mio_addr addr_c;
    mio_fd c = datagram_socket(loopback_family(_i), &addr_c);

    open_both(_i);
    ck_assert_int_eq(mio_datagram_connect(a, &addr_b), 0);
    datagram_say(a, "to the peer", NULL);
    datagram_expect(b, "to the peer", &addr_a);
    datagram_say(b, "from the peer", &addr_a);
    datagram_expect(a, "from the peer", &addr_b);
    if (loopback_family(_i) == MIO_UNIX) {
        ck_assert_int_eq(mio_datagram_send(c, "x", 1, &addr_a), -EPERM);
    } else {
        datagram_say(c, "from a third", &addr_a);
        datagram_expect_nothing(a);
    }
    datagram_say(a, "to a third", &addr_c); /* Linux */
    datagram_expect(c, "to a third", &addr_a);
    ck_assert_int_eq(mio_close(c), 0);
    close_both();
}
END_TEST

START_TEST(a_peer_is_given_up)
{
    mio_addr peer;

    open_both(_i);
    ck_assert_int_eq(mio_datagram_connect(a, &addr_b), 0);
    ck_assert_int_eq(mio_socket_peer(a, &peer), 0);
    ck_assert_int_eq(mio_addr_compare(&peer, &addr_b), 0);
    ck_assert_int_eq(mio_datagram_connect(a, NULL), 0);
    ck_assert_int_eq(mio_socket_peer(a, &peer), -ENOTCONN);
    ck_assert_int_eq(mio_datagram_send(a, "x", 1, NULL),
                     loopback_family(_i) == MIO_UNIX ? -ENOTCONN : -EDESTADDRREQ);
    datagram_say(a, "it works on", &addr_b);
    datagram_expect(b, "it works on", NULL); /* of IP from a port that Linux chose anew */
    close_both();
}
END_TEST

/* The refusal comes back once; then the socket works as before. */
START_TEST(a_refusal_is_told_once)
{
    char byte;

    open_both(_i);
    ck_assert_int_eq(mio_datagram_connect(a, &addr_b), 0);
    ck_assert_int_eq(mio_close(b), 0);
    datagram_say(a, "x", NULL);
    ck_assert_int_ne(loopback_wait(a, POLLIN) & POLLERR, 0);
    ck_assert_int_eq(mio_datagram_recv(a, &byte, 1, NULL), -ECONNREFUSED);
    datagram_expect_nothing(a);
    datagram_say(a, "x", NULL);
    loopback_wait(a, POLLIN);
    ck_assert_int_eq(mio_datagram_send(a, "y", 1, NULL), -ECONNREFUSED);
    ck_assert_int_eq(mio_datagram_open(&addr_b, NULL, &b), 0);
    datagram_say(a, "now", NULL);
    datagram_expect(b, "now", &addr_a);
    close_both();
}
END_TEST

START_TEST(a_long_one_is_refused)
{
    static char bytes[70000];

    open_both(_i);
    ck_assert_int_eq(mio_datagram_send(a, bytes, sizeof bytes, &addr_b), -EMSGSIZE);
    ck_assert_int_eq(mio_datagram_send(a, bytes, 65508, &addr_b),
                     loopback_family(_i) == MIO_IPV4 ? -EMSGSIZE : 0);
    ck_assert_int_eq(mio_datagram_send(a, bytes, 65507, &addr_b), 0);
    loopback_wait(b, POLLIN);
    if (loopback_family(_i) == MIO_IPV6)
        ck_assert_int_eq(mio_datagram_recv(b, bytes, sizeof bytes, NULL), 65508);
    ck_assert_int_eq(mio_datagram_recv(b, bytes, sizeof bytes, NULL), 65507);
    close_both();
}
END_TEST

START_TEST(addresses_in_use)
{
    const mio_datagram_options share_addr = {.reuseaddr = true};
    const mio_datagram_options share_port = {.reuseport = true};
    const mio_datagram_options *const shares[] = {&share_addr, &share_port};
    mio_addr any = loopback_addr(loopback_family(_i));
    mio_fd fd = -2;

    open_both(_i);
    ck_assert_int_eq(mio_datagram_open(&addr_a, NULL, &fd), -EADDRINUSE);
    ck_assert_int_eq(fd, -2);
    close_both();
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(mio_datagram_open(&any, shares[i], &a), 0);
        ck_assert_int_eq(mio_socket_local(a, &addr_a), 0);
        ck_assert_int_eq(mio_datagram_open(&addr_a, shares[i], &b), 0);
        close_both();
    }
}
END_TEST

START_TEST(only_v6)
{
    const mio_datagram_options only = {.only_v6 = true};
    const uint8_t localhost[4] = {127, 0, 0, 1};
    mio_addr any, addr;

    ck_assert_int_eq(mio_addr_parse("[::]:0", &any), 0);
    ck_assert_int_eq(mio_datagram_open(&any, _i ? &only : NULL, &b), 0);
    ck_assert_int_eq(loopback_option(b, MIO_OPT_ONLY_V6), _i);
    ck_assert_int_eq(mio_socket_local(b, &addr), 0);
    ck_assert_int_eq(mio_addr_ipv4(localhost, mio_addr_port(&addr), &addr), 0);
    a = datagram_socket(MIO_IPV4, &addr_a);
    datagram_say(a, "hello", &addr);
    if (_i) {
        datagram_expect_nothing(b);
    } else {
        char text[MIO_ADDR_TEXT_MAX];
        mio_addr from;

        loopback_wait(b, POLLIN);
        ck_assert_int_eq(mio_datagram_recv(b, text, sizeof text, &from), 5);
        ck_assert_int_gt(mio_addr_host(&from, text, sizeof text), 0);
        ck_assert_str_eq(text, "::ffff:127.0.0.1");
    }
    close_both();
}
END_TEST

START_TEST(broadcast_wants_permission)
{
    const mio_datagram_options may = {.broadcast = true};
    const mio_addr any = loopback_addr(MIO_IPV4);
    mio_addr all;

    ck_assert_int_eq(mio_addr_parse("127.255.255.255:9", &all), 0);
    ck_assert_int_eq(mio_datagram_open(&any, NULL, &a), 0);
    ck_assert_int_eq(mio_datagram_open(&any, &may, &b), 0);
    ck_assert_int_eq(mio_datagram_send(a, "x", 1, &all), -EACCES);
    ck_assert_int_eq(mio_datagram_send(b, "x", 1, &all), 0);
    ck_assert_int_eq(mio_socket_set(a, MIO_OPT_BROADCAST, 1), 0);
    ck_assert_int_eq(mio_datagram_send(a, "x", 1, &all), 0);
    close_both();
}
END_TEST

START_TEST(broadcast_is_heard_by_all)
{
    const mio_datagram_options options = {.reuseaddr = true, .broadcast = true};
    mio_addr all;

    ck_assert_int_eq(mio_addr_parse("127.255.255.255:0", &all), 0);
    ck_assert_int_eq(mio_datagram_open(&all, &options, &a), 0);
    ck_assert_int_eq(mio_socket_local(a, &all), 0);
    ck_assert_int_eq(mio_datagram_open(&all, &options, &b), 0);
    datagram_say(a, "everybody", &all);
    datagram_expect(a, "everybody", NULL);
    datagram_expect(b, "everybody", NULL);
    close_both();
}
END_TEST

START_TEST(a_sender_without_a_name)
{
    const mio_fd nameless = socket(AF_UNIX, SOCK_DGRAM, 0);
    char byte;
    mio_addr from;

    b = datagram_socket(MIO_UNIX, &addr_b);
    ck_assert_int_eq(mio_datagram_send(nameless, "x", 1, &addr_b), 0);
    ck_assert_int_eq(mio_datagram_recv(b, &byte, 1, &from), 1);
    ck_assert_int_eq(mio_addr_family(&from), MIO_NO_FAMILY);
    ck_assert_int_eq(close(nameless), 0);
    ck_assert_int_eq(mio_close(b), 0);
}
END_TEST

/* The receiver is full before the sender is: only the receiver's queue says EAGAIN. */
START_TEST(a_full_unix_receiver)
{
    int sent = 0;

    open_both(2);
    while (mio_datagram_send(a, "x", 1, &addr_b) == 0)
        sent++;
    ck_assert_int_eq(mio_datagram_send(a, "x", 1, &addr_b), -EAGAIN);
    for (int i = 0; i < sent; i++)
        datagram_expect(b, "x", &addr_a);
    datagram_expect_nothing(b);
    datagram_say(a, "room again", &addr_b);
    close_both();
}
END_TEST

START_TEST(unix_receivers_that_are_not_there)
{
    char folder[] = "/tmp/mio-test-XXXXXX", text[64];
    mio_addr addr;
    mio_fd listener;

    open_both(2);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(text, sizeof text, "unix:%s/s", folder);
    ck_assert_int_eq(mio_addr_parse(text, &addr), 0);
    ck_assert_int_eq(mio_datagram_send(a, "x", 1, &addr), -ENOENT);
    ck_assert_int_eq(mio_datagram_connect(a, &addr), -ENOENT);
    ck_assert_int_eq(mio_listen(&addr, NULL, &listener), 0);
    ck_assert_int_eq(mio_datagram_connect(a, &addr), -EPROTOTYPE);
    ck_assert_int_eq(mio_close(listener), 0);
    ck_assert_int_eq(mio_datagram_connect(a, &addr), -ECONNREFUSED);
    ck_assert_int_eq(mio_datagram_open(&addr, NULL, &listener), -EADDRINUSE);
    ck_assert_int_eq(unlink(text + 5), 0);
    ck_assert_int_eq(mio_datagram_open(&addr, NULL, &listener), 0);
    ck_assert_int_eq(mio_datagram_connect(a, &addr), 0);
    datagram_say(a, "there", NULL);
    datagram_expect(listener, "there", &addr_a);
    ck_assert_int_eq(mio_close(listener), 0);
    ck_assert_int_eq(unlink(text + 5), 0);
    ck_assert_int_eq(rmdir(folder), 0);
    close_both();
}
END_TEST

START_TEST(wrong_arguments)
{
    const mio_addr zero = {.size = 0};
    mio_fd fd = -2, fds[2];
    char byte;

    open_both(0);
    ck_assert_int_eq(mio_datagram_open(NULL, NULL, &fd), -EINVAL);
    ck_assert_int_eq(mio_datagram_open(&addr_a, NULL, NULL), -EINVAL);
    ck_assert_int_eq(mio_datagram_open(&zero, NULL, &fd), -EAFNOSUPPORT);
    ck_assert_int_eq(fd, -2);
    ck_assert_int_eq(mio_datagram_connect(a, &zero), -EINVAL);
    ck_assert_int_eq(mio_datagram_send(a, "x", 1, &zero), -EINVAL);
    ck_assert_int_eq(mio_datagram_send(-1, "x", 1, &addr_b), -EBADF);
    ck_assert_int_eq(mio_datagram_recv(-1, &byte, 1, NULL), -EBADF);
    ck_assert_int_eq(mio_datagram_connect(-1, &addr_b), -EBADF);
    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(mio_datagram_send(fds[1], "x", 1, NULL), -ENOTSOCK);
    ck_assert_int_eq(mio_datagram_recv(fds[0], &byte, 1, NULL), -ENOTSOCK);
    ck_assert_int_eq(mio_datagram_connect(fds[0], &addr_b), -ENOTSOCK);
    loopback_close(fds);
    close_both();
}
END_TEST

START_TEST(memory_that_is_not_there)
{
    open_both(0);
    ck_assert_int_eq(mio_datagram_send(a, NULL, 1, &addr_b), -EFAULT);
    close_both();
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("net/datagram");
    TCase *tcase = harness_case(suite, "datagram");

    tcase_add_loop_test(tcase, sent_and_answered, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, an_empty_datagram_is_one, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, a_truncated_one_is_told, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, looked_at, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, a_chosen_peer_is_the_only_one, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, a_peer_is_given_up, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, a_refusal_is_told_once, 0, LOOPBACK_IP_FAMILIES);
    tcase_add_loop_test(tcase, a_long_one_is_refused, 0, LOOPBACK_IP_FAMILIES);
    tcase_add_loop_test(tcase, addresses_in_use, 0, LOOPBACK_IP_FAMILIES);
    tcase_add_loop_test(tcase, only_v6, 0, 2);
    tcase_add_test(tcase, broadcast_wants_permission);
    tcase_add_test(tcase, broadcast_is_heard_by_all);
    tcase_add_test(tcase, a_sender_without_a_name);
    tcase_add_test(tcase, a_full_unix_receiver);
    tcase_add_test(tcase, unix_receivers_that_are_not_there);
    tcase_add_test(tcase, wrong_arguments);
    if (!harness_in_valgrind()) /* it would complain, rightly */
        tcase_add_test(tcase, memory_that_is_not_there);
    return suite;
}
