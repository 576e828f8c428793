/* SPDX-License-Identifier: MIT */
/* test_deferred_chain.c - links: in which order, and on which side. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "deferred_support.h"

/* ---- Order --------------------------------------------------------------- */

START_TEST(links_run_inside_the_firing_and_need_no_loop) /* D1 */
{
    struct eddy_deferred *d = pending();

    eddy_then(d, see, word("a"));
    ck_assert_str_eq(marks(), "");
    ck_assert_int_eq(eddy_fire(d, eddy_int(5)), 0);
    ck_assert_str_eq(marks(), "a:5");
    finish_with(d, 5);
}
END_TEST

START_TEST(links_run_in_order_on_what_the_one_before_returned) /* D2 */
{
    struct eddy_deferred *d = pending();

    eddy_then(eddy_then(d, see, word("a")), answer, number(2));
    eddy_then(eddy_then(d, see, word("b")), answer, number(3));
    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    ck_assert_str_eq(marks(), "a:1 b:2");
    finish_with(d, 3);
}
END_TEST

START_TEST(a_link_that_is_added_after_the_firing_runs_at_once) /* D12 */
{
    struct eddy_deferred *d = fired(4);

    eddy_then(d, see, word("a"));
    ck_assert_str_eq(marks(), "a:4");
    eddy_rescue(d, see, word("not"));
    eddy_then(d, see, word("b"));
    ck_assert_str_eq(marks(), "b:4");
    eddy_unref(d);
}
END_TEST

static struct eddy_value add_two(struct eddy_value *result, void *deferred)
{
    eddy_then(deferred, see, word("late"));
    eddy_then(deferred, see, word("later"));
    mark(word("added"));
    return eddy_take(result);
}

START_TEST(a_link_that_a_link_adds_goes_to_the_end) /* D13 */
{
    struct eddy_deferred *d = pending();

    eddy_then(eddy_then(d, add_two, d), see, word("queued"));
    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    ck_assert_str_eq(marks(), "added queued:1 late:1 later:1");
    eddy_then(d, add_two, d);
    ck_assert_str_eq(marks(), "added late:1 later:1");
    eddy_unref(d);
}
END_TEST

static struct eddy_value fire_with_9(struct eddy_value *result, void *other)
{
    ck_assert_int_eq(eddy_fire(other, eddy_int(9)), 0);
    mark(word("fired"));
    return eddy_take(result);
}

START_TEST(what_a_link_sets_going_runs_before_the_next_link)
{
    struct eddy_deferred *d = pending(), *one = pending(), *two = pending();

    eddy_then(eddy_then(one, see, word("one")), see, word("one too"));
    eddy_then(two, see, word("two"));
    eddy_then(eddy_then(d, fire_with_9, one), fire_with_9, two);
    eddy_then(d, see, word("d"));
    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    ck_assert_str_eq(marks(), "fired one:9 one too:9 fired two:9 d:1");
    eddy_unref(one);
    eddy_unref(two);
    eddy_unref(d);
}
END_TEST

START_TEST(every_add_returns_the_deferred) /* D11 */
{
    struct eddy_deferred *d = pending(), *next = pending();
    struct eddy_link link = { .then = see, .then_arg = word("a") };

    ck_assert_ptr_eq(eddy_add(d, &link), d);
    ck_assert_ptr_eq(eddy_add(d, NULL), d);
    ck_assert_ptr_eq(eddy_then(d, see, word("b")), d);
    ck_assert_ptr_eq(eddy_rescue(d, see, word("c")), d);
    ck_assert_ptr_eq(eddy_both(d, see, word("d")), d);
    ck_assert_ptr_eq(eddy_chain(d, next), d);
    ck_assert_ptr_eq(eddy_ref(d), d);
    eddy_unref(d);
    eddy_unref(d);
    eddy_unref(next);
}
END_TEST

/* ---- Two sides ----------------------------------------------------------- */

static void add_both_sides(struct eddy_deferred *d)
{
    eddy_add(d, &(struct eddy_link){ .then = see,
                                     .then_arg = word("then"),
                                     .rescue = see,
                                     .rescue_arg = word("rescue") });
}

START_TEST(one_side_of_a_link_runs_as_the_result_is) /* D3 */
{
    struct eddy_deferred *good = fired(1), *bad = failed(-EIO);

    add_both_sides(good);
    ck_assert_str_eq(marks(), "then:1");
    add_both_sides(bad);
    ck_assert_str_eq(marks(), "rescue:EIO");
    finish_with(good, 1);
    finish_with(bad, -EIO);
}
END_TEST

START_TEST(what_fails_in_a_link_is_for_the_next_link) /* D4 */
{
    struct eddy_deferred *d = pending();

    eddy_add(d, &(struct eddy_link){ .then = answer,
                                     .then_arg = number(-EIO),
                                     .rescue = see,
                                     .rescue_arg = word("own") });
    eddy_then(eddy_rescue(d, see, word("next")), see, word("not"));
    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    ck_assert_str_eq(marks(), "next:EIO");
    finish_with(d, -EIO);
}
END_TEST

START_TEST(a_rescue_that_returns_a_value_goes_back_to_values) /* D5 */
{
    struct eddy_deferred *d = failed(-EIO);

    eddy_rescue(eddy_rescue(d, answer, number(7)), see, word("not"));
    eddy_then(d, see, word("good"));
    ck_assert_str_eq(marks(), "good:7");
    finish_with(d, 7);
}
END_TEST

