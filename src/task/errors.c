/* SPDX-License-Identifier: MIT */
/*
 * errors.c - what becomes of a task's error.
 *
 * The first one is the scope's, and stops it. Who wants to know all of them has
 * the tasks that failed kept until then, on their own stacks: so to fail needs
 * no memory.
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
    if (home->ret_error != NULL)
        keep(home, task);
    eddy__scope_cancel(home, BY_ERROR, "a task of it has failed");
}

/* ---- All of them, as a value -------------------------------------------- */

static struct eddy_value value_of(const struct eddy_mem *mem,
                                  const struct task *task)
{
    struct eddy_error error = { .code = (int)task->result.n,
                                .at = task->at,
                                .done = task->result.done };
    char text[256];

    (void)snprintf(text, sizeof text, "%s: %s", task->name,
                   eddy_strerror(error.code));
    error.text = text;
    return eddy_error_new(mem, &error);
}

/* In the order in which they came; the list has the last one first. */
static struct eddy_value group(const struct scope *scope,
                               const struct eddy_mem *mem, size_t count,
                               int body)
{
    struct eddy_error error = { .code = scope->error, .count = count };
    struct eddy_value value;
    size_t at = count;
    char text[64];

    error.child = mem->resize(mem->arg, NULL, count * sizeof *error.child);
    if (error.child == NULL)
        return eddy_fail(scope->error);
    if (body < 0)
        error.child[--at] = eddy_fail(body);
    for (const struct task *task = scope->failed; task != NULL;
         task = task->after)
        error.child[--at] = value_of(mem, task);
    (void)snprintf(text, sizeof text, "%zu errors in a scope", count);
    error.text = text;
    value = eddy_error_new(mem, &error);
    (void)mem->resize(mem->arg, error.child, 0);
    return value;
}

void eddy__account(struct scope *scope, int body)
{
    const struct eddy_mem *mem = &eddy_loop_settings(scope->sched->loop)->mem;
    size_t count = body < 0;

    for (struct task *task = scope->failed; task != NULL; task = task->after)
        count++;
    if (scope->ret_error != NULL && count == 1)
        *scope->ret_error =
            body < 0 ? eddy_fail(body) : value_of(mem, scope->failed);
    else if (scope->ret_error != NULL && count > 1)
        *scope->ret_error = group(scope, mem, count, body);
    while (scope->failed != NULL) {
        struct task *task = scope->failed;

        scope->failed = task->after;
        eddy_task_unref(handle_of(task));
    }
}
