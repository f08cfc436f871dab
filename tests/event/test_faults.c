/* wraps: epoll_create1 epoll_ctl eventfd pipe2 */
/*
 * System calls that fail, one after the other: a constructor of src/event/ that fails leaves
 * neither memory nor descriptors.
 */
#include "mio/poll.h"
#include "mio/signals.h"

#include "faults.h"

#include <sys/epoll.h>

WRAP(int, epoll_create1, (int flags), (flags))
WRAP(int, epoll_ctl, (int fd, int operation, int target, struct epoll_event *event),
     (fd, operation, target, event))
WRAP(int, eventfd, (unsigned value, int flags), (value, flags))
WRAP(int, pipe2, (int fds[2], int flags), (fds, flags))

static const int descriptor_errors[] = {EMFILE, ENFILE, ENOMEM, 0};
static const int room_errors[] = {ENOMEM, ENOSPC, 0};

static harness_memory memory;

static int make_poll_and_wakers(void)
{
    mio_allocator allocator = harness_allocator(&memory);
    mio_waker *wakers[2] = {NULL, NULL};
    mio_poll *poll = NULL;
    int err = mio_poll_new(&allocator, &poll);

    for (int i = 0; i < 2 && err == 0; i++)
        err = mio_waker_new(poll, 1, &wakers[i]);
    for (int i = 0; i < 2; i++)
        mio_waker_free(wakers[i]); /* a failed call has written nothing */
    mio_poll_free(poll);
    ck_assert_uint_eq(memory.blocks, 0);
    return err;
}

static int make_signals(void)
{
    mio_allocator allocator = harness_allocator(&memory);
    mio_signals *signals = NULL;
    const int err = mio_signals_new(&allocator, &signals);

    mio_signals_free(signals);
    ck_assert_uint_eq(memory.blocks, 0);
    return err;
}

START_TEST(without_descriptors)
{
    fault_check_each(make_poll_and_wakers, "epoll_create1", descriptor_errors);
    fault_check_each(make_poll_and_wakers, "eventfd", descriptor_errors);
    fault_check_each(make_signals, "pipe2", descriptor_errors);
}
END_TEST

/* The registration of the first waker, and of the second. */
START_TEST(without_room_in_the_kernel)
{
    for (const int *err = room_errors; *err != 0; err++) {
        for (int skip = 0; skip < 2; skip++) {
            fault_arm("epoll_ctl", *err, skip, 1);
            ck_assert_int_eq(make_poll_and_wakers(), -*err);
            ck_assert_int_eq(fault_disarm(), 1);
        }
    }
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("event/faults");
    TCase *tcase = harness_case(suite, "constructors");

    tcase_add_test(tcase, without_descriptors);
    tcase_add_test(tcase, without_room_in_the_kernel);
    return suite;
}
