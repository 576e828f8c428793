/* SPDX-License-Identifier: MIT */
/* receive.c - bytes as they come, in memory of the loop's. */
#include "io.h"

enum { ITEMS = 4 }; /* from one stream in one turn; then it is the others' */

static int64_t take(struct eddy_stream *stream, char *room)
{
    int64_t n = (int64_t)eddy__buffer_take(stream, room, RECEIVE_ROOM);

    return n > 0 ? n : eddy__stream_recv(stream, room, RECEIVE_ROOM);
}

/* Or may have: the last receive may have taken all there was. */
static bool has_more(const struct eddy_stream *stream)
{
    return (stream->flags & STREAM_READABLE) != 0 || eddy__buffered(stream) > 0;
}

static bool step_receive(struct eddy_stream *stream, uint64_t *words,
                         struct eddy_result *ret_result)
{
    struct eddy_request *request = stream->reader;

    (void)words;
    for (int i = 0; i < ITEMS; i++) {
        char *room = eddy__room(stream->common); /* the last one may be kept */
        struct eddy_result item =
            eddy_n(room == NULL ? -ENOMEM : take(stream, room));

        if (item.n <= 0) {
            *ret_result = item;
            return item.n != -EAGAIN;
        }
        item.data = room;
        if (!eddy_item(request, item) || !has_more(stream))
            return false;
    }
    if (eddy__buffered(stream) > 0)
        eddy__stream_kick(stream); /* no event will tell of these */
    return false;
}

static void pause_receive(struct eddy_request *request, bool paused)
{
    struct eddy_stream *stream = eddy_request_on(request);

    if (paused) {
        stream->flags |= STREAM_PAUSED;
    } else {
        stream->flags &= ~(unsigned)STREAM_PAUSED;
        if (eddy__buffered(stream) > 0 ||
            (stream->flags & STREAM_READABLE) != 0)
            eddy__stream_kick(stream);
    }
    eddy__stream_watch(stream);
}

static bool start_receive(struct eddy_request *request,
                          struct eddy_result *ret_result)
{
    struct eddy_stream *stream = eddy_request_on(request);
    int err = eddy__read_check(stream, request);

    if (err == 0 && eddy__room(stream->common) == NULL)
        err = -ENOMEM;
    if (err < 0) {
        *ret_result = eddy_n(err);
        return true;
    }
    stream->reader = request;
    stream->flags &= ~(unsigned)STREAM_PAUSED;
    pause_receive(request, false);
    return false;
}

struct eddy_op eddy_receive(struct eddy_stream *stream)
{
    static const struct read_type type = {
        .op = { .abi = EDDY_OP_ABI,
                .flags = EDDY_OP_MULTISHOT,
                .name = "receive",
                .start = start_receive,
                .cancel = eddy__read_cancel,
                .pause = pause_receive,
                .keep = eddy__room_keep,
                .release = eddy__room_release },
        .step = step_receive,
    };

    return (struct eddy_op){ .type = &type.op, .on = stream };
}
