/* SPDX-License-Identifier: MIT */
/* test_scope_cancel.c - ending what is in a scope, and keeping that out. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <unistd.h>

#include "scope_support.h"

#define S EDDY_SECOND

/* ---- Again and again ----------------------------------------------------- */

static struct eddy_result be_refused(struct eddy_task *self, void *loop)
{
    struct eddy_scope scope;

    open_scope(self, &scope, 0, 0);
    call_after(loop, S, cancel_scope, &scope);
    expect_sleep(self, 9 * S, -ECANCELED);
    for (int i = 0; i < 100; i++) {
        expect_sleep(self, 0, -ECANCELED);
        ck_assert_int_eq(eddy_task_yield(self), -ECANCELED);
        ck_assert_int_eq(eddy_task_check(self), -ECANCELED);
        ck_assert_int_eq(eddy_await(self, eddy_all(NULL, 0)), -ECANCELED);
    }
    ck_assert_int_eq(elapsed_ns(), S);
    ck_assert_int_eq(eddy_task_cancelling(self), 0);
    expect_close(&scope, -ECANCELED, 0);
    ck_assert_int_eq(eddy_task_check(self), 0);
    expect_sleep(self, S, 0);
    return eddy_n(0);
}

START_TEST(every_await_is_refused_until_the_scope_is_left) /* K6 Z6 */
{
    (void)play(_i, be_refused);
}
END_TEST

static struct eddy_result be_told_once(struct eddy_task *self, void *loop)
{
    struct eddy_scope scope;

    open_scope(self, &scope, 0, 0);
    call_after(loop, S, cancel_task, self);
    expect_sleep(self, 9 * S, -ECANCELED);
    expect_sleep(self, S, 0);
    expect_close(&scope, 0, 0);
    expect_sleep(self, S, 0);
    return eddy_n(0);
}

START_TEST(of_being_asked_to_end_a_task_is_told_once) /* Z6 */
{
    (void)play(_i, be_told_once);
}
END_TEST

static struct eddy_result do_at_once(struct eddy_task *self, void *loop)
{
    struct eddy_op nothing = eddy_all(NULL, 0);
    struct eddy_scope scope;

    (void)loop;
    ck_assert_int_eq(eddy_await(self, nothing), 0);
    open_scope(self, &scope, 0, 0);
    ck_assert_int_eq(eddy_await(self, nothing), 0);
    cancel_scope(&scope);
    ck_assert_int_eq(eddy_await(self, nothing), -ECANCELED);
    expect_close(&scope, 0, 0); /* told, and not minded: nothing to tell */
    ck_assert_int_eq(eddy_await(self, nothing), 0);
    return eddy_n(0);
}

START_TEST(what_would_be_done_at_once_is_refused_too) /* K11 */
{
    (void)play(_i, do_at_once);
}
END_TEST

/* ---- When, and by whom --------------------------------------------------- */

static struct eddy_result cancel_before(struct eddy_task *self, void *loop)
{
    struct eddy_scope scope;

    (void)loop;
    open_scope(self, &scope, 0, 0);
    ck_assert_int_eq(eddy_scope_cancel(&scope, "first"), 0);
    ck_assert_int_eq(eddy_scope_cancel(&scope, "second"), 0);
    ck_assert_str_eq(eddy_task_reason(self), "first");
    ck_assert(eddy_scope_cancelled(&scope) && eddy_scope_stopping(&scope));
    ck_assert(!eddy_scope_expired(&scope));
    expect_close(&scope, 0, 0);
    ck_assert_int_eq(eddy_scope_cancel(&scope, "third"), -EALREADY);
    ck_assert(eddy_scope_cancelled(&scope));
    ck_assert_ptr_null(eddy_task_reason(self));
    ck_assert_int_eq(eddy_scope_cancel(NULL, NULL), -EINVAL);
    return eddy_n(0);
}

START_TEST(cancelling_may_come_before_anything_and_counts_once) /* K5 */
{
    (void)play(_i, cancel_before);
}
END_TEST

static struct eddy_result cancel_after_second(struct eddy_task *self,
                                              void *scope)
{
    expect_sleep(self, S, 0);
    cancel_scope(scope);
    return eddy_n(0);
}

enum by { BY_TIMER, BY_POST, BY_SIBLING, BY_CHILD, BY_ITSELF, ALL };

