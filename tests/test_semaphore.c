/* SPDX-License-Identifier: MIT */
/* test_semaphore.c - semaphores, and locks, which are those of one token. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>

#include <eddy/deferredlock.h>

#include "deferred_support.h"

enum { MANY = 100000 };

static struct eddy_deferred_semaphore *semaphore;

static void open_semaphore(size_t tokens)
{
    ck_assert_int_eq(eddy_deferred_semaphore_new(&semaphore, domain, tokens),
                     0);
}

static void expect_tokens(size_t tokens)
{
    ck_assert_uint_eq(eddy_deferred_semaphore_tokens(semaphore), tokens);
}

/* ---- Acquiring and releasing --------------------------------------------- */

START_TEST(a_lock_is_handed_over_inline_in_the_order_of_asking) /* D94 */
{
    struct eddy_deferred *second, *third;

    open_semaphore(1);
    finish_with(eddy_deferred_acquire(semaphore), 0);
    expect_tokens(0);
    second = eddy_both(eddy_deferred_acquire(semaphore), see, word("second"));
    third = eddy_both(eddy_deferred_acquire(semaphore), see, word("third"));
    ck_assert_int_eq(eddy_deferred_release(semaphore), 0);
    ck_assert_str_eq(marks(), "second:0");
    expect_tokens(0); /* it stayed locked */
    ck_assert_int_eq(eddy_deferred_release(semaphore), 0);
    ck_assert_str_eq(marks(), "third:0");
    ck_assert_int_eq(eddy_deferred_release(semaphore), 0);
    expect_tokens(1);
    finish_with(second, 0);
    finish_with(third, 0);
    eddy_deferred_semaphore_free(semaphore);
}
END_TEST

START_TEST(a_semaphore_lets_as_many_in_as_it_has_tokens) /* D94 */
{
    struct eddy_deferred *third;

    open_semaphore(2);
    finish_with(eddy_deferred_acquire(semaphore), 0);
    finish_with(eddy_deferred_acquire(semaphore), 0);
    third = eddy_deferred_acquire(semaphore);
    ck_assert_int_eq(eddy_state(third), EDDY_PENDING);
    ck_assert_int_eq(eddy_deferred_release(semaphore), 0);
    finish_with(third, 0);
    eddy_deferred_semaphore_free(semaphore);
}
END_TEST

START_TEST(who_is_cancelled_leaves_the_queue) /* D95 */
{
    struct eddy_deferred *second, *third;

    open_semaphore(1);
    finish_with(eddy_deferred_acquire(semaphore), 0);
    second = eddy_deferred_acquire(semaphore);
    third = eddy_deferred_acquire(semaphore);
    eddy_cancel(second);
    finish_with(second, -ECANCELED);
    ck_assert_int_eq(eddy_deferred_release(semaphore), 0);
    expect_result(third, 0);
    eddy_cancel(third); /* it has its token */
    finish_with(third, 0);
    expect_tokens(0);
    ck_assert_int_eq(eddy_deferred_release(semaphore), 0);
    expect_tokens(1);
    eddy_deferred_semaphore_free(semaphore);
}
END_TEST

START_TEST(more_than_all_tokens_cannot_be_given_back) /* D96 */
{
    open_semaphore(2);
    ck_assert_int_eq(eddy_deferred_release(semaphore), -EINVAL);
    finish_with(eddy_deferred_acquire(semaphore), 0);
    ck_assert_int_eq(eddy_deferred_release(semaphore), 0);
    ck_assert_int_eq(eddy_deferred_release(semaphore), -EINVAL);
    expect_tokens(2);
    eddy_deferred_semaphore_free(semaphore);
}
END_TEST

START_TEST(bad_arguments_are_refused) /* D96 */
{
    ck_assert_int_eq(eddy_deferred_semaphore_new(&semaphore, domain, 0),
                     -EINVAL);
    ck_assert_int_eq(eddy_deferred_semaphore_new(&semaphore, NULL, 1), -EINVAL);
    ck_assert_int_eq(eddy_deferred_semaphore_new(NULL, domain, 1), -EINVAL);
    ck_assert_ptr_eq(eddy_deferred_acquire(NULL), eddy_no_memory());
    ck_assert_int_eq(eddy_deferred_release(NULL), -EINVAL);
    ck_assert_ptr_eq(eddy_deferred_run_with(NULL, NULL, NULL),
                     eddy_no_memory());
    ck_assert_uint_eq(eddy_deferred_semaphore_tokens(NULL), 0);
    eddy_deferred_semaphore_free(NULL);
    open_semaphore(1);
    finish_with(eddy_deferred_run_with(semaphore, NULL, NULL), -EINVAL);
    expect_tokens(1);
    eddy_deferred_semaphore_free(semaphore);
}
END_TEST

