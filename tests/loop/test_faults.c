/* wraps: epoll_create1 epoll_ctl epoll_pwait2 epoll_wait pipe2 syscall waitid */
/*
 * System calls that fail, one after the other: a call of src/loop/ that fails has changed
 * nothing, what is lost is told once, and the loop goes on.
 */
#include "turning.h"

#include "children.h"
#include "faults.h"
#include "mio/child.h"

#include <limits.h>
#include <signal.h>
#include <sys/epoll.h>

WRAP(int, epoll_create1, (int flags), (flags))
WRAP(int, epoll_ctl, (int fd, int operation, int target, struct epoll_event *event),
     (fd, operation, target, event))
WRAP(int, epoll_pwait2,
     (int fd, struct epoll_event *events, int capacity, const struct timespec *timeout,
      const sigset_t *mask),
     (fd, events, capacity, timeout, mask))
WRAP(int, epoll_wait, (int fd, struct epoll_event *events, int capacity, int timeout_ms),
     (fd, events, capacity, timeout_ms))
WRAP(int, pipe2, (int fds[2], int flags), (fds, flags))
WRAP(long, syscall, (long number, int pid, int flags), (number, pid, flags))
WRAP(int, waitid, (idtype_t type, id_t id, siginfo_t *info, int options),
     (type, id, info, options))

static const int descriptor_errors[] = {EMFILE, ENFILE, ENOMEM, 0};
static const int add_errors[] = {ENOSPC, ENOMEM, EPERM, EEXIST, EBADF, ELOOP, EINVAL, 0};
static const int lost_errors[] = {ENOENT, EBADF, 0};
static const int kept_errors[] = {ENOMEM, ENOSPC, 0};

/* The next call of `call` fails; that it was made is asserted by struck(). */
static void strike(const char *call, int err)
{
    fault_arm(call, err, 0, 1);
}

static void struck(void)
{
    ck_assert_int_eq(fault_disarm(), 1);
}

/* ------------------------------------------------------------ constructors */

static int make_loop(void)
{
    mio_loop *own = NULL;
    const int err = mio_loop_new(NULL, &own);

    ck_assert_int_eq(err == 0, own != NULL);
    mio_loop_free(own);
    return err;
}

START_TEST(a_new_loop_without_descriptors)
{
    fault_check_each(make_loop, "epoll_create1", descriptor_errors);
}
END_TEST

static int add_signal(void)
{
    uint64_t id = 4711;
    const int err = mio_loop_signal(loop, SIGUSR1, 1, &id);

    if (err == 0)
        turning_deregister(id);
    else
        ck_assert_uint_eq(id, 4711);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    mio__loop_check(loop);
    return err;
}

/* A signal that cannot be had leaves the program's own disposition. */
START_TEST(a_signal_without_descriptors)
{
    struct sigaction now;

    fault_check_each(add_signal, "pipe2", descriptor_errors);
    strike("pipe2", EMFILE);
    ck_assert_int_eq(add_signal(), -EMFILE);
    struck();
    ck_assert_int_eq(sigaction(SIGUSR1, NULL, &now), 0);
    ck_assert(now.sa_handler == SIG_DFL);
}
END_TEST

/* The kernel has no room: nothing is left behind, and the next try succeeds. */
static void check_without_room(fault_scenario *scenario)
{
    for (const int *err = kept_errors; *err != 0; err++) {
        const int before = harness_open_descriptors();

        strike("epoll_ctl", *err);
        ck_assert_int_eq(scenario(), -*err);
        struck();
        ck_assert_int_eq(harness_open_descriptors(), before);
        ck_assert_int_eq(scenario(), 0);
    }
}

START_TEST(a_signal_without_room_in_the_kernel)
{
    check_without_room(add_signal);
}
END_TEST

/* ---------------------------------------------------------------- children */

static int add_child(void)
{
    uint64_t id = 4711;
    const int err = mio_loop_child(loop, getpid(), 1, &id);

    if (err == 0)
        turning_deregister(id);
    else
        ck_assert_uint_eq(id, 4711);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    mio__loop_check(loop);
    return err;
}