static void have_cancelled(struct eddy_loop *loop, struct eddy_scope *scope,
                           enum by by)
{
    if (by == BY_TIMER)
        call_after(loop, S, cancel_scope, scope);
    if (by == BY_POST)
        ck_assert_int_eq(eddy_loop_post(loop, cancel_scope, scope), 0);
    if (by == BY_SIBLING)
        ck_assert_int_eq(
            eddy_spawn(eddy_loop_scope(loop), cancel_after_second, scope, NULL),
            0);
    if (by == BY_CHILD)
        ck_assert_int_eq(eddy_spawn(scope, cancel_after_second, scope, NULL),
                         0);
    if (by == BY_ITSELF)
        cancel_scope(scope);
}

static struct eddy_result cancel_by_all(struct eddy_task *self, void *loop)
{
    for (enum by by = BY_TIMER; by < ALL; by++) {
        struct child child = { .sleep_ns = 9 * S };
        struct eddy_scope scope;

        open_scope(self, &scope, 0, 0);
        spawn_children(&scope, &child, 1);
        have_cancelled(loop, &scope, by);
        expect_sleep(self, 9 * S, -ECANCELED);
        ck_assert_str_eq(eddy_task_reason(self), "so it was said");
        expect_close(&scope, -ECANCELED, 0);
        ck_assert_int_eq(child.told, by == BY_ITSELF ? NOT_TOLD : -ECANCELED);
    }
    return eddy_n(0);
}

START_TEST(anybody_may_cancel_a_scope) /* K4 K5 */
{
    (void)play(_i, cancel_by_all);
}
END_TEST

/* A child that is new, one that is ready, one that waits, and one that joins a
 * child of its own. */
static struct eddy_result yield_on(struct eddy_task *self, void *count)
{
    while (eddy_task_yield(self) == 0)
        ++*(int *)count;
    return eddy_n(-ECANCELED);
}

static struct eddy_result join_own(struct eddy_task *self, void *child)
{
    struct eddy_scope scope;
    int err;

    open_scope(self, &scope, 0, 0);
    spawn_children(&scope, child, 1);
    err = eddy_scope_close(&scope, 0);
    ck_assert_int_eq(err, -ECANCELED);
    return eddy_n(err);
}

static struct eddy_result cancel_in_each_state(struct eddy_task *self,
                                               void *loop)
{
    enum { NEW, READY, WAITING, JOINING, COUNT_OF_TASKS };
    static const enum eddy_task_state states[] = {
        EDDY_TASK_NEW, EDDY_TASK_READY, EDDY_TASK_WAITING, EDDY_TASK_WAITING
    };
    struct child children[] = { { .sleep_ns = S }, { .sleep_ns = 9 * S } };
    struct eddy_task *tasks[COUNT_OF_TASKS];
    struct eddy_task_options options = { 0 };
    struct eddy_scope scope;
    int yields = 0;

    (void)loop;
    open_scope(self, &scope, 0, 0);
    options.ret_task = &tasks[JOINING];
    ck_assert_int_eq(eddy_spawn(&scope, join_own, &children[1], &options), 0);
    options.ret_task = &tasks[READY];
    ck_assert_int_eq(eddy_spawn(&scope, yield_on, &yields, &options), 0);
    options.ret_task = &tasks[WAITING];
    ck_assert_int_eq(eddy_spawn(&scope, join_own, &children[0], &options), 0);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(eddy_task_yield(self), 0);
    options.ret_task = &tasks[NEW];
    ck_assert_int_eq(eddy_spawn(&scope, yield_on, NULL, &options), 0);
    for (int i = 0; i < COUNT_OF_TASKS; i++)
        ck_assert_int_eq(eddy_task_state(tasks[i]), states[i]);
    cancel_scope(&scope);
    expect_close(&scope, 0, 0);
    ck_assert_int_gt(yields, 0);
    expect_child(&children[0], -ECANCELED, 0);
    for (int i = 0; i < COUNT_OF_TASKS; i++) {
        ck_assert_int_eq(eddy_task_state(tasks[i]), EDDY_TASK_OVER);
        ck_assert_str_eq(eddy_task_reason(tasks[i]), "so it was said");
        ck_assert_int_eq(eddy_await(self, eddy_join(tasks[i])), -ECANCELED);
        eddy_task_unref(tasks[i]);
    }
    return eddy_n(0);
}

