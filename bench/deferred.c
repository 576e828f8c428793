/* SPDX-License-Identifier: MIT */
/* deferred.c - calls for the next turn of eddy's loop. */
#include "deferred.h"

#include "loop.h"

static struct eddy_loop *loop;

void deferred_open(const struct arguments *arguments)
{
    only_style(arguments, "callback");
    loop = new_loop(arguments);
}

void deferred_call(deferred_fn *fn, void *arg)
{
    must_eddy(eddy_loop_soon(loop, fn, arg), "a call");
}

void deferred_run(void)
{
    must_eddy(eddy_loop_run(loop), "the loop");
}
