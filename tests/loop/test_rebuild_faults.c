/* wraps: dup3 epoll_create1 epoll_ctl nanosleep */
/*
 * A ghost while system calls fail: it is driven out when they succeed again, nobody else is
 * lost, and until then the loop does not spin.
 */
#include "turning.h"

#include "faults.h"

#include <limits.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

WRAP(int, dup3, (int from, int to, int flags), (from, to, flags))
WRAP(int, epoll_create1, (int flags), (flags))
WRAP(int, epoll_ctl, (int fd, int operation, int target, struct epoll_event *event),
     (fd, operation, target, event))
WRAP(int, nanosleep, (const struct timespec *duration, struct timespec *ret_rest),
     (duration, ret_rest))

static const int descriptor_errors[] = {EMFILE, ENFILE, ENOMEM, 0};
static const int room_errors[] = {ENOMEM, ENOSPC, 0};

static int fds[2];

static void fds_open(void)
{
    source_pair(fds);
}

static void fds_close(void)
{
    source_close(fds);
}

/* The next call of `call` fails; that it was made is asserted by struck(). */
static void strike(const char *call, int err)
{
    fault_arm(call, err, 0, 1);
}

static void struck(void)
{
    ck_assert_int_eq(fault_disarm(), 1);
}

enum { COMPANY = 4 };

static int company[COMPANY][2], ghost;

/* Some registrations, and the ghost of another one, which spins until it is got rid of. */
static void ghost_make(void)
{
    uint64_t id;

    ghost = dup(fds[0]);
    id = turning_register(fds[0], W, 99);
    for (uint64_t i = 0; i < COMPANY; i++) {
        source_pair(company[i]);
        turning_register(company[i][0], R, i);
    }
    ck_assert_int_eq(close(fds[0]), 0);
    turning_deregister(id);
    turning_poll(source_soon_ns); /* the ghost appears */
    turning_expect_rest(0, NULL);
}

static void ghost_drop(void)
{
    fds[0] = ghost;
    for (int i = 0; i < COMPANY; i++)
        source_close(company[i]);
}

static void expect_company(void)
{
    mio_event wanted[COMPANY];

    for (uint64_t i = 0; i < COMPANY; i++) {
        source_put(company[i][1]);
        wanted[i] = turning_ready(i, R);
    }
    turning_expect(COMPANY, wanted);
    for (int i = 0; i < COMPANY; i++)
        source_take(company[i][0]);
}

static void expect_no_ghost(void)
{
    turning_poll(5 * SOURCE_NS_PER_MS);
    ck_assert_int_eq(loop->count, 0);
    turning_expect_rest(0, NULL);
}

START_TEST(without_a_descriptor_for_a_new_queue)
{
    ghost_make();
    for (const int *err = descriptor_errors; *err != 0; err++) {
        strike("epoll_create1", *err);
        expect_company();
        struck();
        strike("dup3", *err);
        expect_company();
        struck();
    }
    expect_no_ghost();
    expect_company();
    ghost_drop();
}
END_TEST

/* How many turns there are until `end_ns`, each of which may last so long. */
static int turns_until(int64_t end_ns, int64_t timeout_ns)
{
    int turns = 0;

    for (; mio_now_ns() < end_ns; turns++) {
        turning_poll(timeout_ns);
        turning_expect_rest(0, NULL);
    }
    return turns;
}

/* For as long as there is no descriptor the loop does not spin; timers and others are told. */
START_TEST(without_a_descriptor_for_long)
{
    const int64_t start_ns = mio_now_ns();
    const int64_t span_ns = 20 * LOOP_BACK_OFF_NS;

    ghost_make();
    fault_arm("epoll_create1", EMFILE, 0, INT_MAX);
    ck_assert_int_le(turns_until(start_ns + span_ns, -1), 25);
    ck_assert_int_le(turns_until(start_ns + 2 * span_ns, 100 * LOOP_BACK_OFF_NS), 25);
    expect_company();
    turning_after(SOURCE_NS_PER_MS, 7);
    turning_expect(1, (mio_event[]){turning_timeout(7)});
    ck_assert_int_gt(fault_disarm(), 0);
    turning_poll(0);
    turning_expect_rest(0, NULL);
    expect_no_ghost();
    expect_company();
    ghost_drop();
}
END_TEST

/* A signal handler of the program's own ends the wait then, too. */
START_TEST(an_interruption_without_a_descriptor)
{
    struct rlimit limit, none;

    ghost_make();
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 0;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    strike("nanosleep", EINTR);
    turning_poll(-1);
    struck();
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    turning_expect_rest(1, (mio_event[]){{.kind = MIO_INTERRUPTED}});
    turning_poll(0);
    turning_expect_rest(0, NULL);
    expect_no_ghost();
    ghost_drop();
}
END_TEST

/* At whichever registration the room ends: none is lost. */
START_TEST(without_room_in_the_new_queue)
{
    const int before = harness_open_descriptors();

    for (int skip = 0; skip < COMPANY; skip++) {
        for (const int *err = room_errors; *err != 0; err++) {
            ghost_make();
            fault_arm("epoll_ctl", *err, skip, 1);
            turning_poll(0);
            struck();
            turning_expect_rest(0, NULL);
            expect_company();
            expect_no_ghost();
            expect_company();
            turning_close();
            ghost_drop();
            turning_open();
        }
    }
    ck_assert_int_eq(harness_open_descriptors(), before);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("loop/rebuild_faults");
    TCase *tcase = turning_case(suite, "ghosts");

    tcase_add_checked_fixture(tcase, fds_open, fds_close);
    tcase_add_test(tcase, without_a_descriptor_for_a_new_queue);
    tcase_add_test(tcase, without_a_descriptor_for_long);
    if (!harness_in_valgrind()) /* it makes a limit up */
        tcase_add_test(tcase, an_interruption_without_a_descriptor);
    tcase_add_test(tcase, without_room_in_the_new_queue);
    return suite;
}