START_TEST(freeing_it_cancels_those_that_wait)
{
    struct eddy_deferred *second, *third;

    open_semaphore(1);
    finish_with(eddy_deferred_acquire(semaphore), 0);
    second = eddy_deferred_acquire(semaphore);
    third = eddy_deferred_acquire(semaphore);
    eddy_deferred_semaphore_free(semaphore);
    finish_with(second, -ECANCELED);
    finish_with(third, -ECANCELED);
}
END_TEST

static struct eddy_value free_semaphore(struct eddy_value *result, void *text)
{
    eddy_deferred_semaphore_free(semaphore);
    return see(result, text);
}

START_TEST(it_may_be_freed_by_who_has_just_acquired_it)
{
    struct eddy_deferred *third;

    open_semaphore(1);
    finish_with(eddy_deferred_acquire(semaphore), 0);
    eddy_unref(eddy_both(eddy_deferred_acquire(semaphore), free_semaphore,
                         word("second")));
    third = eddy_deferred_acquire(semaphore);
    ck_assert_int_eq(eddy_deferred_release(semaphore), 0);
    ck_assert_str_eq(marks(), "second:0");
    finish_with(third, -ECANCELED);
}
END_TEST

START_TEST(a_token_is_not_lost_to_one_that_nobody_would_hear_of)
{
    open_semaphore(1);
    finish_with(eddy_deferred_acquire(semaphore), 0);
    for (int i = 0; i < 2; i++)
        eddy_unref(eddy_deferred_acquire(semaphore));
    ck_assert_int_eq(eddy_deferred_release(semaphore), 0);
    expect_tokens(1);
    eddy_deferred_semaphore_free(semaphore);
}
END_TEST

/* ---- Running with a token ------------------------------------------------ */

/* Says that it runs, and returns the value that is to be found there. */
struct job {
    const char *name;
    struct eddy_value value;
};

static struct eddy_value do_job(void *arg)
{
    struct job *job = arg;

    mark(word(job->name));
    return eddy_take(&job->value);
}

START_TEST(a_token_is_held_until_the_result_is_there) /* D97 */
{
    struct eddy_deferred *inner = pending(), *first, *second, *third;
    struct job jobs[] = { { "first", eddy_wait_for(eddy_ref(inner)) },
                          { "second", eddy_fail(-EIO) },
                          { "third", eddy_int(7) } };

    open_semaphore(1);
    first = eddy_deferred_run_with(semaphore, do_job, &jobs[0]);
    second = eddy_deferred_run_with(semaphore, do_job, &jobs[1]);
    third = eddy_deferred_run_with(semaphore, do_job, &jobs[2]);
    eddy_both(first, see, word("a"));
    eddy_both(second, see, word("b"));
    eddy_both(third, see, word("c"));
    ck_assert_str_eq(marks(), "first");
    expect_tokens(0);
    ck_assert_int_eq(eddy_fire(inner, eddy_int(5)), 0);
    ck_assert_str_eq(marks(), "second third c:7 b:EIO a:5");
    expect_tokens(1);
    finish_with(first, 5);
    finish_with(second, -EIO);
    finish_with(third, 7);
    eddy_unref(inner);
    eddy_deferred_semaphore_free(semaphore);
}
END_TEST

START_TEST(cancelling_reaches_what_runs_and_still_releases) /* D97 */
{
    struct eddy_deferred *inner = pending(), *run, *waits;
    struct job jobs[] = { { "runs", eddy_wait_for(eddy_ref(inner)) },
                          { "never", eddy_none() } };

    open_semaphore(1);
    run = eddy_deferred_run_with(semaphore, do_job, &jobs[0]);
    waits = eddy_deferred_run_with(semaphore, do_job, &jobs[1]);
    eddy_cancel(waits); /* while it waits: it does not run at all */
    finish_with(waits, -ECANCELED);
    eddy_cancel(run);
    finish_with(run, -ECANCELED);
    expect_result(inner, 0);
    expect_tokens(1);
    ck_assert_str_eq(marks(), "runs");
    eddy_unref(inner);
    eddy_deferred_semaphore_free(semaphore);
}
END_TEST

