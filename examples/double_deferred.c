/* SPDX-License-Identifier: MIT */
/* double_deferred.c - double_callback.c, each line a chain */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

struct client {
    struct eddy_loop *loop;
    struct eddy_stream *stream;
    char text[64];
};

static struct eddy_value answer(struct eddy_value *line, void *arg)
{
    struct client *client = arg;
    char *text = client->text, *end;
    long n = strtol(text, &end, 10);
    size_t size = sizeof client->text;

    if (line->n <= 1) /* the end, or an empty line */
        return eddy_fail(-ECANCELED);
    if (end == text || *end != '\n' || n > LONG_MAX / 2 || n < LONG_MIN / 2)
        size = (size_t)snprintf(text, size, "ERROR\n");
    else
        size = (size_t)snprintf(text, size, "%ld\n", 2 * n);
    return eddy_wait_for(
        eddy_defer(client->loop, eddy_write(client->stream, text, size)));
}

static struct eddy_value hang_up(struct eddy_value *error, void *arg)
{
    struct client *client = arg;

    (void)error; /* whichever link it came from */
    eddy_stream_free(client->stream, true);
    free(client);
    return eddy_none();
}

static struct eddy_value serve(struct eddy_value *last, void *arg)
{
    struct client *client = arg;
    struct eddy_op read = eddy_read_line(client->stream, client->text, 64);
    struct eddy_deferred *line = eddy_defer(client->loop, read);

    (void)last; /* its reply has been written */
    eddy_then(line, answer, client);
    eddy_then(line, serve, client);
    eddy_rescue(line, hang_up, client);
    eddy_unref(line);
    return eddy_none();
}

static void on_client(struct eddy_result made, void *loop)
{
    struct client *client = made.n > 0 ? malloc(sizeof *client) : NULL;

    if (client != NULL) {
        *client = (struct client){ loop, made.stream, "" };
        (void)serve(NULL, client);
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
        eddy_listen(&listener, loop, &at, NULL) < 0)
        return 1;
    eddy_start(loop, eddy_incoming(listener), on_client, loop, NULL);
    return eddy_loop_run(loop) < 0;
}
