/* SPDX-License-Identifier: MIT */
/* peer.c - see peer.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

struct visit {
    struct peer *peer;
    struct eddy_stream *stream;
};

/* The head of a request: its path, and is it the last one? */
static bool read_request(struct eddy_task *self, struct eddy_stream *stream,
                         char path[256], bool *ret_last)
{
    char line[512];

    if (eddy_await(self, eddy_read_line(stream, line, sizeof line)) <= 0 ||
        sscanf(line, "GET %255s HTTP/1.1", path) != 1)
        return false;
    *ret_last = false;
    while (eddy_await(self, eddy_read_line(stream, line, sizeof line)) > 2)
        *ret_last = *ret_last || strcmp(line, "Connection: close\r\n") == 0;
    return line[0] == '\r'; /* the empty line was reached */
}

/* The status of path, and its page. */
static int look_up(struct eddy_task *self, struct peer *peer, const char *path,
                   char *body, size_t size)
{
    unsigned number;

    if (peer->delay_ns > 0 && eddy_await(self, eddy_sleep(peer->delay_ns)) < 0)
        return 503;
    snprintf(body, size, "this is %s", path);
    if (sscanf(path, "/status/%u", &number) == 1)
        return (int)number;
    if (sscanf(path, "/delay/%u", &number) == 1)
        return eddy_await(self, eddy_sleep(number * EDDY_SECOND)) == 0 ? 200
                                                                       : 503;
    if (peer->page != NULL && peer->page(path, body, size))
        return 200;
    snprintf(body, size, "there is no %s", path);
    return 404;
}

static struct eddy_result serve(struct eddy_task *self, void *arg)
{
    struct visit visit = *(struct visit *)arg;
    struct eddy_stream *stream = visit.stream;
    char path[256], body[4096];
    bool last = false;

    while (!last && read_request(self, stream, path, &last)) {
        int status = look_up(self, visit.peer, path, body, sizeof body);
        if (eddy_printf(
                stream, "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\n\r\n%s",
                status, status == 200 ? "OK" : "No", strlen(body), body) < 0)
            break;
    }
    eddy_stream_free(stream, true);
    return eddy_n(0);
}

static struct eddy_result accept_all(struct eddy_task *self, void *arg)
{
    struct eddy_scope *scope = eddy_loop_scope(eddy_task_loop(self));
    struct eddy_task_options options = { .free_arg = free };
    struct peer *peer = arg;
    struct visit new = { .peer = peer }, *visit;

    while (eddy_await(self, eddy_accept(peer->listener, &new.stream)) == 0) {
        visit = malloc(sizeof *visit);
        must(visit != NULL ? 0 : -ENOMEM);
        *visit = new;
        must(eddy_spawn(scope, serve, visit, &options));
    }
    return eddy_n(0); /* it has been closed */
}

void peer_open_at(struct peer *peer, struct eddy_loop *loop, int door,
                  peer_page_fn *page)
{
    *peer = (struct peer){ .at = stage_door(door), .page = page };
    must(eddy_listen(&peer->listener, loop, &peer->at, NULL));
    must(eddy_spawn(eddy_loop_scope(loop), accept_all, peer, NULL));
}

void peer_open(struct peer *peer, struct eddy_loop *loop, peer_page_fn *page)
{
    peer_open_at(peer, loop, 0, page);
}

void peer_close(struct peer *peer)
{
    eddy_listener_free(peer->listener);
}
