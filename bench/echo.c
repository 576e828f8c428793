/* SPDX-License-Identifier: MIT */
/* echo.c - sends back what comes, until SIGTERM. Says `ready` when it listens.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "echo.h"

enum { BACKLOG = 4096, DESCRIPTORS = 32768 };

char *room_of(const struct eddy_stream *stream)
{
    static char *rooms;
    int fd = eddy_stream_fd(stream);

    if (rooms == NULL)
        rooms = mmap(NULL, (size_t)DESCRIPTORS * ROOM, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    must(rooms != MAP_FAILED && fd < DESCRIPTORS, "room");
    return rooms + (size_t)fd * ROOM;
}

struct server {
    struct eddy_loop *loop;
    struct eddy_listener *listener;
    const struct echo_style *style;
};

static const struct echo_style *find_style(const char *name)
{
    static const struct echo_style *const styles[] = {
        &echo_callback,
        &echo_deferred,
        &echo_coroutine,
    };

    if (name == NULL)
        return styles[0];
    for (size_t i = 0; i < sizeof styles / sizeof styles[0]; i++)
        if (strcmp(styles[i]->name, name) == 0)
            return styles[i];
    fprintf(stderr, "no style %s\n", name);
    exit(NOT_HERE);
}

static void on_client(struct eddy_result result, void *arg)
{
    const struct server *server = arg;

    if (result.n <= 0)
        return;
    must_eddy(eddy_stream_set_water_marks(result.stream, 0, 0), "a stream");
    server->style->serve(server->loop, result.stream);
}

static void on_signal(struct eddy_signal *sub, int signum, unsigned count,
                      void *loop)
{
    (void)sub, (void)signum, (void)count;
    eddy_loop_stop(loop);
}

int main(int argc, char **argv)
{
    struct eddy_listen_options options = { .backlog = BACKLOG };
    struct eddy_signal term = { { 0 } };
    struct arguments arguments;
    struct eddy_endpoint at;
    struct server server;

    read_arguments(&arguments, argc, argv, "PORT");
    server.style = find_style(arguments.style);
    server.loop = new_loop(&arguments);
    at = eddy_tcp("127.0.0.1", (uint16_t)arguments.number[0]);
    must_eddy(eddy_listen(&server.listener, server.loop, &at, &options),
              "listening");
    must_eddy(eddy_start(server.loop, eddy_incoming(server.listener), on_client,
                         &server, NULL),
              "listening");
    must_eddy(
        eddy_signal_start(server.loop, &term, SIGTERM, on_signal, server.loop),
        "SIGTERM");
    puts("ready");
    fflush(stdout);
    must_eddy(eddy_loop_run(server.loop), "the loop");
    eddy_signal_stop(&term);
    eddy_listener_free(server.listener);
    must_eddy(eddy_loop_free(server.loop), "the end");
    return 0;
}
