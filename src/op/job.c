/* SPDX-License-Identifier: MIT */
/*
 * job.c - jobs from the side of their loop, and the pool of a loop.
 *
 * Each loop keeps a ring of the jobs it is owed, which only its own thread
 * touches: so it is whole in a forked child, whatever the threads were doing.
 */
#include "pool.h"

struct owed {                /* in a slot of the loop */
    struct eddy_owned owned; /* while there are any jobs */
    struct link jobs;
    struct eddy_loop *loop;
    struct eddy_pool *own; /* NULL: none yet, or one was lent */
};

/* ---- What a loop is owed ------------------------------------------------ */

static void free_owed(void *value)
{
    struct owed *owed = value;
    const struct eddy_mem *mem = &eddy_loop_settings(owed->loop)->mem;

    eddy_pool_free(owed->own);
    (void)mem->resize(mem->arg, owed, 0);
}

/* The loop is being freed: what has begun is waited for, and no more. */
static void close_owed(struct eddy_owned *owned)
{
    struct owed *owed = EDDY_CONTAINER_OF(owned, struct owed, owned);

    for (struct link *l = owed->jobs.next; l != &owed->jobs; l = l->next)
        (void)eddy_job_cancel(
            (struct eddy_job *)EDDY_CONTAINER_OF(l, struct job, in_loop));
    eddy_loop_disown(owed->loop, owned);
}

/* A job that had not been posted yet never will be: its thread is not here. */
static void owed_forked(void *value, struct eddy_loop *loop)
{
    struct owed *owed = value;

    for (struct link *l = owed->jobs.next; l != &owed->jobs; l = l->next) {
        struct job *job = EDDY_CONTAINER_OF(l, struct job, in_loop);

        if (atomic_load(&job->state) != JOB_OVER)
            eddy__pool_revive(job->pool);
        if (!eddy_loop_unpost_call(loop, &job->call))
            job->n = -ECANCELED;
        atomic_store(&job->state, JOB_OVER);
        (void)eddy_loop_post_call(loop, &job->call);
    }
}

static const struct eddy_slot_type owed_type = { "jobs", free_owed, owed_forked,
                                                 NULL };

static int get_owed(struct eddy_loop *loop, struct owed **ret_owed)
{
    const struct eddy_mem *mem = &eddy_loop_settings(loop)->mem;
    struct owed *owed = eddy_loop_slot(loop, &owed_type);
    int err;

    if (owed == NULL) {
        owed = mem->resize(mem->arg, NULL, sizeof *owed);
        if (owed == NULL)
            return -ENOMEM;
        *owed = (struct owed){ .loop = loop };
        ring_init(&owed->jobs);
        err = eddy_loop_set_slot(loop, &owed_type, owed);
        if (err < 0) {
            (void)mem->resize(mem->arg, owed, 0);
            return err;
        }
    }
    *ret_owed = owed;
    return 0;
}

int eddy_loop_pool(struct eddy_loop *loop, struct eddy_pool **ret_pool)
{
    const struct eddy_loop_options *settings = eddy_loop_settings(loop);
    struct owed *owed;
    int err = eddy_loop_check(loop);

    if (err < 0)
        return err;
    if (ret_pool == NULL)
        return -EINVAL;
    if (settings->pool != NULL) {
        *ret_pool = settings->pool;
        return 0;
    }
    err = get_owed(loop, &owed);
    if (err == 0 && owed->own == NULL) {
        struct eddy_pool_options options = { .mem = settings->mem };

        err = eddy_pool_new(&owed->own, &options);
    }
    if (err == 0)
        *ret_pool = owed->own;
    return err;
}

/* ---- Jobs --------------------------------------------------------------- */

/* A job keeps its loop alive, and holds a virtual clock. */
static void link_job(struct owed *owed, struct job *job)
{
    static const struct eddy_owned_type type = { "jobs", close_owed };

    if (ring_is_empty(&owed->jobs))
        eddy_loop_own(owed->loop, &owed->owned, &type);
    ring_push(&owed->jobs, &job->in_loop);
    eddy_loop_expect(owed->loop, true);
    eddy_loop_count(owed->loop, true);
}

static void unlink_job(struct owed *owed, struct job *job)
{
    ring_remove(&job->in_loop);
    if (ring_is_empty(&owed->jobs))
        eddy_loop_disown(owed->loop, &owed->owned);
    eddy_loop_expect(owed->loop, false);
    eddy_loop_count(owed->loop, false);
}

static void tell_done(struct eddy_call *call)
{
    struct job *job = EDDY_CONTAINER_OF(call, struct job, call);

    unlink_job(eddy_loop_slot(job->loop, &owed_type), job);
    job->done((struct eddy_job *)job, job->n, job->arg);
}

int eddy_job_submit(struct eddy_pool *pool, struct eddy_loop *loop,
                    struct eddy_job *opaque, eddy_work_fn *work,
                    eddy_job_fn *done, void *arg)
{
    struct job *job = (struct job *)opaque;
    struct owed *owed;
    int err = eddy_loop_check(loop);

    if (err < 0)
        return err;
    if (pool == NULL || job == NULL || work == NULL || done == NULL)
        return -EINVAL;
    err = get_owed(loop, &owed);
    if (err < 0)
        return err;
    *job = (struct job){ .call = { NULL, tell_done },
                         .pool = pool,
                         .loop = loop,
                         .work = work,
                         .done = done,
                         .arg = arg,
                         .state = JOB_QUEUED };
    link_job(owed, job);
    err = eddy__pool_enqueue(pool, job);
    if (err < 0)
        unlink_job(owed, job);
    return err;
}

int eddy_job_cancel(struct eddy_job *opaque)
{
    struct job *job = (struct job *)opaque;

    if (job == NULL || job->pool == NULL)
        return -EINVAL;
    if (atomic_load(&job->state) != JOB_QUEUED ||
        !eddy__pool_take_back(job->pool, job))
        return -EBUSY;
    return 0;
}
