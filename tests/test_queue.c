/* SPDX-License-Identifier: MIT */
/* test_queue.c - queues between deferreds. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>

#include <eddy/deferredlock.h>

#include "deferred_support.h"

enum { MANY = 100000 };

static struct eddy_deferred_queue *queue;

static void open_queue(size_t size, size_t backlog)
{
    ck_assert_int_eq(eddy_deferred_queue_new(&queue, domain, size, backlog), 0);
}

static int put(int64_t n)
{
    return eddy_deferred_queue_put(queue, eddy_int(n));
}

START_TEST(values_are_kept_and_come_first_in_first_out) /* D98 */
{
    open_queue(EDDY_UNBOUNDED, EDDY_UNBOUNDED);
    for (int i = 1; i <= 3; i++)
        ck_assert_int_eq(put(i), 0);
    ck_assert_uint_eq(eddy_deferred_queue_count(queue), 3);
    for (int i = 1; i <= 3; i++)
        finish_with(eddy_deferred_queue_get(queue), i);
    ck_assert_uint_eq(eddy_deferred_queue_count(queue), 0);
    ck_assert_int_eq(put(4), 0);
    finish_with(eddy_deferred_queue_get(queue), 4);
    eddy_deferred_queue_free(queue);
}
END_TEST

START_TEST(a_put_fires_the_getter_that_waited_longest_inline) /* D98 */
{
    struct eddy_deferred *first, *second;

    open_queue(1, EDDY_UNBOUNDED);
    first = eddy_both(eddy_deferred_queue_get(queue), see, word("first"));
    second = eddy_both(eddy_deferred_queue_get(queue), see, word("second"));
    ck_assert_int_eq(put(1), 0);
    ck_assert_str_eq(marks(), "first:1");
    ck_assert_int_eq(put(2), 0);
    ck_assert_str_eq(marks(), "second:2");
    ck_assert_uint_eq(eddy_deferred_queue_count(queue), 0);
    eddy_unref(first);
    eddy_unref(second);
    eddy_deferred_queue_free(queue);
}
END_TEST

START_TEST(too_much_and_too_many_fail_at_once) /* D98 */
{
    struct eddy_deferred *waits;
    int freed = 0;

    open_queue(2, 1);
    ck_assert_int_eq(put(1), 0);
    ck_assert_int_eq(put(2), 0);
    ck_assert_int_eq(eddy_deferred_queue_put(queue, counted(&freed)), -ENOBUFS);
    ck_assert_int_eq(freed, 1);
    finish_with(eddy_deferred_queue_get(queue), 1);
    finish_with(eddy_deferred_queue_get(queue), 2);
    waits = eddy_deferred_queue_get(queue);
    finish_with(eddy_deferred_queue_get(queue), -ENOBUFS);
    ck_assert_int_eq(put(3), 0);
    finish_with(waits, 3);
    eddy_deferred_queue_free(queue);
}
END_TEST

START_TEST(without_room_a_put_meets_a_getter_or_fails) /* D98 */
{
    struct eddy_deferred *getter;

    open_queue(0, 1);
    ck_assert_int_eq(put(1), -ENOBUFS);
    getter = eddy_deferred_queue_get(queue);
    ck_assert_int_eq(put(2), 0);
    ck_assert_int_eq(put(3), -ENOBUFS);
    finish_with(getter, 2);
    eddy_deferred_queue_free(queue);
    open_queue(0, 0);
    finish_with(eddy_deferred_queue_get(queue), -ENOBUFS);
    eddy_deferred_queue_free(queue);
}
END_TEST

