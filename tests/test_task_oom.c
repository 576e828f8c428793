/* SPDX-License-Identifier: MIT */
/* test_task_oom.c - tasks and scopes with little memory, and few stacks. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "fork_support.h"
#include "oom_support.h"
#include "sanitized.h"
#include "task_support.h"

#ifndef RLIMIT_AS /* OpenBSD counts what is mapped as data */
#define RLIMIT_AS RLIMIT_DATA
#endif

/* ---- Tasks in a scope ---------------------------------------------------- */

enum { CHILDREN = 3 };

struct counts {
    int spawned, begun, freed, cleaned;
    int64_t ends_with;
};

static void count(void *n)
{
    ++*(int *)n;
}

static void count_freed(void *counts)
{
    ((struct counts *)counts)->freed++;
}

static void expect_balance(const struct counts *counts)
{
    ck_assert_int_eq(counts->freed, counts->spawned);
    ck_assert_int_eq(counts->cleaned, counts->begun);
}

static struct eddy_result child(struct eddy_task *self, void *arg)
{
    struct counts *counts = arg;
    int64_t n;

    counts->begun++;
    n = eddy_task_cleanup(self, count, &counts->cleaned);
    if (n == 0)
        n = eddy_task_started(self, 1);
    if (n == 0)
        n = eddy_await(self, eddy_sleep(EDDY_MS));
    return eddy_n(n < 0 ? n : counts->ends_with);
}

/* Spawns some, waits for the last one to start, and for all to end. */
static int64_t have_children(struct eddy_task *self, struct counts *counts,
                             struct eddy_value *ret_error)
{
    struct eddy_scope_options options = { .timeout_ns = EDDY_SECOND,
                                          .ret_error = ret_error };
    struct eddy_task *last = NULL;
    struct eddy_scope scope;
    int64_t n = eddy_scope_open(self, &scope, &options);

    if (n < 0)
        return n;
    for (int i = 0; i < CHILDREN && n == 0; i++) {
        struct eddy_task_options each = { .free_arg = count_freed };

        each.ret_task = i == CHILDREN - 1 ? &last : NULL;
        n = eddy_spawn(&scope, child, counts, &each);
        counts->spawned += n == 0;
    }
    if (n == 0)
        n = eddy_await(self, eddy_started(last));
    if (n == 1)
        n = eddy_scope_set_deadline(&scope, EDDY_FOREVER);
    n = eddy_scope_close(&scope, (int)n);
    eddy_task_unref(last);
    expect_balance(counts);
    return n;
}

static struct eddy_result come_to_an_end(struct eddy_task *self, void *arg)
{
    struct counts counts = { .ends_with = 0 };

    (void)arg;
    return eddy_n(have_children(self, &counts, NULL));
}

static int64_t play_scope(struct eddy_loop *loop)
{
    return came_to(eddy_loop_run_task(loop, come_to_an_end, NULL).n, 0);
}

START_TEST(tasks_in_a_scope_come_to_their_end_or_lack_memory)
{
    play_all(_i, play_scope);
}
END_TEST

static struct eddy_result fail_together(struct eddy_task *self, void *arg)
{
    struct counts counts = { .ends_with = -EIO };
    struct eddy_value error = eddy_none();
    int64_t n = have_children(self, &counts, &error);

    (void)arg;
    ck_assert(!eddy_value_is_error(&error) || eddy_error_code(&error) == n ||
              eddy_error_code(&error) == -ENOMEM);
    eddy_value_free(&error);
    return eddy_n(n);
}

static int64_t play_errors(struct eddy_loop *loop)
{
    return came_to(eddy_loop_run_task(loop, fail_together, NULL).n, -EIO);
}

START_TEST(errors_of_tasks_are_told_with_little_memory)
{
    play_all(_i, play_errors);
}
END_TEST

/* ---- Tasks of a loop ----------------------------------------------------- */

static void ignore_line(void *arg, const char *line)
{
    (void)line;
    ++*(int *)arg;
}

static struct eddy_result wait_for_all_ways(struct eddy_task *self, void *arg)
{
    struct eddy_loop *loop = eddy_task_loop(self);
    struct eddy_task *task = arg;
    struct eddy_deferred *deferred = eddy_defer(loop, eddy_join(task));
    struct eddy_child pair[2] = { { .op = eddy_join(task) },
                                  { .op = eddy_sleep(EDDY_MS) } };
    int64_t n = eddy_await(self, eddy_all(pair, 2));
    int lines = 0;

