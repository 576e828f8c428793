/* SPDX-License-Identifier: MIT */
/* echo_deferred.c - echo_callback.c, each client a chain of one link. Try:
 * nc 127.0.0.1 7000 */
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

static struct eddy_value hang_up(struct eddy_value *copied, void *stream)
{
    (void)copied; /* to the end, or to an error: that is all */
    eddy_stream_free(stream, true);
    return eddy_none();
}

static void on_client(struct eddy_result client, void *loop)
{
    struct eddy_stream *stream = client.stream;
    struct eddy_deferred *echoed;

    if (client.n <= 0)
        return;
    echoed = eddy_defer(loop, eddy_copy(stream, stream, EDDY_TO_THE_END));
    eddy_unref(eddy_both(echoed, hang_up, stream));
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
        err = eddy_start(loop, eddy_incoming(listener), on_client, loop, NULL);
    if (err == 0)
        err = eddy_loop_run(loop);
    if (err < 0)
        fprintf(stderr, "port %d: %s\n", port, eddy_strerror(err));
    return err < 0;
}
