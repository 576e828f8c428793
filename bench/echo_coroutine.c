/* SPDX-License-Identifier: MIT */
/* echo_coroutine.c - the echo server in coroutines. */
#include "echo.h"

static struct eddy_result converse(struct eddy_task *self, void *stream)
{
    char *room = room_of(stream);
    int64_t n = 1;
    int full = 0;

    while (full >= 0 && n > 0) {
        n = eddy_await(self, eddy_read(stream, room, ROOM));
        if (n > 0)
            full = eddy_send(stream, room, (size_t)n);
        if (full > 0)
            full = (int)eddy_await(self, eddy_drain(stream));
    }
    eddy_stream_free(stream, false);
    return eddy_n(0);
}

static void serve(struct eddy_loop *loop, struct eddy_stream *take_stream)
{
    must_eddy(eddy_spawn(eddy_loop_scope(loop), converse, take_stream, NULL),
              "a task");
}

const struct echo_style echo_coroutine = { "coroutine", serve };
