/* SPDX-License-Identifier: MIT */
/* session.h - a client of HTTP: GET, over connections that are used again. */
#ifndef SESSION_H
#define SESSION_H

#include "stage.h"

enum { MOST_IDLE = 16 };

struct session {
    struct eddy_loop *loop;
    const struct eddy_endpoint *to;
    struct eddy_semaphore turns; /* so many requests at once; others wait */
    struct eddy_stream *idle[MOST_IDLE];
    int idle_count;
    int connects; /* so far */
};

struct response {
    int status;
    char body[4096]; /* ended with a NUL */
};

void session_open(struct session *session, struct eddy_loop *loop,
                  const struct eddy_endpoint *to, size_t at_once);
void session_close(struct session *session);

/* n: the status, or an error. */
int64_t session_get(struct eddy_task *self, struct session *session,
                    const char *path, struct response *response);

/* The same for callbacks, as JavaScript and Tornado have it. err: 0, or what
 * went wrong, and then there is no response. */
typedef void session_done_fn(int err, const struct response *response,
                             void *arg);
void session_request(struct session *session, const char *path,
                     session_done_fn *done, void *arg);

#endif