START_TEST(cancelled_getters_are_skipped_and_make_room) /* D98 */
{
    struct eddy_deferred *getter[3];

    open_queue(1, 3);
    for (int i = 0; i < 3; i++)
        getter[i] = eddy_deferred_queue_get(queue);
    eddy_cancel(getter[1]); /* in the middle, then at the beginning */
    eddy_cancel(getter[0]);
    finish_with(getter[0], -ECANCELED);
    finish_with(getter[1], -ECANCELED);
    getter[0] = eddy_deferred_queue_get(queue);
    getter[1] = eddy_deferred_queue_get(queue);
    eddy_cancel(getter[1]); /* at the end */
    finish_with(getter[1], -ECANCELED);
    getter[1] = eddy_deferred_queue_get(queue);
    ck_assert_int_eq(put(1), 0);
    finish_with(getter[2], 1);
    ck_assert_int_eq(put(2), 0);
    finish_with(getter[0], 2);
    eddy_cancel(getter[1]);
    finish_with(getter[1], -ECANCELED);
    ck_assert_int_eq(put(3), 0);
    ck_assert_uint_eq(eddy_deferred_queue_count(queue), 1);
    eddy_deferred_queue_free(queue);
}
END_TEST

START_TEST(a_getter_that_has_its_value_cannot_be_cancelled)
{
    struct eddy_deferred *getter;

    open_queue(1, 1);
    getter = eddy_deferred_queue_get(queue);
    ck_assert_int_eq(put(1), 0);
    eddy_cancel(getter);
    finish_with(getter, 1);
    eddy_deferred_queue_free(queue);
}
END_TEST

START_TEST(a_getter_that_somebody_else_fired_is_skipped)
{
    struct eddy_deferred *getter;

    open_queue(1, 2);
    getter = eddy_deferred_queue_get(queue);
    ck_assert_int_eq(eddy_fire(getter, eddy_int(9)), 0);
    ck_assert_int_eq(put(1), 0);
    finish_with(getter, 9);
    finish_with(eddy_deferred_queue_get(queue), 1);
    eddy_deferred_queue_free(queue);
}
END_TEST

static void free_queue_of(void *unused)
{
    (void)unused;
    eddy_deferred_queue_free(queue);
    queue = NULL;
}

START_TEST(a_getter_that_somebody_else_fires_leaves_the_line)
{
    struct eddy_deferred *getter, *next;

    open_queue(1, 1);
    getter = eddy_deferred_queue_get(queue);
    ck_assert_int_eq(eddy_fire(getter, eddy_own(&queue, free_queue_of)), 0);
    next = eddy_deferred_queue_get(queue);
    ck_assert_int_eq(put(1), 0);
    finish_with(next, 1);
    eddy_unref(getter);
    ck_assert_ptr_null(queue);
}
END_TEST

START_TEST(what_a_fired_getter_holds_may_free_the_queue)
{
    struct eddy_deferred *getter;

    open_queue(1, 1);
    getter = eddy_deferred_queue_get(queue);
    ck_assert_int_eq(eddy_fire(getter, eddy_own(&queue, free_queue_of)), 0);
    eddy_unref(getter);
    ck_assert_int_eq(put(1), -EINVAL); /* there is none any more */
    ck_assert_ptr_null(queue);
}
END_TEST

START_TEST(freeing_frees_values_and_cancels_getters)
{
    struct eddy_deferred *getter;
    int freed = 0;

    open_queue(2, 1);
    ck_assert_int_eq(eddy_deferred_queue_put(queue, counted(&freed)), 0);
    ck_assert_int_eq(eddy_deferred_queue_put(queue, counted(&freed)), 0);
    eddy_deferred_queue_free(queue);
    ck_assert_int_eq(freed, 2);
    open_queue(2, 1);
    getter = eddy_deferred_queue_get(queue);
    eddy_deferred_queue_free(queue);
    finish_with(getter, -ECANCELED);
    eddy_deferred_queue_free(NULL);
}
END_TEST

