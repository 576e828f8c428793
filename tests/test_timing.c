/* SPDX-License-Identifier: MIT */
/* test_timing.c - limits of time for deferreds. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <eddy/timing.h>

#include "deferred_support.h"

/* A virtual loop, and `domain` is that of its deferreds. */
static struct eddy_loop *open_loop(int index)
{
    struct eddy_loop *loop = virtual_loop(index);

    domain = eddy_loop_domain(loop);
    return loop;
}

static void pass(struct eddy_loop *loop, int64_t time_ns)
{
    virtual_time.now_ns += time_ns;
    turns(loop, 2);
}

static size_t timers(const struct eddy_loop *loop)
{
    return stats_of(loop).timers;
}

static bool fire_it(struct eddy_deferred *deferred, void *n)
{
    ck_assert_int_eq(eddy_fire(deferred, answer(NULL, n)), 0);
    return false;
}

static bool mark_cancel(struct eddy_deferred *deferred, void *text)
{
    (void)deferred;
    mark(text);
    return false;
}

/* ---- Limits -------------------------------------------------------------- */

START_TEST(a_limit_cancels_in_time_and_makes_it_a_timeout) /* D55 */
{
    struct eddy_loop *loop = open_loop(_i);
    struct eddy_deferred *d = eddy_deferred_new(domain, mark_cancel, word("c"));

    ck_assert_ptr_eq(eddy_limit(d, loop, EDDY_SECOND), d);
    pass(loop, EDDY_SECOND - 1);
    ck_assert_int_eq(eddy_state(d), EDDY_PENDING);
    ck_assert_str_eq(marks(), "");
    pass(loop, 1);
    ck_assert_str_eq(marks(), "c");
    finish_with(d, -ETIME);
}
END_TEST

START_TEST(a_limit_covers_what_was_added_before_it_only) /* D56 */
{
    struct eddy_loop *loop = open_loop(_i);
    struct eddy_deferred *before = eddy_ref(pending()), *after = pending();
    struct eddy_deferred *a = eddy_then(fired(1), await, before);
    struct eddy_deferred *b = eddy_limit(pending(), loop, EDDY_SECOND);

    eddy_limit(a, loop, EDDY_SECOND);
    eddy_then(b, await, eddy_ref(after));
    ck_assert_int_eq(eddy_fire(b, eddy_none()), 0);
    pass(loop, EDDY_SECOND);
    finish_with(a, -ETIME);
    ck_assert_int_eq(eddy_fire(before, eddy_none()), 0); /* swallowed */
    ck_assert_int_eq(eddy_fire(before, eddy_none()), -EALREADY);
    ck_assert_int_eq(eddy_state(after), EDDY_PENDING);
    ck_assert_int_eq(eddy_fire(after, eddy_int(2)), 0);
    finish_with(b, 2);
    eddy_unref(before);
    eddy_unref(after);
}
END_TEST

START_TEST(a_result_in_time_ends_the_limit) /* D57 */
{
    struct eddy_loop *loop = open_loop(_i);

    for (int64_t n = -EIO; n <= 5; n += 5 + EIO) {
        struct eddy_deferred *d = eddy_limit(pending(), loop, EDDY_SECOND);

        ck_assert_uint_eq(timers(loop), 1);
        ck_assert_int_eq(eddy_fire(d, answer(NULL, number(n))), 0);
        ck_assert_uint_eq(timers(loop), 0);
        pass(loop, 2 * EDDY_SECOND);
        finish_with(d, n);
    }
    ck_assert(!eddy_loop_alive(loop));
}
END_TEST

START_TEST(a_cancel_before_the_limit_stays_one) /* D58 */
{
    struct eddy_loop *loop = open_loop(_i);
    struct eddy_deferred *d = eddy_limit(pending(), loop, EDDY_SECOND);

    eddy_cancel(d);
    ck_assert_uint_eq(timers(loop), 0);
    pass(loop, EDDY_SECOND);
    finish_with(d, -ECANCELED);
}
END_TEST

START_TEST(what_a_canceller_gave_instead_is_kept) /* D59 */
{
    struct eddy_loop *loop = open_loop(_i);

    for (int64_t n = -EIO; n <= 5; n += 5 + EIO) {
        struct eddy_deferred *d = eddy_deferred_new(domain, fire_it, number(n));

        eddy_limit(d, loop, EDDY_SECOND);
        pass(loop, EDDY_SECOND);
        finish_with(d, n);
    }
}
END_TEST

