/*
 * The conformance suite of selectors: clause 8 of the contract in sys/selector.h, suspend().
 */
#include "selecting.h"

#include <netinet/in.h>

enum { R = MIO_READABLE, W = MIO_WRITABLE, RW = R | W };

static int fds[2];

static void suspended_make(void)
{
    source_pair(fds);
    source_put(fds[1]);
}

static void suspended_drop(void)
{
    source_close(fds);
}

static void suspend(mio_fd fd, uint64_t token)
{
    ck_assert_int_eq(mio__selector_suspend(&selector, fd, token), 0);
}

/* At most one event, of an end or an error, and then silence. */
static void expect_at_most_one(uint64_t token)
{
    mio_event event = {0};

    for (int i = 0; i < 2; i++) {
        const int count =
            mio__selector_wait(&selector, &event, 1, i == 0 ? 2 * SOURCE_NS_PER_MS : 0);

        if (count == 1) {
            ck_assert_int_eq(i, 0);
            ck_assert_uint_eq(event.token, token);
            ck_assert_uint_ne(event.ready & (MIO_ERROR | MIO_READ_CLOSED | MIO_WRITE_CLOSED),
                              0);
        }
    }
    selecting_expect_none();
}

/* Under every trigger, in the order of mio_trigger. */
START_TEST(what_holds_is_told_after_it_only)
{
    const mio_trigger trigger = (mio_trigger)_i;

    selecting_register(fds[0], 1, RW, trigger);
    suspend(fds[0], 2);
    selecting_expect_none();
    source_put(fds[1]);
    selecting_expect_none();
    selecting_reregister(fds[0], 3, RW, trigger);
    selecting_expect_one(3, RW);
}
END_TEST

START_TEST(what_does_not_hold_any_more_is_not_told_after_it)
{
    selecting_register(fds[0], 1, R, MIO_EDGE);
    suspend(fds[0], 1);
    source_take(fds[0]);
    selecting_reregister(fds[0], 1, R, MIO_EDGE);
    selecting_expect_none();
    source_put(fds[1]);
    selecting_expect_one(1, R);
}
END_TEST

START_TEST(it_can_be_suspended_twice)
{
    selecting_register(fds[0], 1, R, MIO_LEVEL);
    suspend(fds[0], 1);
    suspend(fds[0], 1);
    selecting_expect_none();
    selecting_reregister(fds[0], 1, R, MIO_LEVEL);
    selecting_expect_one(1, R);
}
END_TEST

START_TEST(it_keeps_its_descriptor)
{
    selecting_register(fds[0], 1, R, MIO_LEVEL);
    suspend(fds[0], 1);
    ck_assert_int_eq(mio__selector_register(&selector, fds[0], 2, R, MIO_LEVEL), -EEXIST);
    selecting_expect_none();
    selecting_deregister(fds[0]);
    ck_assert_int_eq(mio__selector_reregister(&selector, fds[0], 2, R, MIO_LEVEL), -ENOENT);
    selecting_register(fds[0], 3, R, MIO_LEVEL);
    selecting_expect_one(3, R);
}
END_TEST

START_TEST(what_is_not_registered_cannot_be_suspended)
{
    const int closed = dup(fds[0]);

    ck_assert_int_eq(close(closed), 0);
    ck_assert_int_eq(mio__selector_suspend(&selector, fds[0], 1), -ENOENT);
    ck_assert_int_eq(mio__selector_suspend(&selector, closed, 1), -EBADF);
    selecting_expect_none();
}
END_TEST

/* Whether the peer goes before or after. */
START_TEST(a_peer_that_goes_is_told_once_at_most)
{
    int pair[2];

    source_pair(pair);
    selecting_register(pair[0], 1, RW, MIO_LEVEL);
    if (_i == 0)
        suspend(pair[0], 1);
    ck_assert_int_eq(close(pair[1]), 0);
    if (_i == 1)
        suspend(pair[0], 1);
    expect_at_most_one(1);
    selecting_reregister(pair[0], 2, R, MIO_LEVEL);
    selecting_expect(&(selecting_event){2, R | MIO_READ_CLOSED, W | MIO_WRITE_CLOSED}, 1,
                     source_soon_ns);
    ck_assert_int_eq(close(pair[0]), 0);
}
END_TEST

/* A datagram socket whose peer refuses, again and again. */
START_TEST(errors_are_told_once_at_most)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof addr;
    const int nobody = socket(AF_INET, SOCK_DGRAM, 0);
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);

    ck_assert_int_eq(bind(nobody, (struct sockaddr *)&addr, size), 0);
    ck_assert_int_eq(getsockname(nobody, (struct sockaddr *)&addr, &size), 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&addr, size), 0);
    ck_assert_int_eq(close(nobody), 0);
    selecting_register(fd, 1, R, MIO_LEVEL);
    suspend(fd, 1);
    ck_assert_int_eq((int)send(fd, "x", 1, 0), 1);
    expect_at_most_one(1);
    send(fd, "x", 1, 0); /* tells of the last one's error */
    send(fd, "x", 1, 0);
    selecting_expect_none();
    ck_assert_int_eq(close(fd), 0);
}
END_TEST

START_TEST(a_number_used_again_is_another_file)
{
    int old[2], fresh[2];

    source_pair(old);
    selecting_register(old[0], 1, R, MIO_LEVEL);
    suspend(old[0], 1);
    source_close(old);
    source_pair(fresh);
    ck_assert_int_eq(fresh[0], old[0]);
    source_put(fresh[1]);
    ck_assert_int_eq(mio__selector_reregister(&selector, old[0], 1, R, MIO_LEVEL), -ENOENT);
    ck_assert_int_eq(mio__selector_suspend(&selector, old[0], 1), -ENOENT);
    selecting_expect_none();
    selecting_register(fresh[0], 2, R, MIO_LEVEL);
    selecting_expect_one(2, R);
    source_close(fresh);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("sys/selector_suspend");
    TCase *tcase = selecting_case(suite, "suspend");

    tcase_add_checked_fixture(tcase, suspended_make, suspended_drop);
    tcase_add_loop_test(tcase, what_holds_is_told_after_it_only, MIO_LEVEL, MIO_ONESHOT + 1);
    tcase_add_test(tcase, what_does_not_hold_any_more_is_not_told_after_it);
    tcase_add_test(tcase, it_can_be_suspended_twice);
    tcase_add_test(tcase, it_keeps_its_descriptor);
    tcase_add_test(tcase, what_is_not_registered_cannot_be_suspended);
    tcase_add_loop_test(tcase, a_peer_that_goes_is_told_once_at_most, 0, 2);
    tcase_add_test(tcase, errors_are_told_once_at_most);
    tcase_add_test(tcase, a_number_used_again_is_another_file);
    return suite;
}
