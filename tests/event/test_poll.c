#include "mio/poll.h"

#include "faults.h"
#include "sources.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { R = MIO_READABLE, W = MIO_WRITABLE, RW = R | W };

static mio_poll *selecting;

static void selecting_make(void)
{
    ck_assert_int_eq(mio_poll_new(NULL, &selecting), 0);
}

static void selecting_drop(void)
{
    mio_poll_free(selecting);
}

static void set(mio_fd fd, uint64_t token, mio_interest interest, mio_trigger trigger)
{
    ck_assert_int_eq(mio_poll_register(selecting, fd, token, interest, trigger), 0);
}

static void expect_one(uint64_t token, unsigned ready)
{
    mio_event events[4];

    ck_assert_int_eq(mio_poll_wait(selecting, events, 4, source_soon_ns), 1);
    ck_assert_int_eq(events[0].kind, MIO_READY);
    ck_assert_uint_eq(events[0].token, token);
    ck_assert_uint_eq(events[0].ready, ready);
    ck_assert_uint_eq(events[0].id, 0);
    ck_assert_int_eq(events[0].value, 0);
}

static void expect_none(void)
{
    mio_event event;

    ck_assert_int_eq(mio_poll_wait(selecting, &event, 1, SOURCE_NS_PER_MS), 0);
}

/* ------------------------------------------------------------- registering */

START_TEST(a_descriptor_is_registered_changed_and_deregistered)
{
    int fds[2];

    source_pair(fds);
    set(fds[0], 1, R, MIO_LEVEL);
    expect_none();
    source_put(fds[1]);
    expect_one(1, R);
    ck_assert_int_eq(mio_poll_reregister(selecting, fds[0], 2, RW, MIO_ONESHOT), 0);
    expect_one(2, RW);
    expect_none();
    ck_assert_int_eq(mio_poll_reregister(selecting, fds[0], UINT64_MAX, W, MIO_EDGE), 0);
    expect_one(UINT64_MAX, W);
    expect_none();
    ck_assert_int_eq(mio_poll_deregister(selecting, fds[0]), 0);
    expect_none();
    source_close(fds);
}
END_TEST

START_TEST(what_the_kernel_refuses)
{
    char path[] = "/tmp/mio-test-XXXXXX";
    int file = mkstemp(path), fds[2];

    ck_assert_int_eq(unlink(path), 0);
    source_pair(fds);
    ck_assert_int_eq(mio_poll_reregister(selecting, fds[0], 1, R, MIO_LEVEL), -ENOENT);
    ck_assert_int_eq(mio_poll_deregister(selecting, fds[0]), -ENOENT);
    set(fds[0], 1, W, MIO_LEVEL);
    ck_assert_int_eq(mio_poll_register(selecting, fds[0], 2, R, MIO_LEVEL), -EEXIST);
    ck_assert_int_eq(mio_poll_register(selecting, file, 2, R, MIO_LEVEL), -EPERM);
    ck_assert_int_eq(mio_poll_register(selecting, -1, 2, R, MIO_LEVEL), -EBADF);
    ck_assert_int_eq(mio_poll_register(selecting, INT_MAX, 2, R, MIO_LEVEL), -EBADF);
    ck_assert_int_eq(mio_poll_deregister(selecting, -1), -EBADF);
    ck_assert_int_eq(mio_poll_register(selecting, mio_poll_fd(selecting), 2, R, MIO_LEVEL),
                     -EINVAL);
    expect_one(1, W); /* none of this has changed anything */
    ck_assert_int_eq(close(file), 0);
    source_close(fds);
}
END_TEST

