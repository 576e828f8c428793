/* SPDX-License-Identifier: MIT */
/*
 * accept.c - taking connections.
 *
 * A budget for each wake-up keeps a storm of connections from starving the
 * rest (T31). When the process is out of descriptors, the connection cannot be
 * taken and the listener stays readable: rather than spin, accepting rests for
 * a while (T29, L45).
 */
#include "listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

static void watch_as_needed(struct eddy_listener *listener)
{
    bool wanted = listener->acceptors != NULL ||
                  (listener->incoming != NULL && !listener->paused);
    bool resting = eddy_timer_deadline_ns(&listener->rest) != EDDY_FOREVER;

    (void)eddy_watch_set(&listener->watch, wanted && !resting ? EDDY_READ : 0);
}

static struct eddy_request *pop_acceptor(struct eddy_listener *listener)
{
    struct acceptor *first = listener->acceptors;

    listener->acceptors = first->next;
    return eddy_request_of((uint64_t *)first);
}

/* ---- One connection ----------------------------------------------------- */

enum verdict { FINE, GONE, ODD, NONE, FULL, FAILED };

/* Some errors are about a connection that is gone, not about the listener
 * (T30). */
static enum verdict judge(int err)
{
    switch (err) {
    case 0:
        return FINE;
    case -EAGAIN:
        return NONE;
    case -EMFILE:
    case -ENFILE:
    case -ENOBUFS:
    case -ENOMEM:
        return FULL;
    case -EBADF:
    case -EINVAL:
    case -ENOTSOCK:
    case -EOPNOTSUPP:
    case -EFAULT:
        return FAILED;
    case -ECONNABORTED:
    case -ECONNREFUSED:
    case -ECONNRESET:
    case -EPROTO:
    case -EINTR:
    case -EPERM: /* a firewall's word on one connection */
    case -ETIMEDOUT:
    case -ENETDOWN:
    case -ENETUNREACH:
    case -EHOSTDOWN:
    case -EHOSTUNREACH:
    case -ENOPROTOOPT:
        return GONE;
    default:
        return ODD;
    }
}

/* From where it is accepted, or where the listener was made. */
static void tell_origin(struct eddy_listener *listener,
                        struct eddy_stream *stream)
{
    const void *by = eddy_loop_origin(listener->loop, listener->incoming);

    if (by == NULL)
        by = eddy_loop_origin(listener->loop, &listener->owned);
    eddy_loop_note_origin(listener->loop, &stream->owned, by);
    if (eddy_loop_debug(listener->loop))
        eddy_log_write(listener->loop, EDDY_LOG_DEBUG,
                       "accepted a connection: stream %p, descriptor %d",
                       (void *)stream, eddy_stream_fd(stream));
}

static int accept_one(struct eddy_listener *listener,
                      struct eddy_stream **ret_stream)
{
    const struct eddy_sys *sys = listener->sys;
    int fd = sys->accept(sys->arg, listener->fd);
    int yes = 1, err;

    if (fd < 0)
        return fd == -EWOULDBLOCK ? -EAGAIN : fd;
    if (!listener->is_unix)
        (void)sys->setsockopt(sys->arg, fd, IPPROTO_TCP, TCP_NODELAY, &yes,
                              sizeof yes);
    err = eddy__stream_new(ret_stream, listener->loop, fd, true);
    if (err < 0)
        (void)sys->close(sys->arg, fd);
    else
        tell_origin(listener, *ret_stream);
    return err;
}

static void hand_out(struct eddy_listener *listener, struct eddy_stream *stream)
{
    struct eddy_result result = eddy_n(0);

    result.stream = stream;
    if (listener->acceptors != NULL) {
        eddy_complete(pop_acceptor(listener), result);
        return;
    }
    result.n = 1;
    (void)eddy_item(listener->incoming, result);
}

static void rest(struct eddy_listener *listener, int err)
{
    void (*on_full)(struct eddy_listener *, int, void *) =
        listener->options.on_full;

    eddy_loop_count_accept_full(listener->loop);
    eddy_log_write(listener->loop, EDDY_LOG_WARNING, "accepting rests: %s",
                   eddy_strerror(err));
    if (eddy_timer_start(&listener->rest, listener->options.back_off_ns) < 0)
        eddy__accept_end(listener, err);
    if (on_full != NULL)
        on_full(listener, err, listener->options.arg);
}

void eddy__accept_rested(struct eddy_timer *timer, void *arg)
{
    (void)timer;
    watch_as_needed(arg);
}

/* 0: one was handed out, or is gone; *ret_odd: for a reason we do not know.
 * Else why there are no more for now. */
