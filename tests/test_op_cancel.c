/* SPDX-License-Identifier: MIT */
/* test_op_cancel.c - operations that are asked to end, or run out of time. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <unistd.h>

#include "loop_support.h"

/* An operation that ends when the test says so. */
static struct eddy_request *running;
static int cancels;

static bool start_manual(struct eddy_request *request,
                         struct eddy_result *ret_result)
{
    (void)ret_result;
    running = request;
    return false;
}

static void cancel_manual(struct eddy_request *request)
{
    ck_assert_ptr_eq(request, running);
    cancels++;
}

static struct eddy_op manual(void)
{
    static const struct eddy_op_type type = { .abi = EDDY_OP_ABI,
                                              .name = "manual",
                                              .start = start_manual,
                                              .cancel = cancel_manual };

    cancels = 0;
    return (struct eddy_op){ .type = &type };
}

static void finish_manual(void *n)
{
    eddy_complete(running, eddy_n(*(int *)n));
}

/* ---- Cancelling ---------------------------------------------------------- */

START_TEST(cancelling_only_asks_and_the_answer_still_comes)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_request *slot;
    struct outcome told = { 0 };

    ck_assert_int_eq(
        eddy_start(loop, eddy_sleep(EDDY_SECOND), take, &told, &slot), 0);
    eddy_request_cancel(slot);
    ck_assert_int_eq(told.times, 0);
    ck_assert_ptr_nonnull(slot);
    run_out(loop);
    expect_n(&told, -ECANCELED);
    ck_assert_ptr_null(slot);
    ck_assert_int_eq(eddy_loop_now_ns(loop), EDDY_SECOND);
}
END_TEST

START_TEST(cancelling_twice_or_late_or_nothing_does_nothing)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_op op = manual();
    struct eddy_request request;
    struct outcome told = { 0 };
    int ok = 5;

    eddy_request_cancel(NULL);
    eddy_begin(loop, &request, &op, take, &told);
    for (int twice = 0; twice < 2; twice++)
        eddy_request_cancel(&request);
    ck_assert_int_eq(cancels, 1); /* the type is asked once */
    finish_manual(&ok);
    eddy_request_cancel(&request);
    run_out(loop);
    eddy_request_cancel(&request);
    ck_assert_int_eq(cancels, 1);
    expect_n(&told, 5); /* Z4: it was done all the same */
}
END_TEST

START_TEST(a_result_that_exists_is_delivered)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_op op = manual();
    struct eddy_request *slot;
    struct outcome told = { 0 };
    int ok = 3;

    ck_assert_int_eq(eddy_start(loop, op, take, &told, &slot), 0);
    finish_manual(&ok);
    eddy_request_cancel(slot); /* Z4: too late */
    ck_assert_int_eq(cancels, 0);
    run_out(loop);
    expect_n(&told, 3);
}
END_TEST

struct own {
    struct eddy_request *slot;
    struct eddy_request request;
    struct outcome told;
};

static void cancel_from_own_callback(struct eddy_result result, void *arg)
{
    struct own *own = arg;

    ck_assert_ptr_null(own->slot);
    eddy_request_cancel(own->slot);
    eddy_request_cancel(&own->request);
    take(result, &own->told);
}

START_TEST(cancelling_from_the_own_callback_does_nothing)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct own pooled = { 0 }, begun = { 0 };
    struct eddy_op op = eddy_next_turn();

    ck_assert_int_eq(
        eddy_start(loop, op, cancel_from_own_callback, &pooled, &pooled.slot),
        0);
    eddy_begin(loop, &begun.request, &op, cancel_from_own_callback, &begun);
    run_out(loop);
    expect_n(&pooled.told, 0);
    expect_n(&begun.told, 0);
}
END_TEST

START_TEST(every_kind_can_be_cancelled_before_and_while_it_runs)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_child two[2] = { { .op = eddy_sleep(EDDY_SECOND) },
                                 { .op = eddy_next_turn() } };
    struct eddy_request *slots[6];
    int ends[2];

    make_pipe(ends);
    for (int late = 0; late < 2; late++) {
        const struct eddy_op ops[] = {
            eddy_sleep(EDDY_SECOND), eddy_sleep_until(INT64_MAX),
            eddy_readable(ends[0]),  eddy_every(EDDY_SECOND, EDDY_SKIP),
            eddy_all(two, 2),        manual(),
        };
        struct outcome told[COUNT(ops)] = { { 0 } };

        for (size_t i = 0; i < COUNT(ops); i++)
            ck_assert_int_eq(
                eddy_start(loop, ops[i], take, &told[i], &slots[i]), 0);
        if (late)
            turns(loop, 3);
        for (size_t i = 0; i < COUNT(ops); i++)
            eddy_request_cancel(slots[i]);
        eddy_complete(running, eddy_n(-ECANCELED));
        run_out(loop);
        for (size_t i = 0; i < COUNT(ops); i++)
            expect_n(&told[i], -ECANCELED);
    }
    ck_assert_int_eq(eddy_loop_now_ns(loop), EDDY_SECOND);
    close_both(ends);
}
END_TEST

START_TEST(next_turn_can_be_cancelled_while_it_is_queued)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_request *slots[3];
    struct outcome told[3] = { { 0 }, { 0 }, { 0 } };

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(
            eddy_start(loop, eddy_next_turn(), take, &told[i], &slots[i]), 0);
    eddy_request_cancel(slots[1]);
    run_out(loop);
    expect_n(&told[0], 0);
    expect_n(&told[1], -ECANCELED);
    expect_n(&told[2], 0);
}
END_TEST

