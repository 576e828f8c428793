/* SPDX-License-Identifier: MIT */
/*
 * connect.c - one connection, to the first address that answers.
 *
 *     endpoint -> addresses (looked up, if it is a name) -> socket, connect,
 *     wait until writable, SO_ERROR -> stream; or the next address
 */
#include "io.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

enum { TRIES = 16 }; /* addresses of one name */

struct attempt { /* larger than the words of a request */
    struct eddy_request *request;
    const struct eddy_sys *sys;
    struct eddy_watch watch;
    struct eddy_request lookup;
    bool looking_up, cancelled;
    int fd; /* -1: none */
    int64_t error;
    size_t count, next;
    struct eddy_address addresses[TRIES];
};

static struct attempt *attempt_of(struct eddy_request *request)
{
    return eddy_pointer(eddy_request_words(request)[2]);
}

static void give_up_socket(struct attempt *attempt)
{
    if (attempt->fd < 0)
        return;
    (void)eddy_watch_stop(&attempt->watch);
    (void)eddy_loop_forget(eddy_request_loop(attempt->request), attempt->fd);
    (void)attempt->sys->close(attempt->sys->arg, attempt->fd);
    attempt->fd = -1;
}

/* The socket is connected: a stream takes it over. */
static struct eddy_result succeed(struct attempt *attempt)
{
    struct eddy_result result = eddy_n(0);
    struct eddy_stream *stream;
    int err;

    (void)eddy_watch_stop(&attempt->watch);
    err = eddy__stream_new(&stream, eddy_request_loop(attempt->request),
                           attempt->fd, true);
    if (err < 0) {
        give_up_socket(attempt);
        return eddy_n(err);
    }
    attempt->fd = -1;
    eddy_loop_note_origin(eddy_request_loop(attempt->request), &stream->owned,
                          eddy_loop_origin(eddy_request_loop(attempt->request),
                                           attempt->request));
    result.stream = stream;
    return result;
}

static void connected(struct eddy_watch *watch, unsigned ready, void *arg);

static int begin_connect(struct attempt *attempt,
                         const struct eddy_address *address)
{
    const struct eddy_sys *sys = attempt->sys;
    const struct sockaddr *where = (const void *)&address->storage;
    int yes = 1;
    int fd = sys->socket(sys->arg, where->sa_family, SOCK_STREAM, 0);
    int err;

    if (fd < 0)
        return fd;
    attempt->fd = fd;
    if (where->sa_family != AF_UNIX)
        (void)sys->setsockopt(sys->arg, fd, IPPROTO_TCP, TCP_NODELAY, &yes,
                              sizeof yes);
    err = sys->connect(sys->arg, fd, where, address->size);
    if (err == 0)
        return 0;
    if (err != -EINPROGRESS && err != -EINTR) {
        (void)sys->close(sys->arg, fd);
        attempt->fd = -1;
        return err;
    }
    err = eddy_watch_start(eddy_request_loop(attempt->request), &attempt->watch,
                           fd, EDDY_WRITE, connected, attempt);
    if (err < 0) {
        give_up_socket(attempt);
        return err;
    }
    (void)eddy_watch_background(&attempt->watch, true); /* the request counts */
    return -EINPROGRESS;
}

/* true: *ret_result is the end; false: one is under way. */
static bool try_next(struct attempt *attempt, struct eddy_result *ret_result)
{
    while (attempt->next < attempt->count) {
        int err = begin_connect(attempt, &attempt->addresses[attempt->next++]);

        if (err == -EINPROGRESS)
            return false;
        if (err == 0) {
            *ret_result = succeed(attempt);
            return true;
        }
        attempt->error = err;
    }
    *ret_result = eddy_n(attempt->error);
    return true;
}

static void go_on(struct attempt *attempt)
{
    struct eddy_result result;

    if (try_next(attempt, &result))
        eddy_complete(attempt->request, result);
}

/* -EINPROGRESS: woken for nothing. */
static int verdict(struct attempt *attempt)
{
    const struct eddy_sys *sys = attempt->sys;
    struct eddy_address peer = { .size = sizeof peer.storage };
    int error = 0;
    socklen_t size = sizeof error;
    int err = eddy_watch_error(&attempt->watch);

    if (err == 0)
        err = sys->getsockopt(sys->arg, attempt->fd, SOL_SOCKET, SO_ERROR,
                              &error, &size);
    if (err < 0 || error != 0)
        return err < 0 ? err : -error;
    err = sys->getpeername(sys->arg, attempt->fd,
                           (struct sockaddr *)&peer.storage, &peer.size);
    return err == -ENOTCONN ? -EINPROGRESS : 0;
}

