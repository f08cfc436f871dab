#include "datagrams.h"

#include <errno.h>

enum { ROOM = 8, MANY = 100 };

static mio_fd a, b;
static mio_addr addr_a, addr_b;
static char rooms[MANY][ROOM];
static mio_datagram batch[MANY];

static void open_both(int i)
{
    a = datagram_socket(loopback_family(i), &addr_a);
    b = datagram_socket(loopback_family(i), &addr_b);
    memset(batch, 7, sizeof batch); /* receiving does not rely on what was there */
    for (int n = 0; n < MANY; n++) {
        batch[n].data = rooms[n];
        batch[n].capacity = ROOM;
    }
}

static void close_both(void)
{
    ck_assert_int_eq(mio_close(a), 0);
    ck_assert_int_eq(mio_close(b), 0);
}

static void fill(int n, const char *text, const mio_addr *to)
{
    strncpy(rooms[n], text, ROOM);
    batch[n].length = strlen(text);
    batch[n].addr = *to;
}

START_TEST(answered_in_place)
{
    const char *const texts[] = {"one", "", "three"};

    open_both(_i);
    for (int i = 0; i < 3; i++)
        datagram_say(a, texts[i], &addr_b);
    loopback_wait(b, POLLIN);
    ck_assert_int_eq(mio_datagram_recv_batch(b, batch, MANY), 3);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(batch[i].length, strlen(texts[i]));
        ck_assert_mem_eq(batch[i].data, texts[i], batch[i].length);
        ck_assert_int_eq(mio_addr_compare(&batch[i].addr, &addr_a), 0);
        ck_assert(!batch[i].truncated);
    }
    ck_assert_int_eq(mio_datagram_recv_batch(b, batch + 3, MANY - 3), -EAGAIN);
    ck_assert_int_eq(mio_datagram_send_batch(b, batch, 3), 3);
    for (int i = 0; i < 3; i++)
        datagram_expect(a, texts[i], &addr_b);
    datagram_expect_nothing(a);
    close_both();
}
END_TEST

START_TEST(what_is_truncated_is_marked)
{
    open_both(_i);
    datagram_say(a, "12345678", &addr_b);
    datagram_say(a, "123456789", &addr_b);
    datagram_say(a, "1", &addr_b);
    loopback_wait(b, POLLIN);
    ck_assert_int_eq(mio_datagram_recv_batch(b, batch, MANY), 3);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(batch[i].truncated, i == 1);
    ck_assert_uint_eq(batch[0].length, 8);
    ck_assert_uint_eq(batch[1].length, 8);
    ck_assert_mem_eq(rooms[1], "12345678", 8);
    ck_assert_uint_eq(batch[2].length, 1);
    close_both();
}
END_TEST

START_TEST(to_the_peer_and_to_others)
{
    const mio_addr nobody = {.size = 0};
    mio_addr addr_c;
    mio_fd c = datagram_socket(loopback_family(_i), &addr_c);

    open_both(_i);
    ck_assert_int_eq(mio_datagram_connect(a, &addr_b), 0);
    fill(0, "peer", &nobody);
    fill(1, "other", &addr_c);
    ck_assert_int_eq(mio_datagram_send_batch(a, batch, 2), 2);
    datagram_expect(b, "peer", &addr_a);
    datagram_expect(c, "other", &addr_a);
    ck_assert_int_eq(mio_close(c), 0);
    close_both();
}
END_TEST

START_TEST(sixty_four_at_the_most)
{
    open_both(0);
    for (int i = 0; i < MANY; i++)
        fill(i, "x", &addr_b);
    ck_assert_int_eq(mio_datagram_send_batch(a, batch, MANY), 64);
    ck_assert_int_eq(mio_datagram_send_batch(a, batch + 64, MANY - 64), MANY - 64);
    loopback_wait(b, POLLIN);
    ck_assert_int_eq(mio_datagram_recv_batch(b, batch, MANY), 64);
    ck_assert_int_eq(mio_datagram_recv_batch(b, batch, MANY), MANY - 64);
    ck_assert_int_eq(mio_datagram_recv_batch(b, batch, SIZE_MAX), -EAGAIN);
    close_both();
}
END_TEST

/* What comes before the one that fails is under way; asked again, that one says why. */
START_TEST(one_of_them_fails)
{
    static char long_one[70000];
    int from = 0;

    open_both(_i);
    fill(0, "0", &addr_b);
    fill(1, "1", &addr_b);
    fill(2, "", &addr_b);
    batch[2].data = long_one;
    batch[2].length = sizeof long_one;
    fill(3, "3", &addr_b);
    from += (int)mio_datagram_send_batch(a, batch, 4);
    ck_assert_int_eq(from, 2);
    ck_assert_int_eq(mio_datagram_send_batch(a, batch + from, 2), -EMSGSIZE);
    ck_assert_int_eq(mio_datagram_send_batch(a, batch + from + 1, 1), 1);
    datagram_expect(b, "0", &addr_a);
    datagram_expect(b, "1", &addr_a);
    datagram_expect(b, "3", &addr_a);
    close_both();
}
END_TEST

