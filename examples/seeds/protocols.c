/* SPDX-License-Identifier: MIT */
/*
 * protocols.c - an object for each connection, whose methods are called when
 * something happens: as Twisted and asyncio's protocols have it. What they take
 * is here, too: some lines around operations.
 */
#include <string.h>

#include "peer.h"

/* ---- A protocol: made, lines, lost --------------------------------------- */

struct protocol {
    const struct protocol_methods *methods;
    struct eddy_loop *loop;
    struct eddy_stream *stream;
    struct eddy_request *reading;
    void *factory; /* what its kind has in common */
    char line[256];
};

struct protocol_methods {
    void (*connection_made)(struct protocol *protocol);
    void (*line_received)(struct protocol *protocol, const char *line);
    void (*connection_lost)(struct protocol *protocol, int reason);
};

static void receive_line(struct protocol *protocol);

static void on_line(struct eddy_result got, void *arg)
{
    struct protocol *protocol = arg;

    if (got.n <= 0) {
        eddy_stream_free(protocol->stream, false);
        protocol->methods->connection_lost(protocol, (int)got.n);
        return;
    }
    protocol->line[strcspn(protocol->line, "\r\n")] = '\0';
    protocol->methods->line_received(protocol, protocol->line);
    receive_line(protocol);
}

static void receive_line(struct protocol *protocol)
{
    must(eddy_start(
        protocol->loop,
        eddy_read_line(protocol->stream, protocol->line, sizeof protocol->line),
        on_line, protocol, &protocol->reading));
}

static void on_connected(struct eddy_result made, void *arg)
{
    struct protocol *protocol = arg;

    if (made.n < 0) {
        protocol->methods->connection_lost(protocol, (int)made.n);
        return;
    }
    protocol->methods->connection_made(protocol);
    receive_line(protocol);
}

static void connect_protocol(struct eddy_loop *loop,
                             const struct eddy_endpoint *to,
                             struct protocol *protocol)
{
    protocol->loop = loop;
    must(eddy_start(loop, eddy_connect(to, &protocol->stream), on_connected,
                    protocol, NULL));
}

/* Is told by connection_lost(), as every end is. */
static void lose_connection(struct protocol *protocol)
{
    eddy_request_cancel(protocol->reading);
}

static void send_line(struct protocol *protocol, const char *line)
{
    must(eddy_printf(protocol->stream, "%s\r\n", line));
}

/* Runs main until what it returns has fired; what a process would return. */
static int react(struct eddy_loop *loop,
                 struct eddy_deferred *(*main)(struct eddy_loop *, void *),
                 void *arg)
{
    struct eddy_deferred *done = main(loop, arg);
    int64_t n = eddy_loop_run_until(loop, eddy_when(done, NULL)).n;

    eddy_unref(done);
    return n < 0;
}

/* ---- EG17: an HTTP client as protocol, factory and deferred -------------- */

struct client_factory {
    const struct eddy_endpoint *to;
    struct protocol protocol;
    struct eddy_deferred *done;
};

static void ask_for_page(struct protocol *protocol)
{
    say("connectionMade");
    send_line(protocol, "GET /delay/1 HTTP/1.1");
    send_line(protocol, "Connection: close");
    send_line(protocol, "");
}

static void print_line(struct protocol *protocol, const char *line)
{
    (void)protocol;
    say("lineReceived: %s", line);
}

static void fire_done(struct protocol *protocol, int reason)
{
    struct client_factory *factory = protocol->factory;

    say("connectionLost: %s", reason == 0 ? "done" : eddy_strerror(reason));
    must(
        eddy_fire(factory->done, reason < 0 ? eddy_fail(reason) : eddy_none()));
}

static struct eddy_deferred *bootstrap(struct eddy_loop *loop, void *arg)
{
    static const struct protocol_methods methods = { ask_for_page, print_line,
                                                     fire_done };
    struct client_factory *factory = arg;

