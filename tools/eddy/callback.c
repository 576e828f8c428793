/* SPDX-License-Identifier: MIT */
/* callback.c - how a conversation in callbacks is carried on and ended. */
#include "callback.h"

#define FAREWELL_NS (300 * EDDY_MS)

void caller_run(struct caller *caller, struct eddy_op op, eddy_done_fn *on_done)
{
    eddy_begin(caller->client.server->loop, &caller->request, &op, on_done,
               caller);
}

static void on_closed(struct eddy_result result, void *arg)
{
    struct caller *caller = arg;

    (void)result; /* whatever it was: the stream is gone */
    server_leave(&caller->client);
}

void caller_close(struct caller *caller)
{
    caller_run(caller, eddy_close(caller->client.stream), on_closed);
}

static void on_unwanted(struct eddy_result result, void *arg)
{
    if (result.n <= 0)
        caller_close(arg);
}

static void on_end_told(struct eddy_result result, void *arg)
{
    struct caller *caller = arg;

    if (result.n < 0)
        caller_close(caller);
    else
        caller_run(
            caller,
            eddy_within(FAREWELL_NS, eddy_receive(caller->client.stream)),
            on_unwanted);
}

void caller_farewell(struct caller *caller)
{
    caller_run(caller, eddy_shutdown(caller->client.stream), on_end_told);
}
