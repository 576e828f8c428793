/* SPDX-License-Identifier: MIT */
/*
 * fan_out_callback.c - asks a doubling service for many numbers at once, and
 * prints the replies in order. Try: double_callback & fan_out_callback 7001 1 2
 */
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

struct job {
    struct eddy_loop *loop;
    struct eddy_stream *stream;
    const char *number;
    char reply[64];
    int64_t n; /* the length of the reply, or an error */
};

static void on_reply(struct eddy_result got, void *arg)
{
    struct job *job = arg;

    job->n = got.n;
    eddy_stream_free(job->stream, false);
}

static void on_connected(struct eddy_result made, void *arg)
{
    struct job *job = arg;

    job->n = made.n;
    if (made.n < 0)
        return;
    job->n = eddy_printf(job->stream, "%s\n", job->number);
    if (job->n >= 0)
        job->n = eddy_start(
            job->loop,
            eddy_read_line(job->stream, job->reply, sizeof job->reply),
            on_reply, job, NULL);
    if (job->n < 0)
        eddy_stream_free(job->stream, false);
}

static void print(const struct job *job)
{
    if (job->n > 0)
        printf("%s -> %s", job->number, job->reply);
    else
        printf("%s: %s\n", job->number,
               eddy_strerror(job->n < 0 ? (int)job->n : -ENODATA));
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 7001;
    struct eddy_endpoint to = eddy_tcp("127.0.0.1", (uint16_t)port);
    int count = argc > 2 ? argc - 2 : 0;
    struct job *job = calloc((size_t)count + 1, sizeof *job);
    struct eddy_loop *loop;

    if (job == NULL || eddy_loop_new(&loop, NULL) < 0)
        return 1;
    for (int i = 0; i < count; i++) {
        job[i].loop = loop;
        job[i].number = argv[i + 2];
        job[i].n = eddy_start(loop, eddy_connect(&to, &job[i].stream),
                              on_connected, &job[i], NULL);
    }
    eddy_loop_run(loop); /* ends when nothing is left to wait for */
    for (int i = 0; i < count; i++)
        print(&job[i]);
    eddy_loop_free(loop);
    free(job);
    return 0;
}
