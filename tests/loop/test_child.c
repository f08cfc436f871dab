#include "mio/child.h"

#include "turning.h"

#include "children.h"
#include "mio/item.h"
#include "mio/stats.h"

#include <limits.h>

static uint64_t watch(int pid, uint64_t token)
{
    uint64_t id = 0;

    ck_assert_int_eq(mio_loop_child(loop, pid, token, &id), 0);
    ck_assert_uint_ne(id, 0);
    return id;
}

static mio_event ended(int status, uint64_t token)
{
    return (mio_event){.kind = MIO_CHILD, .token = token, .value = status};
}

static mio_event ended_somehow(uint64_t token)
{
    return (mio_event){.kind = MIO_CHILD, .ready = MIO_ERROR, .token = token};
}

static void expect_end(int status, uint64_t token)
{
    turning_expect(1, (mio_event[]){ended(status, token)});
}

START_TEST(an_event_names_its_registration_and_the_status)
{
    const int pid = children_living();
    const uint64_t id = watch(pid, 7);
    mio_event event;

    turning_expect_none();
    children_kill(pid, SIGTERM);
    turning_poll(source_soon_ns);
    event = turning_next();
    ck_assert_int_eq(event.kind, MIO_CHILD);
    ck_assert_int_eq(event.value, -SIGTERM);
    ck_assert_uint_eq(event.token, 7);
    ck_assert_uint_eq(event.id, id);
    ck_assert_uint_eq(event.ready, 0);
    ck_assert_int_eq(mio_loop_deregister(loop, id), -ENOENT);
    turning_expect_rest(0, NULL);
    turning_expect_none();
    children_expect_reaped(pid);
}
END_TEST

START_TEST(each_status)
{
    static const int statuses[] = {0, 1, 127, 255, -SIGKILL, -SIGUSR1};

    for (int i = 0; i < 6; i++) {
        const int status = statuses[i];
        const int pid = status < 0 ? children_living() : children_exiting(status);

        watch(pid, 1);
        if (status < 0)
            children_kill(pid, -status);
        expect_end(status, 1);
        children_expect_reaped(pid);
    }
}
END_TEST

START_TEST(one_that_has_ended_already)
{
    const int pid = children_exiting(5);

    children_await(pid);
    watch(pid, 1);
    expect_end(5, 1);
}
END_TEST

START_TEST(many_at_once)
{
    enum { MANY = 50 };
    int pids[MANY], left = MANY;
    bool seen[MANY] = {false};

    for (int i = 0; i < MANY; i++) {
        pids[i] = children_exiting(i);
        watch(pids[i], (uint64_t)i);
    }
    ck_assert_uint_eq(mio_loop_count(loop), MANY);
    while (left > 0) {
        mio_event events[TURNING_MAX];
        int count;

        turning_poll(source_soon_ns);
        count = turning_finish(events);
        for (int i = 0; i < count; i++, left--) {
            ck_assert_int_eq(events[i].kind, MIO_CHILD);
            ck_assert_int_eq(events[i].value, (int64_t)events[i].token);
            ck_assert(!seen[events[i].token]);
            seen[events[i].token] = true;
        }
    }
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    for (int i = 0; i < MANY; i++)
        children_expect_reaped(pids[i]);
}
END_TEST

START_TEST(children_count)
{
    int pids[2];
    uint64_t ids[2];

    for (int i = 0; i < 2; i++) {
        pids[i] = children_living();
        ids[i] = watch(pids[i], 1);
        ck_assert_uint_eq(mio_loop_count(loop), (size_t)i + 1);
    }
    ck_assert_int_eq(mio_loop_signal(loop, SIGUSR1, 2, NULL), 0);
    ck_assert_uint_eq(mio_loop_count(loop), 3);
    turning_deregister(ids[0]);
    ck_assert_uint_eq(mio_loop_count(loop), 2);
    children_kill(pids[1], SIGKILL);
    expect_end(-SIGKILL, 1);
    ck_assert_uint_eq(mio_loop_count(loop), 1);
    children_kill(pids[0], SIGKILL);
    children_reap(pids[0]);
}
END_TEST

START_TEST(forgotten_is_neither_told_nor_waited_for)
{
    const int pid = children_living();
    const uint64_t id = watch(pid, 1);

    turning_deregister(id);
    ck_assert_int_eq(mio_loop_deregister(loop, id), -ENOENT);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    children_kill(pid, SIGKILL);
    turning_expect_none();
    children_reap(pid);
}
END_TEST

