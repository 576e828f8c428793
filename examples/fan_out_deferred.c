/* SPDX-License-Identifier: MIT */
/* fan_out_deferred.c - fan_out_callback.c, each number a chain, and all of them
 * one deferred. Try: double_callback & fan_out_deferred 7001 1 2 */
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

struct job {
    struct eddy_loop *loop;
    struct eddy_stream *stream;
    const char *number;
    char reply[64];
};

static struct eddy_value ask(struct eddy_value *connected, void *arg)
{
    struct job *job = arg;
    int err;

    job->stream = eddy_take(connected).ptr;
    err = eddy_printf(job->stream, "%s\n", job->number);
    if (err < 0)
        return eddy_fail(err);
    return eddy_wait_for(eddy_defer(
        job->loop, eddy_read_line(job->stream, job->reply, sizeof job->reply)));
}

static struct eddy_value hang_up(struct eddy_value *result, void *arg)
{
    struct job *job = arg;

    eddy_stream_free(job->stream, false);
    if (!eddy_value_is_error(result) && result->n == 0)
        return eddy_fail(-ENODATA);
    return eddy_take(result);
}

static struct eddy_value print_all(struct eddy_value *results, void *arg)
{
    struct eddy_values *all = eddy_value_many(results);
    struct job *job = arg;

    for (size_t i = 0; all != NULL && i < all->count; i++) {
        if (eddy_value_is_error(&all->value[i]))
            printf("%s: %s\n", job[i].number, eddy_error_text(&all->value[i]));
        else
            printf("%s -> %s", job[i].number, job[i].reply);
    }
    return eddy_none();
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 7001;
    struct eddy_endpoint to = eddy_tcp("127.0.0.1", (uint16_t)port);
    int count = argc > 2 ? argc - 2 : 0;
    struct job *job = calloc((size_t)count + 1, sizeof *job);
    struct eddy_deferred **reply = calloc((size_t)count + 1, sizeof *reply);
    struct eddy_loop *loop;

    if (job == NULL || reply == NULL || eddy_loop_new(&loop, NULL) < 0)
        return 1;
    for (int i = 0; i < count; i++) {
        job[i].loop = loop;
        job[i].number = argv[i + 2];
        reply[i] = eddy_defer(loop, eddy_connect(&to, NULL));
        eddy_then(reply[i], ask, &job[i]);
        eddy_both(reply[i], hang_up, &job[i]);
    }
    eddy_unref(
        eddy_both(eddy_settled(eddy_loop_domain(loop), reply, (size_t)count),
                  print_all, job));
    eddy_loop_run(loop);
    eddy_loop_free(loop);
    free(reply);
    free(job);
    return 0;
}
