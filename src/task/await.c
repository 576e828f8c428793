/* SPDX-License-Identifier: MIT */
/* await.c - waiting for an operation: it lives on the stack of who waits. */
#include "task.h"

/* Who has waited long will soon go on, and is in no cache: the frames of the
 * wait are below, those of the task above. */
static inline void fetch(const struct waiting *waiting)
{
    enum { LINE = 64, BELOW = 6, ABOVE = 4, LONG_NS = 100000 };
    const struct task *task = waiting->task;
    const char *at = (const char *)waiting;

    if (eddy_loop_now_ns(task->sched->loop) - task->since_ns < LONG_NS)
        return;
    __builtin_prefetch(&task->context);
    for (int i = -BELOW; i < (int)(sizeof *waiting / LINE) + ABOVE; i++)
        __builtin_prefetch(at + i * LINE);
}

/* Only takes note: it may be called from inside anything. */
static void take_note(struct eddy_result result, void *arg)
{
    struct waiting *waiting = arg;

    fetch(waiting);
    waiting->result = result;
    waiting->over = true;
    waiting->task->awaited = NULL;
    if ((waiting->task->flags & TASK_FROZEN) != 0)
        eddy__thaw(waiting->task);
    eddy__wake(waiting->task);
}

/* ---- What stands in the way --------------------------------------------- */

static int refuse_await(struct task *task)
{
    if (eddy_loop_debug(task->sched->loop))
        eddy_log_write(task->sched->loop, EDDY_LOG_ERROR,
                       "%s waits where waiting is forbidden", task->name);
    return -EPERM;
}

/* An awaited operation told -ECANCELED, or was not begun for it: one is told of
 * being asked to end once, but of a scope as long as it is in it. */
static void note_cancelled(struct task *task)
{
    if ((task->scope->flags & SCOPE_STOPPING) == 0)
        task->flags &= ~(unsigned)TASK_CANCEL;
}

/* 0, or why the next await is refused. */
static int check(struct task *task)
{
    if ((task->flags & TASK_NO_AWAIT) != 0)
        return refuse_await(task);
    return eddy__is_cancelled(task) ? -ECANCELED : 0;
}

static int tell_cancelled(struct task *task)
{
    note_cancelled(task);
    return -ECANCELED;
}

/* What it carries is its own, even so. */
static struct eddy_result refuse(const struct eddy_op *op, int err)
{
    eddy_op_refuse(op);
    return eddy_n(err);
}

static bool is_awaitable(const struct eddy_op *op)
{
    return op != NULL && op->type != NULL &&
           (op->type->flags & EDDY_OP_MULTISHOT) == 0;
}

/* ---- Waiting ------------------------------------------------------------ */

static void wait_until_over(struct waiting *waiting, const char *name)
{
    struct task *task = waiting->task;

    if (!waiting->over) {
        task->awaited = &waiting->request;
        eddy__waits_for(task, name);
    }
    eddy__suspend(task);
}

/* waiting->result: what has been begun of it, see eddy_finish_now(). */
static inline struct eddy_result wait_in(struct waiting *waiting,
                                         struct task *task,
                                         const struct eddy_op *op,
                                         const void *site)
{
    if (!is_awaitable(op))
        return refuse(op, -EINVAL);
    task->site = site;
    waiting->task = task;
    waiting->over = false;
    if (eddy_begin_or_finish(task->sched->loop, &waiting->request, op,
                             take_note, waiting, &waiting->result))
        return waiting->result;
    wait_until_over(waiting, op->type->name);
    if (waiting->result.n == -ECANCELED && eddy__is_cancelled(task))
        note_cancelled(task);
    return waiting->result;
}

/* In one who is cancelled: begun, told to be quick, and waited for. A result
 * does not tell of the cancelling. */
static struct eddy_result wait_for_end(struct waiting *waiting,
                                       struct task *task,
                                       const struct eddy_op *op)
{
    waiting->task = task;
    waiting->over = false;
    if (!eddy_begin_or_finish(task->sched->loop, &waiting->request, op,
                              take_note, waiting, &waiting->result)) {
        if (!waiting->over)
            eddy_request_cancel(&waiting->request);
        wait_until_over(waiting, op->type->name);
    }
    if (waiting->result.n == -ECANCELED)
        note_cancelled(task);
    return waiting->result;
}

struct eddy_result eddy__await_in(struct waiting *waiting, struct task *task,
                                  const struct eddy_op *op, const void *site)
{
    int err;

    if (!eddy__is_running(task))
        return refuse(op, -EPERM);
    if (!is_awaitable(op))
        return refuse(op, -EINVAL);
    waiting->result = eddy_n(0);
    task->site = site;
    err = check(task);
    if (err == -ECANCELED && (op->type->flags & EDDY_OP_ENDS) != 0)
        return wait_for_end(waiting, task, op);
    if (err == -ECANCELED)
        err = tell_cancelled(task);
    return err < 0 ? refuse(op, err) : wait_in(waiting, task, op, site);
}

/* What cannot be told at once. Apart, for its frame is large, and most who hand
 * something over never need it. */
__attribute__((noinline)) static struct eddy_result
await(struct task *task, const struct eddy_op *op, const void *site,
      struct eddy_result begun)
{
    struct waiting waiting;

    waiting.result = begun;
    return wait_in(&waiting, task, op, site);
}

__attribute__((noinline)) static struct eddy_result
await_with_care(struct task *task, const struct eddy_op *op, const void *site)
{
    struct waiting waiting;

    return eddy__await_in(&waiting, task, op, site);
}

struct eddy_result eddy_await_op(struct eddy_task *self,
                                 const struct eddy_op *op)
{
    struct task *task = task_of(self);
    struct eddy_result result = eddy_n(0);

    if (!eddy__is_running(task) || (task->flags & TASK_WARY) != 0 ||
        (task->scope->flags & SCOPE_STOPPING) != 0)
        return await_with_care(task, op, __builtin_return_address(0));
    if (eddy_finish_now(task->sched->loop, op, &result))
        return result;
    return await(task, op, __builtin_return_address(0), result);
}

int eddy_task_yield(struct eddy_task *self)
{
    struct task *task = task_of(self);

    if (!eddy__is_running(task))
        return -EPERM;
    if ((task->flags & TASK_NO_AWAIT) != 0)
        return refuse_await(task);
    task->site = __builtin_return_address(0);
    eddy__make_ready(task);
    eddy__suspend(task);
    return eddy__is_cancelled(task) ? tell_cancelled(task) : 0;
}

int eddy_task_check(struct eddy_task *self)
{
    struct task *task = task_of(self);

    if (!eddy__is_running(task))
        return -EPERM;
    return eddy__is_cancelled(task) ? -ECANCELED : 0;
}

void eddy_task_forbid_await(struct eddy_task *self)
{
    struct task *task = task_of(self);

    if (task == NULL)
        return;
    task->no_await++;
    task->flags |= TASK_NO_AWAIT;
}

void eddy_task_allow_await(struct eddy_task *self)
{
    struct task *task = task_of(self);

    if (task != NULL && task->no_await > 0 && --task->no_await == 0)
        task->flags &= ~(unsigned)TASK_NO_AWAIT;
}