START_TEST(what_somebody_else_fires_while_it_waits_does_not_run)
{
    struct eddy_deferred *inner = pending(), *run, *fired_here, *waits;
    struct job jobs[] = { { "runs", eddy_wait_for(eddy_ref(inner)) },
                          { "never", eddy_none() },
                          { "waits", eddy_none() } };

    open_semaphore(1);
    run = eddy_deferred_run_with(semaphore, do_job, &jobs[0]);
    fired_here = eddy_deferred_run_with(semaphore, do_job, &jobs[1]);
    waits = eddy_deferred_run_with(semaphore, do_job, &jobs[2]);
    ck_assert_int_eq(eddy_fire(fired_here, eddy_int(9)), 0);
    finish_with(fired_here, 9);
    ck_assert_str_eq(marks(), "runs");
    ck_assert_int_eq(eddy_fire(inner, eddy_none()), 0);
    ck_assert_str_eq(marks(), "waits");
    expect_tokens(1);
    finish_with(run, 0);
    finish_with(waits, 0);
    eddy_unref(inner);
    eddy_deferred_semaphore_free(semaphore);
}
END_TEST

START_TEST(what_runs_goes_on_when_the_semaphore_is_freed)
{
    struct eddy_deferred *inner = pending(), *run, *waits;
    struct job jobs[] = { { "runs", eddy_wait_for(eddy_ref(inner)) },
                          { "never", eddy_none() } };

    open_semaphore(1);
    run = eddy_deferred_run_with(semaphore, do_job, &jobs[0]);
    waits = eddy_deferred_run_with(semaphore, do_job, &jobs[1]);
    eddy_deferred_semaphore_free(semaphore);
    finish_with(waits, -ECANCELED);
    ck_assert_int_eq(eddy_state(run), EDDY_WAITING);
    ck_assert_int_eq(eddy_fire(inner, eddy_int(3)), 0);
    finish_with(run, 3);
    ck_assert_str_eq(marks(), "runs");
    eddy_unref(inner);
}
END_TEST

START_TEST(nobody_needs_to_hold_what_runs)
{
    struct job jobs[] = { { "first", eddy_none() }, { "second", eddy_none() } };

    open_semaphore(1);
    finish_with(eddy_deferred_acquire(semaphore), 0);
    for (int i = 0; i < 2; i++)
        eddy_unref(eddy_deferred_run_with(semaphore, do_job, &jobs[i]));
    ck_assert_str_eq(marks(), "");
    ck_assert_int_eq(eddy_deferred_release(semaphore), 0);
    ck_assert_str_eq(marks(), "first second");
    expect_tokens(1);
    eddy_deferred_semaphore_free(semaphore);
}
END_TEST

/* ---- Memory, many -------------------------------------------------------- */

START_TEST(any_allocation_may_fail)
{
    bool failed_one = true;

    for (long n = 1; failed_one; n++) {
        struct eddy_domain *poor = new_domain();
        struct job jobs[] = { { "a", eddy_int(1) }, { "b", eddy_int(2) } };
        struct eddy_deferred *taken, *waits, *runs;

        fail_allocation(n);
        if (eddy_deferred_semaphore_new(&semaphore, poor, 1) < 0)
            semaphore = NULL;
        taken = eddy_deferred_acquire(semaphore);
        waits = eddy_deferred_run_with(semaphore, do_job, &jobs[0]);
        if (!eddy_value_is_error(eddy_peek(taken)))
            ck_assert_int_eq(eddy_deferred_release(semaphore), 0);
        runs = eddy_deferred_run_with(semaphore, do_job, &jobs[1]);
        if (semaphore != NULL)
            expect_tokens(1); /* none is lost */
        failed_one = allocation_failed();
        fail_allocation(0);
        ck_assert_int_eq(eddy_state(waits), EDDY_DONE);
        ck_assert_int_eq(eddy_state(runs), EDDY_DONE);
        if (!failed_one)
            ck_assert_str_eq(marks(), "a b");
        else
            (void)marks();
        (void)eddy_peek(waits);
        (void)eddy_peek(runs);
        eddy_unref(taken);
        eddy_unref(waits);
        eddy_unref(runs);
        eddy_deferred_semaphore_free(semaphore);
        eddy_domain_free(poor);
    }
}
END_TEST