START_TEST(tasks_in_any_state_are_cancelled) /* K4 */
{
    (void)play(_i, cancel_in_each_state);
}
END_TEST

/* ---- What ends here, and what goes on ------------------------------------ */

static struct eddy_result absorb(struct eddy_task *self, void *loop)
{
    static const struct {
        bool outer, inner;
        int inner_result;
    } cases[] = { { false, true, 0 },
                  { true, false, -ECANCELED },
                  { true, true, -ECANCELED } };

    (void)loop;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct eddy_scope outer, inner;

        open_scope(self, &outer, 0, 0);
        open_scope(self, &inner, 0, 0);
        if (cases[i].inner)
            cancel_scope(&inner);
        if (cases[i].outer)
            cancel_scope(&outer);
        expect_sleep(self, S, -ECANCELED);
        expect_close(&inner, -ECANCELED, cases[i].inner_result);
        ck_assert_int_eq(eddy_task_check(self),
                         cases[i].outer ? -ECANCELED : 0);
        expect_close(&outer, cases[i].inner_result, 0);
        ck_assert_int_eq(eddy_task_check(self), 0);
    }
    return eddy_n(0);
}

START_TEST(a_scope_absorbs_only_its_own_cancelling) /* K8 */
{
    (void)play(_i, absorb);
}
END_TEST

static struct eddy_result fail_while_cancelled(struct eddy_task *self,
                                               void *loop)
{
    struct child child = { .sleep_ns = 9 * S, .cancelled_n = -EIO };
    struct eddy_scope outer, inner;

    open_scope(self, &outer, 0, 0);
    open_scope(self, &inner, 0, 0);
    spawn_children(&inner, &child, 1);
    call_after(loop, S, cancel_scope, &outer);
    expect_sleep(self, 9 * S, -ECANCELED);
    expect_close(&inner, -ECANCELED, -EIO);
    expect_close(&outer, 0, 0); /* the owner has dealt with it */
    open_scope(self, &outer, 0, 0);
    cancel_scope(&outer);
    expect_close(&outer, -EPIPE, -EPIPE);
    return eddy_n(0);
}

START_TEST(other_errors_remain) /* K8 */
{
    (void)play(_i, fail_while_cancelled);
}
END_TEST

static struct eddy_result end_for_no_reason(struct eddy_task *self, void *loop)
{
    struct child children[] = { { .sleep_ns = 9 * S }, { .sleep_ns = S } };
    struct eddy_scope scope;

    (void)loop;
    open_scope(self, &scope, 0, 0);
    expect_close(&scope, -ECANCELED, -ECANCELED); /* it is not the scope's */
    open_scope(self, &scope, 0, 0);
    spawn_children(&scope, children, 2);
    ck_assert_int_eq(eddy_task_yield(self), 0);
    expect_close(&scope, -ECANCELED, -ECANCELED);
    expect_child(&children[0], -ECANCELED, 0);
    ck_assert_int_eq(eddy_task_check(self), 0);
    return eddy_n(0);
}

START_TEST(a_cancelling_that_is_not_the_scopes_goes_on)
{
    (void)play(_i, end_for_no_reason);
}
END_TEST

/* ---- A task asked to end, and its scopes --------------------------------- */

static struct eddy_result ask_and_cancel(struct eddy_task *self, void *loop)
{
    struct eddy_scope scope;

    (void)loop;
    open_scope(self, &scope, 0, 0);
    cancel_task(self);
    cancel_scope(&scope);
    expect_sleep(self, S, -ECANCELED);
    expect_close(&scope, -ECANCELED, -ECANCELED); /* for both */
    ck_assert_int_eq(eddy_task_check(self), 0);

    open_scope(self, &scope, 0, 0); /* the other way: not told yet */
    cancel_task(self);
    cancel_scope(&scope);
    expect_close(&scope, 0, 0);
    expect_sleep(self, S, -ECANCELED);
    expect_sleep(self, S, 0);

    cancel_task(self); /* asked before the scope was opened */
    open_scope(self, &scope, 0, 0);
    cancel_scope(&scope);
    expect_sleep(self, S, -ECANCELED);
    expect_close(&scope, -ECANCELED, 0);
    expect_sleep(self, S, -ECANCELED);
    expect_sleep(self, S, 0);
    return eddy_n(0);
}