START_TEST(an_earlier_link_sees_the_cancel_and_may_mend_it) /* D60 */
{
    struct eddy_loop *loop = open_loop(_i);
    struct eddy_deferred *d = eddy_rescue(pending(), swallow, word("a"));

    eddy_limit(d, loop, EDDY_SECOND);
    pass(loop, EDDY_SECOND);
    ck_assert_str_eq(marks(), "a:ECANCELED");
    finish_with(d, 0);
}
END_TEST

START_TEST(a_function_of_ones_own_runs_whenever_time_ran_out) /* D61 */
{
    struct eddy_loop *loop = open_loop(_i);
    struct eddy_deferred *mended = eddy_rescue(pending(), answer, number(7));
    struct eddy_deferred *plain = pending(), *in_time = pending();

    eddy_limit_with(mended, loop, EDDY_SECOND, swallow, word("mended"));
    eddy_limit_with(plain, loop, EDDY_SECOND, see, word("plain"));
    eddy_limit_with(in_time, loop, EDDY_SECOND, see, word("in time"));
    ck_assert_int_eq(eddy_fire(in_time, eddy_int(1)), 0);
    pass(loop, EDDY_SECOND);
    ck_assert_str_eq(marks(), "mended:7 plain:ECANCELED");
    finish_with(mended, 0);
    finish_with(plain, -ECANCELED);
    finish_with(in_time, 1);
}
END_TEST

START_TEST(of_several_limits_the_earliest_counts_and_none_is_left) /* D62 */
{
    struct eddy_loop *loop = open_loop(_i);
    struct eddy_deferred *d = pending();

    eddy_limit_with(d, loop, 3 * EDDY_SECOND, see, word("three"));
    eddy_limit_with(d, loop, 1 * EDDY_SECOND, see, word("one"));
    eddy_limit_with(d, loop, 2 * EDDY_SECOND, see, word("two"));
    ck_assert_uint_eq(timers(loop), 3);
    pass(loop, EDDY_SECOND);
    ck_assert_uint_eq(timers(loop), 0);
    ck_assert_str_eq(marks(), "one:ECANCELED");
    finish_with(d, -ECANCELED);
}
END_TEST

START_TEST(one_result_after_the_limit_is_swallowed) /* D63 */
{
    struct eddy_loop *loop = open_loop(_i);
    struct eddy_deferred *d = eddy_limit(pending(), loop, EDDY_SECOND);
    int freed = 0;

    pass(loop, EDDY_SECOND);
    ck_assert_int_eq(eddy_fire(d, counted(&freed)), 0);
    ck_assert_int_eq(eddy_fire(d, counted(&freed)), -EALREADY);
    ck_assert_int_eq(freed, 2);
    finish_with(d, -ETIME);
}
END_TEST

START_TEST(no_time_at_all_is_the_next_turn_and_a_result_needs_none) /* D64 */
{
    struct eddy_loop *loop = open_loop(_i);
    struct eddy_deferred *done = eddy_limit(fired(1), loop, EDDY_SECOND);
    struct eddy_deferred *d, *past;

    ck_assert(!eddy_loop_alive(loop));
    d = eddy_limit(pending(), loop, 0);
    past = eddy_limit(pending(), loop, -EDDY_SECOND);
    ck_assert_uint_eq(timers(loop), 2);
    ck_assert_int_eq(eddy_state(d), EDDY_PENDING);
    turns(loop, 1);
    finish_with(d, -ETIME);
    finish_with(past, -ETIME);
    finish_with(done, 1);
}
END_TEST

/* ---- Limits: their ends -------------------------------------------------- */

START_TEST(a_limit_keeps_nobody_alive)
{
    struct eddy_loop *loop = open_loop(_i);
    struct eddy_domain *apart = new_domain();
    struct eddy_deferred *d = eddy_deferred_new(apart, mark_cancel, word("c"));

    eddy_unref(eddy_limit(pending(), loop, EDDY_SECOND));
    eddy_unref(eddy_limit(d, loop, EDDY_SECOND));
    eddy_domain_free(apart);
    ck_assert_uint_eq(timers(loop), 0);
    pass(loop, EDDY_SECOND);
    ck_assert_str_eq(marks(), "");
}
END_TEST