START_TEST(a_child_that_cannot_be_had)
{
    static const int errors[] = {EMFILE, ENFILE, ENOMEM, ESRCH, ENOSYS, EPERM, 0};

    fault_check_each(add_child, "syscall", errors);
    check_without_room(add_child);
}
END_TEST

/* Whatever a wait gives, the end is told, and once. */
START_TEST(a_child_that_cannot_be_waited_for)
{
    static const int errors[] = {ECHILD, EINVAL, EBADF, 0};
    const int pid = children_exiting(3);

    children_await(pid);
    for (const int *err = errors; *err != 0; err++) {
        ck_assert_int_eq(mio_loop_child(loop, pid, 1, NULL), 0);
        strike("waitid", *err);
        turning_expect(1, (mio_event[]){{.kind = MIO_CHILD, .ready = MIO_ERROR, .token = 1}});
        struck();
        ck_assert_uint_eq(mio_loop_count(loop), 0);
        turning_expect_none();
    }
    children_reap(pid);
}
END_TEST

/* One whose debugger has not let it go: nothing is told, and it is asked again. */
START_TEST(a_child_that_cannot_be_waited_for_yet)
{
    const int pid = children_exiting(3);

    children_await(pid);
    ck_assert_int_eq(mio_loop_child(loop, pid, 1, NULL), 0);
    strike("waitid", EAGAIN);
    turning_expect(0, NULL);
    struck();
    turning_expect(1, (mio_event[]){{.kind = MIO_CHILD, .token = 1, .value = 3}});
}
END_TEST

static int memory_scenario(const mio_allocator *allocator)
{
    const mio_loop_config config = {.allocator = allocator};
    mio_loop *own;
    int err = mio_loop_new(&config, &own);

    if (err < 0)
        return err;
    err = mio_loop_child(own, getpid(), 1, NULL);
    if (err == 0)
        err = mio_loop_child(own, getppid(), 2, NULL);
    mio_loop_free(own);
    return err;
}

START_TEST(children_without_memory)
{
    fault_check_memory(memory_scenario, false);
    fault_check_memory(memory_scenario, true);
}
END_TEST

/* ----------------------------------------------------------- registrations */

static int fds[2];

static void fds_open(void)
{
    source_pair(fds);
}

static void fds_close(void)
{
    source_close(fds);
}

START_TEST(register_fails_and_changes_nothing)
{
    turning_register(fds[1], W, 2);
    for (const int *err = add_errors; *err != 0; err++) {
        uint64_t id = 4711;

        strike("epoll_ctl", *err);
        ck_assert_int_eq(mio_loop_register(loop, fds[0], W, MIO_LEVEL, 1, &id), -*err);
        struck();
        ck_assert_uint_eq(id, 4711);
        ck_assert_uint_eq(mio_loop_count(loop), 1);
        turning_expect_ready(2, W);
        id = turning_register(fds[0], W, 1);
        turning_expect(2, (mio_event[]){turning_ready(1, W), turning_ready(2, W)});
        turning_deregister(id);
    }
}
END_TEST

START_TEST(reregister_of_a_lost_descriptor_ends_it)
{
    for (const int *err = lost_errors; *err != 0; err++) {
        const uint64_t id = turning_register(fds[0], W, 1);

        strike("epoll_ctl", *err);
        ck_assert_int_eq(mio_loop_reregister(loop, id, R, MIO_LEVEL), -EBADF);
        struck();
        ck_assert_uint_eq(mio_loop_count(loop), 0);
        ck_assert_int_eq(mio_loop_reregister(loop, id, R, MIO_LEVEL), -ENOENT);
        turning_expect_none(); /* the kernel has it still: it is a ghost now */
        turning_expect_none();
        ck_assert_int_eq(mio__selector_deregister(&loop->selector, fds[0]), -ENOENT);
    }
}
END_TEST

START_TEST(reregister_without_room_leaves_it_as_it_was)
{
    const uint64_t id = turning_register(fds[0], W, 1);

    for (const int *err = kept_errors; *err != 0; err++) {
        strike("epoll_ctl", *err);
        ck_assert_int_eq(mio_loop_reregister(loop, id, R, MIO_ONESHOT), -*err);
        struck();
        turning_expect_ready(1, W);
        turning_expect_ready(1, W);
    }
}
END_TEST

