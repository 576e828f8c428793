/* SPDX-License-Identifier: MIT */
/* exchange.c - what those services in callback style have in common. */
#include <string.h>

#include "exchange.h"

static void on_line(struct eddy_result result, void *arg)
{
    struct exchange *exchange = arg;

    exchange->hearing = false;
    if (result.n > 0)
        exchange->answer(exchange, (size_t)result.n);
    else
        exchange_end(exchange, result.n);
}

static void hear(struct exchange *exchange)
{
    struct client *client = &exchange->client;
    struct eddy_op op =
        eddy_read_line(client->stream, exchange->line, exchange->room);

    exchange->hearing = true;
    client_run(client, eddy_within(server_patience(client->server), op),
               on_line);
}

void exchange_begin(struct exchange *exchange, struct server *server,
                    struct eddy_stream *stream)
{
    server_join(server, stream, &exchange->client);
    hear(exchange);
}

void exchange_reply(struct exchange *exchange, const char *text)
{
    int err = eddy_send(exchange->client.stream, text, strlen(text));

    if (err < 0)
        exchange_end(exchange, err);
    else
        hear(exchange);
}

void exchange_end(struct exchange *exchange, int64_t err)
{
    client_give_up(&exchange->client, err);
}

void exchange_finish(struct client *client)
{
    struct exchange *exchange = (void *)client;

    if (exchange->hearing)
        eddy_request_cancel(&client->request);
}
