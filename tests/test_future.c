/* SPDX-License-Identifier: MIT */
/* test_future.c - work given to a loop from other threads. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdatomic.h>

#include <eddy/future.h>

#include "deferred_support.h"
#include "gate.h"

/* ---- A loop in a thread of its own --------------------------------------- */

struct server {
    struct eddy_loop *loop;
    struct eddy_waker waker; /* keeps it alive */
    pthread_t thread;
};

static void never(struct eddy_waker *waker, void *arg)
{
    (void)waker;
    (void)arg;
}

static void *serve(void *loop)
{
    ck_assert_int_eq(eddy_loop_run(loop), 1);
    return NULL;
}

static void start_serving(struct server *server, struct eddy_loop *loop)
{
    server->loop = loop;
    ck_assert_int_eq(eddy_waker_init(&server->waker, loop, never, NULL), 0);
    server->thread = start_thread(serve, loop);
}

static void start_server(struct server *server, int index)
{
    struct eddy_loop_options options = real_options(index);

    options.flags |= EDDY_LOOP_DEBUG; /* -EPERM in a wrong thread */
    start_serving(server, loop_with(options));
}

static void stop_server(struct server *server)
{
    ck_assert_int_eq(eddy_loop_stop(server->loop), 0);
    join_thread(server->thread);
    ck_assert_int_eq(eddy_waker_done(&server->waker), 0);
}

/* ---- Work ---------------------------------------------------------------- */

static struct eddy_value give(void *n)
{
    return (intptr_t)n < 0 ? eddy_fail((int)(intptr_t)n)
                           : eddy_int((intptr_t)n);
}

static struct eddy_value give_counted(void *freed)
{
    mark(word("called"));
    return counted(freed);
}

static struct eddy_value wait_for(void *deferred)
{
    return eddy_wait_for(deferred);
}

static int64_t give_seven(void *arg)
{
    (void)arg;
    return 7;
}

static struct eddy_future *call(struct eddy_loop *loop, eddy_make_fn *fn,
                                void *arg)
{
    struct eddy_future *future = NULL;

    ck_assert_int_eq(eddy_future_call(&future, loop, fn, arg), 0);
    return future;
}

static struct eddy_future *begin(struct eddy_loop *loop, struct eddy_op op)
{
    struct eddy_future *future = NULL;

    ck_assert_int_eq(eddy_future_start(&future, loop, op), 0);
    return future;
}

/* What it gives, which must come; it is let go. */
static struct eddy_value value_of(struct eddy_future *future)
{
    struct eddy_value value = eddy_none();

    ck_assert_int_eq(eddy_future_wait(future, EDDY_FOREVER, &value), 0);
    eddy_future_free(future);
    return value;
}

static void expect_int(struct eddy_future *future, int64_t n)
{
    struct eddy_value value = value_of(future);

    ck_assert_ptr_null((void *)(uintptr_t)value.free);
    ck_assert_int_eq(value.n, n);
}

static void expect_error(struct eddy_future *future, int err)
{
    struct eddy_value value = value_of(future);

    ck_assert_int_eq(eddy_error_code(&value), err);
    eddy_value_free(&value);
}

/* ---- Results ------------------------------------------------------------- */

START_TEST(an_operation_is_waited_for_in_another_thread) /* L31 */
{
    struct server server;

    start_server(&server, _i);
    expect_int(begin(server.loop, eddy_offload(give_seven, NULL)), 7);
    expect_int(begin(server.loop, eddy_sleep(EDDY_MS)), 0);
    expect_error(begin(server.loop, eddy_readable(-1)), -EINVAL);
    expect_error(begin(server.loop, eddy_every(1, EDDY_SKIP)), -EINVAL);
    stop_server(&server);
}
END_TEST

START_TEST(a_function_is_called_in_the_thread_of_the_loop) /* L31 */
{
    static const int64_t rows[] = { 5, 0, -EIO };
    struct server server;
    int freed = 0;
    struct eddy_value value;

    start_server(&server, _i);
    for (size_t r = 0; r < COUNT(rows); r++)
        if (rows[r] < 0)
            expect_error(call(server.loop, give, number(rows[r])), -EIO);
        else
            expect_int(call(server.loop, give, number(rows[r])), rows[r]);
    value = value_of(call(server.loop, give_counted, &freed));
    ck_assert_ptr_eq(value.ptr, &freed);
    ck_assert_int_eq(freed, 0); /* it is ours now */
    eddy_value_free(&value);
    stop_server(&server);
    ck_assert_int_eq(freed, 1);
}
END_TEST

