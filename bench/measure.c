/* SPDX-License-Identifier: MIT */
/* measure.c - the time, and rounds. */
#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

static double run_once(const struct measure *of)
{
    int64_t took = of->run(of->arg);

    return (double)took / of->count;
}

static void run_round(struct measure *measures, size_t count, int batches,
                      int round)
{
    for (size_t m = 0; m < count; m++)
        measures[m].ns[round] = 0;
    for (int i = 0; i < batches; i++)
        for (size_t m = 0; m < count; m++)
            measures[m].ns[round] += run_once(&measures[m]) / batches;
}

void measure(struct measure *measures, size_t count, int batches)
{
    run_round(measures, count, batches, 0); /* to warm up */
    for (int round = 0; round < ROUNDS; round++)
        run_round(measures, count, batches, round);
}

void print_since(const char *name, int64_t start_ns, long count)
{
    double took = (double)(now_ns() - start_ns);

    printf("%s %.2f\n", name, took / (double)(count > 0 ? count : 1));
}

void print_ns(const struct measure *of)
{
    double ns[ROUNDS];

    memcpy(ns, of->ns, sizeof ns);
    printf("%s_ns %.2f\n", of->name, median(ns, ROUNDS));
}

void print_ratio(const struct measure *of, const struct measure *to)
{
    double ratio[ROUNDS];

    for (int i = 0; i < ROUNDS; i++)
        ratio[i] = of->ns[i] / to->ns[i];
    printf("%s_ratio %.2f\n", of->name, median(ratio, ROUNDS));
}
