/* SPDX-License-Identifier: MIT */
/* double_coroutine.c - the doubling service in coroutines: see visit.h. */
#include "double.h"
#include "visit.h"

/* The line is still on its way, and may be for ever. */
static int64_t answer_too_long(struct eddy_task *self, struct visit *visit)
{
    struct eddy_stream *stream = visit->client.stream;
    int64_t n = eddy_send(stream, DOUBLE_ERROR, sizeof DOUBLE_ERROR - 1);

    if (n >= 0)
        n = visit_hear(self, visit, eddy_skip_until(stream, "\n", 1));
    return n < 0 ? n : eddy_await(self, eddy_drain(stream));
}

/* What the stream had taken from the system before reading was over. */
static int64_t answer_last(struct eddy_task *self, struct visit *visit)
{
    struct eddy_stream *stream = visit->client.stream;
    char lines[DOUBLE_ROOM];
    int64_t n = visit_hear(self, visit, eddy_read(stream, lines, sizeof lines));

    if (n > 0)
        double_last_lines(stream, lines, (size_t)n);
    return -ECANCELED;
}

static int64_t answer(struct eddy_task *self, struct visit *visit)
{
    struct eddy_stream *stream = visit->client.stream;
    char line[DOUBLE_ROOM];
    size_t size;
    int64_t n;

    if (server_patience(visit->client.server) == 0)
        return answer_last(self, visit);
    n = visit_hear(self, visit, eddy_read_line(stream, line, sizeof line));
    if (n == -EMSGSIZE)
        return answer_too_long(self, visit);
    if (n <= 0)
        return n < 0 ? n : -ENODATA;
    size = double_line(line, (size_t)n);
    if (size == 0)
        return -ECANCELED; /* by the client */
    return visit_send(self, visit, line, size);
}

static int welcome(struct server *server, struct eddy_stream *stream)
{
    return visit_begin(server, stream, answer);
}

const struct service double_coroutine = {
    .name = "double",
    .style = "coroutine",
    .welcome = welcome,
    .finish = visit_finish,
};
