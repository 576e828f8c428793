/* SPDX-License-Identifier: MIT */
/*
 * chains.c - what deferreds cost, next to what memory costs.
 *
 * Prints lines `name value`. A ratio is to a malloc() and free() of 128 bytes.
 * All that is measured takes turns in each round, and each round gives ratios
 * of its own: so what slows the machine down for a while slows down both sides.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <eddy.h>

#include "rounds.h"

enum {
    ROUNDS = 15,
    BATCH = 256,   /* deferreds at once: what a busy server has under way */
    BATCHES = 400, /* in a round: some milliseconds */
    LINKS = 3,
    MALLOC_SIZE = 128
};

enum { MALLOC_FREE, CREATE, FIRE, FULL, MEASURES };

static const char *const names[MEASURES] = { "malloc_free_128", "create",
                                             "fire3", "full3" };

static struct eddy_deferred *batch[BATCH];

static struct eddy_value add_one(struct eddy_value *result, void *arg)
{
    (void)arg;
    return eddy_int(result->n + 1);
}

static void add_links(struct eddy_deferred *deferred)
{
    for (int i = 0; i < LINKS; i++)
        eddy_then(deferred, add_one, NULL);
}

/* ---- What is measured: each returns the time of a whole batch ----------- */

/* The compiler must not see what is called: it would drop the calls. */
static void *(*volatile allocate)(size_t size) = malloc;
static void (*volatile release)(void *ptr) = free;

static int64_t malloc_and_free(struct eddy_domain *domain)
{
    void *(*get)(size_t) = allocate;
    void (*put)(void *) = release;
    int64_t start = now_ns();

    (void)domain;
    for (int i = 0; i < BATCH; i++)
        put(get(MALLOC_SIZE));
    return now_ns() - start;
}

static int64_t create(struct eddy_domain *domain)
{
    int64_t start = now_ns();

    for (int i = 0; i < BATCH; i++)
        eddy_unref(eddy_deferred_new(domain, NULL, NULL));
    return now_ns() - start;
}

static int64_t fire(struct eddy_domain *domain)
{
    int64_t start, end;

    for (int i = 0; i < BATCH; i++) {
        batch[i] = eddy_deferred_new(domain, NULL, NULL);
        add_links(batch[i]);
    }
    start = now_ns();
    for (int i = 0; i < BATCH; i++)
        eddy_fire(batch[i], eddy_int(i));
    end = now_ns();
    for (int i = 0; i < BATCH; i++) {
        if (eddy_take_result(batch[i]).n != i + LINKS)
            abort();
        eddy_unref(batch[i]);
    }
    return end - start;
}

static int64_t live_and_die(struct eddy_domain *domain)
{
    int64_t start = now_ns();

    for (int i = 0; i < BATCH; i++) {
        struct eddy_deferred *deferred = eddy_deferred_new(domain, NULL, NULL);

        add_links(deferred);
        eddy_fire(deferred, eddy_int(i));
        eddy_unref(deferred);
    }
    return now_ns() - start;
}

/* ---- Rounds ------------------------------------------------------------- */

/* Of one operation, in nanoseconds. */
static void run_round(struct eddy_domain *domain, double ret_ns[MEASURES])
{
    static int64_t (*const measure[MEASURES])(
        struct eddy_domain *) = { malloc_and_free, create, fire, live_and_die };
    int64_t sum[MEASURES] = { 0 };

    for (int i = 0; i < BATCHES; i++)
        for (int m = 0; m < MEASURES; m++)
            sum[m] += measure[m](domain);
    for (int m = 0; m < MEASURES; m++)
        ret_ns[m] = (double)sum[m] / BATCHES / BATCH;
}

int main(void)
{
    static double ns[MEASURES][ROUNDS], ratio[MEASURES][ROUNDS];
    struct eddy_domain *domain;
    double round[MEASURES];

    if (eddy_domain_new(&domain, NULL) < 0)
        return 1;
    run_round(domain, round); /* to warm up */
    for (int i = 0; i < ROUNDS; i++) {
        run_round(domain, round);
        for (int m = 0; m < MEASURES; m++) {
            ns[m][i] = round[m];
            ratio[m][i] = round[m] / round[MALLOC_FREE];
        }
    }
    eddy_domain_free(domain);
    for (int m = 0; m < MEASURES; m++) {
        printf("%s_ns %.2f\n", names[m], median(ns[m], ROUNDS));
        if (m != MALLOC_FREE)
            printf("%s_ratio %.2f\n", names[m], median(ratio[m], ROUNDS));
    }
    return 0;
}
