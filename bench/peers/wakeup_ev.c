/* SPDX-License-Identifier: MIT */
/* wakeup_ev.c - wake-ups of libev's loops: ev_async. */
#include <ev.h>
#include <stdlib.h>

#include "wakeup.h"

struct sleeper {
    struct ev_loop *loop;
    ev_async async;
    void (*on_wake)(void *arg);
    void *arg;
};

static void on_async(struct ev_loop *loop, ev_async *async, int revents)
{
    struct sleeper *sleeper = async->data;

    (void)loop, (void)revents;
    sleeper->on_wake(sleeper->arg);
}

struct sleeper *sleeper_new(const struct arguments *arguments,
                            void (*on_wake)(void *arg), void *arg)
{
    struct sleeper *sleeper = calloc(1, sizeof *sleeper);

    (void)arguments;
    must(sleeper != NULL, "memory");
    sleeper->loop = ev_loop_new(EVBACKEND_EPOLL);
    must(sleeper->loop != NULL, "libev");
    sleeper->on_wake = on_wake;
    sleeper->arg = arg;
    sleeper->async.data = sleeper;
    ev_async_init(&sleeper->async, on_async);
    ev_async_start(sleeper->loop, &sleeper->async);
    return sleeper;
}

void sleeper_run(struct sleeper *sleeper)
{
    ev_run(sleeper->loop, 0);
}

void sleeper_stop(struct sleeper *sleeper)
{
    ev_break(sleeper->loop, EVBREAK_ONE);
}

void sleeper_wake(struct sleeper *sleeper)
{
    ev_async_send(sleeper->loop, &sleeper->async);
}
