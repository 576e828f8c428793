/* SPDX-License-Identifier: MIT */
/* echo_epoll.c - the limit of an echo server on epoll: a loop and nothing else.
 */
#include <stdlib.h>
#include <sys/epoll.h>

#include "arguments.h"
#include "connection.h"

enum { BATCH = 512 };

static int epoll;

static void watch(struct connection *c, int op, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = c };

    must(epoll_ctl(epoll, op, c->fd, &event) == 0, "epoll_ctl");
}

static void welcome_all(int listener)
{
    int fd;

    while ((fd = accept_next(listener)) >= 0) {
        struct connection *c = calloc(1, sizeof *c);

        must(c != NULL, "memory");
        c->fd = fd;
        watch(c, EPOLL_CTL_ADD, EPOLLIN);
    }
}

static void on_event(struct connection *c)
{
    bool writing = c->rest != NULL;
    enum wants wants = serve(c);

    if (wants == TO_LEAVE) {
        end_connection(c);
        free(c);
    } else if (writing != (wants == TO_WRITE)) {
        watch(c, EPOLL_CTL_MOD, writing ? EPOLLIN : EPOLLOUT);
    }
}

int main(int argc, char **argv)
{
    struct epoll_event events[BATCH];
    struct connection listener;
    struct arguments arguments;

    read_arguments(&arguments, argc, argv, "PORT");
    listener.fd = listen_at(arguments.number[0]);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    must(epoll >= 0, "epoll_create1");
    watch(&listener, EPOLL_CTL_ADD, EPOLLIN);
    say_ready();
    for (;;) {
        int n = epoll_wait(epoll, events, BATCH, -1);

        for (int i = 0; i < n; i++)
            if (events[i].data.ptr == &listener)
                welcome_all(listener.fd);
            else
                on_event(events[i].data.ptr);
    }
}
