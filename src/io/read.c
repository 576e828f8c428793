/* SPDX-License-Identifier: MIT */
/*
 * read.c - the operations that read once.
 *
 * Each is a step function over the same few words:
 *     word[0], word[1]   where to, and how many bytes
 *     word[2], word[3]   the delimiter, and its size
 *     word[WORD_DONE]    how much it has so far (or has looked through)
 */
#include "io.h"

enum { FILLS = 16 }; /* for one skip in one turn; then it is the others' */

int64_t eddy__stream_recv(struct eddy_stream *stream, void *buf, size_t size)
{
    int64_t n;

    if ((stream->flags & STREAM_READABLE) == 0)
        return -EAGAIN;
    n = stream->sys->recv(stream->sys->arg, stream->fd,
                          (stream->flags & STREAM_SOCKET) != 0, buf, size);
    if (n == -EINTR)
        n = -EAGAIN; /* the poller will say so again */
    /* a short read has taken all there was: the next one need not try */
    if (n == -EAGAIN || (n > 0 && (size_t)n < size))
        stream->flags &= ~(unsigned)STREAM_READABLE;
    return n;
}

void eddy__read_step(struct eddy_stream *stream)
{
    struct eddy_request *reader = stream->reader;
    const struct read_type *type;
    struct eddy_result result;

    if (reader == NULL)
        return;
    type = eddy__read_type(reader);
    if (type->step(stream, eddy_request_words(reader), &result)) {
        stream->reader = NULL;
        eddy_complete(reader, result);
    }
}

void eddy__read_cancel(struct eddy_request *request)
{
    struct eddy_stream *stream = eddy_request_on(request);
    const struct read_type *type = eddy__read_type(request);
    struct eddy_result result = eddy_n(-ECANCELED);

    if (type->counts)
        result.done = eddy_request_words(request)[WORD_DONE];
    stream->reader = NULL;
    stream->flags &= ~(unsigned)STREAM_PAUSED;
    eddy__stream_watch(stream);
    eddy_complete(request, result);
}

static struct eddy_result so_far(int64_t n, const uint64_t *words)
{
    struct eddy_result result = eddy_n(n);

    if (n < 0)
        result.done = words[WORD_DONE];
    return result;
}

/* ---- read --------------------------------------------------------------- */

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

/* ---- read exactly ------------------------------------------------------- */

static bool step_read_exactly(struct eddy_stream *stream, uint64_t *words,
                              struct eddy_result *ret_result)
{
    char *buf = eddy_pointer(words[0]);
    size_t size = (size_t)words[1];
    int64_t n = 0;

    words[WORD_DONE] += eddy__buffer_take(stream, buf + words[WORD_DONE],
                                          size - (size_t)words[WORD_DONE]);
    while (words[WORD_DONE] < size) {
        n = eddy__stream_recv(stream, buf + words[WORD_DONE],
                              size - (size_t)words[WORD_DONE]);
        if (n <= 0)
            break;
        words[WORD_DONE] += (uint64_t)n;
    }
    if (words[WORD_DONE] == size)
        n = (int64_t)size;
    else if (n == 0)
        n = -ENODATA;
    *ret_result = so_far(n, words);
    return n != -EAGAIN;
}

/* ---- up to a delimiter -------------------------------------------------- */

/* Where the delimiter ends among the first `have` bytes, 0: not there. The
 * first `seen` bytes were looked through before. */
static size_t find_end(const char *bytes, size_t have, size_t seen,
                       const char *delimiter, size_t size)
{
    size_t at = seen < size ? 0 : seen - (size - 1);

    while (have >= size && at <= have - size) {
        const char *hit =
            memchr(bytes + at, delimiter[0], have - size + 1 - at);

        if (hit == NULL)
            return 0;
        at = (size_t)(hit - bytes);
        if (memcmp(hit, delimiter, size) == 0)
            return at + size;
        at++;
    }
    return 0;
}

/* Reads until the delimiter is in the first `limit` bytes of the buffer. > 0:
 * where it ends; 0: the end of the stream; -EAGAIN, -EMSGSIZE or an error. One
 * byte more tells "too long" from "the last line, and just fits". */
static int64_t seek(struct eddy_stream *stream, uint64_t *words, size_t limit,
                    const char *delimiter, size_t delimiter_size)
{
    for (;;) {
        bool more = eddy__buffered(stream) > limit;
        size_t have = more ? limit : eddy__buffered(stream);
        size_t end;
        int64_t n;

        end = have == 0 ? 0
                        : find_end(eddy__buffer_bytes(stream), have,
                                   (size_t)words[WORD_DONE], delimiter,
                                   delimiter_size);
        if (end > 0)
            return (int64_t)end;
        words[WORD_DONE] = have;
        if (more)
            return -EMSGSIZE;
        n = eddy__buffer_fill(stream, limit + 1);
        if (n <= 0)
            return n;
    }
}

static bool step_read_line(struct eddy_stream *stream, uint64_t *words,
                           struct eddy_result *ret_result)
{
    char *buf = eddy_pointer(words[0]);
    int64_t n = seek(stream, words, (size_t)words[1] - 1, "\n", 1);

