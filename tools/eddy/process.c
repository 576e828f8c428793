/* SPDX-License-Identifier: MIT */
/* process.c - starts a server beside us, and ends it. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <eddy/process.h>

#include "process.h"
#include "tool.h"
#include "upstream.h"

/* A server that takes longer than that to begin or to end is broken. */
#define SERVER_NS (10 * EDDY_SECOND)

enum { WHERE = 64 }; /* "127.0.0.1 40000\n" has room */

/* ---- There -------------------------------------------------------------- */

struct child {
    struct server server;
    struct upstreams upstreams;
    struct counter counter;
    bool counted;
    struct eddy_stream *control;
    char word[1];
};

static int listen_to_control(struct child *child);

static int tell_usage(struct child *child)
{
    struct usage usage;
    char line[USAGE_LINE];

    usage_take(&usage, child->counted ? &child->counter : NULL,
               child->server.loop);
    usage.clients = server_count(&child->server);
    usage_format(&usage, line, sizeof line);
    return eddy_send(child->control, line, strlen(line));
}

static void on_word(struct eddy_result result, void *arg)
{
    struct child *child = arg;

    if (result.n == -ECANCELED)
        return; /* the loop has come to its end before */
    if (result.n > 0 && tell_usage(child) >= 0 && listen_to_control(child) == 0)
        return;
    eddy_stream_free(child->control, true);
    server_stop(&child->server);
}

static int listen_to_control(struct child *child)
{
    return eddy_start(child->server.loop,
                      eddy_read(child->control, child->word, 1), on_word, child,
                      NULL);
}

static int tell_where(struct child *child)
{
    char where[WHERE];
    int err = server_where(&child->server, where, sizeof where - 1);

    if (err < 0)
        return err;
    strcat(where, "\n");
    return eddy_send(child->control, where, strlen(where));
}

static struct eddy_loop *open_loop(struct child *child,
                                   const struct server_plan *plan)
{
    struct eddy_loop_options options = { .poller = plan->poller };

    child->counted = plan->counted;
    counter_init(&child->counter);
    if (plan->counted) {
        options.sys = &child->counter.sys;
        options.mem = child->counter.mem;
    }
    return loop_open_with(&options);
}

static int open_service(struct child *child, struct eddy_loop *loop,
                        const struct server_plan *plan)
{
    int err =
        upstreams_open(&child->upstreams, loop, plan->ask, plan->upstreams);

    if (err < 0)
        complain("cannot connect to the server that is asked: %s",
                 eddy_strerror(err));
    if (err == 0)
        err = server_open(&child->server, loop, plan->service, "127.0.0.1", 0);
    if (err < 0)
        return err;
    child->server.upstreams = &child->upstreams;
    if (plan->counted)
        child->server.mem = child->counter.mem;
    return 0;
}

/* Returns how the process ends. */
static int serve(const struct server_plan *plan, int control)
{
    struct child child = { 0 };
    struct eddy_loop *loop = open_loop(&child, plan);
    int err = -ENOMEM;

    cpu_pin(plan->cpu);
    if (loop != NULL)
        err = eddy_stream_new(&child.control, loop, control);
    if (err == 0)
        err = open_service(&child, loop, plan);
    if (err == 0)
        err = tell_where(&child);
    if (err >= 0)
        err = listen_to_control(&child);
    if (err >= 0)
        err = eddy_loop_run(loop);
    eddy_loop_free(loop);
    upstreams_close(&child.upstreams);
    return err < 0 ? TOOL_FAILED : TOOL_DONE;
}

/* ---- Here --------------------------------------------------------------- */

/* *ret_control is our end of the pair. */
static pid_t fork_server(const struct server_plan *plan, int *ret_control)
{
    int pair[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return -1;
    (void)output_flush(); /* lest both print what waits in the buffer */
    pid = fork();
    if (pid == 0) {
        close(pair[0]);
        _exit(serve(plan, pair[1]));
    }
    close(pair[1]);
    if (pid < 0)
        close(pair[0]);
    else
        *ret_control = pair[0];
    return pid;
}

static int hear_where(struct server_process *process)
{
    char where[WHERE];
    struct eddy_result line = eddy_loop_run_until(
        process->loop,
        eddy_within(SERVER_NS,
                    eddy_read_line(process->control, where, sizeof where)));

    if (line.n == 0)
        return -ECHILD; /* it is gone, and has told why */
    if (line.n > 0)
        process->port = (uint16_t)strtoul(strchr(where, ' ') + 1, NULL, 10);
    return line.n < 0 ? (int)line.n : 0;
}

/* The loop is made after the fork: otherwise it would have to be told. */
static bool meet_server(struct server_process *process, int control)
{
    int err;

    process->loop = loop_open(NULL);
    if (process->loop == NULL) {
        close(control);
        return false; /* loop_open() has told why */
    }
    err = eddy_stream_new(&process->control, process->loop, control);
    if (err < 0)
        close(control);
    else
        err = hear_where(process);
    if (err < 0 && err != -ECHILD)
        complain("the server does not begin: %s", eddy_strerror(err));
    return err == 0;
}

bool process_start(struct server_process *process,
                   const struct server_plan *plan)
{
    int control;

    *process = (struct server_process){ 0 };
    process->pid = fork_server(plan, &control);
    if (process->pid < 0) {
        complain("cannot start a server: %s", eddy_strerror(errno));
        return false;
    }
    if (meet_server(process, control))
        return true;
    process_end(process);
    return false;
}

bool process_usage(struct server_process *process, struct usage *ret_usage)
{
    char line[USAGE_LINE];
    struct eddy_result heard;
    int err = eddy_send(process->control, "?", 1);

    if (err >= 0) {
        heard = eddy_loop_run_until(
            process->loop,
            eddy_within(SERVER_NS,
                        eddy_read_line(process->control, line, sizeof line)));
        err = heard.n == 0 ? -ENODATA : (int)heard.n;
    }
    if (err > 0 && usage_parse(ret_usage, line))
        return true;
    complain("the server does not tell what it has used: %s",
             eddy_strerror(err < 0 ? err : -EPROTO));
    return false;
}

static void kill_server(const struct server_process *process)
{
    kill(process->pid, SIGKILL);
    waitpid(process->pid, NULL, 0);
}

static bool wait_for_end(struct server_process *process)
{
    struct eddy_result end;

    if (process->loop == NULL) { /* nor can we wait for it */
        kill_server(process);
        return false;
    }
    end = eddy_loop_run_until(
        process->loop, eddy_within(SERVER_NS, eddy_child_exit(process->pid)));
    if (end.n > 0)
        complain("the server failed: status %lld", (long long)end.n);
    if (end.n < 0) {
        complain("the server does not end: %s", eddy_strerror((int)end.n));
        kill_server(process);
    }
    return end.n == 0;
}

bool process_end(struct server_process *process)
{
    bool well;

    eddy_stream_free(process->control, false); /* tells it that it is enough */
    well = wait_for_end(process);
    eddy_loop_free(process->loop);
    return well;
}
