/* SPDX-License-Identifier: MIT */
/*
 * queue.c - the queue of writes: first in, first out, each one whole.
 *
 *     first -> chunk (half gone) -> chunk -> copy -> ... -> shutdown
 *
 * A chunk lives in the words of its request; only what eddy_send() had to copy
 * has memory of its own. Writes are tried at once when nothing is queued, for a
 * socket can nearly always take them, and again when it says so.
 */
#include "io.h"

enum { FLUSH_ROUNDS = 8 }; /* system calls for one stream in one turn */

/* ---- The queue ---------------------------------------------------------- */

void eddy__write_account(struct eddy_stream *stream)
{
    if ((stream->flags & (STREAM_BROKEN | STREAM_LISTED)) != 0)
        return; /* who drains is told the error; nothing keeps it waiting */
    if (stream->queued > stream->high)
        stream->flags |= STREAM_HIGH;
    else if (stream->queued <= stream->low &&
             (stream->flags & STREAM_HIGH) != 0) {
        stream->flags &= ~(unsigned)STREAM_HIGH;
        eddy__drains_end(stream, 0);
    }
}

void eddy__write_append(struct eddy_stream *stream, struct chunk *chunk)
{
    chunk->next = NULL;
    if (stream->last != NULL)
        stream->last->next = chunk;
    else
        stream->first = chunk;
    stream->last = chunk;
    stream->queued += chunk->left;
    eddy__write_account(stream);
    eddy__stream_watch(stream);
}

void eddy__write_remove(struct eddy_stream *stream, struct chunk *chunk)
{
    struct chunk *before = NULL;
    struct chunk *c = stream->first;

    for (; c != chunk; c = c->next)
        before = c;
    if (before != NULL)
        before->next = c->next;
    else
        stream->first = c->next;
    if (stream->last == c)
        stream->last = before;
    stream->queued -= c->left;
    eddy__write_account(stream);
}

static void end_chunk(struct eddy_stream *stream, struct chunk *chunk,
                      int64_t err)
{
    struct eddy_result result = eddy_n(err);

    eddy__write_remove(stream, chunk);
    if (chunk->kind == CHUNK_COPY) {
        stream->flags |= err < 0 ? STREAM_LOST : 0;
        eddy__copy_free(stream, chunk);
        return;
    }
    if (chunk->kind == CHUNK_RELAY) {
        eddy__relay_sent(EDDY_CONTAINER_OF(chunk, struct relay, chunk), err);
        return;
    }
    if (chunk->kind == CHUNK_SHUTDOWN)
        stream->flags ^= err < 0 ? STREAM_ENDING : STREAM_SHUT;
    if (err < 0)
        result.done = chunk->done;
    else
        result.n = (int64_t)chunk->done;
    eddy_complete(eddy_request_of((uint64_t *)chunk), result);
}

void eddy__write_break(struct eddy_stream *stream, int err)
{
    eddy__write_fail(stream, err);
    while (stream->first != NULL) {
        end_chunk(stream, stream->first, err);
        err = -EPIPE;
    }
    eddy__drains_end(stream, stream->write_error);
}

void eddy__write_cancel(struct eddy_stream *stream, struct chunk *chunk)
{
    if (chunk->done > 0) {
        eddy__write_break(stream, -ECANCELED);
        return;
    }
    end_chunk(stream, chunk, -ECANCELED);
}

void eddy__write_cancel_all(struct eddy_stream *stream)
{
    struct chunk *chunk = stream->first;

    while (chunk != NULL) {
        struct chunk *next = chunk->next;

        if (chunk->kind != CHUNK_COPY) {
            eddy__write_cancel(stream, chunk);
            if ((stream->flags & STREAM_BROKEN) != 0)
                return;
        }
        chunk = next;
    }
}

/* ---- Sending ------------------------------------------------------------ */

int eddy__chunk_gather(const struct chunk *chunk, struct iovec *iov, int room)
{
    const struct iovec *from = chunk->from;
    size_t left = chunk->left, offset = chunk->offset;
    int n = 0;

    if (chunk->kind != CHUNK_VECTOR) {
        iov[0].iov_base = (char *)(uintptr_t)chunk->from + chunk->offset;
        iov[0].iov_len = left;
        return left > 0 ? 1 : 0;
    }
    for (size_t i = chunk->index; left > 0 && n < room; i++, offset = 0) {
        if (from[i].iov_len == offset)
            continue;
        iov[n].iov_base = (char *)from[i].iov_base + offset;
        iov[n].iov_len = from[i].iov_len - offset;
        left -= iov[n++].iov_len;
    }
    return n;
}

void eddy__chunk_advance(struct chunk *chunk, size_t n)
{
    const struct iovec *from = chunk->from;

    chunk->left -= n;
    chunk->done += n;
    chunk->offset += n;
    while (chunk->kind == CHUNK_VECTOR && chunk->left > 0 &&
           chunk->offset >= from[chunk->index].iov_len)
        chunk->offset -= from[chunk->index++].iov_len;
}

void eddy__write_settle(struct eddy_stream *stream)
{
    struct chunk *chunk;

    while ((chunk = stream->first) != NULL && chunk->left == 0) {
        int err = 0;

        if (chunk->kind == CHUNK_SHUTDOWN)
            err = stream->common->sys->shutdown(stream->common->sys->arg,
                                                stream->fd, SHUT_WR);
        end_chunk(stream, chunk, err);
    }
}

static void sent(struct eddy_stream *stream, size_t n)
{
    while (n > 0) {
        struct chunk *chunk = stream->first;
        size_t part = n < chunk->left ? n : chunk->left;

        eddy__chunk_advance(chunk, part);
        stream->queued -= part;
        n -= part;
        if (chunk->left == 0)
            end_chunk(stream, chunk, 0);
    }
    eddy__write_account(stream);
}

bool eddy__write_result(struct eddy_stream *stream, int64_t n)
{
    if (n == -EAGAIN)
        return false;
    if (n < 0) {
        eddy__write_break(stream, (int)n);
        eddy__stream_flushed(stream, n);
        return false;
    }
    sent(stream, (size_t)n);
    return true;
}

/* One system call for as many chunks as fit; false: no more for now. */
static bool flush_once(struct eddy_stream *stream)
{
    struct iovec iov[IOVECS];
    size_t asked = 0;
    int count = 0;
    int64_t n;

    eddy__write_settle(stream);
    for (struct chunk *c = stream->first;
         c != NULL && count < IOVECS && c->kind != CHUNK_SHUTDOWN; c = c->next)
        count += eddy__chunk_gather(c, iov + count, IOVECS - count);
    if (count == 0)
        return false;
    for (int i = 0; i < count; i++)
        asked += iov[i].iov_len;
    n = eddy__stream_send(stream, iov, count);
    return eddy__write_result(stream, n) && (size_t)n == asked;
}

void eddy__write_flush(struct eddy_stream *stream)
{
    for (int i = 0; i < FLUSH_ROUNDS && flush_once(stream); i++)
        continue;
    eddy__write_settle(stream);
    eddy__stream_flushed(stream, 0);
}
