/* SPDX-License-Identifier: MIT */
/*
 * outlet.c - small writes that go out with the wait.
 *
 * Where the poller can send in the system call that waits, a stream that has
 * nothing queued does not try a small write at once: it is queued, and goes
 * with the next wait together with those of all other streams,
 *
 *     listed -> (the loop is about to wait) -> sent, or waits till writable
 *
 * As long as a stream is listed nothing has gone out, and after the wait it is
 * known what has: so its queue may change meanwhile, and who cannot wait, a
 * close, sends as ever. If the queue has become more than one piece, that is
 * one system call of its own.
 */
#include "fitted.h"

enum { SPARES = 64 }; /* copies that are kept: 256 KiB */

/* ---- Memory for copies -------------------------------------------------- */

static void *resize(struct eddy_loop *loop, void *ptr, size_t size)
{
    const struct eddy_mem *mem = &eddy_loop_settings(loop)->mem;

    return mem->resize(mem->arg, ptr, size);
}

struct copy *eddy__spare_take(struct common *common)
{
    struct chunk *first = common->spares;

    if (first == NULL)
        return NULL;
    common->spares = first->next;
    common->spare_count--;
    return EDDY_CONTAINER_OF(first, struct copy, chunk);
}

bool eddy__spare_keep(struct common *common, struct copy *copy)
{
    if (copy->capacity != COPY_ROOM || common->spare_count == SPARES)
        return false;
    copy->chunk.next = common->spares;
    common->spares = &copy->chunk;
    common->spare_count++;
    return true;
}

void eddy__spares_free(struct common *common)
{
    struct copy *copy;

    while ((copy = eddy__spare_take(common)) != NULL)
        (void)resize(common->loop, copy, 0);
}

static bool has_spare(struct common *common)
{
    struct copy *copy;

    if (common->spares != NULL)
        return true;
    copy = resize(common->loop, NULL, sizeof *copy + COPY_ROOM);
    if (copy == NULL)
        return false;
    copy->capacity = COPY_ROOM;
    return eddy__spare_keep(common, copy);
}

/* ---- With the wait ------------------------------------------------------ */

static struct eddy_stream *stream_of(struct eddy_sending *sending)
{
    return &EDDY_CONTAINER_OF(sending, struct fitted, outlet)->stream;
}

static bool is_one_piece(const struct chunk *chunk)
{
    return chunk != NULL && chunk->next == NULL && chunk->left > 0 &&
           (chunk->kind == CHUNK_COPY || chunk->kind == CHUNK_BYTES);
}

static bool prepare(struct eddy_sending *sending, bool *ret_awaited)
{
    struct eddy_stream *stream = stream_of(sending);
    const struct chunk *first = stream->first;

    stream->flags &= ~(unsigned)STREAM_LISTED;
    if (!is_one_piece(first)) {
        eddy__write_flush(stream);
        eddy__stream_watch(stream);
        return false;
    }
    sending->io.fd = stream->fd;
    sending->io.bytes = (const char *)first->from + first->offset;
    sending->io.size = first->left;
    *ret_awaited |= first->kind != CHUNK_COPY;
    return true;
}

static void done(struct eddy_sending *sending)
{
    struct eddy_stream *stream = stream_of(sending);

    if (!eddy__write_result(stream, eddy__send_outcome(sending->io.n)))
        eddy__write_account(stream);
    eddy__stream_watch(stream);
}

bool eddy__outlet_takes(struct eddy_stream *stream, size_t size, bool awaited)
{
    struct eddy_sending *outlet = &eddy__fitted(stream)->outlet;

    if (size > COPY_ROOM ||
        !eddy_sending_start(stream->common->loop, outlet, awaited))
        return false;
    if (!awaited && !has_spare(stream->common)) {
        eddy_sending_stop(outlet);
        return false;
    }
    stream->flags |= STREAM_LISTED;
    return true;
}

void eddy__outlet_flush(struct eddy_stream *stream)
{
    if ((stream->flags & STREAM_LISTED) == 0)
        return;
    stream->flags &= ~(unsigned)STREAM_LISTED;
    eddy_sending_stop(&eddy__fitted(stream)->outlet);
    eddy__write_flush(stream);
    eddy__stream_watch(stream);
}

void eddy__outlet_init(struct eddy_sending *outlet)
{
    static const struct eddy_sending_type type = { prepare, done };

    outlet->type = &type;
}
