/* SPDX-License-Identifier: MIT */
/*
 * eddy/pool.h - threads for work that blocks.
 *
 * A pool starts its threads when they are needed, up to a limit, and lets them
 * sleep between jobs. One pool may serve many loops. Most programs need none of
 * this: eddy_offload() (eddy/op.h) uses the loop's own.
 */
#ifndef EDDY_POOL_H
#define EDDY_POOL_H

#include <eddy/loop.h>

EDDY_BEGIN_DECLS

struct eddy_pool;

struct eddy_pool_options {
    unsigned threads; /* at most; 0: the number of processors + 4, at most 32;
                         more than 1024: -EINVAL */
    size_t queue;     /* jobs that may wait; 0: 1,048,576 */
    struct eddy_mem mem; /* resize NULL: eddy_mem_default() */
};

EDDY_API int eddy_pool_new(struct eddy_pool **ret_pool,
                           const struct eddy_pool_options *options);
/* Waits for the jobs that have begun; those still queued are cancelled. No loop
 * that uses it may be running in another thread. */
EDDY_API void eddy_pool_free(struct eddy_pool *pool);

struct eddy_pool_stats {
    unsigned threads; /* started so far */
    unsigned busy;    /* in a job now */
    size_t queued;
    uint64_t finished;
};
/* [any thread] */
EDDY_API int eddy_pool_stats(struct eddy_pool *pool,
                             struct eddy_pool_stats *ret_stats);

/* The pool of a loop, made now if it was not yet. */
EDDY_API int eddy_loop_pool(struct eddy_loop *loop,
                            struct eddy_pool **ret_pool);

/* A job: the caller's storage until `done` is called. */
struct eddy_job {
    uint64_t opaque[13];
};
/* Runs in a thread of the pool. */
typedef int64_t eddy_work_fn(void *arg);
/* Runs in the loop's thread, once for each job: n is what work returned, or
 * -ECANCELED if it never ran. */
typedef void eddy_job_fn(struct eddy_job *job, int64_t n, void *arg);

/* Queues work(arg); done(job, n, arg) follows in `loop`. -EAGAIN: the queue is
 * full, or no thread could be started and none is there; -ESHUTDOWN. */
EDDY_API int eddy_job_submit(struct eddy_pool *pool, struct eddy_loop *loop,
                             struct eddy_job *job, eddy_work_fn *work,
                             eddy_job_fn *done, void *arg);
/* Takes a queued job back; `done` is told -ECANCELED all the same. -EBUSY if it
 * has begun or is over: then it goes on as it was. */
EDDY_API int eddy_job_cancel(struct eddy_job *job);

EDDY_END_DECLS

#endif
