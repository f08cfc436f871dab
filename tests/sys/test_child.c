#include "sys/child.h"

#include "children.h"
#include "sys/descriptor.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>

static mio_fd open_child(int pid)
{
    mio_fd fd = -1;

    ck_assert_int_eq(mio__child_open(pid, &fd), 0);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static bool is_readable(mio_fd fd, int timeout_ms)
{
    struct pollfd source = {.fd = fd, .events = POLLIN};

    return poll(&source, 1, timeout_ms) == 1;
}

START_TEST(it_is_readable_when_the_child_has_ended)
{
    const int pid = children_living();
    const mio_fd fd = open_child(pid);
    int status = 4711;

    ck_assert(!is_readable(fd, 1));
    ck_assert_int_eq(mio__child_wait(fd, pid, &status), -EAGAIN);
    ck_assert_int_eq(status, 4711);
    children_kill(pid, SIGTERM);
    ck_assert(is_readable(fd, 20000));
    ck_assert_int_eq(mio__child_wait(fd, pid, &status), 0);
    ck_assert_int_eq(status, -SIGTERM);
    children_expect_reaped(pid);
    ck_assert_int_eq(mio__child_wait(fd, pid, &status), -ECHILD);
    ck_assert_int_eq(status, -SIGTERM);
    mio__descriptor_close(fd);
}
END_TEST

START_TEST(each_way_to_end)
{
    static const int statuses[] = {0, 1, 2, 127, 128, 255, -SIGKILL, -SIGTERM, -SIGUSR1};

    for (int i = 0; i < 9; i++) {
        const int wanted = statuses[i];
        const int pid = wanted < 0 ? children_living() : children_exiting(wanted);
        const mio_fd fd = open_child(pid);
        int status = 4711;

        if (wanted < 0)
            children_kill(pid, -wanted);
        ck_assert(is_readable(fd, 20000));
        ck_assert_int_eq(mio__child_wait(fd, pid, &status), 0);
        ck_assert_int_eq(status, wanted);
        mio__descriptor_close(fd);
    }
}
END_TEST

START_TEST(a_child_that_stops_has_not_ended)
{
    const int pid = children_living();
    const mio_fd fd = open_child(pid);
    int status;

    children_kill(pid, SIGSTOP);
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    ck_assert(WIFSTOPPED(status));
    ck_assert(!is_readable(fd, 1));
    ck_assert_int_eq(mio__child_wait(fd, pid, &status), -EAGAIN);
    children_kill(pid, SIGKILL);
    ck_assert(is_readable(fd, 20000));
    ck_assert_int_eq(mio__child_wait(fd, pid, &status), 0);
    ck_assert_int_eq(status, -SIGKILL);
    mio__descriptor_close(fd);
}
END_TEST

START_TEST(somebody_else_has_waited)
{
    const int pid = children_exiting(3);
    const mio_fd fd = open_child(pid);
    int status = 4711;

    children_reap(pid);
    ck_assert(is_readable(fd, 20000));
    ck_assert_int_eq(mio__child_wait(fd, pid, &status), -ECHILD);
    ck_assert_int_eq(status, 4711);
    mio__descriptor_close(fd);
}
END_TEST

START_TEST(closing_leaves_the_child_alone)
{
    const int pid = children_living();

    mio__descriptor_close(open_child(pid));
    ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), 0);
    children_kill(pid, SIGKILL);
    children_reap(pid);
}
END_TEST

START_TEST(what_is_no_process)
{
    const int pid = children_exiting(0);
    mio_fd fd = 4711;

    children_reap(pid);
    ck_assert_int_eq(mio__child_open(pid, &fd), -ESRCH);
    ck_assert_int_eq(mio__child_open(INT_MAX, &fd), -ESRCH);
    ck_assert_int_eq(mio__child_open(0, &fd), -EINVAL);
    ck_assert_int_eq(mio__child_open(-1, &fd), -EINVAL);
    ck_assert_int_eq(fd, 4711);
}
END_TEST

START_TEST(its_descriptor_is_closed_by_exec)
{
    const int pid = children_exiting(0);
    const mio_fd fd = open_child(pid);

    ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    mio__descriptor_close(fd);
    children_reap(pid);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("sys/child");
    TCase *tcase = harness_case(suite, "children");

    tcase_add_test(tcase, it_is_readable_when_the_child_has_ended);
    tcase_add_test(tcase, each_way_to_end);
    tcase_add_test(tcase, a_child_that_stops_has_not_ended);
    tcase_add_test(tcase, somebody_else_has_waited);
    tcase_add_test(tcase, closing_leaves_the_child_alone);
    tcase_add_test(tcase, what_is_no_process);
    tcase_add_test(tcase, its_descriptor_is_closed_by_exec);
    return suite;
}
