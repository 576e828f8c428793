/* SPDX-License-Identifier: MIT */
/* test_deferred_state.c - chained one way, looked at, paused. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "deferred_support.h"

/* ---- Chained one way ----------------------------------------------------- */

START_TEST(a_chained_one_is_fired_with_the_result) /* D33 */
{
    struct eddy_deferred *d = pending(), *next = pending();

    eddy_both(eddy_chain(d, next), see, word("d"));
    eddy_both(next, see, word("next"));
    ck_assert_int_eq(eddy_fire(d, eddy_fail(-EIO)), 0);
    ck_assert_str_eq(marks(), "next:EIO d:0");
    finish_with(next, -EIO);
    finish_with(d, 0);
}
END_TEST

START_TEST(what_happens_to_a_chained_one_does_not_reach_back) /* D33 */
{
    int freed = 0;
    struct eddy_deferred *d = pending(), *next = pending();
    struct eddy_deferred *cancelled = pending();

    eddy_chain(eddy_chain(d, next), cancelled);
    ck_assert_int_eq(eddy_fire(next, eddy_int(2)), 0);
    eddy_cancel(cancelled);
    ck_assert_int_eq(eddy_state(d), EDDY_PENDING);
    ck_assert_int_eq(eddy_fire(d, counted(&freed)), 0);
    ck_assert_int_eq(freed, 1); /* it could not be had */
    finish_with(next, 2);
    finish_with(cancelled, -ECANCELED);
    finish_with(d, 0);
}
END_TEST

START_TEST(a_chain_that_is_dropped_lets_go_of_the_next)
{
    struct eddy_deferred *d = pending(), *next = pending();

    eddy_chain(d, next);
    eddy_unref(next);
    eddy_unref(d); /* and the balance of memory */
    ck_assert_ptr_null(eddy_chain(NULL, NULL));
    d = fired(1);
    ck_assert_ptr_eq(eddy_chain(d, NULL), d);
    eddy_chain(d, eddy_no_memory());
    finish_with(d, 0);
}
END_TEST

/* ---- Looking ------------------------------------------------------------- */

static struct eddy_value look(struct eddy_value *result, void *deferred)
{
    struct eddy_value none = eddy_take_result(deferred);

    ck_assert_int_eq(eddy_state(deferred), EDDY_WAITING);
    ck_assert_ptr_null(eddy_peek(deferred));
    ck_assert_int_eq(eddy_error_code(&none), -EAGAIN);
    return eddy_take(result);
}

START_TEST(the_state_tells_what_it_waits_for) /* D38 */
{
    struct eddy_deferred *d = pending(), *inner = pending();

    ck_assert_int_eq(eddy_state(d), EDDY_PENDING);
    ck_assert_ptr_null(eddy_peek(d));
    eddy_then(eddy_then(d, look, d), await, eddy_ref(inner));
    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    ck_assert_int_eq(eddy_state(d), EDDY_WAITING);
    ck_assert_ptr_eq(eddy_waits_for(d), inner);
    ck_assert_ptr_null(eddy_waits_for(inner));
    ck_assert_ptr_null(eddy_peek(d));
    ck_assert_int_eq(eddy_fire(inner, eddy_int(2)), 0);
    ck_assert_int_eq(eddy_state(d), EDDY_DONE);
    ck_assert_ptr_null(eddy_waits_for(d));
    finish_with(inner, 0);
    finish_with(d, 2);
}
END_TEST

START_TEST(a_result_can_be_taken_once)
{
    int freed = 0;
    struct eddy_deferred *d = eddy_fired(domain, counted(&freed));
    struct eddy_value value = eddy_take_result(d);

    ck_assert_ptr_eq(value.ptr, &freed);
    finish_with(d, 0);
    ck_assert_int_eq(freed, 0);
    eddy_value_free(&value);
    ck_assert_int_eq(freed, 1);
}
END_TEST

static struct eddy_value fire_and_take(struct eddy_value *result, void *inner)
{
    struct eddy_value none;

    ck_assert_int_eq(eddy_fire(inner, eddy_int(5)), 0);
    none = eddy_take_result(inner);
    ck_assert_int_eq(eddy_error_code(&none), -EAGAIN);
    return eddy_take(result);
}

START_TEST(a_result_that_somebody_waits_for_cannot_be_taken_before)
{
    struct eddy_deferred *inner = pending(), *other = pending();
    struct eddy_deferred *d = eddy_then(fired(1), await, eddy_ref(inner));

    eddy_then(other, fire_and_take, inner);
    ck_assert_int_eq(eddy_fire(other, eddy_int(1)), 0);
    finish_with(d, 5);
    finish_with(inner, 0);
    finish_with(other, 1);
}
END_TEST

/* ---- Pausing ------------------------------------------------------------- */

START_TEST(pauses_nest) /* D39 */
{
    struct eddy_deferred *d = fired(1);

    ck_assert_int_eq(eddy_pause(d), 0);
    ck_assert_int_eq(eddy_pause(d), 0);
    eddy_then(d, see, word("a"));
    ck_assert_int_eq(eddy_state(d), EDDY_WAITING);
    ck_assert_int_eq(eddy_resume(d), 0);
    ck_assert_str_eq(marks(), "");
    ck_assert_int_eq(eddy_resume(d), 0);
    ck_assert_str_eq(marks(), "a:1");
    finish_with(d, 1);
}
END_TEST

