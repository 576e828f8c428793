/* SPDX-License-Identifier: MIT */
/* wakeup.c - wake-ups of eddy's loops. */
#include "wakeup.h"

#include <stdlib.h>

#include "loop.h"

struct sleeper {
    struct eddy_loop *loop;
    struct eddy_waker waker;
    void (*on_wake)(void *arg);
    void *arg;
};

static void on_waker(struct eddy_waker *waker, void *arg)
{
    struct sleeper *sleeper = arg;

    (void)waker;
    sleeper->on_wake(sleeper->arg);
}

struct sleeper *sleeper_new(const struct arguments *arguments,
                            void (*on_wake)(void *arg), void *arg)
{
    struct sleeper *sleeper = calloc(1, sizeof *sleeper);

    only_style(arguments, "callback");
    must(sleeper != NULL, "memory");
    sleeper->loop = new_loop(arguments);
    sleeper->on_wake = on_wake;
    sleeper->arg = arg;
    must_eddy(
        eddy_waker_init(&sleeper->waker, sleeper->loop, on_waker, sleeper),
        "a waker");
    return sleeper;
}

void sleeper_run(struct sleeper *sleeper)
{
    must_eddy(eddy_loop_run(sleeper->loop), "the loop");
}

void sleeper_stop(struct sleeper *sleeper)
{
    eddy_loop_stop(sleeper->loop);
}

void sleeper_wake(struct sleeper *sleeper)
{
    eddy_waker_wake(&sleeper->waker);
}
