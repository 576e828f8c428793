/* SPDX-License-Identifier: MIT */
/*
 * session.h - a client who is served by chains of deferreds.
 *
 * A service is a round that ends by beginning the next one:
 *
 *     hear --> answer --> (drain, if much is waiting) --> hear ...
 *       \            \                               \
 *        an error, here or there, goes down the chain: session_ends()
 *
 * A session belongs to the links about it. When the last one is over and has
 * begun nothing new, the client is parted from: also if a link could not be
 * added for want of memory.
 */
#ifndef SESSION_H
#define SESSION_H

#include <eddy/deferred.h>

#include "server.h"

struct session {
    struct client client;        /* first, see there */
    struct eddy_deferred *heard; /* what is waited for, or was last, or NULL */
    size_t links;
    int err; /* why it ended; 0: it did not, or nobody could tell */
};

/* Joins the server and begins the first round. */
void session_begin(struct session *session, struct server *server,
                   struct eddy_stream *stream, eddy_link_fn *round);

/* Waits for the client to say something. The reference is the session's, and
 * lasts until the next time. */
struct eddy_deferred *session_hear(struct session *session, struct eddy_op op);

/* Adds a link whose functions are given the session. */
void session_add(struct session *session, struct eddy_deferred *deferred,
                 eddy_link_fn *then, eddy_link_fn *rescue);

/* What goes on when this is on its way: nothing, or the wait until the client
 * has read enough of what it was sent before. */
struct eddy_value session_send(struct session *session, const void *data,
                               size_t size);

/* ---- Links -------------------------------------------------------------- */

/* Waits until the client has read enough; at once, as a rule. */
struct eddy_value session_drain(struct eddy_value *none, void *session);

/* The end, for an error: -ECANCELED or -ETIME with a farewell. */
struct eddy_value session_ends(struct eddy_value *error, void *session);

/* ---- For the table of services ------------------------------------------ */

void session_finish(struct client *client);

#endif
