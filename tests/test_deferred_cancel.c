/* SPDX-License-Identifier: MIT */
/* test_deferred_cancel.c - cancelling: a request to end. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "deferred_support.h"

/* ---- Cancellers ---------------------------------------------------------- */

/* Fires it with arg, see number(). */
static bool fire_it(struct eddy_deferred *deferred, void *n)
{
    struct eddy_value none = eddy_none();

    mark(word("asked"));
    ck_assert_int_eq(eddy_fire(deferred, answer(&none, n)), 0);
    return false;
}

static bool do_nothing(struct eddy_deferred *deferred, void *unused)
{
    (void)deferred, (void)unused;
    mark(word("asked"));
    return false;
}

static bool take_charge(struct eddy_deferred *deferred, void *unused)
{
    return !do_nothing(deferred, unused);
}

static struct eddy_deferred *with(eddy_canceller_fn *canceller, void *arg)
{
    return eddy_deferred_new(domain, canceller, arg);
}

/* ---- Without a canceller ------------------------------------------------- */

START_TEST(cancel_without_canceller_fires_at_once) /* D43 */
{
    struct eddy_deferred *d = eddy_both(pending(), see, word("d"));

    eddy_cancel(d);
    ck_assert_str_eq(marks(), "d:ECANCELED");
    finish_with(d, -ECANCELED);
}
END_TEST

START_TEST(one_late_result_is_swallowed) /* D44 */
{
    int freed = 0;
    struct eddy_deferred *d = pending();

    eddy_cancel(d);
    ck_assert_int_eq(eddy_fire(d, counted(&freed)), 0);
    ck_assert_int_eq(freed, 1);
    expect_result(d, -ECANCELED);
    ck_assert_int_eq(eddy_fire(d, counted(&freed)), -EALREADY);
    ck_assert_int_eq(freed, 2);
    eddy_unref(d);
}
END_TEST

static struct eddy_value fire_late(struct eddy_value *result, void *deferred)
{
    ck_assert_int_eq(eddy_fire(deferred, eddy_fail(-EIO)), 0);
    ck_assert_int_eq(eddy_fire(deferred, eddy_fail(-EIO)), -EALREADY);
    return eddy_take(result);
}

START_TEST(a_late_error_is_swallowed_inside_a_link_too) /* D44 */
{
    struct eddy_deferred *d = pending();

    eddy_rescue(d, fire_late, d);
    eddy_cancel(d);
    finish_with(d, -ECANCELED);
    ck_assert_int_eq(logged("unhandled"), 0);
}
END_TEST

/* ---- With one ------------------------------------------------------------ */

START_TEST(what_the_canceller_fires_with_stands) /* D45 */
{
    struct eddy_deferred *good = with(fire_it, number(3));
    struct eddy_deferred *bad = with(fire_it, number(-EIO));

    eddy_cancel(good);
    eddy_cancel(bad);
    ck_assert_str_eq(marks(), "asked asked");
    finish_with(good, 3);
    finish_with(bad, -EIO);
}
END_TEST

START_TEST(a_canceller_that_fires_nothing_leaves_it_cancelled) /* D46 D53 */
{
    struct eddy_deferred *d = with(do_nothing, NULL);

    eddy_both(d, see, word("d"));
    eddy_cancel(d);
    ck_assert_str_eq(marks(), "asked d:ECANCELED");
    finish_with(d, -ECANCELED);
}
END_TEST

START_TEST(with_a_canceller_a_late_result_is_refused) /* D47 */
{
    int freed = 0;
    struct eddy_deferred *d = with(do_nothing, NULL);

    eddy_cancel(d);
    ck_assert_int_eq(eddy_fire(d, counted(&freed)), -EALREADY);
    ck_assert_int_eq(freed, 1);
    finish_with(d, -ECANCELED);
}
END_TEST

START_TEST(a_canceller_may_take_charge_and_fire_later)
{
    struct eddy_deferred *d = with(take_charge, NULL);

    eddy_cancel(d);
    eddy_cancel(d);
    ck_assert_str_eq(marks(), "asked");
    ck_assert_int_eq(eddy_state(d), EDDY_PENDING);
    ck_assert_int_eq(eddy_fire(d, eddy_int(4)), 0);
    finish_with(d, 4);
}
END_TEST

