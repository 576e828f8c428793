/* SPDX-License-Identifier: MIT */
/*
 * shutdown_callback.c - an echo that ends well: at SIGINT or SIGTERM it takes
 * no more clients, waits for those it has, but not for ever. Try: nc 127.0.0.1
 * 7002
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

struct server {
    struct eddy_loop *loop;
    struct eddy_listener *listener;
    struct eddy_child signals[2];
    struct eddy_timer grace;
    int64_t grace_ns;
};

static void on_echoed(struct eddy_result copied, void *stream)
{
    (void)copied;
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

static void on_grace_over(struct eddy_timer *timer, void *loop)
{
    (void)timer;
    eddy_loop_stop(loop);
}

static void on_signal(struct eddy_result signal, void *arg)
{
    struct server *server = arg;

    (void)signal; /* which one; from now on it kills again */
    eddy_listener_free(server->listener);
    eddy_timer_init(&server->grace, server->loop, on_grace_over, server->loop);
    eddy_timer_background(&server->grace, true); /* nothing waits for it */
    if (eddy_timer_start(&server->grace, server->grace_ns) < 0)
        eddy_loop_stop(server->loop);
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 7002;
    struct eddy_endpoint at = eddy_tcp("127.0.0.1", (uint16_t)port);
    static struct server s;
    int err = eddy_loop_new(&s.loop, NULL);

    s.grace_ns = (argc > 2 ? atoi(argv[2]) : 5000) * EDDY_MS;
    s.signals[0].op = eddy_signal_wait(SIGINT);
    s.signals[1].op = eddy_signal_wait(SIGTERM);
    if (err == 0)
        err = eddy_listen(&s.listener, s.loop, &at, NULL);
    if (err == 0)
        err = eddy_start(s.loop, eddy_incoming(s.listener), on_client, s.loop,
                         NULL);
    if (err == 0)
        err = eddy_start(s.loop, eddy_any(s.signals, 2), on_signal, &s, NULL);
    if (err == 0)
        err = eddy_loop_run(s.loop); /* until the last client has gone */
    if (err < 0)
        fprintf(stderr, "port %d: %s\n", port, eddy_strerror(err));
    eddy_loop_free(s.loop); /* who is there still is told, and waited for */
    return err < 0;
}
