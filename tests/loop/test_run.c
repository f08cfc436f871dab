#include "turning.h"

#include <signal.h>
#include <string.h>
#include <sys/time.h>

/* What the handlers of a test have seen, by kind, and what each is to do besides. */
static struct {
    int calls[MIO_TICK + 1];
    mio_event last[MIO_TICK + 1];
    void (*act)(const mio_event *event);
} seen;

static void handle(mio_loop *from, const mio_event *event, void *ctx)
{
    ck_assert_ptr_eq(from, loop);
    ck_assert_ptr_eq(ctx, &seen);
    seen.calls[event->kind]++;
    seen.last[event->kind] = *event;
    if (seen.act != NULL)
        seen.act(event);
}

static void handle_ready(mio_loop *from, const mio_event *event, void *ctx)
{
    ck_assert_int_eq(event->kind, MIO_READY);
    handle(from, event, ctx);
}

static void handle_timeout(mio_loop *from, const mio_event *event, void *ctx)
{
    ck_assert_int_eq(event->kind, MIO_TIMEOUT);
    handle(from, event, ctx);
}

static void handle_signal(mio_loop *from, const mio_event *event, void *ctx)
{
    ck_assert_int_eq(event->kind, MIO_SIGNAL);
    handle(from, event, ctx);
}

static void handle_interrupted(mio_loop *from, const mio_event *event, void *ctx)
{
    ck_assert_int_eq(event->kind, MIO_INTERRUPTED);
    handle(from, event, ctx);
}

static void handle_tick(mio_loop *from, const mio_event *event, void *ctx)
{
    ck_assert_int_eq(event->kind, MIO_TICK);
    handle(from, event, ctx);
}

static const mio_handler handler = {.ready = handle_ready,
                                    .timeout = handle_timeout,
                                    .signal = handle_signal,
                                    .interrupted = handle_interrupted,
                                    .tick = handle_tick};

static int run(void (*act)(const mio_event *event))
{
    memset(&seen, 0, sizeof seen);
    seen.act = act;
    return mio_loop_run(loop, &handler, &seen);
}

/* ------------------------------------------------------------------ its end */

START_TEST(with_nothing_registered_it_is_over_at_once)
{
    ck_assert_int_eq(run(NULL), 0);
    ck_assert_int_eq(run(NULL), 0);
}
END_TEST

static void act_shutdown(const mio_event *event)
{
    if (event->kind != MIO_TICK)
        mio_loop_shutdown(loop);
}

START_TEST(each_kind_has_its_handler)
{
    int fds[2];

    source_pair(fds);
    turning_register(fds[0], W, 1);
    turning_after(0, 2);
    ck_assert_int_eq(mio_loop_signal(loop, SIGUSR1, 3, NULL), 0);
    raise(SIGUSR1);
    source_pause_ms(1);
    ck_assert_int_eq(run(act_shutdown), 0);
    ck_assert_int_eq(seen.calls[MIO_READY], 1);
    ck_assert_uint_eq(seen.last[MIO_READY].token, 1);
    ck_assert_uint_eq(seen.last[MIO_READY].ready, W);
    ck_assert_int_eq(seen.calls[MIO_TIMEOUT], 1);
    ck_assert_uint_eq(seen.last[MIO_TIMEOUT].token, 2);
    ck_assert_int_eq(seen.calls[MIO_SIGNAL], 1);
    ck_assert_int_eq(seen.last[MIO_SIGNAL].value, SIGUSR1);
    ck_assert_int_eq(seen.calls[MIO_TICK], 1);
    source_close(fds);
}
END_TEST

/* Events without a handler are dropped; the run goes on. */
START_TEST(no_handler_at_all)
{
    static const mio_handler none;
    int fds[2];

    source_pair(fds);
    turning_register_with(fds[0], W, MIO_EDGE, 1);
    ck_assert_int_eq(mio_loop_signal(loop, SIGUSR1, 3, NULL), 0);
    raise(SIGUSR1);
    turning_after(0, 2);
    mio_loop_shutdown(loop);
    ck_assert_int_eq(mio_loop_run(loop, &none, NULL), 0);
    turning_poll(2 * SOURCE_NS_PER_MS);
    turning_finish((mio_event[TURNING_MAX]){{0}});
    source_close(fds);
}
END_TEST

