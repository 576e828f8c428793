/* SPDX-License-Identifier: MIT */
/* echo_support.c - a server that says everything back, for the tests. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>

#include "echo_support.h"

struct echo {
    struct echo_server *server;
    struct eddy_stream *stream;
    struct eddy_request input, output; /* the latter also closes */
    char buf[4096];
};

static struct eddy_loop *loop_of(const struct echo *echo)
{
    return eddy_stream_loop(echo->stream);
}

static void on_closed(struct eddy_result result, void *arg)
{
    struct echo *echo = arg;

    (void)result;
    echo->server->live--;
    free(echo);
}

static void end(struct echo *echo)
{
    const struct eddy_op op = eddy_close(echo->stream);

    eddy_begin(loop_of(echo), &echo->output, &op, on_closed, echo);
}

/* ---- By operations ------------------------------------------------------ */

static void on_read(struct eddy_result result, void *arg);

static void on_written(struct eddy_result result, void *arg)
{
    struct echo *echo = arg;
    const struct eddy_op op =
        eddy_read(echo->stream, echo->buf, sizeof echo->buf);

    if (result.n < 0)
        end(echo);
    else
        eddy_begin(loop_of(echo), &echo->input, &op, on_read, echo);
}

static void on_read(struct eddy_result result, void *arg)
{
    struct echo *echo = arg;
    const struct eddy_op op =
        eddy_write(echo->stream, echo->buf, (size_t)result.n);

    if (result.n <= 0)
        end(echo);
    else
        eddy_begin(loop_of(echo), &echo->output, &op, on_written, echo);
}

/* ---- By items ----------------------------------------------------------- */

static void on_drained(struct eddy_result result, void *arg)
{
    struct echo *echo = arg;

    if (result.n < 0)
        eddy_request_cancel(&echo->input);
    else
        (void)eddy_request_pause(&echo->input, false);
}

/* Paused, there is no item, so at most one drain is under way; the stream has
 * ended it before a close that comes of the input's end can begin. */
static void on_item(struct eddy_result result, void *arg)
{
    struct echo *echo = arg;
    const struct eddy_op drain = eddy_drain(echo->stream);
    int err;

    if (result.n <= 0) {
        end(echo);
        return;
    }
    err = eddy_send(echo->stream, result.data, (size_t)result.n);
    if (err < 0)
        eddy_request_cancel(&echo->input);
    if (err != 1)
        return;
    (void)eddy_request_pause(&echo->input, true);
    eddy_begin(loop_of(echo), &echo->output, &drain, on_drained, echo);
}

/* ---- By copying --------------------------------------------------------- */

static void on_copied(struct eddy_result result, void *arg)
{
    (void)result;
    end(arg);
}

/* ---- The server --------------------------------------------------------- */

void echo_serve(struct echo_server *server, struct eddy_stream *stream)
{
    struct echo *echo = calloc(1, sizeof *echo);
    const struct eddy_op receive = eddy_receive(stream);
    const struct eddy_op copy = eddy_copy(stream, stream, EDDY_TO_THE_END);

    if (echo == NULL) {
        eddy_stream_free(stream, false);
        return;
    }
    echo->server = server;
    echo->stream = stream;
    server->accepted++;
    server->live++;
    if (server->kind == ECHO_BY_ITEMS)
        eddy_begin(loop_of(echo), &echo->input, &receive, on_item, echo);
    else if (server->kind == ECHO_BY_COPY)
        eddy_begin(loop_of(echo), &echo->input, &copy, on_copied, echo);
    else
        on_written((struct eddy_result){ 0 }, echo);
}

static void on_connection(struct eddy_result result, void *arg)
{
    if (result.n > 0)
        echo_serve(arg, result.stream);
}

int echo_start(struct echo_server *server)
{
    return eddy_start(eddy_listener_loop(server->listener),
                      eddy_incoming(server->listener), on_connection, server,
                      NULL);
}
