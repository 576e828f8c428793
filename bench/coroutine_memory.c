/* SPDX-License-Identifier: MIT */
/*
 * coroutine_memory.c - what tasks that wait take of memory: coroutine_memory
 * [TASKS]
 *
 * Prints lines `name value`; bytes are per task. What the kernel says of a
 * process is in /proc, so elsewhere there is less to tell. The cost of a guard
 * is a ratio: taking a stack and touching it for the first time, to touching
 * as much of a mapping that has none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <eddy.h>

#include "measure.h"

enum {
    TASKS = 100000,
    STRIDE = 65536, /* what a stack takes of the address space */
    SLAB = 1024,    /* stacks in a mapping */
    STACKS = 4 * SLAB
};

static void must(int64_t n)
{
    if (n < 0)
        abort();
}

/* ---- What the kernel says ----------------------------------------------- */

struct usage {
    long rss, page_tables; /* bytes */
    long mappings;
};

static long number_after(const char *line, const char *key)
{
    size_t length = strlen(key);

    return strncmp(line, key, length) == 0 ? atol(line + length) : 0;
}

static struct usage look(void)
{
    struct usage usage = { 0, 0, 0 };
    FILE *status = fopen("/proc/self/status", "r");
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];

    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        usage.rss += 1024 * number_after(line, "VmRSS:");
        usage.page_tables += 1024 * number_after(line, "VmPTE:");
    }
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL)
        usage.mappings++;
    if (status != NULL)
        (void)fclose(status);
    if (maps != NULL)
        (void)fclose(maps);
    return usage;
}

static void tell(struct usage before, struct usage after, long tasks)
{
    double rss = (double)(after.rss - before.rss) / (double)tasks;
    double tables =
        (double)(after.page_tables - before.page_tables) / (double)tasks;

    printf("parked_tasks %ld\n", tasks);
    printf("parked_rss_bytes %.0f\n", rss);
    printf("parked_page_table_bytes %.0f\n", tables);
    printf("parked_total_bytes %.0f\n", rss + tables);
    printf("parked_mappings_per_1000 %.2f\n",
           1000.0 * (double)(after.mappings - before.mappings) / (double)tasks);
}

/* ---- Parking ------------------------------------------------------------ */

static struct eddy_result park(struct eddy_task *self, void *arg)
{
    (void)arg;
    (void)eddy_await(self, eddy_sleep(EDDY_FOREVER));
    return eddy_n(0);
}

static struct eddy_result park_all(struct eddy_task *self, void *arg)
{
    long tasks = *(const long *)arg;
    struct usage before = look();
    struct eddy_scope scope;

    must(eddy_scope_open(self, &scope, NULL));
    for (long i = 0; i < tasks; i++) {
        must(eddy_spawn(&scope, park, NULL, NULL));
        if (i % SLAB == 0)
            must(eddy_task_yield(self));
    }
    must(eddy_await(self, eddy_sleep(EDDY_SECOND / 10))); /* they wait now */
    tell(before, look(), tasks);
    eddy_scope_leave(&scope);
    return eddy_n(0);
}

/* ---- Guards ------------------------------------------------------------- */

static int64_t touch_guarded(void *arg)
{
    int64_t start = now_ns(), took;
    struct eddy_stacks_options options = { .keep = STACKS }; /* till the end */
    struct eddy_stacks *stacks;
    struct eddy_stack *stack = arg;

    must(eddy_stacks_new(&stacks, &options));
    for (int i = 0; i < STACKS; i++) {
        must(eddy_stack_take(stacks, 0, NULL, NULL, &stack[i]));
        stack[i].high[-1] = 1;
    }
    took = now_ns() - start;
    for (int i = 0; i < STACKS; i++)
        eddy_stack_give(stacks, stack[i]);
    eddy_stacks_free(stacks);
    return took;
}

static char *map_slab(void)
{
    char *slab = mmap(NULL, (size_t)SLAB * STRIDE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANON, -1, 0);

    if (slab == MAP_FAILED)
        abort();
#ifdef MADV_NOHUGEPAGE
    (void)madvise(slab, (size_t)SLAB * STRIDE, MADV_NOHUGEPAGE);
#endif
    return slab;
}

static int64_t touch_unguarded(void *arg)
{
    int64_t start = now_ns(), took;
    char *slab[STACKS / SLAB];

    (void)arg;
    for (int s = 0; s < STACKS / SLAB; s++) {
        slab[s] = map_slab();
        for (size_t i = 1; i <= SLAB; i++)
            slab[s][i * STRIDE - 1] = 1;
    }
    took = now_ns() - start;
    for (int s = 0; s < STACKS / SLAB; s++)
        (void)munmap(slab[s], (size_t)SLAB * STRIDE);
    return took;
}

int main(int argc, char **argv)
{
    static struct eddy_stack stacks[STACKS];
    struct measure measures[] = {
        { .name = "cold_unguarded", .run = touch_unguarded, .count = STACKS },
        { .name = "cold_spawn_guard", .run = touch_guarded, .count = STACKS },
    };
    long tasks = argc > 1 ? atol(argv[1]) : TASKS;
    struct eddy_loop *loop;

    if (tasks <= 0)
        return 2;
    must(eddy_loop_new(&loop, NULL));
    must(eddy_loop_run_task(loop, park_all, &tasks).n);
    must(eddy_loop_free(loop));
    measures[1].arg = stacks;
    measure(measures, 2, 1);
    print_ns(&measures[0]);
    print_ns(&measures[1]);
    print_ratio(&measures[1], &measures[0]);
    return 0;
}
