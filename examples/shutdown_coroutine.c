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
    struct eddy_signal interrupt, terminate;
    struct eddy_scope clients;
    int64_t grace_ns;
};

static struct eddy_result serve(struct eddy_task *self, void *stream)
{
    (void)eddy_await(self, eddy_copy(stream, stream, EDDY_TO_THE_END));
    (void)eddy_await(self, eddy_close(stream));
    return eddy_n(0);
}

static void on_signal(struct eddy_signal *signal, int signum, unsigned count,
                      void *arg)
{
    struct server *server = arg;
    int64_t now_ns = eddy_loop_now_ns(server->loop);

    (void)signal, (void)signum, (void)count;
    eddy_signal_stop(&server->interrupt); /* a second one kills */
    eddy_signal_stop(&server->terminate);
    eddy_listener_free(server->listener); /* accepting ends */
    if (eddy_scope_set_deadline(&server->clients, now_ns + server->grace_ns) <
        0)
        eddy_scope_cancel(&server->clients, "no memory for a deadline");
}

static struct eddy_result run(struct eddy_task *self, void *arg)
{
    struct server *s = arg;
    struct eddy_stream *stream;
    int err = eddy_scope_open(self, &s->clients, NULL);

    if (err == 0)
        err = eddy_signal_start(s->loop, &s->interrupt, SIGINT, on_signal, s);
    if (err == 0)
        err = eddy_signal_start(s->loop, &s->terminate, SIGTERM, on_signal, s);
    while (err == 0 && eddy_await(self, eddy_accept(s->listener, &stream)) == 0)
        err = eddy_spawn(&s->clients, serve, stream, NULL);
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
    if (err == 0)
        err = eddy_listen(&s.listener, s.loop, &at, NULL);
    if (err == 0)
        err = (int)eddy_loop_run_task(s.loop, run, &s).n;
    if (err < 0)
        fprintf(stderr, "port %d: %s\n", port, eddy_strerror(err));
    eddy_loop_free(s.loop);
    return err < 0;
}
