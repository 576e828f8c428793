/* SPDX-License-Identifier: MIT */
/* test_deferred_wait.c - links that answer with another deferred. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "deferred_support.h"

/* One that has fired and waits for `inner`, which stays with the test. */
static struct eddy_deferred *waiting_for(struct eddy_deferred *inner)
{
    return eddy_then(fired(1), await, eddy_ref(inner));
}

/* ---- Waiting ------------------------------------------------------------- */

START_TEST(a_chain_waits_for_a_deferred_that_has_no_result) /* D22 */
{
    struct eddy_deferred *inner = pending(), *d = waiting_for(inner);

    eddy_then(d, see, word("d"));
    ck_assert_str_eq(marks(), "");
    ck_assert_int_eq(eddy_state(d), EDDY_WAITING);
    ck_assert_int_eq(eddy_fire(inner, eddy_int(2)), 0);
    ck_assert_str_eq(marks(), "d:2");
    finish_with(d, 2);
    eddy_unref(inner);
}
END_TEST

START_TEST(a_chain_takes_a_result_that_is_there_at_once) /* D23 */
{
    struct eddy_deferred *inner = fired(2), *d = waiting_for(inner);

    ck_assert_ptr_null(eddy_waits_for(d));
    finish_with(d, 2);
    finish_with(inner, 0);
    finish_with(eddy_then(fired(1), await, failed(-EIO)), -EIO);
}
END_TEST

START_TEST(the_result_moves) /* D24 */
{
    int freed = 0;
    struct eddy_deferred *inner = pending(), *d;

    eddy_then(inner, see, word("before"));
    d = waiting_for(inner);
    eddy_then(inner, see, word("after"));
    eddy_then(d, see, word("d"));
    ck_assert_int_eq(eddy_fire(inner, counted(&freed)), 0);
    ck_assert_str_eq(marks(), "before:ptr d:ptr after:0");
    finish_with(inner, 0);
    ck_assert_int_eq(freed, 0);
    eddy_unref(d);
    ck_assert_int_eq(freed, 1);
}
END_TEST

START_TEST(one_deferred_has_one_waiter) /* D25 */
{
    struct eddy_deferred *inner = pending(), *first = waiting_for(inner);

    finish_with(waiting_for(inner), -EBUSY);
    ck_assert_int_eq(eddy_fire(inner, eddy_int(2)), 0);
    finish_with(first, 2);
    finish_with(waiting_for(inner), 0); /* what is left of it */
    eddy_unref(inner);
}
END_TEST

START_TEST(an_error_moves_and_is_no_longer_the_inner_ones) /* D26 */
{
    struct eddy_deferred *inner = pending(), *d = waiting_for(inner);

    ck_assert_int_eq(eddy_fire(inner, eddy_fail(-EIO)), 0);
    eddy_unref(inner);
    ck_assert_int_eq(logged("unhandled"), 0);
    eddy_unref(d);
    ck_assert_int_eq(logged("unhandled"), 1);
}
END_TEST

START_TEST(an_error_that_is_waited_for_is_not_one_that_was_looked_at) /* D90 */
{
    for (int dropped = 0; dropped < 2; dropped++) {
        struct eddy_deferred *inner = pending(), *d = pending();

        ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
        ck_assert_ptr_nonnull(eddy_peek(d));
        eddy_then(d, await, eddy_ref(inner));
        if (dropped == 0)
            ck_assert_int_eq(eddy_fire(inner, eddy_fail(-EIO)), 0);
        eddy_unref(inner);
        if (dropped != 0)
            ck_assert_int_eq(eddy_fire(d, eddy_fail(-EIO)), 0);
        eddy_unref(d);
        ck_assert_int_eq(logged("unhandled"), dropped + 1);
    }
}
END_TEST

START_TEST(a_rescue_may_wait_as_well) /* D27 */
{
    struct eddy_deferred *inner = pending(), *d = failed(-EIO);

    eddy_then(eddy_rescue(d, await, eddy_ref(inner)), see, word("d"));
    ck_assert_int_eq(eddy_fire(inner, eddy_int(2)), 0);
    ck_assert_str_eq(marks(), "d:2");
    eddy_unref(d);
    eddy_unref(inner);
}
END_TEST

