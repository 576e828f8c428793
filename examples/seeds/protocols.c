/* SPDX-License-Identifier: MIT */
/*
 * protocols.c - an object for each connection, whose methods are called when
 * something happens: as asyncore, Twisted and asyncio's protocols have it. What
 * they take is here, too: some lines around operations or watches.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "peer.h"

/* ---- A dispatcher: before each wait it is asked what it waits for -------- */

struct dispatcher {
    const struct dispatcher_methods *methods;
    struct dispatcher *next;
    struct eddy_watch watch;
    int fd;
    bool connected;
};

struct dispatcher_methods {
    bool (*readable)(struct dispatcher *dispatcher);
    bool (*writable)(struct dispatcher *dispatcher);
    void (*handle_connect)(struct dispatcher *dispatcher);
    void (*handle_read)(struct dispatcher *dispatcher);
    void (*handle_write)(struct dispatcher *dispatcher);
};

static struct dispatcher *map; /* all that there are */

static void dispatch(struct eddy_watch *watch, unsigned ready, void *arg)
{
    struct dispatcher *d = arg;

    (void)watch;
    if (!d->connected) {
        d->connected = true;
        d->methods->handle_connect(d);
    }
    if ((ready & EDDY_WRITE) != 0 && d->methods->writable(d))
        d->methods->handle_write(d);
    if ((ready & ~EDDY_WRITE) != 0)
        d->methods->handle_read(d); /* may have closed it */
}

static void ask_all(struct eddy_hook *hook, unsigned when, void *arg)
{
    (void)hook, (void)when, (void)arg;
    for (struct dispatcher *d = map; d != NULL; d = d->next)
        must(eddy_watch_set(&d->watch,
                            (d->methods->readable(d) ? EDDY_READ : 0) |
                                (d->methods->writable(d) ? EDDY_WRITE : 0)));
}

static void dispatcher_connect(struct dispatcher *d, struct eddy_loop *loop,
                               const char *path)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };

    snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    d->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    must(connect(d->fd, (struct sockaddr *)&to, sizeof to) == 0 ? 0 : -errno);
    must(eddy_watch_start(loop, &d->watch, d->fd, 0, dispatch, d));
    d->next = map;
    map = d;
}

static void dispatcher_close(struct dispatcher *d)
{
    struct dispatcher **link = &map;

    while (*link != d)
        link = &(*link)->next;
    *link = d->next;
    must(eddy_watch_stop(&d->watch));
    close(d->fd);
}

/* Runs while there are any. */
static void dispatcher_loop(struct eddy_loop *loop)
{
    struct eddy_hook hook = { { 0 } };

    must(eddy_hook_start(loop, &hook, EDDY_BEFORE_WAIT, ask_all, NULL));
    while (map != NULL)
        must(eddy_loop_step(loop, EDDY_FOREVER));
    must(eddy_hook_stop(&hook));
}

/* ---- EG16: two clients as dispatchers ------------------------------------ */

struct http_client {
    struct dispatcher dispatcher; /* first, so that one is the other */
    const char *name, *unsent;
    char received[512];
    size_t size;
    char calls[128]; /* of its methods, in order */
};

static bool always(struct dispatcher *d)
{
    (void)d;
    return true;
}

static bool has_unsent(struct dispatcher *d)
{
    return *((struct http_client *)d)->unsent != '\0';
}

static void note(struct http_client *client, const char *call)
{
    size_t used = strlen(client->calls);

    snprintf(client->calls + used, sizeof client->calls - used, " %s", call);
}

static void note_connect(struct dispatcher *d)
{
    note((struct http_client *)d, "handle_connect");
}

static void send_some(struct dispatcher *d)
{
    struct http_client *client = (struct http_client *)d;
    ssize_t n = send(d->fd, client->unsent, strlen(client->unsent), 0);

    client->unsent += must(n);
    note(client, "handle_write");
}

static void receive_some(struct dispatcher *d)
{
    struct http_client *client = (struct http_client *)d;
    ssize_t n = recv(d->fd, client->received + client->size,
                     sizeof client->received - client->size, 0);

    note(client, n > 0 ? "handle_read" : "handle_close");
    if (n > 0) {
        client->size += (size_t)n;
        return;
    }
    say("%s:%s: %zu bytes", client->name, client->calls, client->size);
    dispatcher_close(d);
}

static const struct dispatcher_methods http_methods = {
    always, has_unsent, note_connect, receive_some, send_some,
};

static void eg16(struct eddy_loop *loop)
{
    static const char *const names[] = { "first host", "second host" };
    struct http_client clients[2];
    struct peer hosts[2];

    for (int i = 0; i < 2; i++) {
        peer_open_at(&hosts[i], loop, i, NULL);
        clients[i] = (struct http_client){
            .dispatcher.methods = &http_methods,
            .name = names[i],
            .unsent = i == 0 ? "GET /delay/2 HTTP/1.1\r\n"
                               "Connection: close\r\n\r\n"
                             : "GET /delay/1 HTTP/1.1\r\n"
                               "Connection: close\r\n\r\n",
        };
        dispatcher_connect(&clients[i].dispatcher, loop, hosts[i].at.path);
    }
    dispatcher_loop(loop);
    peer_close(&hosts[0]);
    peer_close(&hosts[1]);
}

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
        { "EG16", "two clients as dispatchers", eg16 },
        { "EG17", "a client as protocol, factory and deferred", eg17 },
        { "EG22", "a client of an echo", eg22 },
        { "EG23", "a protocol that stops the loop", eg23 },
    };

    return stage(plays, sizeof plays / sizeof plays[0], argc, argv);
}