static struct eddy_value give_negative(void *arg)
{
    (void)arg;
    return eddy_int(-3);
}

START_TEST(a_negative_integer_is_no_error)
{
    struct server server;

    start_server(&server, _i);
    expect_int(call(server.loop, give_negative, NULL), -3);
    stop_server(&server);
}
END_TEST

static struct eddy_value fail_in_words(struct eddy_value *result, void *text)
{
    (void)result;
    return eddy_fail_text(NULL, -EIO, "%s", (const char *)text);
}

/* Sleeps, then fails. */
static struct eddy_value take_steps(void *loop)
{
    struct eddy_deferred *steps = eddy_defer(loop, eddy_sleep(EDDY_MS));

    eddy_then(steps, answer, number(4));
    eddy_then(steps, fail_in_words, word("in the end"));
    return eddy_wait_for(steps);
}

static struct eddy_value take_steps_and_mend(void *loop)
{
    struct eddy_deferred *steps = eddy_defer(loop, eddy_sleep(EDDY_MS));

    eddy_then(steps, answer, number(-EIO));
    eddy_rescue(steps, answer, number(8));
    return eddy_wait_for(steps);
}

START_TEST(a_blocking_call_gives_the_final_result_of_a_deferred) /* L32 */
{
    struct server server;
    struct eddy_value value;

    start_server(&server, _i);
    expect_int(call(server.loop, take_steps_and_mend, server.loop), 8);
    value = value_of(call(server.loop, take_steps, server.loop));
    ck_assert_int_eq(eddy_error_code(&value), -EIO);
    ck_assert_str_eq(eddy_error_text(&value), "in the end");
    eddy_value_free(&value);
    stop_server(&server);
    ck_assert_int_eq(logged("unhandled error"), 0);
}
END_TEST

struct nest {
    struct eddy_loop *loop;
    struct eddy_future *inner;
};

static struct eddy_value call_inner(void *arg)
{
    struct nest *nest = arg;

    nest->inner = call(nest->loop, give, number(2));
    return eddy_int(1);
}

START_TEST(a_call_from_inside_a_call_runs_in_a_later_turn) /* L32 */
{
    struct nest nest = { virtual_loop(_i), NULL };
    struct eddy_future *outer = call(nest.loop, call_inner, &nest);

    while (!eddy_future_done(outer))
        turns(nest.loop, 1);
    ck_assert(!eddy_future_done(nest.inner));
    expect_int(outer, 1);
    run_out(nest.loop);
    expect_int(nest.inner, 2);
}
END_TEST

START_TEST(a_result_is_moved_out_once)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_future *future = call(loop, give, number(5));
    struct eddy_value value = eddy_none();

    ck_assert(!eddy_future_done(future));
    run_out(loop);
    ck_assert(eddy_future_done(future));
    ck_assert_int_eq(eddy_future_wait(future, 0, &value), 0);
    ck_assert_int_eq(value.n, 5);
    value.n = 6;
    ck_assert_int_eq(eddy_future_wait(future, 0, &value), -ENODATA);
    ck_assert_int_eq(value.n, 6);
    ck_assert(eddy_future_done(future));
    eddy_future_free(future);
}
END_TEST

START_TEST(a_wait_that_runs_out_of_time_may_be_repeated)
{
    struct server server;
    struct gate gate;
    struct eddy_future *future;
    struct eddy_value value;
    int64_t began;

    init_gate(&gate);
    start_server(&server, _i);
    future = begin(server.loop, eddy_offload(pass, &gate));
    ck_assert_int_eq(eddy_future_wait(future, 0, &value), -ETIME);
    began = now_ns();
    ck_assert_int_eq(eddy_future_wait(future, 5 * EDDY_MS, &value), -ETIME);
    ck_assert_int_ge(now_ns() - began, 5 * EDDY_MS);
    open_gate(&gate);
    ck_assert_int_eq(eddy_future_wait(future, INT64_MAX, &value), 0);
    ck_assert_int_eq(value.n, 7);
    eddy_future_free(future);
    stop_server(&server);
}
END_TEST

