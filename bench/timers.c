/* SPDX-License-Identifier: MIT */
/* timers.c - the timers of timers.h in eddy's loop. */
#include "timers.h"

#include <stdlib.h>

#include "loop.h"

static struct eddy_loop *loop;
static struct eddy_timer *timers;

static void on_due(struct eddy_timer *timer, void *arg)
{
    (void)timer, (void)arg;
    timers_fired();
}

void timers_open(const struct arguments *arguments, int count)
{
    only_style(arguments, "callback");
    loop = new_loop(arguments);
    timers = calloc((size_t)count, sizeof *timers);
    must(timers != NULL, "memory");
    for (int i = 0; i < count; i++)
        must_eddy(eddy_timer_init(&timers[i], loop, on_due, NULL), "a timer");
}

void timers_arm(int index, int timeout_ms)
{
    int64_t due_ns = eddy_loop_now_ns(loop) + timeout_ms * EDDY_MS;

    must_eddy(eddy_timer_start_at(&timers[index], due_ns), "a timer");
}

void timers_cancel(int index)
{
    eddy_timer_stop(&timers[index]);
}

void timers_fire_due(void)
{
    must_eddy(eddy_loop_step(loop, 0), "the loop");
}
