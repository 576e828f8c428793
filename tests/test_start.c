/* SPDX-License-Identifier: MIT */
/* test_start.c - running operations from other threads and from outside. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdatomic.h>

#include <eddy/process.h>

#include "loop_support.h"

/* ---- From outside -------------------------------------------------------- */

START_TEST(run_until_returns_the_result)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_op none = { .type = NULL };

    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_sleep(EDDY_SECOND)).n, 0);
    ck_assert_int_eq(eddy_loop_now_ns(loop), 2 * EDDY_SECOND);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_within(1, eddy_sleep(2))).n,
                     -ETIME);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_ready(-1, EDDY_READ)).n,
                     -EINVAL);
    ck_assert_int_eq(eddy_loop_run_until(loop, none).n, -EINVAL);
    ck_assert_int_eq(eddy_run_op(loop, NULL).n, -EINVAL);
    ck_assert_int_eq(eddy_loop_run_until(NULL, eddy_sleep(0)).n, -EINVAL);
}
END_TEST

START_TEST(run_until_leaves_the_rest_running) /* L18 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct outcome told = { 0 };

    ck_assert_int_eq(
        eddy_start(loop, eddy_sleep(EDDY_SECOND), take, &told, NULL), 0);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_sleep(1)).n, 0);
    ck_assert_int_eq(told.times, 0);
    run_out(loop);
    expect_n(&told, 0);
}
END_TEST

START_TEST(run_until_refuses_what_never_has_one_answer)
{
    struct eddy_loop *loop = virtual_loop(_i);

    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_every(1, EDDY_SKIP)).n,
                     -EINVAL);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_signals(1)).n, -EINVAL);
    ck_assert_uint_eq(stats_of(loop).started, 0);
}
END_TEST

struct inside {
    struct eddy_loop *loop;
    int64_t n;
    int run, step, free;
};

static void call_inside(void *arg)
{
    struct inside *inside = arg;

    inside->n = eddy_loop_run_until(inside->loop, eddy_sleep(0)).n;
    inside->run = eddy_loop_run(inside->loop);
    inside->step = eddy_loop_step(inside->loop, 0);
    inside->free = eddy_loop_free(inside->loop);
}

START_TEST(a_running_loop_is_busy) /* L20 */
{
    struct inside inside = { .loop = virtual_loop(_i) };

    ck_assert_int_eq(eddy_loop_soon(inside.loop, call_inside, &inside), 0);
    run_out(inside.loop);
    ck_assert_int_eq(inside.n, -EBUSY);
    ck_assert_int_eq(inside.run, -EBUSY);
    ck_assert_int_eq(inside.step, -EBUSY);
    ck_assert_int_eq(inside.free, -EBUSY);
    ck_assert_uint_eq(stats_of(inside.loop).started, 0);
}
END_TEST

static void stop_loop(void *loop)
{
    ck_assert_int_eq(eddy_loop_stop(loop), 0);
}

START_TEST(a_stop_cancels_what_run_until_waits_for) /* L19 */
{
    struct eddy_loop *loop = virtual_loop(_i);

    ck_assert_int_eq(eddy_loop_soon(loop, stop_loop, loop), 0);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_sleep(EDDY_SECOND)).n,
                     -ECANCELED);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_sleep(1)).n, 0);
    ck_assert_int_eq(eddy_loop_now_ns(loop), EDDY_SECOND + 1);
    stop_loop(loop); /* before the call counts too */
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_sleep(1)).n, -ECANCELED);
}
END_TEST

/* ---- From other threads -------------------------------------------------- */

enum { THREADS = 8, STARTS = 1000 };

struct crowd {
    struct eddy_loop *loop;
    pthread_t owner;
    int done;
    atomic_int refused;
};

static void done_here(struct eddy_result result, void *arg)
{
    struct crowd *crowd = arg;

    ck_assert_int_eq(result.n, 0);
    ck_assert(pthread_equal(crowd->owner, pthread_self()));
    crowd->done++;
}

static void *start_many(void *arg)
{
    struct crowd *crowd = arg;

    for (int i = 0; i < STARTS; i++)
        if (eddy_start_in(crowd->loop, eddy_next_turn(), done_here, crowd) < 0)
            atomic_fetch_add(&crowd->refused, 1);
    return NULL;
}

START_TEST(operations_started_by_threads_end_in_the_thread_of_the_loop)
{
    struct crowd crowd = { .loop = real_loop(_i), .owner = pthread_self() };
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        threads[i] = start_thread(start_many, &crowd);
    run_until_count(crowd.loop, &crowd.done, THREADS * STARTS);
    for (int i = 0; i < THREADS; i++)
        join_thread(threads[i]);
    ck_assert_int_eq(atomic_load(&crowd.refused), 0);
    ck_assert(!eddy_loop_alive(crowd.loop));
}
END_TEST

START_TEST(starting_elsewhere_needs_memory_and_a_loop)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_op none = { .type = NULL };
    struct outcome told = { 0 };

    fail_allocation(1);
    ck_assert_int_eq(eddy_start_in(loop, eddy_sleep(0), take, &told), -ENOMEM);
    fail_allocation(0);
    ck_assert_int_eq(eddy_start_in(NULL, eddy_sleep(0), take, &told), -EINVAL);
    ck_assert_int_eq(eddy_start_in(loop, none, take, &told), -EINVAL);
    ck_assert_int_eq(eddy_start_in_op(loop, NULL, take, &told), -EINVAL);
    run_out(loop);
    ck_assert_int_eq(told.times, 0);
}
END_TEST

START_TEST(no_memory_in_the_loop_is_a_result)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct outcome told = { 0 };

    turns(loop, 1);
    ck_assert_int_eq(eddy_start_in(loop, eddy_sleep(0), take, &told), 0);
    fail_allocation(1); /* the storage of requests */
    run_out(loop);
    ck_assert(allocation_failed());
    expect_n(&told, -ENOMEM);
}
END_TEST

/* T56: accepted or refused, never lost. */
START_TEST(what_was_not_begun_when_the_loop_is_freed_is_answered)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct outcome told[2] = { { 0 }, { 0 } };

    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(eddy_start_in(loop, eddy_sleep(0), take, &told[i]), 0);
    free_loop(loop);
    for (int i = 0; i < 2; i++)
        expect_n(&told[i], -ESHUTDOWN);
}
END_TEST

static void start_while_freed(struct eddy_result result, void *arg)
{
    ck_assert_int_eq(result.n, -ECANCELED);
    ck_assert_int_eq(
        eddy_start_in(arg, eddy_sleep(0), mark_done, word("never")),
        -ESHUTDOWN);
    mark(word("refused"));
}

START_TEST(nothing_can_be_started_in_a_loop_that_is_being_freed)
{
    struct eddy_loop *loop = virtual_loop(_i);

    ck_assert_int_eq(
        eddy_start(loop, eddy_sleep(1), start_while_freed, loop, NULL), 0);
    free_loop(loop);
    ck_assert_str_eq(marks(), "refused");
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        run_until_returns_the_result,
        run_until_leaves_the_rest_running,
        run_until_refuses_what_never_has_one_answer,
        a_running_loop_is_busy,
        a_stop_cancels_what_run_until_waits_for,
        operations_started_by_threads_end_in_the_thread_of_the_loop,
        starting_elsewhere_needs_memory_and_a_loop,
        no_memory_in_the_loop_is_a_result,
        what_was_not_begun_when_the_loop_is_freed_is_answered,
        nothing_can_be_started_in_a_loop_that_is_being_freed,
    };
    Suite *suite = suite_create("start");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
