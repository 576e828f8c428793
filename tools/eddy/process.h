/* SPDX-License-Identifier: MIT */
/*
 * process.h - a server in a process of its own.
 *
 * A socket pair ties it to us:
 *
 *     server --> "127.0.0.1 40000\n" --> us    it is ready
 *     server <--        a byte        <-- us    what has it used?
 *     server --> a line of numbers    --> us    that
 *     server <--     end of file      <-- us    enough; also if we die
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cpu.h"
#include "server.h"
#include "usage.h"

struct server_plan {
    const struct service *service;
    const struct eddy_poller_ops *poller; /* NULL: the usual one */
    int cpu;                              /* where it runs, or ANY_CPU */
    bool counted;     /* its calls and allocations, see usage.h */
    uint16_t ask;     /* the port at 127.0.0.1 of the server that it asks: */
    size_t upstreams; /* so many connections there; mostly 0 */
};

struct server_process {
    pid_t pid;
    uint16_t port; /* at 127.0.0.1 */
    struct eddy_loop *loop;
    struct eddy_stream *control;
};

/* All complain by themselves. Each process that was started is to be ended;
 * false: there is none. */
bool process_start(struct server_process *process,
                   const struct server_plan *plan);
bool process_usage(struct server_process *process, struct usage *ret_usage);
/* true: it ended, and well. */
bool process_end(struct server_process *process);

#endif
