#include "turning.h"

#include "faults.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>

/* ------------------------------------------------------------ new and free */

START_TEST(a_new_loop_has_nothing_to_tell)
{
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    ck_assert_int_eq(mio_loop_timeout(loop), -1);
    ck_assert_int_eq(mio_loop_take_shutdown(loop), 0);
    turning_expect_none();
}
END_TEST

START_TEST(freeing_null_is_fine)
{
    mio_loop_free(NULL);
}
END_TEST

START_TEST(two_thousand_loops_leave_nothing)
{
    const int before = harness_open_descriptors();

    for (int i = 0; i < 2000; i++) {
        mio_loop *own;

        ck_assert_int_eq(mio_loop_new(NULL, &own), 0);
        if (i % 2 == 0)
            ck_assert_int_eq(mio_loop_signal(own, SIGUSR1, 1, NULL), 0);
        ck_assert_int_eq(mio_loop_after(own, 0, 1, NULL), 0);
        mio_loop_free(own);
    }
    ck_assert_int_eq(harness_open_descriptors(), before);
}
END_TEST

START_TEST(freed_with_everything_registered)
{
    harness_memory memory = {.blocks = 0};
    mio_allocator allocator = harness_allocator(&memory);
    const mio_loop_config config = {.allocator = &allocator};
    uint64_t id;
    int fds[2];

    turning_close();
    source_pair(fds);
    ck_assert_int_eq(mio_loop_new(&config, &loop), 0);
    id = turning_register(fds[0], R, 1);
    turning_register(fds[1], W, 2);
    ck_assert_int_eq(mio_loop_pause(loop, id, source_soon_ns), 0);
    turning_after(source_soon_ns, 3);
    ck_assert_int_eq(mio_loop_every(loop, source_soon_ns, 4, NULL), 0);
    ck_assert_int_eq(mio_loop_signal(loop, SIGUSR1, 5, NULL), 0);
    turning_poll(0); /* and with a turn in hand */
    mio_loop_free(loop);
    ck_assert_uint_eq(memory.blocks, 0);
    ck_assert_uint_eq(memory.bytes, 0);
    source_put(fds[0]); /* what was registered stays open */
    source_take(fds[1]);
    source_close(fds);
    turning_open();
}
END_TEST

START_TEST(its_descriptor_is_closed_by_exec)
{
    ck_assert_int_ne(fcntl(mio_loop_pollfd(loop), F_GETFD) & FD_CLOEXEC, 0);
}
END_TEST

/* ------------------------------------------------------------- configuration */

START_TEST(zeros_are_the_defaults)
{
    const mio_loop_config config = {0};
    mio_loop *own;

    ck_assert_int_eq(mio_loop_new(&config, &own), 0);
    ck_assert_int_eq(own->capacity, LOOP_BATCH);
    mio_loop_free(own);
    ck_assert_int_eq(mio_loop_new(NULL, &own), 0);
    ck_assert_int_eq(own->capacity, LOOP_BATCH);
    mio_loop_free(own);
}
END_TEST

START_TEST(room_made_in_advance_is_not_asked_for_later)
{
    enum { COUNT = 500 };
    harness_memory memory = {.blocks = 0};
    mio_allocator allocator = harness_allocator(&memory);
    const mio_loop_config config = {
        .allocator = &allocator, .registrations = COUNT, .timers = COUNT};
    int pair[2], fds[COUNT];
    unsigned calls;

    turning_close();
    source_pair(pair);
    ck_assert_int_eq(mio_loop_new(&config, &loop), 0);
    for (int i = 0; i < COUNT; i++)
        fds[i] = dup(pair[0]);
    turning_register(fds[COUNT - 1], W, 1); /* the highest number: the map has grown */
    calls = memory.calls;
    for (int i = 0; i < COUNT - 1; i++)
        turning_register(fds[i], W, 1);
    for (int i = 0; i < COUNT; i++)
        turning_after(source_soon_ns, 1);
    ck_assert_uint_eq(memory.calls, calls);
    turning_close();
    ck_assert_uint_eq(memory.blocks, 0);
    for (int i = 0; i < COUNT; i++)
        ck_assert_int_eq(close(fds[i]), 0);
    source_close(pair);
    turning_open();
}
END_TEST

/* Nothing is allocated by turns, and by whatever comes and goes in them, once it was there. */
START_TEST(a_steady_loop_allocates_nothing)
{
    harness_memory memory = {.blocks = 0};
    mio_allocator allocator = harness_allocator(&memory);
    const mio_loop_config config = {.allocator = &allocator};
    unsigned calls = 0;
    int fds[2];

    turning_close();
    source_pair(fds);
    ck_assert_int_eq(mio_loop_new(&config, &loop), 0);
    for (int i = 0; i < 1000; i++) {
        const uint64_t id = turning_register(fds[0], R, 1);
        const uint64_t timer = turning_after(source_soon_ns, 2);

        if (i == 1)
            calls = memory.calls;
        source_put(fds[1]);
        turning_expect_ready(1, R);
        source_take(fds[0]);
        ck_assert_int_eq(mio_loop_pause(loop, id, source_soon_ns), 0);
        turning_deregister(id);
        ck_assert_int_eq(mio_timer_cancel(loop, timer), 0);
    }
    ck_assert_uint_eq(memory.calls, calls);
    turning_close();
    source_close(fds);
    turning_open();
}
END_TEST

