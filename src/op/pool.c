/* SPDX-License-Identifier: MIT */
/*
 * pool.c - threads for work that blocks.
 *
 *     queued   first in, first out, behind a mutex
 *     running  what the threads are in
 *     ------   then the job is posted to its loop, and forgotten here
 *
 * A thread is started when a job finds none idle, up to the limit. Threads
 * block all signals, so that handlers run where the program expects them.
 */
#include "pool.h"

#include <signal.h>
#include <unistd.h>

enum {
    THREADS_MAX = 32,  /* by default; X1 */
    THREADS_EXTRA = 4, /* beside one for each processor, for they block */
    THREADS_LIMIT = 1024,
    QUEUE_MAX = 1 << 20
};

/* ---- In a thread of the pool -------------------------------------------- */

static struct job *first_queued(struct eddy_pool *pool)
{
    return EDDY_CONTAINER_OF(pool->queued.next, struct job, in_pool);
}

/* With the mutex held. After the post the job is the loop's alone. */
static void hand_back(struct job *job, int64_t n)
{
    ring_remove(&job->in_pool);
    job->n = n;
    atomic_store(&job->state, JOB_OVER);
    (void)eddy_loop_post_call(job->loop, &job->call);
}

static void work_once(struct eddy_pool *pool, struct job *job)
{
    int64_t n;

    ring_remove(&job->in_pool);
    pool->queue_count--;
    atomic_store(&job->state, JOB_RUNNING);
    ring_push(&pool->running, &job->in_pool);
    (void)pthread_mutex_unlock(&pool->mutex);
    n = job->work(job->arg);
    (void)pthread_mutex_lock(&pool->mutex);
    pool->finished++;
    hand_back(job, n);
}

static void *run_thread(void *arg)
{
    struct eddy_pool *pool = arg;

    (void)pthread_mutex_lock(&pool->mutex);
    while (!pool->closing) {
        if (!ring_is_empty(&pool->queued)) {
            work_once(pool, first_queued(pool));
            continue;
        }
        pool->idle++;
        (void)pthread_cond_wait(&pool->work, &pool->mutex);
        pool->idle--;
    }
    (void)pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

/* ---- The queue ---------------------------------------------------------- */

static int start_thread(struct eddy_pool *pool)
{
    sigset_t all, before;
    int err;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    err = pthread_create(&pool->thread[pool->threads], NULL, run_thread, pool);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (err == 0)
        pool->threads++;
    return -err;
}

/* With the mutex held. */
static int push(struct eddy_pool *pool, struct job *job)
{
    if (pool->closing)
        return -ESHUTDOWN;
    if (pool->queue_count >= pool->queue_max)
        return -EAGAIN;
    if (pool->queue_count >= pool->idle && pool->threads < pool->threads_max &&
        start_thread(pool) < 0 && pool->threads == 0)
        return -EAGAIN;
    ring_push(&pool->queued, &job->in_pool);
    pool->queue_count++;
    (void)pthread_cond_signal(&pool->work);
    return 0;
}

int eddy__pool_enqueue(struct eddy_pool *pool, struct job *job)
{
    int err;

    eddy__pool_revive(pool);
    (void)pthread_mutex_lock(&pool->mutex);
    err = push(pool, job);
    (void)pthread_mutex_unlock(&pool->mutex);
    return err;
}

bool eddy__pool_take_back(struct eddy_pool *pool, struct job *job)
{
    bool queued;

    (void)pthread_mutex_lock(&pool->mutex);
    queued = atomic_load(&job->state) == JOB_QUEUED;
    if (queued) {
        pool->queue_count--;
        hand_back(job, -ECANCELED);
    }
    (void)pthread_mutex_unlock(&pool->mutex);
    return queued;
}

/* ---- Pools -------------------------------------------------------------- */

static unsigned default_threads(void)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    if (cpus < 1)
        cpus = 1;
    return cpus > THREADS_MAX - THREADS_EXTRA ? THREADS_MAX
                                              : (unsigned)cpus + THREADS_EXTRA;
}

static int init_locks(struct eddy_pool *pool)
{
    int err = pthread_mutex_init(&pool->mutex, NULL);

    if (err != 0)
        return -err;
    err = pthread_cond_init(&pool->work, NULL);
    if (err != 0)
        (void)pthread_mutex_destroy(&pool->mutex);
    return -err;
}

int eddy_pool_new(struct eddy_pool **ret_pool,
                  const struct eddy_pool_options *options)
{
    struct eddy_pool_options wish = { 0 };
    struct eddy_pool *pool;
    size_t size;
    int err;

    if (options != NULL)
        wish = *options;
    if (ret_pool == NULL || wish.threads > THREADS_LIMIT)
        return -EINVAL;
    if (wish.mem.resize == NULL)
        wish.mem = *eddy_mem_default();
    if (wish.threads == 0)
        wish.threads = default_threads();
    size = sizeof *pool + wish.threads * sizeof pool->thread[0];
    pool = wish.mem.resize(wish.mem.arg, NULL, size);
    if (pool == NULL)
        return -ENOMEM;
    memset(pool, 0, size);
    err = init_locks(pool);
    if (err < 0) {
        (void)wish.mem.resize(wish.mem.arg, pool, 0);
        return err;
    }
    ring_init(&pool->queued);
    ring_init(&pool->running);
    pool->mem = wish.mem;
    pool->threads_max = wish.threads;
    pool->queue_max = wish.queue == 0 ? QUEUE_MAX : wish.queue;
    pool->pid = getpid();
    *ret_pool = pool;
    return 0;
}

static void join_threads(struct eddy_pool *pool)
{
    (void)pthread_mutex_lock(&pool->mutex);
    pool->closing = true;
    while (!ring_is_empty(&pool->queued)) {
        pool->queue_count--;
        hand_back(first_queued(pool), -ECANCELED);
    }
    (void)pthread_cond_broadcast(&pool->work);
    (void)pthread_mutex_unlock(&pool->mutex);
    for (unsigned i = 0; i < pool->threads; i++)
        (void)pthread_join(pool->thread[i], NULL);
}

void eddy_pool_free(struct eddy_pool *pool)
{
    struct eddy_mem mem;

    if (pool == NULL)
        return;
    mem = pool->mem;
    if (pool->pid == getpid()) { /* else threads and locks are the parent's */
        join_threads(pool);
        (void)pthread_cond_destroy(&pool->work);
        (void)pthread_mutex_destroy(&pool->mutex);
    }
    (void)mem.resize(mem.arg, pool, 0);
}

int eddy_pool_stats(struct eddy_pool *pool, struct eddy_pool_stats *ret_stats)
{
    if (pool == NULL || ret_stats == NULL)
        return -EINVAL;
    eddy__pool_revive(pool);
    (void)pthread_mutex_lock(&pool->mutex);
    ret_stats->threads = pool->threads;
    ret_stats->queued = pool->queue_count;
    ret_stats->finished = pool->finished;
    ret_stats->busy = 0;
    for (struct link *l = pool->running.next; l != &pool->running; l = l->next)
        ret_stats->busy++;
    (void)pthread_mutex_unlock(&pool->mutex);
    return 0;
}

/* A mutex that another thread held is held for ever here, and what it was in
 * the midst of stays half done: all is made anew. */
void eddy__pool_revive(struct eddy_pool *pool)
{
    if (pool->pid == getpid())
        return;
    pool->pid = getpid();
    pool->threads = pool->idle = 0;
    pool->queue_count = 0;
    ring_init(&pool->queued);
    ring_init(&pool->running);
    (void)init_locks(pool);
}
