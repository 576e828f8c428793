/* SPDX-License-Identifier: MIT */
/* echo_deferred.c - the echo server in deferreds. */
#include <stdlib.h>

#include "echo.h"

struct connection {
    struct eddy_stream *stream;
    struct eddy_iter bytes;
};

static void free_connection(void *connection)
{
    free(connection);
}

static struct eddy_value leave(struct eddy_value *result, void *arg)
{
    struct connection *c = arg;
    struct eddy_loop *loop = eddy_stream_loop(c->stream);
    struct eddy_link over = { .free_then = free_connection, .then_arg = c };
    struct eddy_deferred *closed = eddy_defer(loop, eddy_iter_close(&c->bytes));

    (void)result;
    eddy_stream_free(c->stream, false);
    eddy_unref(eddy_add(closed, &over));
    return eddy_none();
}

static struct eddy_value answer(struct eddy_value *got, void *arg);

static void hear(struct connection *c)
{
    struct eddy_loop *loop = eddy_stream_loop(c->stream);
    struct eddy_link link = { answer, c, leave, c, NULL, NULL };

    eddy_unref(eddy_add(eddy_defer(loop, eddy_next(&c->bytes)), &link));
}

static struct eddy_value go_on(struct eddy_value *drained, void *arg)
{
    (void)drained;
    hear(arg);
    return eddy_none();
}

static struct eddy_value answer(struct eddy_value *got, void *arg)
{
    struct connection *c = arg;
    struct eddy_loop *loop = eddy_stream_loop(c->stream);
    struct eddy_link link = { go_on, c, leave, c, NULL, NULL };
    int full;

    if (got->n == 0)
        return leave(got, c);
    full = eddy_send(c->stream, c->bytes.item.data, (size_t)got->n);
    if (full < 0)
        return leave(got, c);
    if (full > 0)
        eddy_unref(eddy_add(eddy_defer(loop, eddy_drain(c->stream)), &link));
    else
        hear(c);
    return eddy_none();
}

static void serve(struct eddy_loop *loop, struct eddy_stream *take_stream)
{
    struct connection *c = malloc(sizeof *c);
    struct eddy_op receive = eddy_receive(take_stream);

    must(c != NULL, "a connection");
    c->stream = take_stream;
    eddy_iter_open(loop, &c->bytes, &receive);
    hear(c);
}

const struct echo_style echo_deferred = { "deferred", serve };
