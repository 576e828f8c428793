/* SPDX-License-Identifier: MIT */
/* channels.c - messages from task to task. */
#include "channels.h"

#if __has_include(<eddy/channel.h>)

#include <stdlib.h>

#include <eddy/channel.h>
#include <eddy/scope.h>

#include "measure.h"

struct ends {
    struct eddy_channel_end *sender, *receiver;
};

static struct eddy_result send_all(struct eddy_task *self, void *arg)
{
    const struct ends *ends = arg;

    for (int i = 0; i < MESSAGES; i++)
        if (eddy_await(self, eddy_channel_send(ends->sender, eddy_int(i))) < 0)
            abort();
    return eddy_n(0);
}

static struct eddy_result receive_all(struct eddy_task *self, void *arg)
{
    const struct ends *ends = arg;
    struct eddy_value value;

    for (int i = 0; i < MESSAGES; i++)
        if (eddy_await(self, eddy_channel_receive(ends->receiver, &value)) <
                0 ||
            value.n != i)
            abort();
    return eddy_n(0);
}

static struct eddy_result exchange(struct eddy_task *self, void *arg)
{
    struct eddy_scope scope;
    int64_t start;

    if (eddy_scope_open(self, &scope, NULL) < 0 ||
        eddy_spawn(&scope, receive_all, arg, NULL) < 0 ||
        eddy_spawn(&scope, send_all, arg, NULL) < 0)
        abort();
    start = now_ns();
    if (eddy_scope_close(&scope, 0) < 0)
        abort();
    return eddy_n(now_ns() - start);
}

int64_t time_channel(struct eddy_loop *loop, size_t capacity)
{
    struct ends ends;
    struct eddy_result result;

    if (eddy_channel_new(&ends.sender, &ends.receiver, loop, capacity) < 0)
        abort();
    result = eddy_loop_run_task(loop, exchange, &ends);
    eddy_channel_free(ends.sender);
    eddy_channel_free(ends.receiver);
    if (result.n < 0)
        abort();
    return result.n;
}

#else

int64_t time_channel(struct eddy_loop *loop, size_t capacity)
{
    (void)loop;
    (void)capacity;
    return 0;
}

#endif
