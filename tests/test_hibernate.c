/* SPDX-License-Identifier: MIT */
/* test_hibernate.c - tasks that wait without the memory of their stacks. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "sanitized.h"
#include "task_support.h"

/* ---- What becomes of a stack --------------------------------------------- */

static size_t resident(struct eddy_loop *loop)
{
    struct eddy_stacks_stats stats;

    ck_assert_int_eq(eddy_stacks_stats(eddy_loop_stacks(loop), &stats), 0);
    return stats.resident;
}

static void spawn_sleepy(struct eddy_loop *loop, eddy_task_fn *fn, void *arg)
{
    spawn_with(loop, fn, arg,
               (struct eddy_task_options){ .name = "a dormouse",
                                           .flags = EDDY_MAY_HIBERNATE });
}

/* With a handle; it sleeps when this returns. */
static struct eddy_task *put_to_sleep(struct eddy_loop *loop, eddy_task_fn *fn,
                                      void *arg)
{
    struct eddy_task *task;

    spawn_with(loop, fn, arg,
               (struct eddy_task_options){ .flags = EDDY_MAY_HIBERNATE,
                                           .ret_task = &task });
    turns(loop, 2);
    return task;
}

/* Somebody might look, as far as a compiler knows. */
static char *volatile in_sight;

/* What is on its stack is there again, at the same place. */
static struct eddy_result sleep_deeply(struct eddy_task *self, void *latch)
{
    char here[200], *where = here;
    int64_t n;

    in_sight = here;
    memset(here, 0x5a, sizeof here);
    n = eddy_hibernate(self, wait_at(latch));
    ck_assert_ptr_eq(where, here);
    for (size_t i = 0; i < sizeof here; i++)
        ck_assert_int_eq(here[i], 0x5a);
    return eddy_n(n);
}

/* Do stacks come and go? Not under tools that mind, and not with the switch
 * in C, which tells nobody where it is. */
static bool can_hibernate(void)
{
#ifdef EDDY_PORTABLE_SWITCH
    return false;
#else
    return !ON_ASAN && !ON_VALGRIND;
#endif
}

START_TEST(a_task_that_hibernates_takes_no_memory_for_its_stack)
{
    enum { MANY = 32 };
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch[MANY] = { { NULL, false, 0 } };
    size_t before, asleep;

    for (int i = 0; i < MANY; i++)
        spawn_sleepy(loop, sleep_deeply, &latch[i]);
    before = resident(loop);
    turns(loop, 2);
    asleep = resident(loop);
    for (int i = 0; i < MANY; i++) {
        ck_assert_ptr_nonnull(latch[i].request);
        release(&latch[i], i);
    }
    run_out(loop);
    if (can_hibernate() && before > 0)
        ck_assert_uint_lt(asleep, before / 2);
}
END_TEST

START_TEST(one_that_is_woken_has_everything_where_it_was)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { NULL, false, 0 };
    struct eddy_task *task;

    task = put_to_sleep(loop, sleep_deeply, &latch);
    ck_assert_int_eq(eddy_task_state(task), EDDY_TASK_WAITING);
    release(&latch, 42);
    ck_assert_int_eq(end_of(loop, task), 42);
}
END_TEST

/* Wakes up and falls asleep again, beside others that do. */
static struct eddy_result nod(struct eddy_task *self, void *text)
{
    for (int i = 0; i < 3; i++) {
        mark(text);
        ck_assert_int_eq(eddy_hibernate(self, eddy_sleep(EDDY_MS)), 0);
    }
    return eddy_n(0);
}

START_TEST(tasks_hibernate_again_and_again_beside_others)
{
    struct eddy_loop *loop = virtual_loop(_i);

    spawn_sleepy(loop, nod, word("a"));
    spawn_sleepy(loop, nod, word("b"));
    spawn(loop, nod, word("c")); /* may not, and waits as usual */
    run_out(loop);
    ck_assert_str_eq(marks(), "a b c a b c a b c");
}
END_TEST

START_TEST(a_task_that_hibernates_can_be_cancelled)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { NULL, false, 0 };
    struct eddy_task *task;

    task = put_to_sleep(loop, sleep_deeply, &latch);
    ck_assert_int_eq(eddy_task_cancel(task, "morning"), 1);
    ck_assert_int_eq(end_of(loop, task), -ECANCELED);
    ck_assert_int_eq(latch.cancels, 1);
}
END_TEST

START_TEST(a_loop_that_is_freed_wakes_who_hibernates)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { NULL, false, 0 };

    spawn_sleepy(loop, sleep_deeply, &latch);
    turns(loop, 2);
    free_loop(loop);
    ck_assert_int_eq(latch.cancels, 1);
}
END_TEST

/* ---- Who stays awake ----------------------------------------------------- */

/* Others write to its stack while it waits. */
static struct eddy_result keep_an_eye_open(struct eddy_task *self, void *arg)
{
    struct latch latch = { NULL, false, 0 };

    *(struct latch **)arg = &latch; /* not that of the test */
    return eddy_n(eddy_hibernate(self, wait_at(&latch)));
}

START_TEST(what_an_operation_points_to_on_the_stack_stays_there)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch *latch = NULL;
    struct eddy_task *task;

    task = put_to_sleep(loop, keep_an_eye_open, &latch);
    ck_assert_ptr_nonnull(latch->request);
    release(latch, 7);
    ck_assert_int_eq(end_of(loop, task), 7);
}
END_TEST

