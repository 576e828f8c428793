/* SPDX-License-Identifier: MIT */
/* chain_callback.c - has a number doubled three times: each step needs what the
 * one before gave. Try: double_callback & chain_callback 7001 5 */
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

struct chain {
    struct eddy_loop *loop;
    struct eddy_stream *stream;
    char text[64];
    int steps; /* still to go */
    int err;   /* 0, or what went wrong */
};

static void ask(struct chain *chain);

static void end(struct chain *chain, int err)
{
    chain->err = err;
    eddy_stream_free(chain->stream, true);
}

static void on_reply(struct eddy_result got, void *arg)
{
    struct chain *chain = arg;

    if (got.n <= 0) {
        end(chain, got.n < 0 ? (int)got.n : -ENODATA);
        return;
    }
    printf("%s", chain->text);
    if (--chain->steps > 0)
        ask(chain);
    else
        end(chain, 0);
}

static void ask(struct chain *chain)
{
    int err = eddy_printf(chain->stream, "%s", chain->text);

    if (err >= 0)
        err = eddy_start(
            chain->loop,
            eddy_read_line(chain->stream, chain->text, sizeof chain->text),
            on_reply, chain, NULL);
    if (err < 0)
        end(chain, err);
}

static void on_connected(struct eddy_result made, void *arg)
{
    struct chain *chain = arg;

    if (made.n < 0)
        chain->err = (int)made.n;
    else
        ask(chain);
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 7001;
    struct eddy_endpoint to = eddy_tcp("127.0.0.1", (uint16_t)port);
    struct chain chain = { .steps = 3 };

    chain.err = eddy_loop_new(&chain.loop, NULL);
    snprintf(chain.text, sizeof chain.text, "%s\n", argc > 2 ? argv[2] : "5");
    if (chain.err == 0)
        chain.err = eddy_start(chain.loop, eddy_connect(&to, &chain.stream),
                               on_connected, &chain, NULL);
    if (chain.err == 0)
        (void)eddy_loop_run(chain.loop); /* says in chain.err how it went */
    if (chain.err < 0)
        fprintf(stderr, "port %d: %s\n", port, eddy_strerror(chain.err));
    eddy_loop_free(chain.loop);
    return chain.err < 0;
}
