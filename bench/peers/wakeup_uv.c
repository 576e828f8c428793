/* SPDX-License-Identifier: MIT */
/* wakeup_uv.c - wake-ups of libuv's loops: uv_async. */
#include <stdlib.h>
#include <uv.h>

#include "wakeup.h"

struct sleeper {
    uv_loop_t loop;
    uv_async_t async;
    void (*on_wake)(void *arg);
    void *arg;
};

static void on_async(uv_async_t *async)
{
    struct sleeper *sleeper = async->data;

    sleeper->on_wake(sleeper->arg);
}

struct sleeper *sleeper_new(const struct arguments *arguments,
                            void (*on_wake)(void *arg), void *arg)
{
    struct sleeper *sleeper = calloc(1, sizeof *sleeper);

    (void)arguments;
    must(sleeper != NULL, "memory");
    must(uv_loop_init(&sleeper->loop) == 0, "libuv");
    must(uv_async_init(&sleeper->loop, &sleeper->async, on_async) == 0,
         "libuv");
    sleeper->on_wake = on_wake;
    sleeper->arg = arg;
    sleeper->async.data = sleeper;
    return sleeper;
}

void sleeper_run(struct sleeper *sleeper)
{
    uv_run(&sleeper->loop, UV_RUN_DEFAULT);
}

void sleeper_stop(struct sleeper *sleeper)
{
    uv_stop(&sleeper->loop);
}

void sleeper_wake(struct sleeper *sleeper)
{
    uv_async_send(&sleeper->async);
}
