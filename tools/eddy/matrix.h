/* SPDX-License-Identifier: MIT */
/*
 * matrix.h - workloads x pollers x styles, and what was measured of each.
 *
 * First each cell is tried once and counted, which warms up, too; then come the
 * rounds, in each of which all cells take turns: what slows the machine down
 * for a while slows down all of them. Every other round goes backwards.
 */
#ifndef MATRIX_H
#define MATRIX_H

#include "measure.h"
#include "trial.h"

struct settings {
    /* Bit sets: of indexes as in workload_at(), style_at(), eddy_poller_at().
     */
    uint64_t workloads, styles, pollers;
    int64_t connections; /* 0: as the workload has it */
    int64_t size;        /* likewise, and if the workload can have it */
    int64_t parts, idle, rounds;
    int64_t duration_ns;
    int server_cpu, load_cpu;
};

struct cell {
    struct trial trial;
    const struct cell *callback; /* its like in that style, or NULL */
    struct series of[MEASURES];
    struct histogram latency; /* of all rounds */
    uint64_t requests;        /* likewise */
    bool failed;              /* not all went well: it is tried no more */
};

struct matrix {
    struct settings settings;
    struct cell *cells; /* by workload, then by poller, then by style */
    size_t count;
};

/* Both complain by themselves. Pollers that do not open are left out. */
bool matrix_init(struct matrix *matrix, const struct settings *settings);
/* false: a cell failed. */
bool matrix_run(struct matrix *matrix);
void matrix_done(struct matrix *matrix);

/* The cells of the same workload from `first` on: how many. */
size_t matrix_section(const struct matrix *matrix, size_t first);

struct summary cell_summary(const struct cell *cell, enum measure measure);

#endif
