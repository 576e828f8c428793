/* SPDX-License-Identifier: MIT */
/* test_call_when_done.c - deferreds used as futures: calls by the loop. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "deferred_support.h"

static struct eddy_deferred *pending_in(struct eddy_loop *loop)
{
    return eddy_deferred_new(eddy_loop_domain(loop), NULL, NULL);
}

static struct eddy_deferred *fired_in(struct eddy_loop *loop, int64_t n)
{
    return eddy_fired(eddy_loop_domain(loop),
                      n < 0 ? eddy_fail((int)n) : eddy_int(n));
}

/* Marks the result, as see() does, and leaves it where it is. */
static void tell(struct eddy_deferred *deferred, void *text)
{
    struct eddy_value result = eddy_value_share(eddy_peek(deferred));

    result = see(&result, text);
    eddy_value_free(&result);
}

static void call_tell(struct eddy_deferred *deferred, struct eddy_loop *loop,
                      const char *text)
{
    ck_assert_int_eq(eddy_call_when_done(deferred, loop, tell, word(text)), 0);
}

/* ---- States and results -------------------------------------------------- */

static bool is_cancelled(struct eddy_deferred *deferred)
{
    return eddy_error_is(eddy_peek(deferred), -ECANCELED);
}

START_TEST(it_is_pending_then_done_or_cancelled) /* F1 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *future[3];

    for (int i = 0; i < 3; i++) {
        future[i] = pending_in(loop);
        ck_assert_int_eq(eddy_state(future[i]), EDDY_PENDING);
        ck_assert(!is_cancelled(future[i]));
    }
    ck_assert_int_eq(eddy_fire(future[0], eddy_int(5)), 0);
    ck_assert_int_eq(eddy_fire(future[1], eddy_fail(-EIO)), 0);
    eddy_cancel(future[2]);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(eddy_state(future[i]), EDDY_DONE);
        ck_assert_int_eq(is_cancelled(future[i]), i == 2);
        eddy_unref(future[i]);
    }
}
END_TEST

START_TEST(a_result_is_set_once) /* F6 */
{
    struct eddy_deferred *future = pending_in(virtual_loop(_i));
    int freed = 0;

    ck_assert_int_eq(eddy_fire(future, eddy_int(5)), 0);
    ck_assert_int_eq(eddy_fire(future, counted(&freed)), -EALREADY);
    ck_assert_int_eq(freed, 1);
    ck_assert_int_eq(eddy_fire(future, eddy_fail(-EIO)), -EALREADY);
    finish_with(future, 5);
}
END_TEST

START_TEST(a_late_result_of_a_cancelled_one_needs_no_guard) /* F6, F15 */
{
    struct eddy_deferred *future = pending_in(virtual_loop(_i));
    int freed = 0;

    eddy_cancel(future);
    ck_assert_int_eq(eddy_fire(future, counted(&freed)), 0);
    ck_assert_int_eq(eddy_fire(future, counted(&freed)), -EALREADY);
    ck_assert_int_eq(freed, 2);
    finish_with(future, -ECANCELED);
}
END_TEST

START_TEST(a_result_is_there_when_it_is_done) /* F7 */
{
    static const int64_t rows[] = { 5, -EIO, -ECANCELED };
    struct eddy_loop *loop = virtual_loop(_i);

    for (size_t r = 0; r < COUNT(rows); r++) {
        struct eddy_deferred *future = pending_in(loop);
        struct eddy_value result = eddy_take_result(future);

        ck_assert_ptr_null(eddy_peek(future));
        ck_assert_int_eq(eddy_error_code(&result), -EAGAIN);
        if (rows[r] == -ECANCELED)
            eddy_cancel(future);
        else
            (void)eddy_fire(future, rows[r] < 0 ? eddy_fail((int)rows[r])
                                                : eddy_int(rows[r]));
        expect_result(future, rows[r]);
        result = eddy_take_result(future);
        ck_assert_int_eq(eddy_value_is_error(&result), rows[r] < 0);
        eddy_unref(future);
    }
}
END_TEST

START_TEST(an_error_that_is_none_is_refused) /* F9 */
{
    struct eddy_loop *loop = virtual_loop(_i);

    for (int err = 0; err < 2; err++) {
        struct eddy_deferred *future = pending_in(loop);

        ck_assert_int_eq(eddy_fire(future, eddy_fail(err)), 0);
        finish_with(future, -EINVAL);
    }
}
END_TEST

