/* SPDX-License-Identifier: MIT */
/* echo_ev.c - the echo server on libev. */
#include <ev.h>
#include <stdlib.h>

#include "arguments.h"
#include "connection.h"

struct client {
    struct connection connection;
    ev_io watcher;
};

static void on_ready(struct ev_loop *loop, ev_io *watcher, int revents)
{
    struct client *client = watcher->data;
    bool writing = client->connection.rest != NULL;
    enum wants wants = serve(&client->connection);

    (void)revents;
    if (wants == TO_READ && !writing)
        return;
    if (wants == TO_WRITE && writing)
        return;
    ev_io_stop(loop, watcher);
    if (wants == TO_LEAVE) {
        end_connection(&client->connection);
        free(client);
        return;
    }
    ev_io_set(watcher, client->connection.fd,
              wants == TO_WRITE ? EV_WRITE : EV_READ);
    ev_io_start(loop, watcher);
}

static void on_client(struct ev_loop *loop, ev_io *watcher, int revents)
{
    int fd;

    (void)revents;
    while ((fd = accept_next(watcher->fd)) >= 0) {
        struct client *client = calloc(1, sizeof *client);

        must(client != NULL, "memory");
        client->connection.fd = fd;
        client->watcher.data = client;
        ev_io_init(&client->watcher, on_ready, fd, EV_READ);
        ev_io_start(loop, &client->watcher);
    }
}

int main(int argc, char **argv)
{
    struct ev_loop *loop = ev_default_loop(EVBACKEND_EPOLL);
    struct arguments arguments;
    ev_io listener;

    read_arguments(&arguments, argc, argv, "PORT");
    must(loop != NULL, "libev");
    ev_io_init(&listener, on_client, listen_at(arguments.number[0]), EV_READ);
    ev_io_start(loop, &listener);
    say_ready();
    ev_run(loop, 0);
    return 0;
}