START_TEST(freed_with_children)
{
    const int before = harness_open_descriptors();
    const int pids[2] = {children_living(), children_exiting(0)};

    for (int i = 0; i < 2; i++)
        watch(pids[i], 1);
    turning_close();
    turning_open();
    ck_assert_int_eq(harness_open_descriptors(), before);
    children_kill(pids[0], SIGKILL);
    children_reap(pids[0]);
    children_reap(pids[1]);
}
END_TEST

START_TEST(what_is_refused)
{
    const int before = harness_open_descriptors();
    const int gone = children_exiting(0);
    uint64_t id = 4711;

    children_reap(gone);
    ck_assert_int_eq(mio_loop_child(loop, gone, 1, &id), -ESRCH);
    ck_assert_int_eq(mio_loop_child(loop, INT_MAX, 1, &id), -ESRCH);
    ck_assert_int_eq(mio_loop_child(loop, 0, 1, &id), -EINVAL);
    ck_assert_int_eq(mio_loop_child(loop, -1, 1, &id), -EINVAL);
    ck_assert_int_eq(mio_loop_child(loop, INT_MIN, 1, &id), -EINVAL);
    ck_assert_uint_eq(id, 4711);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    ck_assert_int_eq(harness_open_descriptors(), before);
}
END_TEST

START_TEST(an_id_of_a_child_is_nothing_else)
{
    const int pid = children_living();
    const uint64_t id = watch(pid, 1);
    const mio__child *child = mio__slab_get(&loop->children, id);

    ck_assert_int_eq(mio_loop_reregister(loop, id, R, MIO_LEVEL), -ENOENT);
    ck_assert_int_eq(mio_loop_pause(loop, id, 0), -ENOENT);
    ck_assert_int_eq(mio_timer_cancel(loop, id), -ENOENT);
    /* what the loop registers for it is not to be had by a forged id */
    ck_assert_int_eq(mio_loop_deregister(loop, child->registration_id), -ENOENT);
    ck_assert_int_eq(mio_loop_pause(loop, child->registration_id, 0), -ENOENT);
    ck_assert_int_eq(mio_loop_reregister(loop, child->registration_id, R, MIO_LEVEL), -ENOENT);
    children_kill(pid, SIGKILL);
    expect_end(-SIGKILL, 1);
}
END_TEST

/* --------------------------------------------------------- the status is unknown */

START_TEST(somebody_else_has_waited)
{
    const int pid = children_exiting(3);

    watch(pid, 1);
    children_reap(pid);
    turning_expect(1, (mio_event[]){ended_somehow(1)});
    ck_assert_uint_eq(mio_loop_count(loop), 0);
}
END_TEST

START_TEST(sigchld_is_ignored)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    int pid;

    ck_assert_int_eq(sigaction(SIGCHLD, &ignore, &before), 0);
    pid = children_living();
    watch(pid, 1);
    children_kill(pid, SIGKILL);
    turning_expect(1, (mio_event[]){ended_somehow(1)});
    ck_assert_int_eq(sigaction(SIGCHLD, &before, NULL), 0);
}
END_TEST

/* One of two registrations is told how it ended, both that it did. */
START_TEST(registered_twice)
{
    const int pid = children_living();
    mio_event events[TURNING_MAX];
    int count = 0;

    watch(pid, 1);
    watch(pid, 2);
    children_kill(pid, SIGKILL);
    while (count < 2) {
        turning_poll(source_soon_ns);
        count += turning_finish(events + count);
    }
    ck_assert_int_eq(count, 2);
    ck_assert_int_eq((events[0].ready == MIO_ERROR) + (events[1].ready == MIO_ERROR), 1);
    ck_assert_int_eq(events[0].value + events[1].value, -SIGKILL);
}
END_TEST

/* The process of another one: that it ends is told, the status is its parent's. */
START_TEST(a_grandchild)
{
    int grandchild, child, fds[2];

    source_pipe(fds);
    ck_assert_int_eq(fcntl(fds[0], F_SETFL, 0), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        grandchild = children_living();
        (void)!write(fds[1], &grandchild, sizeof grandchild);
        children_reap(grandchild);
        _exit(0);
    }
    ck_assert_int_eq((int)read(fds[0], &grandchild, sizeof grandchild), sizeof grandchild);
    watch(grandchild, 1);
    children_kill(grandchild, SIGKILL);
    turning_expect(1, (mio_event[]){ended_somehow(1)});
    children_reap(child);
    source_close(fds);
}
END_TEST

