/*
 * The loop as a guest: a host that knows nothing of mio waits for the loop's descriptor, as
 * long as the loop allows, and then lets it do one turn. Each test runs in a host over epoll
 * and in one over poll(2). A wait that ends costs its program something, so they are counted.
 */
#include "mio/channel.h"
#include "mio/child.h"

#include "turning.h"

#include "children.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>

enum { BATCH = 2, BUDGET = 3 };

static int queue; /* the host's; -1 where it waits by poll(2) */

/* ------------------------------------------------------------------- the host */

static void guest_open(void)
{
    const mio_loop_config config = {.events_per_poll = BATCH, .messages_per_turn = BUDGET};

    ck_assert_int_eq(mio_loop_new(&config, &loop), 0);
}

/* -1 where it is watched already. */
static int host_watch(void)
{
    struct epoll_event wanted = {.events = EPOLLIN};

    return epoll_ctl(queue, EPOLL_CTL_ADD, mio_loop_pollfd(loop), &wanted);
}

static void host_open_epoll(void)
{
    guest_open();
    queue = epoll_create1(EPOLL_CLOEXEC);
    ck_assert_int_ge(queue, 0);
    ck_assert_int_eq(host_watch(), 0);
}

static void host_open_poll(void)
{
    guest_open();
    queue = -1;
}

static void host_close(void)
{
    turning_close();
    if (queue >= 0)
        ck_assert_int_eq(close(queue), 0);
}

/* One wait of the host: whether the guest's descriptor has ended it. */
static bool host_sees(int timeout_ms)
{
    struct pollfd source = {.fd = mio_loop_pollfd(loop), .events = POLLIN};
    struct epoll_event event;
    int count;

    do {
        count = queue >= 0 ? epoll_wait(queue, &event, 1, timeout_ms)
                           : poll(&source, 1, timeout_ms);
    } while (count < 0 && errno == EINTR);
    ck_assert_int_ge(count, 0);
    return count == 1;
}

/* As a host must count that knows milliseconds only: rounded up, or it would spin. */
static int host_patience(void)
{
    const int64_t timeout_ns = mio_loop_timeout(loop);

    if (timeout_ns < 0 || timeout_ns > source_soon_ns)
        return (int)(source_soon_ns / SOURCE_NS_PER_MS);
    return (int)((timeout_ns + SOURCE_NS_PER_MS - 1) / SOURCE_NS_PER_MS);
}

/* One wait of the host and a turn of the guest. Returns how many events it has brought. */
static int host_round(mio_event events[TURNING_MAX])
{
    host_sees(host_patience());
    turning_poll(0);
    return turning_finish(events);
}

/* The next wait and turn bring this one event. */
static void host_expect(mio_event wanted)
{
    mio_event events[TURNING_MAX];

    ck_assert_int_eq(host_round(events), 1);
    ck_assert(turning_matches(&wanted, &events[0]));
}

/* Nothing ends a wait of the host, nor would it have to end one by itself. */
static void host_expect_rest(void)
{
    ck_assert(!host_sees(20));
    ck_assert(mio_loop_timeout(loop) < 0 || mio_loop_timeout(loop) > source_soon_ns / 2);
}

/* -------------------------------------------------------------------- waking */

START_TEST(what_is_ready_wakes_it)
{
    int fds[2];

    source_pair(fds);
    turning_register(fds[0], R, 1);
    host_expect_rest();
    source_put(fds[1]);
    for (int i = 0; i < 3; i++) /* level: as long as nobody has read it */
        host_expect(turning_ready(1, R));
    source_take(fds[0]);
    host_expect_rest();
    source_close(fds);
}
END_TEST

START_TEST(an_edge_wakes_it_once)
{
    int fds[2];

    source_pair(fds);
    turning_register_with(fds[0], R, MIO_EDGE, 1);
    for (int i = 0; i < 3; i++) {
        source_put(fds[1]);
        host_expect(turning_ready(1, R));
        host_expect_rest();
    }
    source_close(fds);
}
END_TEST

/* A turn takes two of them from the kernel; the descriptor stays readable for the others. */
START_TEST(more_than_a_turn_brings)
{
    enum { MANY = 5 };
    mio_event events[TURNING_MAX];
    int fds[MANY][2], seen = 0;

    for (int i = 0; i < MANY; i++) {
        source_pair(fds[i]);
        turning_register_with(fds[i][0], W, MIO_ONESHOT, (uint64_t)i);
    }
    for (int rounds = 0; rounds < (MANY + BATCH - 1) / BATCH; rounds++)
        seen += host_round(events);
    ck_assert_int_eq(seen, MANY);
    host_expect_rest();
    for (int i = 0; i < MANY; i++)
        source_close(fds[i]);
}
END_TEST

