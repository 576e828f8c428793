/* SPDX-License-Identifier: MIT */
/* echo_coroutine.c - the echo server in coroutines. */
#include "echo.h"

static struct eddy_result converse(struct eddy_task *self, void *stream)
{
    struct eddy_items bytes;
    int full = 0;

    eddy_items_open(&bytes, self, eddy_receive(stream));
    while (full >= 0 && eddy_items_next(&bytes)) {
        full = eddy_send(stream, bytes.iter.item.data, (size_t)bytes.n);
        if (full > 0)
            full = (int)eddy_await(self, eddy_drain(stream));
    }
    eddy_items_close(&bytes);
    eddy_stream_free(stream, false);
    return eddy_n(0);
}

static void serve(struct eddy_loop *loop, struct eddy_stream *take_stream)
{
    must_eddy(eddy_spawn(eddy_loop_scope(loop), converse, take_stream, NULL),
              "a task");
}

const struct echo_style echo_coroutine = { "coroutine", serve };
