/* SPDX-License-Identifier: MIT */
/* matrix.c - fills the cells. */
#include <stdlib.h>
#include <string.h>

#include "matrix.h"
#include "pollers.h"
#include "progress.h"
#include "source.h"
#include "tool.h"

/* ---- Cells -------------------------------------------------------------- */

static bool has(uint64_t set, size_t index)
{
    return (set >> index & 1) != 0;
}

static struct trial plan_trial(const struct settings *settings,
                               const struct workload *workload,
                               const struct eddy_poller_ops *poller,
                               const char *style)
{
    const struct traffic *traffic = traffic_find(workload->name);
    struct trial trial = {
        .workload = workload,
        .service = service_find(workload->name, style),
        .poller = poller,
        .connections = workload->connections,
        .size = workload->size,
        .parts = (int)settings->parts,
        .duration_ns = settings->duration_ns,
        .server_cpu = settings->server_cpu,
        .load_cpu = settings->load_cpu,
    };

    if (settings->connections > 0)
        trial.connections = (size_t)settings->connections;
    if (settings->size >= (int64_t)traffic->least &&
        settings->size <= (int64_t)traffic->most)
        trial.size = (size_t)settings->size;
    return trial;
}

static bool add_cell(struct matrix *matrix, const struct trial *trial)
{
    size_t rounds = (size_t)matrix->settings.rounds;
    struct cell *cell = &matrix->cells[matrix->count++];
    double *values = calloc(MEASURES * rounds, sizeof *values);

    *cell = (struct cell){ .trial = *trial };
    for (enum measure m = RATE; m < MEASURES; m++)
        cell->of[m].values = values != NULL ? values + m * rounds : NULL;
    return values != NULL;
}

static bool add_styles(struct matrix *matrix, const struct workload *workload,
                       const struct eddy_poller_ops *poller)
{
    const struct cell *callback = NULL;
    const char *style;

    for (size_t s = 0; (style = style_at(s)) != NULL; s++) {
        struct trial trial =
            plan_trial(&matrix->settings, workload, poller, style);

        if (!has(matrix->settings.styles, s) || trial.service == NULL)
            continue;
        if (!add_cell(matrix, &trial))
            return false;
        struct cell *cell = &matrix->cells[matrix->count - 1];
        if (s == 0)
            callback = cell;
        cell->callback = callback;
    }
    return true;
}

static bool add_pollers(struct matrix *matrix, const struct workload *workload)
{
    const struct eddy_poller_ops *poller;
    bool added = true;

    for (size_t p = 0; added && (poller = eddy_poller_at(p)) != NULL; p++) {
        if (has(matrix->settings.pollers, p) && poller_opens(poller))
            added = add_styles(matrix, workload, poller);
    }
    return added;
}

static size_t count_all(void)
{
    size_t workloads = 0, styles = 0, pollers = 0;

    while (workload_at(workloads) != NULL)
        workloads++;
    while (style_at(styles) != NULL)
        styles++;
    while (eddy_poller_at(pollers) != NULL)
        pollers++;
    return workloads * styles * pollers;
}

static bool check_descriptors(const struct matrix *matrix)
{
    size_t most = 0;

    for (size_t i = 0; i < matrix->count; i++) {
        struct trial trial = matrix->cells[i].trial;

        trial.idle = (size_t)matrix->settings.idle;
        if (trial_descriptors(&trial) > most)
            most = trial_descriptors(&trial);
    }
    return descriptors_suffice((int64_t)most, 0);
}

bool matrix_init(struct matrix *matrix, const struct settings *settings)
{
    const struct workload *workload;
    bool added = true;

    *matrix = (struct matrix){ .settings = *settings };
    matrix->cells = calloc(count_all() + 1, sizeof *matrix->cells);
    for (size_t w = 0; added && (workload = workload_at(w)) != NULL; w++) {
        if (has(settings->workloads, w))
            added = matrix->cells != NULL && add_pollers(matrix, workload);
    }
    if (!added)
        complain("no memory for what is to be measured");
    else if (matrix->count == 0)
        complain("none of these pollers opens: see 'eddy pollers'");
    if (added && matrix->count > 0 && check_descriptors(matrix))
        return true;
    matrix_done(matrix);
    return false;
}

void matrix_done(struct matrix *matrix)
{
    for (size_t i = 0; i < matrix->count; i++)
        free(matrix->cells[i].of[0].values);
    free(matrix->cells);
    *matrix = (struct matrix){ .count = 0 };
}

size_t matrix_section(const struct matrix *matrix, size_t first)
{
    const struct workload *workload = matrix->cells[first].trial.workload;
    size_t next = first;

    while (next < matrix->count &&
           matrix->cells[next].trial.workload == workload)
        next++;
    return next - first;
}