static void connected(struct eddy_watch *watch, unsigned ready, void *arg)
{
    struct attempt *attempt = arg;
    int err = verdict(attempt);

    (void)watch;
    if (err == -EINPROGRESS && (ready & (EDDY_ERROR | EDDY_HANGUP)) == 0)
        return;
    if (err == -EINPROGRESS) /* it failed, and somebody has read the error */
        err = -ECONNREFUSED;
    if (err == 0) {
        eddy_complete(attempt->request, succeed(attempt));
        return;
    }
    attempt->error = err;
    give_up_socket(attempt);
    go_on(attempt);
}

static void looked_up(struct eddy_result result, void *arg)
{
    struct attempt *attempt = arg;

    attempt->looking_up = false;
    if (attempt->cancelled)
        result.n = -ECANCELED; /* though the look-up has succeeded, perhaps */
    if (result.n < 0) {
        eddy_complete(attempt->request, eddy_n(result.n));
        return;
    }
    attempt->count = (size_t)result.n;
    go_on(attempt);
}

static void cancel_connect(struct eddy_request *request)
{
    struct attempt *attempt = attempt_of(request);

    attempt->cancelled = true;
    if (attempt->looking_up) {
        eddy_request_cancel(&attempt->lookup); /* its end is ours */
        return;
    }
    give_up_socket(attempt);
    eddy_complete(request, eddy_n(-ECANCELED));
}

/* The addresses that need no looking up; 0: it is a name. */
static int ready_addresses(const struct eddy_endpoint *to,
                           struct eddy_address *out)
{
    int n = 0, err;

    if (to->address != NULL) {
        out[0] = *to->address;
        return to->address->size > 0 ? 1 : -EINVAL;
    }
    if (to->path != NULL) {
        err = eddy__address_unix(&out[0], to->path);
        return err < 0 ? err : 1;
    }
    if (to->host != NULL && *to->host != '\0')
        return 0;
    if ((to->flags & EDDY_V6_ONLY) == 0)
        (void)eddy_address_parse(&out[n++], "127.0.0.1", to->port);
    if ((to->flags & EDDY_V4_ONLY) == 0)
        (void)eddy_address_parse(&out[n++], "::1", to->port);
    return n > 0 ? n : -EINVAL;
}

static bool start_connect(struct eddy_request *request,
                          struct eddy_result *ret_result)
{
    uint64_t *words = eddy_request_words(request);
    const struct eddy_endpoint *to = eddy_pointer(words[1]);
    struct eddy_loop *loop = eddy_request_loop(request);
    struct attempt *attempt;
    int n;

    *ret_result = eddy_n(-EINVAL);
    if (to == NULL || (to->flags & ~(EDDY_V4_ONLY | EDDY_V6_ONLY)) != 0)
        return true;
    attempt = eddy_request_alloc(request, sizeof *attempt);
    *ret_result = eddy_n(-ENOMEM);
    if (attempt == NULL)
        return true;
    words[2] = eddy_word(attempt);
    attempt->request = request;
    attempt->sys = eddy_loop_settings(loop)->sys;
    attempt->fd = -1;
    attempt->error = -ENOENT;
    n = ready_addresses(to, attempt->addresses);
    *ret_result = eddy_n(n);
    if (n < 0)
        return true;
    if (n > 0) {
        attempt->count = (size_t)n;
        return try_next(attempt, ret_result);
    }
    attempt->looking_up = true;
    const struct eddy_op op =
        eddy_resolve(to->host, to->port, to->flags, attempt->addresses, TRIES);
    eddy_begin(loop, &attempt->lookup, &op, looked_up, attempt);
    return false;
}

struct eddy_op eddy_connect(const struct eddy_endpoint *to,
                            struct eddy_stream **ret_stream)
{
    static const struct eddy_op_type type = {
        .abi = EDDY_OP_ABI,
        .flags = EDDY_OP_MAKES,
        .name = "connect",
        .start = start_connect,
        .cancel = cancel_connect,
        .drop = eddy__stream_drop,
    };

    return (struct eddy_op){ .type = &type,
                             .word = { eddy_word(ret_stream), eddy_word(to) } };
}