START_TEST(a_signal_wakes_it)
{
    ck_assert_int_eq(mio_loop_signal(loop, SIGUSR1, 1, NULL), 0);
    host_expect_rest();
    raise(SIGUSR1);
    host_expect((mio_event){.kind = MIO_SIGNAL, .token = 1, .value = SIGUSR1});
    host_expect_rest();
}
END_TEST

START_TEST(the_end_of_a_child_wakes_it)
{
    const int pid = children_living();

    ck_assert_int_eq(mio_loop_child(loop, pid, 1, NULL), 0);
    host_expect_rest();
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    host_expect((mio_event){.kind = MIO_CHILD, .token = 1, .value = -SIGKILL});
    host_expect_rest();
}
END_TEST

static void *send_later(void *arg)
{
    mio_sender *sender = arg;
    const uint64_t number = 5;

    source_pause_ms(10);
    ck_assert_int_eq(mio_sender_send(sender, &number), 0);
    return NULL;
}

static mio_sender *open_sender(void)
{
    mio_channel *channel;

    ck_assert_int_eq(mio_channel_new(loop, NULL, &channel), 0);
    return mio_sender_new(channel);
}

START_TEST(a_message_of_a_thread_wakes_it)
{
    mio_sender *sender = open_sender();
    mio_event events[TURNING_MAX];
    pthread_t thread;

    host_expect_rest();
    ck_assert_int_eq(pthread_create(&thread, NULL, send_later, sender), 0);
    ck_assert_int_eq(host_round(events), 1);
    ck_assert_int_eq(events[0].kind, MIO_NOTIFY);
    host_expect_rest();
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    mio_sender_unref(sender);
}
END_TEST

/* Those that a turn leaves are in no descriptor: the timeout is 0 until they are told. */
START_TEST(messages_that_a_turn_leaves_are_not_forgotten)
{
    mio_sender *sender = open_sender();
    mio_event events[TURNING_MAX];

    for (uint64_t i = 0; i < 3 * BUDGET - 1; i++)
        ck_assert_int_eq(mio_sender_send(sender, &i), 0);
    for (int left = 3 * BUDGET - 1; left > 0; left -= BUDGET) {
        ck_assert_int_eq(host_round(events), left < BUDGET ? left : BUDGET);
        ck_assert_int_eq(mio_loop_timeout(loop), left > BUDGET ? 0 : -1);
    }
    host_expect_rest();
    mio_sender_unref(sender);
}
END_TEST

/* -------------------------------------------------------------------- timing */

START_TEST(it_is_told_how_long_to_wait)
{
    ck_assert_int_eq(mio_loop_timeout(loop), -1);
    turning_after(100 * source_soon_ns, 1);
    ck_assert(mio_loop_timeout(loop) > 99 * source_soon_ns);
    turning_after(source_soon_ns, 2);
    ck_assert(mio_loop_timeout(loop) <= source_soon_ns + (1 << LOOP_TICK_SHIFT));
    turning_after(0, 3);
    source_pause_ms(1);
    ck_assert_int_eq(mio_loop_timeout(loop), 0);
    host_expect(turning_timeout(3));
    host_expect_rest();
}
END_TEST

START_TEST(a_timer_costs_one_wait)
{
    for (uint64_t i = 1; i <= 4; i++) {
        const int64_t start_ns = mio_now_ns();

        turning_after((int64_t)i * 1500000, i);
        host_expect(turning_timeout(i));
        ck_assert(mio_now_ns() - start_ns >= (int64_t)i * 1500000);
        host_expect_rest();
    }
}
END_TEST

START_TEST(a_period_costs_one_wait_each_time)
{
    mio_event events[TURNING_MAX];

    ck_assert_int_eq(mio_loop_every(loop, 2 * SOURCE_NS_PER_MS, 1, NULL), 0);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(host_round(events), 1);
        ck_assert_int_eq(events[0].kind, MIO_TIMEOUT);
    }
}
END_TEST

