/* SPDX-License-Identifier: MIT */
/* test_scope_deadline.c - time for all that is in a scope, and for one wait. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "scope_support.h"

#define S EDDY_SECOND

static void pass_time(int64_t ns)
{
    virtual_time.now_ns += ns;
}

/* ---- One wait: eddy_within() --------------------------------------------- */

static struct eddy_result limit_a_wait(struct eddy_task *self, void *loop)
{
    (void)loop;
    ck_assert_int_eq(eddy_await(self, eddy_within(S, eddy_sleep(9 * S))),
                     -ETIME);
    ck_assert_int_eq(elapsed_ns(), S);
    /* what takes its time to end is waited for, and what it gives is given */
    ck_assert_int_eq(eddy_await(self, eddy_within(S, stubborn_sleep(3 * S))),
                     0);
    ck_assert_int_eq(elapsed_ns(), 4 * S);
    return eddy_n(0);
}

START_TEST(a_limited_wait_is_cancelled_and_waited_for) /* W1 W2 */
{
    (void)play(_i, limit_a_wait);
}
END_TEST

static struct eddy_result limit_to_nothing(struct eddy_task *self, void *loop)
{
    struct eddy_op done = eddy_all(NULL, 0);

    (void)loop;
    ck_assert_int_eq(eddy_await(self, eddy_within(0, eddy_sleep(S))), -ETIME);
    ck_assert_int_le(elapsed_ns(), 1);
    ck_assert_int_eq(eddy_await(self, eddy_within(0, done)), 0);
    ck_assert_int_eq(eddy_await(self, eddy_within(-1, eddy_sleep(S))), 0);
    ck_assert_int_eq(eddy_await(self, eddy_within(EDDY_FOREVER, eddy_sleep(S))),
                     0);
    ck_assert_int_eq(
        eddy_await(self, eddy_within(EDDY_FOREVER - 1, eddy_sleep(S))), 0);
    return eddy_n(0);
}

START_TEST(a_limit_of_nothing_lets_only_what_is_done_succeed) /* W3 */
{
    (void)play(_i, limit_to_nothing);
}
END_TEST

static struct eddy_result be_just_in_time(struct eddy_task *self, void *loop)
{
    (void)loop;
    ck_assert_int_eq(eddy_await(self, eddy_within(S, eddy_sleep(S))), 0);
    return eddy_n(0);
}

/* What the world did is heard of before the timers; a sleep that is due with
 * the deadline began after it, and is too late. */
static struct eddy_result meet_the_deadline(struct eddy_task *self, void *loop)
{
    struct eddy_scope scope;
    int ends[2];

    (void)loop;
    make_pipe(ends);
    open_scope(self, &scope, 0, S);
    write_byte(ends[1]);
    pass_time(2 * S);
    ck_assert_int_gt(eddy_await(self, eddy_readable(ends[0])), 0);
    expect_sleep(self, S, -ECANCELED);
    ck_assert_int_eq(elapsed_ns(), 2 * S);
    expect_close(&scope, 0, 0);
    ck_assert(eddy_scope_expired(&scope));
    close_both(ends);

    open_scope(self, &scope, 0, S);
    expect_sleep(self, S, -ECANCELED);
    expect_close(&scope, -ECANCELED, -ETIME);
    return eddy_n(0);
}

START_TEST(what_is_done_in_the_turn_of_the_timeout_is_done) /* W4 */
{
    (void)play(_i, meet_the_deadline);
    (void)play(_i, be_just_in_time);
}
END_TEST

static struct eddy_result cancel_limited(struct eddy_task *self, void *loop)
{
    struct eddy_scope scope;

    call_after(loop, S, cancel_task, self);
    ck_assert_int_eq(eddy_await(self, eddy_within(2 * S, eddy_sleep(9 * S))),
                     -ECANCELED);
    open_scope(self, &scope, 0, 0);
    call_after(loop, S, cancel_scope, &scope);
    ck_assert_int_eq(eddy_await(self, eddy_within(2 * S, eddy_sleep(9 * S))),
                     -ECANCELED);
    expect_close(&scope, -ECANCELED, 0);
    return eddy_n(0);
}

struct asking {
    struct eddy_loop *loop;
    struct eddy_task *task;
};

static struct eddy_result ask_in_that_turn(struct eddy_task *self, void *arg)
{
    struct asking *asking = arg;

    (void)self;
    call_after(asking->loop, S, cancel_task, asking->task);
    return eddy_n(0);
}

static struct eddy_result be_done_and_asked(struct eddy_task *self, void *loop)
{
    struct asking asking = { loop, self };

