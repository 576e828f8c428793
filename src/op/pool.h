/* SPDX-License-Identifier: MIT */
/* pool.h - jobs and their pool, seen by pool.c and job.c alone. */
#ifndef EDDY_POOL_PRIVATE_H
#define EDDY_POOL_PRIVATE_H

#include "op.h"

#include <pthread.h>
#include <sys/types.h>

enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_OVER };

struct link {
    struct link *next, *prev;
};

struct job {
    struct eddy_call call; /* posted to the loop when it is over */
    struct link in_pool;   /* queued or running */
    struct link in_loop;   /* until it has been told; the loop's thread only */
    struct eddy_pool *pool;
    struct eddy_loop *loop;
    eddy_work_fn *work;
    eddy_job_fn *done;
    void *arg;
    int64_t n;
    atomic_int state; /* of enum job_state: over, its pool may be gone */
};

static_assert(sizeof(struct job) <= sizeof(struct eddy_job),
              "the public struct has room for the private one");

struct eddy_pool {
    struct eddy_mem mem;
    pthread_mutex_t mutex;
    pthread_cond_t work;
    struct link queued, running; /* heads of rings */
    size_t queue_count, queue_max;
    unsigned threads_max, threads, idle;
    uint64_t finished;
    bool closing;
    pid_t pid; /* whose threads they are */
    pthread_t thread[];
};

static inline void ring_init(struct link *head)
{
    head->next = head->prev = head;
}

static inline bool ring_is_empty(const struct link *head)
{
    return head->next == head;
}

static inline void ring_push(struct link *head, struct link *link)
{
    link->next = head;
    link->prev = head->prev;
    link->prev->next = link->next->prev = link;
}

static inline void ring_remove(struct link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
}

/* Queues a job, and sees to a thread for it. -EAGAIN, -ESHUTDOWN. */
int eddy__pool_enqueue(struct eddy_pool *pool, struct job *job);
/* Takes a queued job back; false: it has begun. */
bool eddy__pool_take_back(struct eddy_pool *pool, struct job *job);
/* In a child: no thread has lived on, and no job in the rings is whole. */
void eddy__pool_revive(struct eddy_pool *pool);

#endif
