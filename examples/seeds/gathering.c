/* SPDX-License-Identifier: MIT */
/* gathering.c - waiting for many: for all, in order; for each, as it comes; for
 * nobody; and not longer than so long. */
#include "stage.h"

static int64_t sleep_for(struct eddy_task *self, int seconds)
{
    return eddy_await(self, eddy_sleep(seconds * EDDY_SECOND));
}

/* A task as a deferred, which fires with what fn returns. */
static struct eddy_deferred *future(struct eddy_loop *loop, eddy_task_fn *fn,
                                    void *arg)
{
    struct eddy_task *task;
    struct eddy_task_options options = { .ret_task = &task };
    struct eddy_deferred *deferred;

    must(eddy_spawn(eddy_loop_scope(loop), fn, arg, &options));
    deferred = eddy_defer(loop, eddy_join(task));
    eddy_task_unref(task);
    return deferred;
}

/* ---- EG29: three factorials at once -------------------------------------- */

struct factorial {
    const char *name;
    int number;
};

static struct eddy_result factorial(struct eddy_task *self, void *arg)
{
    struct factorial *task = arg;
    int f = 1;

    for (int i = 2; i <= task->number; i++) {
        if (task->name != NULL)
            say("Task %s: Compute factorial(%d)...", task->name, i);
        must(sleep_for(self, 1));
        f *= i;
    }
    if (task->name != NULL)
        say("Task %s: factorial(%d) = %d", task->name, task->number, f);
    return eddy_n(f);
}

static void eg29(struct eddy_loop *loop)
{
    struct factorial task[] = { { "A", 2 }, { "B", 3 }, { "C", 4 } };
    struct eddy_deferred *result[3], *all;

    for (int i = 0; i < 3; i++)
        result[i] = future(loop, factorial, &task[i]);
    all = eddy_gather(eddy_loop_domain(loop), result, 3);
    must(eddy_loop_run_until(loop, eddy_when(all, NULL)).n);
    eddy_unref(all);
}

/* ---- EG40: ten results, in order ----------------------------------------- */

static struct eddy_result important_task(struct eddy_task *self, void *index)
{
    must(sleep_for(self, 10));
    return eddy_n(*(int *)index);
}

static struct eddy_value print_results(struct eddy_value *results, void *arg)
{
    struct eddy_values *all = eddy_value_many(results);

    (void)arg;
    for (size_t i = 0; i < all->count; i++)
        say("result %d", (int)all->value[i].n);
    return eddy_none();
}

