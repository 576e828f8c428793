/* SPDX-License-Identifier: MIT */
/* echo_deferred.c - the echo service in deferreds: see session.h. */
#include "session.h"

enum { ROOM = 16384 }; /* more at once is not faster */

struct echoer {
    struct session session; /* first, see there */
    char bytes[ROOM];
};

static struct eddy_value answer(struct eddy_value *got, void *arg)
{
    struct echoer *e = arg;

    if (got->n == 0)
        return eddy_fail(-ENODATA);
    return session_send(&e->session, e->bytes, (size_t)got->n);
}

static struct eddy_value next_round(struct eddy_value *none, void *arg)
{
    struct echoer *e = arg;
    struct session *session = &e->session;
    struct eddy_deferred *bytes = session_hear(
        session, eddy_read(session->client.stream, e->bytes, sizeof e->bytes));

    (void)none;
    session_add(session, bytes, answer, NULL);
    session_add(session, bytes, next_round, session_ends);
    return eddy_none();
}

static int welcome(struct server *server, struct eddy_stream *stream)
{
    struct echoer *e = client_new(server, sizeof *e);

    if (e == NULL)
        return -ENOMEM;
    session_begin(&e->session, server, stream, next_round);
    return 0;
}

const struct service echo_deferred = {
    .name = "echo",
    .style = "deferred",
    .welcome = welcome,
    .finish = session_finish,
};