static int accept_next(struct eddy_listener *listener, int *ret_odd)
{
    struct eddy_stream *stream;
    int err = accept_one(listener, &stream);
    enum verdict verdict = judge(err);

    if (err == 0)
        hand_out(listener, stream);
    *ret_odd = verdict == ODD ? err : 0;
    return verdict == GONE || verdict == ODD ? 0 : err;
}

static bool is_wanted(const struct eddy_listener *listener)
{
    return listener->fd >= 0 &&
           (listener->acceptors != NULL ||
            (listener->incoming != NULL && !listener->paused));
}

/* What it calls may close the listener, which stays in memory until the queue
 * of completions has run. A whole budget of odd errors in a row is no chance:
 * rather rest than spin. */
void eddy__accept_ready(struct eddy_watch *watch, unsigned ready, void *arg)
{
    struct eddy_listener *listener = arg;
    int budget = listener->options.accept_budget;
    int err = (ready & EDDY_ERROR) != 0 ? eddy_watch_error(watch) : 0;
    int odds = 0, odd = 0;

    for (int i = 0; err == 0 && i < budget && is_wanted(listener); i++) {
        err = accept_next(listener, &odd);
        odds = odd != 0 ? odds + 1 : 0;
    }
    if (listener->fd < 0)
        return;
    if (odds == budget || judge(err) == FULL)
        rest(listener, odds == budget ? odd : err);
    else if (judge(err) == FAILED)
        eddy__accept_end(listener, err);
    if (listener->fd >= 0)
        watch_as_needed(listener);
}

void eddy__accept_end(struct eddy_listener *listener, int err)
{
    struct eddy_request *incoming = listener->incoming;

    while (listener->acceptors != NULL)
        eddy_complete(pop_acceptor(listener), eddy_n(err));
    listener->incoming = NULL;
    if (incoming != NULL)
        eddy_complete(incoming, eddy_n(err));
}

/* ---- The operations ----------------------------------------------------- */

static int check(const struct eddy_listener *listener,
                 const struct eddy_request *request)
{
    if (listener == NULL)
        return -EINVAL;
    if (listener->loop != eddy_request_loop(request))
        return -EXDEV;
    return listener->fd < 0 ? -EBADF : 0;
}

static bool start_accept(struct eddy_request *request,
                         struct eddy_result *ret_result)
{
    struct eddy_listener *listener = eddy_request_on(request);
    struct acceptor *acceptor = (struct acceptor *)eddy_request_words(request);
    int err = check(listener, request);
    struct acceptor **end;

    *ret_result = eddy_n(err);
    if (err < 0)
        return true;
    for (end = &listener->acceptors; *end != NULL;)
        end = &(*end)->next;
    acceptor->next = NULL;
    *end = acceptor;
    watch_as_needed(listener);
    return false;
}

static void cancel_accept(struct eddy_request *request)
{
    struct eddy_listener *listener = eddy_request_on(request);
    struct acceptor *acceptor = (struct acceptor *)eddy_request_words(request);
    struct acceptor **link = &listener->acceptors;

    while (*link != acceptor)
        link = &(*link)->next;
    *link = acceptor->next;
    watch_as_needed(listener);
    eddy_complete(request, eddy_n(-ECANCELED));
}

struct eddy_op eddy_accept(struct eddy_listener *listener,
                           struct eddy_stream **ret_stream)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_MAKES,
        .name = "accept",
        .start = start_accept,
        .cancel = cancel_accept,
        .drop = eddy__stream_drop,
    };

    return (struct eddy_op){ .type = &type,
                             .on = listener,
                             .word = { eddy_word(ret_stream) } };
}

static bool start_incoming(struct eddy_request *request,
                           struct eddy_result *ret_result)
{
    struct eddy_listener *listener = eddy_request_on(request);
    int err = check(listener, request);

    if (err == 0 && listener->incoming != NULL)
        err = -EBUSY;
    *ret_result = eddy_n(err);
    if (err < 0)
        return true;
    listener->incoming = request;
    listener->paused = false;
    watch_as_needed(listener);
    return false;
}

static void cancel_incoming(struct eddy_request *request)
{
    struct eddy_listener *listener = eddy_request_on(request);

    listener->incoming = NULL;
    watch_as_needed(listener);
    eddy_complete(request, eddy_n(-ECANCELED));
}

static void pause_incoming(struct eddy_request *request, bool paused)
{
    struct eddy_listener *listener = eddy_request_on(request);

    listener->paused = paused;
    watch_as_needed(listener);
}

struct eddy_op eddy_incoming(struct eddy_listener *listener)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_MULTISHOT,
        .name = "incoming",
        .start = start_incoming,
        .cancel = cancel_incoming,
        .drop = eddy__stream_drop,
        .pause = pause_incoming,
    };

    return (struct eddy_op){ .type = &type, .on = listener };
}
