/* SPDX-License-Identifier: MIT */
/* demo.c - eddy demo: the doubling service on every poller, in every style. */
#include <stdio.h>
#include <string.h>

#include "loader.h"
#include "options.h"
#include "pollers.h"
#include "process.h"

enum {
    REQUEST_SIZE = 32, /* about the numbers that people would send */
    CONNECTIONS = 10000,
    SPARE = 32
};

struct wishes {
    int64_t connections, duration_ns;
};

/* The server has a process of its own, and thus a processor, where there are
 * several. */
static bool measure(const struct wishes *wishes, const struct service *service,
                    const struct eddy_poller_ops *poller,
                    struct load_report *ret_report)
{
    struct load_plan plan = {
        .host = "127.0.0.1",
        .traffic = traffic_find(service->name),
        .connections = (size_t)wishes->connections,
        .size = REQUEST_SIZE,
        .duration_ns = wishes->duration_ns,
    };
    const struct server_plan there = {
        .service = service,
        .poller = poller,
        .cpu = ANY_CPU,
    };
    struct server_process process;
    bool ran;

    if (!process_start(&process, &there))
        return false;
    plan.port = process.port;
    ran = load_run(&plan, ret_report);
    return process_end(&process) && ran;
}

static void print_head(void)
{
    printf("\n%-8s %-10s %10s %6s %6s %10s %11s %11s\n", "poller", "style",
           "requests", "wrong", "failed", "req/s", "p50", "p99");
}

static void print_row(const struct load_report *report)
{
    char p50[QUANTILE], p99[QUANTILE];

    printf(" %10llu %6llu %6zu %10.0f %11s %11s\n",
           (unsigned long long)report->requests,
           (unsigned long long)report->wrong, report->failed,
           load_per_second(report), load_quantile(report, 500, p50, sizeof p50),
           load_quantile(report, 990, p99, sizeof p99));
}

static bool run_row(const struct wishes *wishes, const struct service *service,
                    const struct eddy_poller_ops *poller)
{
    static struct load_report report; /* 19 KiB */

    printf("%-8s %-10s", poller->name, service->style);
    if (!measure(wishes, service, poller, &report)) {
        puts(" failed");
        return false;
    }
    print_row(&report);
    if (report.failed > 0)
        complain("%zu connections failed, the first while %s: %s",
                 report.failed, report.failed_at, load_first_failure(&report));
    return load_passed(&report);
}

static int run_table(const struct wishes *wishes)
{
    const struct eddy_poller_ops *poller;
    const struct service *service;
    bool passed = true;

    print_head();
    for (size_t p = 0; (poller = eddy_poller_at(p)) != NULL; p++) {
        if (!poller_opens(poller))
            continue; /* pollers_print() has told why */
        for (size_t s = 0; (service = service_at(s)) != NULL; s++) {
            if (strcmp(service->name, "double") == 0)
                passed = run_row(wishes, service, poller) && passed;
        }
    }
    puts(passed ? "\nEvery reply was right." : "\nSomething went wrong.");
    return passed ? TOOL_DONE : TOOL_FAILED;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct wishes wishes = {
        .connections = 50,
        .duration_ns = EDDY_SECOND,
    };
    /* clang-format off */
    const struct option options[] = {
        { "--seconds", "S", "for each line of the table (1); fractions too",
          take_seconds, &wishes.duration_ns, EDDY_MS, HOUR_NS, NULL },
        { "--connections", "N", "clients at once (50)",
          take_number, &wishes.connections, 1, CONNECTIONS, NULL },
    };
    /* clang-format on */
    int status;

    if (!options_parse(command, options, sizeof options / sizeof options[0],
                       argc, argv, &status))
        return status;
    if (!descriptors_suffice(wishes.connections, SPARE) || !loop_opens())
        return TOOL_FAILED;
    printf("eddy %s knows these pollers:\n\n", eddy_version());
    pollers_print();
    return run_table(&wishes);
}

const struct command demo_command = {
    .name = "demo",
    .summary = "Serves doubled numbers on every poller, and tells how it went.",
    .run = run,
};