    ck_assert_int_eq(
        eddy_spawn(eddy_loop_scope(loop), ask_in_that_turn, &asking, NULL), 0);
    ck_assert_int_eq(eddy_await(self, eddy_within(9 * S, eddy_sleep(S))), 0);
    ck_assert_int_eq(eddy_task_cancelling(self), 1);
    expect_sleep(self, S, -ECANCELED); /* neither is lost */
    return eddy_n(0);
}

START_TEST(cancelling_a_limited_wait_cancels_it_and_is_not_lost) /* W5 */
{
    (void)play(_i, cancel_limited);
    (void)play(_i, be_done_and_asked);
}
END_TEST

/* ---- A scope with a deadline --------------------------------------------- */

static struct eddy_result run_out_of_time(struct eddy_task *self, void *loop)
{
    struct child child = { .sleep_ns = 9 * S, .late_ns = S };
    struct eddy_scope scope;

    open_scope(self, &scope, 0, S);
    ck_assert_int_eq(eddy_scope_deadline_ns(&scope),
                     eddy_loop_now_ns(loop) + S);
    expect_sleep(self, 9 * S, -ECANCELED);
    ck_assert_int_eq(elapsed_ns(), S);
    ck_assert_str_eq(eddy_task_reason(self), "its time is up");
    expect_close(&scope, -ECANCELED, -ETIME);
    ck_assert(eddy_scope_expired(&scope) && eddy_scope_cancelled(&scope));
    ck_assert_int_eq(eddy_task_cancelling(self), 0);

    open_scope(self, &scope, 0, S); /* it cuts a child short */
    spawn_children(&scope, &child, 1);
    expect_close(&scope, 0, -ETIME);
    expect_child(&child, -ECANCELED, 3 * S);

    open_scope(self, &scope, 0, 2 * S); /* it does not come to that */
    child.sleep_ns = S;
    spawn_children(&scope, &child, 1);
    expect_close(&scope, 0, 0);
    ck_assert(!eddy_scope_expired(&scope));
    expect_sleep(self, 9 * S, 0);
    ck_assert(!eddy_scope_expired(&scope));
    return eddy_n(0);
}

START_TEST(a_scope_whose_time_is_up_ends_what_is_in_it) /* K9 */
{
    ck_assert_uint_eq(stats_of(play(_i, run_out_of_time)).timers, 0);
}
END_TEST

/* A foreign cancelling in a scope that has a deadline, before it or after. */
static struct eddy_result pass_through(struct eddy_task *self, void *loop)
{
    struct child child = { .sleep_ns = 9 * S };
    struct eddy_scope outer, scope;

    open_scope(self, &scope, 0, 5 * S);
    call_after(loop, S, cancel_task, self);
    expect_sleep(self, 9 * S, -ECANCELED);
    expect_close(&scope, -ECANCELED, -ECANCELED);
    ck_assert(!eddy_scope_expired(&scope));

    open_scope(self, &scope, 0, 2 * S); /* it expires when that is on its way */
    call_after(loop, S, cancel_task, self);
    expect_sleep(self, 9 * S, -ECANCELED);
    expect_sleep(self, 9 * S, -ECANCELED);
    ck_assert(eddy_scope_expired(&scope));
    expect_close(&scope, -ECANCELED, -ECANCELED);

    open_scope(self, &scope, 0, 5 * S); /* the same in the join */
    spawn_children(&scope, &child, 1);
    call_after(loop, S, cancel_task, self);
    expect_close(&scope, 0, -ECANCELED);

    open_scope(self, &outer, 0, 0); /* from a scope around it */
    open_scope(self, &scope, 0, 5 * S);
    call_after(loop, S, cancel_scope, &outer);
    expect_sleep(self, 9 * S, -ECANCELED);
    expect_close(&scope, -ECANCELED, -ECANCELED);
    expect_close(&outer, -ECANCELED, 0);
    return eddy_n(0);
}

START_TEST(a_cancelling_from_elsewhere_passes_through) /* W6 K8 */
{
    (void)play(_i, pass_through);
}
END_TEST

static struct eddy_result do_not_wait(struct eddy_task *self, void *loop)
{
    struct eddy_scope scope;

    open_scope(self, &scope, 0, S);
    pass_time(2 * S);
    expect_close(&scope, 0, 0);
    ck_assert(!eddy_scope_cancelled(&scope) && !eddy_scope_expired(&scope));
    expect_sleep(self, S, 0);