START_TEST(deregister_always_ends_it)
{
    for (const int *err = lost_errors; *err != 0; err++) {
        const uint64_t id = turning_register(fds[0], W, 1);

        strike("epoll_ctl", *err);
        turning_deregister(id);
        struck();
        ck_assert_uint_eq(mio_loop_count(loop), 0);
        ck_assert_int_eq(mio_loop_deregister(loop, id), -ENOENT);
        turning_expect_none();
        turning_expect_none();
    }
}
END_TEST

START_TEST(a_pause_of_a_lost_descriptor_ends_it)
{
    for (const int *err = lost_errors; *err != 0; err++) {
        const uint64_t id = turning_register(fds[0], W, 1);

        strike("epoll_ctl", *err);
        ck_assert_int_eq(mio_loop_pause(loop, id, source_soon_ns), -EBADF);
        struck();
        ck_assert_uint_eq(mio_loop_count(loop), 0);
        ck_assert_int_eq(mio_loop_timeout(loop), -1);
        turning_expect_none(); /* the kernel has it still: it is a ghost now */
        turning_expect_none();
    }
}
END_TEST

START_TEST(a_pause_without_room_leaves_it_as_it_was)
{
    const uint64_t id = turning_register(fds[0], W, 1);

    for (const int *err = kept_errors; *err != 0; err++) {
        strike("epoll_ctl", *err);
        ck_assert_int_eq(mio_loop_pause(loop, id, source_soon_ns), -*err);
        struck();
        ck_assert_int_eq(mio_loop_timeout(loop), -1);
        turning_expect_ready(1, W);
    }
}
END_TEST

START_TEST(the_end_of_a_pause_fails_once_and_for_all)
{
    for (const int *err = add_errors; *err != 0; err++) {
        const uint64_t id = turning_register(fds[0], W, 1);

        ck_assert_int_eq(mio_loop_pause(loop, id, 0), 0);
        strike("epoll_ctl", *err);
        turning_expect_ready(1, W | MIO_ERROR);
        struck();
        ck_assert_uint_eq(mio_loop_count(loop), 0);
        ck_assert_int_eq(mio_loop_deregister(loop, id), -ENOENT);
        turning_expect_none();
    }
}
END_TEST

START_TEST(ending_a_pause_by_hand_without_room)
{
    const uint64_t id = turning_register(fds[0], W, 1);

    for (const int *err = kept_errors; *err != 0; err++) {
        ck_assert_int_eq(mio_loop_pause(loop, id, source_soon_ns), 0);
        strike("epoll_ctl", *err);
        ck_assert_int_eq(mio_loop_reregister(loop, id, R, MIO_LEVEL), -*err);
        struck();
        turning_expect_none(); /* it rests on */
        turning_reregister(id, W, MIO_LEVEL);
        turning_expect_ready(1, W);
    }
}
END_TEST

START_TEST(ending_a_pause_of_a_lost_descriptor_by_hand)
{
    const uint64_t id = turning_register(fds[0], W, 1);

    ck_assert_int_eq(mio_loop_pause(loop, id, source_soon_ns), 0);
    strike("epoll_ctl", EBADF);
    ck_assert_int_eq(mio_loop_reregister(loop, id, R, MIO_LEVEL), -EBADF);
    struck();
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    ck_assert_int_eq(mio_loop_timeout(loop), -1); /* the pause's timer is gone as well */
}
END_TEST

/* ---------------------------------------------------------------- waiting */

START_TEST(a_wait_that_fails_is_no_turn)
{
    static const int errors[] = {EBADF, EINVAL, EFAULT, ENOMEM, 0};
    mio_event event;

    turning_register(fds[0], W, 1);
    for (const int *err = errors; *err != 0; err++) {
        strike("epoll_wait", *err);
        ck_assert_int_eq(mio_loop_poll(loop, -1), -*err);
        struck();
        ck_assert_int_eq(mio_loop_next(loop, &event), 0);
        turning_expect_ready(1, W);
    }
}
END_TEST

