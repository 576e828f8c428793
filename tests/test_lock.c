/* SPDX-License-Identifier: MIT */
/* test_lock.c - what eddy/sync.h promises of locks. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include <eddy/scope.h>

#include "sync_support.h"

static struct eddy_loop *loop;
static struct eddy_lock lock;
static struct eddy_request requests[8];
static int me, you; /* owners */

static void set_up(int index)
{
    loop = virtual_loop(index);
    ck_assert_int_eq(eddy_lock_init(&lock, loop), 0);
    turns(loop, 1);
}

START_TEST(a_lock_is_had_by_one_at_a_time) /* Y1 */
{
    set_up(_i);
    begin(loop, &requests[0], eddy_lock_acquire(&lock, NULL), "a");
    begin(loop, &requests[1], eddy_lock_acquire(&lock, NULL), "b");
    begin(loop, &requests[2], eddy_lock_acquire(&lock, NULL), "c");
    ck_assert_str_eq(marks(), ""); /* never inside the call */
    ck_assert_str_eq(told(loop), "a:0");
    ck_assert(eddy_lock_is_held(&lock));
    ck_assert_int_eq(eddy_lock_release(&lock, NULL), 0);
    ck_assert_str_eq(told(loop), "b:0");
    ck_assert_int_eq(eddy_lock_release(&lock, NULL), 0);
    ck_assert_str_eq(told(loop), "c:0");
    ck_assert_int_eq(eddy_lock_release(&lock, NULL), 0);
    ck_assert(!eddy_lock_is_held(&lock));
    eddy_lock_done(&lock);
}
END_TEST

START_TEST(releasing_a_free_lock_is_refused) /* Y1 */
{
    set_up(_i);
    ck_assert_int_eq(eddy_lock_release(&lock, NULL), -EPERM);
    ck_assert_int_eq(eddy_lock_release(&lock, &me), -EPERM);
    eddy_lock_done(&lock);
}
END_TEST

START_TEST(nobody_gets_past_those_who_wait) /* Y2 */
{
    set_up(_i);
    ck_assert(at_once(loop, &requests[0], eddy_lock_acquire(&lock, &me), "a"));
    begin(loop, &requests[1], eddy_lock_acquire(&lock, &you), "b");
    ck_assert_int_eq(eddy_lock_release(&lock, &me), 0);
    ck_assert(!at_once(loop, &requests[2], eddy_lock_acquire(&lock, &me), "c"));
    ck_assert_str_eq(told(loop), "a:0 b:0");
    ck_assert_int_eq(eddy_lock_release(&lock, &you), 0);
    ck_assert_str_eq(told(loop), "c:0");
    eddy_lock_done(&lock);
}
END_TEST

START_TEST(a_foreign_release_and_a_second_acquire_are_refused) /* K15 */
{
    set_up(_i);
    ck_assert_int_eq(result_of(loop, eddy_lock_acquire(&lock, &me)), 0);
    ck_assert_int_eq(result_of(loop, eddy_lock_acquire(&lock, &me)), -EDEADLK);
    ck_assert(at_once(loop, &requests[0], eddy_lock_acquire(&lock, &me), "a"));
    ck_assert_str_eq(marks(), "a:EDEADLK");
    ck_assert_int_eq(eddy_lock_release(&lock, &you), -EPERM);
    ck_assert_int_eq(eddy_lock_release(&lock, NULL), -EPERM);
    ck_assert_int_eq(eddy_lock_release(&lock, &me), 0);
    ck_assert_int_eq(eddy_lock_release(&lock, &me), -EPERM);
    eddy_lock_done(&lock);
}
END_TEST

START_TEST(who_is_cancelled_leaves_the_line)
{
    set_up(_i);
    for (int i = 0; i < 4; i++)
        begin(loop, &requests[i], eddy_lock_acquire(&lock, NULL), "w");
    eddy_request_cancel(&requests[1]);
    eddy_request_cancel(&requests[3]);
    ck_assert_str_eq(told(loop), "w:0 w:ECANCELED w:ECANCELED");
    ck_assert_int_eq(eddy_lock_release(&lock, NULL), 0);
    ck_assert_str_eq(told(loop), "w:0");
    ck_assert_int_eq(eddy_lock_release(&lock, NULL), 0);
    ck_assert_int_eq(
        result_of(loop, eddy_within(5, eddy_lock_acquire(&lock, &me))), 0);
    ck_assert_int_eq(
        result_of(loop, eddy_within(5, eddy_lock_acquire(&lock, &you))),
        -ETIME);
    eddy_lock_done(&lock);
}
END_TEST

START_TEST(who_was_chosen_has_it_though_cancelled) /* Y3 */
{
    set_up(_i);
    begin(loop, &requests[0], eddy_lock_acquire(&lock, &me), "a");
    begin(loop, &requests[1], eddy_lock_acquire(&lock, &you), "b");
    eddy_request_cancel(&requests[0]);
    ck_assert_str_eq(told(loop), "a:0");
    ck_assert_int_eq(eddy_lock_release(&lock, &me), 0);
    eddy_request_cancel(&requests[1]);
    ck_assert_str_eq(told(loop), "b:0");
    eddy_lock_done(&lock);
}
END_TEST

