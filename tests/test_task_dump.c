/* SPDX-License-Identifier: MIT */
/* test_task_dump.c - looking at tasks. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <string.h>

#include <eddy/generator.h>

#include "task_support.h"

#ifdef HAVE_BACKTRACE
enum { HAS_FRAMES = 1 };
#else
enum { HAS_FRAMES = 0 };
#endif

/* ---- What is seen -------------------------------------------------------- */

enum { MOST_SEEN = 16 };

static struct seen {
    struct eddy_task_info info;
    bool has_frames;
} seen[MOST_SEEN];
static int seen_count;

static void see(const struct eddy_task_info *info, void *arg)
{
    (void)arg;
    ck_assert_int_lt(seen_count, MOST_SEEN);
    for (size_t i = 0; i < info->frames; i++)
        ck_assert_ptr_nonnull(info->frame[i]);
    seen[seen_count].info = *info;
    seen[seen_count++].has_frames = info->frames > 0;
}

static void look(struct eddy_loop *loop)
{
    seen_count = 0;
    ck_assert_int_eq(eddy_task_each(loop, see, NULL), 0);
}

static void expect(int index, const char *name, enum eddy_task_state state,
                   const char *waits_for, int depth)
{
    const struct eddy_task_info *info = &seen[index].info;

    ck_assert_int_lt(index, seen_count);
    ck_assert_str_eq(info->name, name);
    ck_assert_int_eq(info->state, state);
    if (waits_for == NULL)
        ck_assert_ptr_null(info->waits_for);
    else
        ck_assert_str_eq(info->waits_for, waits_for);
    ck_assert_int_eq(info->depth, depth);
    ck_assert_ptr_nonnull(strstr(info->at, ".c:"));
    ck_assert(seen[index].has_frames ==
              (state != EDDY_TASK_NEW && HAS_FRAMES != 0));
}

/* ---- Tasks in all states ------------------------------------------------- */

static void spawn_named(struct eddy_loop *loop, const char *name,
                        eddy_task_fn *fn, void *arg)
{
    spawn_with(loop, fn, arg, (struct eddy_task_options){ .name = name });
}

static struct eddy_result have_children(struct eddy_task *self, void *latch)
{
    struct eddy_task_options options = { .name = "child" };
    struct eddy_scope scope;

    ck_assert_int_eq(eddy_scope_open(self, &scope, NULL), 0);
    ck_assert_int_eq(eddy_spawn(&scope, wait_there, latch, &options), 0);
    return eddy_n(eddy_scope_close(&scope, 0));
}

static struct eddy_result sleep_long(struct eddy_task *self, void *arg)
{
    (void)arg;
    (void)eddy_await(self, eddy_sleep(EDDY_MS));
    return eddy_n(eddy_await(self, eddy_sleep(EDDY_FOREVER)));
}

static struct eddy_result look_round(struct eddy_task *self, void *arg)
{
    (void)arg;
    spawn_named(eddy_task_loop(self), "new", say, word("x"));
    look(eddy_task_loop(self));
    return eddy_n(0);
}

static struct eddy_result yield_always(struct eddy_task *self, void *arg)
{
    (void)arg;
    while (eddy_task_yield(self) == 0)
        continue;
    return eddy_n(-ECANCELED);
}

/* The child waits at this latch. */
static struct latch *set_up(struct eddy_loop *loop)
{
    static struct latch latches[2];
    static int count;
    struct latch *latch = &latches[count++ % 2];

    memset(latch, 0, sizeof *latch);
    spawn_named(loop, "sleeper", sleep_long, NULL);
    spawn_named(loop, "parent", have_children, latch);
    turns(loop, 2);
    virtual_time.now_ns += EDDY_MS; /* the sleeper wakes, and sleeps on */
    turns(loop, 2);
    spawn_named(loop, "yielder", yield_always, NULL);
    turns(loop, 1);
    return latch;
}

