/* SPDX-License-Identifier: MIT */
/* measure.h - what is measured, and what can be said of several rounds. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stddef.h>

enum measure {
    RATE,
    P50,
    P99,
    P999,
    CPU,
    TAX,
    CALLS,
    ALLOCATIONS,
    IDLE,
    LINES,
    MEASURES
};

struct measure_info {
    const char *key;  /* for programs: "requests_per_s" */
    const char *head; /* for people: "req/s" */
    const char *unit; /* "us", or "" */
    int decimals;
    const char *what; /* a sentence */
};
extern const struct measure_info measure_info[MEASURES];

/* Fewer for a value that has many digits before the point. */
int measure_decimals(enum measure measure, double value);

/* One value for each round, or one for all. */
struct series {
    double *values; /* sorted by nobody: in the order of the rounds */
    size_t count;
};

/* The middle half of the values lies from low to high. NaN if there are none.
 */
struct summary {
    double median, low, high;
};
struct summary series_summary(const struct series *series);

#endif