START_TEST(who_does_not_take_it_passes_it_on) /* Y3 */
{
    set_up(_i);
    ck_assert_int_eq(result_of(loop, eddy_lock_acquire(&lock, &me)), 0);
    begin(loop, &requests[0], eddy_lock_acquire(&lock, &you), "a");
    begin(loop, &requests[1], eddy_lock_acquire(&lock, NULL), "b");
    ck_assert_int_eq(eddy_lock_release(&lock, &me), 0);
    eddy_request_discard(&requests[0]); /* chosen already */
    ck_assert_str_eq(told(loop), "a:ECANCELED b:0");
    ck_assert_int_eq(eddy_lock_release(&lock, NULL), 0);
    (void)eddy_start(loop, eddy_lock_acquire(&lock, &me), NULL, NULL, NULL);
    ck_assert(eddy_lock_is_held(&lock));
    turns(loop, 1);
    ck_assert(!eddy_lock_is_held(&lock));
    eddy_lock_done(&lock);
}
END_TEST

START_TEST(of_two_locks_any_keeps_one) /* Y3 */
{
    struct eddy_lock other;
    struct eddy_child children[2];

    set_up(_i);
    ck_assert_int_eq(eddy_lock_init(&other, loop), 0);
    children[0].op = eddy_lock_acquire(&lock, &me);
    children[1].op = eddy_lock_acquire(&other, &me);
    ck_assert_int_eq(result_of(loop, eddy_any(children, 2)), 0);
    ck_assert(eddy_lock_is_held(&lock));
    ck_assert(!eddy_lock_is_held(&other));
    eddy_lock_done(&other);
    eddy_lock_done(&lock);
}
END_TEST

START_TEST(released_before_it_was_told_it_is_not_put_back_again)
{
    set_up(_i);
    begin(loop, &requests[0], eddy_lock_acquire(&lock, &me), "a");
    ck_assert_int_eq(eddy_lock_release(&lock, &me), 0);
    begin(loop, &requests[1], eddy_lock_acquire(&lock, &you), "b");
    eddy_request_discard(&requests[0]);
    ck_assert_str_eq(told(loop), "a:ECANCELED b:0");
    ck_assert_int_eq(eddy_lock_release(&lock, &you), 0);
    eddy_lock_done(&lock);
}
END_TEST

START_TEST(those_who_wait_are_told_when_it_goes)
{
    set_up(_i);
    for (int i = 0; i < 3; i++)
        begin(loop, &requests[i], eddy_lock_acquire(&lock, NULL), "w");
    eddy_request_discard(&requests[0]); /* which has it, and gives it to none */
    eddy_lock_done(&lock);
    memset(&lock, 0x5a, sizeof lock);
    ck_assert_str_eq(told(loop), "w:ECANCELED w:ECANCELED w:ECANCELED");
}
END_TEST

START_TEST(what_is_no_lock_answers_so)
{
    struct eddy_lock none = { { 0 } };

    set_up(_i);
    ck_assert_int_eq(eddy_lock_init(NULL, loop), -EINVAL);
    ck_assert_int_eq(eddy_lock_init(&none, NULL), -EINVAL);
    ck_assert_int_eq(eddy_lock_release(NULL, NULL), -EINVAL);
    ck_assert_int_eq(eddy_lock_release(&none, NULL), -EINVAL);
    ck_assert_int_eq(result_of(loop, eddy_lock_acquire(NULL, &me)), -EINVAL);
    ck_assert_int_eq(result_of(loop, eddy_lock_acquire(&none, &me)), -EINVAL);
    ck_assert(!eddy_lock_is_held(NULL));
    eddy_lock_done(NULL);
    eddy_lock_done(&none);
    for (int twice = 0; twice < 2; twice++)
        eddy_lock_done(&lock);
    ck_assert_int_eq(result_of(loop, eddy_lock_acquire(&lock, &me)), -EINVAL);
}
END_TEST

START_TEST(a_lock_belongs_to_one_loop)
{
    struct eddy_loop *other = virtual_loop(_i);

    set_up(_i);
    ck_assert_int_eq(result_of(other, eddy_lock_acquire(&lock, &me)), -EXDEV);
    ck_assert(
        !at_once(other, &requests[0], eddy_lock_acquire(&lock, &me), "") ||
        strcmp(marks(), ":EXDEV") == 0);
    run_out(other);
    eddy_lock_done(&lock);
}
END_TEST

START_TEST(a_freed_loop_leaves_the_lock_to_be_done_with)
{
    set_up(_i);
    for (int i = 0; i < 3; i++)
        begin(loop, &requests[i], eddy_lock_acquire(&lock, NULL), "w");
    free_loop(loop);
    ck_assert_str_eq(marks(), "w:0 w:ECANCELED w:ECANCELED");
    eddy_lock_done(&lock);
}
END_TEST

/* ---- Inside -------------------------------------------------------------- */

