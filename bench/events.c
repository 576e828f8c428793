/* SPDX-License-Identifier: MIT */
/* events.c - the race of events.h by watches of eddy's. */
#include "events.h"

#include <stdlib.h>

#include "loop.h"

static struct eddy_loop *loop;
static struct eddy_watch *watches;
static const int *fds;
static int count;

static void on_ready(struct eddy_watch *watch, unsigned ready, void *arg)
{
    (void)ready, (void)arg;
    events_read((int)(watch - watches));
    if (events_left == 0)
        eddy_loop_stop(loop);
}

void events_watch(void)
{
    for (int i = 0; i < count; i++)
        must_eddy(eddy_watch_start(loop, &watches[i], fds[i], EDDY_READ,
                                   on_ready, NULL),
                  "a watch");
}

void events_unwatch(void)
{
    for (int i = 0; i < count; i++)
        eddy_watch_stop(&watches[i]);
}

void events_open(const struct arguments *arguments, const int *their_fds,
                 int their_count)
{
    only_style(arguments, "callback");
    loop = new_loop(arguments);
    fds = their_fds;
    count = their_count;
    watches = calloc((size_t)count, sizeof *watches);
    must(watches != NULL, "memory");
    events_watch();
}

void events_pause(void)
{
    for (int i = 0; i < count; i++)
        eddy_watch_set(&watches[i], 0);
}

void events_resume(void)
{
    for (int i = 0; i < count; i++)
        eddy_watch_set(&watches[i], EDDY_READ);
}

void events_look(void)
{
    must_eddy(eddy_loop_step(loop, 0), "the loop");
}

void events_run(void)
{
    must_eddy(eddy_loop_run(loop), "the loop");
}
