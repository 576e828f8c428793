/* SPDX-License-Identifier: MIT */
/* timers_event.c - the timers of timers.h on libevent. */
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>

#include "timers.h"

static struct event_base *base;
static struct event *events;

static void on_due(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what, (void)arg;
    timers_fired();
}

void timers_open(const struct arguments *arguments, int count)
{
    (void)arguments;
    base = event_base_new();
    events = calloc((size_t)count, sizeof *events);
    must(base != NULL && events != NULL, "libevent");
    for (int i = 0; i < count; i++)
        evtimer_assign(&events[i], base, on_due, NULL);
}

void timers_arm(int index, int timeout_ms)
{
    const struct timeval span = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };

    event_add(&events[index], &span);
}

void timers_cancel(int index)
{
    event_del(&events[index]);
}

void timers_fire_due(void)
{
    event_base_loop(base, EVLOOP_NONBLOCK);
}
