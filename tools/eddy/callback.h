/* SPDX-License-Identifier: MIT */
/* callback.h - what the services in callback style have in common. */
#ifndef CALLBACK_H
#define CALLBACK_H

#include "server.h"

extern const struct service double_callback;
extern const struct service echo_callback;

/* A client and the operation it is in: in its own memory, so that none can fail
 * to begin. */
struct caller {
    struct client client; /* first, see there */
    struct eddy_request request;
};

/* Runs the next operation of the client; on_done is given the caller. */
void caller_run(struct caller *caller, struct eddy_op op,
                eddy_done_fn *on_done);

/* Sends what is still to be sent, then closes and frees the client. */
void caller_close(struct caller *caller);

/* The same, for a client that may still be talking: it is told the end first,
 * and listened to for a moment. To close with unread bytes would make the
 * system reset the connection, and destroy the last replies on their way. */
void caller_farewell(struct caller *caller);

#endif
