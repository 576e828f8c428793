/* SPDX-License-Identifier: MIT */
/* timers.c - many timers at once, and nothing else to do: parts.h. */
#include <eddy/collect.h>
#include <eddy/scope.h>

#include "parts.h"

static struct eddy_op sleep_part(const struct parts *parts, int part)
{
    return eddy_sleep(parts_delay_us(part, parts, TIMERS_US) * EDDY_US);
}

/* ---- In callbacks ------------------------------------------------------- */

struct alarm {
    struct parts_exchange base; /* first, see there */
    int left;
    int64_t err;
};

static void part_over(struct alarm *alarm, int64_t n)
{
    if (n < 0)
        alarm->err = n;
    if (--alarm->left > 0)
        return;
    if (alarm->err < 0)
        exchange_end(&alarm->base.exchange, alarm->err);
    else
        parts_reply(&alarm->base, alarm->base.parts.number);
}

static void on_slept(struct eddy_result result, void *alarm)
{
    part_over(alarm, result.n);
}

static void sleep_all(struct parts_exchange *exchange)
{
    struct alarm *alarm = (void *)exchange;
    struct eddy_loop *loop = exchange->exchange.client.server->loop;

    alarm->err = 0;
    alarm->left = exchange->parts.count + 1; /* and this function */
    for (int i = 1; i <= exchange->parts.count; i++) {
        int err = eddy_start(loop, sleep_part(&exchange->parts, i), on_slept,
                             alarm, NULL);
        if (err < 0)
            part_over(alarm, err);
    }
    part_over(alarm, 0);
}

static int welcome_exchange(struct server *server, struct eddy_stream *stream)
{
    return parts_exchange_begin(server, stream, sizeof(struct alarm),
                                sleep_all);
}

const struct service timers_callback = {
    .name = "timers",
    .style = "callback",
    .welcome = welcome_exchange,
    .finish = exchange_finish,
};

/* ---- In deferreds ------------------------------------------------------- */

static struct eddy_value pass_number(struct eddy_value *collected, void *arg)
{
    const struct parts_session *session = arg;

    (void)collected;
    return eddy_int(session->parts.number);
}

static struct eddy_value gather(struct eddy_value *heard, void *arg)
{
    struct parts_session *session = arg;
    const struct parts *parts = &session->parts;
    struct eddy_loop *loop = session->session.client.server->loop;
    struct eddy_deferred *sleeps[PARTS_MOST], *all;

    (void)heard;
    for (int i = 0; i < parts->count; i++)
        sleeps[i] = eddy_defer(loop, sleep_part(parts, i + 1));
    all = eddy_gather(eddy_loop_domain(loop), sleeps, (size_t)parts->count);
    return eddy_wait_for(eddy_then(all, pass_number, session));
}

static int welcome_session(struct server *server, struct eddy_stream *stream)
{
    return parts_session_begin(server, stream, gather);
}

const struct service timers_deferred = {
    .name = "timers",
    .style = "deferred",
    .welcome = welcome_session,
    .finish = session_finish,
};

/* ---- In coroutines ------------------------------------------------------ */

static struct eddy_result await_op(struct eddy_task *self, void *op)
{
    return eddy_await_op(self, op);
}

static int64_t answer(struct eddy_task *self, struct visit *visit)
{
    struct eddy_op
        naps[PARTS_MOST]; /* 6,400 bytes of the 48 KiB of its stack */
    struct eddy_scope scope;
    struct parts parts;
    int64_t n = parts_hear(self, visit, &parts);

    if (n == 0)
        n = eddy_scope_open(self, &scope, NULL);
    if (n < 0)
        return n;
    for (int i = 0; i < parts.count && n == 0; i++) {
        naps[i] = sleep_part(&parts, i + 1);
        n = eddy_spawn(&scope, await_op, &naps[i], NULL);
    }
    n = eddy_scope_close(&scope, (int)n);
    return parts_say(self, visit, n < 0 ? n : parts.number);
}

static int welcome_visit(struct server *server, struct eddy_stream *stream)
{
    return visit_begin(server, stream, answer);
}

const struct service timers_coroutine = {
    .name = "timers",
    .style = "coroutine",
    .welcome = welcome_visit,
    .finish = visit_finish,
};
