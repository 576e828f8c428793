/* SPDX-License-Identifier: MIT */
/* echo_poll.c - the limit of an echo server on poll: a loop and nothing else.
 */
#include <poll.h>
#include <stdlib.h>

#include "arguments.h"
#include "connection.h"

enum { MOST = 16384 }; /* connections */

static struct pollfd fds[MOST]; /* the first one is the listener */
static struct connection connections[MOST];
static nfds_t count;

static void add(int fd)
{
    connections[count] = (struct connection){ .fd = fd };
    fds[count++] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

static void welcome_all(void)
{
    int fd;

    while (count < MOST && (fd = accept_next(fds[0].fd)) >= 0)
        add(fd);
}

/* The last one takes its place, with what poll() said of it. */
static void remove_at(nfds_t i)
{
    end_connection(&connections[i]);
    count--;
    connections[i] = connections[count];
    fds[i] = fds[count];
}

static void serve_ready(int ready)
{
    for (nfds_t i = 1; i < count && ready > 0; i++) {
        if (fds[i].revents == 0)
            continue;
        ready--;
        switch (serve(&connections[i])) {
        case TO_READ:
            fds[i].events = POLLIN;
            break;
        case TO_WRITE:
            fds[i].events = POLLOUT;
            break;
        case TO_LEAVE:
            remove_at(i--);
            break;
        }
    }
}

int main(int argc, char **argv)
{
    struct arguments arguments;

    read_arguments(&arguments, argc, argv, "PORT");
    add(listen_at(arguments.number[0]));
    say_ready();
    for (;;) {
        int ready = poll(fds, count, -1);
        bool welcome = fds[0].revents != 0;

        serve_ready(ready - welcome);
        if (welcome)
            welcome_all();
    }
}
