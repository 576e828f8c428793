/* SPDX-License-Identifier: MIT */
/* test_combine.c - operations made of operations. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "loop_support.h"

/* An operation that makes something after word[1] ns, even if it is cancelled
 * meanwhile: the loser that wins too late. */
static int product;
static int dropped;

static void made(struct eddy_timer *timer, void *arg)
{
    struct eddy_result result = eddy_n(1);

    (void)timer;
    result.made = &product;
    eddy_complete(arg, result);
}

static bool start_stubborn(struct eddy_request *request,
                           struct eddy_result *ret_result)
{
    int64_t span = (int64_t)eddy_request_words(request)[1];
    struct eddy_timer *timer = eddy_request_alloc(request, sizeof *timer);

    (void)ret_result;
    ck_assert_ptr_nonnull(timer);
    ck_assert_int_eq(
        eddy_timer_init(timer, eddy_request_loop(request), made, request), 0);
    ck_assert_int_eq(eddy_timer_start(timer, span), 0);
    return false;
}

static void cancel_stubborn(struct eddy_request *request)
{
    (void)request; /* it goes on as if nothing had happened */
}

static void drop_product(void *made)
{
    ck_assert_ptr_eq(made, &product);
    dropped++;
}

static struct eddy_op stubborn(int64_t span, void **ret_made)
{
    static const struct eddy_op_type type = { .abi = EDDY_OP_ABI,
                                              .flags = EDDY_OP_MAKES,
                                              .name = "stubborn",
                                              .start = start_stubborn,
                                              .cancel = cancel_stubborn,
                                              .drop = drop_product };

    dropped = 0;
    return (struct eddy_op){ .type = &type,
                             .word = { eddy_word(ret_made), (uint64_t)span } };
}

static struct eddy_op bad(void)
{
    return eddy_ready(-1, EDDY_READ);
}

/* ---- All ----------------------------------------------------------------- */

START_TEST(all_is_done_when_every_child_is)
{
    struct eddy_loop *loop = virtual_loop(_i);
    int64_t start = eddy_loop_now_ns(loop);
    struct eddy_child children[] = {
        { .op = eddy_sleep(3) },
        { .op = bad() },
        { .op = eddy_within(5, eddy_sleep(EDDY_SECOND)) },
        { .op = eddy_next_turn() },
    };
    struct eddy_result result =
        eddy_loop_run_until(loop, eddy_all(children, COUNT(children)));

    ck_assert_int_eq(result.n, 2); /* how many succeeded */
    ck_assert_int_eq(eddy_loop_now_ns(loop), start + 5);
    ck_assert_int_eq(children[0].result.n, 0);
    ck_assert_int_eq(children[1].result.n, -EINVAL);
    ck_assert_int_eq(children[2].result.n, -ETIME);
    ck_assert_int_eq(children[3].result.n, 0);
}
END_TEST

START_TEST(all_of_nothing_is_done_and_any_of_nothing_cannot_be) /* Z10 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_child multishot = { .op = eddy_every(1, EDDY_SKIP) };
    struct eddy_child empty = { .op = { .type = NULL } };

    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_all(NULL, 0)).n, 0);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_any(NULL, 0)).n, -EINVAL);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_all(NULL, 1)).n, -EINVAL);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_any(NULL, 1)).n, -EINVAL);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_all(&empty, 1)).n, -EINVAL);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_all(&multishot, 1)).n,
                     -EINVAL);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_any(&multishot, 1)).n,
                     -EINVAL);
    ck_assert_uint_eq(stats_of(loop).running, 0);
}
END_TEST

START_TEST(a_limit_on_all_cancels_the_children_and_tells_how_many_were_done)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_child children[] = {
        { .op = eddy_sleep(1) },
        { .op = eddy_sleep(2) },
        { .op = eddy_sleep(EDDY_SECOND) },
    };
    struct eddy_result result = eddy_loop_run_until(
        loop, eddy_within(10, eddy_all(children, COUNT(children))));

    ck_assert_int_eq(result.n, -ETIME);
    ck_assert_uint_eq(result.done, 2);
    ck_assert_int_eq(children[1].result.n, 0);
    ck_assert_int_eq(children[2].result.n, -ECANCELED);
}
END_TEST

START_TEST(what_all_children_made_is_yours)
{
    struct eddy_loop *loop = virtual_loop(_i);
    void *things[2] = { NULL, NULL };
    struct eddy_child children[] = {
        { .op = stubborn(1, &things[0]) },
        { .op = stubborn(2, &things[1]) },
    };

    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_all(children, 2)).n, 2);
    for (int i = 0; i < 2; i++) {
        ck_assert_ptr_eq(things[i], &product);
        ck_assert_ptr_eq(children[i].result.made, &product);
    }
    ck_assert_int_eq(dropped, 0);
}
END_TEST

START_TEST(cancelling_too_late_leaves_all_its_success) /* Z4 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_child children[] = { { .op = stubborn(5, NULL) },
                                     { .op = eddy_all(NULL, 0) } };
    struct eddy_request *slot;
    struct outcome told = { 0 };

    ck_assert_int_eq(
        eddy_start(loop, eddy_all(children, 2), take, &told, &slot), 0);
    turns(loop, 2);
    eddy_request_cancel(slot);
    run_out(loop);
    expect_n(&told, 2);
}
END_TEST

/* ---- Any ----------------------------------------------------------------- */

