/* SPDX-License-Identifier: MIT */
/* client.c - what is done with a client, and how it is parted from. */
#include "server.h"

#define FAREWELL_NS (300 * EDDY_MS)

void client_run(struct client *client, struct eddy_op op, eddy_done_fn *on_done)
{
    eddy_begin(client->server->loop, &client->request, &op, on_done, client);
}

static void on_closed(struct eddy_result result, void *arg)
{
    (void)result; /* whatever it was: the stream is gone */
    server_leave(arg);
}

void client_close(struct client *client)
{
    client_run(client, eddy_close(client->stream), on_closed);
}

static void on_unwanted(struct eddy_result result, void *arg)
{
    if (result.n <= 0)
        client_close(arg);
}

static void on_end_told(struct eddy_result result, void *arg)
{
    struct client *client = arg;

    if (result.n < 0)
        client_close(client);
    else
        client_run(client,
                   eddy_within(FAREWELL_NS, eddy_receive(client->stream)),
                   on_unwanted);
}

void client_farewell(struct client *client)
{
    client_run(client, eddy_shutdown(client->stream), on_end_told);
}

void client_give_up(struct client *client, int64_t err)
{
    if (err == -ECANCELED || err == -ETIME)
        client_farewell(client);
    else
        client_close(client);
}