START_TEST(every_task_is_shown_with_what_it_does) /* T16 */
{
    struct eddy_loop *loop = virtual_loop(_i);

    seen_count = 0;
    ck_assert_int_eq(eddy_task_each(loop, see, NULL), 0); /* there are none */
    ck_assert_int_eq(seen_count, 0);
    (void)set_up(loop);
    spawn_named(loop, "looker", look_round, NULL);
    turns(loop, 1);
    ck_assert_int_eq(seen_count, 6);
    expect(0, "sleeper", EDDY_TASK_WAITING, "sleep", 0);
    expect(1, "parent", EDDY_TASK_WAITING, "the tasks of a scope", 0);
    expect(2, "yielder", EDDY_TASK_READY, NULL, 0);
    expect(3, "looker", EDDY_TASK_RUNNING, NULL, 0);
    expect(4, "new", EDDY_TASK_NEW, NULL, 0);
    expect(5, "child", EDDY_TASK_WAITING, "latch", 1);
    ck_assert_int_eq(seen[0].info.since_ns, EDDY_SECOND + EDDY_MS);
    ck_assert_int_eq(seen[5].info.since_ns, EDDY_SECOND);
    ck_assert_str_eq(marks(), "x");
    free_loop(loop); /* on they went, unharmed */
}
END_TEST

static void look_from_call(void *loop)
{
    look(loop);
    mark(word("looked"));
}

static void look_from_timer(struct eddy_timer *timer, void *loop)
{
    (void)timer;
    look(loop);
    mark(word("looked"));
}

START_TEST(they_are_shown_to_callbacks_and_from_outside_too) /* T16 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch *latch = set_up(loop);
    struct eddy_timer timer;

    for (int way = 0; way < 3; way++) {
        if (way == 0)
            look(loop);
        else if (way == 1)
            ck_assert_int_eq(eddy_loop_soon(loop, look_from_call, loop), 0);
        else
            ck_assert_int_eq(
                eddy_timer_init(&timer, loop, look_from_timer, loop), 0);
        if (way == 2)
            ck_assert_int_eq(eddy_timer_start(&timer, 0), 0);
        turns(loop, 2);
        ck_assert_int_eq(seen_count, 4);
        expect(0, "sleeper", EDDY_TASK_WAITING, "sleep", 0);
        expect(1, "parent", EDDY_TASK_WAITING, "the tasks of a scope", 0);
        expect(2, "yielder", EDDY_TASK_READY, NULL, 0);
        expect(3, "child", EDDY_TASK_WAITING, "latch", 1);
    }
    ck_assert_str_eq(marks(), "looked looked");
    release(latch, 0);
    turns(loop, 1);
    look(loop);
    ck_assert_int_eq(seen_count, 2);
}
END_TEST

/* ---- Hard cases ---------------------------------------------------------- */

static void look_as_it_ends(void *made)
{
    (void)made;
    look(eddy_task_loop(made));
}

static struct eddy_result make_itself(struct eddy_task *self, void *arg)
{
    struct eddy_result result = eddy_n(0);

    (void)arg;
    result.made = self;
    return result;
}

START_TEST(looking_at_the_very_end_of_a_task_shows_the_others)
{
    struct eddy_loop *loop = virtual_loop(_i);

    (void)set_up(loop);
    spawn_with(loop, make_itself, NULL,
               (struct eddy_task_options){ .drop = look_as_it_ends });
    turns(loop, 1);
    ck_assert_int_eq(seen_count, 4);
    expect(3, "child", EDDY_TASK_WAITING, "latch", 1);
}
END_TEST

static struct eddy_result look_and_go_on(struct eddy_task *self, void *loop)
{
    look(eddy_task_loop(self));
    ck_assert_int_eq(seen_count, 5);
    look(loop); /* another one */
    ck_assert_int_eq(seen_count, 4);
    expect(3, "child", EDDY_TASK_WAITING, "latch", 1);
    return eddy_n(eddy_task_yield(self));
}

