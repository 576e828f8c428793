/* SPDX-License-Identifier: MIT */
/* sync_support.c - those who wait, by name. */
#include "sync_support.h"

bool at_once(struct eddy_loop *loop, struct eddy_request *request,
             struct eddy_op op, const char *name)
{
    struct eddy_result result;
    bool done = eddy_begin_or_finish(loop, request, &op, mark_done, word(name),
                                     &result);

    if (done)
        mark_done(result, word(name));
    return done;
}

const char *told(struct eddy_loop *loop)
{
    turns(loop, 1);
    return marks();
}

int64_t result_of(struct eddy_loop *loop, struct eddy_op op)
{
    return eddy_loop_run_until(loop, op).n;
}
