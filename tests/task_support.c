/* SPDX-License-Identifier: MIT */
/* task_support.c - tasks for a test, and an operation that it ends itself. */
#include "task_support.h"

/* ---- Tasks --------------------------------------------------------------- */

void spawn_with(struct eddy_loop *loop, eddy_task_fn *fn, void *arg,
                struct eddy_task_options options)
{
    ck_assert_int_eq(eddy_spawn(eddy_loop_scope(loop), fn, arg, &options), 0);
}

void spawn(struct eddy_loop *loop, eddy_task_fn *fn, void *arg)
{
    ck_assert_int_eq(eddy_spawn(eddy_loop_scope(loop), fn, arg, NULL), 0);
}

struct eddy_task *spawn_held(struct eddy_loop *loop, eddy_task_fn *fn,
                             void *arg)
{
    struct eddy_task *task = NULL;

    spawn_with(loop, fn, arg, (struct eddy_task_options){ .ret_task = &task });
    ck_assert_ptr_nonnull(task);
    return task;
}

int64_t end_of(struct eddy_loop *loop, struct eddy_task *task)
{
    int64_t n = eddy_loop_run_until(loop, eddy_join(task)).n;

    ck_assert_int_eq(eddy_task_state(task), EDDY_TASK_OVER);
    eddy_task_unref(task);
    return n;
}

struct eddy_result say(struct eddy_task *self, void *text)
{
    (void)self;
    mark(text);
    return eddy_n(0);
}

struct eddy_result say_thrice(struct eddy_task *self, void *text)
{
    mark(text);
    ck_assert_int_eq(eddy_task_yield(self), 0);
    mark(text);
    ck_assert_int_eq(eddy_task_yield(self), 0);
    mark(text);
    return eddy_n(0);
}

/* ---- Latches ------------------------------------------------------------- */

static bool begin_wait(struct eddy_request *request,
                       struct eddy_result *ret_result)
{
    struct latch *latch = eddy_request_on(request);

    *ret_result = eddy_n(-EBUSY);
    if (latch->request != NULL)
        return true;
    latch->request = request;
    return false;
}

void release(struct latch *latch, int64_t n)
{
    struct eddy_request *request = latch->request;

    ck_assert_ptr_nonnull(request);
    latch->request = NULL;
    eddy_complete(request, eddy_n(n));
}

static void cancel_wait(struct eddy_request *request)
{
    struct latch *latch = eddy_request_on(request);

    ck_assert_ptr_eq(latch->request, request);
    latch->cancels++;
    if (!latch->stubborn)
        release(latch, -ECANCELED);
}

struct eddy_op wait_at(struct latch *latch)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_PROMPT,
        .name = "latch",
        .start = begin_wait,
        .cancel = cancel_wait,
    };

    return (struct eddy_op){ .type = &type, .on = latch };
}

struct eddy_op end_at(struct latch *latch)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_PROMPT | EDDY_OP_ENDS,
        .name = "end of a latch",
        .start = begin_wait,
        .cancel = cancel_wait,
    };

    return (struct eddy_op){ .type = &type, .on = latch };
}

struct eddy_result wait_there(struct eddy_task *self, void *latch)
{
    return eddy_n(eddy_await(self, wait_at(latch)));
}