START_TEST(an_interest_is_never_empty_and_never_unknown)
{
    static const mio_interest interests[] = {0, 8, 16, 32, 64, R | 8, UINT_MAX};
    int fds[2];

    source_pair(fds);
    set(fds[0], 1, W, MIO_LEVEL);
    for (int i = 0; i < 7; i++) {
        ck_assert_int_eq(mio_poll_register(selecting, fds[1], 2, interests[i], MIO_LEVEL),
                         -EINVAL);
        ck_assert_int_eq(mio_poll_reregister(selecting, fds[0], 2, interests[i], MIO_LEVEL),
                         -EINVAL);
    }
    expect_one(1, W);
    source_close(fds);
}
END_TEST

START_TEST(a_trigger_is_never_unknown)
{
    static const int triggers[] = {-1, 3, INT_MAX, INT_MIN};
    int fds[2];

    source_pair(fds);
    for (int i = 0; i < 4; i++) {
        const mio_trigger trigger = (mio_trigger)triggers[i];

        ck_assert_int_eq(mio_poll_register(selecting, fds[0], 1, R, trigger), -EINVAL);
        ck_assert_int_eq(mio_poll_reregister(selecting, fds[0], 1, R, trigger), -EINVAL);
    }
    source_close(fds);
}
END_TEST

START_TEST(all_interests_and_triggers_are_taken)
{
    int fds[2];

    source_pair(fds);
    for (mio_interest interest = 1; interest < 8; interest++) {
        for (int trigger = MIO_LEVEL; trigger <= MIO_ONESHOT; trigger++) {
            const int err =
                mio_poll_register(selecting, fds[0], 1, interest, (mio_trigger)trigger);

            if ((interest & MIO_PRIORITY) != 0 && err == -EOPNOTSUPP)
                continue;
            ck_assert_int_eq(err, 0);
            if (interest & W)
                expect_one(1, W);
            else
                expect_none();
            ck_assert_int_eq(mio_poll_deregister(selecting, fds[0]), 0);
        }
    }
    source_close(fds);
}
END_TEST

/* ----------------------------------------------------------------- waiting */

START_TEST(a_wait_has_room_and_a_timeout)
{
    mio_event event = {.token = 7};

    ck_assert_int_eq(mio_poll_wait(selecting, &event, 0, 0), -EINVAL);
    ck_assert_int_eq(mio_poll_wait(selecting, &event, -1, 0), -EINVAL);
    ck_assert_int_eq(mio_poll_wait(selecting, &event, INT_MIN, 0), -EINVAL);
    ck_assert_int_eq(mio_poll_wait(selecting, &event, 1, -2), -EINVAL);
    ck_assert_int_eq(mio_poll_wait(selecting, &event, 1, INT64_MIN), -EINVAL);
    ck_assert_uint_eq(event.token, 7);
    ck_assert_int_eq(mio_poll_wait(selecting, &event, 1, 0), 0);
}
END_TEST

/* Some kernels tell no more than so many at once; then in a few. */
START_TEST(a_thousand_events_in_one_wait)
{
    enum { COUNT = 1000 };
    static mio_event events[COUNT + 24];
    static bool seen[COUNT];
    static int fds[COUNT];
    int count;

    for (int i = 0; i < COUNT; i++) {
        int pair[2];

        source_pipe(pair);
        fds[i] = pair[1];
        ck_assert_int_eq(close(pair[0]), 0);
        set(fds[i], (uint64_t)i, W, MIO_EDGE);
    }
    for (int all = 0; all < COUNT; all += count) {
        count = mio_poll_wait(selecting, events, COUNT + 24, 0);
        ck_assert_int_ge(count, COUNT / 4);
        for (int i = 0; i < count; i++) {
            ck_assert(!seen[events[i].token]);
            seen[events[i].token] = true;
        }
    }
    for (int i = 0; i < COUNT; i++)
        ck_assert_int_eq(close(fds[i]), 0);
}
END_TEST

static void *wait_for_one(void *arg)
{
    mio_event events[4];

    (void)arg;
    return (void *)(intptr_t)mio_poll_wait(selecting, events, 4, 200 * SOURCE_NS_PER_MS);
}

