/* SPDX-License-Identifier: MIT */
/* test_flag.c - what eddy/sync.h promises of flags. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "sync_support.h"

static struct eddy_loop *loop;
static struct eddy_flag flag;
static struct eddy_request requests[8];

static void set_up(int index)
{
    loop = virtual_loop(index);
    ck_assert_int_eq(eddy_flag_init(&flag, loop), 0);
    turns(loop, 1);
}

START_TEST(all_who_wait_go_on_though_it_is_cleared_at_once) /* Y4 */
{
    set_up(_i);
    for (int i = 0; i < 3; i++)
        begin(loop, &requests[i], eddy_flag_wait(&flag), "w");
    ck_assert_str_eq(told(loop), "");
    ck_assert_int_eq(eddy_flag_set(&flag), 0);
    ck_assert_int_eq(eddy_flag_clear(&flag), 0);
    begin(loop, &requests[3], eddy_flag_wait(&flag), "late");
    ck_assert(!eddy_flag_is_set(&flag));
    ck_assert_str_eq(told(loop), "w:0 w:0 w:0");
    ck_assert_int_eq(eddy_flag_set(&flag), 0);
    ck_assert_str_eq(told(loop), "late:0");
    eddy_flag_done(&flag);
}
END_TEST

START_TEST(who_comes_to_a_set_flag_does_not_wait)
{
    set_up(_i);
    ck_assert_int_eq(eddy_flag_set(&flag), 0);
    ck_assert_int_eq(eddy_flag_set(&flag), 0);
    ck_assert(eddy_flag_is_set(&flag));
    ck_assert_int_eq(result_of(loop, eddy_flag_wait(&flag)), 0);
    ck_assert(at_once(loop, &requests[0], eddy_flag_wait(&flag), "now"));
    ck_assert_int_eq(eddy_flag_clear(&flag), 0);
    ck_assert(!at_once(loop, &requests[0], eddy_flag_wait(&flag), "later"));
    ck_assert_int_eq(eddy_flag_set(&flag), 0);
    ck_assert_str_eq(marks(), "now:0 later:0"); /* without a turn */
    eddy_flag_done(&flag);
}
END_TEST

START_TEST(who_is_cancelled_waits_no_longer)
{
    set_up(_i);
    for (int i = 0; i < 3; i++)
        begin(loop, &requests[i], eddy_flag_wait(&flag), "w");
    eddy_request_cancel(&requests[1]);
    ck_assert_str_eq(told(loop), "w:ECANCELED");
    ck_assert_int_eq(eddy_flag_set(&flag), 0);
    eddy_request_cancel(&requests[0]); /* too late */
    ck_assert_str_eq(told(loop), "w:0 w:0");
    eddy_flag_done(&flag);
}
END_TEST

static void set_and_finish(struct eddy_result result, void *arg)
{
    mark_done(result, arg);
    ck_assert_int_eq(eddy_flag_clear(&flag), 0);
    begin(loop, &requests[1], eddy_flag_wait(&flag), "next");
    ck_assert_int_eq(eddy_flag_set(&flag), 0);
    eddy_flag_done(&flag);
    memset(&flag, 0x5a, sizeof flag);
}

START_TEST(a_callback_may_wait_set_and_be_done)
{
    struct eddy_op op;

    set_up(_i);
    op = eddy_flag_wait(&flag);
    eddy_begin(loop, &requests[0], &op, set_and_finish, word("first"));
    ck_assert_int_eq(eddy_flag_set(&flag), 0);
    run_out(loop);
    ck_assert_str_eq(marks(), "first:0 next:0");
}
END_TEST

START_TEST(those_who_wait_are_told_when_it_goes)
{
    struct eddy_flag none = { { 0 } };

    set_up(_i);
    begin(loop, &requests[0], eddy_flag_wait(&flag), "w");
    for (int twice = 0; twice < 2; twice++)
        eddy_flag_done(&flag);
    ck_assert_str_eq(told(loop), "w:ECANCELED");
    eddy_flag_done(NULL);
    ck_assert_int_eq(eddy_flag_set(&flag), -EINVAL);
    ck_assert_int_eq(eddy_flag_set(NULL), -EINVAL);
    ck_assert_int_eq(eddy_flag_clear(&none), -EINVAL);
    ck_assert(!eddy_flag_is_set(NULL));
    ck_assert_int_eq(result_of(loop, eddy_flag_wait(&none)), -EINVAL);
    ck_assert_int_eq(result_of(loop, eddy_flag_wait(NULL)), -EINVAL);
}
END_TEST

START_TEST(a_flag_belongs_to_one_loop)
{
    struct eddy_loop *other = virtual_loop(_i);

    set_up(_i);
    ck_assert_int_eq(eddy_flag_set(&flag), 0);
    ck_assert_int_eq(result_of(other, eddy_flag_wait(&flag)), -EXDEV);
    eddy_flag_done(&flag);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        all_who_wait_go_on_though_it_is_cleared_at_once,
        who_comes_to_a_set_flag_does_not_wait,
        who_is_cancelled_waits_no_longer,
        a_callback_may_wait_set_and_be_done,
        those_who_wait_are_told_when_it_goes,
        a_flag_belongs_to_one_loop,
    };
    Suite *suite = suite_create("flag");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
