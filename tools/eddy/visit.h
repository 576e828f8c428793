/* SPDX-License-Identifier: MIT */
/*
 * visit.h - a client who is served by a task.
 *
 * A service is a function that hears and sends until one of the two fails:
 *
 *     do
 *         n = visit_hear(...), then visit_send(...)
 *     while (n >= 0);
 *
 * When the task is over, even if it never began, the client is parted from.
 */
#ifndef VISIT_H
#define VISIT_H

#include <eddy/task.h>

#include "server.h"

struct visit {
    struct client client;   /* first, see there */
    struct eddy_task *task; /* that waits for the client to speak, or NULL */
    int64_t (*round)(struct eddy_task *self, struct visit *visit);
    int64_t err; /* why it ends: see client_give_up() */
};

/* Joins the server and begins: round() is called as long as it does not return
 * an error: -ECANCELED for a farewell, -ENODATA at the end. */
int visit_begin(struct server *server, struct eddy_stream *stream,
                int64_t (*round)(struct eddy_task *self, struct visit *visit));

/* Waits for the client to say something. */
int64_t visit_hear(struct eddy_task *self, struct visit *visit,
                   struct eddy_op op);

/* Sends this, and waits until the client has read enough; at once, as a rule.
 */
int64_t visit_send(struct eddy_task *self, struct visit *visit,
                   const void *data, size_t size);

/* For the table of services. */
void visit_finish(struct client *client);

#endif
