/* SPDX-License-Identifier: MIT */
/* shutdown_coroutine.c - shutdown_callback.c; clients are tasks of one scope,
 * which gets a deadline at the signal. Try: nc 127.0.0.1 7002 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

struct server {
    struct eddy_loop *loop;
    struct eddy_listener *listener;
    struct eddy_child signals[2];
    struct eddy_scope clients;
    int64_t grace_ns;
};

static struct eddy_result serve(struct eddy_task *self, void *stream)
{
    (void)eddy_await(self, eddy_copy(stream, stream, EDDY_TO_THE_END));
    (void)eddy_await(self, eddy_close(stream));
    return eddy_n(0);
}

static struct eddy_result accept_all(struct eddy_task *self, void *arg)
{
    struct server *s = arg;
    struct eddy_stream *stream;
    int err = 0;

    while (err == 0 && eddy_await(self, eddy_accept(s->listener, &stream)) == 0)
        err = eddy_spawn(&s->clients, serve, stream, NULL);
    return eddy_n(err); /* 0: the listener has gone */
}

static struct eddy_result run(struct eddy_task *self, void *arg)
{
    struct server *s = arg;
    int err = eddy_scope_open(self, &s->clients, NULL);

    if (err == 0)
        err = eddy_spawn(&s->clients, accept_all, s, NULL);
    if (err == 0)
        err = (int)eddy_await(self, eddy_any(s->signals, 2));
    eddy_listener_free(s->listener);
    if (err >= 0) /* which one; from now on it kills again */
        err = eddy_scope_set_deadline(&s->clients,
                                      eddy_loop_now_ns(s->loop) + s->grace_ns);
    err = eddy_scope_close(&s->clients, err); /* waits for the last client */
    return eddy_n(err == -ETIME ? 0 : err);
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
        err = (int)eddy_loop_run_task(s.loop, run, &s).n;
    if (err < 0)
        fprintf(stderr, "port %d: %s\n", port, eddy_strerror(err));
    eddy_loop_free(s.loop);
    return err < 0;
}
