/* SPDX-License-Identifier: MIT */
/* test_op.c - the promises of eddy/op.h that every operation keeps. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <unistd.h>

#include "loop_support.h"

static int64_t seven(void *arg)
{
    (void)arg;
    return 7;
}

/* Of each kind one: what can be had without a stream. */
enum { KINDS = 8 };

static struct eddy_op op_of_kind(int kind, int readable, struct eddy_child *two)
{
    static const struct eddy_op empty;

    switch (kind) {
    case 0:
        return eddy_sleep(0);
    case 1:
        return eddy_sleep(EDDY_SECOND);
    case 2:
        return eddy_next_turn();
    case 3:
        return eddy_readable(readable);
    case 4:
        return eddy_offload(seven, NULL);
    case 5:
        return eddy_ready(-1, EDDY_READ);
    case 6:
        two[0].op = eddy_sleep(1);
        two[1].op = eddy_next_turn();
        return eddy_all(two, 2);
    default:
        return empty;
    }
}

static const int64_t results[KINDS] = { 0, 0,       0, EDDY_READ,
                                        7, -EINVAL, 2, -EINVAL };

/* ---- Making and running -------------------------------------------------- */

START_TEST(making_an_operation_does_nothing)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_child two[2];
    long allocations = live_allocations();

    for (int kind = 0; kind < KINDS; kind++)
        (void)op_of_kind(kind, 0, two).type;
    ck_assert_int_eq(live_allocations(), allocations);
    ck_assert_uint_eq(stats_of(loop).started, 0);
    ck_assert(!eddy_loop_alive(loop));
    run_out(loop);
}
END_TEST

START_TEST(each_completes_exactly_once_and_never_inside_the_call)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_request request;
    struct eddy_child two[2];
    int ends[2];

    make_pipe(ends);
    write_byte(ends[1]);
    for (int kind = 0; kind < KINDS; kind++) {
        struct outcome told = { 0 };
        struct eddy_op op = op_of_kind(kind, ends[0], two);
        struct eddy_op copy = op;

        eddy_begin(loop, &request, &op, take, &told);
        ck_assert_int_eq(told.times, 0);
        ck_assert(eddy_loop_alive(loop));
        run_out(loop);
        expect_n(&told, results[kind]);
        ck_assert(memcmp(&op, &copy, sizeof op) == 0); /* not written to */
    }
    ck_assert_uint_eq(stats_of(loop).started, stats_of(loop).completed);
    ck_assert_uint_eq(stats_of(loop).running, 0);
    close_both(ends);
}
END_TEST

START_TEST(a_result_is_two_words_and_nobody_has_to_take_it)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_op op = eddy_sleep(1);
    struct eddy_request request;

    ck_assert_uint_eq(sizeof(struct eddy_result), 16);
    ck_assert_uint_eq(sizeof(struct eddy_op),
                      2 * sizeof(void *) + 6 * sizeof(uint64_t));
    eddy_begin(loop, &request, &op, NULL, NULL);
    ck_assert_int_eq(eddy_start(loop, op, NULL, NULL, NULL), 0);
    run_out(loop);
    ck_assert_uint_eq(stats_of(loop).completed, 2);
}
END_TEST

START_TEST(one_value_may_run_many_times_at_once)
{
    enum { TIMES = 100 }; /* more than one slab of requests */
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_op op = eddy_sleep(5 * EDDY_MS);
    struct eddy_request *slots[TIMES];
    struct outcome told = { 0 };

    for (int i = 0; i < TIMES; i++)
        ck_assert_int_eq(eddy_start(loop, op, take, &told, &slots[i]), 0);
    ck_assert_uint_eq(stats_of(loop).running, TIMES);
    run_out(loop);
    ck_assert_int_eq(told.times, TIMES);
    for (int i = 0; i < TIMES; i++)
        ck_assert_ptr_null(slots[i]);
}
END_TEST

struct repeat {
    struct eddy_loop *loop;
    struct eddy_request request;
    struct eddy_request *slot;
    int left;
};

static void begin_again(struct eddy_result result, void *arg)
{
    struct repeat *repeat = arg;
    struct eddy_op op = eddy_next_turn();

    ck_assert_int_eq(result.n, 0);
    if (repeat->left-- > 0)
        eddy_begin(repeat->loop, &repeat->request, &op, begin_again, repeat);
}

static void start_again(struct eddy_result result, void *arg)
{
    struct repeat *repeat = arg;

    ck_assert_int_eq(result.n, 0);
    ck_assert_ptr_null(repeat->slot);
    if (repeat->left-- > 0)
        ck_assert_int_eq(eddy_start(repeat->loop, eddy_next_turn(), start_again,
                                    repeat, &repeat->slot),
                         0);
}

START_TEST(storage_is_free_again_when_the_end_is_told)
{
    struct repeat repeat = { .loop = virtual_loop(_i), .left = 10 };
    long allocations;

    begin_again(eddy_n(0), &repeat);
    run_out(repeat.loop);
    repeat.left = 100;
    start_again(eddy_n(0), &repeat);
    allocations = live_allocations();
    run_out(repeat.loop);
    ck_assert_int_eq(repeat.left, -1);
    ck_assert_int_eq(live_allocations(), allocations);
}
END_TEST

