/* SPDX-License-Identifier: MIT */
/*
 * broadcast.c - what one client says goes to all the others.
 *
 * A line is answered with "ok" when all of them have taken it, or so much of
 * what was sent to them that no more is waiting than the high-water mark: so
 * who reads slowly holds up who speaks, and memory does not grow. When the wait
 * for one of them fails, because it has gone, the others wait for the next
 * line.
 */
#include <string.h>
#include <sys/socket.h>

#include "exchange.h"
#include "session.h"
#include "visit.h"

enum { LINE = 4096, ROOM = LINE + 1, MARK = 16384, SYSTEM_ROOM = 65536 };

static const char ok[] = "ok\n";

static void send_to_others(struct client *from, const char *line, size_t size)
{
    struct client *to = from->server->clients;

    /* One that cannot be sent to will notice by itself: it is heard, too. */
    for (; to != NULL; to = to->next) {
        if (to != from)
            (void)eddy_send(to->stream, line, size);
    }
}

/* Somebody for whom too much is waiting, or NULL. */
static struct eddy_stream *find_slow(const struct server *server)
{
    const struct client *c = server->clients;

    while (c != NULL && eddy_stream_queued(c->stream) <= MARK)
        c = c->next;
    return c != NULL ? c->stream : NULL;
}

/* Little is to wait for a slow reader, here or in the system. */
static void set_limits(struct eddy_stream *stream)
{
    int room = SYSTEM_ROOM;

    (void)eddy_stream_set_water_marks(stream, MARK / 2, MARK);
    (void)setsockopt(eddy_stream_fd(stream), SOL_SOCKET, SO_SNDBUF, &room,
                     sizeof room); /* else it is its usual room */
}

/* ---- In callbacks ------------------------------------------------------- */

struct speaker {
    struct exchange exchange; /* first, see there */
    char line[ROOM];
};

static void wait_for_slow(struct speaker *speaker);

static void on_drained(struct eddy_result result, void *arg)
{
    struct speaker *speaker = arg;

    if (result.n < 0)
        exchange_reply(&speaker->exchange, ok);
    else
        wait_for_slow(speaker);
}

static void wait_for_slow(struct speaker *speaker)
{
    struct client *client = &speaker->exchange.client;
    struct eddy_stream *slow = find_slow(client->server);

    if (slow != NULL)
        client_run(client, eddy_drain(slow), on_drained);
    else
        exchange_reply(&speaker->exchange, ok);
}

static void pass_on(struct exchange *exchange, size_t size)
{
    struct speaker *speaker = (void *)exchange;

    send_to_others(&exchange->client, speaker->line, size);
    wait_for_slow(speaker);
}

static int welcome_exchange(struct server *server, struct eddy_stream *stream)
{
    struct speaker *speaker = client_new(server, sizeof *speaker);

    if (speaker == NULL)
        return -ENOMEM;
    set_limits(stream);
    speaker->exchange.line = speaker->line;
    speaker->exchange.room = sizeof speaker->line;
    speaker->exchange.answer = pass_on;
    exchange_begin(&speaker->exchange, server, stream);
    return 0;
}

const struct service broadcast_callback = {
    .name = "broadcast",
    .style = "callback",
    .welcome = welcome_exchange,
    .finish = exchange_finish,
};

/* ---- In deferreds ------------------------------------------------------- */

struct announcer {
    struct session session; /* first, see there */
    char line[ROOM];
};

static struct eddy_value forget(struct eddy_value *error, void *server)
{
    (void)error;
    (void)server;
    return eddy_none();
}

static struct eddy_value drain_slow(struct eddy_value *none, void *arg)
{
    const struct server *server = arg;
    struct eddy_stream *slow = find_slow(server);
    const struct eddy_link again = {
        .then = drain_slow,
        .then_arg = arg,
        .rescue = forget,
    };

    (void)none;
    if (slow == NULL)
        return eddy_none();
    return eddy_wait_for(
        eddy_add(eddy_defer(server->loop, eddy_drain(slow)), &again));
}

static struct eddy_value publish(struct eddy_value *heard, void *arg)
{
    struct announcer *a = arg;

    if (heard->n == 0)
        return eddy_fail(-ENODATA);
    send_to_others(&a->session.client, a->line, (size_t)heard->n);
    return drain_slow(NULL, a->session.client.server);
}

static struct eddy_value say_ok(struct eddy_value *none, void *session)
{
    (void)none;
    return session_send(session, ok, sizeof ok - 1);
}

static struct eddy_value next_round(struct eddy_value *none, void *arg)
{
    struct announcer *a = arg;
    struct session *session = &a->session;
    struct eddy_deferred *line =
        session_hear(session, eddy_read_line(session->client.stream, a->line,
                                             sizeof a->line));

    (void)none;
    session_add(session, line, publish, NULL);
    session_add(session, line, say_ok, NULL);
    session_add(session, line, next_round, session_ends);
    return eddy_none();
}

static int welcome_session(struct server *server, struct eddy_stream *stream)
{
    struct announcer *a = client_new(server, sizeof *a);

    if (a == NULL)
        return -ENOMEM;
    set_limits(stream);
    session_begin(&a->session, server, stream, next_round);
    return 0;
}

const struct service broadcast_deferred = {
    .name = "broadcast",
    .style = "deferred",
    .welcome = welcome_session,
    .finish = session_finish,
};

/* ---- In coroutines ------------------------------------------------------ */

static int64_t relay(struct eddy_task *self, struct visit *visit)
{
    struct client *client = &visit->client;
    struct eddy_stream *slow;
    char line[ROOM];
    int64_t n = visit_hear(self, visit,
                           eddy_read_line(client->stream, line, sizeof line));

    if (n <= 0)
        return n < 0 ? n : -ENODATA;
    send_to_others(client, line, (size_t)n);
    do
        slow = find_slow(client->server);
    while (slow != NULL && eddy_await(self, eddy_drain(slow)) >= 0);
    return visit_send(self, visit, ok, sizeof ok - 1);
}

static int welcome_visit(struct server *server, struct eddy_stream *stream)
{
    set_limits(stream);
    return visit_begin(server, stream, relay);
}

const struct service broadcast_coroutine = {
    .name = "broadcast",
    .style = "coroutine",
    .welcome = welcome_visit,
    .finish = visit_finish,
};
