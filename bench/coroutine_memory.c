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
#include <sys/wait.h>
#include <unistd.h>

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

static void tell(const char *name, struct usage before, struct usage after,
                 long tasks)
{
    double rss = (double)(after.rss - before.rss) / (double)tasks;
    double tables =
        (double)(after.page_tables - before.page_tables) / (double)tasks;

    printf("%s_tasks %ld\n", name, tasks);
    printf("%s_rss_bytes %.0f\n", name, rss);
    printf("%s_page_table_bytes %.0f\n", name, tables);
    printf("%s_total_bytes %.0f\n", name, rss + tables);
    printf("%s_mappings_per_1000 %.2f\n", name,
           1000.0 * (double)(after.mappings - before.mappings) / (double)tasks);
}

/* ---- Parking ------------------------------------------------------------ */

static struct eddy_result park(struct eddy_task *self, void *arg)
{
    (void)arg;
    (void)eddy_await(self, eddy_sleep(EDDY_FOREVER));
    return eddy_n(0);
}

static struct eddy_result hibernate(struct eddy_task *self, void *arg)
{
    (void)arg;
    (void)eddy_hibernate(self, eddy_sleep(EDDY_FOREVER));
    return eddy_n(0);
}

struct parking {
    const char *name;
    eddy_task_fn *park;
    unsigned flags;
    long tasks;
};

static struct eddy_result park_all(struct eddy_task *self, void *arg)
{
    const struct parking *how = arg;
    struct eddy_task_options options = { .flags = how->flags };
    long tasks = how->tasks;
    struct usage before = look();
    struct eddy_scope scope;

    must(eddy_scope_open(self, &scope, NULL));
    for (long i = 0; i < tasks; i++) {
        must(eddy_spawn(&scope, how->park, NULL, &options));
        if (i % SLAB == 0)
            must(eddy_task_yield(self));
    }
    must(eddy_await(self, eddy_sleep(EDDY_SECOND / 10))); /* they wait now */
    tell(how->name, before, look(), tasks);
    eddy_scope_leave(&scope);
    return eddy_n(0);
}

/* In a process of its own, lest what one has used be there for the next. */
static void measure_parking(struct parking how)
{
    struct eddy_loop *loop;
    pid_t child;

    (void)fflush(stdout);
    child = fork();
    if (child < 0)
        abort();
    if (child > 0) {
        int status;

        if (waitpid(child, &status, 0) < 0 || status != 0)
            abort();
        return;
    }
    must(eddy_loop_new(&loop, NULL));
    must(eddy_loop_run_task(loop, park_all, &how).n);
    must(eddy_loop_free(loop));
    (void)fflush(stdout);
    _exit(0);
}

/* ---- Falling asleep, and waking up --------------------------------------- */

enum { NAPS = 10000 };

/* A yield that is an operation: over in the next turn. */
static struct eddy_result nap(struct eddy_task *self, void *arg)
{
    bool deep = *(const bool *)arg;
    int64_t start = now_ns();

    for (int i = 0; i < NAPS; i++)
        must(deep ? eddy_hibernate(self, eddy_sleep(0))
                  : eddy_await(self, eddy_sleep(0)));
    return eddy_n(now_ns() - start);
}

/* What it costs more than a wait does. */
static void measure_naps(void)
{
    static bool shallow = false, deep = true;
    struct eddy_task_options options = { .flags = EDDY_MAY_HIBERNATE };
    int64_t least[2] = { INT64_MAX, INT64_MAX };
    struct eddy_loop *loop;

    must(eddy_loop_new(&loop, NULL));
    for (int i = 0; i < 10; i++) {
        struct eddy_task *task;
        int64_t took;

        options.ret_task = &task;
        must(eddy_spawn(eddy_loop_scope(loop), nap,
                        i % 2 != 0 ? &deep : &shallow, &options));
        took = eddy_loop_run_until(loop, eddy_join(task)).n;
        eddy_task_unref(task);
        if (took < least[i % 2])
            least[i % 2] = took;
    }
    must(eddy_loop_free(loop));
    printf("hibernated_wake_us %.2f\n",
           (double)(least[1] - least[0]) / NAPS / 1000);
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

    if (tasks <= 0)
        return 2;
    measure_parking((struct parking){ "parked", park, 0, tasks });
    measure_parking(
        (struct parking){ "hibernated", hibernate, EDDY_MAY_HIBERNATE, tasks });
    measure_naps();
    measures[1].arg = stacks;
    measure(measures, 2, 1);
    print_ns(&measures[0]);
    print_ns(&measures[1]);
    print_ratio(&measures[1], &measures[0]);
    return 0;
}
