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
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "op.h"

enum {
    THREADS_MAX = 32,  /* by default; X1 */
    THREADS_EXTRA = 4, /* beside one for each processor, for they block */
    THREADS_LIMIT = 1024,
    QUEUE_MAX = 1 << 20
};

enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_OVER };

struct job {
    struct eddy_call call; /* posted to the loop when over; must be first */
    struct job *next, *prev;
    struct eddy_pool *pool;
    struct eddy_loop *loop;
    eddy_work_fn *work;
    eddy_job_fn *done;
    void *arg;
    int64_t n;
    enum job_state state;
};

static_assert(sizeof(struct job) <= sizeof(struct eddy_job),
              "the public struct has room for the private one");

struct eddy_pool {
    struct eddy_mem mem;
    pthread_mutex_t mutex;
    pthread_cond_t work;
    struct job queued, running; /* heads of rings */
    size_t queue_count, queue_max;
    unsigned threads_max, threads, idle;
    uint64_t finished;
    bool closing;
    pid_t pid;
    pthread_t thread[];
};

/* ---- Rings -------------------------------------------------------------- */

static void ring_init(struct job *head)
{
    head->next = head->prev = head;
}

static void ring_push(struct job *head, struct job *job)
{
    job->next = head;
    job->prev = head->prev;
    job->prev->next = job->next->prev = job;
}

static void ring_remove(struct job *job)
{
    job->prev->next = job->next;
    job->next->prev = job->prev;
}

/* ---- In a thread of the pool -------------------------------------------- */

static void move_on(struct eddy_pool *pool, struct job *job)
{
    ring_remove(job);
    pool->queue_count--;
    job->state = JOB_RUNNING;
    ring_push(&pool->running, job);
}

/* With the mutex held. After the post the job is the loop's alone. */
static void hand_back(struct job *job, int64_t n)
{
    ring_remove(job);
    job->n = n;
    job->state = JOB_OVER;
    (void)eddy_loop_post_call(job->loop, &job->call);
}

static void work_once(struct eddy_pool *pool, struct job *job)
{
    int64_t n;

    move_on(pool, job);
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
        if (pool->queued.next != &pool->queued) {
            work_once(pool, pool->queued.next);
            continue;
        }
        pool->idle++;
        (void)pthread_cond_wait(&pool->work, &pool->mutex);
        pool->idle--;
    }
    (void)pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

/* ---- Jobs --------------------------------------------------------------- */

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

static void tell_done(struct eddy_call *call)
{
    struct job *job = container_of(call, struct job, call);

    eddy_loop_expect(job->loop, false);
    eddy_loop_count(job->loop, false);
    job->done((struct eddy_job *)job, job->n, job->arg);
}

/* With the mutex held. */
static int enqueue(struct eddy_pool *pool, struct job *job)
{
    if (pool->closing)
        return -ESHUTDOWN;
    if (pool->queue_count >= pool->queue_max)
        return -EAGAIN;
    if (pool->queue_count >= pool->idle && pool->threads < pool->threads_max &&
        start_thread(pool) < 0 && pool->threads == 0)
        return -EAGAIN;
    ring_push(&pool->queued, job);
    pool->queue_count++;
    (void)pthread_cond_signal(&pool->work);
    return 0;
}

int eddy_job_submit(struct eddy_pool *pool, struct eddy_loop *loop,
                    struct eddy_job *opaque, eddy_work_fn *work,
                    eddy_job_fn *done, void *arg)
{
    struct job *job = (struct job *)opaque;
    int err = eddy_loop_check(loop);

    if (err < 0)
        return err;
    if (pool == NULL || job == NULL || work == NULL || done == NULL)
        return -EINVAL;
    *job = (struct job){ .call = { NULL, tell_done },
                         .pool = pool,
                         .loop = loop,
                         .work = work,
                         .done = done,
                         .arg = arg,
                         .state = JOB_QUEUED };
    (void)pthread_mutex_lock(&pool->mutex);
    err = enqueue(pool, job);
    (void)pthread_mutex_unlock(&pool->mutex);
    if (err < 0)
        return err;
    eddy_loop_expect(loop, true);
    eddy_loop_count(loop, true);
    return 0;
}

