/* SPDX-License-Identifier: MIT */
/*
 * double.c - one number in, twice the number out. Try: nc 127.0.0.1 7001
 *
 * Each operation is started when the one before it has answered. The same for
 * numbers of any length: eddy serve double.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

struct client {
    struct eddy_loop *loop;
    struct eddy_stream *stream;
    char text[64];
};

static void on_line(struct eddy_result got, void *arg);

static void hang_up(struct client *client)
{
    eddy_stream_free(client->stream, true);
    free(client);
}

static void read_next(struct client *client)
{
    if (eddy_start(
            client->loop,
            eddy_read_line(client->stream, client->text, sizeof client->text),
            on_line, client, NULL) < 0)
        hang_up(client);
}

static void on_written(struct eddy_result written, void *arg)
{
    if (written.n < 0)
        hang_up(arg);
    else
        read_next(arg);
}

/* The reply in place of the line; returns its length. */
static int answer(char *text, size_t size)
{
    char *end;
    long number = strtol(text, &end, 10);

    if (end == text || *end != '\n' || number > LONG_MAX / 2 ||
        number < LONG_MIN / 2)
        return snprintf(text, size, "ERROR\n");
    return snprintf(text, size, "%ld\n", 2 * number);
}

static void on_line(struct eddy_result got, void *arg)
{
    struct client *client = arg;
    int size;

    if (got.n <= 1) { /* the end, an error, or an empty line */
        hang_up(client);
        return;
    }
    size = answer(client->text, sizeof client->text);
    if (eddy_start(client->loop,
                   eddy_write(client->stream, client->text, (size_t)size),
                   on_written, client, NULL) < 0)
        hang_up(client);
}

static void on_client(struct eddy_result made, void *loop)
{
    struct client *client;

    if (made.n <= 0)
        return;
    client = malloc(sizeof *client);
    if (client == NULL) {
        eddy_stream_free(made.stream, false);
        return;
    }
    *client = (struct client){ .loop = loop, .stream = made.stream };
    read_next(client);
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 7001;
    struct eddy_endpoint at = eddy_tcp("127.0.0.1", (uint16_t)port);
    struct eddy_listener *listener;
    struct eddy_loop *loop;

    if (eddy_loop_new(&loop, NULL) < 0 ||
        eddy_listen(&listener, loop, &at, NULL) < 0)
        return 1;
    eddy_start(loop, eddy_incoming(listener), on_client, loop, NULL);
    return eddy_loop_run(loop) < 0;
}
