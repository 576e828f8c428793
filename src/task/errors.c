/* SPDX-License-Identifier: MIT */
/*
 * errors.c - what becomes of a task's error.
 *
 * The first one is the scope's, and stops it. Who wants to know all of them has
 * the tasks that failed kept until then, on their own stacks: so to fail needs
 * no memory.
 *
 * A scope in another one hands what it has on by its owner, who keeps it as
 * long as it may end with that: groups nest, in one task and by tasks.
 */
#include "task.h"

#include <stdio.h>

void eddy__log_error(const struct task *task)
{
    int err = (int)task->result.n;

    if (err != -ECANCELED)
        eddy_log_write(task->sched->loop, EDDY_LOG_ERROR,
                       "unhandled error in %s: %s (%d), spawned at %s",
                       task->name, eddy_strerror(err), err,
                       task->at != NULL ? task->at : "an unknown place");
}

static void keep(struct scope *scope, struct task *task)
{
    (void)eddy_task_ref(handle_of(task));
    task->after = scope->failed;
    scope->failed = task;
}

void eddy__hear_error(struct task *task)
{
    struct scope *home = task->home;

    if (task->result.n == -ECANCELED) {
        if ((home->flags & SCOPE_STOPPING) != 0)
            home->flags |= SCOPE_CAUGHT;
        return;
    }
    if ((home->flags & SCOPE_SUPERVISE) != 0 ||
        (task->flags & TASK_START_FAILED) != 0)
        return;
    task->flags |= TASK_HEARD;
    if (home->error == 0)
        home->error = (int)task->result.n;
    if ((home->flags & SCOPE_WANTED) != 0)
        keep(home, task);
    eddy__scope_cancel(home, BY_ERROR, "a task of it has failed");
}

void eddy__hear_body(struct scope *scope, int err)
{
    scope->body = err;
    scope->before = scope->failed;
    if (scope->error == 0)
        scope->error = err;
}

/* ---- All of them, as a value -------------------------------------------- */

/* What a scope within has handed on, if it says more than the code that it
 * ended with. */
static bool take_cause(struct task *task, int code, struct eddy_value *ret_why)
{
    if (eddy_error_details(&task->why) == NULL ||
        eddy_error_code(&task->why) != code)
        return false;
    *ret_why = eddy_take(&task->why);
    return true;
}

static struct eddy_value value_of(const struct eddy_mem *mem, struct task *task)
{
    struct eddy_error error = { .code = (int)task->result.n,
                                .at = task->at,
                                .done = task->result.done };
    struct eddy_value cause;
    char text[256];

    error.count = take_cause(task, error.code, &cause);
    error.child = &cause;
    (void)snprintf(text, sizeof text, "%s: %s", task->name,
                   eddy_strerror(error.code));
    error.text = text;
    return eddy_error_new(mem, &error);
}

static struct eddy_value value_of_body(const struct scope *scope)
{
    struct eddy_value why;

    return take_cause(scope->owner, scope->body, &why) ? why
                                                       : eddy_fail(scope->body);
}

/* In the order in which they came; the list has the last one first. */
static void fill(const struct scope *scope, const struct eddy_mem *mem,
                 struct eddy_value *values, size_t count)
{
    struct task *task = scope->failed;

    while (count > 0) {
        if (scope->body < 0 && task == scope->before) {
            values[--count] = value_of_body(scope);
            if (count == 0)
                return;
        }
        values[--count] = value_of(mem, task);
        task = task->after;
    }
}

static struct eddy_value group(const struct scope *scope,
                               const struct eddy_mem *mem, size_t count)
{
    struct eddy_error error = { .code = scope->error, .count = count };
    struct eddy_value value;
    char text[64];

    error.child = mem->resize(mem->arg, NULL, count * sizeof *error.child);
    if (error.child == NULL)
        return eddy_fail(scope->error);
    fill(scope, mem, error.child, count);
    (void)snprintf(text, sizeof text, "%zu errors in a scope", count);
    error.text = text;
    value = eddy_error_new(mem, &error);
    (void)mem->resize(mem->arg, error.child, 0);
    return value;
}

static struct eddy_value all_of(const struct scope *scope, int result)
{
    const struct eddy_mem *mem = &eddy_loop_settings(scope->sched->loop)->mem;
    struct eddy_value value;
    size_t count = scope->body < 0;

    for (const struct task *task = scope->failed; task != NULL;
         task = task->after)
        count++;
    if (count == 0)
        return eddy_fail(result); /* cancelled, or out of time */
    if (count > 1)
        return group(scope, mem, count);
    fill(scope, mem, &value, 1);
    return value;
}

static void let_go(struct scope *scope)
{
    while (scope->failed != NULL) {
        struct task *task = scope->failed;

        scope->failed = task->after;
        eddy_value_free(&task->why);
        eddy_task_unref(handle_of(task));
    }
}

void eddy__account(struct scope *scope, int result)
{
    struct eddy_value all = eddy_none();

    if (result < 0 && (scope->flags & SCOPE_WANTED) != 0)
        all = all_of(scope, result);
    eddy_value_free(&scope->owner->why);
    if (result < 0 && scope->ret_error != NULL)
        *scope->ret_error = all;
    else
        scope->owner->why = all;
    let_go(scope);
}
