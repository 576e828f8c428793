/* SPDX-License-Identifier: MIT */
/* echo_uv.c - the echo server on libuv: what comes is tried to be sent at once,
 * as its manual advises; the rest is queued, and reading stops until then. */
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "arguments.h"
#include "connection.h"

enum { BACKLOG = 4096, ROOM = 65536 };

struct rest {
    uv_write_t write;
    char bytes[];
};

static void give_room(uv_handle_t *handle, size_t hint, uv_buf_t *ret_buf)
{
    static char room[ROOM];

    (void)handle, (void)hint;
    *ret_buf = uv_buf_init(room, sizeof room);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

static void leave(uv_stream_t *client)
{
    if (!uv_is_closing((uv_handle_t *)client))
        uv_close((uv_handle_t *)client, on_closed);
}

static void on_bytes(uv_stream_t *client, ssize_t n, const uv_buf_t *buf);

static void on_sent(uv_write_t *write, int status)
{
    uv_stream_t *client = write->handle;

    free(write); /* the first in its rest */
    if (status < 0)
        leave(client);
    else if (!uv_is_closing((uv_handle_t *)client))
        uv_read_start(client, give_room, on_bytes);
}

static void send_later(uv_stream_t *client, const char *bytes, size_t size)
{
    struct rest *rest = malloc(sizeof *rest + size);
    uv_buf_t buf;

    must(rest != NULL, "memory");
    memcpy(rest->bytes, bytes, size);
    buf = uv_buf_init(rest->bytes, (unsigned)size);
    uv_read_stop(client);
    if (uv_write(&rest->write, client, &buf, 1, on_sent) < 0)
        leave(client);
}

static void on_bytes(uv_stream_t *client, ssize_t n, const uv_buf_t *buf)
{
    uv_buf_t bytes = uv_buf_init(buf->base, n > 0 ? (unsigned)n : 0);
    int sent;

    if (n < 0)
        leave(client);
    if (n <= 0)
        return;
    sent = uv_try_write(client, &bytes, 1);
    if (sent < 0 && sent != UV_EAGAIN)
        leave(client);
    else if (sent < n)
        send_later(client, buf->base + (sent > 0 ? sent : 0),
                   (size_t)(n - (sent > 0 ? sent : 0)));
}

static void on_client(uv_stream_t *listener, int status)
{
    uv_tcp_t *client = malloc(sizeof *client);

    must(client != NULL && status == 0, "a connection");
    uv_tcp_init(listener->loop, client);
    must(uv_accept(listener, (uv_stream_t *)client) == 0, "accept");
    uv_tcp_nodelay(client, 1);
    uv_read_start((uv_stream_t *)client, give_room, on_bytes);
}

int main(int argc, char **argv)
{
    uv_loop_t *loop = uv_default_loop();
    struct arguments arguments;
    uv_tcp_t listener;

    read_arguments(&arguments, argc, argv, "PORT");
    uv_tcp_init(loop, &listener);
    must(uv_tcp_open(&listener, listen_at(arguments.number[0])) == 0, "open");
    must(uv_listen((uv_stream_t *)&listener, BACKLOG, on_client) == 0,
         "listen");
    say_ready();
    return uv_run(loop, UV_RUN_DEFAULT);
}