START_TEST(it_ends_when_the_last_thing_has_ended)
{
    turning_after(SOURCE_NS_PER_MS, 1);
    turning_after(3 * SOURCE_NS_PER_MS, 2);
    ck_assert_int_eq(run(NULL), 0);
    ck_assert_int_eq(seen.calls[MIO_TIMEOUT], 2);
    ck_assert_uint_eq(seen.last[MIO_TIMEOUT].token, 2);
    ck_assert_uint_eq(mio_loop_count(loop), 0);
}
END_TEST

static void act_deregister(const mio_event *event)
{
    if (event->kind == MIO_READY)
        turning_deregister(event->id);
}

START_TEST(it_ends_when_a_handler_ends_the_last_registration)
{
    int fds[2];

    source_pair(fds);
    turning_register(fds[0], W, 1);
    turning_register(fds[1], W, 2);
    ck_assert_int_eq(run(act_deregister), 0);
    ck_assert_int_eq(seen.calls[MIO_READY], 2);
    ck_assert_int_ge(seen.calls[MIO_TICK], 1); /* the last turn is delivered to its end */
    source_close(fds);
}
END_TEST

static void act_end_in_tick(const mio_event *event)
{
    if (event->kind == MIO_TICK && seen.calls[MIO_TICK] == 3)
        mio_loop_shutdown(loop);
}

START_TEST(shutdown_in_the_tick)
{
    int fds[2];

    source_pair(fds);
    turning_register(fds[0], W, 1);
    ck_assert_int_eq(run(act_end_in_tick), 0);
    ck_assert_int_eq(seen.calls[MIO_TICK], 3);
    ck_assert_int_eq(seen.calls[MIO_READY], 3);
    source_close(fds);
}
END_TEST

START_TEST(shutdown_ends_it_after_the_turn)
{
    int fds[2];

    source_pair(fds);
    turning_register(fds[0], W, 1);
    turning_register(fds[1], W, 2);
    ck_assert_int_eq(run(act_shutdown), 0);
    ck_assert_int_eq(seen.calls[MIO_READY], 2); /* the rest of the turn is not lost */
    ck_assert_int_eq(seen.calls[MIO_TICK], 1);
    ck_assert_int_eq(run(act_shutdown), 0); /* and the loop runs again */
    ck_assert_int_eq(seen.calls[MIO_READY], 2);
    source_close(fds);
}
END_TEST

START_TEST(shutdown_before_the_run_is_not_lost)
{
    const int64_t start_ns = mio_now_ns();
    int fds[2];

    source_pair(fds);
    turning_register(fds[0], R, 1);
    turning_after(source_soon_ns, 2);
    mio_loop_shutdown(loop);
    mio_loop_shutdown(loop);
    ck_assert_int_eq(mio_loop_timeout(loop), 0);
    ck_assert_int_eq(run(NULL), 0);
    ck_assert_int_eq(seen.calls[MIO_TICK], 1);
    ck_assert(mio_now_ns() - start_ns < source_soon_ns); /* it has not waited */
    ck_assert_int_eq(mio_loop_take_shutdown(loop), 0);
    source_close(fds);
}
END_TEST

START_TEST(shutdown_before_a_run_of_nothing_ends_that_run_only)
{
    mio_loop_shutdown(loop);
    ck_assert_int_eq(run(NULL), 0);
    turning_after(0, 1);
    turning_after(SOURCE_NS_PER_MS, 2);
    ck_assert_int_eq(run(NULL), 0);
    ck_assert_int_eq(seen.calls[MIO_TIMEOUT], 2);
}
END_TEST

START_TEST(who_drives_the_turns_takes_the_shutdown)
{
    ck_assert_int_eq(mio_loop_take_shutdown(loop), 0);
    mio_loop_shutdown(loop);
    ck_assert_int_eq(mio_loop_take_shutdown(loop), 1);
    ck_assert_int_eq(mio_loop_take_shutdown(loop), 0);
}
END_TEST

/* --------------------------------------------------------------- its turns */