START_TEST(a_getter_that_nobody_would_hear_of_leaves_its_value_to_the_next)
{
    struct eddy_deferred *next;

    open_queue(1, 1);
    eddy_unref(eddy_deferred_queue_get(queue));
    next = eddy_deferred_queue_get(queue); /* there is room again */
    ck_assert_int_eq(put(1), 0);
    finish_with(next, 1);
    eddy_unref(eddy_deferred_queue_get(queue));
    ck_assert_int_eq(put(2), 0);
    ck_assert_uint_eq(eddy_deferred_queue_count(queue), 1);
    finish_with(eddy_deferred_queue_get(queue), 2);
    eddy_unref(eddy_both(eddy_deferred_queue_get(queue), swallow, word("a")));
    ck_assert_int_eq(put(3), 0); /* its link hears of it */
    ck_assert_str_eq(marks(), "a:3");
    eddy_deferred_queue_free(queue);
}
END_TEST

static struct eddy_value free_queue(struct eddy_value *result, void *text)
{
    eddy_deferred_queue_free(queue);
    return see(result, text);
}

START_TEST(a_getter_may_free_the_queue_that_fires_it)
{
    struct eddy_deferred *second;

    open_queue(1, 2);
    eddy_unref(
        eddy_both(eddy_deferred_queue_get(queue), free_queue, word("first")));
    second = eddy_deferred_queue_get(queue);
    ck_assert_int_eq(put(1), 0);
    ck_assert_str_eq(marks(), "first:1");
    finish_with(second, -ECANCELED);
}
END_TEST

static struct eddy_value cancel_it(struct eddy_value *result, void *deferred)
{
    eddy_cancel(deferred);
    return eddy_take(result);
}

START_TEST(getters_may_cancel_each_other_while_the_queue_is_freed)
{
    struct eddy_deferred *getter[3];

    open_queue(1, 3);
    for (int i = 0; i < 3; i++)
        getter[i] = eddy_deferred_queue_get(queue);
    eddy_both(getter[0], cancel_it, getter[1]);
    eddy_both(getter[1], cancel_it, getter[2]);
    eddy_deferred_queue_free(queue);
    for (int i = 0; i < 3; i++)
        finish_with(getter[i], -ECANCELED);
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
    int freed = 0;

    ck_assert_int_eq(eddy_deferred_queue_new(NULL, domain, 1, 1), -EINVAL);
    ck_assert_int_eq(eddy_deferred_queue_new(&queue, NULL, 1, 1), -EINVAL);
    ck_assert_int_eq(eddy_deferred_queue_put(NULL, counted(&freed)), -EINVAL);
    ck_assert_int_eq(freed, 1);
    ck_assert_ptr_eq(eddy_deferred_queue_get(NULL), eddy_no_memory());
    ck_assert_uint_eq(eddy_deferred_queue_count(NULL), 0);
    open_queue(1, 1);
    ck_assert_int_eq(eddy_deferred_queue_put(queue, eddy_wait_for(pending())),
                     -EINVAL);
    ck_assert_uint_eq(eddy_deferred_queue_count(queue), 0);
    eddy_deferred_queue_free(queue);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    struct eddy_domain *poor = new_domain();
    struct eddy_deferred *getter;
    int freed = 0;

    fail_allocation(1);
    ck_assert_int_eq(eddy_deferred_queue_new(&queue, poor, 1, 1), -ENOMEM);
    ck_assert_int_eq(eddy_deferred_queue_new(&queue, poor, 1, 1), 0);
    fail_allocation(1);
    ck_assert_int_eq(eddy_deferred_queue_put(queue, counted(&freed)), -ENOMEM);
    ck_assert_int_eq(freed, 1);
    fail_allocation(1);
    ck_assert_ptr_eq(eddy_deferred_queue_get(queue), eddy_no_memory());
    fail_allocation(2);
    finish_with(eddy_deferred_queue_get(queue), -ENOMEM);
    getter = eddy_deferred_queue_get(queue);
    fail_allocation(1); /* to hand it over needs none */
    ck_assert_int_eq(put(1), 0);
    ck_assert(!allocation_failed());
    finish_with(getter, 1);
    ck_assert_int_eq(put(2), 0);
    getter = eddy_deferred_new(poor, NULL, NULL); /* the one left over */
    fail_allocation(1);
    ck_assert_ptr_eq(eddy_deferred_queue_get(queue), eddy_no_memory());
    ck_assert_uint_eq(eddy_deferred_queue_count(queue), 1);
    eddy_unref(getter);
    eddy_deferred_queue_free(queue);
    eddy_domain_free(poor);
}
END_TEST

