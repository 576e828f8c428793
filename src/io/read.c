/* SPDX-License-Identifier: MIT */
/* read.c - how a stream is read, and the operations that count bytes. */
#include "fitted.h"

enum { MOST = UINT8_MAX }; /* reads that are counted */

/* A short read has taken all there was: the next one need not try. */
static void note_read(struct eddy_stream *stream, int64_t n, size_t size)
{
    if (n == -EAGAIN || (n > 0 && (size_t)n < size)) {
        stream->flags &= ~(unsigned)STREAM_READABLE;
        stream->usual = (uint8_t)(stream->filled + (n > 0));
    } else if (n > 0) {
        if (stream->filled >= stream->usual)
            stream->usual = MOST; /* more than was thought: let us see */
        if (stream->filled < MOST - 1)
            stream->filled++;
    }
}

/*
 * A read that was filled says nothing of what is left. But who sends messages
 * of one size, or a head and a body, sends as many pieces each time; and to
 * hear from the poller that there is more costs little, if there is none, for
 * it will be asked anyway. So after as many reads as found something the last
 * time a stream counts as empty; but for one time in some, lest it be thought
 * so for ever.
 */
static void guess(struct eddy_stream *stream)
{
    enum { SOME = 8 };

    if (stream->filled > 0 && stream->filled >= stream->usual &&
        ++stream->guesses % SOME != 0)
        stream->flags &= ~(unsigned)STREAM_READABLE;
}

/* What came by itself is known without asking. */
static int64_t take_in(struct eddy_stream *stream, void *buf, size_t size)
{
    int64_t n = eddy__inlet_take(stream, buf, size);

    if (!eddy__inlet_has_some(stream))
        stream->flags &= ~(unsigned)STREAM_READABLE;
    return n;
}

static int64_t recv_from(struct eddy_stream *stream, void *buf, size_t size)
{
    int64_t n = stream->common->sys->recv(stream->common->sys->arg, stream->fd,
                                          (stream->flags & STREAM_SOCKET) != 0,
                                          buf, size);

    if (n == -EINTR)
        n = -EAGAIN; /* the poller will say so again */
    note_read(stream, n, size);
    if ((stream->flags & STREAM_MUCH) != 0)
        eddy__inlet_notice(stream, n);
    return n;
}

/* An error is told for ever, or what was read ahead would look like the end
 * (SR9); but a terminal that was hung up may come back. */
__attribute__((noinline)) static int64_t note_end(struct eddy_stream *stream,
                                                  int64_t n)
{
    if (n < 0 && n != -EAGAIN && (stream->flags & STREAM_SOCKET) != 0)
        stream->read_error = (int16_t)n;
    if (n == 0 && eddy_loop_debug(stream->common->loop))
        eddy_log_write(stream->common->loop, EDDY_LOG_DEBUG,
                       "end of input: stream %p, descriptor %d", (void *)stream,
                       stream->fd);
    return n;
}

int64_t eddy__stream_recv(struct eddy_stream *stream, void *buf, size_t size)
{
    int64_t n;

    if ((stream->flags & STREAM_READABLE) == 0)
        return -EAGAIN;
    n = (stream->flags & STREAM_INLET) != 0 ? take_in(stream, buf, size)
                                            : recv_from(stream, buf, size);
    return n > 0 ? n : note_end(stream, n);
}

void eddy__read_end(struct eddy_stream *stream, int err)
{
    struct eddy_request *reader = stream->reader;
    struct eddy_result result = eddy_n(err);
    const struct read_type *type;

    if (reader == NULL)
        return;
    type = eddy__read_type(reader);
    if (type->let_go != NULL)
        type->let_go(eddy_request_words(reader));
    if (type->counts)
        result.done = eddy_request_words(reader)[WORD_DONE];
    stream->reader = NULL;
    stream->flags &= ~(unsigned)STREAM_PAUSED;
    eddy__stream_watch(stream);
    eddy_complete(reader, result);
}

void eddy__read_cancel(struct eddy_request *request)
{
    eddy__read_end(eddy_request_on(request), -ECANCELED);
}

/* ---- Read --------------------------------------------------------------- */

static bool step_read(struct eddy_stream *stream, uint64_t *words,
                      struct eddy_result *ret_result)
{
    void *buf = eddy_pointer(words[0]);
    size_t size = (size_t)words[1];
    int64_t n = (int64_t)eddy__buffer_take(stream, buf, size);

    if (n == 0 && size > 0)
        n = eddy__stream_recv(stream, buf, size);
    *ret_result = eddy_n(n);
    return n != -EAGAIN;
}

