/* SPDX-License-Identifier: MIT */
/* test_condition.c - what eddy/sync.h promises of conditions. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "sync_support.h"

static struct eddy_loop *loop;
static struct eddy_lock lock;
static struct eddy_condition condition;
static struct eddy_request requests[8];
static int owners[8]; /* as many, and the test is the last */

enum { ME = 7 };

static void set_up(int index)
{
    loop = virtual_loop(index);
    ck_assert_int_eq(eddy_lock_init(&lock, loop), 0);
    ck_assert_int_eq(eddy_condition_init(&condition, &lock), 0);
    turns(loop, 1);
}

static void acquire(int i)
{
    ck_assert_int_eq(result_of(loop, eddy_lock_acquire(&lock, &owners[i])), 0);
}

static void release(int i)
{
    ck_assert_int_eq(eddy_lock_release(&lock, &owners[i]), 0);
}

static void wait_for_news(int i, const char *name)
{
    acquire(i);
    begin(loop, &requests[i], eddy_condition_wait(&condition, &owners[i]),
          name);
    ck_assert(!eddy_lock_is_held(&lock));
}

static void tear_down(void)
{
    eddy_condition_done(&condition);
    eddy_lock_done(&lock);
}

START_TEST(waiting_lets_go_of_the_lock_and_has_it_again) /* Y5 */
{
    set_up(_i);
    wait_for_news(0, "a");
    acquire(ME);
    ck_assert_int_eq(eddy_condition_notify(&condition, &owners[ME], 1), 0);
    ck_assert_str_eq(told(loop), ""); /* it waits for the lock */
    release(ME);
    ck_assert_str_eq(told(loop), "a:0");
    release(0);
    tear_down();
}
END_TEST

START_TEST(waiting_and_notifying_need_the_lock) /* Y5 */
{
    void *mine = &owners[ME];

    set_up(_i);
    ck_assert_int_eq(result_of(loop, eddy_condition_wait(&condition, mine)),
                     -EPERM);
    ck_assert_int_eq(eddy_condition_notify(&condition, mine, 1), -EPERM);
    acquire(0);
    ck_assert_int_eq(result_of(loop, eddy_condition_wait(&condition, mine)),
                     -EPERM);
    ck_assert_int_eq(eddy_condition_notify(&condition, mine, 1), -EPERM);
    ck_assert_int_eq(eddy_condition_notify_all(&condition, mine), -EPERM);
    tear_down();
}
END_TEST

START_TEST(as_many_are_woken_as_were_notified) /* Y5 */
{
    set_up(_i);
    for (int i = 0; i < 5; i++)
        wait_for_news(i, i < 2 ? "early" : "late");
    acquire(ME);
    ck_assert_int_eq(eddy_condition_notify(&condition, &owners[ME], 2), 0);
    release(ME);
    ck_assert_str_eq(told(loop), "early:0");
    release(0);
    ck_assert_str_eq(told(loop), "early:0");
    ck_assert_int_eq(eddy_condition_notify_all(&condition, &owners[1]), 0);
    release(1);
    for (int i = 2; i < 5; i++) {
        ck_assert_str_eq(told(loop), "late:0");
        release(i);
    }
    ck_assert_str_eq(told(loop), "");
    tear_down();
}
END_TEST

START_TEST(who_is_cancelled_has_the_lock_again_first) /* Y5 */
{
    set_up(_i);
    wait_for_news(0, "a");
    eddy_request_cancel(&requests[0]);
    ck_assert(eddy_lock_is_held(&lock));
    ck_assert_str_eq(told(loop), "a:ECANCELED");
    release(0);
    wait_for_news(1, "b");
    acquire(ME);
    eddy_request_cancel(&requests[1]);
    ck_assert_str_eq(told(loop), "");
    release(ME);
    ck_assert_str_eq(told(loop), "b:ECANCELED");
    release(1);
    acquire(2);
    ck_assert_int_eq(
        result_of(loop,
                  eddy_within(5, eddy_condition_wait(&condition, &owners[2]))),
        -ETIME);
    release(2);
    tear_down();
}
END_TEST

