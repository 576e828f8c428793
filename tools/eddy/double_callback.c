/* SPDX-License-Identifier: MIT */
/*
 * double_callback.c - the doubling service in callbacks.
 *
 *     read a line --> reply --> (drain, if much is waiting) --> read a line ...
 *          |    \                                  |
 *          |     too long --> ERROR --> skip it ---+
 *          |
 *     blank line: farewell      end, or an error: close
 *
 * One operation at a time, so replies are in order, and a client that does not
 * read its replies is not read either.
 */
#include "double.h"
#include "server.h"

struct doubler {
    struct client client; /* first, see there */
    bool reading;         /* waits for the client to say something */
    char line[DOUBLE_ROOM];
};

static void on_line(struct eddy_result result, void *arg);
static void on_last_lines(struct eddy_result result, void *arg);
static void on_skipped(struct eddy_result result, void *arg);
static void on_drained(struct eddy_result result, void *arg);

static struct eddy_stream *stream_of(const struct doubler *d)
{
    return d->client.stream;
}

/* Runs an operation that waits for the client to speak. */
static void listen_to(struct doubler *d, struct eddy_op op,
                      eddy_done_fn *on_done)
{
    int64_t patience_ns = server_patience(d->client.server);

    d->reading = true;
    client_run(&d->client, eddy_within(patience_ns, op), on_done);
}

/* Without patience no line is read any more: one that need not be waited for
 * comes before its time is up, and from a client that never pauses so would the
 * next one, for ever. But the stream has taken more than a line from the system
 * at a time, and what it has taken is answered. */
static void read_next(struct doubler *d)
{
    struct eddy_stream *stream = stream_of(d);

    if (server_patience(d->client.server) != 0)
        listen_to(d, eddy_read_line(stream, d->line, sizeof d->line), on_line);
    else
        listen_to(d, eddy_read(stream, d->line, sizeof d->line), on_last_lines);
}

static void drain(struct doubler *d)
{
    client_run(&d->client, eddy_drain(stream_of(d)), on_drained);
}

static void on_drained(struct eddy_result result, void *arg)
{
    struct doubler *d = arg;

    if (result.n < 0)
        client_close(&d->client);
    else
        read_next(d);
}

static void answer(struct doubler *d, size_t size)
{
    int full = 0;

    size = double_line(d->line, size);
    if (size > 0)
        full = eddy_send(stream_of(d), d->line, size);

    if (size == 0)
        client_farewell(&d->client);
    else if (full < 0)
        client_close(&d->client);
    else if (full > 0)
        drain(d);
    else
        read_next(d);
}

/* The line is still on its way, and may be for ever. */
static void answer_too_long(struct doubler *d)
{
    int full = eddy_send(stream_of(d), DOUBLE_ERROR, sizeof DOUBLE_ERROR - 1);

    if (full < 0)
        client_close(&d->client);
    else
        listen_to(d, eddy_skip_until(stream_of(d), "\n", 1), on_skipped);
}

static void on_line(struct eddy_result result, void *arg)
{
    struct doubler *d = arg;

    d->reading = false;
    if (result.n > 0)
        answer(d, (size_t)result.n);
    else if (result.n == 0)
        client_close(&d->client);
    else if (result.n == -EMSGSIZE)
        answer_too_long(d);
    else
        client_give_up(&d->client, result.n);
}

static void on_last_lines(struct eddy_result result, void *arg)
{
    struct doubler *d = arg;

    d->reading = false;
    if (result.n > 0)
        double_last_lines(stream_of(d), d->line, (size_t)result.n);
    client_farewell(&d->client);
}

static void on_skipped(struct eddy_result result, void *arg)
{
    struct doubler *d = arg;

    d->reading = false;
    if (result.n < 0)
        client_give_up(&d->client, result.n);
    else
        drain(d); /* at once, unless many such lines have filled the queue */
}

static int welcome(struct server *server, struct eddy_stream *stream)
{
    struct doubler *d = client_new(server, sizeof *d);

    if (d == NULL)
        return -ENOMEM;
    server_join(server, stream, &d->client);
    read_next(d);
    return 0;
}

static void finish(struct client *client)
{
    struct doubler *d = (void *)client;

    if (d->reading)
        eddy_request_cancel(&d->client.request);
}

const struct service double_callback = {
    .name = "double",
    .style = "callback",
    .welcome = welcome,
    .finish = finish,
};
