/*
 * NULL for pointers of every kind, as include/mio.h has it: the defaults, nothing, or -EINVAL.
 */
#include "mio.h"

#include "harness.h"

#include <errno.h>

static mio_loop *loop;
static mio_poll *own_poll;
static mio_addr addr;

static void misuse_setup(void)
{
    ck_assert_int_eq(mio_loop_new(NULL, &loop), 0);
    ck_assert_int_eq(mio_poll_new(NULL, &own_poll), 0);
    ck_assert_int_eq(mio_addr_parse("127.0.0.1:0", &addr), 0);
}

static void misuse_teardown(void)
{
    mio_poll_free(own_poll);
    mio_loop_free(loop);
}

START_TEST(nothing_can_be_freed)
{
    mio_loop_free(NULL);
    mio_poll_free(NULL);
    mio_waker_free(NULL);
    mio_signals_free(NULL);
    mio_channel_free(NULL);
    mio_sender_unref(NULL);
}
END_TEST

START_TEST(no_config_is_the_defaults)
{
    mio_signals *signals;
    mio_channel *channel;
    mio_fd fd;

    ck_assert_int_eq(mio_signals_new(NULL, &signals), 0);
    mio_signals_free(signals);
    ck_assert_int_eq(mio_channel_new(loop, NULL, &channel), 0);
    ck_assert_int_eq(mio_listen(&addr, NULL, &fd), 0);
    mio_close(fd);
    ck_assert_int_eq(mio_datagram_open(&addr, NULL, &fd), 0);
    mio_close(fd);
}
END_TEST

START_TEST(an_id_need_not_be_told)
{
    mio_fd fds[2];

    ck_assert_int_eq(mio_socketpair(MIO_STREAM, fds), 0);
    ck_assert_int_eq(mio_loop_register(loop, fds[0], MIO_READABLE, MIO_LEVEL, 1, NULL), 0);
    ck_assert_int_eq(mio_loop_after(loop, 0, 1, NULL), 0);
    ck_assert_int_eq(mio_loop_every(loop, 1, 1, NULL), 0);
    ck_assert_uint_eq(mio_loop_count(loop), 3);
    mio_close(fds[0]);
    mio_close(fds[1]);
}
END_TEST

START_TEST(a_result_needs_a_place)
{
    static const char *const argv[] = {"true", NULL};
    const mio_process_config config = {.argv = argv};
    mio_fd fds[MIO_PROCESS_STREAMS];
    int pid;

    ck_assert_int_eq(mio_loop_new(NULL, NULL), -EINVAL);
    ck_assert_int_eq(mio_poll_new(NULL, NULL), -EINVAL);
    ck_assert_int_eq(mio_waker_new(own_poll, 1, NULL), -EINVAL);
    ck_assert_int_eq(mio_poll_wait(own_poll, NULL, 1, 0), -EINVAL);
    ck_assert_int_eq(mio_signals_new(NULL, NULL), -EINVAL);
    ck_assert_int_eq(mio_channel_new(loop, NULL, NULL), -EINVAL);
    ck_assert_int_eq(mio_process_start(&config, NULL, fds), -EINVAL);
    ck_assert_int_eq(mio_process_start(&config, &pid, NULL), -EINVAL);
    ck_assert_int_eq(mio_listen(&addr, NULL, NULL), -EINVAL);
    ck_assert_int_eq(mio_connect(&addr, NULL, NULL), -EINVAL);
    ck_assert_int_eq(mio_datagram_open(&addr, NULL, NULL), -EINVAL);
    ck_assert_int_eq(mio_accept(-1, NULL, NULL), -EINVAL);
    ck_assert_int_eq(mio_spare_open(NULL), -EINVAL);
    ck_assert_int_eq(mio_accept_shed(-1, NULL), -EINVAL);
    ck_assert_int_eq(mio_socketpair(MIO_STREAM, NULL), -EINVAL);
    ck_assert_int_eq(mio_adopt(0, NULL), -EINVAL);
    ck_assert_int_eq(mio_socket_local(-1, NULL), -EINVAL);
    ck_assert_int_eq(mio_socket_peer(-1, NULL), -EINVAL);
    ck_assert_int_eq(mio_socket_get(-1, MIO_OPT_TTL, NULL), -EINVAL);
    ck_assert_int_eq(mio_unix_credentials_of(-1, NULL), -EINVAL);
    ck_assert_int_eq(mio_addr_parse("127.0.0.1:0", NULL), -EINVAL);
    ck_assert_int_eq(mio_addr_format(&addr, NULL, 0), -EINVAL);
}
END_TEST

START_TEST(what_is_read_must_be_there)
{
    mio_fd fds[MIO_PROCESS_STREAMS];
    int pid;

    ck_assert_int_eq(mio_loop_run(loop, NULL, NULL), -EINVAL);
    ck_assert_int_eq(mio_process_start(NULL, &pid, fds), -EINVAL);
    ck_assert_int_eq(mio_listen(NULL, NULL, &fds[0]), -EINVAL);
    ck_assert_int_eq(mio_connect(NULL, NULL, &fds[0]), -EINVAL);
    ck_assert_int_eq(mio_datagram_open(NULL, NULL, &fds[0]), -EINVAL);
    ck_assert_int_eq((int)mio_datagram_recv_batch(-1, NULL, 1), -EINVAL);
    ck_assert_int_eq((int)mio_datagram_send_batch(-1, NULL, 1), -EINVAL);
    ck_assert_int_eq(mio_multicast_join(-1, NULL, 0), -EINVAL);
    ck_assert_int_eq((int)mio_unix_send_fds(-1, "x", 1, NULL, 1), -EINVAL);
    ck_assert_int_eq((int)mio_unix_recv_fds(-1, NULL, 1, NULL), -EINVAL);
    ck_assert_int_eq(mio_addr_parse(NULL, &addr), -EINVAL);
    ck_assert_int_eq(mio_addr_ipv4(NULL, 80, &addr), -EINVAL);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("loop/misuse");
    TCase *tcase = harness_case(suite, "NULL");

    tcase_add_checked_fixture(tcase, misuse_setup, misuse_teardown);
    tcase_add_test(tcase, nothing_can_be_freed);
    tcase_add_test(tcase, no_config_is_the_defaults);
    tcase_add_test(tcase, an_id_need_not_be_told);
    tcase_add_test(tcase, a_result_needs_a_place);
    tcase_add_test(tcase, what_is_read_must_be_there);
    return suite;
}