START_TEST(a_task_may_look_into_another_loop)
{
    struct eddy_loop *loop = virtual_loop(_i), *other = virtual_loop(_i);

    (void)set_up(loop);
    (void)set_up(other);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(eddy_loop_run_task(loop, look_and_go_on, other).n, 0);
        turns(other, 1);
    }
}
END_TEST

/* It waits where hardly anything of its stack is left. */
static size_t wait_deep_down(struct eddy_task *self, const char *top,
                             size_t size)
{
    volatile char frame[64];

    frame[0] = 1;
    if (top - (const char *)__builtin_frame_address(0) > (ptrdiff_t)size)
        return (size_t)(eddy_task_yield(self) + eddy_task_yield(self));
    return wait_deep_down(self, top, size) + (size_t)frame[0];
}

static struct eddy_result nearly_overflow(struct eddy_task *self, void *size)
{
    const char *top = __builtin_frame_address(0);
    size_t depth = wait_deep_down(self, top, *(size_t *)size);

    (void)depth;
    return eddy_n(0);
}

START_TEST(looking_at_one_whose_stack_is_full_does_no_harm)
{
    static size_t deep = 16384 - 4096;
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_task_options options = { .name = "deep", .stack_size = 16384 };

    spawn_with(loop, nearly_overflow, &deep, options);
    spawn_named(loop, "looker", look_round, NULL);
    turns(loop, 1);
    ck_assert_int_ge(seen_count, 2);
    ck_assert_str_eq(seen[0].info.name, "deep");
    run_out(loop);
    (void)marks();
}
END_TEST

static struct eddy_value yield_deep_down(struct eddy_generator *self,
                                         void *size)
{
    struct eddy_result done =
        nearly_overflow(eddy_generator_driver(self), size);

    return eddy_int(done.n);
}

static struct eddy_result ask_a_deep_one(struct eddy_task *self, void *size)
{
    struct eddy_generator_options options = { .stack_size = 16384 };
    struct eddy_generator *generator;
    struct eddy_value value;

    ck_assert_int_eq(eddy_generator_new(&generator,
                                        eddy_loop_stacks(eddy_task_loop(self)),
                                        yield_deep_down, size, &options),
                     0);
    ck_assert_int_eq(eddy_generator_next_by(generator, self, &value), 0);
    eddy_generator_free(generator);
    return eddy_n(0);
}

START_TEST(looking_at_one_that_waits_in_a_generator_does_no_harm)
{
    static size_t deep = 16384 - 4096;

    for (int late = 0; late < 2; late++) { /* its stack is below, or above */
        struct eddy_loop *loop = virtual_loop(_i);

        if (late != 0)
            spawn_named(loop, "looker", look_round, NULL);
        spawn_named(loop, "asks", ask_a_deep_one, &deep);
        if (late == 0)
            spawn_named(loop, "looker", look_round, NULL);
        run_out(loop);
        (void)marks();
        free_loop(loop);
    }
}
END_TEST

static void *look_without_right(void *loop)
{
    ck_assert_int_eq(eddy_task_each(loop, see, NULL), -EPERM);
    return NULL;
}

static void have_it_looked_at(void *loop)
{
    join_thread(start_thread(look_without_right, loop));
}

START_TEST(debug_mode_lets_nobody_look_from_another_thread_meanwhile)
{
    struct eddy_loop *loop = virtual_loop(_i);

    (void)set_up(loop);
    ck_assert_int_eq(eddy_loop_set_debug(loop, true), 0);
    ck_assert_int_eq(eddy_loop_soon(loop, have_it_looked_at, loop), 0);
    turns(loop, 1);
}
END_TEST

static void *look_in_thread(void *loop)
{
    look(loop);
    return NULL;
}

START_TEST(they_are_shown_in_another_thread)
{
    struct eddy_loop *loop = virtual_loop(_i);

    (void)set_up(loop);
    for (int i = 0; i < 3; i++) {
        join_thread(start_thread(look_in_thread, loop));
        ck_assert_int_eq(seen_count, 4);
        turns(loop, 1);
    }
}
END_TEST

