/* SPDX-License-Identifier: MIT */
/* echo_coroutine.c - echo_callback.c, each client a task. Try: nc 127.0.0.1
 * 7000 */
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

static struct eddy_result serve(struct eddy_task *self, void *stream)
{
    /* to the end, or to an error: that is all */
    (void)eddy_await(self, eddy_copy(stream, stream, EDDY_TO_THE_END));
    (void)eddy_await(self, eddy_close(stream));
    return eddy_n(0);
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
    int port = argc > 1 ? atoi(argv[1]) : 7000;
    struct eddy_endpoint at = eddy_tcp("127.0.0.1", (uint16_t)port);
    struct eddy_listener *listener;
    struct eddy_loop *loop;
    int err = eddy_loop_new(&loop, NULL);

    if (err == 0)
        err = eddy_listen(&listener, loop, &at, NULL);
    if (err == 0)
        err = (int)eddy_loop_run_task(loop, run, listener).n;
    if (err < 0)
        fprintf(stderr, "port %d: %s\n", port, eddy_strerror(err));
    return err < 0;
}
