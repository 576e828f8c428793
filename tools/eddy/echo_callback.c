/* SPDX-License-Identifier: MIT */
/*
 * echo_callback.c - the echo service in callbacks: what comes goes back.
 *
 * Bytes come as items of one long receive; while more waits to go out than the
 * high-water mark, the receive is paused.
 */
#include "server.h"

struct echoer {
    struct client client; /* first, see there; its request receives */
    struct eddy_request drain;
    bool draining;
    bool ended; /* nothing more is received */
};

static void stop_receiving(struct echoer *e)
{
    if (!e->ended)
        eddy_request_cancel(&e->client.request);
}

static void on_drained(struct eddy_result result, void *arg)
{
    struct echoer *e = arg;

    e->draining = false;
    if (result.n < 0)
        stop_receiving(e);
    else if (!e->ended)
        eddy_request_pause(&e->client.request, false);
}

static void drain(struct echoer *e)
{
    struct eddy_op op = eddy_drain(e->client.stream);

    e->draining = true;
    eddy_request_pause(&e->client.request, true);
    eddy_begin(e->client.server->loop, &e->drain, &op, on_drained, e);
}

static void on_bytes(struct eddy_result result, void *arg)
{
    struct echoer *e = arg;

    if (result.n > 0) {
        int full = eddy_send(e->client.stream, result.data, (size_t)result.n);
        if (full < 0)
            stop_receiving(e);
        else if (full > 0 && !e->draining)
            drain(e);
        return;
    }
    e->ended = true;
    client_give_up(&e->client, result.n);
}

static int welcome(struct server *server, struct eddy_stream *stream)
{
    struct echoer *e = client_new(server, sizeof *e);

    if (e == NULL)
        return -ENOMEM;
    e->draining = e->ended = false;
    server_join(server, stream, &e->client);
    client_run(&e->client, eddy_receive(stream), on_bytes);
    return 0;
}

static void finish(struct client *client)
{
    stop_receiving((void *)client);
}

const struct service echo_callback = {
    .name = "echo",
    .style = "callback",
    .welcome = welcome,
    .finish = finish,
};
