/* SPDX-License-Identifier: MIT */
/*
 * stream.c - the life of a stream.
 *
 * Operations end through the queue of completions, so that everything a close
 * puts an end to is delivered before the close itself, and the memory goes
 * after that: cancelled operations, then the closer, then the burial, in this
 * order in one queue.
 */
#include "fitted.h"

enum { HIGH_WATER = 65536, LOW_WATER = 16384 }; /* P10 */

/* ---- Events ------------------------------------------------------------- */

static void set_interest(struct eddy_stream *stream, unsigned interest)
{
    stream->interest = (uint8_t)interest;
    (void)eddy_watch_set(&stream->watch, interest); /* cannot fail */
}

/* Without a reader reading goes on being watched, until something comes: most
 * who read do so again before the loop waits. */
static inline void update_watch(struct eddy_stream *stream)
{
    unsigned interest = stream->interest & EDDY_READ;

    if (stream->reader != NULL) {
        bool wanted = (stream->flags & STREAM_PAUSED) == 0;
        bool inlet = (stream->flags & STREAM_INLET) != 0;

        wanted = wanted && (!inlet || !eddy__inlet_run(stream));
        interest = wanted ? EDDY_READ : 0;
    }
    if (stream->first != NULL && (stream->flags & STREAM_LISTED) == 0)
        interest |= EDDY_WRITE;
    if (interest != stream->interest)
        set_interest(stream, interest);
}

void eddy__stream_watch(struct eddy_stream *stream)
{
    update_watch(stream);
}

/* Would the poller not take the descriptor? Then that is the end. */
static bool is_refused(struct eddy_stream *stream)
{
    int err = eddy_watch_error(&stream->watch);

    if (err == 0)
        return false;
    set_interest(stream, 0); /* who waits next asks anew */
    eddy__read_end(stream, err);
    eddy__write_break(stream, err);
    eddy__stream_flushed(stream, err);
    return true;
}

static inline void on_readable(struct eddy_stream *stream)
{
    stream->flags |= STREAM_READABLE;
    if (!eddy__read_is_wanted(stream)) {
        set_interest(stream, stream->interest & EDDY_WRITE);
        return;
    }
    stream->filled = 0;
    eddy__read_step(stream);
}

static void on_ready(struct eddy_watch *watch, unsigned ready, void *arg)
{
    struct eddy_stream *stream = arg;

    (void)watch;
    if ((ready & EDDY_ERROR) == 0 || !is_refused(stream)) {
        if ((ready & EDDY_READ) != 0)
            on_readable(stream);
        if ((ready & EDDY_WRITE) != 0)
            eddy__write_flush(stream);
    }
    if ((stream->flags & STREAM_CLOSED) == 0)
        update_watch(stream);
}

static void kicked(struct eddy_call *call)
{
    struct eddy_stream *stream =
        EDDY_CONTAINER_OF(call, struct eddy_stream, call);

    stream->flags &= ~(unsigned)STREAM_KICKED;
    if ((stream->flags & STREAM_DEAD) != 0)
        eddy__stream_bury(stream);
    if ((stream->flags & STREAM_CLOSING) != 0)
        return;
    eddy__read_step(stream);
    update_watch(stream);
}

void eddy__stream_kick(struct eddy_stream *stream)
{
    if ((stream->flags & (STREAM_KICKED | STREAM_CLOSING)) != 0)
        return;
    stream->flags |= STREAM_KICKED;
    stream->call.run = kicked;
    eddy_complete_call(stream->common->loop, &stream->call);
}

/* ---- Closing ------------------------------------------------------------ */

static void bury(struct eddy_call *call)
{
    struct eddy_stream *stream =
        EDDY_CONTAINER_OF(call, struct eddy_stream, call);
    const struct eddy_mem *mem = &eddy_loop_settings(stream->common->loop)->mem;

    eddy__buffer_free(stream);
    (void)mem->resize(mem->arg, stream, 0);
}

