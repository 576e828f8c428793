/* SPDX-License-Identifier: MIT */
/* serve.c - eddy serve: a server until it is told to stop. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <signal.h>
#include <stdio.h>

#include <eddy/process.h>

#include "options.h"
#include "server.h"

/* More connections than that need a better limit from whoever starts it. */
enum { DESCRIPTORS = 1 << 20 };

struct plan {
    const char *service, *style;
    const struct eddy_poller_ops *poller;
    const char *host;
    int64_t port, grace_ns; /* 0: the server's own */
};

static void on_signal(struct eddy_result result, void *arg)
{
    if (result.n > 0)
        server_stop(arg);
}

/* In the background: a server without clients that has stopped is to end, not
 * to wait for another signal. */
static int stop_on(struct server *server, int signum,
                   struct eddy_request **ret_request)
{
    int err = eddy_start(server->loop, eddy_signals(signum), on_signal, server,
                         ret_request);

    if (err == 0)
        eddy_request_background(*ret_request, true);
    return err;
}

static int announce(const struct server *server)
{
    char where[64];
    int err = server_where(server, where, sizeof where);

    if (err == 0) {
        printf("ready %s\n", where);
        err = output_flush();
    }
    return err;
}

static int serve_in(struct eddy_loop *loop, const struct plan *plan)
{
    struct server server;
    struct eddy_request *terminate = NULL;
    struct eddy_request *interrupt = NULL;
    int err =
        server_open(&server, loop, service_find(plan->service, plan->style),
                    plan->host, (uint16_t)plan->port);

    if (plan->grace_ns > 0)
        server.grace_ns = plan->grace_ns;
    if (err == 0)
        err = stop_on(&server, SIGTERM, &terminate);
    if (err == 0)
        err = stop_on(&server, SIGINT, &interrupt);
    if (err == 0)
        err = announce(&server);
    if (err == 0)
        err = eddy_loop_run(loop);
    eddy_loop_free(loop); /* while `server` is there: its last clients go now */
    return err < 0 ? TOOL_FAILED : TOOL_DONE;
}

/* Not all services are there in all styles. */
static bool check_style(const struct plan *plan)
{
    struct words words = { "", 0 };
    const struct service *service;

    if (service_find(plan->service, plan->style) != NULL)
        return true;
    for (size_t i = 0; (service = service_at(i)) != NULL; i++) {
        if (service_find(plan->service, service->style) == service)
            words_add(&words, service->style);
    }
    complain("--style: no '%s' in that style: it has %s", plan->service,
             words.text);
    return false;
}

static int run(const struct command *command, int argc, char **argv)
{
    static const char *const services[] = { "double", "echo", NULL };
    static const char *const styles[] = { "callback", "deferred", "coroutine",
                                          NULL };
    struct plan plan = { .style = "callback", .host = "127.0.0.1" };
    /* clang-format off */
    const struct option options[] = {
        { "SERVICE", NULL, "double or echo",
          take_choice, &plan.service, 0, 0, services },
        { "--style", "STYLE", "callback (the default), deferred or coroutine",
          take_choice, &plan.style, 0, 0, styles },
        { "--poller", "NAME", "how it waits; see 'eddy pollers'",
          take_poller, &plan.poller, 0, 0, NULL },
        { "--host", "HOST", "where to listen (127.0.0.1)",
          take_text, &plan.host, 0, 0, NULL },
        { "--port", "N", "0, the default, picks one",
          take_number, &plan.port, 0, 65535, NULL },
        { "--grace", "S", "for clients when it stops (0.7); fractions are fine",
          take_seconds, &plan.grace_ns, EDDY_MS, 24 * HOUR_NS, NULL },
    };
    /* clang-format on */
    int status;

    if (!options_parse(command, options, sizeof options / sizeof options[0],
                       argc, argv, &status))
        return status;
    if (!check_style(&plan))
        return TOOL_MISUSED;

    descriptors_raise(DESCRIPTORS);
    struct eddy_loop *loop = loop_open(plan.poller);
    return loop != NULL ? serve_in(loop, &plan) : TOOL_FAILED;
}

const struct command serve_command = {
    .name = "serve",
    .summary = "Serves over TCP until SIGTERM or SIGINT.",
    .run = run,
};