    if (n == 0)
        n = (int64_t)eddy__buffered(stream); /* the rest; less than size */
    if (n >= 0)
        buf[eddy__buffer_take(stream, buf, (size_t)n)] = '\0';
    *ret_result = eddy_n(n);
    return n != -EAGAIN;
}

static bool step_read_until(struct eddy_stream *stream, uint64_t *words,
                            struct eddy_result *ret_result)
{
    int64_t n = seek(stream, words, (size_t)words[1], eddy_pointer(words[2]),
                     (size_t)words[3]);

    if (n == 0)
        n = -ENODATA;
    if (n > 0)
        (void)eddy__buffer_take(stream, eddy_pointer(words[0]), (size_t)n);
    *ret_result = eddy_n(n);
    return n != -EAGAIN;
}

/* Keeps only as many bytes as may be the beginning of a delimiter. */
static bool step_skip_until(struct eddy_stream *stream, uint64_t *words,
                            struct eddy_result *ret_result)
{
    const char *delimiter = eddy_pointer(words[2]);
    size_t size = (size_t)words[3];
    int64_t n = 1;

    for (int fills = 0; n > 0; fills++) {
        size_t have = eddy__buffered(stream);
        size_t end = have == 0 ? 0
                               : find_end(eddy__buffer_bytes(stream), have, 0,
                                          delimiter, size);
        if (end > 0) {
            words[WORD_DONE] += eddy__buffer_take(stream, NULL, end);
            *ret_result = eddy_n((int64_t)words[WORD_DONE]);
            return true;
        }
        if (have >= size)
            words[WORD_DONE] +=
                eddy__buffer_take(stream, NULL, have - (size - 1));
        n = fills < FILLS ? eddy__buffer_fill(stream, size + 1) : -EAGAIN;
    }
    if (n == 0) {
        words[WORD_DONE] += eddy__buffer_take(stream, NULL, SIZE_MAX);
        n = (int64_t)words[WORD_DONE];
    }
    *ret_result = so_far(n, words);
    return n != -EAGAIN;
}

/* ---- Starting ----------------------------------------------------------- */

static bool start_reading(struct eddy_request *request,
                          struct eddy_result *ret_result)
{
    struct eddy_stream *stream = eddy_request_on(request);
    uint64_t *words = eddy_request_words(request);
    int err = eddy__stream_check(stream, request);
    const struct read_type *type;

    if (err == 0 && stream->reader != NULL)
        err = -EBUSY;
    if (err == 0 && words[1] > INT64_MAX)
        err = -EINVAL;
    if (err < 0) {
        *ret_result = eddy_n(err);
        return true;
    }
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
    int err = eddy__stream_check(eddy_request_on(request), request);

    if (err == 0 && words[0] == 0 && words[1] > 0)
        err = -EINVAL;
    *ret_result = eddy_n(err);
    return err < 0 || words[1] == 0 || start_reading(request, ret_result);
}

static bool start_read_line(struct eddy_request *request,
                            struct eddy_result *ret_result)
{
    const uint64_t *words = eddy_request_words(request);

    *ret_result = eddy_n(-EINVAL);
    return words[0] == 0 || words[1] < 2 || start_reading(request, ret_result);
}

static bool start_delimited(struct eddy_request *request,
                            struct eddy_result *ret_result)
{
    const uint64_t *words = eddy_request_words(request);

    *ret_result = eddy_n(-EINVAL);
    return words[2] == 0 || words[3] == 0 || words[3] > INT64_MAX ||
           start_reading(request, ret_result);
}

static bool start_read_until(struct eddy_request *request,
                             struct eddy_result *ret_result)
{
    const uint64_t *words = eddy_request_words(request);

    *ret_result = eddy_n(-EINVAL);
    return words[0] == 0 || words[1] == 0 ||
           start_delimited(request, ret_result);
}

/* ---- The constructors --------------------------------------------------- */

#define READ_TYPE(text, starter, stepper, counter)                             \
    static const struct read_type type = {                                     \
        .op = { .abi = EDDY_OP_ABI,                                            \
                .name = text,                                                  \
                .start = starter,                                              \
                .cancel = eddy__read_cancel },                                 \
        .step = stepper,                                                       \
        .counts = counter,                                                     \
    }

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

struct eddy_op eddy_read_line(struct eddy_stream *stream, char *buf,
                              size_t size)
{
    READ_TYPE("read line", start_read_line, step_read_line, false);

    return (struct eddy_op){ .type = &type.op,
                             .on = stream,
                             .word = { eddy_word(buf), size } };
}

struct eddy_op eddy_read_until(struct eddy_stream *stream, void *buf,
                               size_t size, const void *delimiter,
                               size_t delimiter_size)
{
    READ_TYPE("read until", start_read_until, step_read_until, false);

    return (struct eddy_op){ .type = &type.op,
                             .on = stream,
                             .word = { eddy_word(buf), size,
                                       eddy_word(delimiter), delimiter_size } };
}

struct eddy_op eddy_skip_until(struct eddy_stream *stream,
                               const void *delimiter, size_t delimiter_size)
{
    READ_TYPE("skip until", start_delimited, step_skip_until, true);

    return (struct eddy_op){ .type = &type.op,
                             .on = stream,
                             .word = { 0, 0, eddy_word(delimiter),
                                       delimiter_size } };
}
