/* SPDX-License-Identifier: MIT */
/* wakeup_eventfd.c - the limit of wakeup.h: an eventfd in an epoll, and a flag
 * that is set as long as one wake-up is on its way. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "wakeup.h"

struct sleeper {
    int epoll, fd;
    bool stopped;
    atomic_bool woken;
    void (*on_wake)(void *arg);
    void *arg;
};

struct sleeper *sleeper_new(const struct arguments *arguments,
                            void (*on_wake)(void *arg), void *arg)
{
    struct sleeper *sleeper = calloc(1, sizeof *sleeper);
    struct epoll_event event = { .events = EPOLLIN };

    (void)arguments;
    must(sleeper != NULL, "memory");
    sleeper->epoll = epoll_create1(EPOLL_CLOEXEC);
    sleeper->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    must(epoll_ctl(sleeper->epoll, EPOLL_CTL_ADD, sleeper->fd, &event) == 0,
         "epoll_ctl");
    sleeper->on_wake = on_wake;
    sleeper->arg = arg;
    return sleeper;
}

void sleeper_run(struct sleeper *sleeper)
{
    struct epoll_event event;
    uint64_t count;

    while (!sleeper->stopped) {
        if (epoll_wait(sleeper->epoll, &event, 1, -1) != 1)
            continue;
        must(read(sleeper->fd, &count, sizeof count) > 0, "read");
        atomic_store(&sleeper->woken, false); /* from now on it is another */
        sleeper->on_wake(sleeper->arg);
    }
}

void sleeper_stop(struct sleeper *sleeper)
{
    sleeper->stopped = true;
}

void sleeper_wake(struct sleeper *sleeper)
{
    static const uint64_t one = 1;

    if (!atomic_load(&sleeper->woken) &&
        !atomic_exchange(&sleeper->woken, true))
        must(write(sleeper->fd, &one, sizeof one) > 0, "write");
}
