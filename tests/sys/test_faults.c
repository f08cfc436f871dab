/* wraps: calloc epoll_create1 epoll_ctl epoll_pwait2 epoll_wait eventfd pipe2 read syscall
   waitid write */
/*
 * System calls that fail, one after the other: whatever a call gives, src/sys/ leaves nothing
 * behind and says what its headers say. These are the calls of Linux.
 */
#include "selecting.h"

#include "mio/clock.h"
#include "sys/child.h"
#include "sys/descriptor.h"
#include "sys/signal_pipe.h"
#include "sys/waker.h"

#include "children.h"
#include "faults.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

WRAP(int, epoll_create1, (int flags), (flags))
WRAP(int, epoll_ctl, (int fd, int operation, int target, struct epoll_event *event),
     (fd, operation, target, event))
WRAP(int, eventfd, (unsigned value, int flags), (value, flags))
WRAP(int, pipe2, (int fds[2], int flags), (fds, flags))
WRAP(ssize_t, read, (int fd, void *buffer, size_t size), (fd, buffer, size))
WRAP(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size))

WRAP(long, syscall, (long number, int pid, int flags), (number, pid, flags))
WRAP(int, waitid, (idtype_t type, id_t id, siginfo_t *info, int options),
     (type, id, info, options))

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return fault_strikes("calloc") ? NULL : __real_calloc(count, size);
}

/* How the selector has waited last, in milliseconds. */
static struct {
    int calls;
    int timeout_ms;
    bool pretend; /* time out at once */
} waited;

int __real_epoll_wait(int fd, struct epoll_event *events, int capacity, int timeout_ms);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int capacity, int timeout_ms);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int capacity, int timeout_ms)
{
    waited.calls++;
    waited.timeout_ms = timeout_ms;
    if (fault_strikes("epoll_wait"))
        return -1;
    return waited.pretend ? 0 : __real_epoll_wait(fd, events, capacity, timeout_ms);
}

WRAP(int, epoll_pwait2,
     (int fd, struct epoll_event *events, int capacity, const struct timespec *timeout,
      const sigset_t *mask),
     (fd, events, capacity, timeout, mask))

static const int descriptor_errors[] = {EMFILE, ENFILE, ENOMEM, 0};
static const int control_errors[] = {ENOSPC, ENOMEM, EPERM, EEXIST, EBADF, ELOOP, ENOENT, 0};

/* ---------------------------------------------------------------- opening */

static int open_selector(void)
{
    mio__selector own = {.fd = -2};
    const int err = mio__selector_open(&own);

    if (err == 0)
        mio__selector_close(&own);
    else
        ck_assert_int_eq(own.fd, -2);
    return err;
}

static int open_waker(void)
{
    mio__selector own;
    mio__waker waker = {.fd = -2};
    int err;

    ck_assert_int_eq(mio__selector_open(&own), 0);
    err = mio__waker_open(&waker, &own, 1);
    if (err == 0)
        mio__waker_close(&waker, &own);
    else
        ck_assert_int_eq(waker.fd, -2);
    mio__selector_close(&own);
    return err;
}

static int open_signal_pipe(void)
{
    mio__signal_pipe *signals = NULL;
    const int err = mio__signal_pipe_open(&signals);

    ck_assert_int_eq(err == 0, signals != NULL);
    mio__signal_pipe_close(signals);
    return err;
}

static int open_child(void)
{
    mio_fd fd = -2;
    const int err = mio__child_open(getpid(), &fd);

    if (err == 0)
        mio__descriptor_close(fd);
    else
        ck_assert_int_eq(fd, -2);
    return err;
}

START_TEST(opening_fails)
{
    static const int child_errors[] = {EMFILE, ENFILE, ENOMEM, ESRCH, ENOSYS, EPERM, 0};

    fault_check_each(open_child, "syscall", child_errors);
    fault_check_each(open_selector, "epoll_create1", descriptor_errors);
    fault_check_each(open_waker, "eventfd", descriptor_errors);
    fault_check_each(open_signal_pipe, "pipe2", descriptor_errors);
}
END_TEST

