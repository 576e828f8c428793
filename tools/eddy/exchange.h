/* SPDX-License-Identifier: MIT */
/*
 * exchange.h - a client who is served by callbacks, a line at a time.
 *
 * As session.h and visit.h are for the other styles, but simpler: for the
 * services that `eddy compare` alone serves. Nobody speaks to them who does not
 * read what they say, so they wait for no drain.
 *
 *     hear --> answer() ... exchange_reply() --> hear --> ...
 *                       ... exchange_end()
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include "server.h"

struct exchange {
    struct client client; /* first, see there; its request hears */
    bool hearing;
    char *line; /* what was heard, and a NUL */
    size_t room;
    /* Ends, then or later, in one of the two functions below. */
    void (*answer)(struct exchange *exchange, size_t size);
};

/* Joins the server and begins to hear. The memory, of client_new(), is set up
 * but for the client; it belongs to the server from now on. */
void exchange_begin(struct exchange *exchange, struct server *server,
                    struct eddy_stream *stream);

void exchange_reply(struct exchange *exchange, const char *text);
void exchange_end(struct exchange *exchange, int64_t err);

/* For the table of services. */
void exchange_finish(struct client *client);

#endif
