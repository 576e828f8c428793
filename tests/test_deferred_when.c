/* SPDX-License-Identifier: MIT */
/* test_deferred_when.c - deferreds as operations. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdlib.h>

#include <eddy/collect.h>

#include "deferred_support.h"

enum { DEPTH = 100000 };

static struct eddy_value got;
static struct outcome outcome;
static struct eddy_request *running;

static void wait_in(struct eddy_loop *loop, struct eddy_deferred *deferred)
{
    got = eddy_none();
    outcome.times = 0;
    ck_assert_int_eq(
        eddy_start(loop, eddy_when(deferred, &got), take, &outcome, &running),
        0);
}

static struct eddy_deferred *in(struct eddy_loop *loop)
{
    return eddy_deferred_new(eddy_loop_domain(loop), NULL, NULL);
}

/* What eddy_when() says of one that has fired with this. */
static int64_t n_of(struct eddy_loop *loop, struct eddy_value value)
{
    struct eddy_deferred *d = eddy_fired(eddy_loop_domain(loop), value);

    wait_in(loop, d);
    ck_assert_int_eq(outcome.times, 0); /* never inside the call */
    turns(loop, 1);
    ck_assert_int_eq(outcome.times, 1);
    finish_with(d, 0); /* taken */
    return outcome.last.n;
}

/* ---- Results ------------------------------------------------------------- */

START_TEST(a_deferred_is_waited_for) /* D89 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *d = in(loop);

    wait_in(loop, d);
    eddy_then(d, see, word("later"));
    turns(loop, 2);
    ck_assert_int_eq(outcome.times, 0);
    ck_assert_int_eq(eddy_fire(d, eddy_int(5)), 0);
    turns(loop, 1);
    expect_n(&outcome, 5);
    ck_assert_int_eq(got.n, 5);
    ck_assert_str_eq(marks(), "later:0"); /* it was taken */
    eddy_unref(d);
}
END_TEST

START_TEST(a_value_is_told_by_n_and_handed_out)
{
    struct eddy_loop *loop = virtual_loop(_i);
    int freed = 0;

    ck_assert_int_eq(n_of(loop, eddy_int(7)), 7);
    ck_assert_int_eq(n_of(loop, eddy_int(-7)), -ERANGE);
    ck_assert_int_eq(got.n, -7);
    ck_assert_int_eq(n_of(loop, counted(&freed)), 0);
    ck_assert_ptr_eq(got.ptr, &freed);
    eddy_value_free(&got);
    ck_assert_int_eq(freed, 1);
}
END_TEST

START_TEST(an_error_is_told_by_its_code_and_handed_out)
{
    static const struct eddy_error_domain http = { "http", NULL };
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_error error = { .domain = &http, .code = 404 };

    ck_assert_int_eq(n_of(loop, eddy_fail(-EPIPE)), -EPIPE);
    ck_assert_int_eq(eddy_error_code(&got), -EPIPE);
    ck_assert_int_eq(n_of(loop, eddy_error_new(counting_mem(), &error)), -EIO);
    ck_assert(eddy_error_is_in(&got, &http, 404));
    eddy_value_free(&got);
    error = (struct eddy_error){ .code = -EPIPE, .done = 17 };
    ck_assert_int_eq(n_of(loop, eddy_error_new(counting_mem(), &error)),
                     -EPIPE);
    ck_assert_uint_eq(outcome.last.done, 17);
    eddy_value_free(&got);
}
END_TEST

START_TEST(a_value_that_nobody_wants_is_freed)
{
    struct eddy_loop *loop = virtual_loop(_i);
    int freed = 0;
    struct eddy_deferred *now =
        eddy_fired(eddy_loop_domain(loop), counted(&freed));
    struct eddy_deferred *later = in(loop);
    struct eddy_op op = eddy_when(now, NULL);

    ck_assert_int_eq(eddy_run_op(loop, &op).n, 0);
    ck_assert_int_eq(freed, 1);
    ck_assert_int_eq(eddy_start(loop, eddy_when(later, &got), NULL, NULL, NULL),
                     0);
    turns(loop, 1);
    ck_assert_int_eq(eddy_fire(later, counted(&freed)), 0);
    turns(loop, 1);
    ck_assert_int_eq(freed, 2); /* there is no on_done to take it */
    eddy_unref(now);
    eddy_unref(later);
}
END_TEST

