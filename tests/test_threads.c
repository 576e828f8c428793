/* SPDX-License-Identifier: MIT */
/* test_threads.c - the promises of eddy/pool.h: jobs, queues and threads. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <signal.h>
#include <unistd.h>

#include "job_support.h"

/* ---- Threads ------------------------------------------------------------- */

START_TEST(threads_are_started_when_needed_and_go_on_to_the_next_job) /* X1 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_pool *pool = new_pool(4, 0);
    struct task task;

    ck_assert_uint_eq(pool_stats(pool).threads, 0);
    for (int i = 1; i <= 20; i++) {
        task = (struct task){ .times = 0 };
        submit(pool, loop, &task);
        run_out(loop);
        expect_told(&task, 7);
        ck_assert_uint_eq(pool_stats(pool).finished, (unsigned)i);
    }
    ck_assert_uint_ge(pool_stats(pool).threads, 1);
    ck_assert_uint_le(pool_stats(pool).threads, 4);
    eddy_pool_free(pool);
}
END_TEST

START_TEST(there_are_never_more_threads_than_the_limit)
{
    enum { THREADS = 3, JOBS = 10 };
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_pool *pool = new_pool(THREADS, 0);
    struct task tasks[JOBS] = { { .times = 0 } };
    struct gate gate;

    init_gate(&gate);
    for (int i = 0; i < JOBS; i++) {
        tasks[i].gate = &gate;
        submit(pool, loop, &tasks[i]);
    }
    await_inside(&gate, THREADS);
    ck_assert_uint_eq(pool_stats(pool).threads, THREADS);
    ck_assert_uint_eq(pool_stats(pool).busy, THREADS);
    ck_assert_uint_eq(pool_stats(pool).queued, JOBS - THREADS);
    ck_assert_uint_eq(pool_stats(pool).finished, 0);
    open_gate(&gate);
    run_out(loop);
    for (int i = 0; i < JOBS; i++)
        expect_told(&tasks[i], 7);
    ck_assert_uint_eq(pool_stats(pool).threads, THREADS);
    ck_assert_uint_eq(pool_stats(pool).busy, 0);
    ck_assert_uint_eq(pool_stats(pool).queued, 0);
    ck_assert_uint_eq(pool_stats(pool).finished, JOBS);
    eddy_pool_free(pool);
}
END_TEST

START_TEST(by_default_there_are_four_more_threads_than_processors) /* X1 */
{
    enum { MOST = 32, JOBS = MOST + 1 };
    struct eddy_loop *loop = virtual_loop(_i);
    struct task tasks[JOBS] = { { .times = 0 } };
    long wanted = sysconf(_SC_NPROCESSORS_ONLN) + 4;
    struct eddy_pool *pool;
    struct gate gate;

    if (wanted > MOST)
        wanted = MOST;
    init_gate(&gate);
    ck_assert_int_eq(eddy_loop_pool(loop, &pool), 0);
    for (int i = 0; i < JOBS; i++) {
        tasks[i].gate = &gate;
        submit(pool, loop, &tasks[i]);
    }
    await_inside(&gate, (int)wanted);
    ck_assert_uint_eq(pool_stats(pool).threads, (unsigned)wanted);
    open_gate(&gate);
    run_out(loop);
}
END_TEST

START_TEST(results_come_in_the_thread_of_the_loop) /* X2 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_pool *pool = new_pool(1, 0);
    struct task task = { .times = 0 };

    submit(pool, loop, &task);
    ck_assert(eddy_loop_alive(loop));
    ck_assert_int_eq(task.times, 0);
    run_out(loop);
    expect_told(&task, 7);
    ck_assert(pthread_equal(task.thread, pthread_self()));
    eddy_pool_free(pool);
}
END_TEST

static int64_t all_signals_blocked(void *arg)
{
    sigset_t set;

    (void)arg;
    (void)pthread_sigmask(SIG_SETMASK, NULL, &set);
    return sigismember(&set, SIGTERM) && sigismember(&set, SIGUSR1) &&
           sigismember(&set, SIGCHLD);
}

START_TEST(signals_are_never_handled_in_a_thread_of_the_pool)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_op op = eddy_offload(all_signals_blocked, NULL);
    sigset_t before, after;

    (void)pthread_sigmask(SIG_SETMASK, NULL, &before);
    ck_assert_int_eq(eddy_loop_run_until(loop, op).n, 1);
    (void)pthread_sigmask(SIG_SETMASK, NULL, &after);
    ck_assert_int_eq(sigismember(&before, SIGUSR1),
                     sigismember(&after, SIGUSR1));
}
END_TEST

/* ---- The queue ----------------------------------------------------------- */

