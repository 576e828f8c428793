/* SPDX-License-Identifier: MIT */
/* test_barrier.c - what eddy/sync.h promises of barriers. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "sync_support.h"

static struct eddy_loop *loop;
static struct eddy_barrier barrier;
static struct eddy_request requests[8];

static void set_up(int index, size_t parties)
{
    loop = virtual_loop(index);
    ck_assert_int_eq(eddy_barrier_init(&barrier, loop, parties), 0);
    turns(loop, 1);
}

static void come(int i, const char *name)
{
    begin(loop, &requests[i], eddy_barrier_wait(&barrier), name);
}

START_TEST(each_has_its_place_when_all_are_there) /* Y7 */
{
    set_up(_i, 3);
    come(0, "a");
    come(1, "b");
    ck_assert_str_eq(told(loop), "");
    ck_assert_uint_eq(eddy_barrier_waiting(&barrier), 2);
    come(2, "c");
    ck_assert_uint_eq(eddy_barrier_waiting(&barrier), 0);
    ck_assert_str_eq(told(loop), "a:0 b:1 c:2");
    for (int i = 0; i < 3; i++) /* again */
        come(i, "w");
    ck_assert_str_eq(told(loop), "w:0 w:1 w:2");
    eddy_barrier_done(&barrier);
}
END_TEST

START_TEST(who_comes_late_waits_for_the_drain) /* Y7 */
{
    set_up(_i, 2);
    come(0, "a");
    ck_assert(at_once(loop, &requests[1], eddy_barrier_wait(&barrier), "b"));
    ck_assert(!at_once(loop, &requests[2], eddy_barrier_wait(&barrier), "c"));
    ck_assert_uint_eq(eddy_barrier_waiting(&barrier), 0);
    ck_assert(!at_once(loop, &requests[3], eddy_barrier_wait(&barrier), "d"));
    come(4, "e");
    ck_assert_str_eq(told(loop), "b:1 c:0 d:1 a:0"); /* promptly, in a drain */
    ck_assert_uint_eq(eddy_barrier_waiting(&barrier), 1);
    come(5, "f");
    ck_assert_str_eq(told(loop), "e:0 f:1");
    eddy_barrier_done(&barrier);
}
END_TEST

START_TEST(a_broken_one_fails_until_it_is_reset) /* Y7 */
{
    set_up(_i, 3);
    come(0, "a");
    come(1, "b");
    ck_assert_int_eq(eddy_barrier_abort(&barrier), 0);
    ck_assert(eddy_barrier_is_broken(&barrier));
    come(2, "c");
    ck_assert(at_once(loop, &requests[3], eddy_barrier_wait(&barrier), "d"));
    ck_assert_str_eq(told(loop), "d:EPIPE a:EPIPE b:EPIPE c:EPIPE");
    ck_assert_int_eq(eddy_barrier_reset(&barrier), 0);
    ck_assert(!eddy_barrier_is_broken(&barrier));
    for (int i = 0; i < 3; i++)
        come(i, "w");
    ck_assert_str_eq(told(loop), "w:0 w:1 w:2");
    eddy_barrier_done(&barrier);
}
END_TEST

START_TEST(a_reset_fails_those_who_wait) /* Y7 */
{
    set_up(_i, 2);
    come(0, "a");
    ck_assert_int_eq(eddy_barrier_reset(&barrier), 0);
    come(1, "b");
    ck_assert_str_eq(told(loop), "a:EPIPE");
    come(2, "c");
    come(3, "late");
    ck_assert_int_eq(eddy_barrier_reset(&barrier), 0);
    ck_assert_str_eq(told(loop), "b:0 c:1 late:EPIPE"); /* they were through */
    eddy_barrier_done(&barrier);
}
END_TEST

START_TEST(cancelling_one_leaves_a_place_to_be_filled) /* Y8 */
{
    set_up(_i, 3);
    come(0, "a");
    come(1, "b");
    eddy_request_cancel(&requests[0]);
    ck_assert_uint_eq(eddy_barrier_waiting(&barrier), 1);
    ck_assert(!eddy_barrier_is_broken(&barrier));
    come(2, "c");
    ck_assert_str_eq(told(loop), "a:ECANCELED");
    come(3, "d");
    come(4, "late");
    eddy_request_cancel(&requests[4]);
    eddy_request_cancel(&requests[1]); /* too late */
    ck_assert_uint_eq(eddy_barrier_waiting(&barrier), 0);
    ck_assert_str_eq(told(loop), "b:0 c:1 d:2 late:ECANCELED");
    eddy_barrier_done(&barrier);
}
END_TEST

START_TEST(one_party_never_waits)
{
    set_up(_i, 1);
    for (int i = 0; i < 4; i++)
        come(i, "w");
    run_out(loop);
    ck_assert_str_eq(marks(), "w:0 w:0 w:0 w:0");
    ck_assert(at_once(loop, &requests[0], eddy_barrier_wait(&barrier), "w"));
    eddy_barrier_done(&barrier);
}
END_TEST

static void finish(struct eddy_result result, void *arg)
{
    mark_done(result, arg);
    come(3, "late");
    eddy_barrier_done(&barrier);
    memset(&barrier, 0x5a, sizeof barrier);
}

START_TEST(a_callback_may_come_again_and_be_done)
{
    struct eddy_op op;

    set_up(_i, 3);
    op = eddy_barrier_wait(&barrier);
    eddy_begin(loop, &requests[0], &op, finish, word("a"));
    come(1, "b");
    come(2, "c");
    run_out(loop);
    ck_assert_str_eq(marks(), "a:0 b:1 c:2 late:ECANCELED");
}
END_TEST

START_TEST(what_is_no_barrier_answers_so)
{
    struct eddy_barrier none = { { 0 } };
    struct eddy_loop *other = virtual_loop(_i);

    set_up(_i, 2);
    come(0, "a");
    ck_assert_int_eq(result_of(other, eddy_barrier_wait(&barrier)), -EXDEV);
    for (int twice = 0; twice < 2; twice++)
        eddy_barrier_done(&barrier);
    ck_assert_str_eq(told(loop), "a:ECANCELED");
    eddy_barrier_done(NULL);
    ck_assert_int_eq(eddy_barrier_init(NULL, loop, 1), -EINVAL);
    ck_assert_int_eq(eddy_barrier_init(&none, loop, 0), -EINVAL);
    ck_assert_int_eq(eddy_barrier_abort(&none), -EINVAL);
    ck_assert_int_eq(eddy_barrier_reset(NULL), -EINVAL);
    ck_assert_uint_eq(eddy_barrier_waiting(NULL), 0);
    ck_assert(!eddy_barrier_is_broken(NULL));
    ck_assert_int_eq(result_of(loop, eddy_barrier_wait(&none)), -EINVAL);
    ck_assert_int_eq(result_of(loop, eddy_barrier_wait(NULL)), -EINVAL);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        each_has_its_place_when_all_are_there,
        who_comes_late_waits_for_the_drain,
        a_broken_one_fails_until_it_is_reset,
        a_reset_fails_those_who_wait,
        cancelling_one_leaves_a_place_to_be_filled,
        one_party_never_waits,
        a_callback_may_come_again_and_be_done,
        what_is_no_barrier_answers_so,
    };
    Suite *suite = suite_create("barrier");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
