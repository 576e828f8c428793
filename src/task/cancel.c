/* SPDX-License-Identifier: MIT */
/*
 * cancel.c - asking tasks to end.
 *
 * A scope that is cancelled marks all scopes within, but for those that are
 * shielded, so that an await has one flag to look at. What waits already is
 * cancelled once; who waits again is refused, as long as the mark stands, and
 * that is until the scope is left.
 */
#include "task.h"

static void cancel_wait(struct task *task)
{
    eddy_request_cancel(task->awaited); /* NULL, or over: nothing happens */
}

/* Those whose innermost scope it is. */
static void stop(struct scope *scope)
{
    scope->flags |= SCOPE_STOPPING;
    if (scope->owner != NULL && scope->owner->scope == scope)
        cancel_wait(scope->owner);
    for (struct task *task = scope->tasks; task != NULL; task = task->next)
        if (task->scope == scope)
            cancel_wait(task);
}

static bool is_reached(const struct scope *scope)
{
    return (scope->flags & (SCOPE_SHIELD | SCOPE_STOPPING)) == 0;
}

/* The next one to look at after scope, in top and before what is beside it. */
static struct scope *next_in(const struct scope *top, struct scope *scope,
                             bool within)
{
    if (within && scope->first != NULL)
        return scope->first;
    while (scope != top && scope->next == NULL)
        scope = scope->parent;
    return scope != top ? scope->next : NULL;
}

/* No call of a user's is made from here: the tree stands still. */
static void stop_all(struct scope *top)
{
    struct scope *scope = top;
    bool reached = (top->flags & SCOPE_STOPPING) == 0;

    while (scope != NULL) {
        if (reached)
            stop(scope);
        scope = next_in(top, scope, reached);
        reached = scope != NULL && is_reached(scope);
    }
}

void eddy__scope_cancel(struct scope *scope, enum cause cause,
                        const char *reason)
{
    if (scope->cause != NOT_CANCELLED)
        return;
    scope->cause = cause;
    scope->reason = reason;
    if (scope->deadline_ns != EDDY_FOREVER)
        (void)eddy_timer_stop(&scope->timer);
    stop_all(scope);
}

/* The shielded ones, too. */
void eddy__cancel_waits(struct scope *top)
{
    for (struct scope *scope = top; scope != NULL;
         scope = next_in(top, scope, true))
        for (struct task *task = scope->tasks; task != NULL; task = task->next)
            cancel_wait(task);
}

int eddy_scope_cancel(struct eddy_scope *public_scope, const char *reason)
{
    struct scope *scope = scope_of(public_scope);
    int err;

    if (scope == NULL)
        return -EINVAL;
    if ((scope->flags & SCOPE_OPEN) == 0)
        return -EALREADY;
    err = eddy_loop_check(scope->sched->loop);
    if (err == 0 && scope->owner == NULL)
        err = -EPERM; /* the loop's own */
    if (err == 0)
        eddy__scope_cancel(scope, BY_CALL, reason);
    return err;
}

/* ---- A single task ------------------------------------------------------ */

int eddy_task_cancel(struct eddy_task *public_task, const char *reason)
{
    struct task *task = task_of(public_task);
    struct scope *scope;
    int err, times;

    if (task == NULL)
        return -EINVAL;
    if ((task->flags & TASK_OVER) != 0)
        return -EALREADY;
    err = eddy_loop_check(task->sched->loop);
    if (err < 0)
        return err;
    task->flags |= TASK_CANCEL;
    task->reason = reason;
    times = ++task->cancelling; /* what follows may ask it once more */
    scope = task->scope;
    if (!eddy__is_asked(task))
        return times; /* it is shielded */
    if (scope->owner == task && (scope->flags & SCOPE_JOINING) != 0)
        eddy__scope_cancel(scope, BY_OWNER, reason);
    else
        cancel_wait(task);
    return times;
}

int eddy_task_cancelling(const struct eddy_task *task)
{
    return task != NULL ? task_of(task)->cancelling : 0;
}

int eddy_task_uncancel(struct eddy_task *public_task)
{
    struct task *task = task_of(public_task);

    if (task == NULL)
        return -EINVAL;
    if (task->cancelling > 0 && --task->cancelling == 0)
        task->flags &= ~(unsigned)TASK_CANCEL;
    return task->cancelling;
}

const char *eddy_task_reason(const struct eddy_task *public_task)
{
    const struct task *task = task_of(public_task);
    const struct scope *scope;

    if (task == NULL)
        return NULL;
    scope = task->scope;
    if (scope == NULL)
        return task->reason; /* it is over */
    while (scope->cause == NOT_CANCELLED && eddy__scope_is_reached(scope))
        scope = scope->parent;
    return scope->cause != NOT_CANCELLED ? scope->reason : task->reason;
}
