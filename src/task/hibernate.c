/* SPDX-License-Identifier: MIT */
/*
 * hibernate.c - waiting without a stack.
 *
 * A task that leaves drowsy is frozen by who runs next, for nobody can give the
 * stack away that he stands on; and thawed when it is woken. What others need
 * of it meanwhile, the task itself and the request, is apart.
 */
#include "task.h"

void eddy__freeze(struct task *task)
{
    struct apart *apart = apart_of(task);

    if (!apart->waiting.over && /* or nobody would wake it */
        eddy_stack_freeze(task->stacks, task->stack, &task->context,
                          &apart->frozen) == 0)
        task->flags |= TASK_FROZEN;
}

void eddy__thaw(struct task *task)
{
    task->flags &= ~(unsigned)TASK_FROZEN;
    eddy_stack_thaw(task->stacks, apart_of(task)->frozen);
}

static bool points_into(const struct eddy_stack *stack, uintptr_t address)
{
    return address >= (uintptr_t)stack->low && address < (uintptr_t)stack->high;
}

/* Does an operation know of something on this stack? */
static bool is_known(const struct eddy_stack *stack, const struct eddy_op *op)
{
    if (points_into(stack, (uintptr_t)op->on))
        return true;
    for (size_t i = 0; i < sizeof op->word / sizeof op->word[0]; i++)
        if (points_into(stack, (uintptr_t)op->word[i]))
            return true;
    return false;
}

static bool may_hibernate(const struct task *task, const struct eddy_op *op)
{
    return eddy__is_running(task) && op != NULL &&
           (task->flags & TASK_APART) != 0 && task->scope == task->home &&
           !is_known(&task->stack, op);
}

struct eddy_result eddy_hibernate_op(struct eddy_task *self,
                                     const struct eddy_op *op)
{
    struct task *task = task_of(self);
    struct eddy_result result;
    struct sched *sched;

    if (!may_hibernate(task, op))
        return eddy_await_op(self, op);
    sched = task->sched;
    sched->left = task;
    result = eddy__await_in(&apart_of(task)->waiting, task, op,
                            __builtin_return_address(0));
    if (sched->left == task)
        sched->left = NULL; /* it never left */
    return result;
}
