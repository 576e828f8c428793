/* SPDX-License-Identifier: MIT */
/* measure.c - names of measures; medians and quartiles. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

const struct measure_info measure_info[MEASURES] = {
    [RATE] = { "requests_per_s", "req/s", "", 0,
               "Requests that were answered in a second." },
    [P50] = { "p50_us", "p50", "us", 1,
              "Half of the requests were answered within so long." },
    [P99] = { "p99_us", "p99", "us", 1, "99 % of them were." },
    [P999] = { "p999_us", "p99.9", "us", 1, "99.9 % of them were." },
    [CPU] = { "cpu_us", "CPU", "us", 2,
              "What a request took of the server's processor, in the program "
              "and in the system for it." },
    [TAX] = { "cpu_to_callback", "to cb", "", 2,
              "That, as a multiple of what callbacks took in the same round." },
    [CALLS] = { "calls", "calls", "", 2,
                "System calls for a request: of operations, waits, and changes "
                "of what is watched." },
    [ALLOCATIONS] = { "allocations", "allocs", "", 2,
                      "Times that memory was asked for, for a request." },
    [IDLE] = { "idle_bytes", "idle", "B", 0,
               "Memory of the server's for a connection that says nothing." },
    [LINES] = { "lines", "lines", "", 0,
                "Lines of code of the example in this style, without comments "
                "and blank lines." },
};

int measure_decimals(enum measure measure, double value)
{
    int decimals = measure_info[measure].decimals;

    for (double limit = 100; value >= limit && decimals > 0; limit *= 10)
        decimals--;
    return decimals;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Between two values where there is none. */
static double quantile(const double *sorted, size_t count, double part)
{
    double at = part * (double)(count - 1);
    size_t below = (size_t)at;
    size_t above = below + 1 < count ? below + 1 : below;

    return sorted[below] + (sorted[above] - sorted[below]) * (at - floor(at));
}

struct summary series_summary(const struct series *series)
{
    size_t size = series->count * sizeof *series->values;
    double *sorted = size > 0 ? malloc(size) : NULL;
    struct summary summary = { nan(""), nan(""), nan("") };

    if (sorted == NULL)
        return summary;
    memcpy(sorted, series->values, size);
    qsort(sorted, series->count, sizeof *sorted, compare);
    summary.median = quantile(sorted, series->count, 0.5);
    summary.low = quantile(sorted, series->count, 0.25);
    summary.high = quantile(sorted, series->count, 0.75);
    free(sorted);
    return summary;
}
