/* wraps: kevent
 *
 * What the kernel may answer to the selector over kqueue, and does not do by itself here.
 */
#include "selecting.h"

#include "mio/clock.h"

#include <string.h>
#include <sys/types.h>

#include <sys/event.h>

enum { R = MIO_READABLE, W = MIO_WRITABLE, RW = R | W };

/* The next `times` additions of `filter` are refused, and so are the next `naps` waits: they
   end at once, with nothing. */
static struct {
    int filter;
    int err;
    int times;
    int naps;
} refused;

static int waits;            /* of the kernel */
static mio_fd changed_after; /* not 0: changed when the kernel has told something */

int __real_kevent(int queue, const struct kevent *changes, int change_count,
                  struct kevent *events, int event_count, const struct timespec *timeout);
int __wrap_kevent(int queue, const struct kevent *changes, int change_count,
                  struct kevent *events, int event_count, const struct timespec *timeout);

static bool is_refused(const struct kevent *change)
{
    if (refused.times == 0 || change->filter != refused.filter || !(change->flags & EV_ADD))
        return false;
    refused.times--;
    return true;
}

/* Each change by itself, so that some of them can be left out. */
static int change_each(int queue, const struct kevent *changes, int count,
                       struct kevent *answers)
{
    for (int i = 0; i < count; i++) {
        if (is_refused(&changes[i])) {
            answers[i] = changes[i];
            answers[i].flags = EV_ERROR;
            answers[i].data = refused.err;
        } else {
            ck_assert_int_eq(__real_kevent(queue, &changes[i], 1, &answers[i], 1, NULL), 1);
        }
    }
    return count;
}

int __wrap_kevent(int queue, const struct kevent *changes, int change_count,
                  struct kevent *events, int event_count, const struct timespec *timeout)
{
    int count;

    if (change_count > 0)
        return change_each(queue, changes, change_count, events);
    if (refused.naps > 0) {
        refused.naps--;
        errno = refused.err;
        return refused.err != 0 ? -1 : 0;
    }
    waits++;
    count = __real_kevent(queue, changes, change_count, events, event_count, timeout);
    if (count > 0 && changed_after != 0) {
        const mio_fd fd = changed_after;

        changed_after = 0;
        selecting_reregister(fd, 2, W, MIO_LEVEL);
    }
    return count;
}

static void refuse(int filter, int err)
{
    refused.filter = filter;
    refused.err = err;
    refused.times = 1;
}

/* ------------------------------------------------- a pipe without a reader */

START_TEST(its_writer_is_told)
{
    const mio_trigger trigger = (mio_trigger)_i;
    int fds[2];

    source_pipe(fds);
    refuse(EVFILT_WRITE, EPIPE);
    selecting_register(fds[1], 1, W, trigger);
    ck_assert_int_eq(refused.times, 0);
    selecting_expect_one(1, W | MIO_WRITE_CLOSED);
    if (trigger == MIO_LEVEL)
        selecting_expect_one(1, W | MIO_WRITE_CLOSED);
    else
        selecting_expect_none();
    ck_assert_int_eq(mio__selector_register(&selector, fds[1], 2, W, trigger), -EEXIST);
    selecting_deregister(fds[1]);
    selecting_expect_none();
    source_close(fds);
}
END_TEST

START_TEST(it_is_one_event_with_reading)
{
    int fds[2];

    source_pair(fds);
    source_put(fds[1]);
    refuse(EVFILT_WRITE, EPIPE);
    selecting_register(fds[0], 1, RW, MIO_LEVEL);
    selecting_expect_one(1, RW | MIO_WRITE_CLOSED);
    selecting_reregister(fds[0], 2, R, MIO_LEVEL);
    selecting_expect_one(2, R);
    source_drain(fds[0]);
    selecting_expect_none();
    source_close(fds);
}
END_TEST

/* ------------------------------------------------------------ what is refused */

START_TEST(half_of_a_registration_is_none)
{
    int fds[2];

    source_pair(fds);
    source_put(fds[1]);
    refuse(EVFILT_WRITE, ENOMEM);
    ck_assert_int_eq(mio__selector_register(&selector, fds[0], 1, RW, MIO_LEVEL), -ENOMEM);
    selecting_expect_none();
    ck_assert_int_eq(mio__selector_deregister(&selector, fds[0]), -ENOENT);
    selecting_register(fds[0], 2, RW, MIO_LEVEL);
    selecting_expect_one(2, RW);
    source_close(fds);
}
END_TEST

