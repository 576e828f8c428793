/* SPDX-License-Identifier: MIT */
/* fan_out_coroutine.c - fan_out_callback.c, each number a task, in a scope that
 * waits for all. Try: double_callback & fan_out_coroutine 7001 1 2 */
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

struct job {
    const struct eddy_endpoint *to;
    const char *number;
    char reply[64];
    int64_t n; /* the length of the reply, or an error */
};

static struct eddy_result ask(struct eddy_task *self, void *arg)
{
    struct job *job = arg;
    struct eddy_stream *stream;

    job->n = eddy_await(self, eddy_connect(job->to, &stream));
    if (job->n < 0)
        return eddy_n(0); /* its error is no reason to end the others */
    job->n = eddy_printf(stream, "%s\n", job->number);
    if (job->n >= 0)
        job->n = eddy_await(
            self, eddy_read_line(stream, job->reply, sizeof job->reply));
    eddy_stream_free(stream, false);
    return eddy_n(0);
}

struct jobs {
    struct job *job;
    int count;
};

static struct eddy_result ask_all(struct eddy_task *self, void *arg)
{
    struct jobs *jobs = arg;
    struct eddy_scope all;
    int err = eddy_scope_open(self, &all, NULL);

    for (int i = 0; err == 0 && i < jobs->count; i++)
        err = eddy_spawn(&all, ask, &jobs->job[i], NULL);
    return eddy_n(eddy_scope_close(&all, err));
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
    struct jobs jobs = { job, count };
    struct eddy_loop *loop;

    if (job == NULL || eddy_loop_new(&loop, NULL) < 0)
        return 1;
    for (int i = 0; i < count; i++)
        job[i] = (struct job){ .to = &to, .number = argv[i + 2] };
    if (eddy_loop_run_task(loop, ask_all, &jobs).n < 0)
        return 1;
    for (int i = 0; i < count; i++)
        print(&job[i]);
    eddy_loop_free(loop);
    free(job);
    return 0;
}
