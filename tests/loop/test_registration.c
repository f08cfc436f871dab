#include "turning.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* -------------------------------------------------------------- registering */

START_TEST(an_event_names_its_registration)
{
    mio_event event;
    uint64_t id;
    int fds[2];

    source_pair(fds);
    id = turning_register(fds[0], R, 7);
    turning_expect_none();
    source_put(fds[1]);
    turning_poll(source_soon_ns);
    event = turning_next();
    ck_assert_int_eq(event.kind, MIO_READY);
    ck_assert_uint_eq(event.ready, R);
    ck_assert_uint_eq(event.token, 7);
    ck_assert_uint_eq(event.id, id);
    ck_assert_int_eq(event.value, 0);
    turning_expect_rest(0, NULL);
    source_close(fds);
}
END_TEST

START_TEST(the_id_may_be_left_out)
{
    int fds[2];

    source_pair(fds);
    ck_assert_int_eq(mio_loop_register(loop, fds[0], W, MIO_LEVEL, 7, NULL), 0);
    turning_expect_ready(7, W);
    source_close(fds);
}
END_TEST

START_TEST(each_registration_counts)
{
    uint64_t ids[2];
    int fds[2];

    source_pair(fds);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    ids[0] = turning_register(fds[0], R, 1);
    ids[1] = turning_register(fds[1], R, 2);
    ck_assert_uint_ne(ids[0], ids[1]);
    ck_assert_uint_eq(mio_loop_count(loop), 2);
    turning_deregister(ids[0]);
    ck_assert_uint_eq(mio_loop_count(loop), 1);
    turning_deregister(ids[1]);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    source_close(fds);
}
END_TEST

static void expect_refused(mio_fd fd, mio_interest interest, mio_trigger trigger, int err)
{
    const size_t count = mio_loop_count(loop);
    uint64_t id = 4711;

    ck_assert_int_eq(mio_loop_register(loop, fd, interest, trigger, 9, &id), err);
    ck_assert_uint_eq(id, 4711);
    ck_assert_uint_eq(mio_loop_count(loop), count);
    mio__loop_check(loop);
}

START_TEST(what_cannot_be_registered)
{
    char path[] = "/tmp/mio-test-XXXXXX";
    int file = mkstemp(path), fds[2];

    ck_assert_int_eq(unlink(path), 0);
    source_pair(fds);
    turning_register(fds[0], W, 1);
    expect_refused(fds[0], R, MIO_LEVEL, -EEXIST);
    expect_refused(fds[1], 0, MIO_LEVEL, -EINVAL);
    expect_refused(fds[1], 8, MIO_LEVEL, -EINVAL);
    expect_refused(fds[1], UINT_MAX, MIO_LEVEL, -EINVAL);
    expect_refused(fds[1], R, (mio_trigger)3, -EINVAL);
    expect_refused(fds[1], R, (mio_trigger)-1, -EINVAL);
    expect_refused(-1, R, MIO_LEVEL, -EBADF);
    expect_refused(INT_MIN, R, MIO_LEVEL, -EBADF);
    expect_refused(file, R, MIO_LEVEL, -EPERM);
    expect_refused(mio_loop_pollfd(loop), R, MIO_LEVEL, -EINVAL);
    ck_assert_int_eq(close(file), 0);
    expect_refused(file, R, MIO_LEVEL, -EBADF);
    turning_expect_ready(1, W);
    source_close(fds);
}
END_TEST

/* A number that no descriptor has is not worth memory for it and all below it. */
START_TEST(a_large_number_is_refused_without_memory)
{
    harness_memory memory = {.blocks = 0};
    mio_allocator allocator = harness_allocator(&memory);
    const mio_loop_config config = {.allocator = &allocator};
    mio_loop *own;
    size_t before;

    ck_assert_int_eq(mio_loop_new(&config, &own), 0);
    before = memory.bytes;
    ck_assert_int_eq(mio_loop_register(own, INT_MAX, R, MIO_LEVEL, 1, NULL), -EBADF);
    ck_assert_int_eq(mio_loop_register(own, 1 << 30, R, MIO_LEVEL, 1, NULL), -EBADF);
    ck_assert_uint_le(memory.bytes, before + 100000);
    mio_loop_free(own);
    ck_assert_uint_eq(memory.blocks, 0);
}
END_TEST