START_TEST(a_wait_that_fails_ends_the_run)
{
    static const mio_handler handler;

    turning_register(fds[0], R, 1);
    fault_arm("epoll_wait", EBADF, 0, INT_MAX);
    ck_assert_int_eq(mio_loop_run(loop, &handler, NULL), -EBADF);
    struck(); /* once: it is not tried again and again */
    mio_loop_shutdown(loop);
    ck_assert_int_eq(mio_loop_run(loop, &handler, NULL), 0);
}
END_TEST

START_TEST(an_interrupted_wait_is_a_turn_that_says_so)
{
    turning_register(fds[0], W, 1);
    strike("epoll_wait", EINTR);
    turning_poll(-1);
    turning_expect_rest(1, (mio_event[]){{.kind = MIO_INTERRUPTED}});
    struck();
    turning_expect_ready(1, W);
}
END_TEST

/* However often the wait is interrupted, a timer is neither early nor forgotten. */
START_TEST(a_timer_under_interruptions)
{
    const char *call = _i == 0 ? "epoll_pwait2" : "epoll_wait";
    const int64_t start_ns = mio_now_ns();
    mio_event event = {.kind = MIO_READY};

    turning_after(10 * SOURCE_NS_PER_MS, 1);
    fault_arm(call, EINTR, 0, INT_MAX);
    while (event.kind != MIO_TIMEOUT) {
        turning_poll(-1);
        while (mio_loop_next(loop, &event) && event.kind != MIO_TIMEOUT)
            ;
    }
    fault_disarm();
    ck_assert(mio_now_ns() - start_ns >= 10 * SOURCE_NS_PER_MS);
    turning_expect_rest(0, NULL);
}
END_TEST

START_TEST(a_timer_without_nanosecond_waits)
{
    const int64_t start_ns = mio_now_ns();

    fault_arm("epoll_pwait2", ENOSYS, 0, INT_MAX);
    turning_after(1500000, 1);
    turning_poll(-1);
    turning_expect_rest(1, (mio_event[]){turning_timeout(1)});
    ck_assert(mio_now_ns() - start_ns >= 1500000);
    fault_disarm();
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("loop/faults");
    TCase *tcase = turning_case(suite, "constructors");

    tcase_add_test(tcase, a_new_loop_without_descriptors);
    tcase_add_test(tcase, a_signal_without_descriptors);
    tcase_add_test(tcase, a_signal_without_room_in_the_kernel);

    tcase = turning_case(suite, "children");
    tcase_add_test(tcase, a_child_that_cannot_be_had);
    tcase_add_test(tcase, a_child_that_cannot_be_waited_for);
    tcase_add_test(tcase, a_child_that_cannot_be_waited_for_yet);
    tcase_add_test(tcase, children_without_memory);

    tcase = turning_case(suite, "registrations");
    tcase_add_checked_fixture(tcase, fds_open, fds_close);
    tcase_add_test(tcase, register_fails_and_changes_nothing);
    tcase_add_test(tcase, reregister_of_a_lost_descriptor_ends_it);
    tcase_add_test(tcase, reregister_without_room_leaves_it_as_it_was);
    tcase_add_test(tcase, deregister_always_ends_it);
    tcase_add_test(tcase, a_pause_of_a_lost_descriptor_ends_it);
    tcase_add_test(tcase, a_pause_without_room_leaves_it_as_it_was);
    tcase_add_test(tcase, the_end_of_a_pause_fails_once_and_for_all);
    tcase_add_test(tcase, ending_a_pause_by_hand_without_room);
    tcase_add_test(tcase, ending_a_pause_of_a_lost_descriptor_by_hand);

    tcase = turning_case(suite, "waiting");
    tcase_add_checked_fixture(tcase, fds_open, fds_close);
    tcase_add_test(tcase, a_wait_that_fails_is_no_turn);
    tcase_add_test(tcase, a_wait_that_fails_ends_the_run);
    tcase_add_test(tcase, an_interrupted_wait_is_a_turn_that_says_so);
    tcase_add_loop_test(tcase, a_timer_under_interruptions, 0, 2);
    tcase_add_test(tcase, a_timer_without_nanosecond_waits);
    return suite;
}