START_TEST(a_waker_that_cannot_be_registered_is_closed)
{
    mio__selector own;
    mio__waker waker = {.fd = -2};
    const int before = harness_open_descriptors();

    ck_assert_int_eq(mio__selector_open(&own), 0);
    for (const int *err = control_errors; *err != 0; err++) {
        fault_arm("epoll_ctl", *err, 0, 1);
        ck_assert_int_eq(mio__waker_open(&waker, &own, 1), -*err);
        ck_assert_int_eq(fault_disarm(), 1);
    }
    ck_assert_int_eq(waker.fd, -2);
    mio__selector_close(&own);
    ck_assert_int_eq(harness_open_descriptors(), before);
}
END_TEST

/* Nodes of closed pipes are used again: so as many are opened as fit, until one needs memory.
 */
START_TEST(a_signal_pipe_without_memory)
{
    enum { MANY = 100 };
    mio__signal_pipe *pipes[MANY];
    int count = 0, err = 0, before;

    fault_arm("calloc", ENOMEM, 0, 1);
    while (err == 0 && count < MANY) {
        before = harness_open_descriptors();
        err = mio__signal_pipe_open(&pipes[count]);
        count += err == 0;
    }
    ck_assert_int_eq(fault_disarm(), 1);
    ck_assert_int_eq(err, -ENOMEM);
    ck_assert_int_eq(harness_open_descriptors(), before);
    while (count > 0)
        mio__signal_pipe_close(pipes[--count]);
}
END_TEST

/* ------------------------------------------------------------------ children */

START_TEST(a_wait_for_a_child_is_interrupted)
{
    const int pid = children_exiting(6);
    mio_fd fd;
    int status = 4711;

    ck_assert_int_eq(mio__child_open(pid, &fd), 0);
    children_await(pid);
    fault_arm("waitid", EINTR, 0, 3);
    ck_assert_int_eq(mio__child_wait(fd, pid, &status), 0);
    ck_assert_int_eq(fault_disarm(), 3);
    ck_assert_int_eq(status, 6);
    mio__descriptor_close(fd);
}
END_TEST

/* Linux 5.3: pidfds, but no waiting for them. Refused at once, not at the end of the child. */
START_TEST(a_kernel_that_cannot_wait_for_a_child)
{
    const int before = harness_open_descriptors(), pid = children_exiting(6);
    mio_fd fd = -2;

    fault_arm("waitid", EINVAL, 0, 1);
    ck_assert_int_eq(mio__child_open(pid, &fd), -ENOSYS);
    ck_assert_int_eq(fault_disarm(), 1);
    ck_assert_int_eq(fd, -2);
    ck_assert_int_eq(harness_open_descriptors(), before);
    fault_arm("waitid", EINTR, 0, 3);
    ck_assert_int_eq(mio__child_open(pid, &fd), 0);
    ck_assert_int_eq(fault_disarm(), 3);
    mio__descriptor_close(fd);
    children_reap(pid);
}
END_TEST

START_TEST(a_wait_for_a_child_fails)
{
    static const int errors[] = {ECHILD, EINVAL, EBADF, 0};
    const int pid = children_exiting(6);
    mio_fd fd;
    int status = 4711;

    ck_assert_int_eq(mio__child_open(pid, &fd), 0);
    children_await(pid);
    for (const int *err = errors; *err != 0; err++) {
        fault_arm("waitid", *err, 0, 1);
        ck_assert_int_eq(mio__child_wait(fd, pid, &status), -*err);
        ck_assert_int_eq(fault_disarm(), 1);
    }
    ck_assert_int_eq(status, 4711);
    mio__descriptor_close(fd);
    children_reap(pid);
}
END_TEST

/* ------------------------------------------------------- registering, waiting */

