/* SPDX-License-Identifier: MIT */
/*
 * process.h - a server in a process of its own.
 *
 * A socket pair ties it to us:
 *
 *     server --> "127.0.0.1 40000\n" --> us    it is ready
 *     server <--     end of file     <-- us    enough; also if we die
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "server.h"

struct server_process {
    pid_t pid;
    uint16_t port; /* at 127.0.0.1 */
    struct eddy_loop *loop;
    struct eddy_stream *control;
};

/* Both complain by themselves. Each process that was started is to be ended;
 * false: there is none. */
bool process_start(struct server_process *process,
                   const struct service *service,
                   const struct eddy_poller_ops *poller);
/* true: it ended, and well. */
bool process_end(struct server_process *process);

#endif