START_TEST(a_cancel_after_the_news_does_not_lose_them) /* Y5 */
{
    set_up(_i);
    wait_for_news(0, "a");
    acquire(ME);
    ck_assert_int_eq(eddy_condition_notify(&condition, &owners[ME], 1), 0);
    eddy_request_cancel(&requests[0]);
    release(ME);
    ck_assert_str_eq(told(loop), "a:0");
    release(0);
    tear_down();
}
END_TEST

START_TEST(news_that_nobody_takes_go_to_the_next)
{
    set_up(_i);
    wait_for_news(0, "a");
    wait_for_news(1, "b");
    acquire(ME);
    ck_assert_int_eq(eddy_condition_notify(&condition, &owners[ME], 1), 0);
    release(ME);
    eddy_request_discard(&requests[0]);
    ck_assert_str_eq(told(loop), "a:ECANCELED");
    release(0); /* it has the lock all the same */
    ck_assert_str_eq(told(loop), "b:0");
    release(1);
    tear_down();
}
END_TEST

START_TEST(those_who_wait_are_told_when_it_goes)
{
    set_up(_i);
    wait_for_news(0, "a");
    wait_for_news(1, "b");
    wait_for_news(2, "c");
    acquire(ME);
    ck_assert_int_eq(eddy_condition_notify(&condition, &owners[ME], 1), 0);
    eddy_request_discard(&requests[0]);
    for (int twice = 0; twice < 2; twice++)
        eddy_condition_done(&condition);
    memset(&condition, 0x5a, sizeof condition);
    release(ME);
    ck_assert_str_eq(told(loop), "a:ECANCELED");
    release(0);
    ck_assert_str_eq(told(loop), "b:ECANCELED");
    release(1);
    eddy_lock_done(&lock);
    ck_assert_str_eq(told(loop), "c:ECANCELED");
}
END_TEST

START_TEST(a_freed_loop_waits_for_no_lock)
{
    set_up(_i);
    wait_for_news(0, "news");
    wait_for_news(1, "lock");
    acquire(ME);
    ck_assert_int_eq(eddy_condition_notify(&condition, &owners[ME], 1), 0);
    free_loop(loop);
    ck_assert_str_eq(marks(), "news:ESHUTDOWN lock:ESHUTDOWN");
    tear_down();
}
END_TEST

START_TEST(what_is_no_condition_answers_so)
{
    struct eddy_condition none = { { 0 } };
    struct eddy_lock no_lock = { { 0 } };

    set_up(_i);
    ck_assert_int_eq(eddy_condition_init(NULL, &lock), -EINVAL);
    ck_assert_int_eq(eddy_condition_init(&none, NULL), -EINVAL);
    ck_assert_int_eq(eddy_condition_init(&none, &no_lock), -EINVAL);
    ck_assert_int_eq(eddy_condition_notify(&none, NULL, 1), -EINVAL);
    ck_assert_int_eq(eddy_condition_notify_all(NULL, NULL), -EINVAL);
    ck_assert_int_eq(result_of(loop, eddy_condition_wait(NULL, NULL)), -EINVAL);
    ck_assert_int_eq(result_of(loop, eddy_condition_wait(&none, NULL)),
                     -EINVAL);
    eddy_condition_done(NULL);
    eddy_condition_done(&none);
    tear_down();
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        waiting_lets_go_of_the_lock_and_has_it_again,
        waiting_and_notifying_need_the_lock,
        as_many_are_woken_as_were_notified,
        who_is_cancelled_has_the_lock_again_first,
        a_cancel_after_the_news_does_not_lose_them,
        news_that_nobody_takes_go_to_the_next,
        those_who_wait_are_told_when_it_goes,
        a_freed_loop_waits_for_no_lock,
        what_is_no_condition_answers_so,
    };
    Suite *suite = suite_create("condition");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
