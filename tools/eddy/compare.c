/* SPDX-License-Identifier: MIT */
/* compare.c - eddy compare: what each style costs, on each poller. */
#include <stdio.h>

#include "cpu.h"
#include "matrix.h"
#include "options.h"
#include "page.h"
#include "parts.h"
#include "print.h"

enum {
    CONNECTIONS = 10000,
    IDLE_MOST = 20000,
    ROUNDS = 1000,
    NAMES = 16 /* of workloads, styles or pollers */
};

struct wishes {
    struct settings settings;
    bool json, csv;
    const char *html;
};

/* What can be chosen from, for take_choices(). */
struct names {
    const char *workloads[NAMES], *styles[NAMES], *pollers[NAMES];
};

static void find_names(struct names *names)
{
    const struct workload *workload;
    const struct eddy_poller_ops *poller;
    const char *style;

    *names = (struct names){ 0 };
    for (size_t i = 0; i < NAMES - 1; i++) {
        if ((workload = workload_at(i)) != NULL)
            names->workloads[i] = workload->name;
        if ((style = style_at(i)) != NULL)
            names->styles[i] = style;
        if ((poller = eddy_poller_at(i)) != NULL)
            names->pollers[i] = poller->name;
        if (workload == NULL && style == NULL && poller == NULL)
            return;
    }
}

/* A page that cannot be written is better known of before the wait; one that is
 * there already stays until there is another. */
static bool open_page(const char *name, FILE **ret_file)
{
    *ret_file = NULL;
    if (name == NULL)
        return true;
    *ret_file = fopen(name, "a");
    if (*ret_file == NULL)
        complain("cannot write %s: %s", name, eddy_strerror(errno));
    return *ret_file != NULL;
}

static bool write_page(FILE *file, const char *name,
                       const struct matrix *matrix,
                       const struct machine *machine)
{
    int err;

    if (file == NULL)
        return true;
    file = freopen(name, "w", file);
    err = file != NULL ? 0 : errno;
    if (file != NULL)
        page_write(file, matrix, machine);
    if (file != NULL && ferror(file))
        err = EIO;
    if (file != NULL && fclose(file) != 0)
        err = errno;
    if (err != 0)
        complain("cannot write %s: %s", name, eddy_strerror(err));
    return err == 0;
}

static int carry_out(const struct wishes *wishes)
{
    struct machine machine;
    struct matrix matrix;
    FILE *page;
    bool passed;

    if (!loop_opens() || !matrix_init(&matrix, &wishes->settings))
        return TOOL_FAILED;
    if (!open_page(wishes->html, &page)) {
        matrix_done(&matrix);
        return TOOL_FAILED;
    }
    passed = matrix_run(&matrix);
    machine_find(&machine);
    if (wishes->json)
        print_json(&matrix, &machine);
    else if (wishes->csv)
        print_csv(&matrix);
    else
        print_table(&matrix, &machine);
    passed = write_page(page, wishes->html, &matrix, &machine) && passed;
    matrix_done(&matrix);
    return passed ? TOOL_DONE : TOOL_FAILED;
}

/* The server gets a processor of its own if there are two. */
static void choose_processors(struct settings *settings)
{
    settings->server_cpu = settings->load_cpu = ANY_CPU;
    if (cpu_at(1) == ANY_CPU)
        return;
    settings->server_cpu = cpu_at(0);
    settings->load_cpu = cpu_at(1);
}

static int run(const struct command *command, int argc, char **argv)
{
    struct names names;
    struct wishes wishes = {
        .settings = { .workloads = UINT64_MAX,
                      .styles = UINT64_MAX,
                      .pollers = UINT64_MAX,
                      .parts = 10,
                      .idle = 500,
                      .rounds = 5,
                      .duration_ns = EDDY_SECOND / 2 },
    };
    struct settings *s = &wishes.settings;
    /* clang-format off */
    const struct option options[] = {
        { "--workloads", "LIST", "of echo, double, fanout, chain, timers,"
          " broadcast (all)",
          take_choices, &s->workloads, 0, 0, names.workloads },
        { "--styles", "LIST", "of callback, deferred, coroutine (all)",
          take_choices, &s->styles, 0, 0, names.styles },
        { "--pollers", "LIST", "see 'eddy pollers' (all that open)",
          take_choices, &s->pollers, 0, 0, names.pollers },
        { "--seconds", "S", "for each round of each (0.5); fractions are fine",
          take_seconds, &s->duration_ns, EDDY_MS, HOUR_NS, NULL },
        { "--rounds", "R", "that many, of which the medians count (5)",
          take_number, &s->rounds, 1, ROUNDS, NULL },
        { "--connections", "N", "at once (5 to 50, as the workload has it)",
          take_number, &s->connections, 1, CONNECTIONS, NULL },
        { "--size", "B", "bytes of a request, where it can be chosen (32 to"
          " 4096)",
          take_number, &s->size, 4, 4096, NULL },
        { "--parts", "N", "questions, steps or timers of a request (10)",
          take_number, &s->parts, 1, PARTS_MOST, NULL },
        { "--idle", "N", "connections to find what one takes (500)",
          take_number, &s->idle, 10, IDLE_MOST, NULL },
        { "--json", NULL, "print it for programs",
          take_switch, &wishes.json, 0, 0, NULL },
        { "--csv", NULL, "print it for spreadsheets",
          take_switch, &wishes.csv, 0, 0, NULL },
        { "--html", "FILE", "write a page, too, with plots and sources",
          take_text, &wishes.html, 0, 0, NULL },
    };
    /* clang-format on */
    int status;

    find_names(&names);
    choose_processors(s);
    if (!options_parse(command, options, sizeof options / sizeof options[0],
                       argc, argv, &status))
        return status;
    if (wishes.json && wishes.csv) {
        complain("compare: --json and --csv are one too many");
        return TOOL_MISUSED;
    }
    return carry_out(&wishes);
}

const struct command compare_command = {
    .name = "compare",
    .summary = "Measures what each style costs, on each poller.",
    .run = run,
};