static struct eddy_value wait_inside(void *arg)
{
    struct nest *nest = arg;
    struct eddy_value value = eddy_none();

    ck_assert_int_eq(eddy_future_wait(nest->inner, EDDY_FOREVER, &value),
                     -EDEADLK);
    return value;
}

static struct eddy_value wait_for_other(void *arg)
{
    struct nest *nest = arg;
    struct eddy_future *done = nest->inner;

    return value_of(done);
}

START_TEST(a_wait_in_the_loops_own_thread_is_refused)
{
    struct nest nest = { virtual_loop(_i), NULL };
    struct eddy_future *outer = call(nest.loop, wait_inside, &nest);

    nest.inner = call(nest.loop, give, number(2));
    run_out(nest.loop);
    expect_int(outer, 0);
    outer = call(nest.loop, wait_for_other, &nest); /* it is there: no wait */
    run_out(nest.loop);
    expect_int(outer, 2);
}
END_TEST

START_TEST(a_callback_may_wait_for_another_loop)
{
    struct server server;
    struct nest nest = { virtual_loop(_i), NULL };
    struct eddy_future *outer;

    start_server(&server, _i);
    nest.inner = call(server.loop, give, number(3));
    outer = call(nest.loop, wait_for_other, &nest);
    run_out(nest.loop);
    expect_int(outer, 3);
    stop_server(&server);
}
END_TEST

/* ---- Cancelling ---------------------------------------------------------- */

START_TEST(a_cancel_crosses_to_the_loop) /* L31, F14 */
{
    struct server server;
    struct eddy_future *future;
    struct eddy_value value;

    start_server(&server, _i);
    future = begin(server.loop, eddy_sleep(3600 * EDDY_SECOND));
    ck_assert_int_eq(eddy_future_wait(future, EDDY_MS, &value), -ETIME);
    ck_assert_int_eq(eddy_future_cancel(future), 0);
    ck_assert_int_eq(eddy_future_cancel(future), 0);
    expect_error(future, -ECANCELED);
    stop_server(&server);
}
END_TEST

static bool fire_nine(struct eddy_deferred *deferred, void *times)
{
    ++*(int *)times;
    ck_assert_int_eq(eddy_fire(deferred, eddy_int(9)), 0);
    return true;
}

START_TEST(cancelling_a_future_asks_the_deferred_once_whose_answer_counts)
/* F14 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    int times = 0;
    struct eddy_deferred *work =
        eddy_deferred_new(eddy_loop_domain(loop), fire_nine, &times);
    struct eddy_future *future = call(loop, wait_for, work);

    turns(loop, 3);
    ck_assert(!eddy_future_done(future));
    ck_assert_int_eq(eddy_future_cancel(future), 0);
    ck_assert_int_eq(eddy_future_cancel(future), 0);
    turns(loop, 3);
    ck_assert_int_eq(times, 1);
    ck_assert_int_eq(eddy_future_cancel(future), 0); /* done */
    expect_int(future, 9);
}
END_TEST

START_TEST(a_cancel_that_leads_nowhere_ends_the_wait_all_the_same)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *work =
        eddy_deferred_new(eddy_loop_domain(loop), NULL, NULL);
    struct eddy_future *future = call(loop, wait_for, eddy_ref(work));

    ck_assert_int_eq(eddy_pause(work), 0);
    turns(loop, 3);
    ck_assert_int_eq(eddy_future_cancel(future), 0);
    run_out(loop);
    expect_error(future, -ECANCELED);
    ck_assert_int_eq(eddy_resume(work), 0);
    finish_with(work, -ECANCELED);
}
END_TEST

START_TEST(work_that_is_cancelled_before_it_begins_never_does)
{
    struct eddy_loop *loop = virtual_loop(_i);
    int freed = 0;
    struct eddy_future *future = call(loop, give_counted, &freed);

    ck_assert_int_eq(eddy_future_cancel(future), 0);
    run_out(loop);
    ck_assert_str_eq(marks(), "");
    expect_error(future, -ECANCELED);
}
END_TEST

