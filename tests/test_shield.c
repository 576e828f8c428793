/* SPDX-License-Identifier: MIT */
/* test_shield.c - deferreds made of others: shields, and what any function
 * gives. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "deferred_support.h"

static bool mark_cancel(struct eddy_deferred *deferred, void *text)
{
    (void)deferred;
    mark(text);
    return false;
}

/* ---- Shields ------------------------------------------------------------- */

START_TEST(a_shield_has_the_result_and_leaves_none) /* G14 */
{
    struct eddy_deferred *inner = pending(), *failing = failed(-EIO);
    struct eddy_deferred *outer = eddy_shield(inner);
    int freed = 0;

    ck_assert_int_eq(eddy_state(outer), EDDY_PENDING);
    ck_assert_int_eq(eddy_fire(inner, counted(&freed)), 0);
    ck_assert_ptr_eq(eddy_peek(outer)->ptr, &freed);
    finish_with(inner, 0);
    ck_assert_int_eq(freed, 0);
    eddy_unref(outer);
    ck_assert_int_eq(freed, 1);
    finish_with(eddy_shield(failing), -EIO);
    finish_with(failing, 0);
}
END_TEST

START_TEST(cancelling_a_shield_leaves_the_inner_one_running) /* G14 */
{
    struct eddy_deferred *inner =
        eddy_deferred_new(domain, mark_cancel, word("never"));
    struct eddy_deferred *outer = eddy_shield(inner);

    eddy_cancel(outer);
    finish_with(outer, -ECANCELED);
    ck_assert_int_eq(eddy_state(inner), EDDY_PENDING);
    ck_assert_int_eq(eddy_fire(inner, eddy_int(3)), 0);
    finish_with(inner, 3);
    ck_assert_str_eq(marks(), "");
}
END_TEST

START_TEST(cancelling_the_inner_one_cancels_its_shield) /* G14 */
{
    struct eddy_deferred *inner = pending(), *outer = eddy_shield(inner);

    eddy_cancel(inner);
    finish_with(outer, -ECANCELED);
    finish_with(inner, 0);
    ck_assert_int_eq(logged("unhandled"), 0);
}
END_TEST

START_TEST(an_error_after_the_cancelling_is_unhandled) /* G15 */
{
    struct eddy_deferred *inner = pending(), *outer = eddy_shield(inner);

    eddy_cancel(outer);
    finish_with(outer, -ECANCELED);
    ck_assert_int_eq(eddy_fire(inner, eddy_fail(-EIO)), 0);
    ck_assert_int_eq(logged("unhandled"), 0);
    eddy_unref(inner);
    ck_assert_int_eq(logged("unhandled"), 1);
}
END_TEST

START_TEST(a_shield_outlives_an_abandoned_inner_one)
{
    struct eddy_deferred *inner = pending(), *outer = eddy_shield(inner);

    eddy_unref(inner);
    ck_assert_int_eq(eddy_state(outer), EDDY_PENDING);
    eddy_unref(outer);
    inner = pending();
    eddy_unref(eddy_shield(inner));
    ck_assert_int_eq(eddy_fire(inner, eddy_int(1)), 0);
    finish_with(inner, 0);
}
END_TEST

START_TEST(shields_of_any_depth_take_the_same_stack)
{
    struct eddy_deferred *inner = pending(), *outer = eddy_ref(inner);

    for (int i = 0; i < 100000; i++) {
        struct eddy_deferred *next = eddy_shield(outer);

        eddy_unref(outer);
        outer = next;
    }
    ck_assert_int_eq(eddy_fire(inner, eddy_int(4)), 0);
    finish_with(outer, 4);
    finish_with(inner, 0);
}
END_TEST

START_TEST(without_memory_a_shield_leaves_all_as_it_was)
{
    ck_assert_ptr_eq(eddy_shield(NULL), eddy_no_memory());
    ck_assert_ptr_eq(eddy_shield(eddy_no_memory()), eddy_no_memory());
    for (int nth = 1; nth <= 2; nth++) {
        struct eddy_domain *fresh = new_domain();
        struct eddy_deferred *inner = eddy_fired(fresh, eddy_int(6));

        fail_allocation(nth);
        ck_assert_ptr_eq(eddy_shield(inner), eddy_no_memory());
        ck_assert(allocation_failed());
        finish_with(inner, 6);
        eddy_domain_free(fresh);
    }
}
END_TEST

/* ---- What a function gives ----------------------------------------------- */

static struct eddy_value give(void *value)
{
    return eddy_take(value);
}

START_TEST(whatever_a_function_returns_becomes_a_deferred) /* D82 */
{
    struct eddy_deferred *inner = pending();
    struct eddy_value value = eddy_int(5), error = eddy_fail(-EIO);
    struct eddy_value wait = eddy_wait_for(inner);

    finish_with(eddy_maybe_deferred(domain, give, &value), 5);
    finish_with(eddy_maybe_deferred(domain, give, &error), -EIO);
    ck_assert_ptr_eq(eddy_maybe_deferred(domain, give, &wait), inner);
    ck_assert_int_eq(eddy_state(inner), EDDY_PENDING);
    eddy_unref(inner);
}
END_TEST

START_TEST(no_domain_no_function_or_no_memory_is_a_deferred_too) /* D82 */
{
    struct eddy_domain *fresh = new_domain();
    int freed = 0;
    struct eddy_value value = counted(&freed);

    ck_assert_ptr_eq(eddy_maybe_deferred(NULL, give, &value), eddy_no_memory());
    ck_assert_ptr_eq(value.ptr, &freed); /* was not called */
    finish_with(eddy_maybe_deferred(fresh, NULL, NULL), -EINVAL);
    eddy_domain_free(fresh);
    fresh = new_domain();
    fail_allocation(1);
    ck_assert_ptr_eq(eddy_maybe_deferred(fresh, give, &value),
                     eddy_no_memory());
    ck_assert_int_eq(freed, 1);
    eddy_domain_free(fresh);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        a_shield_has_the_result_and_leaves_none,
        cancelling_a_shield_leaves_the_inner_one_running,
        cancelling_the_inner_one_cancels_its_shield,
        an_error_after_the_cancelling_is_unhandled,
        a_shield_outlives_an_abandoned_inner_one,
        shields_of_any_depth_take_the_same_stack,
        without_memory_a_shield_leaves_all_as_it_was,
        whatever_a_function_returns_becomes_a_deferred,
        no_domain_no_function_or_no_memory_is_a_deferred_too,
    };
    Suite *suite = suite_create("shield");

    add_deferred_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
