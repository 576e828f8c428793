/* SPDX-License-Identifier: MIT */
/*
 * io.h - the inside of streams; users of the public headers like any other.
 *
 *     stream.c     birth, events, close  write.c     the writing operations
 *     buffer.c     bytes read ahead      send.c      fire and forget
 *     read.c       reading by size       print.c     the same for text
 *     delimiter.c  reading by delimiter  listener.c  listen and accept
 *     receive.c    multishot reading     connect.c   connect
 *     copy.c       stream to stream      address.c   addresses in words
 *     queue.c      writes that wait      name.c      looking names up
 *     room.c       what streams share    inlet.c     what comes by itself
 *     outlet.c     small writes that go with the wait
 */
#ifndef EDDY_IO_H
#define EDDY_IO_H

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <assert.h>
#include <string.h>

#include <eddy/front.h>
#include <eddy/loop.h>
#include <eddy/op.h>
#include <eddy/stream.h>
#include <eddy/sys.h>
#include <eddy/timer.h>
#include <eddy/watch.h>

enum {                            /* struct eddy_stream, flags */
       STREAM_SOCKET = 1u << 0,   /* else a pipe or the like */
       STREAM_READABLE = 1u << 1, /* a recv may find something */
       STREAM_KICKED = 1u << 2,   /* in the queue of completions */
       STREAM_PAUSED = 1u << 3,   /* the reader wants nothing now */
       STREAM_SHUT = 1u << 4,     /* the writing side has ended */
       STREAM_BROKEN = 1u << 5,   /* ... by an error */
       STREAM_HIGH = 1u << 6,     /* went above the high-water mark */
       STREAM_CLOSING = 1u << 7,  /* takes no operations */
       STREAM_CLOSED = 1u << 8,   /* has no descriptor */
       STREAM_ENDING = 1u << 9,   /* a shutdown is in the queue */
       STREAM_LOST = 1u << 10,    /* bytes that eddy_send() had taken */
       STREAM_INLET = 1u << 11,   /* the poller receives for it */
       STREAM_MUCH = 1u << 12,    /* or would, but much comes at a time */
       STREAM_OUTLET = 1u << 13,  /* the poller sends for it, with its wait */
       STREAM_LISTED = 1u << 14,  /* and will, with the next one */
       STREAM_FITTED = 1u << 15,  /* has memory for that: struct fitted */
       STREAM_DEAD = 1u << 16     /* to be buried */
};

struct buffer {
    size_t start, end, capacity;
    char bytes[];
};

enum chunk_kind {
    CHUNK_BYTES,
    CHUNK_VECTOR,
    CHUNK_SHUTDOWN,
    CHUNK_COPY, /* of what eddy_send() took */
    CHUNK_RELAY /* of an eddy_copy() */
};

/* An entry of the queue of writes: in the words of its request, or, for a
 * CHUNK_COPY and a CHUNK_RELAY, in memory of its own. */
struct chunk {
    struct chunk *next;
    const void *from;     /* the bytes, or the iovecs */
    size_t left;          /* bytes that have not gone out */
    size_t done;          /* bytes that have */
    size_t index, offset; /* where in the iovecs the rest begins */
    enum chunk_kind kind;
};

EDDY_FITS_REQUEST(struct chunk);

/* An eddy_copy() that runs: it is the reader of one stream, and now and then in
 * the queue of the other. */
struct relay {
    struct chunk chunk; /* of the bytes that `from` has read ahead */
    struct relay *next; /* of those that copy to the same stream */
    struct eddy_stream *from, *to;
    uint64_t *words; /* of its request */
    bool waits;      /* the chunk is in the queue */
    bool filled;     /* the last read took as much as there was room for */
};

/* What all streams of a loop share, and room that received bytes pass through:
 * see room.c. */
struct common {
    struct eddy_loop *loop;
    const struct eddy_sys *sys;
    struct room *free; /* the first one is in use, during an item */
    struct room *kept;
    size_t free_count;
    struct chunk *spares; /* memory for copies, see outlet.c */
    size_t spare_count;
};