START_TEST(what_an_earlier_turn_has_left_comes_first)
{
    uint64_t first;
    int fds[2];

    source_pair(fds);
    turning_register_with(fds[0], W, MIO_EDGE, 1);
    turning_register_with(fds[1], W, MIO_EDGE, 2);
    turning_poll(source_soon_ns);
    first = turning_next().token;
    mio_loop_shutdown(loop);
    ck_assert_int_eq(run(NULL), 0);
    ck_assert_int_eq(seen.calls[MIO_READY], 1);
    ck_assert_uint_eq(seen.last[MIO_READY].token, 3 - first);
    source_close(fds);
}
END_TEST

static void act_fetch_the_rest(const mio_event *event)
{
    if (event->kind == MIO_READY)
        turning_expect_rest(1, (mio_event[]){turning_ready(3 - event->token, W)});
    mio_loop_shutdown(loop);
}

/* A handler may fetch what is left of its turn; the run goes on with the next one. */
START_TEST(a_handler_fetches_the_rest_of_its_turn)
{
    int fds[2];

    source_pair(fds);
    turning_register_with(fds[0], W, MIO_EDGE, 1);
    turning_register_with(fds[1], W, MIO_EDGE, 2);
    ck_assert_int_eq(run(act_fetch_the_rest), 0);
    ck_assert_int_eq(seen.calls[MIO_READY], 1);
    ck_assert_int_eq(seen.calls[MIO_TICK], 0);
    source_close(fds);
}
END_TEST

/* With a turn in hand a poll does nothing; in the tick it begins the next turn. */
static void act_poll(const mio_event *event)
{
    ck_assert_int_eq(mio_loop_poll(loop, 0), 0);
    if (event->kind == MIO_TICK && seen.calls[MIO_TICK] == 3)
        mio_loop_shutdown(loop);
}

START_TEST(a_handler_polls)
{
    int fds[2];

    source_pair(fds);
    turning_register(fds[0], W, 1);
    turning_register(fds[1], W, 2);
    turning_after(0, 3);
    source_pause_ms(1);
    ck_assert_int_eq(run(act_poll), 0);
    ck_assert_int_eq(seen.calls[MIO_READY], 6);
    ck_assert_int_eq(seen.calls[MIO_TIMEOUT], 1);
    ck_assert_int_eq(seen.calls[MIO_TICK], 3);
    turning_expect_rest(2, (mio_event[]){turning_ready(1, W), turning_ready(2, W)});
    source_close(fds);
}
END_TEST

static void act_run(const mio_event *event)
{
    (void)event;
    ck_assert_int_eq(mio_loop_run(loop, &handler, &seen), -EBUSY);
    mio_loop_shutdown(loop);
}

START_TEST(it_does_not_run_within_itself)
{
    int fds[2];

    source_pair(fds);
    turning_register(fds[0], W, 1);
    ck_assert_int_eq(run(act_run), 0);
    ck_assert_int_eq(seen.calls[MIO_READY], 1);
    ck_assert_int_eq(seen.calls[MIO_TICK], 1);
    source_close(fds);
}
END_TEST

static mio_loop *inner;

static void act_run_inner(const mio_event *event)
{
    if (event->kind != MIO_READY)
        return;
    ck_assert_int_eq(mio_loop_after(inner, 0, 1, NULL), 0);
    ck_assert_int_eq(mio_loop_run(inner, &(mio_handler){0}, NULL), 0);
    mio_loop_shutdown(loop);
}

START_TEST(another_loop_runs_within_a_handler)
{
    int fds[2];

    source_pair(fds);
    turning_register(fds[0], W, 1);
    ck_assert_int_eq(mio_loop_new(NULL, &inner), 0);
    ck_assert_int_eq(run(act_run_inner), 0);
    ck_assert_uint_eq(mio_loop_count(inner), 0);
    mio_loop_free(inner);
    source_close(fds);
}
END_TEST

static void act_interrupted(const mio_event *event)
{
    if (event->kind == MIO_INTERRUPTED)
        mio_loop_shutdown(loop);
}

static void note_nothing(int number)
{
    (void)number;
}