START_TEST(a_refusal_is_told_once)
{
    open_both(_i);
    ck_assert_int_eq(mio_datagram_connect(a, &addr_b), 0);
    ck_assert_int_eq(mio_close(b), 0);
    datagram_say(a, "x", NULL);
    loopback_wait(a, POLLIN);
    ck_assert_int_eq(mio_datagram_recv_batch(a, batch, MANY), -ECONNREFUSED);
    ck_assert_int_eq(mio_datagram_recv_batch(a, batch, MANY), -EAGAIN);
    ck_assert_int_eq(mio_close(a), 0);
}
END_TEST

/* The end of a seqpacket socket is told as such, however much room there is for it; but no
   message is taken for it that has others behind it, or nothing. */
START_TEST(the_end_is_no_message)
{
    mio_fd fds[2];

    open_both(0);
    close_both();
    for (size_t count = 1; count <= 4; count++) {
        ck_assert_int_eq(mio_socketpair(MIO_SEQPACKET, fds), 0);
        a = fds[0];
        b = fds[1];
        datagram_say(a, "", NULL);
        ck_assert_int_eq(mio_datagram_recv_batch(b, batch, MANY), 1);
        ck_assert_uint_eq(batch[0].length, 0);
        datagram_say(a, "one", NULL);
        datagram_say(a, "", NULL);
        datagram_say(a, "two", NULL);
        ck_assert_int_eq(mio_datagram_recv_batch(b, batch, MANY), 3);
        ck_assert_uint_eq(batch[1].length, 0);
        datagram_say(a, "one", NULL);
        datagram_say(a, "two", NULL);
        ck_assert_int_eq(mio_close(a), 0);
        for (size_t left = 2; left > 0; left -= left < count ? left : count)
            ck_assert_int_eq(mio_datagram_recv_batch(b, batch, count),
                             (int)(left < count ? left : count));
        for (int i = 0; i < 3; i++) {
            ck_assert_int_eq(mio_datagram_recv_batch(b, batch, count), 0);
            ck_assert_int_eq(mio_datagram_recv_batch(b, batch, MANY), 0);
        }
        ck_assert_int_eq(mio_close(b), 0);
    }
}
END_TEST

/* Datagrams have no end: an empty one that is the last of a full array stays one. */
START_TEST(an_empty_datagram_is_no_end)
{
    open_both(_i);
    datagram_say(a, "one", &addr_b);
    datagram_say(a, "", &addr_b);
    datagram_say(a, "", &addr_b);
    loopback_wait(b, POLLIN);
    ck_assert_int_eq(mio_datagram_recv_batch(b, batch, 2), 2);
    ck_assert_int_eq(mio_datagram_recv_batch(b, batch, 1), 1);
    ck_assert_int_eq(mio_addr_compare(&batch[0].addr, &addr_a), 0);
    ck_assert_int_eq(mio_datagram_recv_batch(b, batch, 1), -EAGAIN);
    close_both();
}
END_TEST

START_TEST(wrong_arguments)
{
    open_both(0);
    ck_assert_int_eq(mio_datagram_recv_batch(b, batch, 0), -EINVAL);
    ck_assert_int_eq(mio_datagram_recv_batch(b, NULL, 1), -EINVAL);
    ck_assert_int_eq(mio_datagram_send_batch(a, batch, 0), -EINVAL);
    ck_assert_int_eq(mio_datagram_send_batch(a, NULL, 1), -EINVAL);
    fill(0, "x", &addr_b);
    ck_assert_int_eq(mio_datagram_send_batch(-1, batch, 1), -EBADF);
    ck_assert_int_eq(mio_datagram_recv_batch(-1, batch, 1), -EBADF);
    close_both();
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("net/datagram_batch");
    TCase *tcase = harness_case(suite, "batch");

    tcase_add_loop_test(tcase, answered_in_place, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, what_is_truncated_is_marked, 0, LOOPBACK_FAMILIES);
    tcase_add_loop_test(tcase, to_the_peer_and_to_others, 0, LOOPBACK_FAMILIES);
    tcase_add_test(tcase, sixty_four_at_the_most);
    tcase_add_loop_test(tcase, one_of_them_fails, 0, LOOPBACK_IP_FAMILIES);
    tcase_add_loop_test(tcase, a_refusal_is_told_once, 0, LOOPBACK_IP_FAMILIES);
    tcase_add_test(tcase, the_end_is_no_message);
    tcase_add_loop_test(tcase, an_empty_datagram_is_no_end, 0, LOOPBACK_FAMILIES);
    tcase_add_test(tcase, wrong_arguments);
    return suite;
}