/* -------------------------------------------------- what happens within a turn */

/* Two that have ended: the turn in hand tells both. */
static void both_ended(uint64_t ids[2], int pids[2])
{
    for (int i = 0; i < 2; i++) {
        pids[i] = children_exiting(i);
        children_await(pids[i]);
        ids[i] = watch(pids[i], (uint64_t)i);
    }
    turning_poll(source_soon_ns);
}

START_TEST(forgotten_by_a_sibling)
{
    uint64_t ids[2];
    int pids[2], other;

    both_ended(ids, pids);
    other = turning_next().token == 0;
    children_expect_reaped(pids[1 - other]);
    turning_deregister(ids[other]);
    turning_expect_rest(0, NULL);
    children_reap(pids[other]);
    turning_expect_none();
}
END_TEST

START_TEST(forgotten_by_the_handler_of_a_descriptor)
{
    uint64_t ids[2];
    int pids[2], fds[2];

    source_pair(fds);
    turning_register(fds[0], W, 9);
    both_ended(ids, pids);
    ck_assert_uint_eq(turning_next().token, 9);
    turning_deregister(ids[1]);
    turning_expect_rest(1, (mio_event[]){ended(0, 0)});
    children_reap(pids[1]);
    source_close(fds);
}
END_TEST

START_TEST(registered_within_a_turn)
{
    const int pid = children_exiting(4);
    int fds[2];

    children_await(pid);
    source_pair(fds);
    turning_register_with(fds[0], W, MIO_EDGE, 9);
    turning_poll(source_soon_ns);
    ck_assert_uint_eq(turning_next().token, 9);
    watch(pid, 1);
    turning_expect_rest(0, NULL);
    expect_end(4, 1);
    source_close(fds);
}
END_TEST

/* The slot of the one that is told is free for the next. */
START_TEST(registered_anew_by_its_own_handler)
{
    uint64_t ids[2];
    int pids[2], next;

    both_ended(ids, pids);
    turning_next();
    next = children_exiting(9);
    children_await(next);
    watch(next, 9);
    ck_assert_int_eq(turning_next().kind, MIO_CHILD);
    turning_expect_rest(0, NULL);
    expect_end(9, 9);
}
END_TEST

START_TEST(after_signals_and_before_timers)
{
    static const mio_event_kind kinds[] = {MIO_READY, MIO_SIGNAL, MIO_CHILD, MIO_TIMEOUT};
    const int pid = children_exiting(0);
    mio_event events[TURNING_MAX];
    int fds[2];

    source_pair(fds);
    children_await(pid);
    turning_after(0, 1);
    watch(pid, 2);
    ck_assert_int_eq(mio_loop_signal(loop, SIGUSR1, 3, NULL), 0);
    raise(SIGUSR1);
    turning_register(fds[0], W, 4);
    source_pause_ms(1);
    turning_poll(0);
    ck_assert_int_eq(turning_finish(events), 4);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(events[i].kind, kinds[i]);
    source_close(fds);
}
END_TEST

/* ----------------------------------------------------------------- run, fork, memory */

static void note_status(mio_loop *running, const mio_event *event, void *ctx)
{
    ck_assert_ptr_eq(running, loop);
    *(int64_t *)ctx += event->value;
}

START_TEST(run_ends_with_the_last_child)
{
    const mio_handler handler = {.child = note_status};
    int64_t sum = 0;

    for (int i = 1; i <= 3; i++)
        watch(children_exiting(i), 1);
    ck_assert_int_eq(mio_loop_run(loop, &handler, &sum), 0);
    ck_assert_int_eq(sum, 6);
    watch(children_exiting(1), 1);
    ck_assert_int_eq(mio_loop_run(loop, &(mio_handler){.ready = NULL}, NULL), 0);
}
END_TEST

