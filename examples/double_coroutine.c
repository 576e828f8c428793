/* SPDX-License-Identifier: MIT */
/* double_coroutine.c - double_callback.c, each client a task. Try: nc 127.0.0.1
 * 7001 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

static int answer(const char *line, char *reply, size_t size)
{
    char *end;
    long n = strtol(line, &end, 10);

    if (end == line || *end != '\n' || n > LONG_MAX / 2 || n < LONG_MIN / 2)
        return snprintf(reply, size, "ERROR\n");
    return snprintf(reply, size, "%ld\n", 2 * n);
}

static struct eddy_result serve(struct eddy_task *self, void *stream)
{
    char line[64], reply[64];
    int size;

    while (eddy_await(self, eddy_read_line(stream, line, sizeof line)) > 1) {
        size = answer(line, reply, sizeof reply);
        if (eddy_await(self, eddy_write(stream, reply, (size_t)size)) < 0)
            break;
    }
    return eddy_n(eddy_await(self, eddy_close(stream)));
}

static struct eddy_result run(struct eddy_task *self, void *listener)
{
    struct eddy_stream *stream;
    struct eddy_scope clients;
    int err = eddy_scope_open(self, &clients, NULL);

    while (err == 0 && eddy_await(self, eddy_accept(listener, &stream)) == 0)
        err = eddy_spawn(&clients, serve, stream, NULL);
    return eddy_n(eddy_scope_close(&clients, err));
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
    return eddy_loop_run_task(loop, run, listener).n < 0;
}