START_TEST(ids_that_name_no_registration)
{
    uint64_t ids[] = {0, 1, UINT64_MAX, 0, 0}; /* the last: a timer, a dead one */
    int fds[2];

    source_pair(fds);
    turning_register(fds[1], W, 1);
    ids[3] = turning_after(source_soon_ns, 1);
    ids[4] = turning_register(fds[0], W, 1);
    turning_deregister(ids[4]);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(mio_loop_deregister(loop, ids[i]), -ENOENT);
        ck_assert_int_eq(mio_loop_reregister(loop, ids[i], R, MIO_LEVEL), -ENOENT);
        ck_assert_int_eq(mio_loop_pause(loop, ids[i], 0), -ENOENT);
    }
    ck_assert_uint_eq(mio_loop_count(loop), 2);
    turning_expect_ready(1, W);
    source_close(fds);
}
END_TEST

START_TEST(the_same_descriptor_in_two_loops)
{
    mio_loop *mine = loop, *other;
    int fds[2];

    source_pair(fds);
    ck_assert_int_eq(mio_loop_new(NULL, &other), 0);
    turning_register(fds[0], R, 1);
    loop = other;
    turning_register(fds[0], RW, 2);
    source_put(fds[1]);
    turning_expect_ready(2, RW);
    turning_close();
    loop = mine;
    turning_expect_ready(1, R);
    source_close(fds);
}
END_TEST

/* ----------------------------------------------------------------- triggers */

START_TEST(level_is_reported_each_turn_and_merged)
{
    int fds[2];

    source_pair(fds);
    turning_register(fds[0], RW, 1);
    turning_expect_ready(1, W);
    source_put(fds[1]);
    turning_expect_ready(1, RW);
    turning_expect_ready(1, RW);
    source_drain(fds[0]);
    turning_expect_ready(1, W);
    source_close(fds);
}
END_TEST

START_TEST(edge_is_reported_when_it_comes_about)
{
    uint64_t id;
    int fds[2];

    source_pair(fds);
    id = turning_register_with(fds[0], R, MIO_EDGE, 1);
    turning_expect_none();
    for (int i = 0; i < 3; i++) {
        source_put(fds[1]);
        turning_expect_ready(1, R);
        turning_expect_none();
    }
    source_drain(fds[0]);
    turning_expect_none();
    source_put(fds[1]);
    turning_expect_ready(1, R);
    turning_reregister(id, R, MIO_EDGE); /* anew */
    turning_expect_ready(1, R);
    source_close(fds);
}
END_TEST

START_TEST(oneshot_byte_by_byte)
{
    uint64_t id;
    int fds[2];

    source_pair(fds);
    for (int i = 0; i < 3; i++)
        source_put(fds[1]);
    id = turning_register_with(fds[0], R, MIO_ONESHOT, 1);
    for (int i = 0; i < 3; i++) {
        turning_expect_ready(1, R);
        source_take(fds[0]);
        turning_expect_none();
        turning_reregister(id, R, MIO_ONESHOT);
    }
    turning_expect_none();
    source_close(fds);
}
END_TEST

START_TEST(oneshot_is_silent_even_when_the_peer_goes)
{
    uint64_t id;
    int fds[2];

    source_pair(fds);
    id = turning_register_with(fds[0], W, MIO_ONESHOT, 1);
    turning_expect_ready(1, W);
    ck_assert_int_eq(close(fds[1]), 0);
    turning_expect_none();
    turning_reregister(id, W, MIO_ONESHOT);
    turning_expect_ready(1, W | MIO_READ_CLOSED | MIO_WRITE_CLOSED);
    turning_expect_none();
    ck_assert_int_eq(close(fds[0]), 0);
}
END_TEST

