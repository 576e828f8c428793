/* SPDX-License-Identifier: MIT */
/* order.c - puts timers in order: (deadline, seq). */
#include "core.h"

enum { BINS = 64 }; /* no memory has room for more nodes than 2^64 */

static bool before(struct timer_link *a, struct timer_link *b)
{
    const struct timer_node *x = eddy__timer_of(a), *y = eddy__timer_of(b);

    return x->deadline_ns != y->deadline_ns
               ? x->deadline_ns < y->deadline_ns
               : eddy__timer_seq(x) < eddy__timer_seq(y);
}

/* Chains are linked by `next` alone. Ends one where it is in order no more, and
 * gives the rest. */
static struct timer_link *cut(struct timer_link *chain)
{
    struct timer_link *next = chain->next;

    while (next != NULL && before(chain, next)) {
        chain = next;
        next = chain->next;
    }
    chain->next = NULL;
    return next;
}

static struct timer_link *merge(struct timer_link *a, struct timer_link *b)
{
    struct timer_link *chain, **end = &chain;

    while (a != NULL && b != NULL) {
        struct timer_link **least = before(a, b) ? &a : &b;

        *end = *least;
        end = &(*least)->next;
        *least = *end;
    }
    *end = a != NULL ? a : b;
    return chain;
}

/* Natural merge sort, where bin i holds 2^i runs or none: what is in order
 * already, as most is, is but looked at. */
struct timer_link *eddy__timers_sort(struct timer_link *chain)
{
    struct timer_link *bins[BINS], *run;
    unsigned used = 0, i;

    while ((run = chain) != NULL) {
        chain = cut(run);
        for (i = 0; i < used && bins[i] != NULL; i++) {
            run = merge(bins[i], run);
            bins[i] = NULL;
        }
        used += i == used;
        bins[i] = run;
    }
    for (i = 0; i < used; i++)
        chain = merge(bins[i], chain);
    return chain;
}
