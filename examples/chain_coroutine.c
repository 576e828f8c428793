/* SPDX-License-Identifier: MIT */
/* chain_coroutine.c - chain_callback.c as a function with a loop in it. Try:
 * double_callback & chain_coroutine 7001 5 */
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

struct chain {
    const struct eddy_endpoint *to;
    char text[64];
};

static struct eddy_result run(struct eddy_task *self, void *arg)
{
    struct chain *chain = arg;
    struct eddy_stream *stream;
    int64_t n = eddy_await(self, eddy_connect(chain->to, &stream));

    if (n < 0)
        return eddy_n(n);
    for (int steps = 3; steps > 0 && n >= 0; steps--) {
        n = eddy_printf(stream, "%s", chain->text);
        if (n >= 0)
            n = eddy_await(
                self, eddy_read_line(stream, chain->text, sizeof chain->text));
        if (n > 0)
            printf("%s", chain->text);
        else if (n == 0)
            n = -ENODATA;
    }
    eddy_stream_free(stream, true);
    return eddy_n(n);
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 7001;
    struct eddy_endpoint to = eddy_tcp("127.0.0.1", (uint16_t)port);
    struct chain chain = { .to = &to };
    struct eddy_loop *loop = NULL;
    int err = eddy_loop_new(&loop, NULL);

    snprintf(chain.text, sizeof chain.text, "%s\n", argc > 2 ? argv[2] : "5");
    if (err == 0)
        err = (int)eddy_loop_run_task(loop, run, &chain).n;
    if (err < 0)
        fprintf(stderr, "port %d: %s\n", port, eddy_strerror(err));
    eddy_loop_free(loop);
    return err < 0;
}
