/* SPDX-License-Identifier: MIT */
/* echo_coroutine.c - the echo service in coroutines: see visit.h. */
#include "visit.h"

enum { ROOM = 16384 }; /* more at once is not faster */

static int64_t answer(struct eddy_task *self, struct visit *visit)
{
    struct eddy_stream *stream = visit->client.stream;
    char bytes[ROOM];
    int64_t n = visit_hear(self, visit, eddy_read(stream, bytes, sizeof bytes));

    if (n <= 0)
        return n < 0 ? n : -ENODATA;
    return visit_send(self, visit, bytes, (size_t)n);
}

static int welcome(struct server *server, struct eddy_stream *stream)
{
    return visit_begin(server, stream, answer);
}

const struct service echo_coroutine = {
    .name = "echo",
    .style = "coroutine",
    .welcome = welcome,
    .finish = visit_finish,
};
