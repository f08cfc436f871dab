/*
 * The conformance suite of selectors, second part: nested selectors, and what comes about
 * during a wait. It asks for no platform.
 */
#include "selecting.h"

#include "mio/clock.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>

enum { R = MIO_READABLE, W = MIO_WRITABLE, RW = R | W };

/* ------------------------------------------------------------------ nesting */

START_TEST(selectors_nest)
{
    const bool inner_first = _i == 1;
    mio__selector inner;
    mio_event event;
    int fds[2];

    source_pair(fds);
    ck_assert_int_eq(mio__selector_open(&inner), 0);
    if (inner_first)
        ck_assert_int_eq(mio__selector_register(&inner, fds[0], 1, R, MIO_LEVEL), 0);
    selecting_register(inner.fd, 2, R, MIO_LEVEL);
    if (!inner_first)
        ck_assert_int_eq(mio__selector_register(&inner, fds[0], 1, R, MIO_LEVEL), 0);
    selecting_expect_none();
    source_put(fds[1]);
    selecting_expect_one(2, R);
    ck_assert_int_eq(mio__selector_wait(&inner, &event, 1, 0), 1);
    ck_assert_uint_eq(event.token, 1);
    selecting_expect_one(2, R);
    source_drain(fds[0]);
    selecting_expect_none();
    mio__selector_close(&inner);
    source_close(fds);
}
END_TEST

START_TEST(a_selector_is_readable_for_poll)
{
    struct pollfd source = {.fd = selector.fd, .events = POLLIN};
    int fds[2];

    source_pair(fds);
    selecting_register(fds[0], 1, R, MIO_LEVEL);
    ck_assert_int_eq(poll(&source, 1, 0), 0);
    source_put(fds[1]);
    ck_assert_int_eq(poll(&source, 1, 1000), 1);
    source_drain(fds[0]);
    ck_assert_int_eq(poll(&source, 1, 0), 0);
    source_close(fds);
}
END_TEST

START_TEST(a_selector_does_not_take_itself)
{
    ck_assert_int_eq(mio__selector_register(&selector, selector.fd, 1, R, MIO_LEVEL), -EINVAL);
}
END_TEST

START_TEST(selectors_form_no_ring)
{
    mio__selector inner;
    int err;

    ck_assert_int_eq(mio__selector_open(&inner), 0);
    selecting_register(inner.fd, 1, R, MIO_LEVEL);
    err = mio__selector_register(&inner, selector.fd, 2, R, MIO_LEVEL);
    ck_assert(err == -ELOOP || err == -EINVAL || err == 0); /* the kernel may not notice */
    if (err == 0)
        ck_assert_int_eq(mio__selector_deregister(&inner, selector.fd), 0);
    selecting_expect_none();
    mio__selector_close(&inner);
}
END_TEST

/* ---------------------------------------------------------- timeouts and EINTR */

START_TEST(a_wait_is_never_too_short)
{
    static const int64_t timeouts_ns[] = {
        1, 999, 50000, 100000, 499999, 500001, 999999, 1000000, 1000001, 1500000, 2999999,
    };
    const int count = sizeof timeouts_ns / sizeof timeouts_ns[0];
    mio_event event;

    for (int i = 0; i < 10 * count; i++) {
        const int64_t timeout_ns = timeouts_ns[i % count];
        const int64_t start_ns = mio_now_ns();
        int64_t waited_ns;

        ck_assert_int_eq(mio__selector_wait(&selector, &event, 1, timeout_ns), 0);
        waited_ns = mio_now_ns() - start_ns;
        ck_assert_msg(waited_ns >= timeout_ns, "%lld instead of %lld ns", (long long)waited_ns,
                      (long long)timeout_ns);
        ck_assert(waited_ns < source_soon_ns);
    }
}
END_TEST

START_TEST(zero_does_not_wait_and_what_is_ready_is_not_waited_for)
{
    const int64_t start_ns = mio_now_ns();
    mio_event event;
    int fds[2];

    source_pair(fds);
    ck_assert_int_eq(mio__selector_wait(&selector, &event, 1, 0), 0);
    source_put(fds[1]);
    selecting_register(fds[0], 1, R, MIO_LEVEL);
    ck_assert_int_eq(mio__selector_wait(&selector, &event, 1, -1), 1);
    ck_assert_int_eq(mio__selector_wait(&selector, &event, 1, INT64_MAX), 1);
    ck_assert_int_eq(mio__selector_wait(&selector, &event, 1, 0), 1);
    ck_assert(mio_now_ns() - start_ns < source_soon_ns);
    source_close(fds);
}
END_TEST

static void note_nothing(int number)
{
    (void)number;
}

static void alarm_set(suseconds_t us, struct sigaction *ret_before)
{
    struct sigaction action = {.sa_handler = note_nothing, .sa_flags = SA_RESTART};
    struct itimerval every = {{0, us}, {0, us}};

    sigaction(SIGALRM, &action, ret_before);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &every, NULL), 0);
}

static void alarm_clear(const struct sigaction *before)
{
    struct itimerval never = {{0, 0}, {0, 0}};

    ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
    sigaction(SIGALRM, before, NULL);
}