static struct eddy_value cancel_myself(void *arg)
{
    struct nest *nest = arg;

    ck_assert_int_eq(eddy_future_cancel(nest->inner), 0);
    return eddy_wait_for(
        eddy_defer(nest->loop, eddy_sleep(3600 * EDDY_SECOND)));
}

START_TEST(work_may_cancel_its_own_future)
{
    struct nest nest = { virtual_loop(_i), NULL };

    nest.inner = call(nest.loop, cancel_myself, &nest);
    run_out(nest.loop);
    ck_assert_int_eq(virtual_time.now_ns, EDDY_SECOND);
    expect_error(nest.inner, -ECANCELED);
}
END_TEST

START_TEST(what_a_cancelled_one_would_copy_is_dropped) /* F14 */
{
    struct eddy_domain *here = eddy_loop_domain(virtual_loop(_i));
    struct eddy_deferred *from = eddy_deferred_new(here, NULL, NULL);
    struct eddy_deferred *to = eddy_deferred_new(here, NULL, NULL);
    int freed = 0;

    eddy_chain(from, to);
    eddy_cancel(to);
    ck_assert_int_eq(eddy_fire(from, counted(&freed)), 0);
    ck_assert_int_eq(freed, 1);
    finish_with(to, -ECANCELED);
    finish_with(from, 0);
}
END_TEST

START_TEST(one_of_another_loop_cannot_be_awaited) /* F13 */
{
    struct eddy_loop *loop = virtual_loop(_i), *other = virtual_loop(_i);
    struct eddy_deferred *theirs =
        eddy_deferred_new(eddy_loop_domain(other), NULL, NULL);
    struct eddy_deferred *ours =
        eddy_fired(eddy_loop_domain(loop), eddy_none());
    struct eddy_future *future = call(loop, wait_for, eddy_ref(theirs));

    eddy_then(ours, await, eddy_ref(theirs));
    finish_with(ours, -EXDEV);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_when(theirs, NULL)).n,
                     -EXDEV);
    run_out(loop);
    expect_error(future, -EXDEV);
    ck_assert_int_eq(eddy_fire(theirs, eddy_int(1)), 0);
    finish_with(theirs, 1);
}
END_TEST

/* ---- Who goes first ------------------------------------------------------ */

static pthread_t freed_in;

static void note_thread(void *freed)
{
    freed_in = pthread_self();
    count_free(freed);
}

static struct eddy_value give_noted(void *freed)
{
    mark(word("called"));
    return eddy_own(freed, note_thread);
}

START_TEST(what_nobody_waits_for_goes_on_and_is_freed_by_the_loop)
{
    struct eddy_loop *loop = real_loop(_i);
    struct server server;
    int freed = 0;

    eddy_future_free(call(loop, give_noted, &freed));
    start_serving(&server, loop);
    expect_int(call(loop, give, number(1)), 1); /* it came later */
    stop_server(&server);
    ck_assert_str_eq(marks(), "called");
    ck_assert_int_eq(freed, 1);
    ck_assert(pthread_equal(freed_in, server.thread));
}
END_TEST

START_TEST(a_result_nobody_took_is_freed_with_the_future)
{
    struct eddy_loop *loop = virtual_loop(_i);
    int freed = 0;
    struct eddy_future *future = call(loop, give_counted, &freed);

    run_out(loop);
    free_loop(loop); /* it may go first */
    ck_assert_int_eq(eddy_future_cancel(future), 0);
    ck_assert_int_eq(freed, 0);
    eddy_future_free(future);
    ck_assert_int_eq(freed, 1);
}
END_TEST