START_TEST(the_value_of_a_loser_is_freed)
{
    struct eddy_loop *loop = virtual_loop(_i);
    int freed = 0;
    struct eddy_value value[2];
    struct eddy_deferred *one =
        eddy_fired(eddy_loop_domain(loop), counted(&freed));
    struct eddy_deferred *two =
        eddy_fired(eddy_loop_domain(loop), counted(&freed));
    struct eddy_child children[] = { { .op = eddy_when(one, &value[0]) },
                                     { .op = eddy_when(two, &value[1]) } };

    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_any(children, 2)).n, 0);
    ck_assert_int_eq(freed, 1);
    eddy_value_free(&value[0]);
    eddy_value_free(&value[1]);
    ck_assert_int_eq(freed, 2);
    eddy_unref(one);
    eddy_unref(two);
}
END_TEST

START_TEST(what_is_no_deferred_of_this_loop_is_refused)
{
    struct eddy_loop *loop = virtual_loop(_i), *other = virtual_loop(_i);
    struct eddy_domain *loopless = new_domain();
    struct eddy_deferred *there = in(other);
    struct eddy_deferred *anywhere = eddy_fired(loopless, eddy_int(3));

    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_when(there, NULL)).n,
                     -EXDEV);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_when(NULL, NULL)).n,
                     -EINVAL);
    ck_assert_int_eq(
        eddy_loop_run_until(loop, eddy_when(eddy_no_memory(), NULL)).n,
        -ENOMEM);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_when(anywhere, NULL)).n, 3);
    eddy_unref(there);
    eddy_unref(anywhere);
    eddy_domain_free(loopless);
}
END_TEST

START_TEST(without_memory_the_wait_fails_and_the_deferred_goes_on)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *d = in(loop);
    struct eddy_op op = eddy_when(d, &got);
    struct eddy_request request;

    for (long nth = 1; nth <= 2; nth++) {
        outcome.times = 0;
        fail_allocation(nth);
        eddy_begin(loop, &request, &op, take, &outcome);
        turns(loop, 1);
        ck_assert(allocation_failed());
        expect_n(&outcome, -ENOMEM);
    }
    eddy_then(d, see, word("d"));
    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    ck_assert_str_eq(marks(), "d:1");
    finish_with(d, 1);
}
END_TEST

static struct eddy_deferred *last_one;

static struct eddy_value drop_last_one(struct eddy_value *result, void *unused)
{
    (void)unused;
    eddy_unref(last_one);
    return eddy_take(result);
}

/* ---- Ends ---------------------------------------------------------------- */

START_TEST(one_that_is_dropped_ends_the_wait)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *d = in(loop);

    wait_in(loop, d);
    turns(loop, 1);
    eddy_unref(d);
    run_out(loop);
    expect_n(&outcome, -ECANCELED);
}
END_TEST

START_TEST(a_loop_that_is_freed_ends_the_wait)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *d = in(loop);

    wait_in(loop, d);
    turns(loop, 1);
    free_loop(loop);
    expect_n(&outcome, -ECANCELED);
    eddy_unref(d);
}
END_TEST