static struct eddy_value cancel_it(struct eddy_value *result, void *deferred)
{
    eddy_cancel(deferred);
    mark(word("cancelled"));
    return eddy_take(result);
}

START_TEST(cancelling_what_has_fired_does_nothing) /* D48 */
{
    struct eddy_deferred *d = with(do_nothing, NULL), *none = pending();

    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    eddy_cancel(d);
    ck_assert_str_eq(marks(), "");
    finish_with(d, 1);
    eddy_cancel(none);
    eddy_cancel(none);
    ck_assert_int_eq(eddy_fire(none, eddy_int(1)), 0);
    eddy_cancel(none);
    ck_assert_int_eq(eddy_fire(none, eddy_int(1)), -EALREADY);
    finish_with(none, -ECANCELED);
}
END_TEST

static bool cancel_again(struct eddy_deferred *deferred, void *unused)
{
    eddy_cancel(deferred);
    return do_nothing(deferred, unused);
}

START_TEST(a_canceller_is_asked_once) /* D48 */
{
    struct eddy_deferred *d = with(cancel_again, NULL);

    eddy_cancel(d);
    eddy_cancel(d);
    ck_assert_str_eq(marks(), "asked");
    finish_with(d, -ECANCELED);
}
END_TEST

START_TEST(a_canceller_is_forgotten_when_it_fires) /* D54 */
{
    struct eddy_deferred *d = with(do_nothing, NULL);

    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    eddy_then(d, await, pending()); /* dropped: it is pending again */
    ck_assert_int_eq(eddy_state(d), EDDY_PENDING);
    eddy_cancel(d);
    ck_assert_str_eq(marks(), "");
    finish_with(d, -ECANCELED);
}
END_TEST

static bool drop_it(struct eddy_deferred *deferred, void *unused)
{
    eddy_unref(deferred);
    return do_nothing(deferred, unused);
}

START_TEST(a_canceller_may_let_go_of_it)
{
    int freed = 0;
    struct eddy_deferred *d = with(drop_it, NULL);

    eddy_add(
        d, &(struct eddy_link){ .then_arg = &freed, .free_then = count_free });
    eddy_cancel(d);
    ck_assert_int_eq(freed, 1);
    ck_assert_str_eq(marks(), "asked");
}
END_TEST

static bool wait_for_dropped(struct eddy_deferred *deferred, void *unused)
{
    eddy_then(deferred, await, pending());
    eddy_both(deferred, see, word("d"));
    return fire_it(deferred, unused);
}

START_TEST(a_canceller_that_leads_nowhere_leaves_it_cancelled)
{
    struct eddy_deferred *d = with(wait_for_dropped, number(1));

    eddy_cancel(d);
    ck_assert_str_eq(marks(), "asked d:ECANCELED");
    finish_with(d, -ECANCELED);
}
END_TEST

static bool lead_nowhere_in_charge(struct eddy_deferred *deferred, void *unused)
{
    return !wait_for_dropped(deferred, unused);
}

START_TEST(a_canceller_in_charge_that_leads_nowhere_leaves_it_cancelled)
{
    struct eddy_deferred *d = with(lead_nowhere_in_charge, number(1));

    eddy_cancel(d);
    ck_assert_str_eq(marks(), "asked d:ECANCELED");
    finish_with(d, -ECANCELED);
}
END_TEST

/* ---- Of one that waits --------------------------------------------------- */

START_TEST(cancelling_who_waits_cancels_the_innermost) /* D49 */
{
    struct eddy_deferred *inner = with(do_nothing, NULL);
    struct eddy_deferred *middle = with(fire_it, NULL);
    struct eddy_deferred *d = with(fire_it, NULL);

    eddy_then(middle, await, eddy_ref(inner));
    eddy_then(d, await, eddy_ref(middle));
    ck_assert_int_eq(eddy_fire(middle, eddy_int(1)), 0);
    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    eddy_rescue(inner, see, word("inner"));
    eddy_cancel(d);
    ck_assert_str_eq(marks(), "asked");
    finish_with(inner, 0);
    finish_with(middle, 0);
    finish_with(d, -ECANCELED);
}
END_TEST