enum { RECEIVE_ROOM = 65536 };

struct room {
    struct room *prev, *next;
    struct common *common;
    char bytes[RECEIVE_ROOM];
};

/* As small as can be: most of them are idle. */
struct eddy_stream {
    struct eddy_owned owned;
    struct eddy_watch watch;
    struct common *common;
    int fd;
    unsigned flags;
    uint8_t interest; /* what the watch was last told */
    uint8_t filled;   /* reads since an event that left none of buf */
    uint8_t usual;    /* how many found something, the last time */
    uint8_t guesses;  /* that nothing is left */
    int16_t read_error, write_error;
    struct eddy_request *reader;
    struct buffer *buffer; /* NULL: nothing read ahead, ever */
    struct chunk *first, *last;
    struct drain *drains;
    union {
        struct relay *relays;        /* that copy to it */
        struct eddy_request *closer; /* STREAM_CLOSING: nobody does any more */
    };
    size_t queued, low, high;
    struct eddy_call call; /* a kick, or the burial */
};

/* ---- stream.c ----------------------------------------------------------- */

/* A stream for fd, which it owns now; on failure fd is still the caller's. */
int eddy__stream_new(struct eddy_stream **ret_stream, struct eddy_loop *loop,
                     int fd, bool socket);
/* 0, or why this operation cannot begin: -EINVAL, -EXDEV, -EBADF. */
static inline int eddy__stream_check(const struct eddy_stream *stream,
                                     const struct eddy_request *request)
{
    if (stream == NULL)
        return -EINVAL;
    if (stream->common->loop != eddy_request_loop(request))
        return -EXDEV;
    return (stream->flags & STREAM_CLOSING) != 0 ? -EBADF : 0;
}

/* Waits for what its operations need now. */
void eddy__stream_watch(struct eddy_stream *stream);
/* Has the reader looked at soon, from the loop. */
void eddy__stream_kick(struct eddy_stream *stream);
/* It is closed, and nothing needs its memory any more: frees it, after all that
 * has completed. */
void eddy__stream_bury(struct eddy_stream *stream);
/* A closing stream with nothing more to send ends, with n. */
void eddy__stream_flushed(struct eddy_stream *stream, int64_t n);
/* For results of operations that made a stream nobody takes. */
void eddy__stream_drop(void *stream);

/* ---- read.c, delimiter.c, receive.c, buffer.c --------------------------- */

/*
 * A reading operation: step() makes what progress it can; true: done. It has
 * the words of its request, most of them alike for all:
 *     word[0], word[1]   where to, and how many bytes
 *     word[2], word[3]   the delimiter, and its size
 *     word[WORD_DONE]    how much it has so far (or has looked through)
 */
struct read_type {
    struct eddy_op_type op; /* must be first */
    bool (*step)(struct eddy_stream *stream, uint64_t *words,
                 struct eddy_result *ret_result);
    void (*let_go)(uint64_t *words); /* before it is ended; or NULL */
    bool counts; /* word[WORD_DONE] is what a failure reports as done */
};

enum { WORD_DONE = 4 };

#define READ_TYPE(text, starter, stepper, counter)                             \
    static const struct read_type type = {                                     \
        .op = { .abi = EDDY_OP_ABI,                                            \
                .name = text,                                                  \
                .start = starter,                                              \
                .cancel = eddy__read_cancel },                                 \
        .step = stepper,                                                       \
        .counts = counter,                                                     \
    }

static inline const struct read_type *
eddy__read_type(const struct eddy_request *request)
{
    return (const void *)eddy_request_type(request); /* op comes first */
}

/* The result n, and what was done if that is a failure. */
static inline struct eddy_result eddy__read_so_far(int64_t n,
                                                   const uint64_t *words)
{
    struct eddy_result result = eddy_n(n);

    if (n < 0)
        result.done = words[WORD_DONE];
    return result;
}