/* ---- Limits -------------------------------------------------------------- */

START_TEST(running_out_of_time_is_etime)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_op sleep = eddy_sleep(EDDY_SECOND);
    int64_t none = EDDY_FOREVER;
    static const struct {
        int64_t limits[2];
        int64_t n, took_ns;
    } rows[] = {
        { { 5 * EDDY_MS, EDDY_FOREVER }, -ETIME, 5 * EDDY_MS },
        { { 5 * EDDY_MS, 9 * EDDY_MS }, -ETIME, 5 * EDDY_MS },
        { { 9 * EDDY_MS, 5 * EDDY_MS }, -ETIME, 5 * EDDY_MS },
        { { EDDY_FOREVER, EDDY_FOREVER }, 0, EDDY_SECOND },
        { { 2 * EDDY_SECOND, EDDY_FOREVER }, 0, EDDY_SECOND },
        { { INT64_MAX, -7 }, 0, EDDY_SECOND },
        { { EDDY_SECOND, INT64_MAX }, 0, EDDY_SECOND }, /* Z4 */
        { { 0, EDDY_SECOND }, -ETIME, 1 },
    };

    for (size_t r = 0; r < COUNT(rows); r++) {
        struct outcome told = { 0 };
        int64_t start = eddy_loop_now_ns(loop);
        struct eddy_op op = eddy_within(rows[r].limits[0], sleep);

        op = eddy_within(rows[r].limits[1], op);
        op = eddy_within(none, op);
        ck_assert_int_eq(eddy_start(loop, op, take, &told, NULL), 0);
        run_out(loop);
        expect_n(&told, rows[r].n);
        ck_assert_int_eq(eddy_loop_now_ns(loop) - start, rows[r].took_ns);
    }
}
END_TEST

START_TEST(a_limit_of_nothing_still_takes_what_is_there_at_once)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct outcome told = { 0 };
    struct eddy_op nothing = eddy_all(NULL, 0);

    ck_assert_int_eq(
        eddy_start(loop, eddy_within(0, nothing), take, &told, NULL), 0);
    run_out(loop);
    expect_n(&told, 0);
}
END_TEST

START_TEST(whoever_asks_first_says_why)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_request *slot;
    int cancelled = -ECANCELED;

    for (int user_first = 0; user_first < 2; user_first++) {
        struct outcome told = { 0 };
        struct eddy_op op = eddy_within(EDDY_SECOND, manual());

        ck_assert_int_eq(eddy_start(loop, op, take, &told, &slot), 0);
        if (user_first)
            eddy_request_cancel(slot);
        ck_assert_int_ge(eddy_loop_step(loop, 2 * EDDY_SECOND), 0);
        eddy_request_cancel(slot);
        ck_assert_int_eq(cancels, 1);
        finish_manual(&cancelled);
        run_out(loop);
        expect_n(&told, user_first ? -ECANCELED : -ETIME);
    }
}
END_TEST

START_TEST(a_limit_that_ran_out_does_not_undo_success_or_hide_an_error)
{
    struct eddy_loop *loop = virtual_loop(_i);
    static int ns[] = { 4, -EIO };

    for (size_t i = 0; i < COUNT(ns); i++) {
        struct outcome told = { 0 };
        struct eddy_op op = eddy_within(1, manual());

        ck_assert_int_eq(eddy_start(loop, op, take, &told, NULL), 0);
        ck_assert_int_ge(eddy_loop_step(loop, EDDY_SECOND), 0);
        ck_assert_int_eq(cancels, 1);
        finish_manual(&ns[i]);
        run_out(loop);
        expect_n(&told, ns[i]);
    }
}
END_TEST

START_TEST(the_limit_of_a_ticker_ends_it)
{
    struct eddy_loop *loop = virtual_loop(_i);

    ck_assert_int_eq(
        eddy_start(
            loop,
            eddy_within(35 * EDDY_MS, eddy_every(10 * EDDY_MS, EDDY_SKIP)),
            mark_done, word("t"), NULL),
        0);
    run_out(loop);
    ck_assert_str_eq(marks(), "t:1 t:1 t:1 t:ETIME");
}
END_TEST

START_TEST(a_limit_needs_no_memory)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_op op = eddy_within(EDDY_SECOND, manual());
    struct eddy_request request;
    struct outcome told = { 0 };
    int cancelled = -ECANCELED;

    fail_allocation(1);
    eddy_begin(loop, &request, &op, take, &told);
    ck_assert(!allocation_failed());
    fail_allocation(0);
    ck_assert_int_ge(eddy_loop_step(loop, EDDY_FOREVER), 0);
    ck_assert_int_eq(cancels, 1);
    finish_manual(&cancelled);
    run_out(loop);
    expect_n(&told, -ETIME);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        cancelling_only_asks_and_the_answer_still_comes,
        cancelling_twice_or_late_or_nothing_does_nothing,
        a_result_that_exists_is_delivered,
        cancelling_from_the_own_callback_does_nothing,
        every_kind_can_be_cancelled_before_and_while_it_runs,
        next_turn_can_be_cancelled_while_it_is_queued,
        running_out_of_time_is_etime,
        a_limit_of_nothing_still_takes_what_is_there_at_once,
        whoever_asks_first_says_why,
        a_limit_that_ran_out_does_not_undo_success_or_hide_an_error,
        the_limit_of_a_ticker_ends_it,
        a_limit_needs_no_memory,
    };
    Suite *suite = suite_create("op cancel");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
