/* SPDX-License-Identifier: MIT */
/* test_deferred_ops.c - operations as deferreds. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "deferred_support.h"

/* ---- An operation that the test ends ------------------------------------- */

static struct eddy_request *wished; /* the one that runs, or NULL */
static bool stubborn;               /* cancelling it leads to nothing yet */
static int freed;

static bool start_wish(struct eddy_request *request, struct eddy_result *unused)
{
    (void)unused;
    wished = request;
    return false;
}

static void grant(struct eddy_result result)
{
    struct eddy_request *request = wished;

    wished = NULL;
    eddy_complete(request, result);
}

static void cancel_wish(struct eddy_request *request)
{
    (void)request;
    mark(word("cancelled"));
    if (!stubborn)
        grant(eddy_n(-ECANCELED));
}

static const struct eddy_op_type wishing = {
    .abi = EDDY_OP_ABI,
    .flags = EDDY_OP_MAKES,
    .name = "wish",
    .start = start_wish,
    .cancel = cancel_wish,
    .drop = count_free,
};

static struct eddy_op wish(void)
{
    wished = NULL;
    stubborn = false;
    freed = 0;
    return (struct eddy_op){ .type = &wishing };
}

static struct eddy_result made_it(void)
{
    struct eddy_result result = eddy_n(0);

    result.made = &freed;
    return result;
}

/* ---- Results ------------------------------------------------------------- */

START_TEST(an_operation_fires_a_deferred_but_not_inside_the_call)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *d = eddy_defer(loop, eddy_sleep(EDDY_SECOND));
    struct eddy_deferred *soon = eddy_defer(loop, eddy_next_turn());

    eddy_then(d, see, word("d"));
    eddy_then(soon, see, word("soon"));
    ck_assert_int_eq(eddy_state(soon), EDDY_PENDING);
    ck_assert_str_eq(marks(), "");
    run_out(loop);
    ck_assert_str_eq(marks(), "soon:0 d:0");
    ck_assert_int_eq(virtual_time.now_ns, 2 * EDDY_SECOND);
    finish_with(d, 0);
    finish_with(soon, 0);
}
END_TEST

START_TEST(what_an_operation_made_is_a_value_with_its_destructor)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *d = eddy_defer(loop, wish());
    struct eddy_value value;

    turns(loop, 1);
    grant(made_it());
    turns(loop, 1);
    value = eddy_take_result(d);
    ck_assert_ptr_eq(value.ptr, &freed);
    ck_assert_int_eq(freed, 0);
    eddy_value_free(&value);
    ck_assert_int_eq(freed, 1);
    eddy_unref(d);
}
END_TEST

START_TEST(what_an_operation_made_for_nobody_is_freed)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *d = eddy_defer(loop, wish());

    turns(loop, 1);
    eddy_unref(d);
    grant(made_it());
    turns(loop, 1);
    ck_assert_int_eq(freed, 1);
    d = eddy_then(eddy_defer(loop, wish()), see, word("d"));
    turns(loop, 1);
    grant(made_it());
    turns(loop, 1);
    ck_assert_str_eq(marks(), "d:ptr");
    ck_assert_int_eq(freed, 0);
    eddy_unref(d);
    ck_assert_int_eq(freed, 1);
}
END_TEST

START_TEST(an_error_tells_how_much_was_done)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *some = eddy_defer(loop, wish()), *none;
    struct eddy_result result = eddy_n(-EPIPE);

    turns(loop, 1);
    result.done = 17;
    grant(result);
    none = eddy_defer(loop, wish());
    turns(loop, 1);
    grant(eddy_n(-EPIPE));
    turns(loop, 1);
    ck_assert_uint_eq(eddy_error_details(eddy_peek(some))->done, 17);
    ck_assert_ptr_null(eddy_error_details(eddy_peek(none)));
    finish_with(some, -EPIPE);
    finish_with(none, -EPIPE);
}
END_TEST

START_TEST(bad_operations_come_as_the_result)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *empty = eddy_defer(loop, (struct eddy_op){ 0 });
    struct eddy_deferred *closed = eddy_defer(loop, eddy_readable(-1));
    struct eddy_deferred *many =
        eddy_defer(loop, eddy_every(EDDY_MS, EDDY_SKIP));

    run_out(loop);
    finish_with(empty, -EINVAL);
    finish_with(closed, -EINVAL);
    finish_with(many, -EINVAL);
    finish_with(eddy_defer_op(loop, NULL), -EINVAL);
    ck_assert_ptr_eq(eddy_defer(NULL, eddy_next_turn()), eddy_no_memory());
}
END_TEST