START_TEST(any_ends_with_the_first_success_and_cancels_the_rest)
{
    struct eddy_loop *loop = virtual_loop(_i);
    int64_t start = eddy_loop_now_ns(loop);
    struct eddy_child children[] = {
        { .op = bad() },
        { .op = eddy_sleep(EDDY_SECOND) },
        { .op = eddy_sleep(3) },
        { .op = eddy_sleep(2 * EDDY_SECOND) },
    };

    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_any(children, 4)).n, 2);
    ck_assert_int_eq(eddy_loop_now_ns(loop), start + 3);
    ck_assert_int_eq(children[0].result.n, -EINVAL);
    ck_assert_int_eq(children[1].result.n, -ECANCELED);
    ck_assert_int_eq(children[2].result.n, 0);
    ck_assert_int_eq(children[3].result.n, -ECANCELED);
}
END_TEST

START_TEST(any_of_failures_tells_the_last_one)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_child children[] = {
        { .op = eddy_within(5, eddy_sleep(EDDY_SECOND)) },
        { .op = bad() },
    };

    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_any(children, 2)).n,
                     -ETIME);
    ck_assert_int_eq(children[1].result.n, -EINVAL);
}
END_TEST

START_TEST(any_waits_for_its_losers_and_drops_what_they_made)
{
    struct eddy_loop *loop = virtual_loop(_i);
    int64_t start = eddy_loop_now_ns(loop);
    void *thing = &thing;
    struct eddy_child children[] = {
        { .op = stubborn(50, &thing) },
        { .op = eddy_sleep(5) },
    };

    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_any(children, 2)).n, 1);
    ck_assert_int_eq(eddy_loop_now_ns(loop), start + 50);
    ck_assert_int_eq(children[0].result.n, -ECANCELED);
    ck_assert_ptr_eq(thing, &thing); /* nothing is stored for a loser */
    ck_assert_int_eq(dropped, 1);
}
END_TEST

START_TEST(two_that_succeed_at_once_have_one_winner)
{
    struct eddy_loop *loop = virtual_loop(_i);
    void *things[2] = { NULL, NULL };
    struct eddy_child children[] = {
        { .op = stubborn(5, &things[0]) },
        { .op = stubborn(5, &things[1]) },
    };

    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_any(children, 2)).n, 0);
    ck_assert_ptr_eq(things[0], &product);
    ck_assert_ptr_null(things[1]);
    ck_assert_int_eq(dropped, 1);
}
END_TEST

START_TEST(a_cancelled_any_is_cancelled_or_keeps_its_winner)
{
    struct eddy_loop *loop = virtual_loop(_i);

    for (int wins = 0; wins < 2; wins++) {
        struct eddy_child children[] = {
            { .op = eddy_sleep(EDDY_SECOND) },
            { .op = wins ? stubborn(5, NULL) : eddy_sleep(EDDY_SECOND) },
        };
        struct eddy_request *slot;
        struct outcome told = { 0 };

        ck_assert_int_eq(
            eddy_start(loop, eddy_any(children, 2), take, &told, &slot), 0);
        turns(loop, 1);
        eddy_request_cancel(slot);
        run_out(loop);
        expect_n(&told, wins ? 1 : -ECANCELED);
        ck_assert_int_eq(children[0].result.n, -ECANCELED);
    }
}
END_TEST

/* ---- Both ---------------------------------------------------------------- */

START_TEST(groups_can_be_nested)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_child slow[] = { { .op = eddy_sleep(EDDY_SECOND) },
                                 { .op = eddy_sleep(2 * EDDY_SECOND) } };
    struct eddy_child quick[] = { { .op = eddy_sleep(1) },
                                  { .op = eddy_sleep(2) } };
    struct eddy_child race[] = { { .op = eddy_all(slow, 2) },
                                 { .op = eddy_all(quick, 2) } };

    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_any(race, 2)).n, 1);
    ck_assert_int_eq(race[0].result.n, -ECANCELED);
    ck_assert_int_eq(race[1].result.n, 2);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(slow[i].result.n, -ECANCELED);
}
END_TEST

START_TEST(groups_need_no_memory_of_their_own)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_child children[] = { { .op = eddy_next_turn() },
                                     { .op = eddy_next_turn() },
                                     { .op = eddy_all(NULL, 0) } };
    struct eddy_op op = eddy_all(children, 3);
    struct eddy_request request;
    struct outcome told = { 0 };

    turns(loop, 1);
    fail_allocation(1);
    eddy_begin(loop, &request, &op, take, &told);
    run_out(loop);
    ck_assert(!allocation_failed());
    expect_n(&told, 3);
}
END_TEST

START_TEST(a_freed_loop_ends_groups_after_their_children)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_child children[] = { { .op = eddy_sleep(EDDY_SECOND) },
                                     { .op = stubborn(EDDY_SECOND, NULL) } };
    struct outcome told = { 0 };

    ck_assert_int_eq(eddy_start(loop, eddy_all(children, 2), take, &told, NULL),
                     0);
    free_loop(loop);
    expect_n(&told, -ECANCELED);
    ck_assert_uint_eq(told.last.done, 1);
    ck_assert_int_eq(children[1].result.n, 1);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        all_is_done_when_every_child_is,
        all_of_nothing_is_done_and_any_of_nothing_cannot_be,
        a_limit_on_all_cancels_the_children_and_tells_how_many_were_done,
        what_all_children_made_is_yours,
        cancelling_too_late_leaves_all_its_success,
        any_ends_with_the_first_success_and_cancels_the_rest,
        any_of_failures_tells_the_last_one,
        any_waits_for_its_losers_and_drops_what_they_made,
        two_that_succeed_at_once_have_one_winner,
        a_cancelled_any_is_cancelled_or_keeps_its_winner,
        groups_can_be_nested,
        groups_need_no_memory_of_their_own,
        a_freed_loop_ends_groups_after_their_children,
    };
    Suite *suite = suite_create("combine");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