static void release_and_acquire(struct eddy_result result, void *arg)
{
    mark_done(result, arg);
    ck_assert_int_eq(eddy_lock_release(&lock, NULL), 0);
    begin(loop, &requests[2], eddy_lock_acquire(&lock, NULL), "again");
}

static void release_and_finish(struct eddy_result result, void *arg)
{
    mark_done(result, arg);
    ck_assert_int_eq(eddy_lock_release(&lock, NULL), 0);
    eddy_lock_done(&lock);
    memset(&lock, 0x5a, sizeof lock);
}

START_TEST(a_callback_may_release_acquire_and_be_done)
{
    struct eddy_op op;

    set_up(_i);
    op = eddy_lock_acquire(&lock, NULL);
    eddy_begin(loop, &requests[0], &op, release_and_acquire, word("a"));
    eddy_begin(loop, &requests[1], &op, release_and_finish, word("b"));
    run_out(loop);
    ck_assert_str_eq(marks(), "a:0 b:0 again:0");
}
END_TEST

START_TEST(what_passes_between_coroutines_needs_no_round)
{
    set_up(_i);
    ck_assert(at_once(loop, &requests[0], eddy_lock_acquire(&lock, &me), "a"));
    ck_assert(
        !at_once(loop, &requests[1], eddy_lock_acquire(&lock, &you), "b"));
    ck_assert_int_eq(eddy_lock_release(&lock, &me), 0);
    ck_assert_str_eq(marks(), "a:0 b:0"); /* without a turn */
    eddy_lock_done(&lock);
}
END_TEST

/* ---- For a block --------------------------------------------------------- */

static struct eddy_result leave_in_all_ways(struct eddy_task *self, void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++) {
        EDDY_AUTO_LOCK(self, held, &lock);
        ck_assert_int_eq(held.n, 0);
        ck_assert(eddy_lock_is_held(&lock));
        if (i == 0)
            continue;
        if (i == 1)
            goto next;
        return eddy_n(7);
    next:
        ck_assert(eddy_lock_is_held(&lock));
    }
    return eddy_n(-1);
}

START_TEST(a_lock_for_a_block_is_released_on_every_way_out)
{
    set_up(_i);
    ck_assert_int_eq(eddy_loop_run_task(loop, leave_in_all_ways, NULL).n, 7);
    ck_assert(!eddy_lock_is_held(&lock));
    eddy_lock_done(&lock);
}
END_TEST

static struct eddy_result release_early(struct eddy_task *self, void *arg)
{
    EDDY_AUTO_LOCK(self, held, &lock);
    ck_assert_int_eq(held.n, 0);
    eddy_held_release(&held);
    ck_assert(!eddy_lock_is_held(&lock));
    begin(loop, &requests[0], eddy_lock_acquire(&lock, arg), "a");
    eddy_held_release(&held);
    return eddy_n(0);
}

START_TEST(released_early_it_is_not_released_again)
{
    set_up(_i);
    ck_assert_int_eq(eddy_loop_run_task(loop, release_early, &you).n, 0);
    ck_assert_str_eq(told(loop), "a:0");
    ck_assert_int_eq(eddy_lock_release(&lock, &you), 0);
    eddy_held_release(NULL);
    eddy_lock_done(&lock);
}
END_TEST

static struct eddy_result wait_in_vain(struct eddy_task *self, void *arg)
{
    struct eddy_scope_options second = { .timeout_ns = EDDY_SECOND };
    struct eddy_scope scope;

    (void)arg;
    ck_assert_int_eq(eddy_scope_open(self, &scope, &second), 0);
    {
        EDDY_AUTO_LOCK(self, held, &lock);
        ck_assert_int_eq(held.n, -ECANCELED);
    }
    return eddy_n(eddy_scope_close(&scope, -ECANCELED));
}

START_TEST(who_is_cancelled_before_releases_nothing)
{
    set_up(_i);
    begin(loop, &requests[0], eddy_lock_acquire(&lock, &me), "a");
    ck_assert_int_eq(eddy_loop_run_task(loop, wait_in_vain, NULL).n, -ETIME);
    ck_assert(eddy_lock_is_held(&lock));
    ck_assert_int_eq(eddy_lock_release(&lock, &me), 0);
    eddy_lock_done(&lock);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        a_lock_is_had_by_one_at_a_time,
        releasing_a_free_lock_is_refused,
        nobody_gets_past_those_who_wait,
        a_foreign_release_and_a_second_acquire_are_refused,
        who_is_cancelled_leaves_the_line,
        who_was_chosen_has_it_though_cancelled,
        who_does_not_take_it_passes_it_on,
        of_two_locks_any_keeps_one,
        released_before_it_was_told_it_is_not_put_back_again,
        those_who_wait_are_told_when_it_goes,
        what_is_no_lock_answers_so,
        a_lock_belongs_to_one_loop,
        a_freed_loop_leaves_the_lock_to_be_done_with,
        a_callback_may_release_acquire_and_be_done,
        what_passes_between_coroutines_needs_no_round,
        a_lock_for_a_block_is_released_on_every_way_out,
        released_early_it_is_not_released_again,
        who_is_cancelled_before_releases_nothing,
    };
    Suite *suite = suite_create("lock");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