START_TEST(a_limit_of_the_operation_is_kept)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *d =
        eddy_defer(loop, eddy_within(EDDY_MS, eddy_sleep(EDDY_SECOND)));

    run_out(loop);
    finish_with(d, -ETIME);
}
END_TEST

static struct eddy_value sleep_more(struct eddy_value *result, void *loop)
{
    (void)result;
    return eddy_wait_for(eddy_defer(loop, eddy_sleep(EDDY_SECOND)));
}

START_TEST(operations_are_strung_together)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *d = eddy_defer(loop, eddy_sleep(EDDY_SECOND));

    eddy_then(eddy_then(d, sleep_more, loop), sleep_more, loop);
    run_out(loop);
    ck_assert_int_eq(virtual_time.now_ns, 4 * EDDY_SECOND);
    finish_with(d, 0);
}
END_TEST

START_TEST(an_error_nobody_handled_goes_to_the_log_of_the_loop) /* D90 */
{
    struct eddy_loop *loop = virtual_loop(_i);

    eddy_unref(eddy_defer(loop, (struct eddy_op){ 0 }));
    run_out(loop);
    ck_assert_int_eq(logged("unhandled"), 1);
    ck_assert_int_eq(logged("made at"), 0);
    ck_assert_int_eq(eddy_loop_set_debug(loop, true), 0);
    eddy_unref(eddy_defer(loop, (struct eddy_op){ 0 }));
    run_out(loop);
    ck_assert_int_eq(logged("unhandled"), 2);
    ck_assert_int_eq(logged("made at eddy_defer(), fired at"), 1);
}
END_TEST

START_TEST(there_and_back_again) /* D89 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *d = eddy_defer(loop, eddy_sleep(EDDY_SECOND));
    struct eddy_deferred *back = eddy_defer(loop, eddy_when(d, NULL));

    eddy_then(d, see, word("d"));
    eddy_then(back, see, word("back"));
    run_out(loop);
    ck_assert_str_eq(marks(), "d:0 back:0");
    eddy_unref(d);
    eddy_unref(back);
}
END_TEST

START_TEST(a_wait_that_ran_out_of_time_leaves_the_deferred)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *d =
        eddy_deferred_new(eddy_loop_domain(loop), NULL, NULL);

    ck_assert_int_eq(eddy_pause(d), 0);
    ck_assert_int_eq(
        eddy_loop_run_until(loop, eddy_within(EDDY_MS, eddy_when(d, NULL))).n,
        -ETIME);
    ck_assert_int_eq(eddy_resume(d), 0);
    finish_with(d, -ECANCELED);
}
END_TEST

/* ---- Cancelling ---------------------------------------------------------- */

START_TEST(cancelling_ends_the_operation_and_then_fires)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *d = eddy_defer(loop, wish());

    turns(loop, 1);
    stubborn = true;
    eddy_cancel(d);
    eddy_cancel(d);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "cancelled");
    ck_assert_int_eq(eddy_state(d), EDDY_PENDING);
    grant(eddy_n(-ECANCELED));
    turns(loop, 1);
    finish_with(d, -ECANCELED);
}
END_TEST

START_TEST(an_operation_that_succeeds_all_the_same_has_succeeded)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *d = eddy_defer(loop, wish());

    turns(loop, 1);
    stubborn = true;
    eddy_cancel(d);
    grant(made_it());
    turns(loop, 1);
    ck_assert(!eddy_value_is_error(eddy_peek(d)));
    eddy_unref(d);
    ck_assert_int_eq(freed, 1);
}
END_TEST

START_TEST(who_waits_for_an_operation_cancels_it)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *d = eddy_defer(loop, eddy_next_turn());

    eddy_then(d, sleep_more, loop);
    turns(loop, 2);
    ck_assert_int_eq(eddy_state(d), EDDY_WAITING);
    eddy_cancel(d);
    run_out(loop);
    ck_assert_int_eq(virtual_time.now_ns, EDDY_SECOND);
    finish_with(d, -ECANCELED);
}
END_TEST