START_TEST(a_pause_ends)
{
    uint64_t id;
    int fds[2];

    source_pair(fds);
    id = turning_register(fds[0], R, 1);
    source_put(fds[1]);
    ck_assert_int_eq(mio_loop_pause(loop, id, 10 * SOURCE_NS_PER_MS), 0);
    ck_assert(!host_sees(0));
    ck_assert_int_le(host_patience(), 11);
    ck_assert_int_eq(host_round((mio_event[TURNING_MAX]){{0}}), 0); /* armed, by its timer */
    host_expect(turning_ready(1, R));
    source_close(fds);
}
END_TEST

/* What is in the loop's hands is in no descriptor, either. */
START_TEST(a_turn_in_hand_does_not_wait)
{
    int fds[2];

    source_pair(fds);
    turning_register_with(fds[0], W, MIO_EDGE, 1);
    turning_register_with(fds[1], W, MIO_EDGE, 2);
    turning_poll(0);
    turning_next();
    ck_assert_int_eq(mio_loop_timeout(loop), 0);
    ck_assert_int_eq(host_round((mio_event[TURNING_MAX]){{0}}), 1);
    host_expect_rest();
    source_close(fds);
}
END_TEST

START_TEST(a_shutdown_does_not_wait_until_it_is_taken)
{
    mio_loop_shutdown(loop);
    ck_assert_int_eq(mio_loop_timeout(loop), 0);
    ck_assert_int_eq(host_round((mio_event[TURNING_MAX]){{0}}), 0);
    ck_assert_int_eq(mio_loop_timeout(loop), 0);
    ck_assert_int_eq(mio_loop_take_shutdown(loop), 1);
    host_expect_rest();
}
END_TEST

/* ------------------------------------------------------------------- idleness */

/* Everything is registered, and everything has been told once. */
START_TEST(it_rests_when_nothing_happens)
{
    mio_sender *sender = open_sender();
    mio_event events[TURNING_MAX];
    int fds[2], seen = 0;

    source_pair(fds);
    turning_register(fds[0], R, 1);
    ck_assert_int_eq(
        mio_loop_pause(loop, turning_register(fds[1], RW, 2), 100 * source_soon_ns), 0);
    turning_after(100 * source_soon_ns, 3);
    ck_assert_int_eq(mio_loop_signal(loop, SIGUSR1, 4, NULL), 0);
    host_expect_rest();
    source_put(fds[1]);
    raise(SIGUSR1);
    ck_assert_int_eq(mio_sender_send(sender, &(uint64_t){5}), 0);
    while (seen < 3) {
        seen += host_round(events);
        source_drain(fds[0]);
    }
    host_expect_rest();
    mio_sender_unref(sender);
    source_close(fds);
}
END_TEST

/* A virtual clock stands still, however long the host waits: the host moves it. */
START_TEST(a_virtual_clock_is_the_hosts_to_move)
{
    const mio_loop_config config = {.clock = MIO_CLOCK_VIRTUAL};
    mio_loop *guest = loop;

    ck_assert_int_eq(mio_loop_new(&config, &loop), 0);
    turning_after(SOURCE_NS_PER_MS, 1);
    for (int i = 0; i < 2; i++) {
        ck_assert(mio_loop_timeout(loop) >= SOURCE_NS_PER_MS);
        source_pause_ms(2);
        turning_poll(0);
        turning_expect_rest(0, NULL);
    }
    ck_assert_int_eq(mio_loop_advance(loop, mio_loop_timeout(loop)), 0);
    ck_assert_int_eq(mio_loop_timeout(loop), 0);
    turning_poll(0);
    turning_expect_rest(1, (mio_event[]){turning_timeout(1)});
    turning_close();
    loop = guest;
}
END_TEST

/* ------------------------------------------------------------------ two deep */

/* The guest's own guest: a descriptor and a timer, as in any other host. */
typedef struct deep_guest {
    mio_loop *inner;
    uint64_t timer;
    bool ready, timeout; /* what it has told */
} deep_guest;

enum { INNER = 100 };

static void deep_turn(deep_guest *deep)
{
    int64_t timeout_ns;
    mio_event event;

    ck_assert_int_eq(mio_loop_poll(deep->inner, 0), 0);
    while (mio_loop_next(deep->inner, &event)) {
        deep->ready |= event.kind == MIO_READY;
        deep->timeout |= event.kind == MIO_TIMEOUT;
    }
    mio_timer_cancel(loop, deep->timer); /* -ENOENT where it has fired, or there was none */
    deep->timer = 0;
    timeout_ns = mio_loop_timeout(deep->inner);
    if (timeout_ns >= 0)
        deep->timer = turning_after(timeout_ns, INNER);
}