    factory->protocol =
        (struct protocol){ .methods = &methods, .factory = factory };
    factory->done = eddy_deferred_new(eddy_loop_domain(loop), NULL, NULL);
    connect_protocol(loop, factory->to, &factory->protocol);
    return factory->done;
}

static void eg17(struct eddy_loop *loop)
{
    struct eddy_endpoint nowhere = eddy_unix("/nowhere");
    struct client_factory factory = { .to = &nowhere };
    struct peer peer;

    peer_open(&peer, loop, NULL);
    say("exit status: %d", react(loop, bootstrap, &factory));
    factory.to = &peer.at;
    say("exit status: %d", react(loop, bootstrap, &factory));
    peer_close(&peer);
}

/* ---- EG22: a client of an echo ------------------------------------------- */

static struct eddy_result echo(struct eddy_task *self, void *stream)
{
    (void)eddy_await(self, eddy_copy(stream, stream, EDDY_TO_THE_END));
    eddy_stream_free(stream, true);
    return eddy_n(0);
}

static struct eddy_result accept_echoes(struct eddy_task *self, void *listener)
{
    struct eddy_scope *scope = eddy_loop_scope(eddy_task_loop(self));
    struct eddy_stream *stream;

    while (eddy_await(self, eddy_accept(listener, &stream)) == 0)
        must(eddy_spawn(scope, echo, stream, NULL));
    return eddy_n(0);
}

static struct eddy_listener *open_echo(struct eddy_loop *loop,
                                       struct eddy_endpoint *at)
{
    struct eddy_listener *listener;

    *at = stage_door(0);
    must(eddy_listen(&listener, loop, at, NULL));
    must(eddy_spawn(eddy_loop_scope(loop), accept_echoes, listener, NULL));
    return listener;
}

static struct eddy_result tcp_echo_client(struct eddy_task *self, void *to)
{
    static const char message[] = "Hello World!";
    struct eddy_stream *stream;
    char data[100];
    int64_t n;

    must(eddy_await(self, eddy_connect(to, &stream)));
    n = must(eddy_await(self, eddy_write(stream, message, strlen(message))));
    say("sent %d", (int)n);
    n = must(eddy_await(self, eddy_read(stream, data, sizeof data)));
    say("asked for %zu, got %d: %.*s", sizeof data, (int)n, (int)n, data);
    return eddy_n(eddy_await(self, eddy_close(stream)));
}

static void eg22(struct eddy_loop *loop)
{
    struct eddy_endpoint at;
    struct eddy_listener *listener = open_echo(loop, &at);

    must(eddy_loop_run_task(loop, tcp_echo_client, &at).n);
    eddy_listener_free(listener);
}

/* ---- EG23: a protocol that stops the loop -------------------------------- */

static void send_love(struct protocol *protocol)
{
    send_line(protocol, "iloveyou");
}

static void stop_loop(struct protocol *protocol, const char *line)
{
    say("data received: %s", line);
    must(eddy_loop_stop(protocol->loop));
}

static void is_lost(struct protocol *protocol, int reason)
{
    (void)protocol;
    say("connection lost: %s", eddy_strerror(reason));
}

static void eg23(struct eddy_loop *loop)
{
    static const struct protocol_methods methods = { send_love, stop_loop,
                                                     is_lost };
    struct protocol lovely = { .methods = &methods };
    struct eddy_endpoint at;
    struct eddy_listener *listener = open_echo(loop, &at);

    connect_protocol(loop, &at, &lovely);
    say("%s", must(eddy_loop_run(loop)) == 1 ? "stopped" : "ended by itself");
    lose_connection(&lovely);
    must(eddy_loop_step(loop, 0));
    eddy_listener_free(listener);
}

int main(int argc, char **argv)
{
    static const struct play plays[] = {
        { "EG17", "a client as protocol, factory and deferred", eg17 },
        { "EG22", "a client of an echo", eg22 },
        { "EG23", "a protocol that stops the loop", eg23 },
    };

    return stage(plays, sizeof plays / sizeof plays[0], argc, argv);
}
