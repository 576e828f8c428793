/* SPDX-License-Identifier: MIT */
/*
 * double_deferred.c - the doubling service in deferreds: see session.h.
 *
 * A line that is too long is an error that is mended: ERROR is sent, and the
 * chain waits for the end of the line. A blank line, or the end, is an error
 * that is not.
 */
#include "double.h"
#include "session.h"

struct doubler {
    struct session session; /* first, see there */
    char line[DOUBLE_ROOM];
};

static struct eddy_value answer(struct eddy_value *line, void *arg)
{
    struct doubler *d = arg;
    size_t size;

    if (line->n == 0)
        return eddy_fail(-ENODATA);
    size = double_line(d->line, (size_t)line->n);
    if (size == 0)
        return eddy_fail(-ECANCELED); /* by the client */
    return session_send(&d->session, d->line, size);
}

/* The line is still on its way, and may be for ever. */
static struct eddy_value answer_too_long(struct eddy_value *error, void *arg)
{
    struct session *session = arg;
    struct eddy_stream *stream = session->client.stream;
    struct eddy_deferred *skipped;
    int full;

    if (!eddy_error_is(error, -EMSGSIZE))
        return eddy_take(error);
    full = eddy_send(stream, DOUBLE_ERROR, sizeof DOUBLE_ERROR - 1);
    if (full < 0)
        return eddy_fail(full);
    skipped = session_hear(session, eddy_skip_until(stream, "\n", 1));
    session_add(session, skipped, session_drain, NULL);
    return eddy_wait_for(eddy_ref(skipped));
}

/* What the stream had taken from the system before reading was over. */
static struct eddy_value answer_last(struct eddy_value *lines, void *arg)
{
    struct doubler *d = arg;

    double_last_lines(d->session.client.stream, d->line, (size_t)lines->n);
    return eddy_fail(-ECANCELED);
}

static void last_round(struct doubler *d)
{
    struct session *session = &d->session;
    struct eddy_deferred *lines = session_hear(
        session, eddy_read(session->client.stream, d->line, sizeof d->line));

    session_add(session, lines, answer_last, NULL);
    session_add(session, lines, NULL, session_ends);
}

static struct eddy_value next_round(struct eddy_value *none, void *arg)
{
    struct doubler *d = arg;
    struct session *session = &d->session;
    struct eddy_deferred *line;

    (void)none;
    if (server_patience(session->client.server) == 0) {
        last_round(d);
        return eddy_none();
    }
    line = session_hear(session, eddy_read_line(session->client.stream, d->line,
                                                sizeof d->line));
    session_add(session, line, answer, answer_too_long);
    session_add(session, line, next_round, session_ends);
    return eddy_none();
}

static int welcome(struct server *server, struct eddy_stream *stream)
{
    struct doubler *d = client_new(server, sizeof *d);

    if (d == NULL)
        return -ENOMEM;
    session_begin(&d->session, server, stream, next_round);
    return 0;
}

const struct service double_deferred = {
    .name = "double",
    .style = "deferred",
    .welcome = welcome,
    .finish = session_finish,
};
