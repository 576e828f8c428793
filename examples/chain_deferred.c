/* SPDX-License-Identifier: MIT */
/* chain_deferred.c - chain_callback.c, each step a link, and one link for all
 * that goes wrong. Try: double_callback & chain_deferred 7001 5 */
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

struct chain {
    struct eddy_loop *loop;
    struct eddy_stream *stream;
    char text[64];
    int err; /* 0, or what went wrong */
};

static struct eddy_value keep(struct eddy_value *connected, void *arg)
{
    struct chain *chain = arg;

    chain->stream = eddy_take(connected).ptr;
    return eddy_none();
}

static struct eddy_value ask(struct eddy_value *result, void *arg)
{
    struct chain *chain = arg;
    int err = eddy_printf(chain->stream, "%s", chain->text);

    (void)result; /* what it is about stands in chain->text */
    if (err < 0)
        return eddy_fail(err);
    return eddy_wait_for(
        eddy_defer(chain->loop, eddy_read_line(chain->stream, chain->text,
                                               sizeof chain->text)));
}

static struct eddy_value print(struct eddy_value *got, void *arg)
{
    struct chain *chain = arg;

    if (got->n == 0)
        return eddy_fail(-ENODATA);
    printf("%s", chain->text);
    return eddy_none();
}

static struct eddy_value end(struct eddy_value *result, void *arg)
{
    struct chain *chain = arg;

    chain->err = eddy_error_code(result);
    eddy_stream_free(chain->stream, true);
    return eddy_none();
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 7001;
    struct eddy_endpoint to = eddy_tcp("127.0.0.1", (uint16_t)port);
    struct chain chain = { .err = 0 };
    int err = eddy_loop_new(&chain.loop, NULL);

    snprintf(chain.text, sizeof chain.text, "%s\n", argc > 2 ? argv[2] : "5");
    if (err == 0) {
        struct eddy_deferred *d =
            eddy_defer(chain.loop, eddy_connect(&to, NULL));
        eddy_then(d, keep, &chain);
        for (int steps = 3; steps > 0; steps--)
            eddy_then(eddy_then(d, ask, &chain), print, &chain);
        eddy_unref(eddy_both(d, end, &chain));
        err = eddy_loop_run(chain.loop);
    }
    if (err == 0)
        err = chain.err;
    if (err < 0)
        fprintf(stderr, "port %d: %s\n", port, eddy_strerror(err));
    eddy_loop_free(chain.loop);
    return err < 0;
}