START_TEST(a_signal_handler_ends_the_wait)
{
    static const int64_t timeouts_ns[] = {-1, 3600 * INT64_C(1000000000)};
    struct sigaction before;
    mio_event event;
    int fds[2];

    source_pair(fds);
    selecting_register(fds[0], 1, R, MIO_LEVEL);
    alarm_set(5000, &before);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(mio__selector_wait(&selector, &event, 1, timeouts_ns[i % 2]), -EINTR);
    alarm_clear(&before);
    source_put(fds[1]);
    selecting_expect_one(1, R);
    source_close(fds);
}
END_TEST

/* --------------------------------------------------------- clause 6: threads */

typedef struct selecting_act {
    void (*act)(const int fds[2]);
    int fds[2];
} selecting_act;

static void *act_later(void *arg)
{
    const selecting_act *act = arg;

    source_pause_ms(20);
    act->act(act->fds);
    return NULL;
}

static void act_register(const int fds[2])
{
    selecting_register(fds[0], 1, R, MIO_EDGE);
}

static void act_reregister(const int fds[2])
{
    selecting_reregister(fds[0], 1, R, MIO_EDGE);
}

static void act_put(const int fds[2])
{
    source_put(fds[1]);
}

static void act_close_peer(const int fds[2])
{
    ck_assert_int_eq(shutdown(fds[1], SHUT_WR), 0);
}

/* This thread waits while another one acts: it is told, once. */
static void expect_seen_by_a_wait(void (*act)(const int fds[2]), const int fds[2],
                                  unsigned ready)
{
    selecting_act later = {act, {fds[0], fds[1]}};
    mio_event events[4];
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, act_later, &later), 0);
    ck_assert_int_eq(mio__selector_wait(&selector, events, 4, source_soon_ns), 1);
    ck_assert_uint_eq(events[0].token, 1);
    ck_assert_uint_eq(events[0].ready, ready);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    selecting_expect_none();
}

START_TEST(a_wait_sees_what_is_registered_meanwhile)
{
    int fds[2];

    source_pair(fds);
    source_put(fds[1]);
    expect_seen_by_a_wait(act_register, fds, R);
    source_close(fds);
}
END_TEST

START_TEST(a_wait_sees_what_is_reregistered_meanwhile)
{
    int fds[2];

    source_pair(fds);
    selecting_register(fds[0], 1, W, MIO_EDGE);
    selecting_expect_one(1, W);
    source_put(fds[1]);
    selecting_expect_none();
    expect_seen_by_a_wait(act_reregister, fds, R);
    source_close(fds);
}
END_TEST

START_TEST(a_wait_sees_what_becomes_ready_meanwhile)
{
    int fds[2];

    source_pair(fds);
    selecting_register(fds[0], 1, R, MIO_EDGE);
    expect_seen_by_a_wait(act_put, fds, R);
    source_drain(fds[0]);
    expect_seen_by_a_wait(act_close_peer, fds, R | MIO_READ_CLOSED);
    source_close(fds);
}
END_TEST

enum { CHURN_THREADS = 3, CHURN_ROUNDS = 500 };

/* Registers, changes and ends a source of its own, over and over. */
static void *churn(void *arg)
{
    const uint64_t token = (uint64_t)(uintptr_t)arg;
    int fds[2];

    source_pair(fds);
    source_put(fds[1]);
    for (int i = 0; i < CHURN_ROUNDS; i++) {
        selecting_register(fds[0], token, R, MIO_LEVEL);
        selecting_reregister(fds[0], token, RW, MIO_EDGE);
        selecting_reregister(fds[0], token, RW, MIO_ONESHOT);
        selecting_deregister(fds[0]);
    }
    source_close(fds);
    return NULL;
}

static atomic_bool churn_is_over;

static void *churn_wait(void *arg)
{
    mio_event events[4];

    (void)arg;
    while (!atomic_load(&churn_is_over)) {
        int count = mio__selector_wait(&selector, events, 4, SOURCE_NS_PER_MS);

        ck_assert_int_ge(count, 0);
        for (int i = 0; i < count; i++)
            ck_assert(events[i].token >= 1 && events[i].token <= CHURN_THREADS);
    }
    return NULL;
}

START_TEST(everything_from_several_threads)
{
    pthread_t threads[CHURN_THREADS], waiters[2];

    atomic_store(&churn_is_over, false);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&waiters[i], NULL, churn_wait, NULL), 0);
    for (uintptr_t i = 0; i < CHURN_THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, churn, (void *)(i + 1)), 0);
    for (int i = 0; i < CHURN_THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    atomic_store(&churn_is_over, true);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_join(waiters[i], NULL), 0);
    selecting_expect_none();
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("sys/selector_waiting");
    TCase *tcase = selecting_case(suite, "nesting");

    tcase_add_loop_test(tcase, selectors_nest, 0, 2);
    tcase_add_test(tcase, a_selector_is_readable_for_poll);
    tcase_add_test(tcase, a_selector_does_not_take_itself);
    tcase_add_test(tcase, selectors_form_no_ring);

    tcase = selecting_case(suite, "time");
    tcase_add_test(tcase, a_wait_is_never_too_short);
    tcase_add_test(tcase, zero_does_not_wait_and_what_is_ready_is_not_waited_for);
    tcase_add_test(tcase, a_signal_handler_ends_the_wait);

    tcase = selecting_case(suite, "threads");
    tcase_add_test(tcase, a_wait_sees_what_is_registered_meanwhile);
    tcase_add_test(tcase, a_wait_sees_what_is_reregistered_meanwhile);
    tcase_add_test(tcase, a_wait_sees_what_becomes_ready_meanwhile);
    tcase_add_test(tcase, everything_from_several_threads);
    return suite;
}