START_TEST(an_inner_one_that_recovers_lets_the_outer_go_on) /* D50 */
{
    struct eddy_deferred *inner = pending(), *d = fired(1);

    eddy_rescue(inner, answer, number(7));
    eddy_then(eddy_then(d, await, eddy_ref(inner)), see, word("d"));
    eddy_cancel(d);
    ck_assert_str_eq(marks(), "d:7");
    finish_with(d, 7);
    eddy_unref(inner);
}
END_TEST

START_TEST(cancelling_the_inner_one_goes_to_the_outer) /* D51 */
{
    struct eddy_deferred *inner = pending(), *d = fired(1);

    eddy_both(eddy_then(d, await, eddy_ref(inner)), see, word("d"));
    eddy_cancel(inner);
    ck_assert_str_eq(marks(), "d:ECANCELED");
    finish_with(d, -ECANCELED);
    eddy_unref(inner);
}
END_TEST

START_TEST(cancelling_what_is_fired_and_paused_does_nothing) /* D52 */
{
    struct eddy_deferred *d = with(do_nothing, NULL);

    ck_assert_int_eq(eddy_pause(d), 0);
    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    eddy_cancel(d);
    ck_assert_int_eq(eddy_resume(d), 0);
    ck_assert_str_eq(marks(), "");
    finish_with(d, 1);
}
END_TEST

START_TEST(cancelling_from_inside_its_own_link_does_nothing) /* D52 */
{
    struct eddy_deferred *d = with(do_nothing, NULL);

    eddy_both(eddy_then(d, cancel_it, d), see, word("d"));
    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    ck_assert_str_eq(marks(), "cancelled d:1");
    finish_with(d, 1);
}
END_TEST

START_TEST(a_cleanup_that_a_rescue_starts_can_be_cancelled_again)
{
    struct eddy_deferred *first = pending(), *cleanup = pending();
    struct eddy_deferred *d = eddy_then(fired(1), await, eddy_ref(first));

    eddy_rescue(d, await, eddy_ref(cleanup));
    eddy_cancel(d);
    finish_with(first, 0);
    ck_assert_ptr_eq(eddy_waits_for(d), cleanup);
    eddy_cancel(d);
    finish_with(d, -ECANCELED);
    finish_with(cleanup, 0);
}
END_TEST

START_TEST(cancelling_inside_a_link_runs_the_chain_after_it)
{
    struct eddy_deferred *other = eddy_both(pending(), see, word("other"));
    struct eddy_deferred *d = eddy_then(fired(1), cancel_it, other);

    ck_assert_str_eq(marks(), "cancelled other:ECANCELED");
    finish_with(other, -ECANCELED);
    eddy_unref(d);
}
END_TEST

START_TEST(cancelling_needs_no_memory)
{
    struct eddy_deferred *d = pending();

    eddy_both(d, see, word("d"));
    fail_allocation(1);
    eddy_cancel(d);
    ck_assert(!allocation_failed());
    ck_assert_str_eq(marks(), "d:ECANCELED");
    finish_with(d, -ECANCELED);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        cancel_without_canceller_fires_at_once,
        one_late_result_is_swallowed,
        a_late_error_is_swallowed_inside_a_link_too,
        what_the_canceller_fires_with_stands,
        a_canceller_that_fires_nothing_leaves_it_cancelled,
        with_a_canceller_a_late_result_is_refused,
        a_canceller_may_take_charge_and_fire_later,
        cancelling_what_has_fired_does_nothing,
        a_canceller_is_asked_once,
        a_canceller_is_forgotten_when_it_fires,
        a_canceller_may_let_go_of_it,
        a_canceller_that_leads_nowhere_leaves_it_cancelled,
        a_canceller_in_charge_that_leads_nowhere_leaves_it_cancelled,
        cancelling_who_waits_cancels_the_innermost,
        an_inner_one_that_recovers_lets_the_outer_go_on,
        cancelling_the_inner_one_goes_to_the_outer,
        cancelling_what_is_fired_and_paused_does_nothing,
        cancelling_from_inside_its_own_link_does_nothing,
        a_cleanup_that_a_rescue_starts_can_be_cancelled_again,
        cancelling_inside_a_link_runs_the_chain_after_it,
        cancelling_needs_no_memory,
    };
    Suite *suite = suite_create("deferred_cancel");

    add_deferred_tests(suite, tests, COUNT(tests));
    return run_suite(suite);
}
