/* SPDX-License-Identifier: MIT */
/* echo_st.c - the echo server on State Threads: one of its threads for each
 * connection. */
#include <poll.h>
#include <st.h>
#include <stdlib.h>

#include "arguments.h"
#include "connection.h"

enum { ROOM = 65536, STACK = 16384 };

static void *converse(void *client)
{
    char *bytes = malloc(ROOM);
    ssize_t n;

    must(bytes != NULL, "memory");
    while ((n = st_read(client, bytes, ROOM, ST_UTIME_NO_TIMEOUT)) > 0)
        if (st_write(client, bytes, (size_t)n, ST_UTIME_NO_TIMEOUT) != n)
            break;
    free(bytes);
    st_netfd_close(client);
    return NULL;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    st_netfd_t listener;
    int fd;

    read_arguments(&arguments, argc, argv, "PORT");
    st_set_eventsys(ST_EVENTSYS_ALT);
    must(st_init() == 0, "State Threads");
    fd = listen_at(arguments.number[0]);
    listener = st_netfd_open_socket(fd);
    say_ready();
    for (;;) {
        while ((fd = accept_next(st_netfd_fileno(listener))) >= 0)
            must(st_thread_create(converse, st_netfd_open_socket(fd), 0,
                                  STACK) != NULL,
                 "a thread");
        st_netfd_poll(listener, POLLIN, ST_UTIME_NO_TIMEOUT);
    }
}