START_TEST(a_task_asked_to_end_in_a_cancelled_scope_loses_neither) /* K8 */
{
    (void)play(_i, ask_and_cancel);
}
END_TEST

static struct eddy_result ask_then_cancel(struct eddy_task *self, void *loop)
{
    struct eddy_scope outer, inner;

    open_scope(self, &outer, 0, 0);
    open_scope(self, &inner, 0, 0);
    call_after(loop, S, cancel_task, self);
    expect_sleep(self, 9 * S, -ECANCELED);
    cancel_scope(&inner); /* as one might, on the way out */
    cancel_scope(&outer);
    expect_close(&inner, -ECANCELED, -ECANCELED);
    expect_close(&outer, -ECANCELED, -ECANCELED);
    open_scope(self, &outer, 0, 0); /* what was before does not count */
    cancel_scope(&outer);
    expect_close(&outer, -ECANCELED, 0);
    open_scope(self, &outer, 0, 0); /* nor what has been dealt with */
    call_after(loop, S, cancel_task, self);
    expect_sleep(self, 9 * S, -ECANCELED);
    ck_assert_int_eq(eddy_task_uncancel(self), 1);
    cancel_scope(&outer);
    expect_close(&outer, -ECANCELED, 0);
    return eddy_n(0);
}

START_TEST(a_scope_does_not_absorb_that_its_owner_was_asked_to_end) /* K8 */
{
    (void)play(_i, ask_then_cancel);
}
END_TEST

enum when { BEFORE = 1, MEANWHILE = 2, BOTH = 3 };

static struct eddy_result ask_around_join(struct eddy_task *self, void *loop)
{
    for (enum when when = BEFORE; when <= BOTH; when++) {
        struct child children[] = { { .sleep_ns = 9 * S },
                                    { .sleep_ns = 9 * S, .late_ns = 2 * S } };
        struct eddy_scope scope;
        int64_t start = elapsed_ns();

        open_scope(self, &scope, 0, 0);
        spawn_children(&scope, children, 2);
        ck_assert_int_eq(eddy_task_yield(self), 0);
        if ((when & BEFORE) != 0)
            cancel_task(self);
        if ((when & MEANWHILE) != 0)
            call_after(loop, S, cancel_task, self);
        expect_close(&scope, 0, -ECANCELED);
        ck_assert_int_eq(elapsed_ns() - start,
                         when == MEANWHILE ? 3 * S : 2 * S);
        ck_assert_int_eq(eddy_task_check(self), 0);
    }
    ck_assert_int_eq(eddy_task_cancelling(self), 4);
    return eddy_n(0);
}

START_TEST(to_close_is_to_wait_for_who_was_asked_to_end) /* TG5 Z6 */
{
    (void)play(_i, ask_around_join);
}
END_TEST

struct asker {
    struct eddy_task *child, *owner;
};

/* Runs after the last child, and before the owner. */
static struct eddy_result ask_after(struct eddy_task *self, void *arg)
{
    struct asker *asker = arg;

    ck_assert_int_eq(eddy_await(self, eddy_join(asker->child)), 0);
    cancel_task(asker->owner);
    return eddy_n(0);
}

static struct eddy_result sleep_one(struct eddy_task *self, void *arg)
{
    (void)arg;
    expect_sleep(self, S, 0);
    return eddy_n(0);
}

static struct eddy_result ask_when_joined(struct eddy_task *self, void *loop)
{
    struct asker asker = { .owner = self };
    struct eddy_task_options options = { .ret_task = &asker.child };
    struct eddy_scope outer, scope;

    (void)loop;
    open_scope(self, &outer, 0, 0);
    open_scope(self, &scope, 0, 0);
    ck_assert_int_eq(eddy_spawn(&scope, sleep_one, NULL, &options), 0);
    ck_assert_int_eq(eddy_spawn(&outer, ask_after, &asker, NULL), 0);
    expect_close(&scope, 0, 0);
    expect_sleep(self, S, -ECANCELED);
    cancel_task(self);
    expect_close(&outer, 0, 0); /* there is nothing to wait for */
    expect_sleep(self, S, -ECANCELED);
    expect_sleep(self, S, 0);
    eddy_task_unref(asker.child);
    return eddy_n(0);
}

START_TEST(a_join_that_is_done_is_done_and_the_cancelling_waits) /* Z4 */
{
    (void)play(_i, ask_when_joined);
}
END_TEST