    open_scope(self, &scope, 0, 0); /* one in the past, and a wait */
    ck_assert_int_eq(eddy_scope_set_deadline(&scope, 0), 0);
    ck_assert_int_eq(eddy_scope_deadline_ns(&scope), 0);
    ck_assert_int_eq(eddy_task_check(self), 0);
    ck_assert_int_eq(eddy_await(self, eddy_next_turn()), 0);
    expect_sleep(self, S, -ECANCELED);
    expect_close(&scope, -ECANCELED, -ETIME);
    ck_assert_uint_eq(stats_of(loop).timers, 0);

    open_scope(self, &scope, 0, 1); /* told, but nothing cut short */
    expect_sleep(self, 1, -ECANCELED);
    expect_close(&scope, 0, 0);
    ck_assert(eddy_scope_cancelled(&scope) && eddy_scope_expired(&scope));
    return eddy_n(0);
}

START_TEST(a_deadline_that_passes_without_a_wait_does_nothing) /* W7 K7 Z17 */
{
    (void)play(_i, do_not_wait);
}
END_TEST

static struct eddy_result swallow(struct eddy_task *self, void *loop)
{
    struct eddy_scope scope;

    (void)loop;
    open_scope(self, &scope, 0, S);
    expect_sleep(self, 9 * S, -ECANCELED);
    expect_close(&scope, 0, 0);
    ck_assert(eddy_scope_expired(&scope));
    ck_assert_int_eq(eddy_task_cancelling(self), 0);
    expect_sleep(self, S, 0);
    return eddy_n(0);
}

START_TEST(a_body_that_does_not_mind_ends_as_it_likes) /* W8 K7 */
{
    (void)play(_i, swallow);
}
END_TEST

/* ---- One in the other ---------------------------------------------------- */

static struct eddy_result nest(struct eddy_task *self, void *loop)
{
    static const struct {
        int outer_s, inner_s, sleep_s; /* both are over when it has slept */
        int inner_result, outer_result;
        bool inner_expired, outer_expired;
    } cases[] = {
        { 9, 1, 1, -ETIME, -ETIME, true, false },
        { 1, 9, 1, -ECANCELED, -ETIME, false, true },
        { 1, 1, 1, -ECANCELED, -ETIME, true, true },
        { 2, 1, 3, -ECANCELED, -ETIME, true, true },
        { 1, 2, 3, -ECANCELED, -ETIME, true, true },
    };

    (void)loop;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct eddy_scope outer, inner;
        int64_t n;

        open_scope(self, &outer, 0, cases[i].outer_s * S);
        open_scope(self, &inner, 0, cases[i].inner_s * S);
        if (cases[i].sleep_s > 1)
            n = eddy_await(self, stubborn_sleep(cases[i].sleep_s * S));
        n = eddy_await(self, eddy_sleep(20 * S));
        ck_assert_int_eq(n, -ECANCELED);
        n = eddy_scope_close(&inner, (int)n);
        ck_assert_int_eq(n, cases[i].inner_result);
        ck_assert(eddy_scope_expired(&inner) == cases[i].inner_expired);
        expect_close(&outer, n, cases[i].outer_result);
        ck_assert(eddy_scope_expired(&outer) == cases[i].outer_expired);
        ck_assert_int_eq(eddy_task_check(self), 0);
    }
    return eddy_n(0);
}

START_TEST(of_those_that_expire_the_outermost_tells) /* W9 K8 */
{
    (void)play(_i, nest);
}
END_TEST

static struct eddy_result find_nearest(struct eddy_task *self, void *loop)
{
    int64_t now = eddy_loop_now_ns(loop);
    struct eddy_scope far, near, none, shield, inner;

    open_scope(self, &none, 0, 0);
    ck_assert_int_eq(eddy_scope_deadline_ns(&none), EDDY_FOREVER);
    open_scope(self, &near, 0, S);
    open_scope(self, &far, 0, 5 * S);
    ck_assert_int_eq(eddy_scope_deadline_ns(&far), now + S);
    open_scope(self, &shield, EDDY_SCOPE_SHIELD, 3 * S);
    ck_assert_int_eq(eddy_scope_deadline_ns(&shield), now + 3 * S);
    open_scope(self, &inner, 0, 0);
    ck_assert_int_eq(eddy_scope_deadline_ns(&inner), now + 3 * S);
    ck_assert_int_eq(eddy_scope_set_deadline(&near, now + 2 * S), 0);
    ck_assert_int_eq(eddy_scope_deadline_ns(&far), now + 2 * S);
    ck_assert_int_eq(eddy_scope_set_deadline(&near, EDDY_FOREVER), 0);
    ck_assert_int_eq(eddy_scope_deadline_ns(&far), now + 5 * S);
    ck_assert_int_eq(eddy_scope_deadline_ns(NULL), EDDY_FOREVER);
    expect_close(&inner, 0, 0);
    expect_close(&shield, 0, 0);
    ck_assert_int_eq(eddy_scope_deadline_ns(&shield), EDDY_FOREVER);
    expect_close(&far, 0, 0);
    expect_close(&near, 0, 0);
    expect_close(&none, 0, 0);
    ck_assert_uint_eq(stats_of(loop).timers, 0);
    return eddy_n(0);
}

