/* SPDX-License-Identifier: MIT */
/* shutdown_deferred.c - shutdown_callback.c; the signal is a deferred, and what
 * is done then is its chain. Try: nc 127.0.0.1 7002 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

struct server {
    struct eddy_loop *loop;
    struct eddy_listener *listener;
    struct eddy_signal interrupt, terminate;
    struct eddy_deferred *signalled;
    struct eddy_timer grace;
    int64_t grace_ns;
};

static struct eddy_value hang_up(struct eddy_value *copied, void *stream)
{
    (void)copied;
    eddy_stream_free(stream, true);
    return eddy_none();
}

static void on_client(struct eddy_result client, void *loop)
{
    struct eddy_op echo =
        eddy_copy(client.stream, client.stream, EDDY_TO_THE_END);

    if (client.n > 0)
        eddy_unref(eddy_both(eddy_defer(loop, echo), hang_up, client.stream));
}

static void on_grace_over(struct eddy_timer *timer, void *loop)
{
    (void)timer;
    eddy_loop_stop(loop);
}

static struct eddy_value stop_accepting(struct eddy_value *signum, void *arg)
{
    struct server *server = arg;

    (void)signum;
    eddy_signal_stop(&server->interrupt); /* a second one kills */
    eddy_signal_stop(&server->terminate);
    eddy_listener_free(server->listener);
    eddy_timer_init(&server->grace, server->loop, on_grace_over, server->loop);
    eddy_timer_background(&server->grace, true); /* nothing waits for it */
    return eddy_int(eddy_timer_start(&server->grace, server->grace_ns));
}

static void on_signal(struct eddy_signal *signal, int signum, unsigned count,
                      void *signalled)
{
    (void)signal, (void)count;
    eddy_fire(signalled, eddy_int(signum));
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 7002;
    struct eddy_endpoint at = eddy_tcp("127.0.0.1", (uint16_t)port);
    static struct server s;
    int err = eddy_loop_new(&s.loop, NULL);

    s.grace_ns = (argc > 2 ? atoi(argv[2]) : 5000) * EDDY_MS;
    s.signalled = eddy_deferred_new(eddy_loop_domain(s.loop), NULL, NULL);
    eddy_then(s.signalled, stop_accepting, &s);
    if (err == 0)
        err = eddy_listen(&s.listener, s.loop, &at, NULL);
    if (err == 0)
        err = eddy_signal_start(s.loop, &s.interrupt, SIGINT, on_signal,
                                s.signalled);
    if (err == 0)
        err = eddy_signal_start(s.loop, &s.terminate, SIGTERM, on_signal,
                                s.signalled);
    if (err == 0)
        err = eddy_start(s.loop, eddy_incoming(s.listener), on_client, s.loop,
                         NULL);
    if (err == 0)
        err = eddy_loop_run(s.loop); /* until the last client has gone */
    if (err < 0)
        fprintf(stderr, "port %d: %s\n", port, eddy_strerror(err));
    eddy_unref(s.signalled);
    eddy_loop_free(s.loop); /* who is there still is told, and waited for */
    return err < 0;
}