START_TEST(of_several_that_wait_one_gets_an_event)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    int fds[2], got = 0;

    source_pair(fds);
    set(fds[0], 1, R, MIO_ONESHOT);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, wait_for_one, NULL), 0);
    source_pause_ms(20);
    source_put(fds[1]);
    for (int i = 0; i < THREADS; i++) {
        void *count;

        ck_assert_int_eq(pthread_join(threads[i], &count), 0);
        ck_assert_int_ge((int)(intptr_t)count, 0);
        got += (int)(intptr_t)count;
    }
    ck_assert_int_eq(got, 1);
    source_close(fds);
}
END_TEST

static void *register_later(void *arg)
{
    const int *fd = arg;

    source_pause_ms(20);
    set(*fd, 1, W, MIO_EDGE);
    return NULL;
}

START_TEST(what_is_registered_during_a_wait_is_one_event_of_it)
{
    pthread_t thread;
    int fds[2];

    source_pair(fds);
    ck_assert_int_eq(pthread_create(&thread, NULL, register_later, &fds[0]), 0);
    expect_one(1, W);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    expect_none();
    source_close(fds);
}
END_TEST

START_TEST(polls_nest)
{
    mio_poll *inner;
    mio_event event;
    int fds[2], err;

    source_pair(fds);
    ck_assert_int_eq(mio_poll_new(NULL, &inner), 0);
    ck_assert_int_eq(mio_poll_register(inner, fds[0], 1, R, MIO_LEVEL), 0);
    set(mio_poll_fd(inner), 2, R, MIO_LEVEL);
    err = mio_poll_register(inner, mio_poll_fd(selecting), 3, R, MIO_LEVEL);
    ck_assert(err == -ELOOP || err == -EINVAL || err == 0); /* the kernel may not notice */
    if (err == 0)
        ck_assert_int_eq(mio_poll_deregister(inner, mio_poll_fd(selecting)), 0);
    expect_none();
    source_put(fds[1]);
    expect_one(2, R);
    ck_assert_int_eq(mio_poll_wait(inner, &event, 1, 0), 1);
    ck_assert_uint_eq(event.token, 1);
    mio_poll_free(inner);
    expect_none();
    source_close(fds);
}
END_TEST

/* ------------------------------------------------------------------ wakers */

static mio_waker *waker_new(uint64_t token)
{
    mio_waker *waker;

    ck_assert_int_eq(mio_waker_new(selecting, token, &waker), 0);
    return waker;
}

static void wake(mio_waker *waker)
{
    ck_assert_int_eq(mio_waker_wake(waker), 0);
}

START_TEST(a_waker_is_a_source_of_its_own)
{
    mio_waker *waker = waker_new(7);

    expect_none();
    for (int i = 0; i < 3; i++) {
        wake(waker);
        wake(waker);
        expect_one(7, R);
        expect_none();
    }
    mio_waker_free(waker);
}
END_TEST

START_TEST(wakers_are_told_apart)
{
    mio_waker *wakers[3];
    mio_event events[4];

    for (uint64_t i = 0; i < 3; i++)
        wakers[i] = waker_new(i);
    wake(wakers[2]);
    expect_one(2, R);
    wake(wakers[0]);
    wake(wakers[1]);
    ck_assert_int_eq(mio_poll_wait(selecting, events, 4, source_soon_ns), 2);
    ck_assert_uint_eq(events[0].token + events[1].token, 1);
    for (int i = 0; i < 3; i++)
        mio_waker_free(wakers[i]);
}
END_TEST

START_TEST(a_freed_waker_is_silent)
{
    mio_waker *waker = waker_new(7);

    wake(waker);
    mio_waker_free(waker);
    expect_none();
}
END_TEST

START_TEST(pending_readable_then_deregistered_then_woken_is_the_wakers_event_only)
{
    mio_waker *waker = waker_new(7);
    int fds[2];

    source_pair(fds);
    set(fds[0], 1, R, MIO_LEVEL);
    source_put(fds[1]);
    ck_assert_int_eq(mio_poll_deregister(selecting, fds[0]), 0);
    wake(waker);
    expect_one(7, R);
    expect_none();
    mio_waker_free(waker);
    source_close(fds);
}
END_TEST