START_TEST(jobs_begin_and_are_told_first_in_first_out)
{
    static const char *const names[] = { "a", "b", "c", "d", "e" };
    struct eddy_loop *loop = virtual_loop(_i);
    struct task first = { .times = 0 };
    struct task tasks[COUNT(names)] = { { .times = 0 } };
    struct gate gate;
    struct eddy_pool *pool = busy_pool(loop, &first, &gate, 0);

    for (size_t i = 0; i < COUNT(names); i++) {
        tasks[i].name = names[i];
        submit(pool, loop, &tasks[i]);
    }
    open_gate(&gate);
    run_out(loop);
    ck_assert_str_eq(marks(), "a b c d e");
    eddy_pool_free(pool);
}
END_TEST

START_TEST(a_full_queue_refuses)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct task tasks[4] = { { .times = 0 } };
    struct gate gate;
    struct eddy_pool *pool = busy_pool(loop, &tasks[0], &gate, 2);

    submit(pool, loop, &tasks[1]);
    submit(pool, loop, &tasks[2]);
    ck_assert_int_eq(try_submit(pool, loop, &tasks[3]), -EAGAIN);
    ck_assert_int_eq(eddy_job_cancel(&tasks[1].job), 0);
    submit(pool, loop, &tasks[3]); /* its place is free */
    open_gate(&gate);
    run_out(loop);
    expect_told(&tasks[1], -ECANCELED);
    expect_told(&tasks[3], 7);
    ck_assert_uint_eq(pool_stats(pool).finished, 3);
    eddy_pool_free(pool);
}
END_TEST

START_TEST(what_waits_can_be_taken_back_and_what_has_begun_cannot) /* X3 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct task runs = { .times = 0 }, waits = { .times = 0 };
    struct gate gate;
    struct eddy_pool *pool = busy_pool(loop, &runs, &gate, 0);

    submit(pool, loop, &waits);
    ck_assert_int_eq(eddy_job_cancel(&runs.job), -EBUSY);
    ck_assert_int_eq(eddy_job_cancel(&waits.job), 0);
    ck_assert_int_eq(eddy_job_cancel(&waits.job), -EBUSY);
    ck_assert_int_eq(waits.times, 0); /* not inside the call */
    turns(loop, 2);
    expect_told(&waits, -ECANCELED);
    ck_assert_int_eq(runs.times, 0);
    open_gate(&gate);
    run_out(loop);
    expect_told(&runs, 7);
    ck_assert(!atomic_load(&waits.begun));
    ck_assert_int_eq(eddy_job_cancel(NULL), -EINVAL);
    eddy_pool_free(pool);
}
END_TEST

START_TEST(nothing_may_be_missing)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_pool *pool = new_pool(1, 0), *none = NULL;
    struct eddy_pool_options many = { .threads = 1000000 };
    struct task t = { .times = 0 };

    ck_assert_int_eq(
        eddy_job_submit(NULL, loop, &t.job, do_task, task_done, &t), -EINVAL);
    ck_assert_int_eq(
        eddy_job_submit(pool, NULL, &t.job, do_task, task_done, &t), -EINVAL);
    ck_assert_int_eq(eddy_job_submit(pool, loop, NULL, do_task, task_done, &t),
                     -EINVAL);
    ck_assert_int_eq(eddy_job_submit(pool, loop, &t.job, NULL, task_done, &t),
                     -EINVAL);
    ck_assert_int_eq(eddy_job_submit(pool, loop, &t.job, do_task, NULL, &t),
                     -EINVAL);
    ck_assert(!eddy_loop_alive(loop));
    ck_assert_int_eq(eddy_pool_stats(NULL, &(struct eddy_pool_stats){ 0 }),
                     -EINVAL);
    ck_assert_int_eq(eddy_pool_stats(pool, NULL), -EINVAL);
    ck_assert_int_eq(eddy_loop_pool(NULL, &none), -EINVAL);
    ck_assert_int_eq(eddy_loop_pool(loop, NULL), -EINVAL);
    ck_assert_int_eq(eddy_pool_new(NULL, NULL), -EINVAL);
    ck_assert_int_eq(eddy_pool_new(&none, &many), -EINVAL);
    fail_allocation(1);
    ck_assert_int_eq(eddy_loop_pool(loop, &none), -ENOMEM);
    ck_assert_ptr_null(none);
    eddy_pool_free(NULL);
    eddy_pool_free(pool);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        threads_are_started_when_needed_and_go_on_to_the_next_job,
        there_are_never_more_threads_than_the_limit,
        by_default_there_are_four_more_threads_than_processors,
        results_come_in_the_thread_of_the_loop,
        signals_are_never_handled_in_a_thread_of_the_pool,
        jobs_begin_and_are_told_first_in_first_out,
        a_full_queue_refuses,
        what_waits_can_be_taken_back_and_what_has_begun_cannot,
        nothing_may_be_missing,
    };
    Suite *suite = suite_create("threads");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
