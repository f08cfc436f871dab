#include "sys/bell.h"

#include "faults.h"
#include "sources.h"

#include <limits.h>
#include <poll.h>

WRAP(ssize_t, read, (int fd, void *buffer, size_t size), (fd, buffer, size))
WRAP(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size))

static mio__bell bell;

static void bell_make(void)
{
    ck_assert_int_eq(mio__bell_open(&bell), 0);
}

static void bell_drop(void)
{
    mio__bell_close(&bell);
    ck_assert_int_eq(bell.fd, -1);
}

static bool it_rings(void)
{
    struct pollfd fds = {.fd = bell.fd, .events = POLLIN};

    return poll(&fds, 1, 0) == 1;
}

static void ring(void)
{
    ck_assert_int_eq(mio__bell_ring(&bell), 0);
}

START_TEST(it_rings_until_it_is_silenced)
{
    ck_assert(!it_rings());
    ring();
    ck_assert(it_rings());
    ck_assert(it_rings());
    mio__bell_silence(&bell);
    ck_assert(!it_rings());
}
END_TEST

START_TEST(ringing_and_silencing_twice_are_fine)
{
    for (int i = 0; i < 3; i++) {
        ring();
        ring();
        mio__bell_silence(&bell);
        ck_assert(!it_rings());
        mio__bell_silence(&bell);
        ck_assert(!it_rings());
    }
}
END_TEST

START_TEST(it_is_closed_by_exec_and_never_waits)
{
    ck_assert_int_eq(fcntl(bell.fd, F_GETFD), FD_CLOEXEC);
    ck_assert_int_ne(fcntl(bell.fd, F_GETFL) & O_NONBLOCK, 0);
}
END_TEST

/* What an eventfd counts to, and more of it than a pipe has room for. */
START_TEST(a_full_bell_rings)
{
    const uint64_t most = UINT64_MAX - 1;

    while (write(bell.write_fd, &most, sizeof most) == (ssize_t)sizeof most)
        ;
    ck_assert_int_eq(errno, EAGAIN);
    ring();
    ck_assert(it_rings());
    mio__bell_silence(&bell);
    ck_assert(!it_rings());
}
END_TEST

START_TEST(an_interrupted_write_is_made_again)
{
    fault_arm("write", EINTR, 0, 3);
    ring();
    ck_assert_int_eq(fault_disarm(), 3);
    ck_assert(it_rings());
}
END_TEST

START_TEST(a_write_that_fails_is_told)
{
    fault_arm("write", ENOSYS, 0, 1);
    ck_assert_int_eq(mio__bell_ring(&bell), -ENOSYS);
    fault_disarm();
    ck_assert(!it_rings());
    ring();
    ck_assert(it_rings());
}
END_TEST

START_TEST(a_read_that_fails_leaves_it_ringing)
{
    ring();
    fault_arm("read", EINTR, 0, 1);
    mio__bell_silence(&bell);
    fault_disarm();
    ck_assert(it_rings());
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("sys/bell");
    TCase *tcase = harness_case(suite, "bell");

    tcase_add_checked_fixture(tcase, bell_make, bell_drop);
    tcase_add_test(tcase, it_rings_until_it_is_silenced);
    tcase_add_test(tcase, ringing_and_silencing_twice_are_fine);
    tcase_add_test(tcase, it_is_closed_by_exec_and_never_waits);
    tcase_add_test(tcase, a_full_bell_rings);
    tcase_add_test(tcase, an_interrupted_write_is_made_again);
    tcase_add_test(tcase, a_write_that_fails_is_told);
    tcase_add_test(tcase, a_read_that_fails_leaves_it_ringing);
    return suite;
}