/* ---- Shields ------------------------------------------------------------- */

static struct eddy_result sleep_shielded(struct eddy_task *self, void *loop)
{
    struct eddy_scope scope, shield, inner;

    (void)loop;
    open_scope(self, &scope, 0, S);
    open_scope(self, &shield, EDDY_SCOPE_SHIELD, 0);
    ck_assert_int_eq(eddy_scope_deadline_ns(&shield), EDDY_FOREVER);
    expect_sleep(self, 3 * S, 0);
    ck_assert_int_eq(elapsed_ns(), 3 * S);
    ck_assert(eddy_scope_stopping(&scope) && !eddy_scope_stopping(&shield));
    open_scope(self, &inner, 0, 0);
    ck_assert(!eddy_scope_stopping(&inner));
    expect_sleep(self, S, 0);
    expect_close(&inner, 0, 0);
    expect_close(&shield, 0, 0);
    expect_sleep(self, S, -ECANCELED);
    expect_close(&scope, -ECANCELED, -ETIME);
    return eddy_n(0);
}

START_TEST(a_shielded_sleep_in_a_shorter_scope_is_finished) /* K10 */
{
    (void)play(_i, sleep_shielded);
}
END_TEST

static struct eddy_result reach_in(struct eddy_task *self, void *loop)
{
    struct eddy_scope outer, shield, inner;

    open_scope(self, &outer, 0, 0);
    open_scope(self, &shield, EDDY_SCOPE_SHIELD, 0);
    open_scope(self, &inner, 0, 0);
    cancel_scope(&outer);
    expect_sleep(self, S, 0);
    call_after(loop, S, cancel_scope, &inner);
    expect_sleep(self, 9 * S, -ECANCELED);
    expect_close(&inner, -ECANCELED, 0);
    expect_sleep(self, S, 0);
    call_after(loop, S, cancel_scope, &shield);
    expect_sleep(self, 9 * S, -ECANCELED);
    expect_close(&shield, -ECANCELED, 0); /* its own, in spite of the outer */
    expect_sleep(self, S, -ECANCELED);
    expect_close(&outer, -ECANCELED, 0);
    return eddy_n(0);
}

START_TEST(a_shield_keeps_out_the_outside_but_not_its_own_and_inner_ones) /* K10
                                                                           */
{
    (void)play(_i, reach_in);
}
END_TEST

static struct eddy_result work_shielded(struct eddy_task *self, void *loop)
{
    struct child children[] = { { .sleep_ns = 2 * S }, { .sleep_ns = S } };
    struct eddy_scope outer, shield;

    (void)loop;
    open_scope(self, &outer, 0, 0);
    cancel_scope(&outer);
    open_scope(self, &shield, EDDY_SCOPE_SHIELD, 0);
    spawn_children(&shield, children, 2);
    expect_close(&shield, 0, 0);
    expect_child(&children[0], 0, 2 * S);
    open_scope(self, &shield, EDDY_SCOPE_SHIELD, S);
    spawn_children(&shield, children, 2);
    expect_close(&shield, 0, -ETIME);
    expect_child(&children[0], -ECANCELED, 3 * S);
    expect_close(&outer, 0, 0);
    return eddy_n(0);
}

START_TEST(tasks_in_a_shield_are_shielded) /* K10 */
{
    (void)play(_i, work_shielded);
}
END_TEST

static struct eddy_result ask_in_shield(struct eddy_task *self, void *loop)
{
    struct child child = { .sleep_ns = 2 * S };
    struct eddy_scope shield, inner;

    open_scope(self, &shield, EDDY_SCOPE_SHIELD, 0);
    call_after(loop, S, cancel_task, self);
    expect_sleep(self, 2 * S, 0);
    ck_assert_int_eq(eddy_task_cancelling(self), 1);
    ck_assert_int_eq(eddy_task_check(self), 0);
    ck_assert_int_eq(eddy_task_yield(self), 0);
    open_scope(self, &inner, 0, 0); /* nor is it felt when joining */
    spawn_children(&inner, &child, 1);
    call_after(loop, S, cancel_task, self);
    expect_close(&inner, 0, 0);
    expect_child(&child, 0, 4 * S);
    open_scope(self, &inner, EDDY_SCOPE_SHIELD, S);
    expect_sleep(self, 9 * S, -ECANCELED);
    expect_close(&inner, -ECANCELED, -ETIME); /* its own, not what waits */
    expect_close(&shield, 0, 0);
    expect_sleep(self, S, -ECANCELED); /* one for both */
    expect_sleep(self, S, 0);
    return eddy_n(0);
}

