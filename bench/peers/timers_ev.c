/* SPDX-License-Identifier: MIT */
/* timers_ev.c - the timers of timers.h on libev. */
#include <ev.h>
#include <stdlib.h>

#include "timers.h"

static struct ev_loop *loop;
static ev_timer *timers;

static void on_due(struct ev_loop *due_loop, ev_timer *timer, int revents)
{
    (void)due_loop, (void)timer, (void)revents;
    timers_fired();
}

void timers_open(const struct arguments *arguments, int count)
{
    (void)arguments;
    loop = ev_default_loop(EVBACKEND_EPOLL);
    timers = calloc((size_t)count, sizeof *timers);
    must(loop != NULL && timers != NULL, "libev");
    for (int i = 0; i < count; i++)
        ev_timer_init(&timers[i], on_due, 0., 0.);
}

/* ev_timer_again() is its way to arm anew, and repeats. */
void timers_arm(int index, int timeout_ms)
{
    ev_timer *timer = &timers[index];

    if (ev_is_active(timer)) {
        timer->repeat = timeout_ms / 1e3;
        ev_timer_again(loop, timer);
    } else {
        ev_timer_set(timer, timeout_ms / 1e3, 0.);
        ev_timer_start(loop, timer);
    }
}

void timers_cancel(int index)
{
    ev_timer_stop(loop, &timers[index]);
}

void timers_fire_due(void)
{
    ev_run(loop, EVRUN_NOWAIT);
}
