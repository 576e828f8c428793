/* SPDX-License-Identifier: MIT */
/* buffer.c - bytes that were taken from the system and not yet delivered. */
#include "io.h"

enum { FIRST_CAPACITY = 4096 };

size_t eddy__buffer_copy(struct eddy_stream *stream, void *buf, size_t size)
{
    struct buffer *b = stream->buffer;
    size_t have = eddy__buffered(stream);

    if (size > have)
        size = have;
    if (buf != NULL && size > 0)
        memcpy(buf, b->bytes + b->start, size);
    b->start += size;
    if (b->start == b->end)
        b->start = b->end = 0;
    return size;
}

int eddy__buffer_grow(struct eddy_stream *stream, size_t want)
{
    const struct eddy_mem *mem = &eddy_loop_settings(stream->common->loop)->mem;
    struct buffer *b = stream->buffer;
    size_t capacity = b == NULL ? FIRST_CAPACITY : b->capacity * 2;
    struct buffer *grown;

    if (b != NULL && want <= b->capacity)
        return 0;
    if (capacity > want)
        capacity = want > FIRST_CAPACITY ? want : FIRST_CAPACITY;
    if (capacity > SIZE_MAX - sizeof *grown)
        return -ENOMEM;
    grown = mem->resize(mem->arg, b, sizeof *grown + capacity);
    if (grown == NULL)
        return -ENOMEM;
    if (b == NULL)
        grown->start = grown->end = 0;
    grown->capacity = capacity;
    stream->buffer = grown;
    return 0;
}

/* Room behind the bytes that are there: by moving them, or by growing, which
 * goes step by step: who asks for a line of at most a megabyte does not pay for
 * one before it comes. */
static int make_room(struct eddy_stream *stream, size_t want)
{
    struct buffer *b = stream->buffer;

    if (b != NULL && b->end < b->capacity)
        return 0;
    if (b != NULL && b->start > 0) {
        memmove(b->bytes, b->bytes + b->start, b->end - b->start);
        b->end -= b->start;
        b->start = 0;
        return 0;
    }
    return eddy__buffer_grow(stream, want);
}

int64_t eddy__buffer_fill(struct eddy_stream *stream, size_t want)
{
    struct buffer *b;
    int64_t n;
    int err;

    if ((stream->flags & STREAM_READABLE) == 0)
        return -EAGAIN; /* no memory for one that only waits */
    err = make_room(stream, want);
    if (err < 0)
        return err;
    b = stream->buffer;
    n = eddy__stream_recv(stream, b->bytes + b->end, b->capacity - b->end);
    if (n > 0)
        b->end += (size_t)n;
    return n;
}

void eddy__buffer_free(struct eddy_stream *stream)
{
    const struct eddy_mem *mem = &eddy_loop_settings(stream->common->loop)->mem;

    (void)mem->resize(mem->arg, stream->buffer, 0);
    stream->buffer = NULL;
}
