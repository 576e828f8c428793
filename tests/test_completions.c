/* SPDX-License-Identifier: MIT */
/* test_completions.c - outcomes one by one, in the order in which they come. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>

#include <eddy/collect.h>

#include "deferred_support.h"

enum { MANY = 100000 };

/* Three to be completed; the test has a reference of its own of each. */
static struct eddy_deferred *child[3];
static struct eddy_completions *completions;

static void complete_three(void)
{
    struct eddy_deferred *three[3];

    for (int i = 0; i < 3; i++)
        child[i] = eddy_ref(three[i] = pending());
    ck_assert_int_eq(eddy_as_completed(&completions, domain, three, 3), 0);
}

static void fire(int i, int64_t n)
{
    ck_assert_int_eq(
        eddy_fire(child[i], n < 0 ? eddy_fail((int)n) : eddy_int(n)), 0);
}

static void finish_three(void)
{
    eddy_completions_free(completions);
    for (int i = 0; i < 3; i++)
        eddy_unref(child[i]);
}

/* Fails the test unless it has this outcome; lets go of it. */
static void finish_outcome(struct eddy_deferred *next, size_t index, int64_t n)
{
    const struct eddy_values *one = eddy_value_many(eddy_peek(next));

    ck_assert_ptr_nonnull(one);
    ck_assert_uint_eq(one->count, 1);
    ck_assert_uint_eq(one->index, index);
    if (n < 0)
        ck_assert_int_eq(eddy_error_code(one->value), n);
    else
        ck_assert_int_eq(one->value->n, n);
    ck_assert_int_eq(eddy_value_is_error(one->value), n < 0);
    eddy_unref(next);
}

static void expect_next(size_t index, int64_t n)
{
    finish_outcome(eddy_completions_next(completions), index, n);
}

/* ---- In order ------------------------------------------------------------ */

START_TEST(outcomes_come_first_come_first_served) /* G11 */
{
    complete_three();
    fire(2, 30);
    fire(0, 10);
    fire(1, 20);
    expect_next(2, 30);
    expect_next(0, 10);
    expect_next(1, 20);
    finish_with(eddy_completions_next(completions), -ENODATA);
    finish_with(eddy_completions_next(completions), -ENODATA);
    finish_three();
}
END_TEST

START_TEST(those_that_ask_early_are_served_in_turn) /* G11 */
{
    struct eddy_deferred *next[4];

    complete_three();
    for (int i = 0; i < 4; i++)
        next[i] = eddy_completions_next(completions);
    finish_with(next[3], -ENODATA);
    fire(1, 20);
    finish_outcome(next[0], 1, 20);
    ck_assert_int_eq(eddy_state(next[1]), EDDY_PENDING);
    fire(2, -EIO);
    finish_outcome(next[1], 2, -EIO);
    fire(0, 10);
    finish_outcome(next[2], 0, 10);
    finish_three();
}
END_TEST

START_TEST(each_outcome_says_which_it_was) /* G13 */
{
    struct eddy_deferred *same[3], *taken[3];

    for (int i = 0; i < 3; i++)
        taken[i] = same[i] = fired(7);
    ck_assert_int_eq(eddy_as_completed(&completions, domain, taken, 3), 0);
    for (int i = 0; i < 3; i++)
        taken[i] = NULL; /* the array is copied */
    for (size_t i = 0; i < 3; i++)
        expect_next(i, 7);
    eddy_completions_free(completions);
}
END_TEST

START_TEST(one_that_is_cancelled_leaves_its_outcome_to_the_next)
{
    struct eddy_deferred *first, *second;

    complete_three();
    fire(0, 10);
    expect_next(0, 10);
    first = eddy_completions_next(completions);
    second = eddy_completions_next(completions);
    eddy_cancel(first);
    finish_with(first, -ECANCELED);
    fire(2, 30);
    finish_outcome(second, 2, 30);
    first = eddy_completions_next(completions);
    fire(1, 20);
    finish_outcome(first, 1, 20);
    finish_three();
}
END_TEST

START_TEST(one_that_nobody_would_hear_of_leaves_its_outcome_to_the_next)
{
    struct eddy_deferred *third;

    complete_three();
    fire(0, 10);
    fire(1, 20);
    expect_next(0, 10);
    expect_next(1, 20);
    eddy_unref(eddy_completions_next(completions));
    third = eddy_completions_next(completions);
    fire(2, 30);
    finish_outcome(third, 2, 30);
    finish_three();
}
END_TEST

START_TEST(no_deferreds_have_no_outcomes)
{
    ck_assert_int_eq(eddy_as_completed(&completions, domain, NULL, 0), 0);
    finish_with(eddy_completions_next(completions), -ENODATA);
    eddy_completions_free(completions);
    eddy_completions_free(NULL);
}
END_TEST

