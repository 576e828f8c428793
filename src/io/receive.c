/* SPDX-License-Identifier: MIT */
/* receive.c - bytes as they come, in memory of the loop's. */
#include "io.h"

enum { ITEMS = 4 }; /* from one stream in one turn; then it is the others' */

/* ---- The loop's room ---------------------------------------------------- */

struct room {
    struct eddy_loop *loop;
    char bytes[RECEIVE_ROOM];
};

static void free_room(void *value)
{
    struct room *room = value;
    const struct eddy_mem *mem = &eddy_loop_settings(room->loop)->mem;

    (void)mem->resize(mem->arg, room, 0);
}

static void keep_room(void *value, struct eddy_loop *loop)
{
    (void)value;
    (void)loop;
}

void *eddy__receive_room(struct eddy_loop *loop)
{
    static const struct eddy_slot_type type = { "room", free_room, keep_room };
    const struct eddy_mem *mem = &eddy_loop_settings(loop)->mem;
    struct room *room = eddy_loop_slot(loop, &type);

    if (room != NULL)
        return room->bytes;
    room = mem->resize(mem->arg, NULL, sizeof *room);
    if (room == NULL)
        return NULL;
    room->loop = loop;
    if (eddy_loop_set_slot(loop, &type, room) < 0) {
        free_room(room);
        return NULL;
    }
    return room->bytes;
}

/* ---- The operation ------------------------------------------------------ */

static int64_t take(struct eddy_stream *stream, char *room)
{
    int64_t n = (int64_t)eddy__buffer_take(stream, room, RECEIVE_ROOM);

    return n > 0 ? n : eddy__stream_recv(stream, room, RECEIVE_ROOM);
}

static bool step_receive(struct eddy_stream *stream, uint64_t *words,
                         struct eddy_result *ret_result)
{
    char *room = eddy_pointer(words[0]);
    struct eddy_request *request = stream->reader;

    if ((stream->flags & STREAM_PAUSED) != 0)
        return false;
    for (int i = 0; i < ITEMS; i++) {
        struct eddy_result item = eddy_n(take(stream, room));

        if (item.n <= 0) {
            *ret_result = item;
            return item.n != -EAGAIN;
        }
        item.data = room;
        if (!eddy_item(request, item))
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
    char *room = NULL;

    if (err == 0) {
        room = eddy__receive_room(stream->loop);
        err = room == NULL ? -ENOMEM : 0;
    }
    if (err < 0) {
        *ret_result = eddy_n(err);
        return true;
    }
    eddy_request_words(request)[0] = eddy_word(room);
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
                .pause = pause_receive },
        .step = step_receive,
    };

    return (struct eddy_op){ .type = &type.op, .on = stream };
}