/* What was not asked for is masked, but for the peer's end and errors. */
START_TEST(only_what_is_asked_for_is_reported)
{
    const unsigned gone = MIO_READ_CLOSED | MIO_WRITE_CLOSED;
    uint64_t id;
    int fds[2];

    source_pair(fds);
    id = turning_register(fds[0], R, 1);
    ck_assert_int_eq(close(fds[1]), 0);
    turning_expect_ready(1, R | gone);
    turning_reregister(id, W, MIO_LEVEL);
    turning_expect_ready(1, W | gone);
    turning_reregister(id, MIO_PRIORITY, MIO_LEVEL);
    turning_expect_ready(1, gone);
    ck_assert_int_eq(close(fds[0]), 0);
}
END_TEST

START_TEST(a_pipe_that_loses_an_end_is_reported_to_the_other)
{
    int fds[2];

    source_pipe(fds);
    turning_register(fds[0], R, 1);
    ck_assert_int_eq(close(fds[1]), 0);
    turning_poll(source_soon_ns);
    ck_assert_uint_eq(turning_next().ready & (RW | MIO_READ_CLOSED), R | MIO_READ_CLOSED);
    turning_expect_rest(0, NULL);
    ck_assert_int_eq(close(fds[0]), 0);
    source_pipe(fds);
    source_fill(fds[1]);
    turning_register(fds[1], W, 1);
    ck_assert_int_eq(close(fds[0]), 0);
    turning_poll(source_soon_ns);
    ck_assert_uint_eq(turning_next().ready & (RW | MIO_WRITE_CLOSED), W | MIO_WRITE_CLOSED);
    turning_expect_rest(0, NULL);
    ck_assert_int_eq(close(fds[1]), 0);
}
END_TEST

START_TEST(reregister_changes_interest_and_trigger)
{
    uint64_t id;
    int fds[2];

    source_pair(fds);
    id = turning_register(fds[0], R, 1);
    turning_reregister(id, R, MIO_LEVEL); /* nothing changes */
    turning_expect_none();
    source_put(fds[1]);
    turning_reregister(id, W, MIO_LEVEL);
    turning_expect_ready(1, W);
    turning_reregister(id, RW, MIO_ONESHOT);
    turning_expect_ready(1, RW);
    turning_expect_none();
    turning_reregister(id, RW, MIO_LEVEL);
    turning_expect_ready(1, RW);
    turning_expect_ready(1, RW);
    ck_assert_int_eq(mio_loop_reregister(loop, id, 0, MIO_LEVEL), -EINVAL);
    ck_assert_int_eq(mio_loop_reregister(loop, id, R | 64, MIO_LEVEL), -EINVAL);
    ck_assert_int_eq(mio_loop_reregister(loop, id, R, (mio_trigger)3), -EINVAL);
    turning_expect_ready(1, RW);
    source_close(fds);
}
END_TEST

/* -------------------------------------------------- what is stopped in a turn */

enum { BATCH = 6 };

typedef struct registered {
    int fds[2];
    uint64_t id;
} registered;

/* Sources of which each has an event in the batch in hand; the first was fetched. */
static registered batch[BATCH];

/* The first event of the batch, after which `act` happens to all others. */
static uint64_t batch_begin(mio_interest interest, mio_trigger trigger)
{
    for (uint64_t i = 0; i < BATCH; i++) {
        source_pair(batch[i].fds);
        source_put(batch[i].fds[1]);
        batch[i].id = turning_register_with(batch[i].fds[0], interest, trigger, i);
    }
    turning_poll(source_soon_ns);
    return turning_next().token;
}

static void batch_end(void)
{
    for (int i = 0; i < BATCH; i++)
        source_close(batch[i].fds);
}

START_TEST(nothing_after_deregister_from_the_batch_in_hand)
{
    const uint64_t first = batch_begin(RW, (mio_trigger)_i);

    for (uint64_t i = 0; i < BATCH; i++) {
        if (i != first)
            turning_deregister(batch[i].id);
    }
    turning_expect_rest(0, NULL);
    ck_assert_uint_eq(mio_loop_count(loop), 1);
    batch_end();
}
END_TEST

