/* SPDX-License-Identifier: MIT */
/*
 * measure.h - what the benchmarks share: the time, and rounds.
 *
 * All that is measured takes turns in each round, and each round gives ratios
 * of its own, of which the median counts: so what slows the machine down for a
 * while slows down both sides.
 */
#ifndef EDDY_BENCH_MEASURE_H
#define EDDY_BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>

enum { ROUNDS = 101 }; /* short ones: most of them are left in peace */

struct measure {
    const char *name;
    int64_t (*run)(void *arg); /* does it `count` times: how long that took */
    void *arg;
    int count;
    double ns[ROUNDS]; /* of one, in each round */
};

int64_t now_ns(void);

/* Sorts them. */
double median(double *values, size_t count);

/* Runs each of them `batches` times in each round. */
void measure(struct measure *measures, size_t count, int batches);

/* Prints `name` and what each of `count` has taken since start_ns. */
void print_since(const char *name, int64_t start_ns, long count);

/* Prints the lines name_ns, and name_ratio if there is one `to` measure by. */
void print_ns(const struct measure *of);
void print_ratio(const struct measure *of, const struct measure *to);

#endif