START_TEST(very_many_getters_are_cancelled_in_no_time)
{
    struct eddy_deferred **getter =
        calloc(MANY, sizeof(struct eddy_deferred *));

    open_queue(0, EDDY_UNBOUNDED);
    for (int i = 0; i < MANY; i++)
        getter[i] = eddy_deferred_queue_get(queue);
    for (int i = MANY - 1; i > 0; i -= 2)
        eddy_cancel(getter[i]);
    for (int i = 0; i < MANY; i += 2)
        eddy_cancel(getter[i]);
    for (int i = 0; i < MANY; i++)
        finish_with(getter[i], -ECANCELED);
    ck_assert_int_eq(put(1), -ENOBUFS);
    eddy_deferred_queue_free(queue);
    free(getter);
}
END_TEST

static int rounds;

/* Gets again until all are through. */
static struct eddy_value get_again(struct eddy_value *result, void *arg)
{
    (void)arg;
    ck_assert_int_eq(result->n, rounds);
    if (++rounds < MANY)
        eddy_unref(eddy_then(eddy_deferred_queue_get(queue), get_again, NULL));
    return eddy_none();
}

START_TEST(a_getter_that_gets_again_takes_no_stack)
{
    open_queue(EDDY_UNBOUNDED, 1);
    rounds = 0;
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(put(i), 0);
    eddy_unref(eddy_then(eddy_deferred_queue_get(queue), get_again, NULL));
    ck_assert_int_eq(rounds, MANY);
    eddy_deferred_queue_free(queue);
}
END_TEST

START_TEST(a_queue_may_outlive_its_loop)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *getter;

    ck_assert_int_eq(
        eddy_deferred_queue_new(&queue, eddy_loop_domain(loop), 1, 1), 0);
    getter = eddy_deferred_queue_get(queue);
    free_loop(loop);
    ck_assert_int_eq(put(1), 0);
    finish_with(getter, 1);
    ck_assert_int_eq(put(2), 0);
    eddy_deferred_queue_free(queue);
}
END_TEST

int main(void)
{
    const TTest *const loopless[] = {
        values_are_kept_and_come_first_in_first_out,
        a_put_fires_the_getter_that_waited_longest_inline,
        too_much_and_too_many_fail_at_once,
        without_room_a_put_meets_a_getter_or_fails,
        cancelled_getters_are_skipped_and_make_room,
        a_getter_that_has_its_value_cannot_be_cancelled,
        a_getter_that_somebody_else_fired_is_skipped,
        a_getter_that_somebody_else_fires_leaves_the_line,
        what_a_fired_getter_holds_may_free_the_queue,
        freeing_frees_values_and_cancels_getters,
        a_getter_that_nobody_would_hear_of_leaves_its_value_to_the_next,
        a_getter_may_free_the_queue_that_fires_it,
        getters_may_cancel_each_other_while_the_queue_is_freed,
        bad_arguments_are_refused,
        any_allocation_may_fail,
        very_many_getters_are_cancelled_in_no_time,
        a_getter_that_gets_again_takes_no_stack,
    };
    const TTest *const looped[] = {
        a_queue_may_outlive_its_loop,
    };
    Suite *suite = suite_create("queue");

    add_deferred_tests(suite, loopless, COUNT(loopless));
    add_loop_tests(suite, looped, COUNT(looped));
    return run_suite(suite);
}
