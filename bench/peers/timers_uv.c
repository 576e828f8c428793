/* SPDX-License-Identifier: MIT */
/* timers_uv.c - the timers of timers.h on libuv. */
#include <stdlib.h>
#include <uv.h>

#include "timers.h"

static uv_loop_t *loop;
static uv_timer_t *timers;

static void on_due(uv_timer_t *timer)
{
    (void)timer;
    timers_fired();
}

void timers_open(const struct arguments *arguments, int count)
{
    (void)arguments;
    loop = uv_default_loop();
    timers = calloc((size_t)count, sizeof *timers);
    must(timers != NULL, "memory");
    for (int i = 0; i < count; i++)
        uv_timer_init(loop, &timers[i]);
}

void timers_arm(int index, int timeout_ms)
{
    uv_timer_start(&timers[index], on_due, (uint64_t)timeout_ms, 0);
}

void timers_cancel(int index)
{
    uv_timer_stop(&timers[index]);
}

void timers_fire_due(void)
{
    uv_run(loop, UV_RUN_NOWAIT);
}