START_TEST(cancelling_the_wait_cancels_the_deferred) /* D89 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *d = in(loop);

    wait_in(loop, d);
    turns(loop, 1);
    eddy_request_cancel(running);
    turns(loop, 1);
    expect_n(&outcome, -ECANCELED);
    ck_assert_int_eq(eddy_error_code(&got), -ECANCELED);
    finish_with(d, 0);
}
END_TEST

static bool fire_9(struct eddy_deferred *deferred, void *unused)
{
    (void)unused;
    return eddy_fire(deferred, eddy_int(9)) < 0;
}

static bool take_charge(struct eddy_deferred *deferred, void *unused)
{
    (void)deferred, (void)unused;
    return true;
}

static struct eddy_value cancel_wait(struct eddy_value *result, void *unused)
{
    (void)unused;
    eddy_request_cancel(running);
    return eddy_take(result);
}

START_TEST(a_canceller_may_give_the_wait_a_result)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_domain *domain_of_loop = eddy_loop_domain(loop);

    for (int inside = 0; inside < 2; inside++) {
        struct eddy_deferred *d =
            eddy_deferred_new(domain_of_loop, fire_9, NULL);

        wait_in(loop, d);
        turns(loop, 1);
        if (inside) /* a link, so its chain runs only when that is over */
            eddy_unref(eddy_then(eddy_fired(domain_of_loop, eddy_none()),
                                 cancel_wait, NULL));
        else
            eddy_request_cancel(running);
        turns(loop, 1);
        expect_n(&outcome, 9);
        finish_with(d, 0);
    }
}
END_TEST

START_TEST(a_canceller_that_takes_charge_is_waited_for)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *d =
        eddy_deferred_new(eddy_loop_domain(loop), take_charge, NULL);

    wait_in(loop, d);
    turns(loop, 1);
    eddy_request_cancel(running);
    turns(loop, 2);
    ck_assert_int_eq(outcome.times, 0);
    ck_assert_int_eq(eddy_fire(d, eddy_int(4)), 0);
    turns(loop, 1);
    expect_n(&outcome, 4);
    eddy_unref(d);
    d = eddy_deferred_new(eddy_loop_domain(loop), take_charge, NULL);
    last_one = eddy_fired(eddy_loop_domain(loop), eddy_none());
    wait_in(loop, eddy_then(last_one, await, eddy_ref(d)));
    turns(loop, 1);
    eddy_request_cancel(running);
    ck_assert_int_eq(outcome.times, 0);
    eddy_unref(d); /* it did not keep its word */
    run_out(loop);
    expect_n(&outcome, -ECANCELED);
    eddy_unref(last_one);
}
END_TEST

START_TEST(a_cancelled_wait_ends_even_if_the_deferred_does_not)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *d = in(loop);

    ck_assert_int_eq(eddy_pause(d), 0);
    wait_in(loop, d);
    turns(loop, 1);
    eddy_request_cancel(running);
    turns(loop, 1);
    expect_n(&outcome, -ECANCELED);
    ck_assert_int_eq(got.n, 0);
    ck_assert_int_eq(eddy_resume(d), 0);
    finish_with(d, -ECANCELED); /* it has kept its own */
}
END_TEST

START_TEST(a_cleanup_that_never_ends_does_not_keep_the_loop)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *cleanup = in(loop);
    struct eddy_deferred *d = eddy_defer(loop, eddy_sleep(EDDY_SECOND));

    eddy_rescue(d, await, eddy_ref(cleanup));
    wait_in(loop, d);
    turns(loop, 1);
    free_loop(loop);
    expect_n(&outcome, -ECANCELED);
    ck_assert_ptr_eq(eddy_waits_for(d), cleanup);
    eddy_unref(cleanup);
    eddy_unref(d);
}
END_TEST

START_TEST(a_domain_may_go_while_a_wait_is_cancelled)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_domain *loopless = new_domain();

    last_one = eddy_deferred_new(loopless, NULL, NULL);
    eddy_both(last_one, drop_last_one, NULL);
    wait_in(loop, last_one);
    turns(loop, 1);
    eddy_domain_free(loopless);
    eddy_request_cancel(running);
    turns(loop, 1);
    expect_n(&outcome, -ECANCELED);
}
END_TEST

static void drop_and_cancel(void *unused)
{
    (void)unused;
    eddy_unref(last_one); /* which waits to be destroyed now */
    eddy_request_cancel(running);
}

