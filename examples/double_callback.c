/* SPDX-License-Identifier: MIT */
/* double_callback.c - a number in, twice the number out. nc 127.0.0.1 7001 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

struct client {
    struct eddy_loop *loop;
    struct eddy_stream *stream;
    char text[64];
};

static void on_line(struct eddy_result got, void *client);

static void hang_up(struct client *client)
{
    eddy_stream_free(client->stream, true);
    free(client);
}

static void then(struct client *client, struct eddy_op op, eddy_done_fn *fn)
{
    if (eddy_start(client->loop, op, fn, client, NULL) < 0)
        hang_up(client);
}

static void on_written(struct eddy_result written, void *arg)
{
    struct client *client = arg;

    if (written.n < 0)
        hang_up(client);
    else
        then(client, eddy_read_line(client->stream, client->text, 64), on_line);
}

static void on_line(struct eddy_result got, void *arg)
{
    struct client *client = arg;
    char *text = client->text, *end;
    long n = strtol(text, &end, 10);
    size_t size = sizeof client->text;

    if (end == text || *end != '\n' || n > LONG_MAX / 2 || n < LONG_MIN / 2)
        size = (size_t)snprintf(text, size, "ERROR\n");
    else
        size = (size_t)snprintf(text, size, "%ld\n", 2 * n);
    if (got.n <= 1) /* the end, an error, or an empty line */
        hang_up(client);
    else
        then(client, eddy_write(client->stream, text, size), on_written);
}

static void on_client(struct eddy_result made, void *loop)
{
    struct client *client = made.n > 0 ? malloc(sizeof *client) : NULL;

    if (client != NULL) {
        *client = (struct client){ loop, made.stream, "" };
        on_written(eddy_n(0), client); /* nothing, yet: so read */
    } else if (made.n > 0) {
        eddy_stream_free(made.stream, false);
    }
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 7001;
    struct eddy_endpoint at = eddy_tcp("127.0.0.1", (uint16_t)port);
    struct eddy_listener *listener;
    struct eddy_loop *loop;

    if (eddy_loop_new(&loop, NULL) < 0 ||
        eddy_listen(&listener, loop, &at, NULL) < 0 ||
        eddy_start(loop, eddy_incoming(listener), on_client, loop, NULL) < 0)
        return 1;
    return eddy_loop_run(loop) < 0;
}
