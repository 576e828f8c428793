/* SPDX-License-Identifier: MIT */
/* load.c - eddy load: how fast is a service, and is it right? */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <unistd.h>

#include "loader.h"
#include "options.h"

enum {
    CONNECTIONS = 1000000, /* more is a mistake of typing */
    SPARE = 16             /* descriptors beside those of the connections */
};
#define MEMORY (INT64_C(1) << 30)

/* What the options fill in: numbers as they come, not yet as a plan. */
struct wishes {
    const char *host, *service;
    const struct eddy_poller_ops *poller;
    int64_t port, connections, duration_ns, size;
};

static void print_time(const char *name, const struct load_report *report,
                       int per_mille)
{
    char buf[QUANTILE];

    printf("%-8s %s\n", name,
           load_quantile(report, per_mille, buf, sizeof buf));
}

static void print_report(const struct load_report *report)
{
    printf("%-8s %llu\n", "requests", (unsigned long long)report->requests);
    printf("%-8s %llu\n", "wrong", (unsigned long long)report->wrong);
    printf("%-8s %zu\n", "failed", report->failed);
    printf("%-8s %.0f\n", "req/s", load_per_second(report));
    print_time("p50", report, 500);
    print_time("p99", report, 990);
    print_time("p99.9", report, 999);
}

static int judge(const struct load_plan *plan, const struct load_report *report)
{
    if (report->failed > 0)
        complain("%zu of %zu connections failed, the first while %s: %s",
                 report->failed, plan->connections, report->failed_at,
                 load_first_failure(report));
    if (report->wrong > 0)
        complain("%llu replies were wrong: is there the service '%s'?",
                 (unsigned long long)report->wrong, plan->traffic->service);
    return load_passed(report) ? TOOL_DONE : TOOL_FAILED;
}

/* The plan, if there is one that can be carried out. */
static int make_plan(const struct wishes *wishes, struct load_plan *ret_plan)
{
    const struct traffic *traffic = traffic_find(wishes->service);

    if (wishes->size < (int64_t)traffic->least ||
        wishes->size > (int64_t)traffic->most) {
        complain("--size: a request to '%s' has %zu to %zu bytes",
                 traffic->service, traffic->least, traffic->most);
        return TOOL_MISUSED;
    }
    if (wishes->connections > MEMORY / 2 / wishes->size) {
        complain("%lld connections of %lld bytes are too much: fewer of one or"
                 " of the other",
                 (long long)wishes->connections, (long long)wishes->size);
        return TOOL_MISUSED;
    }
    if (!descriptors_suffice(wishes->connections, SPARE))
        return TOOL_FAILED;
    *ret_plan = (struct load_plan){
        .host = wishes->host,
        .port = (uint16_t)wishes->port,
        .poller = wishes->poller,
        .traffic = traffic,
        .connections = (size_t)wishes->connections,
        .size = (size_t)wishes->size,
        .duration_ns = wishes->duration_ns,
        .progress = isatty(STDERR_FILENO) == 1,
    };
    return TOOL_DONE;
}

static int carry_out(const struct wishes *wishes)
{
    struct load_plan plan;
    struct load_report report;
    int status = make_plan(wishes, &plan);

    if (status != TOOL_DONE)
        return status;
    if (!load_run(&plan, &report))
        return TOOL_FAILED;
    print_report(&report);
    return judge(&plan, &report);
}

static int run(const struct command *command, int argc, char **argv)
{
    static const char *const services[] = { "echo", "double", NULL };
    struct wishes wishes = {
        .service = "echo",
        .connections = 50,
        .duration_ns = 5 * EDDY_SECOND,
        .size = 64,
    };
    /* clang-format off */
    const struct option options[] = {
        { "HOST", NULL, "a name or a number",
          take_text, &wishes.host, 0, 0, NULL },
        { "PORT", NULL, "from 1 to 65535",
          take_number, &wishes.port, 1, 65535, NULL },
        { "--connections", "N", "that many at once (50)",
          take_number, &wishes.connections, 1, CONNECTIONS, NULL },
        { "--seconds", "S", "for so long (5); fractions are fine",
          take_seconds, &wishes.duration_ns, EDDY_MS, 24 * HOUR_NS, NULL },
        { "--size", "B", "bytes of a request (64)",
          take_number, &wishes.size, 1, 1 << 20, NULL },
        { "--service", "NAME", "what is there: echo (the default) or double",
          take_choice, &wishes.service, 0, 0, services },
        { "--poller", "NAME", "how it waits; see 'eddy pollers'",
          take_poller, &wishes.poller, 0, 0, NULL },
    };
    /* clang-format on */
    int status;

    if (!options_parse(command, options, sizeof options / sizeof options[0],
                       argc, argv, &status))
        return status;
    return carry_out(&wishes);
}

const struct command load_command = {
    .name = "load",
    .summary = "Keeps a service busy, checks every reply, and takes the time.",
    .run = run,
};