START_TEST(a_wait_for_one_that_is_about_to_be_destroyed_can_be_cancelled)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *d = in(loop);

    last_one = in(loop);
    wait_in(loop, last_one);
    turns(loop, 1);
    eddy_add(d, &(struct eddy_link){ .free_then = drop_and_cancel });
    eddy_unref(d);
    run_out(loop);
    expect_n(&outcome, -ECANCELED);
}
END_TEST

/* ---- Collections --------------------------------------------------------- */

/* One that its canceller takes charge of. */
static struct eddy_deferred *slow_in(struct eddy_loop *loop)
{
    return eddy_deferred_new(eddy_loop_domain(loop), take_charge, NULL);
}

/* All of two, the references to which are taken over. */
static struct eddy_deferred *both_of(struct eddy_loop *loop,
                                     struct eddy_deferred *one,
                                     struct eddy_deferred *two)
{
    struct eddy_deferred *children[] = { one, two };

    return eddy_settled(eddy_loop_domain(loop), children, 2);
}

static void cancel_wait_for(struct eddy_loop *loop,
                            struct eddy_deferred *deferred)
{
    wait_in(loop, deferred);
    turns(loop, 1);
    eddy_request_cancel(running);
    turns(loop, 2);
}

START_TEST(those_of_a_cancelled_collection_are_waited_for)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *slow[] = { slow_in(loop), slow_in(loop) };
    struct eddy_deferred *quick[] = { in(loop), in(loop) };
    struct eddy_deferred *inner =
        both_of(loop, eddy_ref(quick[0]), eddy_ref(slow[0]));
    struct eddy_deferred *more = both_of(loop, inner, eddy_ref(slow[1]));
    struct eddy_deferred *list = both_of(loop, more, eddy_ref(quick[1]));

    cancel_wait_for(loop, list);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(outcome.times, 0);
        ck_assert_int_eq(eddy_fire(slow[i], eddy_int(i)), 0);
        turns(loop, 1);
    }
    expect_n(&outcome, 0);
    ck_assert_uint_eq(eddy_value_many(&got)->count, 2);
    eddy_value_free(&got);
    for (int i = 0; i < 2; i++) {
        eddy_unref(slow[i]);
        finish_with(quick[i], 0);
    }
    finish_with(list, 0);
}
END_TEST

static bool fire_other(struct eddy_deferred *deferred, void *other)
{
    (void)deferred;
    ck_assert_int_eq(eddy_fire(other, eddy_none()), 0);
    return true;
}

START_TEST(a_canceller_that_fires_another_and_takes_charge_is_waited_for)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *other = in(loop);
    struct eddy_deferred *d =
        eddy_deferred_new(eddy_loop_domain(loop), fire_other, other);

    cancel_wait_for(loop, d);
    ck_assert_int_eq(outcome.times, 0);
    ck_assert_int_eq(eddy_fire(d, eddy_int(4)), 0);
    turns(loop, 1);
    expect_n(&outcome, 4);
    eddy_unref(other);
    eddy_unref(d);
}
END_TEST

START_TEST(a_cleanup_behind_a_collection_does_not_keep_the_loop)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *cleanup = in(loop);
    struct eddy_deferred *d = eddy_defer(loop, eddy_sleep(EDDY_SECOND));
    struct eddy_deferred *list;

    eddy_rescue(d, await, eddy_ref(cleanup));
    list = both_of(loop, d, in(loop));
    wait_in(loop, list);
    turns(loop, 1);
    free_loop(loop);
    expect_n(&outcome, -ECANCELED);
    eddy_unref(cleanup);
    eddy_unref(list);
}
END_TEST

START_TEST(a_collection_whose_last_child_goes_ends_the_wait)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *slow = slow_in(loop);
    struct eddy_deferred *list = both_of(loop, in(loop), eddy_ref(slow));

    cancel_wait_for(loop, list);
    ck_assert_int_eq(outcome.times, 0);
    eddy_unref(slow); /* it did not keep its word */
    run_out(loop);
    expect_n(&outcome, -ECANCELED);
    eddy_unref(list);
}
END_TEST

static struct eddy_value await_last_one(struct eddy_value *result, void *unused)
{
    (void)result, (void)unused;
    return eddy_wait_for(eddy_ref(last_one));
}

