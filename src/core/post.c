/* SPDX-License-Identifier: MIT */
/*
 * post.c - calls from other threads and from signal handlers, and calls for the
 * next turn.
 *
 *     posted    a stack that any thread pushes to without a lock
 *     incoming  what was taken off it, oldest first
 *     current   those that this turn runs
 *
 * and `soon`, a ring for the loop's own thread.
 */
#include "core.h"

#include <sched.h>

struct posted_call {
    struct eddy_call call;
    struct eddy_loop *loop;
    eddy_call_fn *fn;
    void *arg;
};

static void run_posted(struct eddy_call *call)
{
    struct posted_call *post =
        EDDY_CONTAINER_OF(call, struct posted_call, call);
    struct eddy_loop *loop = post->loop;
    eddy_call_fn *fn = post->fn;
    void *arg = post->arg;
    int64_t since;

    (void)eddy__resize(loop, post, 0);
    since = eddy__enter(loop);
    fn(arg);
    eddy__leave(loop, since, "posted call", (const void *)(uintptr_t)fn);
}

int eddy_loop_post_call(struct eddy_loop *loop, struct eddy_call *call)
{
    if (loop == NULL || call == NULL || call->run == NULL)
        return -EINVAL;
    if (atomic_load(&loop->closed))
        return -ESHUTDOWN;
    /* From the push on, the loop may run the call and be freed because of it:
     * the count holds its memory until we have left. */
    atomic_fetch_add(&loop->posters, 1);
    call->next = atomic_load_explicit(&loop->posted, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&loop->posted, &call->next, call))
        continue;
    eddy__wake(loop);
    atomic_fetch_sub(&loop->posters, 1);
    return 0;
}

int eddy_loop_post(struct eddy_loop *loop, eddy_call_fn *fn, void *arg)
{
    struct posted_call *post;
    int err;

    if (loop == NULL || fn == NULL)
        return -EINVAL;
    if (atomic_load(&loop->leaving))
        return -ESHUTDOWN;
    post = eddy__resize(loop, NULL, sizeof *post);
    if (post == NULL)
        return -ENOMEM;
    *post = (struct posted_call){ { NULL, run_posted }, loop, fn, arg };
    err = eddy_loop_post_call(loop, &post->call);
    if (err < 0)
        (void)eddy__resize(loop, post, 0);
    return err;
}

/* The stack is newest first; turned over it is in order for each thread. */
static void take_posted(struct eddy_loop *loop)
{
    struct eddy_call *newest = atomic_load(&loop->posted);
    struct eddy_call *oldest = NULL;

    if (newest == NULL)
        return;
    newest = atomic_exchange(&loop->posted, NULL);
    while (newest != NULL) {
        struct eddy_call *older = newest->next;

        newest->next = oldest;
        oldest = newest;
        newest = older;
    }
    while (oldest != NULL) {
        struct eddy_call *newer = oldest->next;

        calls_push(&loop->incoming, oldest);
        oldest = newer;
    }
}

/* i is less than twice round; a division would be the most of a call. */
static size_t wrap(const struct eddy_loop *loop, size_t i)
{
    return i < loop->soon_capacity ? i : i - loop->soon_capacity;
}

int eddy_loop_soon(struct eddy_loop *loop, eddy_call_fn *fn, void *arg)
{
    int err = eddy__check(loop);

    if (err < 0)
        return err;
    if (fn == NULL)
        return -EINVAL;
    if (loop->dying)
        return -ESHUTDOWN;
    if (loop->soon_count == loop->soon_capacity) {
        size_t had = loop->soon_capacity;
        struct soon *grown =
            eddy_mem_reserve(&loop->settings.mem, loop->soon,
                             &loop->soon_capacity, had + 1, sizeof *grown);
        if (grown == NULL)
            return -ENOMEM;
        loop->soon = grown;
        /* what had wrapped round the old end goes on behind it: the new room
         * is at least as large */
        for (size_t i = 0; i < loop->soon_first; i++)
            grown[had + i] = grown[i];
    }
    loop->soon[wrap(loop, loop->soon_first + loop->soon_count++)] =
        (struct soon){ fn, arg };
    return 0;
}

static void run_soon(struct eddy_loop *loop, size_t count)
{
    while (count-- > 0) {
        struct soon next = loop->soon[loop->soon_first];
        int64_t since = eddy__enter(loop);

        loop->soon_first = wrap(loop, loop->soon_first + 1);
        loop->soon_count--;
        next.fn(next.arg);
        eddy__leave(loop, since, "call", (const void *)(uintptr_t)next.fn);
    }
}

bool eddy__posts_run(struct eddy_loop *loop)
{
    size_t soon = loop->soon_count; /* what the posted calls add comes later */
    uint64_t posts = loop->stats.posts;
    struct eddy_call *call;

    take_posted(loop);
    if (soon == 0 && loop->incoming.first == NULL)
        return false;
    loop->current = loop->incoming;
    loop->incoming = (struct calls){ NULL, NULL };
    while ((call = calls_pop(&loop->current)) != NULL) {
        loop->stats.posts++;
        call->run(call);
    }
    run_soon(loop, soon);
    return soon > 0 || loop->stats.posts > posts;
}

static bool unlink_call(struct calls *queue, struct eddy_call *call)
{
    struct eddy_call *before = NULL;

    for (struct eddy_call *c = queue->first; c != NULL; before = c, c = c->next)
        if (c == call) {
            if (before != NULL)
                before->next = c->next;
            else
                queue->first = c->next;
            if (queue->last == c)
                queue->last = before;
            return true;
        }
    return false;
}

bool eddy_loop_unpost_call(struct eddy_loop *loop, struct eddy_call *call)
{
    if (call == NULL || eddy__check(loop) < 0)
        return false;
    take_posted(loop);
    return unlink_call(&loop->current, call) ||
           unlink_call(&loop->incoming, call);
}

void eddy__posts_refuse(struct eddy_loop *loop)
{
    struct calls all;
    struct eddy_call *call;

    take_posted(loop);
    all = loop->incoming;
    loop->incoming = (struct calls){ NULL, NULL };
    loop->soon_count = 0;
    while ((call = calls_pop(&all)) != NULL)
        if (call->run == run_posted)
            (void)eddy__resize(
                loop, EDDY_CONTAINER_OF(call, struct posted_call, call), 0);
        else if (!eddy__start_refused(call))
            calls_push(&loop->incoming, call);
}

void eddy__posts_close(struct eddy_loop *loop)
{
    while (atomic_load(&loop->posters) > 0)
        (void)sched_yield();
    eddy__posts_refuse(loop);
    (void)eddy__resize(loop, loop->soon, 0);
}