/* ---- Loops --------------------------------------------------------------- */

START_TEST(a_loop_has_one_domain)
{
    struct eddy_loop *loop = virtual_loop(_i), *other = virtual_loop(_i);

    ck_assert_ptr_eq(eddy_loop_domain(loop), eddy_loop_domain(loop));
    ck_assert_ptr_ne(eddy_loop_domain(loop), eddy_loop_domain(other));
    eddy_domain_free(eddy_loop_domain(loop)); /* the loop's, and stays */
    finish_with(eddy_fired(eddy_loop_domain(loop), eddy_int(1)), 1);
}
END_TEST

START_TEST(deferreds_of_two_loops_do_not_wait_for_each_other)
{
    struct eddy_loop *loop = virtual_loop(_i), *other = virtual_loop(_i);
    struct eddy_deferred *there = eddy_defer(other, eddy_next_turn());
    struct eddy_deferred *d = eddy_fired(eddy_loop_domain(loop), eddy_none());

    finish_with(eddy_then(d, await, there), -EXDEV);
}
END_TEST

START_TEST(a_loop_that_is_freed_ends_what_is_out)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *d = eddy_defer(loop, eddy_sleep(EDDY_SECOND));
    struct eddy_deferred *open =
        eddy_deferred_new(eddy_loop_domain(loop), NULL, NULL);
    struct eddy_deferred *lost =
        eddy_fired(eddy_loop_domain(loop), eddy_fail(-EIO));

    eddy_both(d, see, word("d"));
    turns(loop, 1);
    free_loop(loop);
    ck_assert_str_eq(marks(), "d:ECANCELED");
    finish_with(eddy_both(d, see, word("late")), -ECANCELED);
    eddy_cancel(open);
    finish_with(open, -ECANCELED);
    eddy_unref(lost);
    ck_assert_int_eq(logged("unhandled"), 0); /* there is nobody to tell */
}
END_TEST

START_TEST(without_memory_the_one_that_stands_for_it_is_returned)
{
    struct eddy_loop *loop;
    long nth = 0;

    do {
        struct eddy_deferred *d;

        loop = virtual_loop(_i); /* without a domain */
        fail_allocation(++nth);
        d = eddy_defer(loop, eddy_next_turn());
        if (allocation_failed())
            ck_assert_ptr_eq(d, eddy_no_memory());
        else
            ck_assert_int_eq(eddy_state(d), EDDY_PENDING);
        fail_allocation(0);
        run_out(loop);
        expect_result(d, d == eddy_no_memory() ? -ENOMEM : 0);
        eddy_unref(d);
        free_loop(loop);
    } while (nth < 4);
    ck_assert_int_eq(logged(""), 0);
}
END_TEST

START_TEST(the_end_of_an_operation_needs_no_memory)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *d = eddy_defer(loop, eddy_sleep(EDDY_SECOND));

    eddy_both(d, see, word("d"));
    fail_allocation(1);
    eddy_cancel(d);
    run_out(loop);
    ck_assert(!allocation_failed());
    ck_assert_str_eq(marks(), "d:ECANCELED");
    finish_with(d, -ECANCELED);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_operation_fires_a_deferred_but_not_inside_the_call,
        what_an_operation_made_is_a_value_with_its_destructor,
        what_an_operation_made_for_nobody_is_freed,
        an_error_tells_how_much_was_done,
        bad_operations_come_as_the_result,
        a_limit_of_the_operation_is_kept,
        operations_are_strung_together,
        an_error_nobody_handled_goes_to_the_log_of_the_loop,
        there_and_back_again,
        a_wait_that_ran_out_of_time_leaves_the_deferred,
        cancelling_ends_the_operation_and_then_fires,
        an_operation_that_succeeds_all_the_same_has_succeeded,
        who_waits_for_an_operation_cancels_it,
        a_loop_has_one_domain,
        deferreds_of_two_loops_do_not_wait_for_each_other,
        a_loop_that_is_freed_ends_what_is_out,
        without_memory_the_one_that_stands_for_it_is_returned,
        the_end_of_an_operation_needs_no_memory,
    };
    Suite *suite = suite_create("deferred_ops");

    add_loop_tests(suite, tests, COUNT(tests));
    return run_suite(suite);
}