START_TEST(a_change_that_is_refused_changes_nothing)
{
    int fds[2];

    source_pair(fds);
    source_put(fds[1]);
    selecting_register(fds[0], 1, R, MIO_LEVEL);
    refuse(EVFILT_WRITE, ENOMEM);
    ck_assert_int_eq(mio__selector_reregister(&selector, fds[0], 2, RW, MIO_EDGE), -ENOMEM);
    selecting_expect_one(1, R);
    selecting_expect_one(1, R);
    selecting_deregister(fds[0]);
    selecting_expect_none();
    source_close(fds);
}
END_TEST

START_TEST(what_cannot_be_polled_has_one_name)
{
    static const int errors[] = {ENODEV, EOPNOTSUPP};
    int fds[2];

    source_pair(fds);
    for (int i = 0; i < 2; i++) {
        refuse(EVFILT_READ, errors[i]);
        ck_assert_int_eq(mio__selector_register(&selector, fds[0], 1, R, MIO_LEVEL), -EPERM);
    }
    source_close(fds);
}
END_TEST

/* -------------------------------------------------------------------- waiting */

START_TEST(a_wait_that_ends_early_goes_on)
{
    const int64_t start_ns = mio_now_ns();
    mio_event event;

    refused.err = 0;
    refused.naps = 3;
    ck_assert_int_eq(mio__selector_wait(&selector, &event, 1, 5 * SOURCE_NS_PER_MS), 0);
    ck_assert_int_eq(refused.naps, 0);
    ck_assert_int_ge(mio_now_ns() - start_ns, 5 * SOURCE_NS_PER_MS);
}
END_TEST

START_TEST(a_wait_that_is_interrupted_says_so)
{
    mio_event event;

    refused.err = EINTR;
    refused.naps = 1;
    ck_assert_int_eq(mio__selector_wait(&selector, &event, 1, source_soon_ns), -EINTR);
}
END_TEST

/* As by another thread, between the kernel's answer and the look at it. */
START_TEST(what_was_told_before_a_change_is_dropped)
{
    int fds[2];

    source_pair(fds);
    source_put(fds[1]);
    selecting_register(fds[0], 1, R, MIO_LEVEL);
    changed_after = fds[0];
    selecting_expect_one(2, W);
    source_close(fds);
}
END_TEST

/* A oneshot that was told for one filter is not for the other, and nobody is woken by it; the
   kernel tells it once at the most. */
START_TEST(what_is_for_nobody_does_not_end_a_wait)
{
    const int64_t start_ns = mio_now_ns();
    mio_event event;
    int fds[2];

    source_pair(fds);
    selecting_register(fds[0], 1, RW, MIO_ONESHOT);
    selecting_expect_one(1, W);
    source_put(fds[1]);
    waits = 0;
    ck_assert_int_eq(mio__selector_wait(&selector, &event, 1, 5 * SOURCE_NS_PER_MS), 0);
    ck_assert_int_ge(mio_now_ns() - start_ns, 5 * SOURCE_NS_PER_MS);
    ck_assert_int_le(waits, 4);
    source_close(fds);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("sys/selector_kqueue");
    TCase *tcase = selecting_case(suite, "a pipe without a reader");

    tcase_add_loop_test(tcase, its_writer_is_told, MIO_LEVEL, MIO_ONESHOT + 1);
    tcase_add_test(tcase, it_is_one_event_with_reading);

    tcase = selecting_case(suite, "refused");
    tcase_add_test(tcase, half_of_a_registration_is_none);
    tcase_add_test(tcase, a_change_that_is_refused_changes_nothing);
    tcase_add_test(tcase, what_cannot_be_polled_has_one_name);

    tcase = selecting_case(suite, "waiting");
    tcase_add_test(tcase, a_wait_that_ends_early_goes_on);
    tcase_add_test(tcase, a_wait_that_is_interrupted_says_so);
    tcase_add_test(tcase, what_was_told_before_a_change_is_dropped);
    tcase_add_test(tcase, what_is_for_nobody_does_not_end_a_wait);
    return suite;
}