static struct eddy_value pause_it(struct eddy_value *result, void *deferred)
{
    ck_assert_int_eq(eddy_pause(deferred), 0);
    return eddy_take(result);
}

START_TEST(a_link_may_pause_its_own_chain) /* D39 */
{
    struct eddy_deferred *d = pending();

    eddy_then(eddy_then(d, pause_it, d), see, word("a"));
    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    ck_assert_str_eq(marks(), "");
    ck_assert_int_eq(eddy_resume(d), 0);
    ck_assert_str_eq(marks(), "a:1");
    eddy_unref(d);
}
END_TEST

START_TEST(what_comes_during_a_pause_is_kept) /* D40 */
{
    struct eddy_deferred *d = pending(), *cancelled = pending();

    eddy_both(d, see, word("d"));
    eddy_both(cancelled, see, word("c"));
    ck_assert_int_eq(eddy_pause(d), 0);
    ck_assert_int_eq(eddy_pause(cancelled), 0);
    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    eddy_cancel(cancelled);
    ck_assert_int_eq(eddy_state(cancelled), EDDY_WAITING);
    ck_assert_str_eq(marks(), "");
    ck_assert_int_eq(eddy_resume(d), 0);
    ck_assert_int_eq(eddy_resume(cancelled), 0);
    ck_assert_str_eq(marks(), "d:1 c:ECANCELED");
    eddy_unref(d);
    finish_with(cancelled, -ECANCELED);
}
END_TEST

START_TEST(resuming_before_the_firing_runs_nothing) /* D41 */
{
    struct eddy_deferred *d = eddy_both(pending(), see, word("d"));

    ck_assert_int_eq(eddy_pause(d), 0);
    ck_assert_int_eq(eddy_resume(d), 0);
    ck_assert_int_eq(eddy_state(d), EDDY_PENDING);
    ck_assert_str_eq(marks(), "");
    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    ck_assert_str_eq(marks(), "d:1");
    eddy_unref(d);
}
END_TEST

START_TEST(resuming_what_is_not_paused_is_refused) /* D42 */
{
    struct eddy_deferred *d = eddy_both(pending(), see, word("d"));

    ck_assert_int_eq(eddy_resume(d), -EINVAL);
    ck_assert_int_eq(eddy_pause(d), 0);
    ck_assert_int_eq(eddy_resume(d), 0);
    ck_assert_int_eq(eddy_resume(d), -EINVAL);
    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    ck_assert_str_eq(marks(), "d:1");
    eddy_unref(d);
}
END_TEST

START_TEST(one_that_is_dropped_in_a_pause_frees_its_result)
{
    int freed = 0;
    struct eddy_deferred *d = pending();

    ck_assert_int_eq(eddy_pause(d), 0);
    eddy_then(d, see, word("not"));
    ck_assert_int_eq(eddy_fire(d, counted(&freed)), 0);
    ck_assert_int_eq(freed, 0);
    eddy_unref(d);
    ck_assert_int_eq(freed, 1);
    ck_assert_str_eq(marks(), "");
}
END_TEST

/* ---- Misuse, and no memory ----------------------------------------------- */

START_TEST(nothing_is_refused_kindly)
{
    int freed = 0;
    struct eddy_value value = eddy_take_result(NULL);

    ck_assert_int_eq(eddy_error_code(&value), -EINVAL);
    ck_assert_int_eq(eddy_fire(NULL, counted(&freed)), -EINVAL);
    ck_assert_int_eq(freed, 1);
    ck_assert_int_eq(eddy_pause(NULL), -EINVAL);
    ck_assert_int_eq(eddy_resume(NULL), -EINVAL);
    ck_assert_ptr_null(eddy_ref(NULL));
    ck_assert_ptr_null(eddy_then(NULL, see, NULL));
    ck_assert_ptr_null(eddy_rescue(NULL, see, NULL));
    ck_assert_ptr_null(eddy_both(NULL, see, NULL));
    ck_assert_ptr_null(eddy_peek(NULL));
    ck_assert_ptr_null(eddy_waits_for(NULL));
    eddy_cancel(NULL);
    eddy_unref(NULL);
    eddy_domain_free(NULL);
    ck_assert_int_eq(eddy_domain_new(NULL, NULL), -EINVAL);
    ck_assert_int_eq(eddy_domain_set_debug(NULL, true), -EINVAL);
    ck_assert_ptr_null(eddy_loop_domain(NULL));
    ck_assert_ptr_eq(eddy_deferred_new(NULL, NULL, NULL), eddy_no_memory());
}
END_TEST

