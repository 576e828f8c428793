/* SPDX-License-Identifier: MIT */
/* server.c - accepts, keeps the list of clients, and stops. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server.h"
#include "tool.h"

/* From the signal to the end less than a second, whatever the clients do. */
#define GRACE_NS (700 * EDDY_MS)
/* At most; a fourteenth of the grace, if that is less. */
#define QUIET_NS (50 * EDDY_MS)

enum { BACKLOG = 1024 }; /* a crowd may come at once */

/* ---- Accepting ---------------------------------------------------------- */

static void welcome(struct server *server, struct eddy_stream *stream)
{
    if (server->service->welcome(server, stream) < 0)
        eddy_stream_free(stream, false);
}

static void on_incoming(struct eddy_result result, void *arg)
{
    struct server *server = arg;

    if (result.n > 0) {
        welcome(server, result.stream);
        return;
    }
    if (result.n < 0 && result.n != -ECANCELED) {
        complain("cannot accept any more: %s", eddy_strerror((int)result.n));
        server_stop(server);
    }
}

/* Once is enough to know; it may happen every second. */
static void on_full(struct eddy_listener *listener, int err, void *arg)
{
    struct server *server = arg;

    (void)listener;
    if (!server->told_full)
        complain("accepting rests now and then: %s", eddy_strerror(err));
    server->told_full = true;
}

/* A name may have several addresses: the first one that can be had. */
static int listen_at(struct server *server, const char *host, uint16_t port)
{
    enum { ADDRESSES = 8 }; /* who has more does not mean this one */
    struct eddy_address addresses[ADDRESSES];
    struct eddy_result found = eddy_loop_run_until(
        server->loop, eddy_resolve(host, port, 0, addresses, ADDRESSES));
    int err = (int)found.n;

    for (int i = 0; i < (int)found.n; i++) {
        const struct eddy_listen_options options = {
            .backlog = BACKLOG,
            .on_full = on_full,
            .arg = server,
        };
        const struct eddy_endpoint at = { .address = &addresses[i] };

        err = eddy_listen(&server->listener, server->loop, &at, &options);
        if (err == 0)
            return 0;
    }
    return err;
}

int server_open(struct server *server, struct eddy_loop *loop,
                const struct service *service, const char *host, uint16_t port)
{
    *server = (struct server){
        .loop = loop,
        .service = service,
        .grace_ns = GRACE_NS,
        .last_read_ns = EDDY_FOREVER,
        .mem = *eddy_mem_default(),
    };

    int err = listen_at(server, host, port);
    if (err < 0) {
        complain("cannot listen at %s port %u: %s", host, port,
                 eddy_strerror(err));
        return err;
    }
    struct eddy_op op = eddy_incoming(server->listener);
    eddy_begin(loop, &server->incoming, &op, on_incoming, server);
    return 0;
}

int server_where(const struct server *server, char *buf, size_t size)
{
    struct eddy_address address;
    char text[64];
    int err = eddy_listener_local(server->listener, &address);

    if (err < 0)
        return err;
    eddy_address_format(&address, text, sizeof text);

    /* "127.0.0.1:80" or "[::1]:80": the host without brackets, and the port */
    size_t host = (size_t)(strrchr(text, ':') - text);
    bool brackets = text[0] == '[';
    snprintf(buf, size, "%.*s %u", (int)(host - 2u * brackets), text + brackets,
             eddy_address_port(&address));
    return 0;
}

/* ---- The clients -------------------------------------------------------- */

void *client_new(const struct server *server, size_t size)
{
    return server->mem.resize(server->mem.arg, NULL, size);
}

void server_join(struct server *server, struct eddy_stream *stream,
                 struct client *client)
{
    client->server = server;
    client->stream = stream;
    client->prev = NULL;
    client->next = server->clients;
    if (client->next != NULL)
        client->next->prev = client;
    server->clients = client;
}

void server_leave(struct client *client)
{
    const struct eddy_mem *mem = &client->server->mem;

    if (client->prev != NULL)
        client->prev->next = client->next;
    else
        client->server->clients = client->next;
    if (client->next != NULL)
        client->next->prev = client->prev;
    mem->resize(mem->arg, client, 0);
}

int64_t server_count(const struct server *server)
{
    int64_t count = 0;

    for (const struct client *c = server->clients; c != NULL; c = c->next)
        count++;
    return count;
}

/* Who says nothing for so long will say nothing more. */
static int64_t quiet_ns(const struct server *server)
{
    return server->grace_ns / 14 < QUIET_NS ? server->grace_ns / 14 : QUIET_NS;
}

int64_t server_patience(const struct server *server)
{
    if (server->last_read_ns == EDDY_FOREVER)
        return EDDY_FOREVER;

    int64_t left_ns = server->last_read_ns - eddy_loop_now_ns(server->loop);
    if (left_ns > quiet_ns(server))
        return quiet_ns(server);
    return left_ns > 0 ? left_ns : 0;
}

/* ---- Stopping ----------------------------------------------------------- */

static void on_quiet(struct eddy_result result, void *arg)
{
    struct server *server = arg;

    if (result.n < 0)
        return;
    server->last_read_ns = eddy_loop_now_ns(server->loop) +
                           server->grace_ns / 2 - quiet_ns(server);
    for (struct client *c = server->clients; c != NULL; c = c->next)
        server->service->finish(c);
}

static void on_grace_over(struct eddy_result result, void *arg)
{
    struct server *server = arg;

    if (result.n == 0)
        eddy_loop_stop(server->loop);
}

/* The server waits for its clients, not for its clocks: in the background. */
static void begin_sleep(struct server *server, struct eddy_request *request,
                        int64_t timeout_ns, eddy_done_fn *on_done)
{
    struct eddy_op op = eddy_sleep(timeout_ns);

    eddy_begin(server->loop, request, &op, on_done, server);
    eddy_request_background(request, true);
}

/* Whoever has connected is to be served, and would be reset with the listener.
 * By hand, for the loop takes only some in a turn, and may not turn to them at
 * once; and no more than fit in the queue, for others may come all the time. */
static void accept_rest(struct server *server)
{
    int listener = eddy_listener_fd(server->listener);

    for (int i = 0; i < BACKLOG; i++) {
        struct eddy_stream *stream;
        int fd = accept(listener, NULL, NULL);

        if (fd < 0 && errno != ECONNABORTED && errno != EINTR)
            return; /* that was the last one, or there is no room for more */
        if (fd >= 0 && eddy_stream_new(&stream, server->loop, fd) == 0)
            welcome(server, stream);
        else if (fd >= 0)
            close(fd);
    }
}

void server_stop(struct server *server)
{
    if (server->listener == NULL) {
        eddy_loop_stop(server->loop);
        return;
    }
    accept_rest(server);
    eddy_listener_free(server->listener);
    server->listener = NULL;
    begin_sleep(server, &server->quiet, quiet_ns(server), on_quiet);
    begin_sleep(server, &server->grace, server->grace_ns, on_grace_over);
}