START_TEST(the_nearest_deadline_counts) /* K9 */
{
    (void)play(_i, find_nearest);
}
END_TEST

static struct eddy_result tell_nearest(struct eddy_task *self, void *ret_ns)
{
    *(int64_t *)ret_ns = eddy_scope_deadline_ns(eddy_task_scope(self));
    return eddy_n(0);
}

static struct eddy_result find_in_child(struct eddy_task *self, void *loop)
{
    struct eddy_scope scope;
    int64_t ns = 0;

    open_scope(self, &scope, 0, 7 * S);
    ck_assert_int_eq(eddy_spawn(&scope, tell_nearest, &ns, NULL), 0);
    expect_close(&scope, 0, 0);
    ck_assert_int_eq(ns, eddy_loop_now_ns(loop) + 7 * S);
    return eddy_n(0);
}

START_TEST(a_deadline_reaches_into_the_tasks_of_a_scope) /* K9 */
{
    (void)play(_i, find_in_child);
}
END_TEST

/* ---- Moving it ----------------------------------------------------------- */

static struct eddy_result move(struct eddy_task *self, void *loop)
{
    int64_t now = eddy_loop_now_ns(loop);
    struct eddy_scope scope;

    memset(&scope, 0, sizeof scope);
    ck_assert_int_eq(eddy_scope_set_deadline(&scope, now), -EALREADY);
    ck_assert_int_eq(eddy_scope_set_deadline(NULL, now), -EINVAL);
    open_scope(self, &scope, 0, S);
    ck_assert_int_eq(eddy_scope_set_deadline(&scope, now + 3 * S), 0);
    expect_sleep(self, 2 * S, 0); /* out */
    ck_assert_int_eq(eddy_scope_set_deadline(&scope, now + 9 * S), 0);
    ck_assert_int_eq(eddy_scope_set_deadline(&scope, EDDY_FOREVER), 0);
    expect_sleep(self, 10 * S, 0); /* away */
    ck_assert_int_eq(eddy_scope_set_deadline(&scope, now + 13 * S), 0);
    expect_sleep(self, 9 * S, -ECANCELED);
    ck_assert_int_eq(elapsed_ns(), 13 * S);
    ck_assert_int_eq(eddy_scope_set_deadline(&scope, now + 20 * S), -EALREADY);
    ck_assert_int_eq(eddy_task_check(self), -ECANCELED);
    expect_close(&scope, -ECANCELED, -ETIME);
    ck_assert_int_eq(eddy_scope_set_deadline(&scope, now + 20 * S), -EALREADY);
    open_scope(self, &scope, 0, 0);
    cancel_scope(&scope);
    ck_assert_int_eq(eddy_scope_set_deadline(&scope, now), -EALREADY);
    expect_close(&scope, 0, 0);
    return eddy_n(0);
}

START_TEST(a_deadline_can_be_moved_until_the_scope_is_cancelled) /* W10 K9 */
{
    ck_assert_uint_eq(stats_of(play(_i, move)).timers, 0);
}
END_TEST

static void pull_in(void *scope)
{
    ck_assert_int_eq(eddy_scope_set_deadline(scope, virtual_time.now_ns + S),
                     0);
}

static struct eddy_result be_pulled_in(struct eddy_task *self, void *loop)
{
    struct child child = { .sleep_ns = 9 * S };
    struct eddy_scope scope;

    open_scope(self, &scope, 0, 0);
    spawn_children(&scope, &child, 1);
    call_after(loop, S, pull_in, &scope);
    expect_close(&scope, 0, -ETIME);
    ck_assert_int_eq(elapsed_ns(), 2 * S);
    return eddy_n(0);
}

START_TEST(a_deadline_can_be_set_while_the_owner_joins) /* W10 K9 */
{
    (void)play(_i, be_pulled_in);
}
END_TEST

static struct eddy_result lack_memory(struct eddy_task *self, void *loop)
{
    struct eddy_scope scope;

    open_scope(self, &scope, 0, 0);
    fail_allocation(1);
    ck_assert_int_eq(
        eddy_scope_set_deadline(&scope, eddy_loop_now_ns(loop) + S), 0);
    ck_assert(!allocation_failed());
    fail_allocation(0);
    expect_sleep(self, 9 * S, -ECANCELED);
    expect_close(&scope, -ECANCELED, -ETIME);
    ck_assert_uint_eq(stats_of(loop).timers, 0);
    return eddy_n(0);
}

