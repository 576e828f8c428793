/* SPDX-License-Identifier: MIT */
/* chat_coroutine.c - chat_callback.c, each client a task. Try:
 * nc 127.0.0.1 7003 */
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

struct client {
    struct client *next;
    struct eddy_stream *stream;
    struct eddy_task *task;
};

static struct client *clients; /* all that are in */

static void tell_others(struct client *speaker, const char *line, size_t size)
{
    for (struct client *c = clients; c != NULL; c = c->next)
        if (c != speaker && eddy_send(c->stream, line, size) != 0)
            eddy_task_cancel(c->task, "too slow, or gone");
}

static void leave(struct client *client)
{
    struct client **link = &clients;

    while (*link != client)
        link = &(*link)->next;
    *link = client->next;
    eddy_stream_free(client->stream, false);
}

static struct eddy_result serve(struct eddy_task *self, void *stream)
{
    struct client me = { clients, stream, self };
    char line[512];
    int64_t n;

    clients = &me;
    while ((n = eddy_await(self, eddy_read_line(stream, line, 512))) > 0)
        tell_others(&me, line, (size_t)n);
    leave(&me);
    return eddy_n(0);
}

static struct eddy_result run(struct eddy_task *self, void *listener)
{
    struct eddy_stream *stream;
    struct eddy_scope serving;
    int err = eddy_scope_open(self, &serving, NULL);

    while (err == 0 && eddy_await(self, eddy_accept(listener, &stream)) == 0)
        err = eddy_spawn(&serving, serve, stream, NULL);
    return eddy_n(eddy_scope_close(&serving, err));
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 7003;
    struct eddy_endpoint at = eddy_tcp("127.0.0.1", (uint16_t)port);
    struct eddy_loop *loop;
    struct eddy_listener *listener;
    int err = eddy_loop_new(&loop, NULL);

    if (err == 0)
        err = eddy_listen(&listener, loop, &at, NULL);
    if (err == 0)
        err = (int)eddy_loop_run_task(loop, run, listener).n;
    if (err < 0)
        fprintf(stderr, "port %d: %s\n", port, eddy_strerror(err));
    return err < 0;
}