static struct eddy_value count_job(void *count)
{
    ++*(int *)count;
    return eddy_none();
}

START_TEST(very_many_run_one_after_the_other_in_constant_stack)
{
    int count = 0;

    open_semaphore(1);
    finish_with(eddy_deferred_acquire(semaphore), 0);
    for (int i = 0; i < MANY; i++)
        eddy_unref(eddy_deferred_run_with(semaphore, count_job, &count));
    ck_assert_int_eq(count, 0);
    ck_assert_int_eq(eddy_deferred_release(semaphore), 0);
    ck_assert_int_eq(count, MANY);
    expect_tokens(1);
    eddy_deferred_semaphore_free(semaphore);
}
END_TEST

START_TEST(very_many_are_cancelled_in_no_time) /* D95 */
{
    struct eddy_deferred **all = calloc(MANY, sizeof(struct eddy_deferred *));

    open_semaphore(1);
    finish_with(eddy_deferred_acquire(semaphore), 0);
    for (int i = 0; i < MANY; i++)
        all[i] = eddy_deferred_acquire(semaphore);
    for (int i = MANY; i-- > 0;)
        eddy_cancel(all[i]);
    for (int i = 0; i < MANY; i++)
        finish_with(all[i], -ECANCELED);
    ck_assert_int_eq(eddy_deferred_release(semaphore), 0);
    expect_tokens(1);
    eddy_deferred_semaphore_free(semaphore);
    free(all);
}
END_TEST

/* ---- With a loop --------------------------------------------------------- */

static struct eddy_value nap(void *loop)
{
    return eddy_wait_for(eddy_defer(loop, eddy_sleep(EDDY_SECOND)));
}

START_TEST(operations_run_two_at_a_time)
{
    struct eddy_loop *loop = virtual_loop(_i);
    int64_t start = eddy_loop_now_ns(loop);

    ck_assert_int_eq(
        eddy_deferred_semaphore_new(&semaphore, eddy_loop_domain(loop), 2), 0);
    for (int i = 0; i < 5; i++)
        eddy_unref(eddy_deferred_run_with(semaphore, nap, loop));
    run_out(loop);
    ck_assert_int_eq(eddy_loop_now_ns(loop) - start, 3 * EDDY_SECOND);
    expect_tokens(2);
    eddy_deferred_semaphore_free(semaphore);
}
END_TEST

START_TEST(it_may_outlive_its_loop)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *run, *waits;

    ck_assert_int_eq(
        eddy_deferred_semaphore_new(&semaphore, eddy_loop_domain(loop), 1), 0);
    run = eddy_deferred_run_with(semaphore, nap, loop);
    waits = eddy_deferred_acquire(semaphore);
    free_loop(loop);
    finish_with(run, -ECANCELED);
    finish_with(waits, 0);
    eddy_deferred_semaphore_free(semaphore);
}
END_TEST

int main(void)
{
    const TTest *const loopless[] = {
        a_lock_is_handed_over_inline_in_the_order_of_asking,
        a_semaphore_lets_as_many_in_as_it_has_tokens,
        who_is_cancelled_leaves_the_queue,
        more_than_all_tokens_cannot_be_given_back,
        bad_arguments_are_refused,
        freeing_it_cancels_those_that_wait,
        it_may_be_freed_by_who_has_just_acquired_it,
        a_token_is_not_lost_to_one_that_nobody_would_hear_of,
        a_token_is_held_until_the_result_is_there,
        cancelling_reaches_what_runs_and_still_releases,
        what_somebody_else_fires_while_it_waits_does_not_run,
        what_runs_goes_on_when_the_semaphore_is_freed,
        nobody_needs_to_hold_what_runs,
        any_allocation_may_fail,
        very_many_run_one_after_the_other_in_constant_stack,
        very_many_are_cancelled_in_no_time,
    };
    const TTest *const looped[] = {
        operations_run_two_at_a_time,
        it_may_outlive_its_loop,
    };
    Suite *suite = suite_create("semaphore");

    add_deferred_tests(suite, loopless, COUNT(loopless));
    add_loop_tests(suite, looped, COUNT(looped));
    return run_suite(suite);
}
