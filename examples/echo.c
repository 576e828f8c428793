/* SPDX-License-Identifier: MIT */
/*
 * echo.c - sends back what comes. Try: nc 127.0.0.1 7000
 *
 * What a client does not read waits in memory. A server for strangers would
 * pause at the high-water mark, as tools/eddy/echo_callback.c does.
 */
#include <stdlib.h>

#include <eddy.h>

static void on_bytes(struct eddy_result got, void *stream)
{
    if (got.n > 0)
        eddy_send(stream, got.data, (size_t)got.n);
    else
        eddy_stream_free(stream, true);
}

static void on_client(struct eddy_result client, void *loop)
{
    if (client.n > 0 && eddy_start(loop, eddy_receive(client.stream), on_bytes,
                                   client.stream, NULL) < 0)
        eddy_stream_free(client.stream, false);
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 7000;
    struct eddy_endpoint at = eddy_tcp("127.0.0.1", (uint16_t)port);
    struct eddy_listener *listener;
    struct eddy_loop *loop;

    if (eddy_loop_new(&loop, NULL) < 0 ||
        eddy_listen(&listener, loop, &at, NULL) < 0)
        return 1;
    eddy_start(loop, eddy_incoming(listener), on_client, loop, NULL);
    return eddy_loop_run(loop) < 0;
}
