/* SPDX-License-Identifier: MIT */
/* test_sync_semaphore.c - what eddy/sync.h promises of semaphores. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "sync_support.h"

static struct eddy_loop *loop;
static struct eddy_semaphore semaphore;
static struct eddy_request requests[8];

static void set_up(int index, size_t tokens, size_t limit)
{
    loop = virtual_loop(index);
    ck_assert_int_eq(eddy_semaphore_init(&semaphore, loop, tokens, limit), 0);
    turns(loop, 1);
}

static void acquire_all(int count)
{
    static const char *const names[] = { "a", "b", "c", "d" };

    for (int i = 0; i < count; i++)
        begin(loop, &requests[i], eddy_semaphore_acquire(&semaphore), names[i]);
}

START_TEST(tokens_go_to_the_first_who_come) /* Y6 */
{
    set_up(_i, 2, 0);
    acquire_all(4);
    ck_assert_str_eq(told(loop), "a:0 b:0");
    ck_assert_int_eq(eddy_semaphore_release(&semaphore), 0);
    ck_assert(
        !at_once(loop, &requests[4], eddy_semaphore_acquire(&semaphore), "e"));
    ck_assert_str_eq(told(loop), "c:0"); /* nobody got past */
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(eddy_semaphore_release(&semaphore), 0);
    ck_assert_str_eq(told(loop), "e:0 d:0");
    ck_assert_uint_eq(eddy_semaphore_tokens(&semaphore), 1);
    eddy_semaphore_done(&semaphore);
}
END_TEST

START_TEST(it_may_begin_with_none_and_grow) /* Y6 */
{
    set_up(_i, 0, 0);
    for (unsigned n = 1; n <= 3; n++) {
        ck_assert_int_eq(eddy_semaphore_release(&semaphore), 0);
        ck_assert_uint_eq(eddy_semaphore_tokens(&semaphore), n);
    }
    ck_assert(
        at_once(loop, &requests[0], eddy_semaphore_acquire(&semaphore), "a"));
    ck_assert_uint_eq(eddy_semaphore_tokens(&semaphore), 2);
    eddy_semaphore_done(&semaphore);
}
END_TEST

START_TEST(a_release_past_the_limit_is_refused) /* Y6 */
{
    struct eddy_semaphore other;

    set_up(_i, 1, 2);
    ck_assert_int_eq(eddy_semaphore_init(&other, loop, 3, 2), -EINVAL);
    ck_assert_int_eq(eddy_semaphore_release(&semaphore), 0);
    ck_assert_int_eq(eddy_semaphore_release(&semaphore), -EOVERFLOW);
    ck_assert_uint_eq(eddy_semaphore_tokens(&semaphore), 2);
    acquire_all(3);
    ck_assert_int_eq(eddy_semaphore_release(&semaphore),
                     0); /* to one waiting */
    ck_assert_str_eq(told(loop), "a:0 b:0 c:0");
    eddy_semaphore_done(&semaphore);
}
END_TEST

START_TEST(a_token_that_nobody_takes_goes_to_the_next)
{
    set_up(_i, 0, 1);
    acquire_all(3);
    eddy_request_cancel(&requests[0]);
    ck_assert_int_eq(eddy_semaphore_release(&semaphore), 0);
    eddy_request_discard(&requests[1]); /* chosen already */
    ck_assert_str_eq(told(loop), "a:ECANCELED b:ECANCELED c:0");
    ck_assert_uint_eq(eddy_semaphore_tokens(&semaphore), 0);
    ck_assert_int_eq(eddy_semaphore_release(&semaphore), 0);
    ck_assert_int_eq(
        eddy_start(loop, eddy_semaphore_acquire(&semaphore), NULL, NULL, NULL),
        0);
    ck_assert_uint_eq(eddy_semaphore_tokens(&semaphore), 0);
    turns(loop, 1);
    ck_assert_uint_eq(eddy_semaphore_tokens(&semaphore), 1);
    eddy_semaphore_done(&semaphore);
}
END_TEST

START_TEST(of_two_tokens_any_keeps_one)
{
    struct eddy_child children[2];

    set_up(_i, 2, 0);
    for (int i = 0; i < 2; i++)
        children[i].op = eddy_semaphore_acquire(&semaphore);
    ck_assert_int_eq(result_of(loop, eddy_any(children, 2)), 0);
    ck_assert_uint_eq(eddy_semaphore_tokens(&semaphore), 1);
    eddy_semaphore_done(&semaphore);
}
END_TEST

static void release_and_finish(struct eddy_result result, void *arg)
{
    mark_done(result, arg);
    ck_assert_int_eq(eddy_semaphore_release(&semaphore), 0);
    eddy_request_discard(&requests[1]); /* chosen, and there is none to go to */
    eddy_semaphore_done(&semaphore);
    memset(&semaphore, 0x5a, sizeof semaphore);
}

START_TEST(a_callback_may_release_and_be_done)
{
    struct eddy_op op;

    set_up(_i, 1, 0);
    op = eddy_semaphore_acquire(&semaphore);
    eddy_begin(loop, &requests[0], &op, release_and_finish, word("x"));
    begin(loop, &requests[1], op, "chosen");
    begin(loop, &requests[2], op, "not");
    run_out(loop);
    ck_assert_str_eq(marks(), "x:0 chosen:ECANCELED not:ECANCELED");
}
END_TEST

START_TEST(what_is_no_semaphore_answers_so)
{
    struct eddy_semaphore none = { { 0 } };
    struct eddy_loop *other = virtual_loop(_i);

    set_up(_i, 1, 0);
    ck_assert_int_eq(result_of(other, eddy_semaphore_acquire(&semaphore)),
                     -EXDEV);
    for (int twice = 0; twice < 2; twice++)
        eddy_semaphore_done(&semaphore);
    eddy_semaphore_done(NULL);
    ck_assert_int_eq(eddy_semaphore_init(NULL, loop, 1, 0), -EINVAL);
    ck_assert_int_eq(eddy_semaphore_release(&semaphore), -EINVAL);
    ck_assert_int_eq(eddy_semaphore_release(NULL), -EINVAL);
    ck_assert_uint_eq(eddy_semaphore_tokens(NULL), 0);
    ck_assert_int_eq(result_of(loop, eddy_semaphore_acquire(&none)), -EINVAL);
    ck_assert_int_eq(result_of(loop, eddy_semaphore_acquire(NULL)), -EINVAL);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        tokens_go_to_the_first_who_come,
        it_may_begin_with_none_and_grow,
        a_release_past_the_limit_is_refused,
        a_token_that_nobody_takes_goes_to_the_next,
        of_two_tokens_any_keeps_one,
        a_callback_may_release_and_be_done,
        what_is_no_semaphore_answers_so,
    };
    Suite *suite = suite_create("sync semaphore");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
