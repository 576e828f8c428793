/* SPDX-License-Identifier: MIT */
/* events_event.c - the race of events.h on libevent. */
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>

#include "events.h"

static struct event_base *base;
static struct event *events;
static int count;

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
    struct event *event = arg;

    (void)fd, (void)what;
    events_read((int)(event - events));
    if (events_left == 0)
        event_base_loopbreak(base);
}

void events_watch(void)
{
    for (int i = 0; i < count; i++)
        event_add(&events[i], NULL);
}

void events_unwatch(void)
{
    for (int i = 0; i < count; i++)
        event_del(&events[i]);
}

void events_open(const struct arguments *arguments, const int *fds,
                 int their_count)
{
    (void)arguments;
    base = event_base_new();
    count = their_count;
    events = calloc((size_t)count, sizeof *events);
    must(base != NULL && events != NULL, "libevent");
    for (int i = 0; i < count; i++)
        event_assign(&events[i], base, fds[i], EV_READ | EV_PERSIST, on_ready,
                     &events[i]);
    events_watch();
}

void events_pause(void)
{
    events_unwatch();
}

void events_resume(void)
{
    events_watch();
}

void events_look(void)
{
    event_base_loop(base, EVLOOP_NONBLOCK);
}

void events_run(void)
{
    event_base_dispatch(base);
}