/* One round of the host; what it brings the guest is the inner loop's. */
static void deep_round(deep_guest *deep)
{
    mio_event events[TURNING_MAX];
    const int count = host_round(events);

    for (int i = 0; i < count; i++) {
        ck_assert_uint_eq(events[i].token, INNER);
        deep_turn(deep);
    }
}

START_TEST(a_guest_has_a_guest)
{
    const int64_t start_ns = mio_now_ns();
    deep_guest deep = {.timer = 0};
    int fds[2];

    source_pair(fds);
    ck_assert_int_eq(mio_loop_new(NULL, &deep.inner), 0);
    turning_register(mio_loop_pollfd(deep.inner), R, INNER);
    ck_assert_int_eq(mio_loop_register(deep.inner, fds[0], R, MIO_EDGE, 1, NULL), 0);
    ck_assert_int_eq(mio_loop_after(deep.inner, 10 * SOURCE_NS_PER_MS, 2, NULL), 0);
    deep_turn(&deep);
    ck_assert(!host_sees(0));
    source_put(fds[1]);
    while (!deep.ready || !deep.timeout)
        deep_round(&deep);
    ck_assert(mio_now_ns() - start_ns >= 10 * SOURCE_NS_PER_MS);
    host_expect_rest();
    ck_assert_int_eq(
        mio_loop_register(deep.inner, mio_loop_pollfd(loop), R, MIO_LEVEL, 3, NULL), -ELOOP);
    mio_loop_free(deep.inner);
    source_close(fds);
}
END_TEST

/* ------------------------------------------------------------- another queue */

/* The one case in which the host has to register the descriptor again: see mio_loop_pollfd().
   Who names it anew in each wait, as with poll(2), need not. */
START_TEST(another_queue_takes_the_place)
{
    int closed[2], others[2], copy;
    uint64_t id;

    source_pair(closed);
    source_pair(others);
    turning_register(others[0], R, 1);
    copy = dup(closed[0]);
    id = turning_register(closed[0], W, 2);
    ck_assert_int_eq(close(closed[0]), 0);
    turning_deregister(id);
    for (int i = 0; i < 2; i++) /* what is left of it in the kernel is told, and got rid of */
        ck_assert_int_eq(host_round((mio_event[TURNING_MAX]){{0}}), 0);
    turning_poll(0);
    turning_expect_rest(0, NULL);
    if (queue >= 0)
        ck_assert_int_eq(host_watch(), 0);
    host_expect_rest();
    source_put(others[1]);
    host_expect(turning_ready(1, R));
    ck_assert_int_eq(close(copy), 0);
    ck_assert_int_eq(close(closed[1]), 0);
    source_close(others);
}
END_TEST

static void add_case(Suite *suite, const char *name, void (*open)(void))
{
    TCase *tcase = harness_case(suite, name);

    tcase_add_checked_fixture(tcase, open, host_close);
    tcase_add_test(tcase, what_is_ready_wakes_it);
    tcase_add_test(tcase, an_edge_wakes_it_once);
    tcase_add_test(tcase, more_than_a_turn_brings);
    tcase_add_test(tcase, a_signal_wakes_it);
    if (!harness_in_valgrind()) /* valgrind 3.19 does not know pidfd_open() */
        tcase_add_test(tcase, the_end_of_a_child_wakes_it);
    tcase_add_test(tcase, a_message_of_a_thread_wakes_it);
    tcase_add_test(tcase, messages_that_a_turn_leaves_are_not_forgotten);
    tcase_add_test(tcase, it_is_told_how_long_to_wait);
    tcase_add_test(tcase, a_timer_costs_one_wait);
    tcase_add_test(tcase, a_period_costs_one_wait_each_time);
    tcase_add_test(tcase, a_pause_ends);
    tcase_add_test(tcase, a_turn_in_hand_does_not_wait);
    tcase_add_test(tcase, a_shutdown_does_not_wait_until_it_is_taken);
    tcase_add_test(tcase, it_rests_when_nothing_happens);
    tcase_add_test(tcase, a_virtual_clock_is_the_hosts_to_move);
    tcase_add_test(tcase, a_guest_has_a_guest);
    tcase_add_test(tcase, another_queue_takes_the_place);
}

Suite *harness_suite(void)
{
    Suite *suite = suite_create("loop/loop_guest");

    add_case(suite, "in epoll", host_open_epoll);
    add_case(suite, "in poll", host_open_poll);
    return suite;
}