START_TEST(a_collection_in_a_circle_ends_the_wait)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *d = eddy_then(in(loop), await_last_one, NULL);

    last_one = both_of(loop, eddy_ref(d), eddy_no_memory());
    ck_assert_int_eq(eddy_fire(d, eddy_none()), 0);
    cancel_wait_for(loop, last_one);
    expect_n(&outcome, -ECANCELED);
    ck_assert_int_eq(eddy_fire(last_one, eddy_int(3)), 0); /* breaks it */
    finish_with(d, 3);
    eddy_unref(last_one);
}
END_TEST

/* DEPTH collections around one, which is the first child of its own. */
static struct eddy_deferred *deep(struct eddy_loop *loop,
                                  struct eddy_deferred *core)
{
    for (int i = 0; i < DEPTH; i++)
        core = both_of(loop, core, eddy_no_memory());
    return core;
}

START_TEST(collections_of_collections_are_waited_for_in_little_stack)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *slow = slow_in(loop);
    struct eddy_deferred *list = deep(loop, eddy_ref(slow));

    cancel_wait_for(loop, list);
    ck_assert_int_eq(outcome.times, 0);
    ck_assert_int_eq(eddy_fire(slow, eddy_none()), 0);
    turns(loop, 1);
    expect_n(&outcome, 0);
    eddy_value_free(&got);
    eddy_unref(slow);
    eddy_unref(list);
    slow = slow_in(loop);
    list = deep(loop, eddy_ref(slow));
    cancel_wait_for(loop, list);
    eddy_unref(slow);
    run_out(loop);
    expect_n(&outcome, -ECANCELED);
    eddy_unref(list);
}
END_TEST

START_TEST(very_many_of_a_collection_are_waited_for_in_no_time)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred **all = calloc(DEPTH, sizeof(struct eddy_deferred *));
    struct eddy_deferred *list;

    for (int i = 0; i < DEPTH; i++)
        all[i] = eddy_ref(slow_in(loop));
    list = eddy_settled(eddy_loop_domain(loop), all, DEPTH);
    cancel_wait_for(loop, list);
    for (int i = 0; i < DEPTH; i++) {
        ck_assert_int_eq(outcome.times, 0);
        (void)eddy_fire(all[i], eddy_none());
        eddy_unref(all[i]);
    }
    turns(loop, 1);
    expect_n(&outcome, 0);
    eddy_value_free(&got);
    eddy_unref(list);
    free(all);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_deferred_is_waited_for,
        a_value_is_told_by_n_and_handed_out,
        an_error_is_told_by_its_code_and_handed_out,
        a_value_that_nobody_wants_is_freed,
        the_value_of_a_loser_is_freed,
        what_is_no_deferred_of_this_loop_is_refused,
        without_memory_the_wait_fails_and_the_deferred_goes_on,
        one_that_is_dropped_ends_the_wait,
        a_loop_that_is_freed_ends_the_wait,
        cancelling_the_wait_cancels_the_deferred,
        a_canceller_may_give_the_wait_a_result,
        a_canceller_that_takes_charge_is_waited_for,
        a_cancelled_wait_ends_even_if_the_deferred_does_not,
        a_cleanup_that_never_ends_does_not_keep_the_loop,
        a_domain_may_go_while_a_wait_is_cancelled,
        a_wait_for_one_that_is_about_to_be_destroyed_can_be_cancelled,
        those_of_a_cancelled_collection_are_waited_for,
        a_canceller_that_fires_another_and_takes_charge_is_waited_for,
        a_cleanup_behind_a_collection_does_not_keep_the_loop,
        a_collection_whose_last_child_goes_ends_the_wait,
        a_collection_in_a_circle_ends_the_wait,
        collections_of_collections_are_waited_for_in_little_stack,
        very_many_of_a_collection_are_waited_for_in_no_time,
    };
    Suite *suite = suite_create("deferred_when");

    add_loop_tests(suite, tests, COUNT(tests));
    return run_suite(suite);
}