/* 0, or why this operation cannot read: as eddy__stream_check(), -EBUSY, or the
 * error that ended the reading before. */
int eddy__read_check(const struct eddy_stream *stream,
                     const struct eddy_request *request);
/* The start() of those that need no more than their words. */
bool eddy__read_start(struct eddy_request *request,
                      struct eddy_result *ret_result);
/* Is there a reader who takes what comes now? */
static inline bool eddy__read_is_wanted(const struct eddy_stream *stream)
{
    return stream->reader != NULL && (stream->flags & STREAM_PAUSED) == 0;
}

/* Has the reader make progress, if it wants to. */
static inline void eddy__read_step(struct eddy_stream *stream)
{
    struct eddy_request *reader = stream->reader;
    struct eddy_result result;

    if (!eddy__read_is_wanted(stream))
        return;
    if (eddy__read_type(reader)->step(stream, eddy_request_words(reader),
                                      &result)) {
        stream->reader = NULL;
        eddy_complete(reader, result);
    }
}

/* Ends the reader, if there is one. */
void eddy__read_end(struct eddy_stream *stream, int err);
void eddy__read_cancel(struct eddy_request *request);
/* > 0; 0: the end; -EAGAIN: wait; or an error. */
int64_t eddy__stream_recv(struct eddy_stream *stream, void *buf, size_t size);

static inline size_t eddy__buffered(const struct eddy_stream *stream)
{
    return stream->buffer == NULL ? 0
                                  : stream->buffer->end - stream->buffer->start;
}

static inline const char *eddy__buffer_bytes(const struct eddy_stream *stream)
{
    return stream->buffer->bytes + stream->buffer->start;
}

/* Copies (buf NULL: just throws away) and removes up to size bytes of those
 * that are there. */
size_t eddy__buffer_copy(struct eddy_stream *stream, void *buf, size_t size);
/* The same; mostly there are none. */
static inline size_t eddy__buffer_take(struct eddy_stream *stream, void *buf,
                                       size_t size)
{
    return eddy__buffered(stream) == 0 ? 0
                                       : eddy__buffer_copy(stream, buf, size);
}

/* Has more room for reading ahead than before, but not more than `want`. */
int eddy__buffer_grow(struct eddy_stream *stream, size_t want);
/* Reads into the buffer so that it may come to hold `want` bytes; as recv. */
int64_t eddy__buffer_fill(struct eddy_stream *stream, size_t want);
void eddy__buffer_free(struct eddy_stream *stream);

/* ---- room.c ------------------------------------------------------------- */

/* What the streams of a loop share. NULL: out of memory. */
struct common *eddy__common(struct eddy_loop *loop);
/* Has a free room: NULL, or out of memory. */
struct room *eddy__room_new(struct common *common);

/* RECEIVE_ROOM bytes that the next item overwrites. NULL: out of memory. */
static inline char *eddy__room(struct common *common)
{
    struct room *room = common->free;

    if (room == NULL)
        room = eddy__room_new(common);
    return room == NULL ? NULL : room->bytes;
}

/* Keeps the one of the item that is being delivered; gives it back. */
void *eddy__room_keep(struct eddy_request *request);
void eddy__room_release(void *kept);

/* ---- copy.c ------------------------------------------------------------- */

/* Its chunk has left the queue. */
void eddy__relay_sent(struct relay *relay, int64_t err);
/* Ends all that copy to the stream. */
void eddy__relays_end(struct eddy_stream *to, int err);

/* ---- queue.c, write.c, send.c -----------------------------------------------
 */

/* For one system call: 1 KiB of stack, and below any IOV_MAX. */
enum { IOVECS = 64 };

/* Looks whether the queue has come above the high-water mark, or has sunk. */
void eddy__write_account(struct eddy_stream *stream);
/* Puts what is left of a chunk into iov[0..room); how many it took. */
int eddy__chunk_gather(const struct chunk *chunk, struct iovec *iov, int room);
/* n bytes of it have gone out. */
void eddy__chunk_advance(struct chunk *chunk, size_t n);

