/* SPDX-License-Identifier: MIT */
/* job_support.h - jobs that end when the test says so, and pools for them. */
#ifndef EDDY_TESTS_JOB_SUPPORT_H
#define EDDY_TESTS_JOB_SUPPORT_H

#include <stdatomic.h>

#include <eddy/pool.h>

#include "gate.h"
#include "loop_support.h"

/* ---- Jobs ---------------------------------------------------------------- */

struct task {
    struct eddy_job job;
    struct gate *gate; /* to pass, or NULL */
    const char *name;  /* to mark(), or NULL */
    atomic_bool begun;
    int times;
    int64_t n;        /* what came; 7 unless it was cancelled */
    pthread_t thread; /* in which it was told */
};

int64_t do_task(void *task);
void task_done(struct eddy_job *job, int64_t n, void *task);
int try_submit(struct eddy_pool *pool, struct eddy_loop *loop,
               struct task *task);
void submit(struct eddy_pool *pool, struct eddy_loop *loop, struct task *task);
/* Fails the test unless it was told once, and that. */
void expect_told(const struct task *task, int64_t n);

/* ---- Pools --------------------------------------------------------------- */

struct eddy_pool *new_pool(unsigned threads, size_t queue);
/* One of a single thread, which is in `task`, so that others have to wait. */
struct eddy_pool *busy_pool(struct eddy_loop *loop, struct task *task,
                            struct gate *gate, size_t queue);
struct eddy_pool_stats pool_stats(struct eddy_pool *pool);

#endif