    ck_assert_int_eq(eddy_task_dump(loop, ignore_line, &lines), 0);
    ck_assert_int_gt(lines, 0);
    if (n >= 0)
        n = eddy_await(self, eddy_when(deferred, NULL));
    eddy_unref(deferred);
    if (n >= 0)
        n = pair[0].result.n < 0 ? pair[0].result.n : pair[1].result.n;
    return eddy_n(n);
}

static int64_t play_loop(struct eddy_loop *loop)
{
    struct counts counts = { .ends_with = 0 };
    struct eddy_task *task = NULL;
    struct eddy_task_options options = { .free_arg = count_freed,
                                         .ret_task = &task };
    struct eddy_scope *scope = eddy_loop_scope(loop);
    int64_t n;

    if (scope == NULL)
        return -ENOMEM;
    n = eddy_spawn(scope, child, &counts, &options);
    if (n < 0)
        return came_to(n, 0);
    counts.spawned++;
    n = came_to(eddy_loop_run_task(loop, wait_for_all_ways, task).n, 0);
    while (eddy_task_state(task) != EDDY_TASK_OVER)
        ck_assert_int_ge(eddy_loop_step(loop, EDDY_FOREVER), 0);
    eddy_task_unref(task);
    expect_balance(&counts);
    return n;
}

START_TEST(all_ways_to_wait_for_a_task_work_or_lack_memory)
{
    play_all(_i, play_loop);
}
END_TEST

static int64_t play_end(struct eddy_loop *loop)
{
    static struct counts counts; /* the loop is freed after this */
    struct eddy_scope *scope = eddy_loop_scope(loop);
    struct eddy_task_options options = { .free_arg = count_freed };
    int64_t n = scope == NULL ? -ENOMEM : 0;

    expect_balance(&counts); /* of the last time */
    counts = (struct counts){ .ends_with = 0 };
    for (int i = 0; i < 2 * CHILDREN && n == 0; i++) {
        n = eddy_spawn(scope, child, &counts, &options);
        counts.spawned += n == 0;
        if (i == CHILDREN)
            turns(loop, 1);
    }
    return came_to(n, 0);
}

START_TEST(a_loop_that_is_freed_ends_its_tasks_without_memory)
{
    play_all(_i, play_end);
}
END_TEST

/* ---- Stacks -------------------------------------------------------------- */

enum { ROOM = 96 << 20, MOST = 10000 };

/* What the process has mapped so far. */
static rlim_t mapped(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;

    if (file == NULL)
        return 0;
    if (fscanf(file, "%lu", &pages) != 1)
        pages = 0;
    (void)fclose(file);
    return (rlim_t)pages * 4096;
}

static struct eddy_result wait_and_count(struct eddy_task *self, void *counts)
{
    int64_t n = eddy_task_yield(self);

    ((struct counts *)counts)->begun++;
    ((struct counts *)counts)->cleaned++;
    return eddy_n(n);
}

static void run_out_of_stacks(void *arg)
{
    struct eddy_loop *loop = arg;
    struct eddy_task_options options = { .free_arg = count_freed };
    struct counts counts = { .ends_with = 0 };
    rlim_t now = mapped();
    struct rlimit limit;

    MUST(eddy_loop_after_fork(loop) == 0);
    MUST(getrlimit(RLIMIT_AS, &limit) == 0);
    limit.rlim_cur = now + ROOM;
    MUST(setrlimit(RLIMIT_AS, &limit) == 0);
    for (int round = 0; round < 3; round++) {
        int err = 0, before = counts.spawned;

        while (err == 0 && counts.spawned < MOST) {
            err = eddy_spawn(eddy_loop_scope(loop), wait_and_count, &counts,
                             &options);
            counts.spawned += err == 0;
        }
        MUST(err == -ENOMEM);
        MUST(counts.spawned > before + 100);
        MUST(eddy_loop_run(loop) == 0);
        MUST(counts.begun == counts.spawned);
        MUST(counts.freed == counts.spawned);
    }
}

START_TEST(where_no_stacks_are_left_spawning_fails) /* C25 */
{
    struct eddy_loop *loop = virtual_loop(_i);

    if (SANITIZED || ON_VALGRIND || mapped() == 0)
        return; /* such a process has more than any limit */
    in_child(run_out_of_stacks, loop);
}
END_TEST

/* -------------------------------------------------------------------------- */

int main(void)
{
    const TTest *const each[] = {
        tasks_in_a_scope_come_to_their_end_or_lack_memory,
        errors_of_tasks_are_told_with_little_memory,
        all_ways_to_wait_for_a_task_work_or_lack_memory,
        a_loop_that_is_freed_ends_its_tasks_without_memory,
        where_no_stacks_are_left_spawning_fails,
    };
    Suite *suite = suite_create("task oom");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