/* Sends what the system takes. */
void eddy__write_flush(struct eddy_stream *stream);
/* Ends all writes that wait: the first one with err, the others with -EPIPE. */
void eddy__write_break(struct eddy_stream *stream, int err);
/* Ends one. What has begun to go out and cannot go on makes nonsense of what
 * follows, so that breaks them all. */
void eddy__write_cancel(struct eddy_stream *stream, struct chunk *chunk);
/* Ends the shutdowns and the empty writes that have come to the front. */
void eddy__write_settle(struct eddy_stream *stream);
/* Ends the operations among them with -ECANCELED; copies stay. */
void eddy__write_cancel_all(struct eddy_stream *stream);
/* Takes one out of the queue, whatever has gone out, and tells nobody. */
void eddy__write_remove(struct eddy_stream *stream, struct chunk *chunk);
/* Tries at once what nothing waits before. true: it is over, with an error or
 * for all of it has gone out. */
bool eddy__write_now(struct eddy_stream *stream, struct chunk *chunk,
                     struct eddy_result *ret_result);
/* Queues what is left of a chunk. */
void eddy__write_append(struct eddy_stream *stream, struct chunk *chunk);
/* Whether new writes may come: 0 or -EPIPE. */
static inline int eddy__write_check(const struct eddy_stream *stream)
{
    return (stream->flags & (STREAM_ENDING | STREAM_SHUT | STREAM_BROKEN)) != 0
               ? -EPIPE
               : 0;
}

/* Nothing can be written any more, and later writes hear why. */
static inline void eddy__write_fail(struct eddy_stream *stream, int64_t err)
{
    stream->flags |= STREAM_BROKEN;
    stream->write_error = (int16_t)err;
}

/* What has become of a send, which may be the end of a stream that is closing;
 * true: bytes have gone out. */
bool eddy__write_result(struct eddy_stream *stream, int64_t n);
/* Some systems are out of buffers for a moment, not for good (T35). */
static inline int64_t eddy__send_outcome(int64_t n)
{
    if (n >= 0)
        return n;
    return n == -ENOBUFS || n == -EINTR ? -EAGAIN : n;
}

/* One system call: > 0, -EAGAIN, or an error. */
static inline int64_t eddy__stream_send(const struct eddy_stream *stream,
                                        const struct iovec *iov, int count)
{
    const struct eddy_sys *sys = stream->common->sys;

    return eddy__send_outcome(sys->send(sys->arg, stream->fd,
                                        (stream->flags & STREAM_SOCKET) != 0,
                                        iov, count));
}

/* The same, and an error breaks the writing side. */
static inline int64_t eddy__send_or_fail(struct eddy_stream *stream,
                                         const struct iovec *iov, int count)
{
    int64_t n = eddy__stream_send(stream, iov, count);

    if (n < 0 && n != -EAGAIN)
        eddy__write_fail(stream, n);
    return n;
}

/* 0, or what eddy_send() would say before anything is done. */
int eddy__send_check(const struct eddy_stream *stream, const void *data,
                     size_t size);
void eddy__drains_end(struct eddy_stream *stream, int err);
/* Memory for bytes to be sent; NULL: there is none. */
struct chunk *eddy__copy_new(struct eddy_stream *stream, size_t capacity,
                             char **ret_bytes);
/* Sends the first bytes of it, as eddy_send() that was checked; but it cannot
 * run out of memory. */
int eddy__copy_send(struct eddy_stream *stream, struct chunk *take_chunk,
                    size_t size);
void eddy__copy_free(struct eddy_stream *stream, struct chunk *chunk);

/* ---- address.c ---------------------------------------------------------- */

/* The address of a UNIX socket; "@name" is abstract. */
int eddy__address_unix(struct eddy_address *ret_address, const char *path);
/* Is it of the family that EDDY_V4_ONLY or EDDY_V6_ONLY asks for? */
bool eddy__family_fits(const struct eddy_address *address, unsigned flags);

#endif