START_TEST(an_error_nobody_retrieved_is_reported) /* F10 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *future[4];
    struct eddy_value value;

    for (int i = 0; i < 4; i++)
        future[i] = fired_in(loop, -EIO);
    (void)eddy_peek(future[0]);
    value = eddy_take_result(future[1]);
    ck_assert_int_eq(eddy_error_code(&value), -EIO);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_when(future[2], NULL)).n,
                     -EIO);
    for (int i = 0; i < 3; i++)
        eddy_unref(future[i]);
    ck_assert_int_eq(logged("unhandled error"), 0);
    eddy_cancel(future[3]); /* does nothing: it is done (C) */
    eddy_unref(future[3]);
    ck_assert_int_eq(logged("unhandled error"), 1);
}
END_TEST

static void mark_only(struct eddy_deferred *deferred, void *arg)
{
    (void)deferred;
    (void)arg;
    mark(word("call"));
}

START_TEST(a_call_that_does_not_look_retrieves_nothing) /* F10 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *future = fired_in(loop, -EIO);

    call_tell(future, loop, "looks");
    turns(loop, 1);
    ck_assert_str_eq(marks(), "looks:EIO");
    eddy_unref(future);
    ck_assert_int_eq(logged("unhandled error"), 0);

    future = fired_in(loop, -EIO);
    ck_assert_int_eq(eddy_call_when_done(future, loop, mark_only, NULL), 0);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "call");
    eddy_unref(future);
    ck_assert_int_eq(logged("unhandled error"), 1);
}
END_TEST

/* ---- Calls --------------------------------------------------------------- */

START_TEST(calls_are_made_by_the_loop_in_the_order_added) /* F2 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *future = pending_in(loop);

    call_tell(future, loop, "first");
    call_tell(future, loop, "second");
    turns(loop, 2);
    ck_assert_str_eq(marks(), "");
    ck_assert_int_eq(eddy_fire(future, eddy_int(5)), 0);
    call_tell(future, loop, "third");
    ck_assert_str_eq(marks(), "");
    ck_assert(eddy_loop_alive(loop));
    turns(loop, 1);
    ck_assert_str_eq(marks(), "first:5 second:5 third:5");
    ck_assert(!eddy_loop_alive(loop));
    finish_with(future, 5);
}
END_TEST

START_TEST(a_call_added_to_a_done_one_is_made_in_the_next_turn) /* F3 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *future = fired_in(loop, 5);

    call_tell(future, loop, "late");
    ck_assert_str_eq(marks(), "");
    turns(loop, 1);
    ck_assert_str_eq(marks(), "late:5");
    finish_with(future, 5);
}
END_TEST

static void tell_again(struct eddy_deferred *deferred, void *loop)
{
    mark(word("inside"));
    call_tell(deferred, loop, "again");
}

START_TEST(a_call_added_inside_a_call_is_made_in_the_next_turn) /* F3 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *future = fired_in(loop, 5);

    ck_assert_int_eq(eddy_call_when_done(future, loop, tell_again, loop), 0);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "inside");
    turns(loop, 1);
    ck_assert_str_eq(marks(), "again:5");
    finish_with(future, 5);
}
END_TEST

START_TEST(the_same_call_twice_is_made_twice_and_both_are_taken_back) /* F4 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *future = pending_in(loop);
    char *twice = word("twice");

    call_tell(future, loop, twice);
    call_tell(future, loop, "other");
    call_tell(future, loop, twice);
    ck_assert_int_eq(eddy_uncall_when_done(future, tell, twice), 2);
    ck_assert_int_eq(eddy_uncall_when_done(future, tell, twice), 0);
    ck_assert_int_eq(eddy_uncall_when_done(future, tell_again, twice), 0);
    call_tell(future, loop, twice);
    call_tell(future, loop, twice);
    ck_assert_int_eq(eddy_fire(future, eddy_int(5)), 0);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "other:5 twice:5 twice:5");
    finish_with(future, 5);
}
END_TEST

START_TEST(what_is_due_cannot_be_taken_back) /* F5 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *future = pending_in(loop);
    char *due = word("due");

    call_tell(future, loop, due);
    ck_assert_int_eq(eddy_fire(future, eddy_int(5)), 0);
    ck_assert_int_eq(eddy_uncall_when_done(future, tell, due), 0);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "due:5");
    finish_with(future, 5);
}
END_TEST

START_TEST(cancelling_ends_it_at_once_and_schedules_its_calls) /* F8 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *future = pending_in(loop);

    call_tell(future, loop, "call");
    eddy_cancel(future);
    ck_assert(is_cancelled(future));
    ck_assert_str_eq(marks(), "");
    eddy_cancel(future); /* nothing to do */
    turns(loop, 2);
    ck_assert_str_eq(marks(), "call:ECANCELED");
    finish_with(future, -ECANCELED);
}
END_TEST

