/* SPDX-License-Identifier: MIT */
/* send.c - writing without waiting, and waiting until that has gone well. */
#include "fitted.h"

struct drain { /* in the words of its request */
    struct drain *next;
};

EDDY_FITS_REQUEST(struct drain);

void eddy__copy_free(struct eddy_stream *stream, struct chunk *chunk)
{
    const struct eddy_mem *mem = &eddy_loop_settings(stream->common->loop)->mem;
    struct copy *copy = EDDY_CONTAINER_OF(chunk, struct copy, chunk);

    if ((stream->flags & STREAM_OUTLET) == 0 ||
        !eddy__spare_keep(stream->common, copy))
        (void)mem->resize(mem->arg, copy, 0);
}

/* The last one of the queue, if there is room in it. */
static struct copy *last_copy(const struct eddy_stream *stream, size_t size)
{
    struct chunk *last = stream->last;
    struct copy *copy;

    if (last == NULL || last->kind != CHUNK_COPY)
        return NULL;
    copy = EDDY_CONTAINER_OF(last, struct copy, chunk);
    return size <= copy->capacity - copy->used ? copy : NULL;
}

/* Small sends behind one that waits already go with it. */
static bool append_to_last(struct eddy_stream *stream, const char *data,
                           size_t size)
{
    struct copy *copy = last_copy(stream, size);

    if (copy == NULL)
        return false;
    memcpy(copy->bytes + copy->used, data, size);
    copy->used += size;
    copy->chunk.left += size;
    stream->queued += size;
    return true;
}

struct chunk *eddy__copy_new(struct eddy_stream *stream, size_t capacity,
                             char **ret_bytes)
{
    const struct eddy_mem *mem = &eddy_loop_settings(stream->common->loop)->mem;
    struct copy *copy = NULL;

    if (capacity > SIZE_MAX - sizeof *copy)
        return NULL;
    if ((stream->flags & STREAM_OUTLET) != 0 && capacity == COPY_ROOM)
        copy = eddy__spare_take(stream->common);
    if (copy == NULL)
        copy = mem->resize(mem->arg, NULL, sizeof *copy + capacity);
    if (copy == NULL)
        return NULL;
    copy->chunk = (struct chunk){ .from = copy->bytes, .kind = CHUNK_COPY };
    copy->used = 0;
    copy->capacity = capacity;
    *ret_bytes = copy->bytes;
    return &copy->chunk;
}

/* Queues those of its first `size` bytes that are behind `sent`. */
static void queue_copy(struct eddy_stream *stream, struct chunk *chunk,
                       size_t sent, size_t size)
{
    EDDY_CONTAINER_OF(chunk, struct copy, chunk)->used = size;
    chunk->offset = sent;
    chunk->left = size - sent;
    eddy__write_append(stream, chunk);
}

static int append_copy(struct eddy_stream *stream, const char *data,
                       size_t size)
{
    char *bytes;
    struct chunk *chunk =
        eddy__copy_new(stream, size > COPY_ROOM ? size : COPY_ROOM, &bytes);

    if (chunk == NULL)
        return -ENOMEM;
    memcpy(bytes, data, size);
    queue_copy(stream, chunk, 0, size);
    return 0;
}

/* 0: it goes with the wait; -EAGAIN: it does not. Rather than copy more and
 * more what is listed goes first, which may be the end of the writing. */
__attribute__((noinline)) static int leave_to_wait(struct eddy_stream *stream,
                                                   size_t size)
{
    int err;

    if ((stream->flags & STREAM_LISTED) != 0 && last_copy(stream, size) == NULL)
        eddy__outlet_flush(stream);
    err = eddy__write_check(stream);
    if (err < 0)
        return err;
    return stream->first == NULL && eddy__outlet_takes(stream, size, false)
               ? 0
               : -EAGAIN;
}

/* What the system takes now; or what is wrong. */
static inline int64_t send_now(struct eddy_stream *stream, const char *data,
                               size_t size)
{
    struct iovec iov = { (char *)(uintptr_t)data, size };
    int64_t n;

    if ((stream->flags & STREAM_OUTLET) != 0) {
        n = leave_to_wait(stream, size);
        if (n != -EAGAIN)
            return n;
    }
    if (stream->first != NULL)
        return 0;
    n = eddy__send_or_fail(stream, &iov, 1);
    return n == -EAGAIN ? 0 : n;
}

