/* SPDX-License-Identifier: MIT */
/* test_deferred_fire.c - firing, with a value or an error. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "deferred_support.h"

static void add_both_sides(struct eddy_deferred *d)
{
    eddy_add(d, &(struct eddy_link){ .then = see,
                                     .then_arg = word("then"),
                                     .rescue = see,
                                     .rescue_arg = word("rescue") });
}

START_TEST(firing_with_an_error_takes_the_error_side) /* D14 */
{
    struct eddy_deferred *d = pending();

    add_both_sides(d);
    ck_assert_int_eq(eddy_fire(d, eddy_fail(-EIO)), 0);
    ck_assert_str_eq(marks(), "rescue:EIO");
    finish_with(d, -EIO);
}
END_TEST

START_TEST(an_error_must_be_one) /* D15 */
{
    struct eddy_deferred *d = eddy_fired(domain, eddy_fail(0));

    finish_with(d, -EINVAL);
    finish_with(eddy_fired(domain, eddy_fail(EIO)), -EINVAL);
}
END_TEST

START_TEST(a_deferred_is_no_result) /* D16 */
{
    int freed = 0;
    struct eddy_deferred *d = pending(), *other = pending();

    eddy_add(other, &(struct eddy_link){ .then_arg = &freed,
                                         .free_then = count_free });
    ck_assert_int_eq(eddy_fire(d, eddy_wait_for(eddy_ref(other))), -EINVAL);
    ck_assert_int_eq(eddy_state(d), EDDY_PENDING);
    ck_assert_int_eq(freed, 0);
    finish_with(eddy_fired(domain, eddy_wait_for(other)), -EINVAL);
    ck_assert_int_eq(freed, 1);
    eddy_unref(d);
}
END_TEST

static struct eddy_value fire_again(struct eddy_value *result, void *deferred)
{
    int freed = 0;

    ck_assert_int_eq(eddy_fire(deferred, counted(&freed)), -EALREADY);
    ck_assert_int_eq(freed, 1);
    mark(word("again"));
    return eddy_take(result);
}

START_TEST(firing_twice_is_refused) /* D17 */
{
    int freed = 0;
    struct eddy_deferred *d = pending();

    eddy_then(d, fire_again, d);
    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    ck_assert_str_eq(marks(), "again");
    ck_assert_int_eq(eddy_fire(d, counted(&freed)), -EALREADY);
    ck_assert_int_eq(freed, 1);
    ck_assert_int_eq(eddy_fire(d, eddy_fail(-EIO)), -EALREADY);
    finish_with(d, 1);
    d = failed(-EIO);
    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), -EALREADY);
    finish_with(d, -EIO);
}
END_TEST

START_TEST(in_debug_mode_firing_twice_tells_where) /* D18 */
{
    struct eddy_deferred *d = pending();

    ck_assert_int_eq(eddy_fire_at(d, eddy_int(1), "fired:1"), 0);
    ck_assert_int_eq(eddy_fire(d, eddy_int(2)), -EALREADY);
    ck_assert_int_eq(logged("twice"), 0);
    ck_assert_int_eq(eddy_domain_set_debug(domain, true), 0);
    ck_assert_int_eq(eddy_fire(d, eddy_int(2)), -EALREADY);
    ck_assert_int_eq(logged("first fired at fired:1"), 1);
    ck_assert_int_eq(logged("made at"), 1);
    ck_assert_int_eq(logged("deferred_support.c:"), 1);
    ck_assert_int_eq(eddy_domain_set_debug(domain, false), 0);
    ck_assert_int_eq(eddy_fire(d, eddy_int(2)), -EALREADY);
    ck_assert_int_eq(logged("twice"), 1);
    eddy_unref(d);
}
END_TEST

START_TEST(a_place_may_be_unknown) /* D18 */
{
    struct eddy_deferred *d = eddy_fired_at(domain, eddy_fail(-EIO), NULL);

    ck_assert_int_eq(eddy_domain_set_debug(domain, true), 0);
    ck_assert_int_eq(eddy_fire(d, eddy_int(2)), -EALREADY);
    eddy_unref(d);
    ck_assert_int_eq(logged("an unknown place"), 2);
}
END_TEST

static struct eddy_value fail_in_words(struct eddy_value *result, void *text)
{
    (void)result;
    return eddy_fail_text(counting_mem(), -EIO, "%s", (const char *)text);
}

START_TEST(a_link_fails_by_returning_an_error) /* D19 */
{
    struct eddy_deferred *d = fired(1);

    add_both_sides(eddy_then(d, fail_in_words, word("no paper")));
    ck_assert_str_eq(marks(), "rescue:EIO");
    ck_assert_str_eq(eddy_error_text(eddy_peek(d)), "no paper");
    finish_with(d, -EIO);
}
END_TEST

/* Rescues -EIO only. */
static struct eddy_value trap(struct eddy_value *result, void *unused)
{
    (void)unused;
    return eddy_error_is(result, -EIO) ? eddy_none() : eddy_take(result);
}

START_TEST(a_rescue_may_be_for_one_kind_of_error) /* D20 */
{
    finish_with(eddy_rescue(failed(-EIO), trap, NULL), 0);
    finish_with(eddy_rescue(failed(-EPIPE), trap, NULL), -EPIPE);
}
END_TEST

START_TEST(what_fails_in_a_link_never_reaches_who_fires_or_adds) /* D21 */
{
    struct eddy_deferred *d = eddy_then(pending(), answer, number(-EIO));

    ck_assert_int_eq(eddy_fire(d, eddy_int(1)), 0);
    ck_assert_ptr_eq(eddy_rescue(d, answer, number(-EPIPE)), d);
    finish_with(d, -EPIPE);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        firing_with_an_error_takes_the_error_side,
        an_error_must_be_one,
        a_deferred_is_no_result,
        firing_twice_is_refused,
        in_debug_mode_firing_twice_tells_where,
        a_place_may_be_unknown,
        a_link_fails_by_returning_an_error,
        a_rescue_may_be_for_one_kind_of_error,
        what_fails_in_a_link_never_reaches_who_fires_or_adds,
    };
    Suite *suite = suite_create("deferred_fire");

    add_deferred_tests(suite, tests, COUNT(tests));
    return run_suite(suite);
}
