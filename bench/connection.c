/* SPDX-License-Identifier: MIT */
/* connection.c - see connection.h. */
#define _GNU_SOURCE
#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arguments.h"

enum { BACKLOG = 4096, ROOM = 65536 };

static void quit(int signum)
{
    (void)signum;
    _exit(0);
}

int listen_at(long port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int yes = 1;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(fd >= 0, "socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    must(bind(fd, (struct sockaddr *)&at, sizeof at) == 0, "bind");
    must(listen(fd, BACKLOG) == 0, "listen");
    signal(SIGTERM, quit);
    signal(SIGPIPE, SIG_IGN); /* not every library asks not to be sent it */
    return fd;
}

void say_ready(void)
{
    puts("ready");
    fflush(stdout);
}

void set_nodelay(int fd)
{
    int yes = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

int accept_next(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0)
        set_nodelay(fd);
    return fd;
}

static enum wants send_rest(struct connection *c)
{
    ssize_t n = send(c->fd, c->rest + c->from, c->to - c->from, MSG_NOSIGNAL);

    if (n < 0)
        return errno == EAGAIN ? TO_WRITE : TO_LEAVE;
    c->from += (size_t)n;
    if (c->from < c->to)
        return TO_WRITE;
    free(c->rest);
    c->rest = NULL;
    return TO_READ;
}

static enum wants keep_rest(struct connection *c, const char *rest, size_t size)
{
    c->rest = malloc(size);
    if (c->rest == NULL)
        return TO_LEAVE;
    memcpy(c->rest, rest, size);
    c->from = 0;
    c->to = size;
    return TO_WRITE;
}

enum wants serve(struct connection *c)
{
    static char room[ROOM];
    ssize_t n, sent;

    if (c->rest != NULL)
        return send_rest(c);
    n = recv(c->fd, room, sizeof room, 0);
    if (n <= 0)
        return n < 0 && errno == EAGAIN ? TO_READ : TO_LEAVE;
    sent = send(c->fd, room, (size_t)n, MSG_NOSIGNAL);
    if (sent == n)
        return TO_READ;
    if (sent < 0 && errno != EAGAIN)
        return TO_LEAVE;
    sent = sent < 0 ? 0 : sent;
    return keep_rest(c, room + sent, (size_t)(n - sent));
}

void end_connection(struct connection *c)
{
    close(c->fd);
    free(c->rest);
    c->rest = NULL;
}