START_TEST(changes_fail_and_change_nothing)
{
    mio_event event;
    int fds[2];

    source_pair(fds);
    for (const int *err = control_errors; *err != 0; err++) {
        fault_arm("epoll_ctl", *err, 0, 1);
        ck_assert_int_eq(mio__selector_register(&selector, fds[0], 1, MIO_WRITABLE, MIO_LEVEL),
                         -*err);
        ck_assert_int_eq(mio__selector_wait(&selector, &event, 1, 0), 0);
        ck_assert_int_eq(mio__selector_register(&selector, fds[0], 1, MIO_WRITABLE, MIO_LEVEL),
                         0);
        fault_arm("epoll_ctl", *err, 0, 1);
        ck_assert_int_eq(mio__selector_reregister(&selector, fds[0], 2, MIO_READABLE, MIO_EDGE),
                         -*err);
        fault_arm("epoll_ctl", *err, 0, 1);
        ck_assert_int_eq(mio__selector_deregister(&selector, fds[0]), -*err);
        selecting_expect_one(1, MIO_WRITABLE);
        ck_assert_int_eq(mio__selector_deregister(&selector, fds[0]), 0);
    }
    fault_disarm();
    source_close(fds);
}
END_TEST

START_TEST(a_wait_that_fails_says_so)
{
    static const int errors[] = {EINTR, EBADF, EINVAL, ENOMEM, 0};
    mio_event event;

    for (const int *err = errors; *err != 0; err++) {
        fault_arm("epoll_wait", *err, 0, 1);
        ck_assert_int_eq(mio__selector_wait(&selector, &event, 1, -1), -*err);
        ck_assert_int_eq(fault_disarm(), 1);
    }
    ck_assert_int_eq(mio__selector_wait(&selector, &event, 1, 0), 0);
}
END_TEST

/* Old kernels and strict sandboxes: milliseconds, rounded up, and no second question. */
START_TEST(a_wait_in_nanoseconds_is_refused)
{
    static const int64_t timeouts_ns[] = {1, 999999, 1000000, 1000001, 2500000};
    static const int timeouts_ms[] = {1, 1, 1, 2, 3};
    const int err = _i == 0 ? ENOSYS : EPERM;
    mio_event event;

    fault_arm("epoll_pwait2", err, 0, INT_MAX);
    waited.calls = 0;
    for (int i = 0; i < 5; i++) {
        const int64_t start_ns = mio_now_ns();

        ck_assert_int_eq(mio__selector_wait(&selector, &event, 1, timeouts_ns[i]), 0);
        ck_assert(mio_now_ns() - start_ns >= timeouts_ns[i]);
        ck_assert_int_eq(waited.timeout_ms, timeouts_ms[i]);
    }
    ck_assert_int_eq(waited.calls, 5);
    ck_assert_int_le(fault_disarm(), 1);
}
END_TEST

START_TEST(a_long_wait_in_milliseconds_does_not_overflow)
{
    static const int64_t timeouts_ns[] = {INT64_C(2147483647) * 1000000,
                                          INT64_C(2147483647) * 1000000 + 1, INT64_MAX};
    mio_event event;

    fault_arm("epoll_pwait2", ENOSYS, 0, INT_MAX);
    waited.pretend = true;
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(mio__selector_wait(&selector, &event, 1, timeouts_ns[i]), 0);
        ck_assert_int_eq(waited.timeout_ms, INT_MAX);
    }
    waited.pretend = false;
    fault_disarm();
}
END_TEST

/* ------------------------------------------------------------------ waking */

static mio__waker waker;

static void waker_make(void)
{
    ck_assert_int_eq(mio__waker_open(&waker, &selector, 7), 0);
}

static void waker_drop(void)
{
    mio__waker_close(&waker, &selector);
}

static void expect_woken(void)
{
    selecting_expect_one(7, MIO_READABLE);
    selecting_expect_none();
}

