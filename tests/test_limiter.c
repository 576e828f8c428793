/* SPDX-License-Identifier: MIT */
/* test_limiter.c - what eddy/sync.h promises of limiters. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "sync_support.h"

enum { MANY = 200 };

static struct eddy_loop *loop;
static struct eddy_limiter limiter;
static struct eddy_request requests[MANY];
static int borrowers[MANY];

static void set_up(int index, size_t total)
{
    loop = virtual_loop(index);
    ck_assert_int_eq(eddy_limiter_init(&limiter, loop, total), 0);
    turns(loop, 1);
}

static void borrow(int i, const char *name)
{
    begin(loop, &requests[i], eddy_limiter_acquire(&limiter, &borrowers[i]),
          name);
}

static int give_back(int i)
{
    return eddy_limiter_release(&limiter, &borrowers[i]);
}

START_TEST(so_many_borrow_and_the_others_wait) /* K15 */
{
    set_up(_i, 2);
    borrow(0, "a");
    borrow(1, "b");
    borrow(2, "c");
    ck_assert_str_eq(told(loop), "a:0 b:0");
    ck_assert_uint_eq(eddy_limiter_total(&limiter), 2);
    ck_assert_uint_eq(eddy_limiter_borrowed(&limiter), 2);
    ck_assert_uint_eq(eddy_limiter_available(&limiter), 0);
    ck_assert_int_eq(give_back(1), 0);
    ck_assert(!at_once(loop, &requests[3],
                       eddy_limiter_acquire(&limiter, &borrowers[3]), "d"));
    ck_assert_str_eq(told(loop), "c:0");
    ck_assert_int_eq(give_back(0), 0);
    ck_assert_str_eq(marks(), "d:0"); /* promptly */
    ck_assert_int_eq(give_back(2), 0);
    ck_assert_uint_eq(eddy_limiter_available(&limiter), 1);
    eddy_limiter_done(&limiter);
}
END_TEST

START_TEST(a_borrower_has_one_token_and_gives_that_back) /* K15 */
{
    set_up(_i, 2);
    ck_assert_int_eq(give_back(0), -EPERM);
    borrow(0, "a");
    begin(loop, &requests[1], eddy_limiter_acquire(&limiter, &borrowers[0]),
          "again");
    begin(loop, &requests[2], eddy_limiter_acquire(&limiter, NULL), "null");
    ck_assert_str_eq(told(loop), "a:0 again:EDEADLK null:EINVAL");
    ck_assert_int_eq(give_back(1), -EPERM);
    ck_assert_int_eq(eddy_limiter_release(&limiter, NULL), -EPERM);
    borrow(1, "b");
    borrow(2, "c"); /* waits */
    ck_assert_int_eq(give_back(2), -EPERM);
    begin(loop, &requests[3], eddy_limiter_acquire(&limiter, &borrowers[2]),
          "twice");
    ck_assert_str_eq(told(loop), "b:0 twice:EDEADLK");
    eddy_limiter_done(&limiter);
    ck_assert_str_eq(told(loop), "c:ECANCELED");
}
END_TEST

START_TEST(the_total_can_change) /* K15 */
{
    set_up(_i, 0);
    for (int i = 0; i < 4; i++)
        borrow(i, "w");
    ck_assert_str_eq(told(loop), "");
    ck_assert_int_eq(eddy_limiter_set_total(&limiter, 3), 0);
    ck_assert_str_eq(told(loop), "w:0 w:0 w:0");
    ck_assert_int_eq(eddy_limiter_set_total(&limiter, 1), 0);
    ck_assert_uint_eq(eddy_limiter_available(&limiter), 0);
    ck_assert_int_eq(give_back(0), 0);
    ck_assert_int_eq(give_back(1), 0);
    ck_assert_str_eq(told(loop), "");
    ck_assert_int_eq(give_back(2), 0);
    ck_assert_str_eq(told(loop), "w:0");
    eddy_limiter_done(&limiter);
}
END_TEST

