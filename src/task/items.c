/* SPDX-License-Identifier: MIT */
/* items.c - iterating in a task: what is opened is closed on every way out. */
#include "task.h"

/* Where nobody may wait nothing is begun, for nobody could wait for its end. */
bool eddy_items_open(struct eddy_items *items, struct eddy_task *self,
                     struct eddy_op op)
{
    const struct task *task = task_of(self);
    bool may;

    if (items == NULL)
        return false;
    may = eddy__is_running(task) && (task->flags & TASK_NO_AWAIT) == 0;
    items->self = self;
    items->n = may ? 0 : -EPERM;
    eddy_iter_open(may ? eddy_task_loop(self) : NULL, &items->iter, &op);
    return may;
}

bool eddy_items_next(struct eddy_items *items)
{
    if (items == NULL)
        return false;
    items->n = eddy_await(items->self, eddy_next(&items->iter));
    return items->n > 0;
}

/* Its storage goes with the block: its end is waited for, forbidden or not. */
void eddy_items_close(struct eddy_items *items)
{
    struct task *task = items != NULL ? task_of(items->self) : NULL;
    unsigned forbidden = task != NULL ? task->flags & TASK_NO_AWAIT : 0;

    if (!eddy__is_running(task))
        return;
    task->flags &= ~forbidden;
    (void)eddy_await(items->self, eddy_iter_close(&items->iter));
    task->flags |= forbidden;
}
