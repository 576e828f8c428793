/* SPDX-License-Identifier: MIT */
/* fanout.c - many questions at once, and the sum of the answers: parts.h. */
#include <eddy/collect.h>
#include <eddy/scope.h>

#include "parts.h"
#include "upstream.h"

/* The connection for one of the questions, from 1 to parts->count. */
static struct upstream *take_part(struct server *server,
                                  const struct parts *parts, int part)
{
    return upstream_take(server->upstreams,
                         parts_delay_us(part, parts, FANOUT_US),
                         parts->number + part);
}

/* ---- In callbacks ------------------------------------------------------- */

struct fan {
    struct parts_exchange base; /* first, see there */
    int left;
    int64_t sum, err;
};

static void on_part_over(struct fan *fan)
{
    if (--fan->left > 0)
        return;
    if (fan->err < 0)
        exchange_end(&fan->base.exchange, fan->err);
    else
        parts_reply(&fan->base, fan->sum);
}

static void on_part(struct eddy_result result, void *arg)
{
    struct upstream *up = arg;
    struct fan *fan = up->arg;
    int64_t number = upstream_answer(up, result.n);

    upstream_give(up);
    if (number < 0)
        fan->err = number;
    else
        fan->sum += number;
    on_part_over(fan);
}

static void ask_all(struct parts_exchange *exchange)
{
    struct fan *fan = (void *)exchange;
    struct server *server = exchange->exchange.client.server;
    int count = exchange->parts.count;

    fan->sum = fan->err = 0;
    fan->left = count + 1; /* and this function */
    for (int i = 1; i <= count; i++) {
        struct upstream *up = take_part(server, &exchange->parts, i);

        if (up == NULL) {
            fan->err = -EAGAIN;
            fan->left--;
            continue;
        }
        struct eddy_op op = upstream_ask(up);
        up->arg = fan;
        eddy_begin(server->loop, &up->request, &op, on_part, up);
    }
    on_part_over(fan);
}

static int welcome_exchange(struct server *server, struct eddy_stream *stream)
{
    return parts_exchange_begin(server, stream, sizeof(struct fan), ask_all);
}

const struct service fanout_callback = {
    .name = "fanout",
    .style = "callback",
    .welcome = welcome_exchange,
    .finish = exchange_finish,
};

/* ---- In deferreds ------------------------------------------------------- */

static void give_back(void *upstream)
{
    upstream_give(upstream);
}

static struct eddy_value read_part(struct eddy_value *n, void *upstream)
{
    int64_t number = upstream_answer(upstream, n->n);

    return number < 0 ? eddy_fail((int)number) : eddy_int(number);
}

static struct eddy_deferred *ask_part(struct server *server,
                                      const struct parts *parts, int part)
{
    struct upstream *up = take_part(server, parts, part);
    const struct eddy_link link = {
        .then = read_part,
        .then_arg = up,
        .free_then = give_back,
    };

    if (up == NULL)
        return eddy_fired(eddy_loop_domain(server->loop), eddy_fail(-EAGAIN));
    return eddy_add(eddy_defer(server->loop, upstream_ask(up)), &link);
}

static struct eddy_value add_up(struct eddy_value *collected, void *none)
{
    const struct eddy_values *numbers = eddy_value_many(collected);
    int64_t sum = 0;

    (void)none;
    for (size_t i = 0; i < numbers->count; i++)
        sum += numbers->value[i].n;
    return eddy_int(sum);
}

static struct eddy_value gather(struct eddy_value *heard, void *arg)
{
    struct parts_session *session = arg;
    struct server *server = session->session.client.server;
    struct eddy_deferred *answers[PARTS_MOST], *all;

    (void)heard;
    for (int i = 0; i < session->parts.count; i++)
        answers[i] = ask_part(server, &session->parts, i + 1);
    all = eddy_gather(eddy_loop_domain(server->loop), answers,
                      (size_t)session->parts.count);
    return eddy_wait_for(eddy_then(all, add_up, NULL));
}

static int welcome_session(struct server *server, struct eddy_stream *stream)
{
    return parts_session_begin(server, stream, gather);
}

const struct service fanout_deferred = {
    .name = "fanout",
    .style = "deferred",
    .welcome = welcome_session,
    .finish = session_finish,
};

/* ---- In coroutines ------------------------------------------------------ */

/* The answer replaces the number it was asked for. */
static struct eddy_result ask(struct eddy_task *self, void *arg)
{
    struct upstream *up = arg;

    up->number = upstream_answer(up, eddy_await(self, upstream_ask(up)));
    return eddy_n(up->number < 0 ? up->number : 0);
}

static int spawn_parts(struct eddy_scope *scope, struct server *server,
                       const struct parts *parts, struct upstream **ups)
{
    int err = 0;

    for (int i = 0; i < parts->count && err == 0; i++) {
        ups[i] = take_part(server, parts, i + 1);
        err = ups[i] != NULL ? eddy_spawn(scope, ask, ups[i], NULL) : -EAGAIN;
    }
    return err;
}

static int64_t answer(struct eddy_task *self, struct visit *visit)
{
    struct upstream *ups[PARTS_MOST] = { NULL };
    struct eddy_scope scope;
    struct parts parts;
    int64_t sum = 0, n = parts_hear(self, visit, &parts);

    if (n == 0)
        n = eddy_scope_open(self, &scope, NULL);
    if (n < 0)
        return n;
    n = spawn_parts(&scope, visit->client.server, &parts, ups);
    n = eddy_scope_close(&scope, (int)n);
    for (int i = 0; i < parts.count && ups[i] != NULL; i++) {
        sum += ups[i]->number;
        upstream_give(ups[i]);
    }
    return parts_say(self, visit, n < 0 ? n : sum);
}

static int welcome_visit(struct server *server, struct eddy_stream *stream)
{
    return visit_begin(server, stream, answer);
}

const struct service fanout_coroutine = {
    .name = "fanout",
    .style = "coroutine",
    .welcome = welcome_visit,
    .finish = visit_finish,
};
