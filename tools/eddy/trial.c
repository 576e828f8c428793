/* SPDX-License-Identifier: MIT */
/* trial.c - sets up the processes, and looks at what the server has used. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"
#include "tool.h"
#include "trial.h"

enum { SPARE = 32 };

/* One in so many of the idle connections is opened before the memory is looked
 * at for the first time: what is made once, or was free, is not counted. */
enum { AHEAD = 5 };

/* In that time a server knows of all that has connected, or it is broken. */
#define SETTLE_NS (10 * EDDY_SECOND)

static size_t upstreams_of(const struct trial *trial)
{
    size_t parts = (size_t)trial->parts;

    return trial->workload->asks ? trial->connections * parts : 0;
}

size_t trial_descriptors(const struct trial *trial)
{
    size_t busy = trial->connections + upstreams_of(trial);

    return (busy > trial->idle ? busy : trial->idle) + SPARE;
}

/* ---- In the process of the load ----------------------------------------- */

static struct load_plan plan_load(const struct trial *trial,
                                  const struct server_process *server)
{
    return (struct load_plan){
        .host = "127.0.0.1",
        .port = server->port,
        .traffic = traffic_find(trial->workload->name),
        .connections = trial->connections,
        .size = trial->size,
        .parts = trial->parts,
        .duration_ns = trial->duration_ns,
    };
}

/* When it has just so many clients: a connection is made before it is accepted,
 * and closed before it is known to be. Each question lets the server go on for
 * a turn. */
static bool usage_with(struct server_process *server, size_t clients,
                       struct usage *ret_usage)
{
    int64_t until_ns = eddy_loop_update_now(server->loop) + SETTLE_NS;

    do {
        if (!process_usage(server, ret_usage))
            return false;
        if (ret_usage->clients == (int64_t)clients)
            return true;
    } while (eddy_loop_update_now(server->loop) < until_ns);
    complain("the server has %lld clients in place of %zu",
             (long long)ret_usage->clients, clients);
    return false;
}

static struct load *open_idle(const struct load_plan *plan,
                              struct load_report *report)
{
    struct load *load = load_open(plan, report);

    if (load == NULL || report->failed == 0)
        return load;
    complain("%zu of %zu idle connections failed, the first while %s: %s",
             report->failed, plan->connections, report->failed_at,
             load_first_failure(report));
    (void)load_close(load);
    return NULL;
}

/* What the connections that say nothing take. */
static bool try_idle(const struct trial *trial, struct server_process *server,
                     struct outcome *outcome)
{
    struct load_plan few = plan_load(trial, server);
    struct load_plan rest = few;
    struct load_report report;
    struct usage before, after;
    struct load *ahead, *load = NULL;
    bool done = false;

    few.connections = trial->idle / AHEAD + 1;
    rest.connections = trial->idle - trial->idle / AHEAD;
    ahead = open_idle(&few, &report);
    if (ahead != NULL && usage_with(server, few.connections, &before))
        load = open_idle(&rest, &report);
    if (load != NULL)
        done = usage_with(server, few.connections + rest.connections, &after);
    if (done && after.resident >= 0)
        outcome->idle_bytes = (double)(after.resident - before.resident) /
                              (double)rest.connections;
    if (load != NULL)
        done = load_close(load) && done;
    if (ahead != NULL)
        done = load_close(ahead) && done;
    return done;
}

static bool try_load(const struct trial *trial, struct server_process *server,
                     struct outcome *outcome)
{
    const struct load_plan plan = plan_load(trial, server);
    struct load *load = load_open(&plan, &outcome->load);
    struct usage before, after;
    bool done;

    if (load == NULL)
        return false;
    done =
        usage_with(server, plan.connections - outcome->load.failed, &before) &&
        load_talk(load) && process_usage(server, &after);
    if (done) {
        outcome->cpu_ns = after.cpu_ns - before.cpu_ns;
        outcome->calls = after.calls - before.calls;
        outcome->allocations = after.allocations - before.allocations;
    }
    return load_close(load) && done;
}

static bool try_server(const struct trial *trial, uint16_t ask,
                       struct outcome *outcome)
{
    const struct server_plan plan = {
        .service = trial->service,
        .poller = trial->poller,
        .cpu = trial->server_cpu,
        .counted = trial->idle > 0,
        .ask = ask,
        .upstreams = upstreams_of(trial),
    };
    struct server_process server;
    bool done = true;

    if (!process_start(&server, &plan))
        return false;
    if (trial->idle > 0)
        done = try_idle(trial, &server, outcome);
    done = done && try_load(trial, &server, outcome);
    return process_end(&server) && done;
}

static bool try_all(const struct trial *trial, struct outcome *outcome)
{
    const struct server_plan plan = {
        .service = &slow_callback,
        .cpu = trial->load_cpu,
    };
    struct server_process slow;
    bool done;

    cpu_pin(trial->load_cpu);
    if (!trial->workload->asks)
        return try_server(trial, 0, outcome);
    if (!process_start(&slow, &plan))
        return false;
    done = try_server(trial, slow.port, outcome);
    return process_end(&slow) && done;
}

/* ---- In ours ------------------------------------------------------------ */

/* All of a struct through a pipe: it is large, and may come in pieces. */
static bool send_outcome(int fd, const struct outcome *outcome)
{
    const char *bytes = (const char *)outcome;
    size_t sent = 0;

    while (sent < sizeof *outcome) {
        ssize_t n = write(fd, bytes + sent, sizeof *outcome - sent);
        if (n < 0 && errno != EINTR)
            return false;
        sent += n > 0 ? (size_t)n : 0;
    }
    return true;
}

static bool receive_outcome(int fd, struct outcome *ret_outcome)
{
    char *bytes = (char *)ret_outcome;
    size_t received = 0;
    ssize_t n = 1;

    while (received < sizeof *ret_outcome && n != 0) {
        n = read(fd, bytes + received, sizeof *ret_outcome - received);
        if (n < 0 && errno != EINTR)
            return false;
        received += n > 0 ? (size_t)n : 0;
    }
    return received == sizeof *ret_outcome;
}

static int run_load(const struct trial *trial, int fd)
{
    static struct outcome outcome; /* 19 KiB */

    outcome.idle_bytes = -1;
    if (!try_all(trial, &outcome) || !send_outcome(fd, &outcome))
        return TOOL_FAILED;
    return TOOL_DONE;
}

bool trial_run(const struct trial *trial, struct outcome *ret_outcome)
{
    int ends[2], status;
    pid_t pid = -1;
    bool received;

    if (pipe(ends) < 0) {
        complain("cannot begin a trial: %s", eddy_strerror(errno));
        return false;
    }
    (void)output_flush(); /* lest both print what waits in the buffer */
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        _exit(run_load(trial, ends[1]));
    }
    close(ends[1]);
    received = pid > 0 && receive_outcome(ends[0], ret_outcome);
    close(ends[0]);
    if (pid < 0)
        complain("cannot begin a trial: %s", eddy_strerror(errno));
    else
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
    return received;
}
