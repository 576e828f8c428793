/* SPDX-License-Identifier: MIT */
/*
 * dispatchers.c - an object for each connection that is asked before each wait
 * what it waits for: as asyncore has it. What that takes is here, too: a hook
 * and watches.
 */
#include <errno.h>
#include <stdio.h>
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

int main(int argc, char **argv)
{
    static const struct play plays[] = {
        { "EG16", "two clients as dispatchers", eg16 },
    };

    return stage(plays, sizeof plays / sizeof plays[0], argc, argv);
}