static void *wake_later(void *waker)
{
    source_pause_ms(20);
    wake(waker);
    return NULL;
}

START_TEST(a_child_of_fork_neither_wakes_nor_takes_the_waker_away)
{
    mio_waker *waker;
    mio_event event;
    pid_t child;
    int status;

    ck_assert_int_eq(mio_waker_new(selecting, 3, &waker), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        const int err = mio_waker_wake(waker);

        mio_waker_free(waker);
        _exit(err != -ESTALE);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(mio_poll_wait(selecting, &event, 1, 0), 0);
    ck_assert_int_eq(mio_waker_wake(waker), 0);
    ck_assert_int_eq(mio_poll_wait(selecting, &event, 1, 0), 1);
    ck_assert_uint_eq(event.token, 3);
    mio_waker_free(waker);
}
END_TEST

START_TEST(a_waker_ends_a_wait_of_another_thread)
{
    mio_waker *waker = waker_new(7);
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, wake_later, waker), 0);
    expect_one(7, R);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    mio_waker_free(waker);
}
END_TEST

/* ------------------------------------------------------------------ memory */

static int poll_and_wakers(const mio_allocator *allocator)
{
    mio_poll *poll = NULL;
    mio_waker *wakers[2] = {NULL, NULL};
    int err = mio_poll_new(allocator, &poll);

    for (int i = 0; i < 2 && err == 0; i++)
        err = mio_waker_new(poll, 1, &wakers[i]);
    for (int i = 0; i < 2; i++)
        mio_waker_free(wakers[i]); /* a failed call has written nothing */
    mio_poll_free(poll);
    return err;
}

START_TEST(every_allocation_fails)
{
    fault_check_memory(poll_and_wakers, _i == 1);
}
END_TEST

START_TEST(freeing_null_is_fine)
{
    mio_poll_free(NULL);
    mio_waker_free(NULL);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("event/poll");
    TCase *tcase = harness_case(suite, "registering");

    tcase_add_checked_fixture(tcase, selecting_make, selecting_drop);
    tcase_add_test(tcase, a_descriptor_is_registered_changed_and_deregistered);
    tcase_add_test(tcase, what_the_kernel_refuses);
    tcase_add_test(tcase, an_interest_is_never_empty_and_never_unknown);
    tcase_add_test(tcase, a_trigger_is_never_unknown);
    tcase_add_test(tcase, all_interests_and_triggers_are_taken);

    tcase = harness_case(suite, "waiting");
    tcase_add_checked_fixture(tcase, selecting_make, selecting_drop);
    tcase_add_test(tcase, a_wait_has_room_and_a_timeout);
    tcase_add_test(tcase, a_thousand_events_in_one_wait);
    tcase_add_test(tcase, of_several_that_wait_one_gets_an_event);
    tcase_add_test(tcase, what_is_registered_during_a_wait_is_one_event_of_it);
    tcase_add_test(tcase, polls_nest);

    tcase = harness_case(suite, "wakers");
    tcase_add_checked_fixture(tcase, selecting_make, selecting_drop);
    tcase_add_test(tcase, a_waker_is_a_source_of_its_own);
    tcase_add_test(tcase, wakers_are_told_apart);
    tcase_add_test(tcase, a_freed_waker_is_silent);
    tcase_add_test(tcase,
                   pending_readable_then_deregistered_then_woken_is_the_wakers_event_only);
    tcase_add_test(tcase, a_waker_ends_a_wait_of_another_thread);
    tcase_add_test(tcase, a_child_of_fork_neither_wakes_nor_takes_the_waker_away);

    tcase = harness_case(suite, "memory");
    tcase_add_loop_test(tcase, every_allocation_fails, 0, 2);
    tcase_add_test(tcase, freeing_null_is_fine);
    return suite;
}