START_TEST(
    a_shield_keeps_out_that_the_task_is_asked_to_end_until_it_is_left) /* K10
                                                                        */
{
    (void)play(_i, ask_in_shield);
}
END_TEST

static struct eddy_result ask_before_shield(struct eddy_task *self, void *loop)
{
    struct child child = { .sleep_ns = 9 * S };
    struct eddy_task *task;
    struct eddy_scope shield;
    struct eddy_task_options options = { .ret_task = &task };

    (void)loop;
    cancel_task(self);
    open_scope(self, &shield, EDDY_SCOPE_SHIELD, 0);
    expect_sleep(self, S, 0);
    expect_close(&shield, 0, 0);
    expect_sleep(self, S, -ECANCELED);
    open_scope(self, &shield, EDDY_SCOPE_SHIELD, 0);
    ck_assert_int_eq(eddy_spawn(&shield, join_own, &child, &options), 0);
    expect_sleep(self, S, 0);
    cancel_task(task); /* who is in a shield can be asked all the same */
    expect_close(&shield, 0, 0);
    expect_child(&child, -ECANCELED, elapsed_ns());
    eddy_task_unref(task);
    return eddy_n(0);
}

START_TEST(what_was_asked_before_waits_outside_the_shield) /* K10 */
{
    (void)play(_i, ask_before_shield);
}
END_TEST

/* ---- A result that is there ---------------------------------------------- */

static struct eddy_result be_done_first(struct eddy_task *self, void *loop)
{
    struct eddy_scope scope;

    open_scope(self, &scope, 0, 0);
    ck_assert_int_eq(eddy_loop_soon(loop, cancel_scope, &scope), 0);
    ck_assert_int_eq(eddy_await(self, eddy_next_turn()), 0);
    expect_sleep(self, S, -ECANCELED);
    expect_close(&scope, -ECANCELED, 0);
    return eddy_n(0);
}

struct late_cancel {
    struct eddy_loop *loop;
    struct eddy_scope *scope;
};

static struct eddy_result cancel_in_that_turn(struct eddy_task *self, void *arg)
{
    struct late_cancel *late = arg;

    (void)self;
    call_after(late->loop, S, cancel_scope, late->scope);
    return eddy_n(0);
}

static struct eddy_result be_done_in_time(struct eddy_task *self, void *loop)
{
    struct eddy_scope outer, scope;
    struct late_cancel late = { loop, &scope };

    open_scope(self, &outer, 0, 0);
    open_scope(self, &scope, 0, 0);
    ck_assert_int_eq(eddy_spawn(&outer, cancel_in_that_turn, &late, NULL), 0);
    expect_sleep(self, S, 0); /* due first: the cancelling finds the result */
    ck_assert(eddy_scope_cancelled(&scope));
    expect_sleep(self, S, -ECANCELED);
    expect_close(&scope, 0, 0);
    expect_close(&outer, 0, 0);
    return eddy_n(0);
}

START_TEST(a_result_that_is_there_is_delivered) /* K11 Z4 */
{
    (void)play(_i, be_done_first);
    (void)play(_i, be_done_in_time);
}
END_TEST

static struct eddy_result resist(struct eddy_task *self, void *loop)
{
    struct eddy_scope scope;

    open_scope(self, &scope, 0, 0);
    call_after(loop, S, cancel_scope, &scope);
    ck_assert_int_eq(eddy_await(self, stubborn_sleep(3 * S)), 0);
    ck_assert_int_eq(elapsed_ns(), 3 * S);
    expect_sleep(self, S, -ECANCELED);
    expect_close(&scope, -ECANCELED, 0);

    open_scope(self, &scope, 0, S);
    ck_assert_int_eq(eddy_await(self, stubborn_sleep(3 * S)), 0);
    ck_assert_int_eq(elapsed_ns(), 6 * S);
    expect_close(&scope, 0, 0); /* nothing was cut short */
    ck_assert(eddy_scope_expired(&scope));
    return eddy_n(0);
}

START_TEST(what_cannot_be_cancelled_is_waited_for) /* K12 */
{
    (void)play(_i, resist);
}
END_TEST

