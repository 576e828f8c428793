/* SPDX-License-Identifier: MIT */
/* census.c - how much memory stacks use, by looking at their pages. */
#include "stack.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGES = 1024 }; /* looked at in one call */

/* Which of the pages from `start` on are in memory: how many, and which is the
 * first. Systems differ in the type of the vector. */
static size_t count_pages(char *start, size_t pages, size_t page,
                          size_t *ret_first)
{
    unsigned char there[PAGES];
    size_t found = 0;

    *ret_first = pages;
#ifdef __linux__
    if (mincore(start, pages * page, there) < 0)
        return 0;
    for (size_t i = pages; i-- > 0;) {
        if ((there[i] & 1) == 0)
            continue;
        found++;
        *ret_first = i;
    }
#else
    (void)start;
    (void)page;
    (void)there;
#endif
    return found;
}

static size_t resident(struct eddy_stack stack, size_t *ret_depth)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *end = stack.high + sizeof(struct label);
    size_t found = 0;

    *ret_depth = 0;
    for (char *at = stack.low; at < end;) {
        size_t pages = (size_t)(end - at) / page, first;

        if (pages > PAGES)
            pages = PAGES;
        found += count_pages(at, pages, page, &first);
        if (*ret_depth == 0 && first < pages)
            *ret_depth = (size_t)(end - at) - first * page;
        at += pages * page;
    }
    return found * page;
}

static void look_at(const struct slab *slab, struct eddy_stacks_stats *stats)
{
    for (; slab != NULL; slab = slab->next) {
        stats->mapped += slab->stride * slab->count;
        stats->free += slab->cold_count;
        for (size_t i = 0; i < slab->count; i++) {
            size_t depth;

            stats->resident += resident(eddy__stack_at(slab, i), &depth);
            if (depth > stats->deepest)
                stats->deepest = depth;
        }
    }
}

int eddy_stacks_stats(const struct eddy_stacks *stacks,
                      struct eddy_stacks_stats *ret_stats)
{
    struct eddy_stacks_stats stats = { .used = 0 };

    if (stacks == NULL || ret_stats == NULL)
        return -EINVAL;
    stats.used = stacks->used;
    stats.light_guards = !stacks->heavy_guards;
    for (size_t i = 0; i < SIZES; i++) {
        stats.kept += stacks->sizes[i].kept_count;
        look_at(stacks->sizes[i].open, &stats);
        look_at(stacks->sizes[i].full, &stats);
    }
    *ret_stats = stats;
    return 0;
}