/* A kick that is in the queue still comes before. */
void eddy__stream_bury(struct eddy_stream *stream)
{
    stream->flags |= STREAM_DEAD;
    if ((stream->flags & STREAM_KICKED) != 0)
        return;
    stream->call.run = bury;
    eddy_complete_call(stream->common->loop, &stream->call);
}

static void finish(struct eddy_stream *stream, int64_t n)
{
    struct eddy_request *closer = stream->closer;

    if ((stream->flags & STREAM_CLOSED) != 0)
        return;
    if (n == 0 && (stream->flags & STREAM_LOST) != 0)
        n = stream->write_error; /* nobody else has told it */
    stream->flags |= STREAM_CLOSED;
    (void)eddy_watch_stop(&stream->watch);
    (void)eddy_loop_forget(stream->common->loop, stream->fd);
    eddy__inlet_let_go(stream);
    (void)stream->common->sys->close(stream->common->sys->arg, stream->fd);
    eddy_loop_disown(stream->common->loop, &stream->owned);
    if (closer != NULL)
        eddy_complete(closer, eddy_n(n));
    eddy__inlet_close(stream);
}

void eddy__stream_flushed(struct eddy_stream *stream, int64_t n)
{
    if ((stream->flags & STREAM_CLOSING) != 0 && stream->first == NULL)
        finish(stream, n);
}

static void drop_unsent(struct eddy_stream *stream, int64_t n)
{
    eddy__write_break(stream, -ECANCELED);
    finish(stream, n);
}

static void begin_close(struct eddy_stream *stream, bool flush,
                        struct eddy_request *closer)
{
    eddy__outlet_flush(stream);
    eddy__read_end(stream, -ECANCELED);
    eddy__relays_end(stream, -ECANCELED);
    stream->flags |= STREAM_CLOSING;
    stream->closer = closer;
    eddy__drains_end(stream, -ECANCELED);
    eddy__write_cancel_all(stream);
    if (!flush) {
        drop_unsent(stream, 0);
        return;
    }
    eddy__stream_flushed(stream, 0);
    if ((stream->flags & STREAM_CLOSED) != 0)
        return;
    /* nobody else keeps the loop alive for these last bytes */
    (void)eddy_watch_background(&stream->watch, false);
    update_watch(stream);
}

static void cancel_close(struct eddy_request *request)
{
    drop_unsent(eddy_request_on(request), -ECANCELED);
}

static bool start_close(struct eddy_request *request,
                        struct eddy_result *ret_result)
{
    struct eddy_stream *stream = eddy_request_on(request);
    int err = eddy__stream_check(stream, request);

    if (err < 0) {
        *ret_result = eddy_n(err == -EBADF ? -EALREADY : err);
        return true;
    }
    begin_close(stream, true, request);
    return false;
}

struct eddy_op eddy_close(struct eddy_stream *stream)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_ENDS,
        .name = "close",
        .start = start_close,
        .cancel = cancel_close,
    };

    return (struct eddy_op){ .type = &type, .on = stream };
}

void eddy_stream_free(struct eddy_stream *stream, bool flush)
{
    if (stream == NULL || eddy_loop_check(stream->common->loop) < 0)
        return;
    if ((stream->flags & STREAM_CLOSING) == 0)
        begin_close(stream, flush, NULL);
    else if (!flush)
        drop_unsent(stream, 0);
}

void eddy__stream_drop(void *stream)
{
    eddy_stream_free(stream, false);
}

static void close_owned(struct eddy_owned *owned)
{
    eddy_stream_free(EDDY_CONTAINER_OF(owned, struct eddy_stream, owned),
                     false);
}

/* ---- Birth -------------------------------------------------------------- */

/* What it is, and what the poller does for it by itself. */
static unsigned kind_of(const struct eddy_loop *loop, bool socket)
{
    unsigned flags = 0;

    if (!socket)
        return 0;
    if (eddy_loop_completes(loop, EDDY_IO_RECEIVE))
        flags |= STREAM_FITTED | STREAM_INLET;
    if (eddy_loop_completes(loop, EDDY_IO_SEND))
        flags |= STREAM_FITTED | STREAM_OUTLET;
    return flags | STREAM_SOCKET;
}

