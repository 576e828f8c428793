/* SPDX-License-Identifier: MIT */
/* chain.c - steps, each of which needs what the one before it gave: parts.h. */
#include "parts.h"
#include "upstream.h"

/* ---- In callbacks ------------------------------------------------------- */

struct walk {
    struct parts_exchange base; /* first, see there */
    struct upstream *upstream;
    int left;
};

static void next_step(struct walk *walk, int64_t number);

static void on_step(struct eddy_result result, void *arg)
{
    struct walk *walk = arg;
    int64_t number = upstream_answer(walk->upstream, result.n);

    upstream_give(walk->upstream);
    if (number < 0)
        exchange_end(&walk->base.exchange, number);
    else
        next_step(walk, number);
}

static void next_step(struct walk *walk, int64_t number)
{
    struct server *server = walk->base.exchange.client.server;
    struct eddy_op op;

    if (walk->left-- == 0) {
        parts_reply(&walk->base, number);
        return;
    }
    walk->upstream = upstream_take(server->upstreams, 0, number);
    if (walk->upstream == NULL) {
        exchange_end(&walk->base.exchange, -EAGAIN);
        return;
    }
    op = upstream_ask(walk->upstream);
    eddy_begin(server->loop, &walk->upstream->request, &op, on_step, walk);
}

static void begin_walk(struct parts_exchange *exchange)
{
    struct walk *walk = (void *)exchange;

    walk->left = exchange->parts.count;
    next_step(walk, exchange->parts.number);
}

static int welcome_exchange(struct server *server, struct eddy_stream *stream)
{
    return parts_exchange_begin(server, stream, sizeof(struct walk),
                                begin_walk);
}

const struct service chain_callback = {
    .name = "chain",
    .style = "callback",
    .welcome = welcome_exchange,
    .finish = exchange_finish,
};

/* ---- In deferreds ------------------------------------------------------- */

static void give_back(void *upstream)
{
    upstream_give(upstream);
}

static struct eddy_value read_answer(struct eddy_value *n, void *upstream)
{
    int64_t number = upstream_answer(upstream, n->n);

    return number < 0 ? eddy_fail((int)number) : eddy_int(number);
}

static struct eddy_value step(struct eddy_value *number, void *arg)
{
    struct server *server = arg;
    struct upstream *up = upstream_take(server->upstreams, 0, number->n);
    const struct eddy_link link = {
        .then = read_answer,
        .then_arg = up,
        .free_then = give_back,
    };

    if (up == NULL)
        return eddy_fail(-EAGAIN);
    return eddy_wait_for(
        eddy_add(eddy_defer(server->loop, upstream_ask(up)), &link));
}

static struct eddy_value link_steps(struct eddy_value *heard, void *arg)
{
    struct parts_session *session = arg;
    struct server *server = session->session.client.server;
    struct eddy_deferred *chain = eddy_fired(eddy_loop_domain(server->loop),
                                             eddy_int(session->parts.number));

    (void)heard;
    for (int i = 0; i < session->parts.count; i++)
        eddy_then(chain, step, server);
    return eddy_wait_for(chain);
}

static int welcome_session(struct server *server, struct eddy_stream *stream)
{
    return parts_session_begin(server, stream, link_steps);
}

const struct service chain_deferred = {
    .name = "chain",
    .style = "deferred",
    .welcome = welcome_session,
    .finish = session_finish,
};

/* ---- In coroutines ------------------------------------------------------ */

static int64_t ask(struct eddy_task *self, struct server *server,
                   int64_t number)
{
    struct upstream *up = upstream_take(server->upstreams, 0, number);

    if (up == NULL)
        return -EAGAIN;
    number = upstream_answer(up, eddy_await(self, upstream_ask(up)));
    upstream_give(up);
    return number;
}

static int64_t answer(struct eddy_task *self, struct visit *visit)
{
    struct parts parts;
    int64_t n = parts_hear(self, visit, &parts);

    if (n < 0)
        return n;
    n = parts.number;
    for (int i = 0; i < parts.count && n >= 0; i++)
        n = ask(self, visit->client.server, n);
    return parts_say(self, visit, n);
}

static int welcome_visit(struct server *server, struct eddy_stream *stream)
{
    return visit_begin(server, stream, answer);
}

const struct service chain_coroutine = {
    .name = "chain",
    .style = "coroutine",
    .welcome = welcome_visit,
    .finish = visit_finish,
};
