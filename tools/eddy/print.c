/* SPDX-License-Identifier: MIT */
/* print.c - the same numbers in three forms. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "print.h"
#include "tool.h"

/* ---- For people --------------------------------------------------------- */

enum { SPREAD = 5 };

static bool has_spread(enum measure measure)
{
    return measure == RATE || measure == CPU;
}

static int width_of(enum measure measure)
{
    return measure == RATE ? 7 : measure <= P999 ? 9 : 6;
}

static void print_head(void)
{
    printf("  %-7s %-9s", "poller", "style");
    for (enum measure m = RATE; m < MEASURES; m++) {
        const struct measure_info *info = &measure_info[m];
        char head[32];

        snprintf(head, sizeof head, "%s%s%s", info->head,
                 *info->unit != '\0' ? " " : "", info->unit);
        printf(" %*s", width_of(m), head);
        if (has_spread(m))
            printf("%*s", SPREAD, "+-");
    }
    putchar('\n');
}

/* Half of the width of the middle half of the rounds. */
static void print_spread(const struct summary *summary)
{
    if (isnan(summary->median) || summary->median <= 0)
        printf("%*s", SPREAD, "");
    else
        printf("%*.0f%%", SPREAD - 1,
               50 * (summary->high - summary->low) / summary->median);
}

static void print_cell(const struct cell *cell)
{
    printf("  %-7s %-9s", cell->trial.poller->name, cell->trial.service->style);
    if (cell->failed) {
        puts(" failed");
        return;
    }
    for (enum measure m = RATE; m < MEASURES; m++) {
        struct summary summary = cell_summary(cell, m);
        int decimals = measure_decimals(m, summary.median);

        if (isnan(summary.median))
            printf(" %*s", width_of(m), "-");
        else
            printf(" %*.*f", width_of(m), decimals, summary.median);
        if (has_spread(m))
            print_spread(&summary);
    }
    putchar('\n');
}

void print_table(const struct matrix *matrix, const struct machine *machine)
{
    size_t count;

    printf("eddy %s, %s, %ld x %s\n", eddy_version(), machine->system,
           machine->processors, machine->processor);
    for (size_t i = 0; i < matrix->count; i += count) {
        const struct trial *trial = &matrix->cells[i].trial;

        count = matrix_section(matrix, i);
        printf("\n%s: %s\n", trial->workload->name, trial->workload->summary);
        print_head();
        for (size_t c = 0; c < count; c++)
            print_cell(&matrix->cells[i + c]);
    }
    puts("\nMedians of the rounds; +- is half of what the middle half of them"
         " spans.\nto cb: CPU, as a multiple of what callbacks take in the same"
         " round.");
}

/* ---- For programs ------------------------------------------------------- */

static void print_number(double value)
{
    if (isnan(value))
        fputs("null", stdout);
    else
        printf("%.9g", value);
}

static void print_measure(const struct cell *cell, enum measure measure)
{
    struct summary summary = cell_summary(cell, measure);
    const struct series *series = &cell->of[measure];

    printf(",\n     \"%s\": {\"median\": ", measure_info[measure].key);
    print_number(summary.median);
    fputs(", \"low\": ", stdout);
    print_number(summary.low);
    fputs(", \"high\": ", stdout);
    print_number(summary.high);
    fputs(", \"rounds\": [", stdout);
    for (size_t i = 0; i < series->count; i++) {
        fputs(i > 0 ? ", " : "", stdout);
        print_number(series->values[i]);
    }
    fputs("]}", stdout);
}

static void print_cell_json(const struct cell *cell)
{
    const struct trial *trial = &cell->trial;

    printf("    {\"workload\": \"%s\", \"poller\": \"%s\", \"style\": \"%s\","
           "\n     \"connections\": %zu, \"size\": %zu, \"parts\": %d,"
           " \"requests\": %llu, \"passed\": %s",
           trial->workload->name, trial->poller->name, trial->service->style,
           trial->connections, trial->size, trial->parts,
           (unsigned long long)cell->requests, cell->failed ? "false" : "true");
    for (enum measure m = RATE; m < MEASURES; m++)
        print_measure(cell, m);
    putchar('}');
}

void print_json(const struct matrix *matrix, const struct machine *machine)
{
    const struct settings *settings = &matrix->settings;

    printf("{\"eddy\": \"%s\",\n \"system\": ", eddy_version());
    print_string(machine->system);
    fputs(",\n \"processor\": ", stdout);
    print_string(machine->processor);
    printf(",\n \"processors\": %ld,\n \"compiler\": ", machine->processors);
    print_string(machine->compiler);
    printf(",\n \"date\": \"%s\",\n \"seconds\": %.9g,\n \"rounds\": %lld,\n"
           " \"idle\": %lld,\n \"cells\": [",
           machine->date, (double)settings->duration_ns / 1e9,
           (long long)settings->rounds, (long long)settings->idle);
    for (size_t i = 0; i < matrix->count; i++) {
        fputs(i > 0 ? ",\n" : "\n", stdout);
        print_cell_json(&matrix->cells[i]);
    }
    puts("\n ]}");
}

/* What is not known is empty. */
static void print_field(double value)
{
    if (isnan(value))
        putchar(',');
    else
        printf(",%.9g", value);
}

void print_csv(const struct matrix *matrix)
{
    fputs("workload,poller,style,connections,requests,passed", stdout);
    for (enum measure m = RATE; m < MEASURES; m++)
        printf(",%s,%s_low,%s_high", measure_info[m].key, measure_info[m].key,
               measure_info[m].key);
    putchar('\n');
    for (size_t i = 0; i < matrix->count; i++) {
        const struct cell *cell = &matrix->cells[i];
        const struct trial *trial = &cell->trial;

        printf("%s,%s,%s,%zu,%llu,%s", trial->workload->name,
               trial->poller->name, trial->service->style, trial->connections,
               (unsigned long long)cell->requests, cell->failed ? "no" : "yes");
        for (enum measure m = RATE; m < MEASURES; m++) {
            struct summary summary = cell_summary(cell, m);

            print_field(summary.median);
            print_field(summary.low);
            print_field(summary.high);
        }
        putchar('\n');
    }
}