START_TEST(absurd_sizes_are_refused)
{
    static const mio_loop_config configs[] = {{.registrations = UINT_MAX},
                                              {.timers = UINT_MAX}};

    for (int i = 0; i < 2; i++) {
        harness_memory memory = {.fail_at = 100, .sticky = true};
        mio_allocator allocator = harness_allocator(&memory);
        mio_loop_config config = configs[i];
        mio_loop *own = NULL;

        config.allocator = &allocator;
        ck_assert_int_eq(mio_loop_new(&config, &own), -ENOMEM);
        ck_assert_ptr_null(own);
        ck_assert_uint_eq(memory.blocks, 0);
    }
}
END_TEST

/* ------------------------------------------------------------------ memory */

static int memory_fds[2];

/* All that allocates, one after the other; what fails changes nothing, and the loop goes on. */
static int everything(const mio_allocator *allocator)
{
    const mio_loop_config config = {.allocator = allocator, .events_per_poll = 4};
    mio_loop *own = NULL;
    uint64_t id = 0;
    int err = mio_loop_new(&config, &own);

    if (err == 0)
        err = mio_loop_register(own, memory_fds[0], W, MIO_LEVEL, 1, &id);
    if (err == 0)
        err = mio_loop_register(own, memory_fds[1], R, MIO_LEVEL, 2, NULL);
    if (err == 0)
        err = mio_loop_pause(own, id, 0);
    if (err == 0)
        err = mio_loop_after(own, 0, 3, NULL);
    if (err == 0)
        err = mio_loop_every(own, SOURCE_NS_PER_MS, 4, NULL);
    if (err == 0)
        err = mio_loop_signal(own, SIGUSR1, 5, NULL);
    if (err == 0)
        err = mio_loop_signal(own, SIGUSR2, 6, NULL);
    if (own != NULL) {
        const int fds = harness_open_descriptors();
        size_t count = mio_loop_count(own);
        mio_event event;

        mio__loop_check(own);
        ck_assert(err != 0 || count == 6);
        ck_assert_int_eq(mio_loop_poll(own, 0), 0);
        while (mio_loop_next(own, &event))
            ;
        mio__loop_check(own);
        ck_assert_int_eq(harness_open_descriptors(), fds);
    }
    mio_loop_free(own);
    return err;
}

START_TEST(every_allocation_fails)
{
    source_pair(memory_fds);
    fault_check_memory(everything, _i == 1);
    source_close(memory_fds);
}
END_TEST

/* After a failure the same call succeeds, as if nothing had been. */
START_TEST(a_failed_call_can_be_made_again)
{
    harness_memory memory = {.blocks = 0};
    mio_allocator allocator = harness_allocator(&memory);
    const mio_loop_config config = {.allocator = &allocator};
    uint64_t id = 4711;
    int fds[2], before;

    turning_close();
    source_pair(fds);
    ck_assert_int_eq(mio_loop_new(&config, &loop), 0);
    before = harness_open_descriptors();
    memory.sticky = true;
    memory.fail_at = memory.calls + 1;
    ck_assert_int_eq(mio_loop_register(loop, fds[0], W, MIO_LEVEL, 1, &id), -ENOMEM);
    ck_assert_int_eq(mio_loop_after(loop, 0, 2, &id), -ENOMEM);
    ck_assert_int_eq(mio_loop_every(loop, 1, 2, &id), -ENOMEM);
    ck_assert_int_eq(mio_loop_signal(loop, SIGUSR1, 3, &id), -ENOMEM);
    ck_assert_uint_eq(id, 4711);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    ck_assert_int_eq(harness_open_descriptors(), before);
    turning_expect_none();
    memory.fail_at = 0;
    id = turning_register(fds[0], W, 1);
    memory.fail_at = memory.calls + 1;
    ck_assert_int_eq(mio_loop_pause(loop, id, source_soon_ns), -ENOMEM);
    turning_expect_ready(1, W); /* it is not paused */
    memory.fail_at = 0;
    ck_assert_int_eq(mio_loop_pause(loop, id, source_soon_ns), 0);
    turning_expect_none();
    turning_close();
    ck_assert_uint_eq(memory.blocks, 0);
    source_close(fds);
    turning_open();
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("loop/loop");
    TCase *tcase = turning_case(suite, "new and free");

    tcase_add_test(tcase, a_new_loop_has_nothing_to_tell);
    tcase_add_test(tcase, freeing_null_is_fine);
    tcase_add_test(tcase, two_thousand_loops_leave_nothing);
    tcase_add_test(tcase, freed_with_everything_registered);
    tcase_add_test(tcase, its_descriptor_is_closed_by_exec);

    tcase = turning_case(suite, "configuration");
    tcase_add_test(tcase, zeros_are_the_defaults);
    tcase_add_test(tcase, room_made_in_advance_is_not_asked_for_later);
    tcase_add_test(tcase, a_steady_loop_allocates_nothing);
    tcase_add_test(tcase, absurd_sizes_are_refused);

    tcase = turning_case(suite, "memory");
    tcase_add_loop_test(tcase, every_allocation_fails, 0, 2);
    tcase_add_test(tcase, a_failed_call_can_be_made_again);
    return suite;
}
