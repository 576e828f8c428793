/* SPDX-License-Identifier: MIT */
/*
 * chains.c - what deferreds cost, next to what memory costs.
 *
 * Prints lines `name value`. A ratio is to a malloc() and free() of 128 bytes.
 */
#include <stdlib.h>

#include <eddy.h>

#include "measure.h"

enum {
    BATCH = 256,  /* deferreds at once: what a busy server has under way */
    BATCHES = 60, /* in a round: a millisecond */
    LINKS = 3,
    MALLOC_SIZE = 128
};

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

static int64_t malloc_and_free(void *domain)
{
    void *(*get)(size_t) = allocate;
    void (*put)(void *) = release;
    int64_t start = now_ns();

    (void)domain;
    for (int i = 0; i < BATCH; i++)
        put(get(MALLOC_SIZE));
    return now_ns() - start;
}

static int64_t create(void *domain)
{
    int64_t start = now_ns();

    for (int i = 0; i < BATCH; i++)
        eddy_unref(eddy_deferred_new(domain, NULL, NULL));
    return now_ns() - start;
}

static int64_t fire(void *domain)
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

static int64_t live_and_die(void *domain)
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

int main(void)
{
    static struct measure measures[] = {
        { .name = "malloc_free_128", .run = malloc_and_free },
        { .name = "create", .run = create },
        { .name = "fire3", .run = fire },
        { .name = "full3", .run = live_and_die },
    };
    enum { MEASURES = sizeof measures / sizeof measures[0] };
    struct eddy_domain *domain;

    if (eddy_domain_new(&domain, NULL) < 0)
        return 1;
    for (int m = 0; m < MEASURES; m++) {
        measures[m].arg = domain;
        measures[m].count = BATCH;
    }
    measure(measures, MEASURES, BATCHES);
    eddy_domain_free(domain);
    print_ns(&measures[0]);
    for (int m = 1; m < MEASURES; m++) {
        print_ns(&measures[m]);
        print_ratio(&measures[m], &measures[0]);
    }
    return 0;
}
