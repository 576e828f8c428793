/* SPDX-License-Identifier: MIT */
/* own_poller_echo.c - echo_callback.c on a poller of the program's own, which
 * is handed to the loop; nothing else is different. Try: nc 127.0.0.1 7000 */
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

#include "own_poller.h"

static void on_echoed(struct eddy_result copied, void *stream)
{
    (void)copied; /* to the end, or to an error: that is all */
    eddy_stream_free(stream, true);
}

static void on_client(struct eddy_result client, void *loop)
{
    struct eddy_stream *stream = client.stream;

    if (client.n > 0 &&
        eddy_start(loop, eddy_copy(stream, stream, EDDY_TO_THE_END), on_echoed,
                   stream, NULL) < 0)
        eddy_stream_free(stream, false);
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 7000;
    struct eddy_endpoint at = eddy_tcp("127.0.0.1", (uint16_t)port);
    struct eddy_loop_options options = { .poller = &own_poller };
    struct eddy_listener *listener;
    struct eddy_loop *loop;
    int err = eddy_loop_new(&loop, &options);

    if (err == 0)
        err = eddy_listen(&listener, loop, &at, NULL);
    if (err == 0)
        err = eddy_start(loop, eddy_incoming(listener), on_client, loop, NULL);
    if (err == 0) {
        printf("running on %s\n", eddy_loop_poller(loop)->name);
        fflush(stdout);
        err = eddy_loop_run(loop);
    }
    if (err < 0)
        fprintf(stderr, "port %d: %s\n", port, eddy_strerror(err));
    return err < 0;
}