START_TEST(a_source_that_ends_itself)
{
    const uint64_t first = batch_begin(R, MIO_LEVEL);

    turning_deregister(batch[first].id);
    ck_assert_int_eq(mio_loop_deregister(loop, batch[first].id), -ENOENT);
    for (int i = 1; i < BATCH; i++) {
        mio_event event = turning_next();

        ck_assert_uint_ne(event.token, first);
        turning_deregister(event.id);
    }
    turning_expect_rest(0, NULL);
    turning_expect_none();
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    batch_end();
}
END_TEST

/* The numbers of the closed descriptors name new files before their old events are fetched. */
START_TEST(a_number_used_again_within_the_batch_gets_no_old_event)
{
    const uint64_t first = batch_begin(R, MIO_LEVEL);
    uint64_t dead[BATCH] = {0};

    for (uint64_t i = 0; i < BATCH; i++) {
        int fresh[2];

        if (i == first)
            continue;
        dead[i] = batch[i].id;
        turning_deregister(dead[i]);
        source_close(batch[i].fds);
        source_pair(fresh);
        ck_assert_int_eq(fresh[0], batch[i].fds[0]);
        memcpy(batch[i].fds, fresh, sizeof fresh);
        batch[i].id = turning_register(fresh[0], R, 100 + i);
        ck_assert_uint_ne(batch[i].id, dead[i]);
    }
    turning_expect_rest(0, NULL);
    for (uint64_t i = 0; i < BATCH; i++) {
        if (i == first)
            continue;
        ck_assert_int_eq(mio_loop_deregister(loop, dead[i]), -ENOENT);
        ck_assert_int_eq(mio_loop_reregister(loop, dead[i], W, MIO_LEVEL), -ENOENT);
        source_put(batch[i].fds[1]);
    }
    turning_deregister(batch[first].id);
    turning_poll(source_soon_ns);
    for (int i = 1; i < BATCH; i++)
        ck_assert_uint_ge(turning_next().token, 100);
    turning_expect_rest(0, NULL);
    batch_end();
}
END_TEST

START_TEST(reregister_masks_what_is_in_hand)
{
    const uint64_t first = batch_begin(RW, MIO_LEVEL);

    for (uint64_t i = 0; i < BATCH; i++)
        turning_reregister(batch[i].id, i % 2 ? R : MIO_PRIORITY, MIO_LEVEL);
    for (uint64_t i = 1; i < BATCH; i += 2) {
        if (i != first)
            ck_assert_uint_eq(turning_next().ready, R);
    }
    turning_expect_rest(0, NULL);
    batch_end();
}
END_TEST

START_TEST(reregister_before_the_poll_tells_nothing_old)
{
    uint64_t id;
    int fds[2];

    source_pair(fds);
    source_fill(fds[0]);
    id = turning_register(fds[0], R, 1);
    source_put(fds[1]);
    turning_reregister(id, W, MIO_LEVEL);
    turning_expect_none();
    source_close(fds);
}
END_TEST

START_TEST(a_paused_source_is_silent_from_the_batch_in_hand)
{
    const uint64_t first = batch_begin(R, (mio_trigger)_i);

    for (uint64_t i = 0; i < BATCH; i++)
        ck_assert_int_eq(mio_loop_pause(loop, batch[i].id, source_soon_ns), 0);
    turning_expect_rest(0, NULL);
    turning_expect_none();
    turning_reregister(batch[first].id, R, (mio_trigger)_i);
    turning_expect_ready(first, R);
    batch_end();
}
END_TEST

/* A oneshot that is renewed while its event is in hand is one event, not two. */
START_TEST(a_oneshot_renewed_in_the_batch_is_reported_once)
{
    const uint64_t first = batch_begin(R, MIO_ONESHOT);

    for (uint64_t i = 0; i < BATCH; i++) {
        if (i != first)
            turning_reregister(batch[i].id, R, MIO_ONESHOT);
    }
    for (int i = 1; i < BATCH; i++)
        ck_assert_uint_ne(turning_next().token, first);
    turning_expect_rest(0, NULL);
    turning_expect_none();
    for (uint64_t i = 0; i < BATCH; i++)
        turning_reregister(batch[i].id, R, MIO_ONESHOT);
    turning_poll(source_soon_ns);
    for (int i = 0; i < BATCH; i++)
        ck_assert_uint_eq(turning_next().ready, R);
    turning_expect_rest(0, NULL);
    batch_end();
}
END_TEST