START_TEST(waiting_goes_through_any_number) /* D28 */
{
    struct eddy_deferred *c = pending(), *b = pending(), *a = pending();

    eddy_then(eddy_then(b, await, eddy_ref(c)), see, word("b"));
    eddy_then(eddy_then(a, await, eddy_ref(b)), see, word("a"));
    eddy_then(c, see, word("c"));
    ck_assert_int_eq(eddy_fire(a, eddy_int(1)), 0);
    ck_assert_int_eq(eddy_fire(b, eddy_int(2)), 0);
    ck_assert_int_eq(eddy_fire(c, eddy_int(3)), 0);
    ck_assert_str_eq(marks(), "c:3 b:3 a:3");
    eddy_unref(a);
    eddy_unref(b);
    eddy_unref(c);
}
END_TEST

START_TEST(links_added_while_it_waits_run_after_what_it_waits_for) /* D29 */
{
    struct eddy_deferred *inner = pending(), *d;

    eddy_then(eddy_then(inner, see, word("i")), answer, number(3));
    d = waiting_for(inner);
    eddy_then(eddy_then(d, see, word("a")), see, word("b"));
    ck_assert_str_eq(marks(), "");
    ck_assert_int_eq(eddy_fire(inner, eddy_int(2)), 0);
    ck_assert_str_eq(marks(), "i:2 a:3 b:3");
    eddy_unref(d);
    eddy_unref(inner);
}
END_TEST

START_TEST(one_that_is_paused_or_waits_itself_is_waited_for) /* D30 */
{
    struct eddy_deferred *third = pending(), *busy = waiting_for(third);
    struct eddy_deferred *paused = fired(5), *a, *b;

    ck_assert_int_eq(eddy_pause(paused), 0);
    a = waiting_for(paused);
    b = waiting_for(busy);
    ck_assert_ptr_eq(eddy_waits_for(a), paused);
    ck_assert_ptr_eq(eddy_waits_for(b), busy);
    ck_assert_int_eq(eddy_resume(paused), 0);
    finish_with(a, 5);
    ck_assert_int_eq(eddy_fire(third, eddy_int(6)), 0);
    finish_with(b, 6);
    eddy_unref(paused);
    eddy_unref(busy);
    eddy_unref(third);
}
END_TEST

START_TEST(a_pause_of_who_waits_does_not_stop_the_inner_one) /* D31 */
{
    struct eddy_deferred *inner = pending(), *d = waiting_for(inner);

    eddy_then(inner, see, word("i"));
    eddy_then(d, see, word("d"));
    ck_assert_int_eq(eddy_pause(d), 0);
    ck_assert_int_eq(eddy_fire(inner, eddy_int(2)), 0);
    ck_assert_str_eq(marks(), "i:0");
    ck_assert_int_eq(eddy_resume(d), 0);
    ck_assert_str_eq(marks(), "d:2");
    eddy_unref(d);
    eddy_unref(inner);
}
END_TEST

static struct eddy_value
wait_for_what_is_about_to_run(struct eddy_value *result, void *inner)
{
    (void)result;
    ck_assert_int_eq(eddy_fire(inner, eddy_int(3)), 0);
    ck_assert_int_eq(eddy_state(inner), EDDY_WAITING);
    return eddy_wait_for(eddy_ref(inner));
}

START_TEST(what_a_link_has_fired_itself_can_be_waited_for)
{
    struct eddy_deferred *inner = pending(), *d = pending();

    eddy_then(inner, answer, number(4));
    eddy_then(eddy_then(d, wait_for_what_is_about_to_run, inner), see,
              word("d"));
    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    ck_assert_str_eq(marks(), "d:4");
    eddy_unref(d);
    eddy_unref(inner);
}
END_TEST

/* ---- What cannot be waited for ------------------------------------------- */

START_TEST(waiting_for_itself_is_refused) /* D36 */
{
    struct eddy_deferred *d = pending();

    eddy_both(eddy_then(d, await, eddy_ref(d)), see, word("d"));
    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    ck_assert_str_eq(marks(), "d:EDEADLK");
    finish_with(d, -EDEADLK);
}
END_TEST

START_TEST(waiting_in_a_circle_is_refused) /* D37 */
{
    struct eddy_deferred *a = pending(), *b = pending(), *c = pending();

    eddy_both(eddy_then(a, await, eddy_ref(b)), see, word("a"));
    eddy_both(eddy_then(b, await, eddy_ref(c)), see, word("b"));
    eddy_both(eddy_then(c, await, eddy_ref(a)), see, word("c"));
    ck_assert_int_eq(eddy_fire(b, eddy_int(1)), 0);
    ck_assert_int_eq(eddy_fire(a, eddy_int(1)), 0);
    ck_assert_int_eq(eddy_fire(c, eddy_int(1)), 0);
    ck_assert_str_eq(marks(), "c:EDEADLK b:EDEADLK a:EDEADLK");
    finish_with(a, -EDEADLK);
    eddy_unref(b);
    eddy_unref(c);
}
END_TEST

