/* SPDX-License-Identifier: MIT */
/*
 * delimiter.c - the operations that read up to a delimiter.
 *
 * They look for it in what the stream has read ahead, and deliver nothing
 * before they have found it: so what is too long, or late, can still be read.
 */
#include "io.h"

enum { FILLS = 16 }; /* for one skip in one turn; then it is the others' */

/* ---- Looking for it ----------------------------------------------------- */

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

/* ---- The steps ---------------------------------------------------------- */

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
    *ret_result = eddy__read_so_far(n, words);
    return n != -EAGAIN;
}

/* ---- Starting ----------------------------------------------------------- */

static bool start_read_line(struct eddy_request *request,
                            struct eddy_result *ret_result)
{
    const uint64_t *words = eddy_request_words(request);

    *ret_result = eddy_n(-EINVAL);
    return words[0] == 0 || words[1] < 2 ||
           eddy__read_start(request, ret_result);
}

static bool start_delimited(struct eddy_request *request,
                            struct eddy_result *ret_result)
{
    const uint64_t *words = eddy_request_words(request);

    *ret_result = eddy_n(-EINVAL);
    return words[2] == 0 || words[3] == 0 || words[3] > INT64_MAX ||
           eddy__read_start(request, ret_result);
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