START_TEST(bad_operations_are_refused_or_answered)
{
    static const struct eddy_op empty;
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_request *slot = NULL;
    struct eddy_request request;
    struct outcome told = { 0 };

    ck_assert_int_eq(eddy_start_op(loop, NULL, take, &told, &slot), -EINVAL);
    ck_assert_int_eq(eddy_start(loop, empty, take, &told, &slot), -EINVAL);
    ck_assert_int_eq(eddy_start(NULL, eddy_sleep(0), take, &told, &slot),
                     -EINVAL);
    ck_assert_ptr_null(slot);
    eddy_begin(NULL, &request, &empty, take, &told);
    eddy_begin(loop, NULL, &empty, take, &told);
    run_out(loop);
    ck_assert_int_eq(told.times, 0);
    eddy_begin(loop, &request, NULL, take, &told);
    run_out(loop);
    expect_n(&told, -EINVAL);
}
END_TEST

/* ---- Keeping the loop alive ---------------------------------------------- */

START_TEST(a_background_operation_does_not_keep_the_loop_alive)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_request *slot;
    struct outcome told = { 0 };

    ck_assert_int_eq(
        eddy_start(loop, eddy_sleep(EDDY_SECOND), take, &told, &slot), 0);
    ck_assert(eddy_loop_alive(loop));
    for (int twice = 0; twice < 2; twice++)
        ck_assert_int_eq(eddy_request_background(slot, true), 0);
    ck_assert(!eddy_loop_alive(loop));
    run_out(loop);
    ck_assert_int_eq(told.times, 0);
    ck_assert_int_eq(eddy_request_background(slot, false), 0);
    run_out(loop);
    expect_n(&told, 0);
    ck_assert_int_eq(eddy_request_background(NULL, true), -EINVAL);
}
END_TEST

START_TEST(what_comes_after_the_end_changes_nothing)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_op op = eddy_next_turn();
    struct eddy_request request;
    struct outcome told = { 0 };

    eddy_begin(loop, &request, &op, take, &told);
    run_out(loop);
    eddy_request_cancel(&request);
    (void)eddy_request_background(&request, true);
    ck_assert_int_lt(eddy_request_pause(&request, true), 0);
    ck_assert(!eddy_loop_alive(loop)); /* the count has not gone below 0 */
    run_out(loop);
    expect_n(&told, 0);
}
END_TEST

START_TEST(only_multishot_operations_can_be_paused)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_request *sleeping, *ticking;
    struct outcome told = { 0 };

    ck_assert_int_eq(eddy_start(loop, eddy_sleep(1), take, &told, &sleeping),
                     0);
    ck_assert_int_eq(
        eddy_start(loop, eddy_every(1, EDDY_SKIP), take, &told, &ticking), 0);
    ck_assert_int_eq(eddy_request_pause(sleeping, true), -ENOTSUP);
    ck_assert_int_eq(eddy_request_pause(sleeping, false), -ENOTSUP);
    ck_assert_int_eq(eddy_request_pause(NULL, true), -EINVAL);
    for (int twice = 0; twice < 2; twice++)
        ck_assert_int_eq(eddy_request_pause(ticking, true), 0);
    for (int twice = 0; twice < 2; twice++)
        ck_assert_int_eq(eddy_request_pause(ticking, false), 0);
    eddy_request_cancel(sleeping);
    eddy_request_cancel(ticking);
    run_out(loop);
    ck_assert_int_eq(told.times, 2);
}
END_TEST

/* ---- Ends of a loop ------------------------------------------------------ */

static void begin_too_late(struct eddy_result result, void *arg)
{
    struct repeat *repeat = arg;
    struct eddy_op op = eddy_sleep(0);
    struct eddy_request *slot = NULL;

    ck_assert_int_eq(result.n, -ECANCELED);
    ck_assert_int_eq(eddy_start(repeat->loop, op, mark_done, word("no"), &slot),
                     -ESHUTDOWN);
    ck_assert_ptr_null(slot);
    eddy_begin(repeat->loop, &repeat->request, &op, mark_done, word("begun"));
}

START_TEST(freeing_the_loop_cancels_and_tells_and_refuses)
{
    struct repeat repeat = { .loop = virtual_loop(_i) };
    struct outcome told[3] = { { 0 }, { 0 }, { 0 } };

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(eddy_start(repeat.loop, eddy_sleep(EDDY_SECOND), take,
                                    &told[i], NULL),
                         0);
    ck_assert_int_eq(
        eddy_start(repeat.loop, eddy_sleep(1), begin_too_late, &repeat, NULL),
        0);
    free_loop(repeat.loop);
    for (int i = 0; i < 3; i++)
        expect_n(&told[i], -ECANCELED);
    ck_assert_str_eq(marks(), "begun:ESHUTDOWN");
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        making_an_operation_does_nothing,
        each_completes_exactly_once_and_never_inside_the_call,
        a_result_is_two_words_and_nobody_has_to_take_it,
        one_value_may_run_many_times_at_once,
        storage_is_free_again_when_the_end_is_told,
        bad_operations_are_refused_or_answered,
        a_background_operation_does_not_keep_the_loop_alive,
        what_comes_after_the_end_changes_nothing,
        only_multishot_operations_can_be_paused,
        freeing_the_loop_cancels_and_tells_and_refuses,
    };
    Suite *suite = suite_create("op");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
