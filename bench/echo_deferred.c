/* SPDX-License-Identifier: MIT */
/* echo_deferred.c - the echo server in deferreds. */
#include "echo.h"

static struct eddy_value leave(struct eddy_value *result, void *stream)
{
    (void)result;
    eddy_stream_free(stream, false);
    return eddy_none();
}

static struct eddy_value answer(struct eddy_value *got, void *stream);

static void hear(struct eddy_stream *stream)
{
    struct eddy_link link = { answer, stream, leave, stream, NULL, NULL };
    struct eddy_op op = eddy_read(stream, room_of(stream), ROOM);

    eddy_unref(eddy_add(eddy_defer(eddy_stream_loop(stream), op), &link));
}

static struct eddy_value go_on(struct eddy_value *drained, void *stream)
{
    (void)drained;
    hear(stream);
    return eddy_none();
}

static void drain(struct eddy_stream *stream)
{
    struct eddy_link link = { go_on, stream, leave, stream, NULL, NULL };
    struct eddy_op op = eddy_drain(stream);

    eddy_unref(eddy_add(eddy_defer(eddy_stream_loop(stream), op), &link));
}

static struct eddy_value answer(struct eddy_value *got, void *stream)
{
    int full = got->n > 0 ? eddy_send(stream, room_of(stream), (size_t)got->n)
                          : -ENODATA;

    if (full < 0)
        return leave(got, stream);
    if (full > 0)
        drain(stream);
    else
        hear(stream);
    return eddy_none();
}

static void serve(struct eddy_loop *loop, struct eddy_stream *take_stream)
{
    (void)loop;
    hear(take_stream);
}

const struct echo_style echo_deferred = { "deferred", serve };