/* ---- Read exactly, read all --------------------------------------------- */

/* Reads until buf is full: 1; or why it is not yet: 0 is the end, -EAGAIN, or
 * an error. */
static int64_t fill_up(struct eddy_stream *stream, uint64_t *words)
{
    char *buf = eddy_pointer(words[0]);
    size_t size = (size_t)words[1];

    words[WORD_DONE] += eddy__buffer_take(stream, buf + words[WORD_DONE],
                                          size - (size_t)words[WORD_DONE]);
    while (words[WORD_DONE] < size) {
        int64_t n = eddy__stream_recv(stream, buf + words[WORD_DONE],
                                      size - (size_t)words[WORD_DONE]);

        if (n <= 0)
            return n;
        words[WORD_DONE] += (uint64_t)n;
    }
    return 1;
}

static bool step_read_exactly(struct eddy_stream *stream, uint64_t *words,
                              struct eddy_result *ret_result)
{
    int64_t n = fill_up(stream, words);

    if (n >= 0)
        n = n > 0 ? (int64_t)words[1] : -ENODATA;
    *ret_result = eddy__read_so_far(n, words);
    return n != -EAGAIN;
}

/* A byte behind a full buf stays in the stream, and tells that it was not all.
 */
static bool step_read_all(struct eddy_stream *stream, uint64_t *words,
                          struct eddy_result *ret_result)
{
    int64_t n = fill_up(stream, words);

    if (n > 0 && eddy__buffered(stream) == 0)
        n = eddy__buffer_fill(stream, 1);
    if (n >= 0)
        n = n > 0 ? -EMSGSIZE : (int64_t)words[WORD_DONE];
    *ret_result = eddy__read_so_far(n, words);
    return n != -EAGAIN;
}

/* ---- Starting ----------------------------------------------------------- */

int eddy__read_check(const struct eddy_stream *stream,
                     const struct eddy_request *request)
{
    int err = eddy__stream_check(stream, request);

    if (err == 0 && stream->reader != NULL)
        err = -EBUSY;
    return err == 0 ? stream->read_error : err;
}

bool eddy__read_start(struct eddy_request *request,
                      struct eddy_result *ret_result)
{
    struct eddy_stream *stream = eddy_request_on(request);
    uint64_t *words = eddy_request_words(request);
    int err = eddy__read_check(stream, request);
    const struct read_type *type;

    if (err == 0 && words[1] > INT64_MAX)
        err = -EINVAL;
    if (err < 0) {
        *ret_result = eddy_n(err);
        return true;
    }
    if ((stream->flags & STREAM_INLET) == 0)
        guess(stream);
    type = eddy__read_type(request);
    if (type->step(stream, words, ret_result))
        return true;
    stream->reader = request;
    eddy__stream_watch(stream);
    return false;
}

static bool start_read(struct eddy_request *request,
                       struct eddy_result *ret_result)
{
    const uint64_t *words = eddy_request_words(request);
    int err;

    if (words[0] != 0 && words[1] > 0)
        return eddy__read_start(request, ret_result);
    err = eddy__stream_check(eddy_request_on(request), request);
    if (err == 0 && words[1] > 0)
        err = -EINVAL;
    *ret_result = eddy_n(err);
    return true;
}

static bool start_read_all(struct eddy_request *request,
                           struct eddy_result *ret_result)
{
    const uint64_t *words = eddy_request_words(request);

    *ret_result = eddy_n(-EINVAL);
    return (words[0] == 0 && words[1] > 0) ||
           eddy__read_start(request, ret_result);
}

/* ---- The constructors --------------------------------------------------- */

struct eddy_op eddy_read(struct eddy_stream *stream, void *buf, size_t size)
{
    READ_TYPE("read", start_read, step_read, false);

    return (struct eddy_op){ .type = &type.op,
                             .on = stream,
                             .word = { eddy_word(buf), size } };
}

struct eddy_op eddy_read_exactly(struct eddy_stream *stream, void *buf,
                                 size_t size)
{
    READ_TYPE("read exactly", start_read, step_read_exactly, true);

    return (struct eddy_op){ .type = &type.op,
                             .on = stream,
                             .word = { eddy_word(buf), size } };
}

struct eddy_op eddy_read_all(struct eddy_stream *stream, void *buf, size_t size)
{
    READ_TYPE("read all", start_read_all, step_read_all, true);

    return (struct eddy_op){ .type = &type.op,
                             .on = stream,
                             .word = { eddy_word(buf), size } };
}
