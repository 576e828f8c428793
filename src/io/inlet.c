/* SPDX-License-Identifier: MIT */
/*
 * inlet.c - bytes that the poller receives for a stream by itself.
 *
 * Where it can, a stream that wants to read submits one receive, and that goes
 * on from message to message. What comes stands in buffers of the poller's
 * until somebody reads it,
 *
 *     first -> buffer (half read) -> buffer -> ...     then `end`
 *
 * and is read as from the system. A pause between two messages does not show,
 * but when something comes that nobody wants just then, the receive is
 * cancelled: so a peer that sends on and on is held back by its own window.
 *
 * Where much comes at a time, it is cheaper to read at once what there is than
 * to be brought it piece by piece: such a stream waits for readiness, until it
 * has become small talk again.
 */
#include "fitted.h"

enum {
    NO_END = 1,
    MUCH = 8192,   /* at a time */
    LITTLE = 4096, /* at a time, */
    OFTEN = 16     /* so many times in a row */
};

/* Of one that is STREAM_FITTED. */
static struct inlet *inlet_of(struct eddy_stream *stream)
{
    return &eddy__fitted(stream)->inlet;
}

static bool has_some(const struct inlet *inlet)
{
    return inlet->first != NULL || inlet->end != NO_END;
}

static void drop_first(struct eddy_stream *stream)
{
    struct inlet *inlet = inlet_of(stream);
    struct eddy_io_buffer *first = inlet->first;

    inlet->first = first->next;
    if (inlet->first == NULL)
        inlet->last = NULL;
    eddy_buffer_give_back(stream->common->loop, first);
}

static void append(struct inlet *inlet, struct eddy_io_buffer *buffer)
{
    buffer->next = NULL;
    if (inlet->last != NULL)
        inlet->last->next = buffer;
    else
        inlet->first = buffer;
    inlet->last = buffer;
}

int64_t eddy__inlet_take(struct eddy_stream *stream, void *buf, size_t size)
{
    struct inlet *inlet = inlet_of(stream);
    size_t done = 0;

    while (inlet->first != NULL && done < size) {
        struct eddy_io_buffer *first = inlet->first;
        size_t part = size - done < first->size ? size - done : first->size;

        memcpy((char *)buf + done, first->bytes, part);
        first->bytes += part;
        first->size -= part;
        done += part;
        if (first->size == 0)
            drop_first(stream);
    }
    if (done == 0 && inlet->end != NO_END) {
        int64_t end = inlet->end;

        inlet->end = NO_END; /* who asks once more is told by the system */
        return end;
    }
    return done > 0 || size == 0 ? (int64_t)done : -EAGAIN;
}

bool eddy__inlet_has_some(struct eddy_stream *stream)
{
    return has_some(inlet_of(stream));
}

/* ---- The receive -------------------------------------------------------- */

bool eddy__inlet_run(struct eddy_stream *stream)
{
    const struct eddy_io io = { .what = EDDY_IO_RECEIVE, .fd = stream->fd };
    struct inlet *inlet = inlet_of(stream);

    if (inlet->running)
        return true;
    if (has_some(inlet)) { /* no event will tell of these */
        eddy__stream_kick(stream);
        return true;
    }
    if ((stream->flags & STREAM_MUCH) != 0 ||
        eddy_submission_start(stream->common->loop, &inlet->submission, &io) <
            0) {
        stream->flags &= ~(unsigned)STREAM_INLET; /* wait for it, then */
        return false;
    }
    inlet->running = true;
    inlet->cancelled = false;
    return true;
}

static void cancel(struct eddy_stream *stream)
{
    struct inlet *inlet = inlet_of(stream);

    if (!inlet->running || inlet->cancelled)
        return;
    inlet->cancelled = true;
    eddy_submission_cancel(stream->common->loop, &inlet->submission);
}

void eddy__inlet_notice(struct eddy_stream *stream, int64_t n)
{
    struct inlet *inlet = inlet_of(stream);

    if (n == -EAGAIN)
        return;
    inlet->little = n <= LITTLE ? inlet->little + 1 : 0;
    if (inlet->little < OFTEN)
        return;
    stream->flags &= ~(unsigned)STREAM_MUCH;
    stream->flags |= STREAM_INLET;
}

/* How it has ended, if that is anything to be told. */
static void note_end(struct eddy_stream *stream, int64_t n)
{
    switch (n) {
    case -ECANCELED:
    case -ENOBUFS: /* some will have come back by now */
    case -EINTR:
    case -EAGAIN:
        break;
    case -EINVAL: /* of a kind that it cannot receive from */
    case -EOPNOTSUPP:
        stream->flags &= ~(unsigned)STREAM_INLET;
        break;
    default:
        if (n <= 0)
            inlet_of(stream)->end = (int)n;
    }
}

static void on_arrival(struct eddy_submission *submission,
                       const struct eddy_io_done *done)
{
    struct fitted *fitted =
        EDDY_CONTAINER_OF(submission, struct fitted, inlet.submission);
    struct eddy_stream *stream = &fitted->stream;
    struct inlet *inlet = &fitted->inlet;

    inlet->running = done->more;
    if (done->buffer != NULL)
        append(inlet, done->buffer);
    if (!done->more)
        note_end(stream, done->n);
    if ((stream->flags & STREAM_CLOSED) != 0) {
        eddy__inlet_close(stream);
        return;
    }
    if (has_some(inlet))
        stream->flags |= STREAM_READABLE;
    eddy__read_step(stream);
    if ((stream->flags & STREAM_CLOSED) != 0)
        return;
    if (done->n >= MUCH) {
        stream->flags |= STREAM_MUCH;
        inlet->little = 0;
    }
    if ((stream->flags & STREAM_MUCH) != 0 ||
        (inlet->first != NULL && !eddy__read_is_wanted(stream)))
        cancel(stream);
    eddy__stream_watch(stream);
}

/* ---- The beginning and the end ------------------------------------------ */

void eddy__inlet_init(struct inlet *inlet)
{
    inlet->end = NO_END;
    inlet->submission.done = on_arrival;
}

void eddy__inlet_let_go(struct eddy_stream *stream)
{
    if ((stream->flags & STREAM_FITTED) == 0 || !inlet_of(stream)->running)
        return;
    cancel(stream);
    eddy_submissions_settle(stream->common->loop);
}

void eddy__inlet_close(struct eddy_stream *stream)
{
    if ((stream->flags & STREAM_FITTED) != 0) {
        while (inlet_of(stream)->first != NULL)
            drop_first(stream);
        if (inlet_of(stream)->running)
            return;
    }
    eddy__stream_bury(stream);
}
