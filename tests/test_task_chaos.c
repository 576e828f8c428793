/* SPDX-License-Identifier: MIT */
/*
 * test_task_chaos.c - tasks that do whatever they may, to whomever.
 *
 * They open scopes, spawn, wait, cancel each other, look at each other and end
 * as they like, until they are over or their loop is freed. All must come to
 * their end, with each argument freed and each cleanup done once.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "task_support.h"

enum { SCENES = 40, HANDLES = 12, MOST_TASKS = 250, MOST_DEEP = 5 };

/* ---- The world ----------------------------------------------------------- */

static struct world {
    struct eddy_loop *loop;
    struct eddy_task *handle[HANDLES];
    int spawned, freed, made, dropped, cleanups, cleaned;
    bool ending;
} world;

struct life {
    struct eddy_task *self;
    int depth;
};

static eddy_task_fn live;

static void count_freed(void *arg)
{
    (void)arg;
    world.freed++;
}

static void count_dropped(void *made)
{
    ck_assert_ptr_eq(made, &world);
    world.dropped++;
}

static void spawn_one(struct eddy_scope *scope)
{
    static const size_t sizes[] = { 0, 0, 0, 16384, 40000, 100000 };
    struct eddy_task **slot = &world.handle[random_below(HANDLES)];
    struct eddy_task *task = NULL;
    struct eddy_task_options options = {
        .free_arg = count_freed,
        .drop = count_dropped,
        .stack_size = sizes[random_below(COUNT(sizes))],
        .flags = random_below(5) == 0 ? EDDY_KEEP_FP : 0,
        .ret_task = random_below(2) == 0 ? &task : NULL,
    };
    int err;

    if (world.spawned >= MOST_TASKS)
        return;
    err = eddy_spawn(scope, live, NULL, &options);
    ck_assert(err == 0 || err == -ECANCELED || err == -ESHUTDOWN);
    ck_assert(err != -ESHUTDOWN || world.ending);
    world.spawned += err == 0;
    if (task == NULL)
        return;
    eddy_task_unref(*slot);
    *slot = task;
}

/* With a reference, or NULL. */
static struct eddy_task *any_task(void)
{
    return eddy_task_ref(world.handle[random_below(HANDLES)]);
}

static void see(const struct eddy_task_info *info, void *arg)
{
    (void)arg;
    ck_assert_int_ne(info->state, EDDY_TASK_OVER);
    ck_assert_ptr_nonnull(info->name);
    (void)eddy_task_reason(info->task);
}

/* What everybody may do at any time. */
static void meddle(void)
{
    struct eddy_task *task = any_task();
    int n;

    switch (random_below(5)) {
    case 0:
        n = eddy_task_cancel(task, "chaos");
        ck_assert(n > 0 || n == -EALREADY || n == -EINVAL);
        break;
    case 1:
        (void)eddy_task_uncancel(task);
        break;
    case 2:
        ck_assert_int_eq(eddy_task_each(world.loop, see, NULL), 0);
        break;
    case 3:
        spawn_one(eddy_loop_scope(world.loop));
        break;
    default:
        (void)eddy_task_state(task);
        (void)eddy_task_reason(task);
        (void)eddy_task_scope(task);
        (void)eddy_task_name(task);
        break;
    }
    eddy_task_unref(task);
}

static void meddle_a_lot(void *arg)
{
    (void)arg;
    for (unsigned i = random_below(4); i > 0; i--)
        meddle();
}

/* ---- Waiting ------------------------------------------------------------- */

static void await_tasks(struct eddy_task *self)
{
    struct eddy_task *one = any_task(), *two = any_task();
    struct eddy_child child[2] = { { .op = eddy_join(one) },
                                   { .op = eddy_join(two) } };
    struct eddy_op op;

    switch (random_below(4)) {
    case 0:
        op = eddy_join(one);
        break;
    case 1:
        op = eddy_started(one);
        break;
    case 2:
        op = eddy_all(child, 2);
        break;
    default:
        op = eddy_any(child, 2);
        break;
    }
    /* who waits for each other does not for ever */
    (void)eddy_await(self, eddy_within(random_below(20) * EDDY_MS, op));
    eddy_task_unref(one);
    eddy_task_unref(two);
}