START_TEST(refused_in_a_forked_child)
{
    const int pid = children_living();
    const uint64_t id = watch(pid, 1);
    const pid_t fork_pid = fork();
    int status;

    ck_assert_int_ge(fork_pid, 0);
    if (fork_pid == 0) {
        const bool passed = mio_loop_child(loop, getpid(), 2, NULL) == -ESTALE &&
                            mio_loop_deregister(loop, id) == 0;

        mio_loop_free(loop);
        _exit(passed ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(fork_pid, &status, 0), fork_pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    children_kill(pid, SIGKILL);
    expect_end(-SIGKILL, 1);
}
END_TEST

/* Wherever the queue is built anew, children are in it. */
START_TEST(children_outlive_a_rebuild)
{
    const int pid = children_living();

    watch(pid, 1);
    ck_assert_int_eq(mio__loop_rebuild(loop), 0);
    turning_expect_none();
    children_kill(pid, SIGKILL);
    expect_end(-SIGKILL, 1);
}
END_TEST

START_TEST(a_steady_loop_allocates_nothing)
{
    harness_memory memory = {.blocks = 0};
    mio_allocator allocator = harness_allocator(&memory);
    const mio_loop_config config = {.allocator = &allocator};
    unsigned calls = 0;

    turning_close();
    ck_assert_int_eq(mio_loop_new(&config, &loop), 0);
    for (int i = 0; i < 20; i++) {
        watch(children_exiting(i), 1);
        if (i == 0)
            calls = memory.calls;
        expect_end(i, 1);
    }
    ck_assert_uint_eq(memory.calls, calls);
    turning_close();
    ck_assert_uint_eq(memory.blocks, 0);
    turning_open();
}
END_TEST

START_TEST(the_loop_tells_of_it)
{
    const int pid = children_living();
    const uint64_t id = watch(pid, 6);
    uint64_t cursor = 0;
    mio_stats stats;
    mio_item item;

    ck_assert_int_eq(mio_loop_each(loop, &cursor, &item), 1);
    ck_assert_int_eq(item.kind, MIO_CHILD);
    ck_assert_uint_eq(item.id, id);
    ck_assert_uint_eq(item.token, 6);
    ck_assert_int_eq(item.fd, -1);
    ck_assert_int_eq(item.number, pid);
    ck_assert_int_eq(item.deadline_ns, -1);
    ck_assert_int_eq(mio_loop_each(loop, &cursor, &item), 0); /* not of its descriptor */
    children_kill(pid, SIGKILL);
    expect_end(-SIGKILL, 6);
    mio_loop_stats(loop, &stats);
    ck_assert_uint_eq(stats.events[MIO_CHILD], 1);
    ck_assert_uint_eq(stats.events[MIO_READY], 0);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("loop/child");
    TCase *tcase = turning_case(suite, "children");

    tcase_add_test(tcase, an_event_names_its_registration_and_the_status);
    tcase_add_test(tcase, each_status);
    tcase_add_test(tcase, one_that_has_ended_already);
    tcase_add_test(tcase, many_at_once);
    tcase_add_test(tcase, children_count);
    tcase_add_test(tcase, forgotten_is_neither_told_nor_waited_for);
    tcase_add_test(tcase, freed_with_children);
    tcase_add_test(tcase, what_is_refused);
    tcase_add_test(tcase, an_id_of_a_child_is_nothing_else);

    tcase = turning_case(suite, "unknown status");
    tcase_add_test(tcase, somebody_else_has_waited);
    tcase_add_test(tcase, sigchld_is_ignored);
    tcase_add_test(tcase, registered_twice);
    tcase_add_test(tcase, a_grandchild);

    tcase = turning_case(suite, "within a turn");
    tcase_add_test(tcase, forgotten_by_a_sibling);
    tcase_add_test(tcase, forgotten_by_the_handler_of_a_descriptor);
    tcase_add_test(tcase, registered_within_a_turn);
    tcase_add_test(tcase, registered_anew_by_its_own_handler);
    tcase_add_test(tcase, after_signals_and_before_timers);

    tcase = turning_case(suite, "run, fork, memory");
    tcase_add_test(tcase, run_ends_with_the_last_child);
    tcase_add_test(tcase, refused_in_a_forked_child);
    tcase_add_test(tcase, children_outlive_a_rebuild);
    tcase_add_test(tcase, a_steady_loop_allocates_nothing);
    tcase_add_test(tcase, the_loop_tells_of_it);
    return suite;
}
