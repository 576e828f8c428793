/* SPDX-License-Identifier: MIT */
/* test_oom_sync.c - queues, channels and limiters with each of their
 * allocations failing in turn. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <eddy/channel.h>

#include "oom_support.h"
#include "sync_support.h"

enum { VALUES = 20 };

/* A value goes in and out; n of the worse of both. */
static int64_t pass(struct eddy_loop *loop, struct eddy_op in,
                    struct eddy_op out)
{
    int64_t n = came_to(result_of(loop, in), 0);

    return n < 0 ? n : came_to(result_of(loop, out), 1);
}

static int64_t use_queue(struct eddy_loop *loop)
{
    int freed = 0, put = 0;
    struct eddy_queue_options options = { .order = EDDY_PRIORITY };
    struct eddy_queue *queue;
    int64_t n = eddy_queue_new(&queue, loop, &options);

    if (n < 0)
        return n;
    for (int i = 0; i < VALUES && n == 0; i++) {
        n = came_to(result_of(loop, eddy_queue_put(queue, counted(&freed))), 0);
        put++;
    }
    if (n == 0)
        n = pass(loop, eddy_queue_put(queue, eddy_int(1)),
                 eddy_queue_get(queue, NULL));
    eddy_queue_free(queue);
    ck_assert_int_ge(freed, put); /* an integer is none */
    return n;
}

static int64_t use_channel(struct eddy_loop *loop)
{
    struct eddy_channel_end *sender, *receiver, *clone;
    struct eddy_value value;
    int64_t n = eddy_channel_new_shared(&sender, loop, &receiver, loop, VALUES);

    if (n < 0)
        return n;
    n = eddy_channel_clone(&clone, sender, loop);
    if (n == 0)
        eddy_channel_free(clone);
    for (int i = 0; i < VALUES && n == 0; i++)
        n = eddy_channel_try_send(sender, eddy_int(i));
    for (int i = 0; i < VALUES && n == 0; i++) {
        n = came_to(result_of(loop, eddy_channel_receive(receiver, &value)), 1);
        if (n == 0)
            ck_assert_int_eq(value.n, i);
    }
    eddy_channel_free(sender);
    eddy_channel_free(receiver);
    return n;
}

static int64_t use_limiter(struct eddy_loop *loop)
{
    static int borrowers[VALUES];
    struct eddy_limiter limiter;
    int64_t n = eddy_limiter_init(&limiter, loop, VALUES);

    for (int i = 0; i < VALUES && n == 0; i++)
        n = came_to(
            result_of(loop, eddy_limiter_acquire(&limiter, &borrowers[i])), 0);
    eddy_limiter_done(&limiter);
    return n;
}

START_TEST(what_fails_loses_nothing)
{
    play_all(_i, use_queue);
    play_all(_i, use_channel);
    play_all(_i, use_limiter);
}
END_TEST

/* ---- The rest needs none ------------------------------------------------- */

START_TEST(what_waits_needs_no_memory)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_request requests[5];
    struct eddy_lock lock;
    struct eddy_flag flag;
    struct eddy_condition condition;
    struct eddy_semaphore semaphore;
    struct eddy_barrier barrier;

    turns(loop, 1);
    fail_allocation(1);
    ck_assert_int_eq(eddy_lock_init(&lock, loop), 0);
    ck_assert_int_eq(eddy_flag_init(&flag, loop), 0);
    ck_assert_int_eq(eddy_condition_init(&condition, &lock), 0);
    ck_assert_int_eq(eddy_semaphore_init(&semaphore, loop, 0, 1), 0);
    ck_assert_int_eq(eddy_barrier_init(&barrier, loop, 2), 0);
    begin(loop, &requests[0], eddy_lock_acquire(&lock, NULL), "lock");
    ck_assert_str_eq(told(loop), "lock:0");
    begin(loop, &requests[0], eddy_condition_wait(&condition, NULL), "news");
    begin(loop, &requests[1], eddy_flag_wait(&flag), "flag");
    begin(loop, &requests[2], eddy_semaphore_acquire(&semaphore), "token");
    for (int i = 3; i < 5; i++)
        begin(loop, &requests[i], eddy_barrier_wait(&barrier), "all");
    ck_assert_int_eq(eddy_flag_set(&flag), 0);
    ck_assert_int_eq(eddy_semaphore_release(&semaphore), 0);
    ck_assert_str_eq(told(loop), "all:0 all:1 flag:0 token:0");
    ck_assert(!allocation_failed());
    fail_allocation(0);
    eddy_condition_done(&condition);
    eddy_lock_done(&lock);
    eddy_flag_done(&flag);
    eddy_semaphore_done(&semaphore);
    eddy_barrier_done(&barrier);
    ck_assert_str_eq(told(loop), "news:ECANCELED");
}
END_TEST

int main(void)
{
    const TTest *const each[] = { what_fails_loses_nothing,
                                  what_waits_needs_no_memory };
    Suite *suite = suite_create("oom sync");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
