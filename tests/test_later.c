/* SPDX-License-Identifier: MIT */
/* test_later.c - a call later, as a deferred. */
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

static struct eddy_value make_five(void *unused)
{
    (void)unused;
    mark(word("five"));
    return eddy_int(5);
}

static struct eddy_value make_wait(void *deferred)
{
    return eddy_wait_for(deferred);
}

START_TEST(later_calls_and_fires_with_what_was_returned)
{
    struct eddy_loop *loop = open_loop(_i);
    struct eddy_deferred *inner = pending();
    struct eddy_deferred *d = eddy_later(loop, EDDY_SECOND, make_five, NULL);
    struct eddy_deferred *w = eddy_later(loop, 0, make_wait, eddy_ref(inner));

    ck_assert_int_eq(eddy_state(w), EDDY_PENDING);
    pass(loop, EDDY_SECOND - 1);
    ck_assert_str_eq(marks(), "");
    ck_assert_ptr_eq(eddy_waits_for(w), inner);
    pass(loop, 1);
    ck_assert_str_eq(marks(), "five");
    finish_with(d, 5);
    ck_assert_int_eq(eddy_fire(inner, eddy_int(6)), 0);
    finish_with(w, 6);
    eddy_unref(inner);
}
END_TEST

START_TEST(a_cancelled_call_is_never_made) /* E16 */
{
    struct eddy_loop *loop = open_loop(_i);
    struct eddy_deferred *d = eddy_later(loop, EDDY_SECOND, make_five, NULL);

    eddy_cancel(d);
    ck_assert_uint_eq(timers(loop), 0);
    pass(loop, EDDY_SECOND);
    finish_with(d, -ECANCELED);
    ck_assert_str_eq(marks(), "");
    ck_assert(!eddy_loop_alive(loop));
}
END_TEST

static void cancel_it(struct eddy_timer *timer, void *deferred)
{
    (void)timer;
    eddy_cancel(deferred);
}

START_TEST(not_even_when_its_time_had_just_come) /* E16 */
{
    struct eddy_loop *loop = open_loop(_i);
    struct eddy_deferred *d = eddy_later(loop, EDDY_SECOND, make_five, NULL);
    struct eddy_timer timer;

    ck_assert_int_eq(eddy_timer_init(&timer, loop, cancel_it, d), 0);
    ck_assert_int_eq(eddy_timer_start(&timer, EDDY_SECOND), 0);
    pass(loop, EDDY_SECOND);
    finish_with(d, -ECANCELED);
    ck_assert_str_eq(marks(), "");
}
END_TEST

START_TEST(a_loop_that_ends_makes_no_calls)
{
    struct eddy_loop *loop = open_loop(_i);
    struct eddy_deferred *d = eddy_later(loop, EDDY_SECOND, make_five, NULL);

    free_loop(loop);
    finish_with(d, -ECANCELED);
    ck_assert_str_eq(marks(), "");
}
END_TEST

START_TEST(later_without_a_loop_a_function_or_memory_fails)
{
    struct eddy_loop *loop = open_loop(_i);

    ck_assert_ptr_eq(eddy_later(NULL, 0, make_five, NULL), eddy_no_memory());
    finish_with(eddy_later(loop, 0, NULL, NULL), -EINVAL);
    for (int nth = 1;; nth++) {
        struct eddy_loop *fresh = open_loop(_i);
        struct eddy_deferred *d;

        fail_allocation(nth);
        d = eddy_later(fresh, 0, make_five, NULL);
        turns(fresh, 2);
        finish_with(d, allocation_failed() ? -ENOMEM : 5);
        free_loop(fresh);
        if (!allocation_failed())
            break;
    }
    ck_assert_str_eq(marks(), "five");
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        later_calls_and_fires_with_what_was_returned,
        a_cancelled_call_is_never_made,
        not_even_when_its_time_had_just_come,
        a_loop_that_ends_makes_no_calls,
        later_without_a_loop_a_function_or_memory_fails,
    };
    Suite *suite = suite_create("later");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