static struct eddy_result look_after_a_child(struct eddy_task *self, void *arg)
{
    struct eddy_scope scope;

    ck_assert_int_eq(eddy_scope_open(self, &scope, NULL), 0);
    ck_assert_int_eq(eddy_spawn(&scope, nod, word("child"), NULL), 0);
    ck_assert_int_eq(eddy_hibernate(self, wait_at(arg)), 1);
    return eddy_n(eddy_scope_close(&scope, 0));
}

START_TEST(who_has_a_scope_open_waits_as_usual)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { NULL, false, 0 };

    spawn_sleepy(loop, look_after_a_child, &latch);
    turns(loop, 4);
    ck_assert_str_eq(marks(), "child");
    release(&latch, 1);
    run_out(loop);
    ck_assert_str_eq(marks(), "child child");
}
END_TEST

static struct eddy_result use_much(struct eddy_task *self, void *latch)
{
    char much[8192];

    in_sight = much;
    memset(much, 1, sizeof much);
    return eddy_n(eddy_hibernate(self, wait_at(latch)) + much[17]);
}

START_TEST(who_uses_much_of_its_stack_waits_as_usual)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { NULL, false, 0 };
    struct eddy_task *task;

    task = put_to_sleep(loop, use_much, &latch);
    release(&latch, 1);
    ck_assert_int_eq(end_of(loop, task), 2);
}
END_TEST

static struct eddy_result ask_wrongly(struct eddy_task *self, void *latch)
{
    ck_assert_int_eq(eddy_hibernate_op(self, NULL).n, -EINVAL);
    ck_assert_int_eq(eddy_hibernate(NULL, wait_at(latch)), -EPERM);
    ck_assert_int_eq(eddy_hibernate(self, eddy_every(EDDY_SECOND, EDDY_SKIP)),
                     -EINVAL);
    eddy_task_forbid_await(self);
    ck_assert_int_eq(eddy_hibernate(self, wait_at(latch)), -EPERM);
    eddy_task_allow_await(self);
    return eddy_n(0);
}

START_TEST(what_cannot_be_awaited_cannot_be_hibernated_on)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { NULL, false, 0 };

    spawn_sleepy(loop, ask_wrongly, &latch);
    run_out(loop);
    ck_assert_ptr_null(latch.request);
}
END_TEST

/* ---- Looking ------------------------------------------------------------- */

static void count(const struct eddy_task_info *info, void *times)
{
    ck_assert_int_eq(info->state, EDDY_TASK_WAITING);
    ck_assert_str_eq(info->waits_for, "latch");
    ++*(int *)times;
}

START_TEST(who_looks_at_tasks_wakes_nobody)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { NULL, false, 0 };
    int times = 0;

    spawn_sleepy(loop, sleep_deeply, &latch);
    turns(loop, 2);
    ck_assert_int_eq(eddy_task_each(loop, count, &times), 0);
    ck_assert_int_eq(times, 1);
    release(&latch, 0);
    run_out(loop);
}
END_TEST

START_TEST(without_memory_for_the_copy_one_waits_as_usual)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { NULL, false, 0 };
    struct eddy_task *task;

    spawn_with(loop, sleep_deeply, &latch,
               (struct eddy_task_options){ .flags = EDDY_MAY_HIBERNATE,
                                           .ret_task = &task });
    fail_allocation(1);
    turns(loop, 2);
    ck_assert(allocation_failed() == can_hibernate());
    fail_allocation(0);
    release(&latch, 3);
    ck_assert_int_eq(end_of(loop, task), 3);
}
END_TEST

START_TEST(what_makes_no_sense_is_not_frozen)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_stacks *stacks = eddy_loop_stacks(loop);
    struct eddy_stack none = { NULL, NULL };
    struct eddy_frozen *frozen = NULL;
    struct eddy_context here;

    eddy_context_here(&here); /* it runs, and was never left */
    ck_assert_int_eq(eddy_stack_freeze(NULL, none, &here, &frozen), -EINVAL);
    ck_assert_int_eq(eddy_stack_freeze(stacks, none, NULL, &frozen), -EINVAL);
    ck_assert_int_eq(eddy_stack_freeze(stacks, none, &here, &frozen), -EINVAL);
    ck_assert_int_eq(eddy_stack_freeze(stacks, none, &here, NULL), -EINVAL);
    ck_assert_ptr_null(frozen);
    eddy_stack_thaw(stacks, NULL);
    eddy_stack_thaw(NULL, NULL);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        a_task_that_hibernates_takes_no_memory_for_its_stack,
        one_that_is_woken_has_everything_where_it_was,
        tasks_hibernate_again_and_again_beside_others,
        a_task_that_hibernates_can_be_cancelled,
        a_loop_that_is_freed_wakes_who_hibernates,
        what_an_operation_points_to_on_the_stack_stays_there,
        who_has_a_scope_open_waits_as_usual,
        who_uses_much_of_its_stack_waits_as_usual,
        what_cannot_be_awaited_cannot_be_hibernated_on,
        who_looks_at_tasks_wakes_nobody,
        without_memory_for_the_copy_one_waits_as_usual,
        what_makes_no_sense_is_not_frozen,
    };
    Suite *suite = suite_create("hibernate");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
