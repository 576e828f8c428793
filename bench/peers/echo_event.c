/* SPDX-License-Identifier: MIT */
/* echo_event.c - the echo server on libevent, by events as its manual's first
 * example has them. */
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>

#include "arguments.h"
#include "connection.h"

struct client {
    struct connection connection;
    struct event event;
};

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
    struct client *client = arg;
    bool writing = client->connection.rest != NULL;
    enum wants wants = serve(&client->connection);

    (void)what;
    if (wants == (writing ? TO_WRITE : TO_READ))
        return;
    event_del(&client->event);
    if (wants == TO_LEAVE) {
        end_connection(&client->connection);
        free(client);
        return;
    }
    event_assign(&client->event, event_get_base(&client->event), fd,
                 (wants == TO_WRITE ? EV_WRITE : EV_READ) | EV_PERSIST,
                 on_ready, client);
    event_add(&client->event, NULL);
}

static void on_client(evutil_socket_t listener, short what, void *base)
{
    int fd;

    (void)what;
    while ((fd = accept_next(listener)) >= 0) {
        struct client *client = calloc(1, sizeof *client);

        must(client != NULL, "memory");
        client->connection.fd = fd;
        event_assign(&client->event, base, fd, EV_READ | EV_PERSIST, on_ready,
                     client);
        event_add(&client->event, NULL);
    }
}

int main(int argc, char **argv)
{
    struct event_base *base = event_base_new();
    struct arguments arguments;
    struct event listener;

    read_arguments(&arguments, argc, argv, "PORT");
    must(base != NULL, "libevent");
    event_assign(&listener, base, listen_at(arguments.number[0]),
                 EV_READ | EV_PERSIST, on_client, base);
    event_add(&listener, NULL);
    say_ready();
    event_base_dispatch(base);
    return 0;
}
