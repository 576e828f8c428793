/* SPDX-License-Identifier: MIT */
/* chat_deferred.c - chat_callback.c, each line a chain */
#include <eddy.h>
#include <stdlib.h>

struct client {
    struct client *next;
    struct eddy_loop *loop;
    struct eddy_stream *stream;
    struct eddy_deferred *listening;
    char line[512];
};

static struct client *clients; /* all that are in */

static struct eddy_value tell_others(struct eddy_value *line, void *arg)
{
    struct client *speaker = arg;
    size_t size = (size_t)line->n;

    if (size == 0)
        return eddy_fail(-ENODATA);
    for (struct client *c = clients; c != NULL; c = c->next)
        if (c != speaker && eddy_send(c->stream, speaker->line, size) != 0)
            eddy_cancel(c->listening); /* too slow, or gone */
    return eddy_none();
}

static struct eddy_value leave(struct eddy_value *error, void *arg)
{
    struct client *client = arg, **link = &clients;

    (void)error; /* whichever link it came from */
    while (*link != client)
        link = &(*link)->next;
    *link = client->next;
    eddy_stream_free(client->stream, false);
    free(client);
    return eddy_none();
}

static struct eddy_value listen_to(struct eddy_value *told, void *arg)
{
    struct client *client = arg;
    struct eddy_op read = eddy_read_line(client->stream, client->line, 512);
    struct eddy_deferred *line = eddy_defer(client->loop, read);

    (void)told; /* the line before this one */
    client->listening = line;
    eddy_then(eddy_then(line, tell_others, client), listen_to, client);
    eddy_unref(eddy_rescue(line, leave, client));
    return eddy_none();
}

static void on_client(struct eddy_result made, void *loop)
{
    struct client *client = made.n > 0 ? malloc(sizeof *client) : NULL;

    if (client != NULL) {
        *client = (struct client){ clients, loop, made.stream, NULL, "" };
        clients = client;
        (void)listen_to(NULL, client);
    } else if (made.n > 0) {
        eddy_stream_free(made.stream, false);
    }
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 7003;
    struct eddy_endpoint at = eddy_tcp("127.0.0.1", (uint16_t)port);
    struct eddy_listener *listener;
    struct eddy_loop *loop;

    if (eddy_loop_new(&loop, NULL) < 0 ||
        eddy_listen(&listener, loop, &at, NULL) < 0 ||
        eddy_start(loop, eddy_incoming(listener), on_client, loop, NULL) < 0)
        return 1;
    return eddy_loop_run(loop) < 0;
}
