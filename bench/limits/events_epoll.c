/* SPDX-License-Identifier: MIT */
/*
 * events_epoll.c - the limit of the race of events.h: an epoll loop that looks
 * up by index. A watch made anew is an EPOLL_CTL_MOD, for the descriptor may be
 * another one by now; a pause is a flag.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "events.h"

enum { BATCH = 512 };

struct watch {
    bool paused;
};

static struct watch *watches;
static const int *fds;
static int count, epoll;

static void watch_all(int op)
{
    for (int i = 0; i < count; i++) {
        struct epoll_event event = { .events = EPOLLIN,
                                     .data.u32 = (uint32_t)i };

        must(epoll_ctl(epoll, op, fds[i], &event) == 0, "epoll_ctl");
    }
}

void events_open(const struct arguments *arguments, const int *their_fds,
                 int their_count)
{
    (void)arguments;
    fds = their_fds;
    count = their_count;
    watches = calloc((size_t)count, sizeof *watches);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    must(watches != NULL && epoll >= 0, "a loop");
    watch_all(EPOLL_CTL_ADD);
}

void events_unwatch(void)
{
}

void events_watch(void)
{
    watch_all(EPOLL_CTL_MOD);
}

static void pause_all(bool paused)
{
    for (int i = 0; i < count; i++)
        watches[i].paused = paused;
}

void events_pause(void)
{
    pause_all(true);
}

void events_resume(void)
{
    pause_all(false);
}

static void turn(int timeout_ms)
{
    struct epoll_event events[BATCH];
    int n = epoll_wait(epoll, events, BATCH, timeout_ms);

    for (int i = 0; i < n; i++)
        if (!watches[events[i].data.u32].paused)
            events_read((int)events[i].data.u32);
}

void events_look(void)
{
    turn(0);
}

void events_run(void)
{
    while (events_left > 0)
        turn(-1);
}
