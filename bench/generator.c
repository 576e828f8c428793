/* SPDX-License-Identifier: MIT */
/*
 * generator.c - what generators cost, next to what going to another stack and
 * back costs: see yardstick.h.
 *
 * Prints lines `name value`. A ratio is to the yardstick P.
 */
#include <stdint.h>
#include <stdlib.h>

#include <eddy.h>

#include "measure.h"
#include "yardstick.h"

enum { BATCH = 2000, DEEPEST = 1000 };

static struct eddy_stacks *stacks;

/* ---- What is measured: each returns the time of a batch ----------------- */

static struct eddy_value count(struct eddy_generator *self, void *arg)
{
    int64_t *n = arg;
    struct eddy_value sent = eddy_none();

    while (sent.free == NULL) /* nothing but integers, until it is closed */
        sent = eddy_yield(self, eddy_int(++*n));
    return eddy_none();
}

struct level {
    int depth;
    int64_t n;
};

static struct eddy_generator *new_level(struct level *level);

static struct eddy_value delegate(struct eddy_generator *self, void *arg)
{
    return eddy_yield_from(self, new_level(arg));
}

static struct eddy_generator *new_level(struct level *level)
{
    struct eddy_generator *generator;
    int err;

    if (level->depth-- == 0)
        err = eddy_generator_new(&generator, stacks, count, &level->n, NULL);
    else
        err = eddy_generator_new(&generator, stacks, delegate, level, NULL);
    if (err < 0)
        abort();
    return generator;
}

static int64_t ask(void *generator)
{
    struct eddy_value value;
    int64_t sum = 0, start = now_ns(), took;

    for (int i = 0; i < BATCH; i++) {
        (void)eddy_generator_next(generator, &value);
        sum += value.n;
    }
    took = now_ns() - start;
    if (sum < BATCH)
        abort();
    return took;
}

static struct eddy_value one(struct eddy_generator *self, void *arg)
{
    (void)arg;
    (void)eddy_yield(self, eddy_int(1));
    return eddy_none();
}

static int64_t create(void *arg)
{
    int64_t start = now_ns();

    (void)arg;
    for (int i = 0; i < BATCH; i++) {
        struct eddy_generator *generator;
        struct eddy_value value;

        if (eddy_generator_new(&generator, stacks, one, NULL, NULL) < 0)
            abort();
        while (eddy_generator_next(generator, &value) > 0)
            ;
        eddy_generator_free(generator);
    }
    return now_ns() - start;
}

/* ---- Rounds ------------------------------------------------------------- */

int main(void)
{
    static struct level levels[] = {
        { 0, 0 }, { 1, 0 }, { 10, 0 }, { DEEPEST, 0 }
    };
    static struct measure measures[] = {
        { .name = "generator", .run = ask },
        { .name = "yield_from_1", .run = ask },
        { .name = "yield_from_10", .run = ask },
        { .name = "yield_from_1000", .run = ask },
        { .name = "create", .run = create },
        { .name = "pair", .run = time_pairs },
    };
    enum {
        LEVELS = sizeof levels / sizeof levels[0],
        MEASURES = sizeof measures / sizeof measures[0],
        PAIR = MEASURES - 1
    };

    if (eddy_stacks_new(&stacks, NULL) < 0)
        abort();
    prepare_yardsticks(stacks);
    for (int m = 0; m < MEASURES; m++)
        measures[m].count = m == PAIR ? PAIRS : BATCH;
    for (int i = 0; i < LEVELS; i++)
        measures[i].arg = new_level(&levels[i]);
    measure(measures, MEASURES, 1);
    for (int m = 0; m < MEASURES; m++) {
        print_ns(&measures[m]);
        if (m != PAIR)
            print_ratio(&measures[m], &measures[PAIR]);
    }
    return 0;
}