static struct eddy_result ignore_for_a_while(struct eddy_task *self, void *arg)
{
    int64_t *ended = arg;

    expect_sleep(self, 9 * S, -ECANCELED);
    ck_assert_int_eq(eddy_await(self, stubborn_sleep(S)), -ECANCELED);
    EDDY_AUTO_SHIELD(self, shield, 0);
    ck_assert_int_eq(eddy_await(self, stubborn_sleep(2 * S)), 0);
    *ended = elapsed_ns();
    return eddy_n(3);
}

static struct eddy_result wait_for_the_stubborn(struct eddy_task *self,
                                                void *loop)
{
    struct eddy_scope scope;
    int64_t ended = 0;

    open_scope(self, &scope, 0, 0);
    ck_assert_int_eq(eddy_spawn(&scope, ignore_for_a_while, &ended, NULL), 0);
    call_after(loop, S, cancel_task, self);
    expect_close(&scope, 0, -ECANCELED);
    ck_assert_int_eq(ended, 3 * S);
    ck_assert_int_eq(elapsed_ns(), 3 * S);
    return eddy_n(0);
}

START_TEST(a_child_that_takes_its_time_is_waited_for) /* TG1 K12 */
{
    (void)play(_i, wait_for_the_stubborn);
}
END_TEST

/* ---- One cancelling makes another ---------------------------------------- */

/* Waits for a task to start: who cancels this cancels that task, which joins a
 * scope of its own. */
static struct eddy_result wait_for_start(struct eddy_task *self, void *task)
{
    return eddy_n(eddy_await(self, eddy_started(task)));
}

static struct eddy_result cancel_on_and_on(struct eddy_task *self, void *loop)
{
    struct child children[] = { { .sleep_ns = 9 * S }, { .sleep_ns = 9 * S } };
    struct eddy_scope far, near;
    struct eddy_task *task;
    struct eddy_task_options options = { .ret_task = &task };

    (void)loop;
    open_scope(self, &far, EDDY_SCOPE_SHIELD, 0);
    ck_assert_int_eq(eddy_spawn(&far, join_own, &children[0], &options), 0);
    open_scope(self, &near, 0, 0);
    ck_assert_int_eq(eddy_spawn(&near, wait_for_start, task, NULL), 0);
    spawn_children(&near, &children[1], 1);
    expect_sleep(self, S, 0);
    cancel_scope(&near);
    expect_close(&near, 0, 0);
    expect_child(&children[1], -ECANCELED, S);
    expect_close(&far, 0, 0);
    expect_child(&children[0], -ECANCELED, S);
    eddy_task_unref(task);
    return eddy_n(0);
}

START_TEST(cancelling_may_lead_to_more_of_it) /* K4 */
{
    (void)play(_i, cancel_on_and_on);
}
END_TEST

/* ---- The loop ends ------------------------------------------------------- */

static struct eddy_result end_with_loop(struct eddy_task *self, void *children)
{
    struct eddy_scope outer, shield, inner;

    open_scope(self, &outer, 0, 0);
    open_scope(self, &shield, EDDY_SCOPE_SHIELD, 9 * S);
    open_scope(self, &inner, 0, 8 * S);
    spawn_children(&outer, children, 1);
    spawn_children(&shield, (struct child *)children + 1, 1);
    spawn_children(&inner, (struct child *)children + 2, 1);
    (void)eddy_scope_close(&inner, 0);
    ck_assert_int_eq(eddy_await(self, eddy_sleep(S)), -ESHUTDOWN);
    expect_close(&shield, 0, 0);
    expect_close(&outer, 0, -ECANCELED);
    mark(word("left"));
    return eddy_n(0);
}

START_TEST(a_loop_that_is_freed_ends_all_scopes)
{
    static struct child children[] = { { .sleep_ns = 9 * S },
                                       { .sleep_ns = 9 * S },
                                       { .sleep_ns = 9 * S } };
    struct eddy_loop *loop = virtual_loop(_i);

    ck_assert_int_eq(
        eddy_spawn(eddy_loop_scope(loop), end_with_loop, children, NULL), 0);
    turns(loop, 3);
    free_loop(loop);
    for (size_t i = 0; i < COUNT(children); i++)
        expect_child(&children[i], -ECANCELED, 0);
    ck_assert_str_eq(marks(), "left");
    ck_assert_int_eq(elapsed_ns(), 0);
}
END_TEST

