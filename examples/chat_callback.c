/* SPDX-License-Identifier: MIT */
/* chat_callback.c - what one client says all the others hear. Who does not read
 * as fast as they talk is shown out. Try: nc 127.0.0.1 7003 */
#include <stdlib.h>

#include <eddy.h>

struct client {
    struct client *next;
    struct eddy_stream *stream;
    struct eddy_request *listening;
    char line[512];
};

static struct client *clients; /* all that are in */

static void listen_to(struct client *client);

static void leave(struct client *client)
{
    struct client **link = &clients;

    while (*link != client)
        link = &(*link)->next;
    *link = client->next;
    eddy_stream_free(client->stream, false);
    free(client);
}

static void on_line(struct eddy_result got, void *arg)
{
    struct client *client = arg;
    size_t size = (size_t)got.n;

    if (got.n <= 0) {
        leave(client);
        return;
    }
    for (struct client *c = clients; c != NULL; c = c->next)
        if (c != client && eddy_send(c->stream, client->line, size) != 0)
            eddy_request_cancel(c->listening); /* too slow, or gone */
    listen_to(client);
}

static void listen_to(struct client *client)
{
    if (eddy_start(
            eddy_stream_loop(client->stream),
            eddy_read_line(client->stream, client->line, sizeof client->line),
            on_line, client, &client->listening) < 0)
        leave(client);
}

static void on_client(struct eddy_result made, void *arg)
{
    struct client *client = made.n > 0 ? malloc(sizeof *client) : NULL;

    (void)arg;
    if (client != NULL) {
        *client = (struct client){ clients, made.stream, NULL, "" };
        clients = client;
        listen_to(client);
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
        eddy_start(loop, eddy_incoming(listener), on_client, NULL, NULL) < 0)
        return 1;
    return eddy_loop_run(loop) < 0;
}