static void let_all_go(struct eddy_deferred *deferred, void *other)
{
    mark(word("bad"));
    eddy_cancel(deferred);
    ck_assert_int_eq(eddy_uncall_when_done(deferred, tell, word("b")), 0);
    ck_assert_int_eq(eddy_fire(other, eddy_int(6)), 0);
    eddy_unref(other);
    eddy_unref(deferred);
}

START_TEST(whatever_a_call_does_the_others_are_made) /* F11 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *future = pending_in(loop), *other = pending_in(loop);

    call_tell(future, loop, "a");
    ck_assert_int_eq(eddy_call_when_done(future, loop, let_all_go, other), 0);
    call_tell(future, loop, "b");
    call_tell(other, loop, "other");
    ck_assert_int_eq(eddy_fire(future, eddy_int(5)), 0);
    run_out(loop);
    ck_assert_str_eq(marks(), "a:5 bad b:5 other:6");
}
END_TEST

static void start_turn(struct eddy_loop *loop, const char *text)
{
    ck_assert_int_eq(
        eddy_start(loop, eddy_next_turn(), mark_done, word(text), NULL), 0);
}

START_TEST(a_call_stands_in_line_where_it_became_due) /* F12 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *future = pending_in(loop);

    call_tell(future, loop, "call");
    start_turn(loop, "before");
    ck_assert_int_eq(eddy_fire(future, eddy_int(5)), 0);
    start_turn(loop, "after");
    turns(loop, 1);
    ck_assert_str_eq(marks(), "before:0 call:5 after:0");
    finish_with(future, 5);
}
END_TEST

START_TEST(a_call_waits_for_its_place_in_the_chain_and_no_more)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *chain = pending_in(loop), *inner = pending_in(loop);
    struct eddy_deferred *never = pending_in(loop);

    eddy_then(chain, await, eddy_ref(inner));
    call_tell(chain, loop, "call");
    eddy_then(chain, await, eddy_ref(never));
    ck_assert_int_eq(eddy_fire(chain, eddy_int(1)), 0);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "");
    ck_assert_int_eq(eddy_fire(inner, eddy_int(2)), 0);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "call:0"); /* there is nothing to peek at */
    ck_assert_ptr_eq(eddy_waits_for(chain), never);
    ck_assert_int_eq(eddy_fire(never, eddy_int(3)), 0);
    finish_with(chain, 3);
    eddy_unref(inner);
    eddy_unref(never);
}
END_TEST

START_TEST(a_call_passes_the_result_on)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *future = pending_in(loop);
    int freed = 0;

    call_tell(future, loop, "call");
    eddy_then(future, see, word("link"));
    ck_assert_int_eq(eddy_fire(future, counted(&freed)), 0);
    ck_assert_str_eq(marks(), "link:ptr");
    turns(loop, 1);
    ck_assert_str_eq(marks(), "call:ptr");
    ck_assert_int_eq(freed, 0);
    eddy_unref(future);
    ck_assert_int_eq(freed, 1);
}
END_TEST

/* ---- Who goes first ------------------------------------------------------ */

START_TEST(one_let_go_before_it_is_fired_calls_nobody)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *future = pending_in(loop);

    call_tell(future, loop, "call");
    eddy_unref(future);
    run_out(loop);
    ck_assert_str_eq(marks(), "");
}
END_TEST

START_TEST(one_let_go_after_it_is_fired_stays_for_the_call)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *future = pending_in(loop);
    int freed = 0;

    call_tell(future, loop, "call");
    ck_assert_int_eq(eddy_fire(future, counted(&freed)), 0);
    eddy_unref(future);
    ck_assert_int_eq(freed, 0);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "call:ptr");
    ck_assert_int_eq(freed, 1);
}
END_TEST

START_TEST(a_loop_that_is_freed_makes_the_calls_that_are_due)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *future = fired_in(loop, 5);

    call_tell(future, loop, "call");
    eddy_unref(future);
    free_loop(loop);
    ck_assert_str_eq(marks(), "call:5");
}
END_TEST

static void fire_it(struct eddy_result result, void *future)
{
    ck_assert_int_eq(result.n, -ECANCELED);
    ck_assert_int_eq(eddy_fire(future, eddy_int(6)), 0);
    eddy_unref(future);
}

START_TEST(a_call_may_become_due_while_the_loop_is_freed)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *future = pending_in(loop);

    call_tell(future, loop, "call");
    ck_assert_int_eq(
        eddy_start(loop, eddy_sleep(EDDY_SECOND), fire_it, future, NULL), 0);
    free_loop(loop);
    ck_assert_str_eq(marks(), "call:6");
}
END_TEST

START_TEST(one_fired_after_its_loop_has_gone_calls_nobody)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *future = pending_in(loop);

    call_tell(future, loop, "call");
    free_loop(loop);
    ck_assert_int_eq(eddy_fire(future, eddy_int(5)), 0);
    ck_assert_str_eq(marks(), "");
    finish_with(future, 5);
}
END_TEST