static void eg40(struct eddy_loop *loop)
{
    int index[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    struct eddy_deferred *result[10];

    for (int i = 0; i < 10; i++)
        result[i] = future(loop, important_task, &index[i]);
    eddy_unref(eddy_then(eddy_gather(eddy_loop_domain(loop), result, 10),
                         print_results, NULL));
    must(eddy_loop_run(loop));
}

/* ---- EG41: ten results, as they come ------------------------------------- */

static struct eddy_result as_long(struct eddy_task *self, void *seconds)
{
    must(sleep_for(self, *(int *)seconds));
    return eddy_n(*(int *)seconds);
}

/* The next one in a task: which it was, and its number. */
static bool next_completed(struct eddy_task *self,
                           struct eddy_completions *completions,
                           size_t *ret_index, int64_t *ret_n)
{
    struct eddy_deferred *next = eddy_completions_next(completions);
    struct eddy_value value = eddy_none();
    struct eddy_values *one;
    bool is_one = eddy_await(self, eddy_when(next, &value)) >= 0;

    if (is_one) {
        one = eddy_value_many(&value);
        *ret_index = one->index;
        *ret_n = one->value[0].n;
    }
    eddy_value_free(&value);
    eddy_unref(next);
    return is_one;
}

static struct eddy_result print_as_completed(struct eddy_task *self, void *arg)
{
    struct eddy_loop *loop = eddy_task_loop(self);
    int seconds[] = { 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 };
    struct eddy_deferred *result[10];
    struct eddy_completions *completions;
    size_t index;
    int64_t n;

    (void)arg;
    for (int i = 0; i < 10; i++)
        result[i] = future(loop, as_long, &seconds[i]);
    must(eddy_as_completed(&completions, eddy_loop_domain(loop), result, 10));
    while (next_completed(self, completions, &index, &n))
        say("result %d, which was asked for as number %zu", (int)n, index);
    eddy_completions_free(completions);
    return eddy_n(0);
}

static void eg41(struct eddy_loop *loop)
{
    must(eddy_loop_run_task(loop, print_as_completed, NULL).n);
}

/* ---- EG42: who spawns and returns ---------------------------------------- */

static struct eddy_result print_later(struct eddy_task *self, void *index)
{
    if (sleep_for(self, 1) == 0) /* else it was cancelled */
        say("task %d", *(int *)index);
    return eddy_n(0);
}

static int numbers[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };

static struct eddy_result spawn_in_a_scope(struct eddy_task *self, void *arg)
{
    struct eddy_scope scope;

    (void)arg;
    must(eddy_scope_open(self, &scope, NULL));
    for (int i = 0; i < 10; i++)
        must(eddy_spawn(&scope, print_later, &numbers[i], NULL));
    return eddy_n(eddy_scope_close(&scope, 0)); /* waits for them */
}

static struct eddy_result spawn_and_return(struct eddy_task *self, void *arg)
{
    struct eddy_scope *scope = eddy_loop_scope(eddy_task_loop(self));

    (void)arg;
    for (int i = 0; i < 10; i++)
        must(eddy_spawn(scope, print_later, &numbers[i], NULL));
    return eddy_n(0);
}

static void eg42(struct eddy_loop *loop)
{
    must(eddy_loop_run_task(loop, spawn_in_a_scope, NULL).n);
    say("main has returned, and so have its tasks");
    must(eddy_loop_run_task(loop, spawn_and_return, NULL).n);
    say("main has returned: %zu tasks have not, and end with the loop",
        eddy_loop_task_count(loop));
}

/* ---- EG49: an hour, but one second at most ------------------------------- */

static int64_t eternity(struct eddy_task *self)
{
    int64_t n = sleep_for(self, 3600);

    if (n == 0)
        say("yay!");
    return n;
}

static struct eddy_result impatient(struct eddy_task *self, void *arg)
{
    struct eddy_scope_options options = { .timeout_ns = EDDY_SECOND };
    struct eddy_scope limit;
    int err;

    (void)arg;
    must(eddy_scope_open(self, &limit, &options));
    err = (int)eternity(self);
    if (eddy_scope_close(&limit, err) == -ETIME)
        say("timeout!");

    /* the same for a single operation */
    if (eddy_await(self, eddy_within(EDDY_SECOND,
                                     eddy_sleep(3600 * EDDY_SECOND))) == -ETIME)
        say("timeout!");
    return eddy_n(0);
}

static void eg49(struct eddy_loop *loop)
{
    must(eddy_loop_run_task(loop, impatient, NULL).n);
}

/* ---- EG50: factorials, as they come -------------------------------------- */

static struct eddy_result print_factorials(struct eddy_task *self, void *arg)
{
    struct eddy_loop *loop = eddy_task_loop(self);
    struct factorial task[] = {
        { NULL, 4 }, { NULL, 3 }, { NULL, 5 }, { NULL, 2 }
    };
    struct eddy_deferred *result[4];
    struct eddy_completions *completions;
    size_t index;
    int64_t n;

    (void)arg;
    for (int i = 0; i < 4; i++)
        result[i] = future(loop, factorial, &task[i]);
    must(eddy_as_completed(&completions, eddy_loop_domain(loop), result, 4));
    while (next_completed(self, completions, &index, &n))
        say("Factorial(%d) = %d", task[index].number, (int)n);
    eddy_completions_free(completions);
    return eddy_n(0);
}

static void eg50(struct eddy_loop *loop)
{
    must(eddy_loop_run_task(loop, print_factorials, NULL).n);
}

int main(int argc, char **argv)
{
    static const struct play plays[] = {
        { "EG29", "three factorials at once", eg29 },
        { "EG40", "ten results, in order", eg40 },
        { "EG41", "ten results, as they come", eg41 },
        { "EG42", "who spawns and returns", eg42 },
        { "EG49", "an hour, but one second at most", eg49 },
        { "EG50", "factorials, as they come", eg50 },
    };

    return stage(plays, sizeof plays / sizeof plays[0], argc, argv);
}