START_TEST(a_rescue_that_fails_stays_with_errors) /* D6 */
{
    struct eddy_deferred *d = failed(-EIO);

    eddy_then(eddy_rescue(d, see, word("a")), see, word("not"));
    eddy_rescue(eddy_rescue(d, answer, number(-EPIPE)), see, word("b"));
    ck_assert_str_eq(marks(), "a:EIO b:EPIPE");
    finish_with(d, -EPIPE);
}
END_TEST

START_TEST(a_side_without_function_passes_its_result_on) /* D7 */
{
    int freed = 0;
    struct eddy_deferred *good = eddy_fired(domain, counted(&freed));
    struct eddy_deferred *bad = failed(-EIO);

    eddy_then(eddy_rescue(good, answer, number(1)), see, word("good"));
    eddy_rescue(eddy_then(bad, answer, number(1)), see, word("bad"));
    eddy_add(good, &(struct eddy_link){ .then = NULL });
    ck_assert_str_eq(marks(), "good:ptr bad:EIO");
    ck_assert_int_eq(freed, 0);
    eddy_unref(good);
    ck_assert_int_eq(freed, 1);
    finish_with(bad, -EIO);
}
END_TEST

START_TEST(both_puts_one_function_on_both_sides) /* D8 */
{
    struct eddy_deferred *good = fired(1), *bad = failed(-EIO);

    eddy_both(good, see, word("a"));
    eddy_both(bad, see, word("b"));
    ck_assert_str_eq(marks(), "a:1 b:EIO");
    eddy_unref(good);
    finish_with(bad, -EIO);
}
END_TEST

START_TEST(each_side_has_an_argument_that_is_freed_once) /* D9 */
{
    int then = 0, rescue = 0;
    struct eddy_link link = { .then_arg = &then,
                              .rescue_arg = &rescue,
                              .free_then = count_free,
                              .free_rescue = count_free };
    struct eddy_deferred *d = pending();

    eddy_add(d, &link);
    ck_assert_int_eq(then + rescue, 0);
    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    ck_assert_int_eq(then, 1);
    ck_assert_int_eq(rescue, 1);
    eddy_unref(d);
    d = eddy_add(pending(), &link); /* that never runs */
    eddy_unref(d);
    ck_assert_int_eq(then, 2);
    ck_assert_int_eq(rescue, 2);
    ck_assert_ptr_null(eddy_add(NULL, &link));
    eddy_add(eddy_no_memory(), &link);
    ck_assert_int_eq(then, 4);
    ck_assert_int_eq(rescue, 4);
}
END_TEST

static void let_go(void *deferred)
{
    eddy_unref(deferred);
}

START_TEST(freeing_an_argument_may_free_the_deferred)
{
    struct eddy_link link = { .free_then = let_go };

    link.then_arg = fired(1);
    eddy_add(link.then_arg, &link);
    link.then_arg = eddy_then(pending(), see, NULL); /* the pool is empty */
    fail_allocation(1);
    eddy_add(link.then_arg, &link);
    ck_assert(allocation_failed());
}
END_TEST

START_TEST(a_link_that_returns_nothing_passes_nothing_on) /* D10 */
{
    int freed = 0;
    struct eddy_deferred *d = eddy_fired(domain, counted(&freed));

    eddy_then(eddy_then(d, answer, number(0)), see, word("a"));
    ck_assert_str_eq(marks(), "a:0");
    ck_assert_int_eq(freed, 1);
    finish_with(d, 0);
    ck_assert_int_eq(freed, 1);
}
END_TEST

static struct eddy_value return_it(struct eddy_value *result, void *unused)
{
    (void)unused;
    return *result; /* forgot eddy_take() */
}

START_TEST(a_pointer_returned_but_not_taken_is_not_freed_twice)
{
    int freed = 0;
    struct eddy_deferred *d = eddy_fired(domain, counted(&freed));

    eddy_then(d, return_it, NULL);
    ck_assert_int_eq(freed, 0);
    eddy_unref(d);
    ck_assert_int_eq(freed, 1);
}
END_TEST

static struct eddy_value share_it(struct eddy_value *result, void *unused)
{
    (void)unused;
    return eddy_value_share(result);
}

START_TEST(an_error_that_a_link_shares_is_freed)
{
    struct eddy_deferred *d =
        eddy_fired(domain, eddy_fail_text(counting_mem(), -EIO, "words"));

    eddy_rescue(d, share_it, NULL);
    ck_assert_str_eq(eddy_error_text(eddy_peek(d)), "words");
    finish_with(d, -EIO); /* and the balance of memory */
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        links_run_inside_the_firing_and_need_no_loop,
        links_run_in_order_on_what_the_one_before_returned,
        a_link_that_is_added_after_the_firing_runs_at_once,
        a_link_that_a_link_adds_goes_to_the_end,
        what_a_link_sets_going_runs_before_the_next_link,
        every_add_returns_the_deferred,
        one_side_of_a_link_runs_as_the_result_is,
        what_fails_in_a_link_is_for_the_next_link,
        a_rescue_that_returns_a_value_goes_back_to_values,
        a_rescue_that_fails_stays_with_errors,
        a_side_without_function_passes_its_result_on,
        both_puts_one_function_on_both_sides,
        each_side_has_an_argument_that_is_freed_once,
        freeing_an_argument_may_free_the_deferred,
        a_link_that_returns_nothing_passes_nothing_on,
        a_pointer_returned_but_not_taken_is_not_freed_twice,
        an_error_that_a_link_shares_is_freed,
    };
    Suite *suite = suite_create("deferred_chain");

    add_deferred_tests(suite, tests, COUNT(tests));
    return run_suite(suite);
}
