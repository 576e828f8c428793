/* SPDX-License-Identifier: MIT */
/* servers.c - the doubling service with calls that block, as it was before
 * there was anything to wait for many: one client at a time. It runs in a
 * process of its own; the clients are tasks here. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L /* with -std=c11, too */
#endif

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <eddy/process.h>

#include "stage.h"

/* ---- The service --------------------------------------------------------- */

static bool logging;

static void log_text(const char *what, const char *text)
{
    if (logging) {
        printf("  server  %s%.*s\n", what, (int)strcspn(text, "\n"), text);
        fflush(stdout);
    }
}

static void algorithm(const char *text, char *reply, size_t size)
{
    char *end;
    long n = strtol(text, &end, 10);

    if (end == text || *end != '\n' || n > LONG_MAX / 2 || n < LONG_MIN / 2)
        snprintf(reply, size, "ERROR\n");
    else
        snprintf(reply, size, "%ld\n", 2 * n);
}

static void handle(int fd)
{
    FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
    char line[100], reply[100];

    while (fgets(line, sizeof line, in) != NULL && line[0] != '\n') {
        log_text("data: ", line);
        algorithm(line, reply, sizeof reply);
        log_text("sending ", reply);
        if (fputs(reply, out) < 0 || fflush(out) != 0)
            break;
    }
    log_text("closing the socket", "");
    fclose(in);
    fclose(out);
}

static void leave(int signum)
{
    (void)signum;
    _exit(0);
}

static void serve_for_ever(int listener)
{
    signal(SIGINT, leave);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            _exit(1);
        log_text("connected", "");
        handle(fd);
    }
}

/* Begins it in a process of its own, which is its pid. It is listening already,
 * so that a client may come at once. */
static pid_t start_server(const struct eddy_endpoint *at)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    pid_t pid;

    snprintf(address.sun_path, sizeof address.sun_path, "%s", at->path);
    unlink(address.sun_path);
    must(bind(listener, (struct sockaddr *)&address, sizeof address) == 0
             ? listen(listener, 5)
             : -errno);
    fflush(stdout);
    pid = (pid_t)must(fork());
    if (pid == 0)
        serve_for_ever(listener);
    close(listener);
    return pid;
}

static struct eddy_result stop_server(struct eddy_task *self, void *pid)
{
    int status;

    kill(*(pid_t *)pid, SIGINT);
    status = (int)must(eddy_await(self, eddy_child_exit(*(pid_t *)pid)));
    say("the server has ended: %s",
        WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "well" : "badly");
    unlink(stage_door(0).path);
    return eddy_n(0);
}

/* ---- The clients --------------------------------------------------------- */

/* Sends the line and prints the reply. */
static void ask(struct eddy_task *self, struct eddy_stream *stream,
                const char *name, const char *line)
{
    char reply[100];
    int64_t n;

    must(eddy_printf(stream, "%s\n", line));
    n = must(eddy_await(self, eddy_read_line(stream, reply, sizeof reply)));
    say("%s: %s -> %.*s", name, line, (int)(n > 0 ? n - 1 : 0), reply);
}

/* ---- EG9: the second client waits until the first has gone --------------- */

static struct eddy_result second_client(struct eddy_task *self, void *stream)
{
    ask(self, stream, "second client", "3");
    return eddy_n(eddy_await(self, eddy_close(stream)));
}

static struct eddy_result two_clients(struct eddy_task *self, void *arg)
{
    struct eddy_endpoint at = stage_door(0);
    struct eddy_stream *first, *second;
    pid_t pid = start_server(&at);
    struct eddy_scope scope;

    (void)arg;
    must(eddy_await(self, eddy_connect(&at, &first)));
    must(eddy_await(self, eddy_connect(&at, &second)));
    must(eddy_scope_open(self, &scope, NULL));
    must(eddy_spawn(&scope, second_client, second, NULL));
    for (int i = 0; i < 3; i++)
        ask(self, first, "first client", "21");
    say("first client: goes");
    must(eddy_await(self, eddy_close(first)));
    must(eddy_scope_close(&scope, 0));
    return stop_server(self, &pid);
}

static void eg9(struct eddy_loop *loop)
{
    logging = false;
    must(eddy_loop_run_task(loop, two_clients, NULL).n);
}

/* ---- EG10: what is no number is an error, and no reason to go ------------ */

static struct eddy_result one_client(struct eddy_task *self, void *arg)
{
    struct eddy_endpoint at = stage_door(0);
    pid_t pid = start_server(&at);
    struct eddy_stream *stream;
    char byte;

    (void)arg;
    must(eddy_await(self, eddy_connect(&at, &stream)));
    ask(self, stream, "client", "21");
    ask(self, stream, "client", "twenty-one");
    ask(self, stream, "client", "-4");
    must(eddy_printf(stream, "\n"));
    say("client: after an empty line it is %s",
        eddy_await(self, eddy_read(stream, &byte, 1)) == 0 ? "closed" : "open");
    must(eddy_await(self, eddy_close(stream)));
    return stop_server(self, &pid);
}

static void eg10(struct eddy_loop *loop)
{
    logging = true;
    must(eddy_loop_run_task(loop, one_client, NULL).n);
}

int main(int argc, char **argv)
{
    static const struct play plays[] = {
        { "EG9", "the second client waits until the first has gone", eg9 },
        { "EG10", "what is no number is an error, no reason to go", eg10 },
    };

    return stage(plays, sizeof plays / sizeof plays[0], argc, argv);
}