static inline int check_send(const struct eddy_stream *stream, const void *data,
                             size_t size)
{
    int err;

    if (stream == NULL || (data == NULL && size > 0))
        return -EINVAL;
    err = eddy_loop_check(stream->common->loop);
    if (err < 0)
        return err;
    if ((stream->flags & STREAM_CLOSING) != 0)
        return -EBADF;
    return eddy__write_check(stream);
}

int eddy__send_check(const struct eddy_stream *stream, const void *data,
                     size_t size)
{
    return check_send(stream, data, size);
}

/* 1: more is waiting than the high-water mark. */
static int above_high(struct eddy_stream *stream)
{
    if (stream->queued <= stream->high || (stream->flags & STREAM_LISTED) != 0)
        return 0;
    stream->flags |= STREAM_HIGH;
    return 1;
}

/* What is left after `sent` bytes have gone out. */
__attribute__((noinline)) static int
keep_rest(struct eddy_stream *stream, const char *rest, size_t size, bool sent)
{
    int err;

    if (append_to_last(stream, rest, size))
        return above_high(stream);
    err = append_copy(stream, rest, size);
    if (err < 0 && sent) /* half of it is out: no way back */
        eddy__write_break(stream, err);
    return err < 0 ? err : above_high(stream);
}

int eddy_send(struct eddy_stream *stream, const void *data, size_t size)
{
    int err = check_send(stream, data, size);
    int64_t n;

    if (err < 0 || size == 0)
        return err;
    n = send_now(stream, data, size);
    if (n < 0 || (size_t)n == size)
        return n < 0 ? (int)n : 0; /* nothing waits */
    return keep_rest(stream, (const char *)data + n, size - (size_t)n, n > 0);
}

int eddy__copy_send(struct eddy_stream *stream, struct chunk *take_chunk,
                    size_t size)
{
    int64_t n = send_now(stream, take_chunk->from, size);

    if (n >= 0 && (size_t)n < size)
        queue_copy(stream, take_chunk, (size_t)n, size);
    else
        eddy__copy_free(stream, take_chunk);
    return n < 0 ? (int)n : above_high(stream);
}

size_t eddy_stream_queued(const struct eddy_stream *stream)
{
    return stream == NULL ? 0 : stream->queued;
}

/* ---- Water marks -------------------------------------------------------- */

void eddy__drains_end(struct eddy_stream *stream, int err)
{
    struct drain *drain = stream->drains;

    stream->drains = NULL;
    while (drain != NULL) {
        struct drain *next = drain->next;

        eddy_complete(eddy_request_of((uint64_t *)drain), eddy_n(err));
        drain = next;
    }
}

int eddy_stream_set_water_marks(struct eddy_stream *stream, size_t low,
                                size_t high)
{
    int err = stream == NULL ? -EINVAL : eddy_loop_check(stream->common->loop);

    if (err < 0)
        return err;
    if (low > high)
        return -EINVAL;
    stream->low = low;
    stream->high = high;
    if (stream->queued > high) {
        stream->flags |= STREAM_HIGH;
    } else if (stream->queued <= low) {
        stream->flags &= ~(unsigned)STREAM_HIGH;
        eddy__drains_end(stream, 0);
    }
    return 0;
}

static void cancel_drain(struct eddy_request *request)
{
    struct eddy_stream *stream = eddy_request_on(request);
    struct drain *drain = (struct drain *)eddy_request_words(request);
    struct drain **link = &stream->drains;

    while (*link != drain)
        link = &(*link)->next;
    *link = drain->next;
    eddy_complete(request, eddy_n(-ECANCELED));
}

static bool start_drain(struct eddy_request *request,
                        struct eddy_result *ret_result)
{
    struct eddy_stream *stream = eddy_request_on(request);
    struct drain *drain = (struct drain *)eddy_request_words(request);
    struct drain **end;
    int err = eddy__stream_check(stream, request);

    if (err == 0 && (stream->flags & STREAM_BROKEN) != 0)
        err = stream->write_error;
    *ret_result = eddy_n(err);
    if (err < 0 || (stream->flags & STREAM_HIGH) == 0)
        return true;
    for (end = &stream->drains; *end != NULL;)
        end = &(*end)->next;
    drain->next = NULL;
    *end = drain;
    return false;
}

struct eddy_op eddy_drain(struct eddy_stream *stream)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .name = "drain",
        .start = start_drain,
        .cancel = cancel_drain,
    };

    return (struct eddy_op){ .type = &type, .on = stream };
}