START_TEST(waiting_for_nothing_or_for_another_domain_is_refused)
{
    struct eddy_domain *other = new_domain();
    struct eddy_deferred *there = eddy_deferred_new(other, NULL, NULL);

    finish_with(waiting_for(there), -EXDEV);
    finish_with(eddy_then(fired(1), await, NULL), -EINVAL);
    eddy_unref(there);
    eddy_domain_free(other);
}
END_TEST

/* ---- Letting go ---------------------------------------------------------- */

START_TEST(who_waits_for_one_that_was_dropped_is_pending_again)
{
    struct eddy_deferred *d = eddy_then(fired(1), await, pending());
    struct eddy_deferred *cancelled = eddy_then(fired(1), await, pending());

    ck_assert_int_eq(eddy_state(d), EDDY_PENDING);
    ck_assert_ptr_null(eddy_waits_for(d));
    eddy_both(d, see, word("d"));
    ck_assert_int_eq(eddy_fire(d, eddy_int(2)), 0);
    ck_assert_str_eq(marks(), "d:2");
    finish_with(d, 2);
    eddy_cancel(cancelled);
    finish_with(cancelled, -ECANCELED);
}
END_TEST

START_TEST(who_waits_may_be_let_go_of)
{
    int freed = 0;
    struct eddy_deferred *inner = pending(), *d = waiting_for(inner);

    eddy_then(d, see, word("d"));
    eddy_unref(d);
    ck_assert_int_eq(eddy_fire(inner, counted(&freed)), 0);
    ck_assert_str_eq(marks(), "d:ptr");
    ck_assert_int_eq(freed, 1);
    eddy_unref(inner);
}
END_TEST

static struct eddy_deferred *outer, *dropped;

static void drop_and_cancel(void *unused)
{
    (void)unused;
    eddy_unref(dropped);
    ck_assert_ptr_null(eddy_waits_for(outer));
    eddy_cancel(outer);
}

/* The free function of a link of one that is being destroyed drops another: */
START_TEST(one_that_is_about_to_be_destroyed_is_waited_for_no_longer)
{
    struct eddy_deferred *d = pending();

    dropped = pending();
    outer = waiting_for(dropped);
    eddy_both(outer, see, word("outer"));
    eddy_add(d, &(struct eddy_link){ .free_then = drop_and_cancel });
    eddy_unref(d);
    ck_assert_str_eq(marks(), "outer:ECANCELED");
    finish_with(outer, -ECANCELED);
}
END_TEST

static struct eddy_value wait_without_memory(struct eddy_value *result,
                                             void *inner)
{
    eddy_then(eddy_then(inner, see, word("x")), see, word("y"));
    (void)result;
    fail_allocation(1);
    return eddy_wait_for(eddy_ref(inner));
}

START_TEST(waiting_needs_no_memory)
{
    struct eddy_deferred *inner = pending(), *d = pending();

    eddy_then(d, wait_without_memory, inner);
    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    ck_assert_int_eq(eddy_fire(inner, eddy_int(2)), 0);
    ck_assert(!allocation_failed());
    ck_assert_str_eq(marks(), "x:2 y:2");
    finish_with(d, 2);
    eddy_unref(inner);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_chain_waits_for_a_deferred_that_has_no_result,
        a_chain_takes_a_result_that_is_there_at_once,
        the_result_moves,
        one_deferred_has_one_waiter,
        an_error_moves_and_is_no_longer_the_inner_ones,
        an_error_that_is_waited_for_is_not_one_that_was_looked_at,
        a_rescue_may_wait_as_well,
        waiting_goes_through_any_number,
        links_added_while_it_waits_run_after_what_it_waits_for,
        one_that_is_paused_or_waits_itself_is_waited_for,
        a_pause_of_who_waits_does_not_stop_the_inner_one,
        what_a_link_has_fired_itself_can_be_waited_for,
        waiting_for_itself_is_refused,
        waiting_in_a_circle_is_refused,
        waiting_for_nothing_or_for_another_domain_is_refused,
        who_waits_for_one_that_was_dropped_is_pending_again,
        who_waits_may_be_let_go_of,
        one_that_is_about_to_be_destroyed_is_waited_for_no_longer,
        waiting_needs_no_memory,
    };
    Suite *suite = suite_create("deferred_wait");

    add_deferred_tests(suite, tests, COUNT(tests));
    return run_suite(suite);
}
