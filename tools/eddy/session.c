/* SPDX-License-Identifier: MIT */
/* session.c - what the services in deferred style have in common. */
#include "session.h"

static void link_over(void *arg)
{
    struct session *session = arg;

    if (--session->links > 0)
        return;
    eddy_unref(session->heard);
    session->heard = NULL;
    client_give_up(&session->client, session->err);
}

void session_add(struct session *session, struct eddy_deferred *deferred,
                 eddy_link_fn *then, eddy_link_fn *rescue)
{
    const struct eddy_link link = {
        .then = then,
        .then_arg = session,
        .rescue = rescue,
        .rescue_arg = session,
        .free_then = link_over,
    };

    session->links++;
    eddy_add(deferred, &link);
}

void session_begin(struct session *session, struct server *server,
                   struct eddy_stream *stream, eddy_link_fn *round)
{
    struct eddy_deferred *start =
        eddy_fired(eddy_loop_domain(server->loop), eddy_none());

    session->heard = NULL;
    session->links = 0;
    session->err = 0;
    server_join(server, stream, &session->client);
    session_add(session, start, round, session_ends);
    eddy_unref(start);
}

struct eddy_deferred *session_hear(struct session *session, struct eddy_op op)
{
    struct server *server = session->client.server;

    eddy_unref(session->heard);
    session->heard =
        eddy_defer(server->loop, eddy_within(server_patience(server), op));
    return session->heard;
}

struct eddy_value session_send(struct session *session, const void *data,
                               size_t size)
{
    int full = eddy_send(session->client.stream, data, size);

    if (full < 0)
        return eddy_fail(full);
    return full > 0 ? session_drain(NULL, session) : eddy_none();
}

struct eddy_value session_drain(struct eddy_value *none, void *arg)
{
    const struct client *client = arg;

    (void)none;
    return eddy_wait_for(
        eddy_defer(client->server->loop, eddy_drain(client->stream)));
}

struct eddy_value session_ends(struct eddy_value *error, void *arg)
{
    struct session *session = arg;

    session->err = eddy_error_code(error);
    return eddy_none();
}

/* A chain that is past the hearing is to come to its end. */
void session_finish(struct client *client)
{
    struct session *session = (void *)client;

    if (eddy_state(session->heard) == EDDY_PENDING)
        eddy_cancel(session->heard);
}
