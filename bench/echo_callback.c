/* SPDX-License-Identifier: MIT */
/* echo_callback.c - the echo server in callbacks. */
#include <stdlib.h>

#include "echo.h"

struct connection {
    struct eddy_stream *stream;
    struct eddy_request *receiving; /* NULL: it has ended */
    bool draining;
};

static void leave(struct connection *c)
{
    if (c->receiving != NULL || c->draining)
        return;
    eddy_stream_free(c->stream, false);
    free(c);
}

static void on_drained(struct eddy_result result, void *arg)
{
    struct connection *c = arg;

    c->draining = false;
    if (result.n < 0)
        eddy_request_cancel(c->receiving);
    else if (c->receiving != NULL)
        eddy_request_pause(c->receiving, false);
    leave(c);
}

static void drain(struct connection *c)
{
    c->draining = true;
    eddy_request_pause(c->receiving, true);
    must_eddy(eddy_start(eddy_stream_loop(c->stream), eddy_drain(c->stream),
                         on_drained, c, NULL),
              "a drain");
}

static void on_bytes(struct eddy_result result, void *arg)
{
    struct connection *c = arg;
    int full;

    if (result.n <= 0) {
        leave(c);
        return;
    }
    full = eddy_send(c->stream, result.data, (size_t)result.n);
    if (full > 0)
        drain(c);
    else if (full < 0)
        eddy_request_cancel(c->receiving);
}

static void serve(struct eddy_loop *loop, struct eddy_stream *take_stream)
{
    struct connection *c = malloc(sizeof *c);

    must(c != NULL, "a connection");
    *c = (struct connection){ .stream = take_stream };
    must_eddy(
        eddy_start(loop, eddy_receive(take_stream), on_bytes, c, &c->receiving),
        "a connection");
}

const struct echo_style echo_callback = { "callback", serve };
