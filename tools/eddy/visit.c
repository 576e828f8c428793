/* SPDX-License-Identifier: MIT */
/* visit.c - what the services in coroutine style have in common. */
#include "visit.h"

static struct eddy_result serve(struct eddy_task *self, void *arg)
{
    struct visit *visit = arg;
    int64_t n;

    do
        n = visit->round(self, visit);
    while (n >= 0);
    visit->err = n;
    return eddy_n(0);
}

static void part(void *arg)
{
    struct visit *visit = arg;

    client_give_up(&visit->client, visit->err);
}

int visit_begin(struct server *server, struct eddy_stream *stream,
                int64_t (*round)(struct eddy_task *self, struct visit *visit))
{
    struct eddy_task_options options = { .name = "a client", .free_arg = part };
    struct visit *visit = client_new(server, sizeof *visit);
    int err = -ENOMEM;

    if (visit == NULL)
        return err;
    visit->task = NULL;
    visit->round = round;
    visit->err = -ECANCELED;
    server_join(server, stream, &visit->client);
    err = eddy_spawn(eddy_loop_scope(server->loop), serve, visit, &options);
    if (err < 0)
        server_leave(&visit->client);
    return err;
}

int64_t visit_hear(struct eddy_task *self, struct visit *visit,
                   struct eddy_op op)
{
    int64_t patience_ns = server_patience(visit->client.server), n;

    visit->task = self;
    n = eddy_await(self, eddy_within(patience_ns, op));
    visit->task = NULL;
    if (n >= 0 && eddy_task_cancelling(self) > 0)
        eddy_task_uncancel(self); /* it came in time: it is answered */
    return n;
}

int64_t visit_send(struct eddy_task *self, struct visit *visit,
                   const void *data, size_t size)
{
    struct eddy_stream *stream = visit->client.stream;
    int full = eddy_send(stream, data, size);

    return full > 0 ? eddy_await(self, eddy_drain(stream)) : full;
}

void visit_finish(struct client *client)
{
    struct visit *visit = (void *)client;

    if (visit->task != NULL)
        eddy_task_cancel(visit->task, "the server stops");
}