START_TEST(what_nobody_is_left_to_fire_has_no_outcome)
{
    complete_three();
    fire(0, 10);
    eddy_unref(child[1]);
    child[1] = NULL;
    expect_next(0, 10);
    fire(2, 30);
    expect_next(2, 30);
    finish_with(eddy_completions_next(completions), -ENODATA);
    finish_three();
}
END_TEST

/* ---- Who owns what ------------------------------------------------------- */

START_TEST(errors_are_told_once_and_their_deferreds_go_on)
{
    complete_three();
    fire(0, -EIO);
    expect_result(child[0], 0);
    expect_next(0, -EIO);
    finish_three();
    ck_assert_int_eq(logged("unhandled"), 0);
}
END_TEST

START_TEST(pointers_move_and_are_lent_to_those_they_came_from)
{
    struct eddy_deferred *next;
    int freed = 0;

    complete_three();
    ck_assert_int_eq(eddy_fire(child[0], counted(&freed)), 0);
    ck_assert_ptr_eq(eddy_peek(child[0])->ptr, &freed);
    next = eddy_completions_next(completions);
    ck_assert_int_eq(eddy_fire(child[1], counted(&freed)), 0);
    ck_assert_int_eq(freed, 0);
    eddy_unref(next);
    ck_assert_int_eq(freed, 1);
    finish_three(); /* nobody asked for the other */
    ck_assert_int_eq(freed, 2);
}
END_TEST

START_TEST(freeing_it_lets_the_deferreds_go_on) /* G12 */
{
    struct eddy_deferred *first, *second;
    int freed = 0;

    complete_three();
    first = eddy_completions_next(completions);
    second = eddy_completions_next(completions);
    eddy_completions_free(completions);
    completions = NULL;
    finish_with(first, -ECANCELED);
    finish_with(second, -ECANCELED);
    ck_assert_int_eq(eddy_state(child[0]), EDDY_PENDING);
    ck_assert_int_eq(eddy_fire(child[0], counted(&freed)), 0);
    ck_assert(eddy_peek(child[0])->free == count_free);
    fire(1, -EIO);
    expect_result(child[1], -EIO);
    finish_three();
    ck_assert_int_eq(freed, 1);
}
END_TEST

static struct eddy_value free_completions(struct eddy_value *result, void *text)
{
    eddy_completions_free(completions);
    completions = NULL;
    return see(result, text);
}

START_TEST(it_may_be_freed_by_whom_it_serves)
{
    struct eddy_deferred *first, *second;

    complete_three();
    first = eddy_both(eddy_completions_next(completions), free_completions,
                      word("first"));
    second = eddy_both(eddy_completions_next(completions), see, word("second"));
    fire(1, 1);
    ck_assert_str_eq(marks(), "first:ptr second:ECANCELED");
    fire(0, 1);
    finish_three();
    eddy_unref(first);
    finish_with(second, -ECANCELED);
}
END_TEST

/* ---- Misuse, memory, many ------------------------------------------------ */

START_TEST(bad_arguments_are_refused_and_all_are_let_go)
{
    struct eddy_deferred *twice[] = { pending(), NULL };
    struct eddy_deferred *with_null[] = { fired(1), NULL };
    struct eddy_deferred *one[] = { fired(1) };

    twice[1] = eddy_ref(twice[0]);
    ck_assert_int_eq(eddy_as_completed(&completions, domain, twice, 2),
                     -EINVAL);
    ck_assert_int_eq(eddy_as_completed(&completions, domain, with_null, 2),
                     -EINVAL);
    ck_assert_int_eq(eddy_as_completed(NULL, domain, one, 1), -EINVAL);
    one[0] = fired(1);
    ck_assert_int_eq(eddy_as_completed(&completions, NULL, one, 1), -EINVAL);
    ck_assert_int_eq(eddy_as_completed(&completions, domain, NULL, 1), -EINVAL);
    ck_assert_ptr_eq(eddy_completions_next(NULL), eddy_no_memory());
}
END_TEST

/* Every allocation of it fails once: an outcome, or an error, in every case. */
START_TEST(those_of_another_domain_are_refused)
{
    struct eddy_domain *other = new_domain();
    struct eddy_deferred *one[] = { eddy_deferred_new(other, NULL, NULL) };

    ck_assert_int_eq(eddy_as_completed(&completions, domain, one, 1), -EXDEV);
    eddy_domain_free(other);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    int freed = 0, made = 0;
    bool failed_one = true;

    for (long n = 1; failed_one; n++) {
        struct eddy_domain *poor = new_domain();
        struct eddy_deferred *two[2], *last, *next[2];

        two[0] = eddy_fired(poor, counted(&freed));
        two[1] = last = eddy_ref(eddy_deferred_new(poor, NULL, NULL));
        made += 2;
        completions = NULL;
        fail_allocation(n);
        if (eddy_as_completed(&completions, poor, two, 2) < 0)
            ck_assert(allocation_failed());
        for (int i = 0; i < 2; i++)
            next[i] = eddy_completions_next(completions);
        (void)eddy_fire(last, counted(&freed));
        for (int i = 0; i < 2; i++) {
            ck_assert_ptr_nonnull(eddy_peek(next[i]));
            eddy_unref(next[i]);
        }
        failed_one = allocation_failed();
        fail_allocation(0);
        eddy_completions_free(completions);
        eddy_unref(last);
        eddy_domain_free(poor);
        ck_assert_int_eq(freed, made);
    }
}
END_TEST

