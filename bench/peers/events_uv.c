/* SPDX-License-Identifier: MIT */
/* events_uv.c - the race of events.h on libuv. */
#include <stdlib.h>
#include <uv.h>

#include "events.h"

static uv_loop_t *loop;
static uv_poll_t *polls;
static int count;

static void on_ready(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    events_read((int)(poll - polls));
    if (events_left == 0)
        uv_stop(loop);
}

void events_watch(void)
{
    for (int i = 0; i < count; i++)
        uv_poll_start(&polls[i], UV_READABLE, on_ready);
}

void events_unwatch(void)
{
    for (int i = 0; i < count; i++)
        uv_poll_stop(&polls[i]);
}

void events_open(const struct arguments *arguments, const int *fds,
                 int their_count)
{
    (void)arguments;
    loop = uv_default_loop();
    count = their_count;
    polls = calloc((size_t)count, sizeof *polls);
    must(polls != NULL, "memory");
    for (int i = 0; i < count; i++)
        must(uv_poll_init(loop, &polls[i], fds[i]) == 0, "uv_poll_init");
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
    uv_run(loop, UV_RUN_NOWAIT);
}

void events_run(void)
{
    uv_run(loop, UV_RUN_DEFAULT);
}
