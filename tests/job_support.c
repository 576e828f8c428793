/* SPDX-License-Identifier: MIT */
/* job_support.c - jobs that end when the test says so, and pools for them. */
#include "job_support.h"

/* ---- Jobs ---------------------------------------------------------------- */

void task_done(struct eddy_job *job, int64_t n, void *arg)
{
    struct task *task = arg;

    ck_assert_ptr_eq(job, &task->job);
    task->times++;
    task->n = n;
    task->thread = pthread_self();
    if (task->name != NULL)
        mark(word(task->name));
}

int64_t do_task(void *arg)
{
    struct task *task = arg;

    atomic_store(&task->begun, true);
    return task->gate != NULL ? pass(task->gate) : 7;
}

int try_submit(struct eddy_pool *pool, struct eddy_loop *loop,
               struct task *task)
{
    return eddy_job_submit(pool, loop, &task->job, do_task, task_done, task);
}

void submit(struct eddy_pool *pool, struct eddy_loop *loop, struct task *task)
{
    ck_assert_int_eq(try_submit(pool, loop, task), 0);
}

void expect_told(const struct task *task, int64_t n)
{
    ck_assert_int_eq(task->times, 1);
    ck_assert_int_eq(task->n, n);
}

struct eddy_pool *new_pool(unsigned threads, size_t queue)
{
    struct eddy_pool_options options = { .threads = threads, .queue = queue };
    struct eddy_pool *pool = NULL;

    options.mem = *counting_mem();
    ck_assert_int_eq(eddy_pool_new(&pool, &options), 0);
    return pool;
}

struct eddy_pool_stats pool_stats(struct eddy_pool *pool)
{
    struct eddy_pool_stats stats;

    ck_assert_int_eq(eddy_pool_stats(pool, &stats), 0);
    return stats;
}

struct eddy_pool *busy_pool(struct eddy_loop *loop, struct task *task,
                            struct gate *gate, size_t queue)
{
    struct eddy_pool *pool = new_pool(1, queue);

    init_gate(gate);
    task->gate = gate;
    submit(pool, loop, task);
    await_inside(gate, 1);
    return pool;
}