/* ---- Streams, and time --------------------------------------------------- */

struct reading {
    struct eddy_stream *stream;
    int64_t n;
};

static struct eddy_result read_one(struct eddy_task *self, void *arg)
{
    struct reading *reading = arg;
    char byte;

    reading->n = eddy_await(self, eddy_read(reading->stream, &byte, 1));
    return eddy_n(0);
}

static struct eddy_result close_under_reader(struct eddy_task *self, void *loop)
{
    struct reading first, second;
    struct eddy_scope scope;
    int ends[2];

    make_pair(ends);
    ck_assert_int_eq(eddy_stream_new(&first.stream, loop, ends[0]), 0);
    second.stream = first.stream;
    open_scope(self, &scope, 0, 0);
    ck_assert_int_eq(eddy_spawn(&scope, read_one, &first, NULL), 0);
    ck_assert_int_eq(eddy_spawn(&scope, read_one, &second, NULL), 0);
    ck_assert_int_eq(eddy_task_yield(self), 0);
    ck_assert_int_eq(eddy_task_yield(self), 0);
    ck_assert_int_eq(second.n, -EBUSY);
    ck_assert_int_eq(eddy_await(self, eddy_close(first.stream)), 0);
    expect_close(&scope, 0, 0);
    ck_assert_int_eq(first.n, -ECANCELED);
    ck_assert_int_eq(close(ends[1]), 0);
    return eddy_n(0);
}

START_TEST(closing_a_stream_wakes_who_waits_and_a_second_reader_is_busy) /* K14
                                                                          */
{
    (void)play(_i, close_under_reader);
}
END_TEST

static struct eddy_result sleep_and_say(struct eddy_task *self, void *arg)
{
    const int *seconds = arg;
    char text[2] = { (char)('0' + *seconds), '\0' };

    expect_sleep(self, *seconds * S, 0);
    ck_assert_int_eq(elapsed_ns(), *seconds * S);
    mark(text);
    return eddy_n(0);
}

static struct eddy_result sleep_in_disorder(struct eddy_task *self, void *loop)
{
    static const int seconds[] = { 3, 1, 2 };
    struct eddy_scope scope;

    (void)loop;
    open_scope(self, &scope, 0, 0);
    for (size_t i = 0; i < COUNT(seconds); i++)
        ck_assert_int_eq(eddy_spawn(&scope, sleep_and_say,
                                    word((const char *)&seconds[i]), NULL),
                         0);
    expect_close(&scope, 0, 0);
    return eddy_n(0);
}

START_TEST(a_virtual_clock_jumps_from_one_deadline_to_the_next) /* K17 */
{
    (void)play(_i, sleep_in_disorder);
    ck_assert_str_eq(marks(), "1 2 3");
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        every_await_is_refused_until_the_scope_is_left,
        of_being_asked_to_end_a_task_is_told_once,
        what_would_be_done_at_once_is_refused_too,
        cancelling_may_come_before_anything_and_counts_once,
        anybody_may_cancel_a_scope,
        tasks_in_any_state_are_cancelled,
        a_scope_absorbs_only_its_own_cancelling,
        other_errors_remain,
        a_cancelling_that_is_not_the_scopes_goes_on,
        a_task_asked_to_end_in_a_cancelled_scope_loses_neither,
        a_scope_does_not_absorb_that_its_owner_was_asked_to_end,
        to_close_is_to_wait_for_who_was_asked_to_end,
        a_join_that_is_done_is_done_and_the_cancelling_waits,
        a_shielded_sleep_in_a_shorter_scope_is_finished,
        a_shield_keeps_out_the_outside_but_not_its_own_and_inner_ones,
        tasks_in_a_shield_are_shielded,
        a_shield_keeps_out_that_the_task_is_asked_to_end_until_it_is_left,
        what_was_asked_before_waits_outside_the_shield,
        a_result_that_is_there_is_delivered,
        what_cannot_be_cancelled_is_waited_for,
        a_child_that_takes_its_time_is_waited_for,
        cancelling_may_lead_to_more_of_it,
        a_loop_that_is_freed_ends_all_scopes,
        closing_a_stream_wakes_who_waits_and_a_second_reader_is_busy,
        a_virtual_clock_jumps_from_one_deadline_to_the_next,
    };
    Suite *suite = suite_create("scope cancel");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
