/* SPDX-License-Identifier: MIT */
/* events_ev.c - the race of events.h on libev. */
#include <ev.h>
#include <stdlib.h>

#include "events.h"

static struct ev_loop *loop;
static ev_io *watchers;
static int count;

static void on_ready(struct ev_loop *ready_loop, ev_io *watcher, int revents)
{
    (void)revents;
    events_read((int)(watcher - watchers));
    if (events_left == 0)
        ev_break(ready_loop, EVBREAK_ONE);
}

void events_watch(void)
{
    for (int i = 0; i < count; i++)
        ev_io_start(loop, &watchers[i]);
}

void events_unwatch(void)
{
    for (int i = 0; i < count; i++) {
        ev_io_stop(loop, &watchers[i]);
        ev_io_set(&watchers[i], watchers[i].fd, EV_READ); /* as a new one */
    }
}

void events_open(const struct arguments *arguments, const int *fds,
                 int their_count)
{
    (void)arguments;
    loop = ev_default_loop(EVBACKEND_EPOLL);
    count = their_count;
    watchers = calloc((size_t)count, sizeof *watchers);
    must(loop != NULL && watchers != NULL, "libev");
    for (int i = 0; i < count; i++)
        ev_io_init(&watchers[i], on_ready, fds[i], EV_READ);
    events_watch();
}

void events_pause(void)
{
    for (int i = 0; i < count; i++)
        ev_io_stop(loop, &watchers[i]);
}

void events_resume(void)
{
    events_watch();
}

void events_look(void)
{
    ev_run(loop, EVRUN_NOWAIT);
}

void events_run(void)
{
    ev_run(loop, 0);
}