START_TEST(a_deadline_needs_no_memory)
{
    (void)play(_i, lack_memory);
}
END_TEST

/* ---- The rest ------------------------------------------------------------ */

static struct eddy_result fail_otherwise(struct eddy_task *self, void *loop)
{
    struct child child = { .sleep_ns = 9 * S, .cancelled_n = -EIO };
    struct eddy_scope scope;

    (void)loop;
    open_scope(self, &scope, 0, S);
    expect_sleep(self, 9 * S, -ECANCELED);
    expect_close(&scope, -EPIPE, -EPIPE);
    ck_assert(eddy_scope_expired(&scope));
    open_scope(self, &scope, 0, S);
    spawn_children(&scope, &child, 1);
    expect_close(&scope, 0, -EIO);
    ck_assert(eddy_scope_expired(&scope));
    return eddy_n(0);
}

START_TEST(another_error_is_not_masked) /* W11 K8 */
{
    (void)play(_i, fail_otherwise);
}
END_TEST

static struct eddy_result try_extremes(struct eddy_task *self, void *loop)
{
    static const int64_t never[] = { 0, EDDY_FOREVER, EDDY_FOREVER - 1 };
    struct eddy_scope_options bad = { .timeout_ns = -1 };
    struct eddy_scope scope;

    ck_assert_int_eq(eddy_scope_open(self, &scope, &bad), -EINVAL);
    bad.timeout_ns = INT64_MIN;
    ck_assert_int_eq(eddy_scope_open(self, &scope, &bad), -EINVAL);
    for (size_t i = 0; i < COUNT(never); i++) {
        open_scope(self, &scope, 0, never[i]);
        ck_assert_int_eq(eddy_scope_deadline_ns(&scope), EDDY_FOREVER);
        expect_sleep(self, S, 0);
        expect_close(&scope, 0, 0);
    }
    open_scope(self, &scope, 0, EDDY_FOREVER - virtual_time.now_ns - 1);
    ck_assert_int_eq(eddy_scope_deadline_ns(&scope), EDDY_FOREVER - 1);
    expect_sleep(self, S, 0);
    expect_close(&scope, 0, 0);
    open_scope(self, &scope, 0, 0);
    ck_assert_int_eq(eddy_scope_set_deadline(&scope, INT64_MIN), 0);
    ck_assert_int_eq(eddy_await(self, eddy_next_turn()), 0);
    expect_sleep(self, S, -ECANCELED);
    expect_close(&scope, -ECANCELED, -ETIME);
    ck_assert_uint_eq(stats_of(loop).timers, 0);
    return eddy_n(0);
}

START_TEST(a_timeout_may_be_huge_but_not_negative) /* K9 */
{
    (void)play(_i, try_extremes);
}
END_TEST

static struct eddy_result wait_long(struct eddy_task *self, void *loop)
{
    struct eddy_scope scope;

    (void)loop;
    open_scope(self, &scope, 0, 0);
    ck_assert_int_eq(eddy_scope_set_deadline(&scope, 3600 * S), 0);
    expect_sleep(self, S, 0);
    expect_close(&scope, 0, 0);
    return eddy_n(0);
}

START_TEST(a_deadline_does_not_keep_the_loop_alive)
{
    (void)play(_i, wait_long);
    ck_assert_int_eq(elapsed_ns(), S);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        a_limited_wait_is_cancelled_and_waited_for,
        a_limit_of_nothing_lets_only_what_is_done_succeed,
        what_is_done_in_the_turn_of_the_timeout_is_done,
        cancelling_a_limited_wait_cancels_it_and_is_not_lost,
        a_scope_whose_time_is_up_ends_what_is_in_it,
        a_cancelling_from_elsewhere_passes_through,
        a_deadline_that_passes_without_a_wait_does_nothing,
        a_body_that_does_not_mind_ends_as_it_likes,
        of_those_that_expire_the_outermost_tells,
        the_nearest_deadline_counts,
        a_deadline_reaches_into_the_tasks_of_a_scope,
        a_deadline_can_be_moved_until_the_scope_is_cancelled,
        a_deadline_can_be_set_while_the_owner_joins,
        a_deadline_needs_no_memory,
        another_error_is_not_masked,
        a_timeout_may_be_huge_but_not_negative,
        a_deadline_does_not_keep_the_loop_alive,
    };
    Suite *suite = suite_create("scope deadline");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