START_TEST(a_loop_that_is_freed_ends_all_work)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_future *asleep = begin(loop, eddy_sleep(EDDY_SECOND));
    struct eddy_future *never_fired = call(
        loop, wait_for, eddy_deferred_new(eddy_loop_domain(loop), NULL, NULL));
    struct eddy_future *not_begun, *asked, *asked_early, *let_go;
    int freed = 0;

    asked = begin(loop, eddy_sleep(EDDY_SECOND));
    turns(loop, 2);
    ck_assert_int_eq(eddy_future_cancel(asked), 0);
    not_begun = call(loop, give_counted, &freed);
    let_go = call(loop, give_counted, &freed);
    asked_early = call(loop, give_counted, &freed);
    ck_assert_int_eq(eddy_future_cancel(asked_early), 0);
    eddy_future_free(let_go);
    free_loop(loop);
    ck_assert_str_eq(marks(), "");
    expect_error(asleep, -ECANCELED);
    expect_error(never_fired, -ECANCELED);
    expect_error(asked, -ECANCELED);
    expect_error(not_begun, -ESHUTDOWN);
    expect_error(asked_early, -ESHUTDOWN);
}
END_TEST

static void start_late(struct eddy_result result, void *loop)
{
    struct eddy_future *future = NULL;

    ck_assert_int_eq(result.n, -ECANCELED);
    ck_assert_int_eq(eddy_future_call(&future, loop, give, NULL), -ESHUTDOWN);
    ck_assert_int_eq(eddy_future_start(&future, loop, eddy_sleep(1)),
                     -ESHUTDOWN);
    ck_assert_ptr_null(future);
    mark(word("late"));
}

START_TEST(a_loop_that_is_being_freed_takes_no_more_work)
{
    struct eddy_loop *loop = virtual_loop(_i);

    ck_assert_int_eq(
        eddy_start(loop, eddy_sleep(EDDY_SECOND), start_late, loop, NULL), 0);
    free_loop(loop);
    ck_assert_str_eq(marks(), "late");
}
END_TEST

/* ---- Many threads -------------------------------------------------------- */

enum { USERS = 4, ROUNDS = 50 };

static void *use_server(void *loop)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct eddy_future *future =
            begin(loop, eddy_sleep(3600 * EDDY_SECOND));
        struct eddy_value value;

        expect_int(call(loop, give, number(i)), i);
        ck_assert_int_eq(eddy_future_cancel(future), 0);
        if (i % 3 == 0)
            expect_error(future, -ECANCELED);
        else
            eddy_future_free(future);
        future = call(loop, take_steps_and_mend, loop);
        if (i % 3 == 1)
            (void)eddy_future_wait(future, EDDY_MS, &value);
        if (i % 3 == 2)
            (void)eddy_future_cancel(future);
        eddy_future_free(future);
    }
    return NULL;
}

START_TEST(many_threads_may_use_one_loop)
{
    struct server server;
    pthread_t threads[USERS];

    start_server(&server, _i);
    for (int i = 0; i < USERS; i++)
        threads[i] = start_thread(use_server, server.loop);
    for (int i = 0; i < USERS; i++)
        join_thread(threads[i]);
    stop_server(&server);
    ck_assert_int_eq(logged("unhandled error"), 0);
}
END_TEST

struct crowd {
    struct eddy_future *future;
    atomic_int got, late;
};

static void *wait_in_crowd(void *arg)
{
    struct crowd *crowd = arg;
    struct eddy_value value;
    int err = eddy_future_wait(crowd->future, EDDY_FOREVER, &value);

    atomic_fetch_add(err == 0 ? &crowd->got : &crowd->late, 1);
    ck_assert_int_eq(err, err == 0 ? 0 : -ENODATA);
    return NULL;
}

START_TEST(of_many_who_wait_one_gets_it_and_none_is_left_waiting)
{
    struct server server;
    struct gate gate;
    struct crowd crowd = { .future = NULL };
    pthread_t threads[USERS];

    init_gate(&gate);
    start_server(&server, _i);
    crowd.future = begin(server.loop, eddy_offload(pass, &gate));
    for (int i = 0; i < USERS; i++)
        threads[i] = start_thread(wait_in_crowd, &crowd);
    open_gate(&gate);
    for (int i = 0; i < USERS; i++)
        join_thread(threads[i]);
    ck_assert_int_eq(crowd.got, 1);
    ck_assert_int_eq(crowd.late, USERS - 1);
    eddy_future_free(crowd.future);
    stop_server(&server);
}
END_TEST

/* ---- Misuse, and no memory ----------------------------------------------- */