int eddy_job_cancel(struct eddy_job *opaque)
{
    struct job *job = (struct job *)opaque;
    int err = -EBUSY;

    if (job == NULL || job->pool == NULL)
        return -EINVAL;
    (void)pthread_mutex_lock(&job->pool->mutex);
    if (job->state == JOB_QUEUED) {
        job->pool->queue_count--;
        hand_back(job, -ECANCELED);
        err = 0;
    }
    (void)pthread_mutex_unlock(&job->pool->mutex);
    return err;
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
    while (pool->queued.next != &pool->queued) {
        pool->queue_count--;
        hand_back(pool->queued.next, -ECANCELED);
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
    if (pool->pid == getpid()) /* else the threads are the parent's */
        join_threads(pool);
    mem = pool->mem;
    (void)pthread_cond_destroy(&pool->work);
    (void)pthread_mutex_destroy(&pool->mutex);
    (void)mem.resize(mem.arg, pool, 0);
}

int eddy_pool_stats(struct eddy_pool *pool, struct eddy_pool_stats *ret_stats)
{
    if (pool == NULL || ret_stats == NULL)
        return -EINVAL;
    (void)pthread_mutex_lock(&pool->mutex);
    ret_stats->threads = pool->threads;
    ret_stats->queued = pool->queue_count;
    ret_stats->finished = pool->finished;
    ret_stats->busy = 0;
    for (struct job *j = pool->running.next; j != &pool->running; j = j->next)
        ret_stats->busy++;
    (void)pthread_mutex_unlock(&pool->mutex);
    return 0;
}

/* ---- The pool of a loop ------------------------------------------------- */

/* No thread lives on in a child, and a mutex that one of them held is held for
 * ever: the locks are made anew by whichever loop comes first. */
static void revive(struct eddy_pool *pool)
{
    if (pool->pid == getpid())
        return;
    pool->pid = getpid();
    pool->threads = pool->idle = 0;
    (void)init_locks(pool);
}

static void give_up_jobs(struct eddy_pool *pool, struct job *head,
                         const struct eddy_loop *loop)
{
    for (struct job *next, *j = head->next; j != head; j = next) {
        next = j->next;
        if (j->loop != loop)
            continue;
        pool->queue_count -= j->state == JOB_QUEUED ? 1 : 0;
        hand_back(j, -ECANCELED);
    }
}

static void pool_forked(void *value, struct eddy_loop *loop)
{
    struct eddy_pool *pool = value;

    revive(pool);
    give_up_jobs(pool, &pool->queued, loop);
    give_up_jobs(pool, &pool->running, loop);
}

static void free_own_pool(void *value)
{
    eddy_pool_free(value);
}

static void keep_lent_pool(void *value)
{
    (void)value;
}

static const struct eddy_slot_type own_pool = { "pool", free_own_pool,
                                                pool_forked };
static const struct eddy_slot_type lent_pool = { "lent pool", keep_lent_pool,
                                                 pool_forked };

int eddy_loop_pool(struct eddy_loop *loop, struct eddy_pool **ret_pool)
{
    const struct eddy_loop_options *settings = eddy_loop_settings(loop);
    struct eddy_pool *pool;
    const struct eddy_slot_type *type = &lent_pool;
    int err = eddy_loop_check(loop);

    if (err < 0)
        return err;
    if (ret_pool == NULL)
        return -EINVAL;
    pool = settings->pool;
    if (pool == NULL) {
        struct eddy_pool_options options = { .mem = settings->mem };

        type = &own_pool;
        pool = eddy_loop_slot(loop, type);
        err = pool == NULL ? eddy_pool_new(&pool, &options) : 0;
    }
    if (err == 0 && eddy_loop_slot(loop, type) == NULL) {
        err = eddy_loop_set_slot(loop, type, pool);
        if (err < 0)
            type->free(pool);
    }
    if (err == 0)
        *ret_pool = pool;
    return err;
}