/* ---- Misuse, and no memory ----------------------------------------------- */

START_TEST(calls_refuse_what_makes_no_sense)
{
    struct eddy_loop *loop = virtual_loop(_i), *other = virtual_loop(_i);
    struct eddy_deferred *future = pending_in(loop), *alone;
    struct eddy_domain *nowhere = new_domain();

    alone = eddy_fired(nowhere, eddy_int(1));
    ck_assert_int_eq(eddy_call_when_done(NULL, loop, tell, NULL), -EINVAL);
    ck_assert_int_eq(eddy_call_when_done(future, NULL, tell, NULL), -EINVAL);
    ck_assert_int_eq(eddy_call_when_done(future, loop, NULL, NULL), -EINVAL);
    ck_assert_int_eq(eddy_call_when_done(future, other, tell, NULL), -EXDEV);
    ck_assert_int_eq(eddy_call_when_done(alone, loop, tell, NULL), -EXDEV);
    ck_assert_int_eq(eddy_uncall_when_done(NULL, tell, NULL), -EINVAL);
    ck_assert_int_eq(eddy_uncall_when_done(future, NULL, NULL), -EINVAL);
    eddy_unref(future);
    eddy_unref(alone);
    eddy_domain_free(nowhere);
}
END_TEST

START_TEST(the_one_for_no_memory_is_called_for_like_any_other)
{
    struct eddy_loop *loop = virtual_loop(_i);

    call_tell(eddy_no_memory(), loop, "call");
    ck_assert_int_eq(
        eddy_uncall_when_done(eddy_no_memory(), tell, word("call")), 0);
    ck_assert_str_eq(marks(), "");
    turns(loop, 1);
    ck_assert_str_eq(marks(), "call:ENOMEM");
}
END_TEST

START_TEST(a_call_for_which_there_is_no_memory_changes_nothing)
{
    struct eddy_loop *loop = virtual_loop(_i), *other = virtual_loop(_i);
    struct eddy_deferred *future = pending_in(loop);

    for (int nth = 1; nth <= 2; nth++) { /* the call, its link */
        fail_allocation(nth);
        ck_assert_int_eq(eddy_call_when_done(future, loop, tell, NULL),
                         -ENOMEM);
        ck_assert(allocation_failed());
    }
    fail_allocation(1);
    ck_assert_int_eq(eddy_call_when_done(eddy_no_memory(), other, tell, NULL),
                     -ENOMEM); /* nor for its domain */
    ck_assert_int_eq(eddy_fire(future, eddy_int(5)), 0);
    run_out(loop);
    finish_with(future, 5);
}
END_TEST

START_TEST(what_is_due_needs_no_memory)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *future = pending_in(loop);

    call_tell(future, loop, "call");
    turns(loop, 1);
    fail_allocation(1);
    ck_assert_int_eq(eddy_fire(future, eddy_int(5)), 0);
    turns(loop, 1);
    ck_assert(!allocation_failed());
    ck_assert_str_eq(marks(), "call:5");
    finish_with(future, 5);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        it_is_pending_then_done_or_cancelled,
        a_result_is_set_once,
        a_late_result_of_a_cancelled_one_needs_no_guard,
        a_result_is_there_when_it_is_done,
        an_error_that_is_none_is_refused,
        an_error_nobody_retrieved_is_reported,
        a_call_that_does_not_look_retrieves_nothing,
        calls_are_made_by_the_loop_in_the_order_added,
        a_call_added_to_a_done_one_is_made_in_the_next_turn,
        a_call_added_inside_a_call_is_made_in_the_next_turn,
        the_same_call_twice_is_made_twice_and_both_are_taken_back,
        what_is_due_cannot_be_taken_back,
        cancelling_ends_it_at_once_and_schedules_its_calls,
        whatever_a_call_does_the_others_are_made,
        a_call_stands_in_line_where_it_became_due,
        a_call_waits_for_its_place_in_the_chain_and_no_more,
        a_call_passes_the_result_on,
        one_let_go_before_it_is_fired_calls_nobody,
        one_let_go_after_it_is_fired_stays_for_the_call,
        a_loop_that_is_freed_makes_the_calls_that_are_due,
        a_call_may_become_due_while_the_loop_is_freed,
        one_fired_after_its_loop_has_gone_calls_nobody,
        calls_refuse_what_makes_no_sense,
        the_one_for_no_memory_is_called_for_like_any_other,
        a_call_for_which_there_is_no_memory_changes_nothing,
        what_is_due_needs_no_memory,
    };
    Suite *suite = suite_create("call_when_done");

    add_loop_tests(suite, tests, COUNT(tests));
    return run_suite(suite);
}