/* ---- In words ------------------------------------------------------------ */

static char text[65536];
static int lines;

static void keep_line(void *arg, const char *line)
{
    size_t used = strlen(text);

    ck_assert_ptr_eq(arg, text);
    ck_assert_ptr_null(strchr(line, '\n'));
    (void)snprintf(text + used, sizeof text - used, "%s\n", line);
    lines++;
}

static void expect_text(const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in:\n%s", part, text);
}

START_TEST(a_dump_says_it_in_words) /* T16 */
{
    struct eddy_loop *loop = virtual_loop(_i);

    text[0] = '\0';
    lines = 0;
    ck_assert_int_eq(eddy_task_dump(loop, keep_line, text), 0);
    ck_assert_int_eq(lines, 0);
    (void)set_up(loop);
    virtual_time.now_ns += 7 * EDDY_SECOND;
    spawn_named(loop, "fresh", say, word("x"));
    ck_assert_int_eq(eddy_task_dump(loop, keep_line, text), 0);
    expect_text("sleeper: waiting for sleep, 7000 ms; spawned at ");
    expect_text("parent: waiting for the tasks of a scope, 7001 ms; spawned");
    expect_text("yielder: ready; spawned at ");
    expect_text("fresh: new; spawned at ");
    expect_text("  child: waiting for latch, 7001 ms; spawned at ");
    if (HAS_FRAMES != 0)
        expect_text("    0x");
    ck_assert_int_eq(eddy_task_dump(loop, NULL, NULL), -EINVAL);
    ck_assert_int_eq(eddy_task_dump(NULL, keep_line, text), -EINVAL);
    ck_assert_int_eq(eddy_task_each(loop, NULL, NULL), -EINVAL);
    ck_assert_int_eq(eddy_task_each(NULL, see, NULL), -EINVAL);
}
END_TEST

/* ---- Very deep ----------------------------------------------------------- */

enum { DEEP = 1000 };

static struct latch deepest_latch;

static struct eddy_result nest(struct eddy_task *self, void *left)
{
    int n = *(int *)left - 1;
    struct eddy_scope scope;

    ck_assert_int_eq(eddy_scope_open(self, &scope, NULL), 0);
    if (n == 0)
        (void)eddy_await(self, wait_at(&deepest_latch));
    else
        ck_assert_int_eq(eddy_spawn(&scope, nest, &n, NULL), 0);
    return eddy_n(eddy_scope_close(&scope, 0));
}

static void see_depth(const struct eddy_task_info *info, void *count)
{
    ck_assert_int_eq(info->depth, *(int *)count);
    ++*(int *)count;
}

START_TEST(tasks_in_tasks_are_shown_parents_first)
{
    struct eddy_loop *loop = virtual_loop(_i);
    int left = DEEP, count = 0;

    memset(&deepest_latch, 0, sizeof deepest_latch);
    spawn(loop, nest, &left);
    while (deepest_latch.request == NULL)
        turns(loop, 1);
    ck_assert_int_eq(eddy_task_each(loop, see_depth, &count), 0);
    ck_assert_int_eq(count, DEEP);
    release(&deepest_latch, 0);
    run_out(loop);
    ck_assert_uint_eq(eddy_loop_task_count(loop), 0);
}
END_TEST

/* -------------------------------------------------------------------------- */

int main(void)
{
    const TTest *const each[] = {
        every_task_is_shown_with_what_it_does,
        they_are_shown_to_callbacks_and_from_outside_too,
        looking_at_the_very_end_of_a_task_shows_the_others,
        a_task_may_look_into_another_loop,
        looking_at_one_whose_stack_is_full_does_no_harm,
        looking_at_one_that_waits_in_a_generator_does_no_harm,
        debug_mode_lets_nobody_look_from_another_thread_meanwhile,
        they_are_shown_in_another_thread,
        a_dump_says_it_in_words,
        tasks_in_tasks_are_shown_parents_first,
    };
    Suite *suite = suite_create("task dump");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