START_TEST(an_interruption_has_its_handler)
{
    /* Again and again: the first may come before the wait. */
    const struct itimerval soon = {.it_interval.tv_usec = 5000, .it_value.tv_usec = 5000};
    const struct itimerval never = {.it_value.tv_usec = 0};
    struct sigaction action = {.sa_handler = note_nothing}, before;

    turning_after(source_soon_ns, 1);
    ck_assert_int_eq(sigaction(SIGALRM, &action, &before), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &soon, NULL), 0);
    ck_assert_int_eq(run(act_interrupted), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
    ck_assert_int_eq(seen.calls[MIO_INTERRUPTED], 1);
    ck_assert_int_eq(seen.calls[MIO_TIMEOUT], 0);
    ck_assert_int_eq(sigaction(SIGALRM, &before, NULL), 0);
}
END_TEST

/* --------------------------------------------------------------- freed inside */

static mio_event_kind free_at;

static void act_free(const mio_event *event)
{
    if (event->kind != free_at)
        return;
    mio_loop_free(loop);
    mio_loop_free(loop);
    turning_after(0, 1); /* it lives until the handler is out */
    ck_assert_int_eq(mio_loop_run(loop, &handler, &seen), -EBUSY);
}

/* In a handler of each kind, with more to come after it in the turn. */
START_TEST(freeing_takes_effect_after_the_handler)
{
    static const mio_event_kind kinds[] = {MIO_READY, MIO_SIGNAL, MIO_TIMEOUT, MIO_TICK};
    int fds[2];

    free_at = kinds[_i];
    source_pair(fds);
    turning_register(fds[0], W, 1);
    turning_register(fds[1], W, 2);
    for (uint64_t i = 0; i < 2; i++) {
        turning_after(0, i);
        ck_assert_int_eq(mio_loop_signal(loop, SIGUSR1, i, NULL), 0);
    }
    raise(SIGUSR1);
    source_pause_ms(1);
    ck_assert_int_eq(run(act_free), -ECANCELED);
    ck_assert_int_eq(seen.calls[free_at], 1); /* nothing more is delivered */
    for (unsigned kind = free_at + 1; kind <= MIO_TICK; kind++)
        ck_assert_int_eq(seen.calls[kind], 0);
    turning_open();
    source_close(fds);
}
END_TEST

static void act_free_and_shutdown(const mio_event *event)
{
    (void)event;
    mio_loop_shutdown(loop);
    mio_loop_free(loop);
}

START_TEST(freeing_after_shutdown)
{
    turning_after(0, 1);
    ck_assert_int_eq(run(act_free_and_shutdown), -ECANCELED);
    turning_open();
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("loop/run");
    TCase *tcase = turning_case(suite, "its end");

    tcase_add_test(tcase, with_nothing_registered_it_is_over_at_once);
    tcase_add_test(tcase, each_kind_has_its_handler);
    tcase_add_test(tcase, no_handler_at_all);
    tcase_add_test(tcase, it_ends_when_the_last_thing_has_ended);
    tcase_add_test(tcase, it_ends_when_a_handler_ends_the_last_registration);
    tcase_add_test(tcase, shutdown_in_the_tick);
    tcase_add_test(tcase, shutdown_ends_it_after_the_turn);
    tcase_add_test(tcase, shutdown_before_the_run_is_not_lost);
    tcase_add_test(tcase, shutdown_before_a_run_of_nothing_ends_that_run_only);
    tcase_add_test(tcase, who_drives_the_turns_takes_the_shutdown);

    tcase = turning_case(suite, "its turns");
    tcase_add_test(tcase, what_an_earlier_turn_has_left_comes_first);
    tcase_add_test(tcase, a_handler_fetches_the_rest_of_its_turn);
    tcase_add_test(tcase, a_handler_polls);
    tcase_add_test(tcase, it_does_not_run_within_itself);
    tcase_add_test(tcase, another_loop_runs_within_a_handler);
    tcase_add_test(tcase, an_interruption_has_its_handler);

    tcase = turning_case(suite, "freed inside");
    tcase_add_loop_test(tcase, freeing_takes_effect_after_the_handler, 0, 4);
    tcase_add_test(tcase, freeing_after_shutdown);
    return suite;
}