START_TEST(what_is_registered_in_a_turn_is_reported_in_the_next)
{
    int fds[2], more[2];

    source_pair(fds);
    source_pair(more);
    turning_register(fds[0], W, 1);
    turning_poll(source_soon_ns);
    ck_assert_uint_eq(turning_next().token, 1);
    turning_register(more[0], W, 2);
    turning_expect_rest(0, NULL);
    turning_expect(2, (mio_event[]){turning_ready(1, W), turning_ready(2, W)});
    source_close(fds);
    source_close(more);
}
END_TEST

START_TEST(ten_thousand_registrations_end_in_one_turn)
{
    enum { COUNT = 10000 };
    const mio_loop_config config = {.events_per_poll = 2 * COUNT, .registrations = COUNT};
    static uint64_t ids[COUNT];
    static int fds[COUNT];
    int pair[2];

    mio_loop_free(loop);
    ck_assert_int_eq(mio_loop_new(&config, &loop), 0);
    source_pair(pair);
    for (int i = 0; i < COUNT; i++) {
        fds[i] = dup(pair[0]);
        if (fds[i] < 0)
            ck_abort_msg("this test needs %d descriptors", COUNT);
        ids[i] = turning_register(fds[i], W, (uint64_t)i);
    }
    turning_poll(source_soon_ns);
    ck_assert_int_gt(loop->count, COUNT / 100); /* not every kernel tells of all in one wait */
    turning_next();
    for (int i = 0; i < COUNT; i++) {
        turning_deregister(ids[i]);
        ck_assert_int_eq(close(fds[i]), 0);
    }
    turning_expect_rest(0, NULL);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
    turning_expect_none();
    source_close(pair);
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("loop/registration");
    TCase *tcase = turning_case(suite, "registering");

    tcase_add_test(tcase, an_event_names_its_registration);
    tcase_add_test(tcase, the_id_may_be_left_out);
    tcase_add_test(tcase, each_registration_counts);
    tcase_add_test(tcase, what_cannot_be_registered);
    tcase_add_test(tcase, a_large_number_is_refused_without_memory);
    tcase_add_test(tcase, ids_that_name_no_registration);
    tcase_add_test(tcase, the_same_descriptor_in_two_loops);

    tcase = turning_case(suite, "triggers");
    tcase_add_test(tcase, level_is_reported_each_turn_and_merged);
    tcase_add_test(tcase, edge_is_reported_when_it_comes_about);
    tcase_add_test(tcase, oneshot_byte_by_byte);
    tcase_add_test(tcase, oneshot_is_silent_even_when_the_peer_goes);
    tcase_add_test(tcase, only_what_is_asked_for_is_reported);
    tcase_add_test(tcase, a_pipe_that_loses_an_end_is_reported_to_the_other);
    tcase_add_test(tcase, reregister_changes_interest_and_trigger);

    tcase = turning_case(suite, "what is stopped in a turn");
    tcase_add_loop_test(tcase, nothing_after_deregister_from_the_batch_in_hand, MIO_LEVEL,
                        MIO_ONESHOT + 1);
    tcase_add_test(tcase, a_source_that_ends_itself);
    tcase_add_test(tcase, a_number_used_again_within_the_batch_gets_no_old_event);
    tcase_add_test(tcase, reregister_masks_what_is_in_hand);
    tcase_add_test(tcase, reregister_before_the_poll_tells_nothing_old);
    tcase_add_loop_test(tcase, a_paused_source_is_silent_from_the_batch_in_hand, MIO_LEVEL,
                        MIO_ONESHOT + 1);
    tcase_add_test(tcase, a_oneshot_renewed_in_the_batch_is_reported_once);
    tcase_add_test(tcase, what_is_registered_in_a_turn_is_reported_in_the_next);
    tcase_add_test(tcase, ten_thousand_registrations_end_in_one_turn);
    return suite;
}
