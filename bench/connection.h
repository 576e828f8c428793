/* SPDX-License-Identifier: MIT */
/*
 * connection.h - what echo servers share that are told of readiness: the limits
 * and those of other libraries.
 */
#ifndef EDDY_BENCH_CONNECTION_H
#define EDDY_BENCH_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>

struct connection {
    int fd;
    char *rest; /* what a short send has left; NULL: nothing */
    size_t from, to;
};

enum wants { TO_READ, TO_WRITE, TO_LEAVE };

/* Listens on 127.0.0.1, ends the process at SIGTERM. The caller says ready. */
int listen_at(long port);
void say_ready(void);

/* -1: there is none now. */
int accept_next(int listener);
void set_nodelay(int fd);

/* What can be done now: reads and answers, or sends the rest. Returns what to
 * wait for next; what is left in order to leave is to be freed by the caller.
 */
enum wants serve(struct connection *c);

/* Closes it, and frees what is in it. */
void end_connection(struct connection *c);

#endif
