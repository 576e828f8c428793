/* SPDX-License-Identifier: MIT */
/* items.c - iterating in a task: what is opened is closed on every way out. */
#include "task.h"

bool eddy_items_open(struct eddy_items *items, struct eddy_task *self,
                     struct eddy_op op)
{
    items->self = self;
    eddy_iter_open(eddy_task_loop(self), &items->iter, &op);
    return true;
}

bool eddy_items_next(struct eddy_items *items)
{
    items->n = eddy_await(items->self, eddy_next(&items->iter));
    return items->n > 0;
}

void eddy_items_close(struct eddy_items *items)
{
    (void)eddy_await(items->self, eddy_iter_close(&items->iter));
}