START_TEST(an_interrupted_wake_is_made_again)
{
    static const int errors[] = {EINTR, EAGAIN};
    for (int i = 0; i < 2; i++) {
        fault_arm("write", errors[i], 0, 3);
        errno = 4711;
        ck_assert_int_eq(mio__waker_wake(&waker), 0);
        ck_assert_int_eq(errno, 4711);
        ck_assert_int_eq(fault_disarm(), 3);
        expect_woken();
    }
}
END_TEST

START_TEST(a_wake_that_the_kernel_refuses_says_so)
{
    fault_arm("write", EIO, 0, 1);
    errno = 4711;
    ck_assert_int_eq(mio__waker_wake(&waker), -EIO);
    ck_assert_int_eq(errno, 4711);
    ck_assert_int_eq(fault_disarm(), 1);
    ck_assert_int_eq(mio__waker_wake(&waker), 0);
    expect_woken();
}
END_TEST

/* After 2^64 - 2 wakes that nobody had to read. */
START_TEST(a_full_counter_is_emptied)
{
    const uint64_t most = UINT64_MAX - 1;
    ck_assert_int_eq((int)write(waker.fd, &most, sizeof most), sizeof most);
    expect_woken();
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(mio__waker_wake(&waker), 0);
        expect_woken();
    }
}
END_TEST

START_TEST(a_full_counter_that_another_thread_empties)
{
    fault_arm("write", EAGAIN, 0, 1);
    ck_assert_int_eq(mio__waker_wake(&waker), 0); /* there is nothing to read */
    ck_assert_int_eq(fault_disarm(), 1);
    expect_woken();
}
END_TEST

/* ----------------------------------------------------------------- signals */

/* The signal is not forgotten for that: its bit is set. */
START_TEST(a_signal_whose_write_fails)
{
    mio__signal_pipe *signals;

    ck_assert_int_eq(mio__signal_pipe_open(&signals), 0);
    ck_assert_int_eq(mio__signal_pipe_add(signals, SIGUSR1), 0);
    fault_arm("write", EAGAIN, 0, 1);
    errno = 4711;
    raise(SIGUSR1);
    ck_assert_int_eq(errno, 4711); /* the interrupted code's own */
    ck_assert_int_eq(fault_disarm(), 1);
    ck_assert_uint_eq(mio__signal_pipe_take(signals), UINT64_C(1) << (SIGUSR1 - 1));
    mio__signal_pipe_close(signals);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("sys/faults");
    TCase *tcase = harness_case(suite, "opening");

    tcase_add_test(tcase, opening_fails);
    tcase_add_test(tcase, a_waker_that_cannot_be_registered_is_closed);
    tcase_add_test(tcase, a_signal_pipe_without_memory);
    tcase_add_test(tcase, a_wait_for_a_child_is_interrupted);
    tcase_add_test(tcase, a_kernel_that_cannot_wait_for_a_child);
    tcase_add_test(tcase, a_wait_for_a_child_fails);

    tcase = selecting_case(suite, "registering and waiting");
    tcase_add_test(tcase, changes_fail_and_change_nothing);
    tcase_add_test(tcase, a_wait_that_fails_says_so);
    tcase_add_loop_test(tcase, a_wait_in_nanoseconds_is_refused, 0, 2);
    tcase_add_test(tcase, a_long_wait_in_milliseconds_does_not_overflow);

    tcase = selecting_case(suite, "waking");
    tcase_add_checked_fixture(tcase, waker_make, waker_drop);
    tcase_add_test(tcase, an_interrupted_wake_is_made_again);
    tcase_add_test(tcase, a_wake_that_the_kernel_refuses_says_so);
    tcase_add_test(tcase, a_full_counter_is_emptied);
    tcase_add_test(tcase, a_full_counter_that_another_thread_empties);

    tcase = harness_case(suite, "signals");
    tcase_add_test(tcase, a_signal_whose_write_fails);
    return suite;
}
