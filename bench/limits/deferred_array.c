/* SPDX-License-Identifier: MIT */
/* deferred_array.c - the limit of deferred.h: two arrays that take turns, and
 * an epoll_wait() that does not wait. */
#include <stddef.h>
#include <sys/epoll.h>

#include "deferred.h"

enum { MOST = 4096 };

static struct call {
    deferred_fn *fn;
    void *arg;
} calls[2][MOST];
static size_t count;
static int filling, epoll;

void deferred_open(const struct arguments *arguments)
{
    (void)arguments;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    must(epoll >= 0, "epoll_create1");
}

void deferred_call(deferred_fn *fn, void *arg)
{
    must(count < MOST, "room");
    calls[filling][count++] = (struct call){ fn, arg };
}

void deferred_run(void)
{
    struct epoll_event none;

    while (count > 0) {
        const struct call *due = calls[filling];
        size_t due_count = count;

        count = 0;
        filling = 1 - filling;
        for (size_t i = 0; i < due_count; i++)
            due[i].fn(due[i].arg);
        must(epoll_wait(epoll, &none, 1, 0) == 0, "epoll_wait");
    }
}