struct summary cell_summary(const struct cell *cell, enum measure measure)
{
    return series_summary(&cell->of[measure]);
}

/* ---- Filling them ------------------------------------------------------- */

static void add(struct cell *cell, enum measure measure, double value)
{
    struct series *series = &cell->of[measure];

    series->values[series->count++] = value;
}

static void add_quantile(struct cell *cell, enum measure measure,
                         const struct histogram *latency, int per_mille)
{
    int64_t ns = histogram_quantile(latency, per_mille);

    add(cell, measure, (double)ns / 1e3);
}

static void add_histogram(struct histogram *sum, const struct histogram *more)
{
    sum->count += more->count;
    if (more->most > sum->most)
        sum->most = more->most;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        sum->buckets[i] += more->buckets[i];
}

static void note_counts(struct cell *cell, const struct outcome *outcome)
{
    double requests = (double)outcome->load.requests;
    size_t lines = source_lines(
        source_find(cell->trial.workload->example, cell->trial.service->style));

    add(cell, CALLS, (double)outcome->calls / requests);
    add(cell, ALLOCATIONS, (double)outcome->allocations / requests);
    if (outcome->idle_bytes >= 0)
        add(cell, IDLE, outcome->idle_bytes);
    if (lines > 0)
        add(cell, LINES, (double)lines);
}

static void note_times(struct cell *cell, const struct outcome *outcome)
{
    const struct histogram *latency = &outcome->load.latency;
    double requests = (double)outcome->load.requests;

    cell->requests += outcome->load.requests;
    add_histogram(&cell->latency, latency);
    add(cell, RATE, load_per_second(&outcome->load));
    add_quantile(cell, P50, latency, 500);
    add_quantile(cell, P99, latency, 990);
    add_quantile(cell, P999, latency, 999);
    add(cell, CPU, (double)outcome->cpu_ns / 1e3 / requests);
}

static void complain_of(const struct cell *cell,
                        const struct load_report *report)
{
    const struct trial *trial = &cell->trial;

    if (report->failed > 0)
        complain("%s, %s, %s: %zu connections failed, the first while %s: %s",
                 trial->workload->name, trial->poller->name,
                 trial->service->style, report->failed, report->failed_at,
                 load_first_failure(report));
    else
        complain("%s, %s, %s: of %llu replies %llu were wrong",
                 trial->workload->name, trial->poller->name,
                 trial->service->style, (unsigned long long)report->requests,
                 (unsigned long long)report->wrong);
}

static void run_cell(struct matrix *matrix, struct cell *cell, bool counted)
{
    static struct outcome outcome; /* 19 KiB */
    struct trial trial = cell->trial;

    if (cell->failed)
        return;
    trial.idle = counted ? (size_t)matrix->settings.idle : 0;
    if (!trial_run(&trial, &outcome)) {
        cell->failed = true; /* it has said why */
    } else if (!load_passed(&outcome.load)) {
        complain_of(cell, &outcome.load);
        cell->failed = true;
    } else if (counted) {
        note_counts(cell, &outcome);
    } else {
        note_times(cell, &outcome);
    }
}

/* When the round is over: it may have gone backwards. */
static void note_taxes(struct matrix *matrix)
{
    for (size_t i = 0; i < matrix->count; i++) {
        struct cell *cell = &matrix->cells[i];
        const struct cell *callback = cell->callback;
        size_t round = cell->of[CPU].count;

        if (callback != NULL && !cell->failed && !callback->failed &&
            callback->of[CPU].values[round - 1] > 0)
            add(cell, TAX,
                cell->of[CPU].values[round - 1] /
                    callback->of[CPU].values[round - 1]);
    }
}

bool matrix_run(struct matrix *matrix)
{
    size_t rounds = (size_t)matrix->settings.rounds;
    size_t all = matrix->count * (rounds + 1);
    struct progress progress;
    bool passed = true;

    progress_begin(&progress, all);
    for (size_t done = 0; done < all; done++) {
        size_t round = done / matrix->count, i = done % matrix->count;
        struct cell *cell =
            &matrix->cells[round % 2 == 0 ? i : matrix->count - 1 - i];

        progress_show(&progress, done, cell->trial.workload->name,
                      cell->trial.poller->name, cell->trial.service->style);
        run_cell(matrix, cell, round == 0);
        if (round > 0 && i == matrix->count - 1)
            note_taxes(matrix);
    }
    progress_end(&progress);
    for (size_t i = 0; i < matrix->count; i++)
        passed = passed && !matrix->cells[i].failed;
    return passed;
}