static void await_something(struct eddy_task *self)
{
    switch (random_below(5)) {
    case 0:
        (void)eddy_task_yield(self);
        break;
    case 1:
        for (unsigned i = random_below(50); i > 0; i--)
            (void)eddy_await(self, eddy_all(NULL, 0));
        break;
    case 2:
        (void)eddy_await(self, eddy_next_turn());
        break;
    case 3:
        await_tasks(self);
        break;
    default:
        (void)eddy_await(self, eddy_sleep(random_below(10) * EDDY_MS));
        break;
    }
}

static void clean_up(void *arg)
{
    struct eddy_task *self = arg;

    await_something(self);
    world.cleaned++;
    await_something(self);
}

/* ---- Scopes -------------------------------------------------------------- */

static void go_on(struct life life);

static void have_scope(struct life life)
{
    struct eddy_value error = eddy_none();
    struct eddy_scope_options options = {
        .flags = random_below(4),
        .timeout_ns = random_below(3) == 0 ? EDDY_MS * random_below(9) : 0,
        .ret_error = random_below(2) == 0 ? &error : NULL,
    };
    struct eddy_scope scope;

    life.depth++;
    ck_assert_int_eq(eddy_scope_open(life.self, &scope, &options), 0);
    for (unsigned i = random_below(4); i > 0; i--)
        spawn_one(&scope);
    go_on(life);
    if (random_below(4) == 0)
        ck_assert_int_eq(eddy_scope_cancel(&scope, "its owner"), 0);
    if (random_below(6) == 0)
        eddy_scope_leave(&scope);
    else
        (void)eddy_scope_close(&scope, random_below(3) == 0 ? -EIO : 0);
    ck_assert_uint_eq(eddy_scope_tasks(&scope), 0);
    eddy_value_free(&error);
}

static void go_on(struct life life)
{
    for (unsigned i = random_below(4); i > 0; i--) {
        switch (random_below(8)) {
        case 0:
            if (life.depth < MOST_DEEP)
                have_scope(life);
            break;
        case 1:
            meddle();
            break;
        case 2:
            ck_assert_int_eq(eddy_on_big_stack(life.self, meddle_a_lot, NULL),
                             0);
            break;
        case 3:
            (void)eddy_task_started(life.self, 1);
            break;
        case 4:
            ck_assert_int_eq(eddy_task_cleanup(life.self, clean_up, life.self),
                             0);
            world.cleanups++;
            break;
        case 5:
            spawn_one(eddy_task_scope(life.self));
            break;
        default:
            await_something(life.self);
            break;
        }
    }
}

static struct eddy_result live(struct eddy_task *self, void *arg)
{
    static const int64_t results[] = { 0, 1, -EIO, -ECANCELED };
    struct eddy_result result = eddy_n(results[random_below(4)]);

    (void)arg;
    go_on((struct life){ self, 0 });
    if (result.n > 0) {
        result.made = &world;
        world.made++;
    }
    return result;
}

/* ---- Scenes -------------------------------------------------------------- */

static void play(int index)
{
    struct eddy_loop *loop = virtual_loop(index);

    memset(&world, 0, sizeof world);
    world.loop = loop;
    for (int i = 0; i < 10; i++)
        spawn_one(eddy_loop_scope(loop));
    for (unsigned i = random_below(40); i > 0; i--) {
        turns(loop, 1);
        virtual_time.now_ns += random_below(3) * EDDY_MS;
        if (random_below(3) == 0)
            meddle();
    }
    if (random_below(2) == 0) {
        run_out(loop);
        ck_assert_uint_eq(eddy_loop_task_count(loop), 0);
    }
    world.ending = true;
    free_loop(loop);
    ck_assert_msg(world.freed == world.spawned, "seed %llu: %d of %d",
                  (unsigned long long)random_seed(), world.freed,
                  world.spawned);
    ck_assert_int_eq(world.cleaned, world.cleanups);
    for (int i = 0; i < HANDLES; i++)
        eddy_task_unref(world.handle[i]);
    ck_assert_int_le(world.dropped, world.made);
}

START_TEST(whatever_tasks_do_all_come_to_their_end)
{
    for (int i = 0; i < SCENES; i++) {
        play(_i);
        forget_what_happened();
    }
}
END_TEST

int main(void)
{
    const TTest *const each[] = { whatever_tasks_do_all_come_to_their_end };
    Suite *suite = suite_create("task chaos");

    (void)random_seed(); /* one for all, before the tests are forked off */
    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