int eddy__stream_new(struct eddy_stream **ret_stream, struct eddy_loop *loop,
                     int fd, bool socket)
{
    static const struct eddy_owned_type type = { "stream", close_owned };
    const struct eddy_mem *mem = &eddy_loop_settings(loop)->mem;
    struct common *common = eddy__common(loop);
    unsigned flags = kind_of(loop, socket);
    bool fitted = (flags & STREAM_FITTED) != 0;
    size_t size = fitted ? sizeof(struct fitted) : sizeof(struct eddy_stream);
    struct eddy_stream *stream;
    int err;

    if (common == NULL)
        return -ENOMEM;
    stream = mem->resize(mem->arg, NULL, size);
    if (stream == NULL)
        return -ENOMEM;
    memset(stream, 0, size);
    stream->common = common;
    stream->fd = fd;
    stream->flags = flags;
    stream->low = LOW_WATER;
    stream->high = HIGH_WATER;
    err = eddy_watch_start(loop, &stream->watch, fd, 0, on_ready, stream);
    if (err < 0) {
        (void)mem->resize(mem->arg, stream, 0);
        return err;
    }
    (void)eddy_watch_background(&stream->watch, true); /* requests count */
    if (fitted) {
        eddy__inlet_init(&eddy__fitted(stream)->inlet);
        eddy__outlet_init(&eddy__fitted(stream)->outlet);
    }
    eddy_loop_own(loop, &stream->owned, &type);
    *ret_stream = stream;
    return 0;
}

int eddy_stream_new(struct eddy_stream **ret_stream, struct eddy_loop *loop,
                    int take_fd)
{
    const struct eddy_sys *sys;
    int err = eddy_loop_check(loop);
    int socket;

    if (err < 0)
        return err;
    if (ret_stream == NULL)
        return -EINVAL;
    if (take_fd < 0)
        return -EBADF;
    sys = eddy_loop_settings(loop)->sys;
    socket = sys->is_stream(sys->arg, take_fd);
    if (socket < 0)
        return socket;
    err = sys->set_nonblocking(sys->arg, take_fd);
    if (err < 0)
        return err;
    err = eddy__stream_new(ret_stream, loop, take_fd, socket > 0);
    if (err == 0)
        eddy_loop_note_origin(loop, &(*ret_stream)->owned,
                              __builtin_return_address(0));
    return err;
}

/* ---- Looking at it ------------------------------------------------------ */

int eddy_stream_fd(const struct eddy_stream *stream)
{
    if (stream == NULL)
        return -EINVAL;
    return (stream->flags & STREAM_CLOSED) != 0 ? -EBADF : stream->fd;
}

struct eddy_loop *eddy_stream_loop(const struct eddy_stream *stream)
{
    return stream == NULL ? NULL : stream->common->loop;
}

static int name_of(const struct eddy_stream *stream,
                   int (*get)(void *arg, int fd, struct sockaddr *address,
                              socklen_t *size),
                   struct eddy_address *ret_address)
{
    struct eddy_address address = { .size = sizeof address.storage };
    int err;

    if (ret_address == NULL)
        return -EINVAL;
    if ((stream->flags & STREAM_CLOSED) != 0)
        return -EBADF;
    err = get(stream->common->sys->arg, stream->fd,
              (struct sockaddr *)&address.storage, &address.size);
    if (err == 0)
        *ret_address = address;
    return err;
}

int eddy_stream_local(const struct eddy_stream *stream,
                      struct eddy_address *ret_address)
{
    if (stream == NULL)
        return -EINVAL;
    return name_of(stream, stream->common->sys->getsockname, ret_address);
}

int eddy_stream_peer(const struct eddy_stream *stream,
                     struct eddy_address *ret_address)
{
    if (stream == NULL)
        return -EINVAL;
    return name_of(stream, stream->common->sys->getpeername, ret_address);
}
