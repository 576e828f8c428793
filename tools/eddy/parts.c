/* SPDX-License-Identifier: MIT */
/* parts.c - hears what is asked for, and replies with a number. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"

struct parts parts_read(const char *line)
{
    char *end;
    long count = strtol(line, &end, 10);
    struct parts parts = { .number = strtoll(end, NULL, 10) };

    if (count > 0 && count <= PARTS_MOST)
        parts.count = (int)count;
    return parts;
}

static size_t write_reply(char *buf, int64_t number)
{
    snprintf(buf, PARTS_REPLY, "%lld\n", (long long)number);
    return strlen(buf);
}

/* ---- In callbacks ------------------------------------------------------- */

static void on_heard(struct exchange *exchange, size_t size)
{
    struct parts_exchange *p = (void *)exchange;

    (void)size;
    p->parts = parts_read(p->line);
    if (p->parts.count == 0)
        exchange_end(exchange, -EINVAL);
    else
        p->answer(p);
}

int parts_exchange_begin(struct server *server, struct eddy_stream *stream,
                         size_t size,
                         void (*answer)(struct parts_exchange *exchange))
{
    struct parts_exchange *p = client_new(server, size);

    if (p == NULL)
        return -ENOMEM;
    p->answer = answer;
    p->exchange.line = p->line;
    p->exchange.room = sizeof p->line;
    p->exchange.answer = on_heard;
    exchange_begin(&p->exchange, server, stream);
    return 0;
}

void parts_reply(struct parts_exchange *exchange, int64_t number)
{
    char reply[PARTS_REPLY];

    write_reply(reply, number);
    exchange_reply(&exchange->exchange, reply);
}

/* ---- In deferreds ------------------------------------------------------- */

static struct eddy_value look(struct eddy_value *heard, void *arg)
{
    struct parts_session *p = arg;

    if (heard->n == 0)
        return eddy_fail(-ENODATA);
    p->parts = parts_read(p->line);
    return p->parts.count == 0 ? eddy_fail(-EINVAL) : p->answer(heard, p);
}

static struct eddy_value say(struct eddy_value *number, void *session)
{
    char reply[PARTS_REPLY];

    return session_send(session, reply, write_reply(reply, number->n));
}

static struct eddy_value next_round(struct eddy_value *none, void *arg)
{
    struct parts_session *p = arg;
    struct session *session = &p->session;
    struct eddy_deferred *line =
        session_hear(session, eddy_read_line(session->client.stream, p->line,
                                             sizeof p->line));

    (void)none;
    session_add(session, line, look, NULL);
    session_add(session, line, say, NULL);
    session_add(session, line, next_round, session_ends);
    return eddy_none();
}

int parts_session_begin(struct server *server, struct eddy_stream *stream,
                        eddy_link_fn *answer)
{
    struct parts_session *p = client_new(server, sizeof *p);

    if (p == NULL)
        return -ENOMEM;
    p->answer = answer;
    session_begin(&p->session, server, stream, next_round);
    return 0;
}

/* ---- In coroutines ------------------------------------------------------ */

int64_t parts_hear(struct eddy_task *self, struct visit *visit,
                   struct parts *parts)
{
    char line[PARTS_ROOM];
    int64_t n = visit_hear(
        self, visit, eddy_read_line(visit->client.stream, line, sizeof line));

    if (n <= 0)
        return n < 0 ? n : -ENODATA;
    *parts = parts_read(line);
    return parts->count == 0 ? -EINVAL : 0;
}

int64_t parts_say(struct eddy_task *self, struct visit *visit, int64_t number)
{
    char reply[PARTS_REPLY];

    if (number < 0)
        return number;
    return visit_send(self, visit, reply, write_reply(reply, number));
}