START_TEST(what_a_cancelled_one_had_to_tell_stays_as_the_cause)
{
    struct eddy_loop *loop = open_loop(_i);
    struct eddy_deferred *d = pending();
    const struct eddy_error *error;

    eddy_rescue(d, await,
                eddy_fired(domain, eddy_error_new(
                                       counting_mem(),
                                       &(struct eddy_error){ .code = -ECANCELED,
                                                             .done = 3 })));
    eddy_limit(d, loop, EDDY_SECOND);
    pass(loop, EDDY_SECOND);
    error = eddy_error_details(eddy_peek(d));
    ck_assert_ptr_nonnull(error);
    ck_assert_uint_eq(error->done, 3);
    ck_assert_uint_eq(error->count, 1);
    ck_assert_int_eq(eddy_error_code(&error->child[0]), -ECANCELED);
    finish_with(d, -ETIME);
}
END_TEST

START_TEST(if_the_loop_ends_first_the_deferred_is_cancelled)
{
    struct eddy_loop *loop = open_loop(_i);
    struct eddy_domain *apart = new_domain();
    struct eddy_deferred *d = eddy_deferred_new(apart, NULL, NULL);
    struct eddy_deferred *paused = pending();

    eddy_limit(d, loop, EDDY_SECOND);
    ck_assert_int_eq(eddy_pause(paused), 0);
    eddy_limit_with(paused, loop, EDDY_SECOND, see, word("not a timeout"));
    free_loop(loop);
    finish_with(d, -ECANCELED);
    ck_assert_int_eq(eddy_resume(paused), 0);
    finish_with(paused, -ECANCELED);
    eddy_domain_free(apart);
    ck_assert_str_eq(marks(), "");
}
END_TEST

static struct eddy_value unref_it(struct eddy_value *result, void *deferred)
{
    eddy_unref(deferred);
    return eddy_take(result);
}

START_TEST(a_function_on_timeout_may_let_go_of_the_deferred)
{
    struct eddy_loop *loop = open_loop(_i);
    struct eddy_deferred *d = pending();

    eddy_limit_with(d, loop, EDDY_SECOND, unref_it, d);
    pass(loop, EDDY_SECOND);
    ck_assert_int_eq(logged("unhandled error"), 1);
}
END_TEST

START_TEST(a_limit_that_cannot_be_set_is_a_link_that_fails)
{
    struct eddy_loop *loop = open_loop(_i), *other = virtual_loop(_i);

    ck_assert_ptr_null(eddy_limit(NULL, loop, 0));
    ck_assert_ptr_eq(eddy_limit(eddy_no_memory(), NULL, 0), eddy_no_memory());
    finish_with(eddy_limit(fired(1), NULL, 0), -EINVAL);
    finish_with(eddy_limit(fired(1), other, 0), -EXDEV);
}
END_TEST

START_TEST(without_memory_for_a_limit_the_deferred_fails)
{
    /* of the limit, of the link: neither is lost */
    for (int nth = 1; nth <= 2; nth++) {
        struct eddy_loop *loop = open_loop(_i);
        struct eddy_deferred *d = pending();
        int freed = 0;

        fail_allocation(nth);
        eddy_limit(d, loop, EDDY_SECOND);
        ck_assert(allocation_failed());
        turns(loop, 2);
        ck_assert_int_eq(eddy_fire(d, counted(&freed)), 0);
        ck_assert_int_eq(freed, 1);
        finish_with(d, -ENOMEM);
        ck_assert(!eddy_loop_alive(loop));
    }
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        a_limit_cancels_in_time_and_makes_it_a_timeout,
        a_limit_covers_what_was_added_before_it_only,
        a_result_in_time_ends_the_limit,
        a_cancel_before_the_limit_stays_one,
        what_a_canceller_gave_instead_is_kept,
        an_earlier_link_sees_the_cancel_and_may_mend_it,
        a_function_of_ones_own_runs_whenever_time_ran_out,
        of_several_limits_the_earliest_counts_and_none_is_left,
        one_result_after_the_limit_is_swallowed,
        no_time_at_all_is_the_next_turn_and_a_result_needs_none,
        a_limit_keeps_nobody_alive,
        what_a_cancelled_one_had_to_tell_stays_as_the_cause,
        if_the_loop_ends_first_the_deferred_is_cancelled,
        a_function_on_timeout_may_let_go_of_the_deferred,
        a_limit_that_cannot_be_set_is_a_link_that_fails,
        without_memory_for_a_limit_the_deferred_fails,
    };
    Suite *suite = suite_create("timing");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