START_TEST(a_token_that_nobody_takes_goes_to_the_next)
{
    set_up(_i, 1);
    borrow(0, "a");
    borrow(1, "b");
    borrow(2, "c");
    eddy_request_discard(&requests[0]);
    eddy_request_cancel(&requests[1]);
    ck_assert_str_eq(told(loop), "a:ECANCELED b:ECANCELED c:0");
    ck_assert_int_eq(give_back(0), -EPERM);
    ck_assert_int_eq(give_back(1), -EPERM);
    borrow(0, "a");
    ck_assert_int_eq(give_back(2), 0);
    ck_assert_int_eq(give_back(0), 0); /* before it was told */
    eddy_request_discard(&requests[0]);
    ck_assert_str_eq(told(loop), "a:ECANCELED");
    ck_assert_uint_eq(eddy_limiter_borrowed(&limiter), 0);
    eddy_limiter_done(&limiter);
}
END_TEST

START_TEST(many_come_and_go_in_any_order)
{
    size_t out = 0;
    bool has[MANY] = { false };

    set_up(_i, MANY);
    for (int round = 0; round < 2000; round++) {
        int i = (int)random_below(MANY);

        if (has[i])
            ck_assert_int_eq(give_back(i), 0);
        else
            borrow(i, "w");
        turns(loop, 1);
        ck_assert_str_eq(marks(), has[i] ? "" : "w:0");
        has[i] = !has[i];
        out += has[i] ? 1 : (size_t)-1;
        ck_assert_uint_eq(eddy_limiter_borrowed(&limiter), out);
    }
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(give_back(i), has[i] ? 0 : -EPERM);
    eddy_limiter_done(&limiter);
}
END_TEST

START_TEST(without_memory_nobody_borrows)
{
    set_up(_i, 1);
    fail_allocation(1);
    ck_assert_int_eq(
        result_of(loop, eddy_limiter_acquire(&limiter, &borrowers[0])),
        -ENOMEM);
    ck_assert_int_eq(give_back(0), -EPERM);
    ck_assert_uint_eq(eddy_limiter_available(&limiter), 1);
    borrow(0, "a");
    ck_assert_str_eq(told(loop), "a:0");
    eddy_limiter_done(&limiter);
}
END_TEST

static void finish(struct eddy_result result, void *arg)
{
    mark_done(result, arg);
    eddy_limiter_done(&limiter);
    memset(&limiter, 0x5a, sizeof limiter);
}

START_TEST(a_callback_may_be_done)
{
    struct eddy_op op;

    set_up(_i, 2);
    op = eddy_limiter_acquire(&limiter, &borrowers[0]);
    eddy_begin(loop, &requests[0], &op, finish, word("a"));
    borrow(1, "b");
    borrow(2, "c");
    eddy_request_discard(&requests[1]);
    run_out(loop);
    ck_assert_str_eq(marks(), "a:0 b:ECANCELED c:ECANCELED");
}
END_TEST

START_TEST(what_is_no_limiter_answers_so)
{
    struct eddy_limiter none = { { 0 } };
    struct eddy_loop *other = virtual_loop(_i);
    struct eddy_op op = eddy_limiter_acquire(&limiter, borrowers);

    set_up(_i, 2);
    ck_assert_int_eq(result_of(other, op), -EXDEV);
    for (int twice = 0; twice < 2; twice++)
        eddy_limiter_done(&limiter);
    eddy_limiter_done(NULL);
    ck_assert_int_eq(eddy_limiter_init(NULL, loop, 1), -EINVAL);
    ck_assert_int_eq(eddy_limiter_set_total(&none, 1), -EINVAL);
    ck_assert_int_eq(eddy_limiter_release(NULL, borrowers), -EINVAL);
    ck_assert_uint_eq(eddy_limiter_total(NULL), 0);
    ck_assert_uint_eq(eddy_limiter_borrowed(NULL), 0);
    ck_assert_uint_eq(eddy_limiter_available(NULL), 0);
    ck_assert_int_eq(result_of(loop, op), -EINVAL);
    ck_assert_int_eq(result_of(loop, eddy_limiter_acquire(NULL, borrowers)),
                     -EINVAL);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        so_many_borrow_and_the_others_wait,
        a_borrower_has_one_token_and_gives_that_back,
        the_total_can_change,
        a_token_that_nobody_takes_goes_to_the_next,
        many_come_and_go_in_any_order,
        without_memory_nobody_borrows,
        a_callback_may_be_done,
        what_is_no_limiter_answers_so,
    };
    Suite *suite = suite_create("limiter");

    (void)random_seed(); /* one for all, before the tests are forked off */
    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
