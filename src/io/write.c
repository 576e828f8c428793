/* SPDX-License-Identifier: MIT */
/* write.c - the operations that write, and the one that ends the writing. */
#include "fitted.h"

static void cancel_write(struct eddy_request *request)
{
    struct eddy_stream *stream = eddy_request_on(request);

    eddy__write_cancel(stream, (struct chunk *)eddy_request_words(request));
    eddy__stream_watch(stream);
}

bool eddy__write_now(struct eddy_stream *stream, struct chunk *chunk,
                     struct eddy_result *ret_result)
{
    struct iovec iov[IOVECS];
    int64_t n;

    *ret_result = eddy_n(0);
    if (stream->first != NULL)
        return false;
    if (chunk->left == 0)
        return true;
    if ((stream->flags & STREAM_OUTLET) != 0 && chunk->kind == CHUNK_BYTES &&
        eddy__outlet_takes(stream, chunk->left, true))
        return false;
    n = eddy__send_or_fail(stream, iov, eddy__chunk_gather(chunk, iov, IOVECS));
    if (n == -EAGAIN)
        return false;
    *ret_result = eddy_n(n);
    if (n < 0)
        return true;
    eddy__chunk_advance(chunk, (size_t)n);
    return chunk->left == 0;
}

static void keep_write(struct eddy_request *request, struct chunk chunk)
{
    struct chunk *kept = (struct chunk *)eddy_request_words(request);

    *kept = chunk;
    eddy__write_append(eddy_request_on(request), kept);
}

static bool begin_write(struct eddy_request *request, struct chunk chunk,
                        struct eddy_result *ret_result)
{
    struct eddy_stream *stream = eddy_request_on(request);
    int err = eddy__write_check(stream);

    *ret_result = eddy_n(err);
    if (err < 0)
        return true;
    if (eddy__write_now(stream, &chunk, ret_result)) {
        if (ret_result->n >= 0)
            ret_result->n = (int64_t)chunk.done;
        return true;
    }
    keep_write(request, chunk);
    return false;
}

/* The system has taken a part of it, or nothing: -EAGAIN. */
static bool go_on_writing(struct eddy_request *request, struct chunk chunk,
                          int64_t begun)
{
    if (begun > 0)
        eddy__chunk_advance(&chunk, (size_t)begun);
    keep_write(request, chunk);
    return false;
}

static bool start_write(struct eddy_request *request,
                        struct eddy_result *ret_result)
{
    const uint64_t *words = eddy_request_words(request);
    int err = eddy__stream_check(eddy_request_on(request), request);
    struct chunk chunk = { .from = eddy_pointer(words[0]),
                           .left = (size_t)words[1],
                           .kind = CHUNK_BYTES };

    if (ret_result->n != 0)
        return go_on_writing(request, chunk, ret_result->n);
    if (err == 0 && chunk.left > 0 &&
        (chunk.from == NULL || chunk.left > INT64_MAX))
        err = -EINVAL;
    *ret_result = eddy_n(err);
    return err < 0 || begin_write(request, chunk, ret_result);
}

/* Most are taken whole by the system, and need no more than that. Whatever is
 * special is left to start(). */
static bool write_now(struct eddy_loop *loop, const struct eddy_op *op,
                      struct eddy_result *ret_result)
{
    enum {
        SPECIAL = STREAM_CLOSING | STREAM_ENDING | STREAM_SHUT | STREAM_BROKEN |
                  STREAM_OUTLET
    };
    struct eddy_stream *stream = op->on;
    struct iovec all = { eddy_pointer(op->word[0]), (size_t)op->word[1] };
    int64_t n;

    if (stream == NULL || stream->common->loop != loop ||
        (stream->flags & SPECIAL) != 0 || stream->first != NULL ||
        all.iov_base == NULL || all.iov_len - 1 >= INT64_MAX)
        return false;
    n = eddy__send_or_fail(stream, &all, 1);
    *ret_result = eddy_n(n);
    return n != -EAGAIN && (n < 0 || (size_t)n == all.iov_len);
}

static int measure(const struct iovec *iov, size_t count, size_t *ret_size)
{
    size_t size = 0;

    if (iov == NULL && count > 0)
        return -EINVAL;
    for (size_t i = 0; i < count; i++) {
        if (iov[i].iov_len > (size_t)INT64_MAX - size ||
            (iov[i].iov_base == NULL && iov[i].iov_len > 0))
            return -EINVAL;
        size += iov[i].iov_len;
    }
    *ret_size = size;
    return 0;
}

static bool start_writev(struct eddy_request *request,
                         struct eddy_result *ret_result)
{
    const uint64_t *words = eddy_request_words(request);
    int err = eddy__stream_check(eddy_request_on(request), request);
    struct chunk chunk = { .from = eddy_pointer(words[0]),
                           .kind = CHUNK_VECTOR };

    if (err == 0)
        err = measure(chunk.from, (size_t)words[1], &chunk.left);
    *ret_result = eddy_n(err);
    return err < 0 || begin_write(request, chunk, ret_result);
}

static bool start_shutdown(struct eddy_request *request,
                           struct eddy_result *ret_result)
{
    struct eddy_stream *stream = eddy_request_on(request);
    struct chunk *chunk = (struct chunk *)eddy_request_words(request);
    int err = eddy__stream_check(stream, request);

    if (err == 0 && (stream->flags & (STREAM_SHUT | STREAM_ENDING)) != 0)
        err = -EALREADY;
    if (err == 0)
        err = eddy__write_check(stream);
    *ret_result = eddy_n(err);
    if (err < 0)
        return true;
    stream->flags |= STREAM_ENDING;
    *chunk = (struct chunk){ .kind = CHUNK_SHUTDOWN };
    eddy__write_append(stream, chunk);
    eddy__write_settle(stream);
    eddy__stream_watch(stream);
    return false;
}

struct eddy_op eddy_write(struct eddy_stream *stream, const void *buf,
                          size_t size)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_CALLS,
        .name = "write",
        .start = start_write,
        .cancel = cancel_write,
        .now = write_now,
    };

    return (struct eddy_op){ .type = &type,
                             .on = stream,
                             .word = { eddy_word(buf), size } };
}

struct eddy_op eddy_writev(struct eddy_stream *stream, const struct iovec *iov,
                           size_t count)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .name = "writev",
        .start = start_writev,
        .cancel = cancel_write,
    };

    return (struct eddy_op){ .type = &type,
                             .on = stream,
                             .word = { eddy_word(iov), count } };
}

struct eddy_op eddy_shutdown(struct eddy_stream *stream)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .name = "shutdown",
        .start = start_shutdown,
        .cancel = cancel_write,
    };

    return (struct eddy_op){ .type = &type, .on = stream };
}