START_TEST(the_one_that_stands_for_no_memory_takes_everything)
{
    int freed = 0;
    struct eddy_deferred *none = eddy_no_memory();
    struct eddy_value value = eddy_take_result(none);

    ck_assert_int_eq(eddy_error_code(&value), -ENOMEM);
    ck_assert_int_eq(eddy_state(none), EDDY_DONE);
    ck_assert_ptr_eq(eddy_ref(none), none);
    eddy_unref(none);
    eddy_unref(none);
    ck_assert_int_eq(eddy_fire(none, counted(&freed)), 0);
    ck_assert_int_eq(freed, 1);
    ck_assert_int_eq(eddy_pause(none), 0);
    ck_assert_int_eq(eddy_resume(none), 0);
    eddy_cancel(none);
    ck_assert_ptr_null(eddy_waits_for(none));
    eddy_rescue(eddy_both(none, swallow, word("a")), see, word("b"));
    eddy_then(none, see, word("not"));
    ck_assert_str_eq(marks(), "a:ENOMEM b:ENOMEM");
    ck_assert_ptr_eq(eddy_fired(NULL, counted(&freed)), none);
    ck_assert_int_eq(freed, 2);
    expect_result(none, -ENOMEM);
}
END_TEST

START_TEST(the_one_that_stands_for_no_memory_can_be_waited_for_and_chained)
{
    struct eddy_deferred *next = pending();

    finish_with(eddy_then(fired(1), await, eddy_no_memory()), -ENOMEM);
    eddy_chain(eddy_no_memory(), next);
    finish_with(next, -ENOMEM);
    next = pending();
    eddy_rescue(eddy_no_memory(), await, next); /* what it answers is dropped */
}
END_TEST

START_TEST(making_one_without_memory_gives_the_one_that_stands_for_it)
{
    int freed = 0;
    struct eddy_domain *none;

    fail_allocation(1);
    ck_assert_ptr_eq(pending(), eddy_no_memory());
    fail_allocation(1);
    ck_assert_ptr_eq(eddy_fired(domain, counted(&freed)), eddy_no_memory());
    ck_assert_int_eq(freed, 1);
    fail_allocation(1);
    ck_assert_int_eq(
        eddy_domain_new(
            &none, &(struct eddy_domain_options){ .mem = *counting_mem() }),
        -ENOMEM);
}
END_TEST

START_TEST(a_link_without_memory_fails_in_its_place)
{
    int args = 0, values = 0;
    struct eddy_deferred *d = pending();

    eddy_then(d, see, word("a"));
    fail_allocation(1);
    eddy_add(d, &(struct eddy_link){
                    .then = see, .then_arg = &args, .free_then = count_free });
    ck_assert(allocation_failed());
    ck_assert_int_eq(args, 1);
    eddy_both(d, see, word("b"));
    ck_assert_int_eq(eddy_fire(d, counted(&values)), 0);
    ck_assert_str_eq(marks(), "a:ptr b:ENOMEM");
    ck_assert_int_eq(values, 1);
    finish_with(d, -ENOMEM);
}
END_TEST

START_TEST(a_first_link_without_memory_fails_when_it_is_fired)
{
    struct eddy_deferred *d = pending(), *next = pending(), *done = fired(1);

    fail_allocation(1);
    eddy_both(d, see, word("lost"));
    eddy_both(d, see, word("a"));
    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    ck_assert_str_eq(marks(), "a:ENOMEM");
    finish_with(d, -ENOMEM);
    d = eddy_then(pending(), see, word("b")); /* the pool is empty again */
    fail_allocation(1);
    eddy_chain(done, next);
    finish_with(done, -ENOMEM);
    finish_with(next, -ENOMEM);
    eddy_unref(d);
}
END_TEST

START_TEST(a_domain_may_go_before_its_deferreds)
{
    struct eddy_domain *other = new_domain();
    struct eddy_deferred *d = eddy_deferred_new(other, NULL, NULL);

    eddy_domain_free(other);
    eddy_both(d, see, word("a"));
    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    ck_assert_str_eq(marks(), "a:1");
    finish_with(d, 1);
    ck_assert_int_eq(eddy_domain_new(&other, NULL), 0);
    finish_with(eddy_fired(other, eddy_fail(-EIO)), -EIO);
    eddy_domain_free(other);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_chained_one_is_fired_with_the_result,
        what_happens_to_a_chained_one_does_not_reach_back,
        a_chain_that_is_dropped_lets_go_of_the_next,
        the_state_tells_what_it_waits_for,
        a_result_can_be_taken_once,
        a_result_that_somebody_waits_for_cannot_be_taken_before,
        pauses_nest,
        a_link_may_pause_its_own_chain,
        what_comes_during_a_pause_is_kept,
        resuming_before_the_firing_runs_nothing,
        resuming_what_is_not_paused_is_refused,
        one_that_is_dropped_in_a_pause_frees_its_result,
        nothing_is_refused_kindly,
        the_one_that_stands_for_no_memory_takes_everything,
        the_one_that_stands_for_no_memory_can_be_waited_for_and_chained,
        making_one_without_memory_gives_the_one_that_stands_for_it,
        a_link_without_memory_fails_in_its_place,
        a_first_link_without_memory_fails_when_it_is_fired,
        a_domain_may_go_before_its_deferreds,
    };
    Suite *suite = suite_create("deferred_state");

    add_deferred_tests(suite, tests, COUNT(tests));
    return run_suite(suite);
}