START_TEST(futures_refuse_what_makes_no_sense)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_future *future = NULL;
    struct eddy_op op = eddy_sleep(0);
    struct eddy_value value;

    ck_assert_int_eq(eddy_future_start_op(NULL, loop, &op), -EINVAL);
    ck_assert_int_eq(eddy_future_start_op(&future, NULL, &op), -EINVAL);
    ck_assert_int_eq(eddy_future_start_op(&future, loop, NULL), -EINVAL);
    op.type = NULL;
    ck_assert_int_eq(eddy_future_start_op(&future, loop, &op), -EINVAL);
    ck_assert_int_eq(eddy_future_call(NULL, loop, give, NULL), -EINVAL);
    ck_assert_int_eq(eddy_future_call(&future, NULL, give, NULL), -EINVAL);
    ck_assert_int_eq(eddy_future_call(&future, loop, NULL, NULL), -EINVAL);
    ck_assert_ptr_null(future);
    ck_assert_int_eq(eddy_future_wait(NULL, 0, &value), -EINVAL);
    ck_assert(!eddy_future_done(NULL));
    ck_assert_int_eq(eddy_future_cancel(NULL), -EINVAL);
    eddy_future_free(NULL);
    future = call(loop, give, number(1));
    ck_assert_int_eq(eddy_future_wait(future, 0, NULL), -EINVAL);
    run_out(loop);
    expect_int(future, 1);
}
END_TEST

START_TEST(without_memory_nothing_starts_or_the_result_says_so)
{
    struct eddy_loop *loop = NULL;
    bool failed = true;

    for (int nth = 1; failed; nth++) {
        struct eddy_future *future = NULL;
        int err;

        loop = virtual_loop(_i); /* with nothing in its pools */
        fail_allocation(nth);
        err = eddy_future_call(&future, loop, give, number(5));
        if (err == 0)
            run_out(loop);
        failed = allocation_failed();
        fail_allocation(0);
        ck_assert(err == (nth <= 2 ? -ENOMEM : 0));
        if (err == 0 && failed)
            expect_error(future, -ENOMEM);
        else if (err == 0)
            expect_int(future, 5);
        ck_assert_int_lt(nth, 16);
        free_loop(loop);
    }
}
END_TEST

START_TEST(cancelling_needs_no_memory)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_future *future = begin(loop, eddy_sleep(EDDY_SECOND));

    turns(loop, 3);
    fail_allocation(1);
    ck_assert_int_eq(eddy_future_cancel(future), 0);
    run_out(loop);
    ck_assert(!allocation_failed());
    expect_error(future, -ECANCELED);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_operation_is_waited_for_in_another_thread,
        a_function_is_called_in_the_thread_of_the_loop,
        a_negative_integer_is_no_error,
        a_blocking_call_gives_the_final_result_of_a_deferred,
        a_call_from_inside_a_call_runs_in_a_later_turn,
        a_result_is_moved_out_once,
        a_wait_that_runs_out_of_time_may_be_repeated,
        a_wait_in_the_loops_own_thread_is_refused,
        a_callback_may_wait_for_another_loop,
        a_cancel_crosses_to_the_loop,
        cancelling_a_future_asks_the_deferred_once_whose_answer_counts,
        a_cancel_that_leads_nowhere_ends_the_wait_all_the_same,
        work_that_is_cancelled_before_it_begins_never_does,
        work_may_cancel_its_own_future,
        what_a_cancelled_one_would_copy_is_dropped,
        one_of_another_loop_cannot_be_awaited,
        what_nobody_waits_for_goes_on_and_is_freed_by_the_loop,
        a_result_nobody_took_is_freed_with_the_future,
        a_loop_that_is_freed_ends_all_work,
        a_loop_that_is_being_freed_takes_no_more_work,
        many_threads_may_use_one_loop,
        of_many_who_wait_one_gets_it_and_none_is_left_waiting,
        futures_refuse_what_makes_no_sense,
        without_memory_nothing_starts_or_the_result_says_so,
        cancelling_needs_no_memory,
    };
    Suite *suite = suite_create("future");

    add_loop_tests(suite, tests, COUNT(tests));
    return run_suite(suite);
}
