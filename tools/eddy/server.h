/* SPDX-License-Identifier: MIT */
/*
 * server.h - who accepts connections, and ends them in good time.
 *
 * A server knows its clients only as a list; what is said to them, and in which
 * style, is the service's. Stopping takes three steps:
 *
 *     stop    who has connected is accepted, and nobody else; what has arrived
 *             is answered as ever
 *     finish  soon: whoever says nothing now is said good-bye to, and after
 * half of the grace everybody is give up after all of it: who has not read his
 * replies by now will not get them
 *
 * The loop runs out of work as soon as the last client has gone.
 */
#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>

#include <eddy/op.h>
#include <eddy/stream.h>

struct server;
struct client;

/* What is served, and in which style. */
struct service {
    const char *name;
    const char *style;

    /* Takes the stream and begins to serve it: server_join(). -ENOMEM: the
     * stream is still the server's. */
    int (*welcome)(struct server *server, struct eddy_stream *stream);

    /* The server has been quiet: no more reading from this client; its replies
     * go out, and then it is closed. */
    void (*finish)(struct client *client);
};

extern const struct service double_callback, double_deferred;
extern const struct service double_coroutine;
extern const struct service echo_callback, echo_deferred, echo_coroutine;

/* Those that `eddy compare` alone serves: see parts.h and broadcast.c. */
extern const struct service broadcast_callback, broadcast_deferred;
extern const struct service broadcast_coroutine;
extern const struct service chain_callback, chain_deferred, chain_coroutine;
extern const struct service fanout_callback, fanout_deferred, fanout_coroutine;
extern const struct service timers_callback, timers_deferred, timers_coroutine;
extern const struct service slow_callback; /* see upstream.h */

/* All rows of the table; NULL past the end. */
const struct service *service_at(size_t index);
/* NULL: there is no such service in that style. */
const struct service *service_find(const char *name, const char *style);

/* A connection as the server sees it: the first member of what a service keeps
 * for it, in memory from client_new(). */
struct client {
    struct client *prev, *next;
    struct server *server;
    struct eddy_stream *stream;
    struct eddy_request request; /* here, so that no operation of client.c can
                                    fail to begin */
};

struct server {
    struct eddy_loop *loop;
    const struct service *service;
    struct eddy_listener *listener; /* NULL: it accepts no more */
    struct client *clients;
    struct eddy_request incoming;
    struct eddy_request quiet, grace;
    int64_t last_read_ns; /* when reading ends for all; EDDY_FOREVER: not yet */
    bool told_full;

    /* server_open() leaves these as for a service that needs no more. */
    int64_t grace_ns;    /* that clients are given when it stops: 0.7 s */
    struct eddy_mem mem; /* of the clients: eddy_mem_default() */
    struct upstreams *upstreams; /* see upstream.h: NULL */
};

/* Listens at a host, a name or a number, and begins to serve. It says what
 * went wrong by itself. */
int server_open(struct server *server, struct eddy_loop *loop,
                const struct service *service, const char *host, uint16_t port);

/* "127.0.0.1 8000": where it listens. */
int server_where(const struct server *server, char *buf, size_t size);

/* How many clients it has: those that it has accepted. */
int64_t server_count(const struct server *server);

/* Begins to stop; a second time stops at once. */
void server_stop(struct server *server);

/* ---- For the services --------------------------------------------------- */

/* Memory for a client that is about to join, as malloc() would give it. */
void *client_new(const struct server *server, size_t size);

void server_join(struct server *server, struct eddy_stream *stream,
                 struct client *client);
/* Frees the client, too. */
void server_leave(struct client *client);

/* How long the next read may wait: EDDY_FOREVER until the server stops, then
 * not long, and 0 when reading is over: then it is to be the last one. */
int64_t server_patience(const struct server *server);

/* ---- What is done with a client (client.c) ------------------------------ */

/* Runs an operation in the client's own request, one at a time; on_done is
 * given the client. */
void client_run(struct client *client, struct eddy_op op,
                eddy_done_fn *on_done);

/* Each of these is the last thing that is done with a client, and comes when no
 * operation reads or writes there any more. */

/* Sends what is still to be sent, then closes and frees the client. */
void client_close(struct client *client);

/* The same, for a client that may still be talking: it is told the end first,
 * and listened to for a moment. To close with unread bytes would make the
 * system reset the connection, and destroy the last replies on their way. */
void client_farewell(struct client *client);

/* One or the other. err is why nothing more is heard: the server stops (it has
 * cancelled the read, or lost its patience), or the connection is broken. */
void client_give_up(struct client *client, int64_t err);

#endif