START_TEST(an_outcome_is_not_lost_for_want_of_a_deferred)
{
    struct eddy_domain *poor = new_domain();
    struct eddy_deferred *one[] = { eddy_fired(poor, eddy_int(5)) };
    struct eddy_deferred *other = eddy_fired(poor, eddy_int(6));

    ck_assert_int_eq(eddy_as_completed(&completions, poor, one, 1), 0);
    one[0] = eddy_deferred_new(poor, NULL, NULL); /* none is left over now */
    fail_allocation(1);
    ck_assert_ptr_eq(eddy_completions_next(completions), eddy_no_memory());
    expect_next(0, 5);
    eddy_completions_free(completions);
    eddy_unref(one[0]);
    eddy_unref(other);
    eddy_domain_free(poor);
}
END_TEST

START_TEST(very_many_wait_and_are_cancelled_in_no_time)
{
    struct eddy_deferred **all = calloc(MANY, sizeof(struct eddy_deferred *));
    struct eddy_deferred **next = calloc(MANY, sizeof(struct eddy_deferred *));

    for (int i = 0; i < MANY; i++)
        all[i] = pending();
    for (int i = 0; i < MANY; i++)
        all[i] = eddy_ref(all[i]);
    ck_assert_int_eq(eddy_as_completed(&completions, domain, all, MANY), 0);
    for (int i = 0; i < MANY; i++)
        next[i] = eddy_completions_next(completions);
    for (int i = 1; i < MANY; i += 2)
        eddy_cancel(next[i]);
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(eddy_fire(all[i], eddy_int(i)), 0);
    for (int i = 0; i < MANY; i += 2)
        finish_outcome(next[i], (size_t)i / 2, i / 2);
    for (int i = 1; i < MANY; i += 2)
        finish_with(next[i], -ECANCELED);
    for (int i = 0; i < MANY; i++)
        eddy_unref(all[i]);
    eddy_completions_free(completions);
    free(next);
    free(all);
}
END_TEST

/* ---- With a loop --------------------------------------------------------- */

START_TEST(a_limit_on_the_next_leaves_the_rest_running) /* G12 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *two[] = {
        eddy_defer(loop, eddy_sleep(3 * EDDY_SECOND)),
        eddy_defer(loop, eddy_sleep(EDDY_SECOND)),
    };
    struct eddy_deferred *first, *second;

    ck_assert_int_eq(
        eddy_as_completed(&completions, eddy_loop_domain(loop), two, 2), 0);
    first = eddy_completions_next(completions);
    second = eddy_completions_next(completions);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_sleep(2 * EDDY_SECOND)).n,
                     0);
    eddy_cancel(second); /* as a limit does */
    finish_outcome(first, 1, 0);
    finish_with(second, -ECANCELED);
    run_out(loop);
    expect_next(0, 0);
    eddy_completions_free(completions);
}
END_TEST

START_TEST(it_may_outlive_its_loop)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *one[] = { eddy_defer(loop, eddy_sleep(1)) };

    ck_assert_int_eq(
        eddy_as_completed(&completions, eddy_loop_domain(loop), one, 1), 0);
    free_loop(loop);
    expect_next(0, -ECANCELED);
    eddy_completions_free(completions);
}
END_TEST

int main(void)
{
    const TTest *const loopless[] = {
        outcomes_come_first_come_first_served,
        those_that_ask_early_are_served_in_turn,
        each_outcome_says_which_it_was,
        one_that_is_cancelled_leaves_its_outcome_to_the_next,
        one_that_nobody_would_hear_of_leaves_its_outcome_to_the_next,
        no_deferreds_have_no_outcomes,
        what_nobody_is_left_to_fire_has_no_outcome,
        errors_are_told_once_and_their_deferreds_go_on,
        pointers_move_and_are_lent_to_those_they_came_from,
        freeing_it_lets_the_deferreds_go_on,
        it_may_be_freed_by_whom_it_serves,
        bad_arguments_are_refused_and_all_are_let_go,
        those_of_another_domain_are_refused,
        any_allocation_may_fail,
        an_outcome_is_not_lost_for_want_of_a_deferred,
        very_many_wait_and_are_cancelled_in_no_time,
    };
    const TTest *const looped[] = {
        a_limit_on_the_next_leaves_the_rest_running,
        it_may_outlive_its_loop,
    };
    Suite *suite = suite_create("completions");

    add_deferred_tests(suite, loopless, COUNT(loopless));
    add_loop_tests(suite, looped, COUNT(looped));
    return run_suite(suite);
}
