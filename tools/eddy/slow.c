/* SPDX-License-Identifier: MIT */
/* slow.c - the server that the others ask: see upstream.h. */
#include <stdio.h>
#include <stdlib.h>

#include "exchange.h"
#include "upstream.h"

struct slow {
    struct exchange exchange; /* first, see there */
    char line[UPSTREAM_LINE];
    char reply[UPSTREAM_LINE];
};

static void on_slept(struct eddy_result result, void *arg)
{
    struct slow *slow = arg;

    if (result.n < 0)
        exchange_end(&slow->exchange, result.n);
    else
        exchange_reply(&slow->exchange, slow->reply);
}

static void answer(struct exchange *exchange, size_t size)
{
    struct slow *slow = (void *)exchange;
    char *end;
    int64_t delay_us = strtoll(slow->line, &end, 10);
    long long number = strtoll(end, NULL, 10);

    (void)size;
    snprintf(slow->reply, sizeof slow->reply, "%lld\n", number + 1);
    if (delay_us > 0)
        client_run(&exchange->client, eddy_sleep(delay_us * EDDY_US), on_slept);
    else
        exchange_reply(exchange, slow->reply);
}

static int welcome(struct server *server, struct eddy_stream *stream)
{
    struct slow *slow = client_new(server, sizeof *slow);

    if (slow == NULL)
        return -ENOMEM;
    slow->exchange.line = slow->line;
    slow->exchange.room = sizeof slow->line;
    slow->exchange.answer = answer;
    exchange_begin(&slow->exchange, server, stream);
    return 0;
}

const struct service slow_callback = {
    .name = "slow",
    .style = "callback",
    .welcome = welcome,
    .finish = exchange_finish,
};
