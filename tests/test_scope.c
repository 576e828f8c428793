/* SPDX-License-Identifier: MIT */
/* test_scope.c - what eddy/scope.h promises of tasks that belong together. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "scope_support.h"

enum { MANY = 10000 };

/* A sanitizer of threads makes one of each task, and has 8128. */
#ifdef __SANITIZE_THREAD__
enum { CROWD = 1000 };
#else
enum { CROWD = MANY };
#endif

#define S EDDY_SECOND

/* ---- Joining ------------------------------------------------------------- */

static struct eddy_result join_three(struct eddy_task *self, void *loop)
{
    struct child children[] = { { .sleep_ns = 2 * S },
                                { .sleep_ns = 3 * S },
                                { .sleep_ns = S, .n = 7 } };
    struct eddy_scope scope;

    (void)loop;
    open_scope(self, &scope, 0, 0);
    spawn_children(&scope, children, 3);
    ck_assert_uint_eq(eddy_scope_tasks(&scope), 3);
    expect_close(&scope, 0, 0);
    ck_assert_uint_eq(eddy_scope_tasks(&scope), 0);
    expect_child(&children[0], 0, 2 * S);
    expect_child(&children[1], 0, 3 * S);
    expect_child(&children[2], 0, S);
    ck_assert(!eddy_scope_cancelled(&scope) && !eddy_scope_stopping(&scope));
    return eddy_n(0);
}

START_TEST(closing_waits_for_all_tasks) /* TG1 K1 */
{
    (void)play(_i, join_three);
    ck_assert_int_eq(elapsed_ns(), 3 * S);
}
END_TEST

static struct eddy_result say(struct eddy_task *self, void *text)
{
    (void)self;
    mark(text);
    return eddy_n(0);
}

static struct eddy_result wait_by_and_by(struct eddy_task *self, void *loop)
{
    struct eddy_scope scope;

    (void)loop;
    open_scope(self, &scope, 0, 0);
    ck_assert_int_eq(eddy_spawn(&scope, say, word("b"), NULL), 0);
    mark(word("a"));
    ck_assert_int_eq(eddy_task_yield(self), 0);
    ck_assert_int_eq(eddy_spawn(&scope, say, word("d"), NULL), 0);
    mark(word("c"));
    expect_close(&scope, 0, 0);
    mark(word("e"));
    return eddy_n(0);
}

START_TEST(a_child_does_not_run_before_its_owner_waits) /* K1 */
{
    (void)play(_i, wait_by_and_by);
    ck_assert_str_eq(marks(), "a b c d e");
}
END_TEST

static struct eddy_result spawn_another(struct eddy_task *self, void *arg)
{
    static struct child late = { .sleep_ns = 2 * S };
    struct eddy_scope *scope = arg;

    expect_sleep(self, S, 0);
    spawn_children(scope, &late, 1);
    return eddy_n(0);
}

static struct eddy_result join_more(struct eddy_task *self, void *loop)
{
    struct eddy_scope scope;

    (void)loop;
    open_scope(self, &scope, 0, 0);
    ck_assert_int_eq(eddy_spawn(&scope, spawn_another, &scope, NULL), 0);
    expect_close(&scope, 0, 0);
    ck_assert_int_eq(elapsed_ns(), 3 * S);
    return eddy_n(0);
}

START_TEST(who_is_spawned_while_the_owner_joins_is_waited_for) /* TG1 */
{
    (void)play(_i, join_more);
}
END_TEST

/* The last child is over and its owner ready, but has not run, when there is
 * one more. */
static struct eddy_result spawn_after(struct eddy_task *self, void *arg)
{
    static struct child late = { .sleep_ns = S };
    void **scope_and_last = arg;

    ck_assert_int_eq(eddy_await(self, eddy_join(scope_and_last[1])), 0);
    ck_assert_uint_eq(eddy_scope_tasks(scope_and_last[0]), 0);
    spawn_children(scope_and_last[0], &late, 1);
    return eddy_n(0);
}

static struct eddy_result join_at_the_last_moment(struct eddy_task *self,
                                                  void *loop)
{
    struct eddy_scope outer, scope;
    struct eddy_task *last;
    struct eddy_task_options options = { .ret_task = &last };
    void *both[2];

    (void)loop;
    open_scope(self, &outer, 0, 0);
    open_scope(self, &scope, 0, 0);
    ck_assert_int_eq(eddy_spawn(&scope, say, word("a"), &options), 0);
    both[0] = &scope;
    both[1] = last;
    ck_assert_int_eq(eddy_spawn(&outer, spawn_after, both, NULL), 0);
    ck_assert_int_eq(eddy_task_yield(self), 0);
    expect_close(&scope, 0, 0);
    expect_close(&outer, 0, 0);
    eddy_task_unref(last);
    return eddy_n(0);
}

START_TEST(nor_is_who_is_spawned_at_the_last_moment_forgotten) /* TG1 */
{
    (void)play(_i, join_at_the_last_moment);
    ck_assert_str_eq(marks(), "a");
}
END_TEST

/* ---- Errors -------------------------------------------------------------- */

static struct eddy_result fail_first(struct eddy_task *self, void *loop)
{
    struct child children[] = { { .sleep_ns = 5 * S },
                                { .sleep_ns = S, .n = -EIO },
                                { .sleep_ns = 9 * S, .late_ns = S } };
    struct eddy_scope scope;

    (void)loop;
    open_scope(self, &scope, 0, 0);
    spawn_children(&scope, children, 3);
    expect_close(&scope, 0, -EIO);
    expect_child(&children[0], -ECANCELED, S);
    expect_child(&children[1], 0, S);
    expect_child(&children[2], -ECANCELED, 2 * S);
    ck_assert(eddy_scope_cancelled(&scope) && !eddy_scope_expired(&scope));
    ck_assert_int_eq(eddy_task_cancelling(self), 0);
    expect_sleep(self, S, 0);
    return eddy_n(0);
}

START_TEST(the_first_error_cancels_the_siblings_and_is_told) /* TG2 K2 */
{
    ck_assert_int_eq(logged("") + (play(_i, fail_first) == NULL), 0);
}
END_TEST

static struct eddy_result fail_with_body(struct eddy_task *self, void *loop)
{
    struct child child = { .sleep_ns = S, .n = -EIO };
    struct eddy_scope scope;

    (void)loop;
    open_scope(self, &scope, 0, 0);
    spawn_children(&scope, &child, 1);
    expect_sleep(self, 9 * S, -ECANCELED);
    ck_assert_int_eq(elapsed_ns(), S);
    ck_assert_str_eq(eddy_task_reason(self), "a task of it has failed");
    expect_close(&scope, -ECANCELED, -EIO);
    ck_assert_int_eq(eddy_task_cancelling(self), 0);
    ck_assert_int_eq(eddy_task_check(self), 0);
    return eddy_n(0);
}

START_TEST(the_first_error_cancels_what_the_owner_does) /* TG2 */
{
    (void)play(_i, fail_with_body);
}
END_TEST

static void open_telling(struct eddy_task *self, struct eddy_scope *scope,
                         struct eddy_value *ret_error)
{
    struct eddy_scope_options options = { .ret_error = ret_error };

    ck_assert_int_eq(eddy_scope_open(self, scope, &options), 0);
}

static void expect_error(const struct eddy_value *value, int code,
                         const char *text)
{
    ck_assert(eddy_value_is_error(value));
    ck_assert_int_eq(eddy_error_code(value), code);
    ck_assert_ptr_nonnull(strstr(eddy_error_text(value), text));
}

static void expect_child_error(const struct eddy_value *value, int code,
                               const char *text)
{
    expect_error(value, code, text);
    ck_assert_ptr_nonnull(eddy_error_details(value)->at);
    ck_assert_ptr_nonnull(
        strstr(eddy_error_details(value)->at, "scope_support.c:"));
}

static struct eddy_result fail_together(struct eddy_task *self, void *loop)
{
    struct child children[] = {
        { .sleep_ns = 9 * S, .cancelled_n = -EPIPE, .name = "anna" },
        { .sleep_ns = S, .n = -EIO, .name = "bert" },
        { .sleep_ns = 9 * S, .name = "carl" },
        { .sleep_ns = 9 * S,
          .cancelled_n = -EPERM,
          .late_ns = S,
          .name = "dora" },
    };
    struct eddy_value why;
    struct eddy_scope scope;
    const struct eddy_error *details;

    (void)loop;
    open_telling(self, &scope, &why);
    spawn_children(&scope, children, 4);
    expect_close(&scope, 0, -EIO);
    expect_error(&why, -EIO, "3 errors");
    details = eddy_error_details(&why);
    ck_assert_uint_eq(details->count, 3);
    expect_child_error(&details->child[0], -EIO, "bert");
    expect_child_error(&details->child[1], -EPIPE, "anna");
    expect_child_error(&details->child[2], -EPERM, "dora");
    ck_assert(!eddy_error_is(&why, -ECANCELED));
    eddy_value_free(&why);
    return eddy_n(0);
}

START_TEST(errors_during_the_cancelling_join_the_group) /* TG3 K2 */
{
    (void)play(_i, fail_together);
    ck_assert_int_eq(logged(""), 0);
}
END_TEST

static struct eddy_result fail_alone(struct eddy_task *self, void *loop)
{
    struct child children[] = { { .sleep_ns = S, .n = -EIO, .name = "bert" },
                                { .sleep_ns = 9 * S } };
    struct eddy_value why = eddy_int(7);
    struct eddy_scope scope;

    (void)loop;
    open_telling(self, &scope, &why);
    spawn_children(&scope, children, 2);
    expect_close(&scope, 0, -EIO);
    expect_child_error(&why, -EIO, "bert");
    ck_assert_uint_eq(eddy_error_details(&why)->count, 0);
    eddy_value_free(&why);
    open_telling(self, &scope, &why);
    expect_close(&scope, -EPIPE, -EPIPE);
    expect_error(&why, -EPIPE, "");
    return eddy_n(0);
}

START_TEST(an_error_alone_makes_no_group) /* K2 */
{
    (void)play(_i, fail_alone);
}
END_TEST

/* Each way to be closed, and what ret_error has then. */
static struct eddy_result tell_what_came(struct eddy_task *self, void *loop)
{
    struct child child = { .sleep_ns = S };
    struct eddy_value why = eddy_int(7);
    struct eddy_scope scope, outer;

    (void)loop;
    open_telling(self, &scope, &why);
    spawn_children(&scope, &child, 1);
    expect_close(&scope, 0, 0);
    ck_assert(why.free == NULL && why.n == 7); /* no error: not touched */
    open_telling(self, &scope, &why);
    ck_assert_int_eq(
        eddy_scope_set_deadline(&scope, eddy_loop_now_ns(loop) + S), 0);
    expect_sleep(self, 9 * S, -ECANCELED);
    expect_close(&scope, -ECANCELED, -ETIME);
    expect_error(&why, -ETIME, "");
    open_scope(self, &outer, 0, 0);
    open_telling(self, &scope, &why);
    cancel_scope(&outer);
    expect_sleep(self, 9 * S, -ECANCELED);
    expect_close(&scope, -ECANCELED, -ECANCELED);
    expect_error(&why, -ECANCELED, "");
    expect_close(&outer, -ECANCELED, 0);
    return eddy_n(0);
}

START_TEST(who_wants_the_error_has_it_whenever_closing_tells_one)
{
    (void)play(_i, tell_what_came);
}
END_TEST

static struct eddy_result fail_as_owner(struct eddy_task *self, void *loop)
{
    struct child children[] = {
        { .sleep_ns = S, .n = -EIO, .name = "anna" },
        { .sleep_ns = 9 * S, .cancelled_n = -EPERM, .name = "bert" },
    };
    struct eddy_value why;
    struct eddy_scope scope;

    (void)loop;
    open_telling(self, &scope, &why);
    spawn_children(&scope, children, 2);
    expect_close(&scope, -EPIPE, -EPIPE);
    ck_assert_int_eq(elapsed_ns(), 0);
    ck_assert_int_eq(children[0].told, NOT_TOLD); /* never began */
    expect_error(&why, -EPIPE, "");
    eddy_value_free(&why);

    open_telling(self, &scope, &why);
    spawn_children(&scope, children, 2);
    ck_assert_int_eq(eddy_task_yield(self), 0);
    expect_close(&scope, -EPIPE, -EPIPE);
    ck_assert_uint_eq(eddy_error_details(&why)->count, 2);
    expect_error(&eddy_error_details(&why)->child[0], -EPIPE, "");
    expect_child_error(&eddy_error_details(&why)->child[1], -EPERM, "bert");
    eddy_value_free(&why);
    return eddy_n(0);
}

START_TEST(an_error_of_the_owner_counts_like_one_of_a_child) /* TG6 */
{
    (void)play(_i, fail_as_owner);
}
END_TEST

static struct eddy_result fail_in_between(struct eddy_task *self, void *loop)
{
    struct child children[] = {
        { .sleep_ns = S, .n = -EIO, .name = "anna" },
        { .sleep_ns = 9 * S,
          .cancelled_n = -EPERM,
          .late_ns = S,
          .name = "bert" },
    };
    struct eddy_value why;
    struct eddy_scope scope;
    const struct eddy_error *details;

    (void)loop;
    open_telling(self, &scope, &why);
    spawn_children(&scope, children, 2);
    expect_sleep(self, 9 * S, -ECANCELED);
    expect_close(&scope, -EPIPE, -EIO);
    details = eddy_error_details(&why);
    ck_assert_uint_eq(details->count, 3);
    expect_child_error(&details->child[0], -EIO, "anna");
    expect_error(&details->child[1], -EPIPE, "");
    expect_child_error(&details->child[2], -EPERM, "bert");
    eddy_value_free(&why);
    return eddy_n(0);
}

START_TEST(errors_stand_in_the_order_in_which_they_came) /* TG3 TG6 */
{
    (void)play(_i, fail_in_between);
}
END_TEST

/* A task whose own scope fails with what its two children fail with. */
static struct eddy_result fail_within(struct eddy_task *self, void *arg)
{
    struct child *children = arg;
    struct eddy_scope scope;

    open_scope(self, &scope, 0, 0);
    spawn_children(&scope, children, 2);
    return eddy_n(eddy_scope_close(&scope, 0));
}

static struct eddy_result fail_in_groups(struct eddy_task *self, void *loop)
{
    struct child inner[] = {
        { .sleep_ns = S, .n = -EIO, .name = "anna" },
        { .sleep_ns = 9 * S, .cancelled_n = -EPERM, .name = "bert" },
    };
    struct child child = { .sleep_ns = 9 * S,
                           .cancelled_n = -EPIPE,
                           .name = "carl" };
    struct eddy_task_options options = { .name = "dora" };
    struct eddy_value why;
    struct eddy_scope scope;
    const struct eddy_error *details;

    (void)loop;
    open_telling(self, &scope, &why);
    ck_assert_int_eq(eddy_spawn(&scope, fail_within, inner, &options), 0);
    spawn_children(&scope, &child, 1);
    expect_close(&scope, 0, -EIO);
    details = eddy_error_details(&why);
    ck_assert_uint_eq(details->count, 2);
    expect_error(&details->child[0], -EIO, "dora");
    expect_child_error(&details->child[1], -EPIPE, "carl");
    details = eddy_error_details(&details->child[0]);
    ck_assert_uint_eq(details->count, 1); /* the cause: a group */
    expect_error(&details->child[0], -EIO, "2 errors");
    details = eddy_error_details(&details->child[0]);
    expect_child_error(&details->child[0], -EIO, "anna");
    expect_child_error(&details->child[1], -EPERM, "bert");
    ck_assert(eddy_error_is(&why, -EPERM));
    eddy_value_free(&why);
    return eddy_n(0);
}

START_TEST(groups_nest) /* TG6 */
{
    (void)play(_i, fail_in_groups);
}
END_TEST

/* The same in one task, one scope in the other. */
static struct eddy_result fail_in_turn(struct eddy_task *self, void *loop)
{
    struct child inner[] = {
        { .sleep_ns = S, .n = -EIO, .name = "anna" },
        { .sleep_ns = 9 * S, .cancelled_n = -EPERM, .name = "bert" },
    };
    struct eddy_value why;
    struct eddy_scope scope;

    (void)loop;
    open_telling(self, &scope, &why);
    expect_close(&scope, fail_within(self, inner).n, -EIO);
    ck_assert_uint_eq(eddy_error_details(&why)->count, 2);
    ck_assert(eddy_error_is(&why, -EPERM));
    eddy_value_free(&why);

    open_telling(self, &scope, &why); /* it ends with something else */
    ck_assert_int_eq(fail_within(self, inner).n, -EIO);
    expect_close(&scope, -EPIPE, -EPIPE);
    ck_assert(!eddy_error_is(&why, -EPERM));
    eddy_value_free(&why);
    ck_assert_int_eq(fail_within(self, inner).n, -EIO); /* nobody asks */
    return eddy_n(0);
}

START_TEST(a_group_is_handed_on_with_its_code_alone) /* TG6 */
{
    (void)play(_i, fail_in_turn);
}
END_TEST

static struct eddy_result cancel_one(struct eddy_task *self, void *loop)
{
    struct child children[] = { { .sleep_ns = 2 * S } };
    struct eddy_scope scope, within;
    struct eddy_task *task;
    struct eddy_task_options options = { .ret_task = &task };

    (void)loop;
    open_scope(self, &scope, 0, 0);
    open_scope(self, &within, 0, 0);
    ck_assert_int_eq(eddy_spawn(&scope, say, word("never"), &options), 0);
    spawn_children(&scope, children, 1);
    cancel_task(task);
    expect_close(&within, 0, 0);
    expect_close(&scope, 0, 0);
    expect_child(&children[0], 0, 2 * S);
    ck_assert(!eddy_scope_cancelled(&scope));
    eddy_task_unref(task);
    return eddy_n(0);
}

START_TEST(a_child_cancelled_on_its_own_is_ignored) /* TG4 */
{
    (void)play(_i, cancel_one);
    ck_assert_str_eq(marks(), "");
}
END_TEST

/* ---- The owner is cancelled ---------------------------------------------- */

static struct eddy_result cancel_owner(struct eddy_task *self, void *loop)
{
    struct child children[] = { { .sleep_ns = 9 * S, .late_ns = S },
                                { .sleep_ns = 9 * S } };
    struct eddy_scope scope;

    open_scope(self, &scope, 0, 0);
    spawn_children(&scope, children, 2);
    call_after(loop, S, cancel_task, self);
    expect_close(&scope, 0, -ECANCELED);
    expect_child(&children[0], -ECANCELED, 2 * S);
    expect_child(&children[1], -ECANCELED, S);
    expect_sleep(self, S, 0); /* it has been told */
    return eddy_n(0);
}

START_TEST(cancelling_the_owner_cancels_the_children) /* TG5 */
{
    (void)play(_i, cancel_owner);
}
END_TEST

static struct eddy_result cancel_and_fail(struct eddy_task *self, void *loop)
{
    struct child child = { .sleep_ns = 9 * S, .cancelled_n = -EIO };
    struct child others[] = { { .sleep_ns = S, .n = -EIO },
                              { .sleep_ns = 9 * S, .late_ns = 2 * S } };
    struct eddy_scope scope;

    open_scope(self, &scope, 0, 0);
    spawn_children(&scope, &child, 1);
    call_after(loop, S, cancel_task, self);
    expect_close(&scope, 0, -EIO);
    expect_sleep(self, S, -ECANCELED); /* it was not lost */
    expect_sleep(self, S, 0);

    open_scope(self, &scope, 0, 0); /* the error first, then the cancelling */
    spawn_children(&scope, others, 2);
    call_after(loop, 2 * S, cancel_task, self);
    expect_close(&scope, 0, -EIO);
    expect_sleep(self, S, -ECANCELED);
    expect_sleep(self, S, 0);
    ck_assert_int_eq(eddy_task_cancelling(self), 2);
    return eddy_n(0);
}

START_TEST(errors_have_priority_over_the_cancelling_of_the_owner) /* TG5 */
{
    (void)play(_i, cancel_and_fail);
}
END_TEST

/* ---- Spawning refused ---------------------------------------------------- */

static struct eddy_result spawn_in_vain(struct eddy_task *self, void *loop)
{
    struct eddy_scope scope, outer;
    struct eddy_scope_options bad = { .timeout_ns = -1 };

    (void)loop;
    memset(&scope, 0, sizeof scope);
    ck_assert_int_eq(eddy_spawn(&scope, say, word("a"), NULL), -ESHUTDOWN);
    ck_assert_int_eq(eddy_scope_open(self, &scope, &bad), -EINVAL);
    ck_assert_int_eq(eddy_spawn(&scope, say, word("b"), NULL), -ESHUTDOWN);
    open_scope(self, &scope, 0, 0);
    expect_close(&scope, 0, 0);
    ck_assert_int_eq(eddy_spawn(&scope, say, word("c"), NULL), -ESHUTDOWN);
    open_scope(self, &outer, 0, 0);
    open_scope(self, &scope, 0, 0);
    cancel_scope(&scope);
    ck_assert_int_eq(eddy_spawn(&scope, say, word("d"), NULL), -ECANCELED);
    ck_assert_int_eq(eddy_spawn(&outer, say, word("e"), NULL), 0);
    expect_close(&scope, 0, 0);
    cancel_scope(&outer);
    open_scope(self, &scope, 0, 0);
    ck_assert_int_eq(eddy_spawn(&scope, say, word("f"), NULL), -ECANCELED);
    expect_close(&scope, 0, 0);
    expect_close(&outer, 0, 0);
    ck_assert_int_eq(eddy_spawn(NULL, say, word("g"), NULL), -EINVAL);
    return eddy_n(0);
}

START_TEST(a_scope_that_stops_or_is_not_open_takes_no_task) /* TG7 */
{
    (void)play(_i, spawn_in_vain);
    ck_assert_str_eq(marks(), "");
}
END_TEST

static struct eddy_result spawn_late(struct eddy_task *self, void *arg)
{
    ck_assert_int_eq(eddy_task_yield(self), -ECANCELED);
    ck_assert_int_eq(eddy_spawn(arg, say, word("a"), NULL), -ECANCELED);
    return eddy_n(0);
}

static struct eddy_result refuse_late(struct eddy_task *self, void *loop)
{
    struct eddy_scope scope;

    (void)loop;
    open_scope(self, &scope, 0, 0);
    ck_assert_int_eq(eddy_spawn(&scope, spawn_late, &scope, NULL), 0);
    ck_assert_int_eq(eddy_task_yield(self), 0);
    expect_close(&scope, -EIO, -EIO);
    return eddy_n(0);
}

START_TEST(nor_does_one_whose_owner_has_failed) /* TG7 */
{
    (void)play(_i, refuse_late);
    ck_assert_str_eq(marks(), "");
}
END_TEST

static struct eddy_result open_in_vain(struct eddy_task *self, void *loop)
{
    struct eddy_scope_options bad_flag = { .flags = 1u << 2 };
    struct eddy_scope_options bad_limit = { .timeout_ns = -1 };
    struct eddy_scope scope;
    struct eddy_task *other;
    struct eddy_task_options options = { .ret_task = &other };

    ck_assert_int_eq(eddy_scope_open(NULL, &scope, NULL), -EPERM);
    ck_assert_int_eq(eddy_scope_open(self, NULL, NULL), -EINVAL);
    ck_assert_int_eq(eddy_scope_open(self, &scope, &bad_flag), -EINVAL);
    ck_assert_int_eq(
        eddy_spawn(eddy_loop_scope(loop), say, word("a"), &options), 0);
    ck_assert_int_eq(eddy_scope_open(other, &scope, NULL), -EPERM);
    ck_assert_int_eq(eddy_await(self, eddy_join(other)), 0);
    eddy_task_unref(other);
    ck_assert_int_eq(eddy_scope_open(self, &scope, &bad_limit), -EINVAL);
    ck_assert_ptr_eq(eddy_task_scope(self), eddy_loop_scope(loop));
    expect_close(&scope, 0, -EALREADY);
    expect_close(&scope, -EINVAL, -EINVAL); /* as the header has it */
    eddy_scope_leave(&scope);
    ck_assert_int_eq(eddy_scope_cancel(&scope, NULL), -EALREADY);
    return eddy_n(0);
}

START_TEST(what_could_not_be_opened_is_closed)
{
    (void)play(_i, open_in_vain);
}
END_TEST

/* ---- Handed to others ---------------------------------------------------- */

static struct eddy_result fill(struct eddy_task *self, void *arg)
{
    static struct child children[] = { { .sleep_ns = 5 * S } };

    expect_sleep(self, S, 0);
    spawn_children(arg, children, 1);
    return eddy_n(0);
}

static struct eddy_result hand_over(struct eddy_task *self, void *loop)
{
    struct eddy_scope outer, inner;

    (void)loop;
    open_scope(self, &outer, 0, 0);
    open_scope(self, &inner, 0, 0);
    ck_assert_int_eq(eddy_spawn(&inner, fill, &outer, NULL), 0);
    expect_close(&inner, 0, 0); /* it does not wait for what is in the other */
    ck_assert_int_eq(elapsed_ns(), S);
    expect_close(&outer, 0, 0);
    ck_assert_int_eq(elapsed_ns(), 6 * S);
    return eddy_n(0);
}

START_TEST(a_scope_may_be_handed_to_other_tasks) /* K4 */
{
    (void)play(_i, hand_over);
}
END_TEST

static struct eddy_result go_down(struct eddy_task *self, void *arg)
{
    int *depth = arg;
    int here = (*depth)++;
    struct eddy_scope scope;
    int64_t n;

    open_scope(self, &scope, 0, 0);
    if (here < 5)
        ck_assert_int_eq(eddy_spawn(&scope, go_down, depth, NULL), 0);
    n = eddy_await(self, eddy_sleep(9 * S));
    ck_assert_int_eq(n, -ECANCELED);
    ck_assert_int_eq(eddy_scope_close(&scope, (int)n), -ECANCELED);
    (*depth)--;
    return eddy_n(n);
}

static struct eddy_result stop_from_outside(struct eddy_task *self, void *loop)
{
    struct eddy_scope scope;
    int depth = 0;

    open_scope(self, &scope, 0, 0);
    ck_assert_int_eq(eddy_spawn(&scope, go_down, &depth, NULL), 0);
    call_after(loop, S, cancel_scope, &scope);
    expect_close(&scope, 0, 0);
    ck_assert_int_eq(elapsed_ns(), S);
    ck_assert_int_eq(depth, 0);
    return eddy_n(0);
}

START_TEST(cancelling_a_scope_from_outside_stops_all_below_it) /* K4 */
{
    (void)play(_i, stop_from_outside);
}
END_TEST

/* ---- Supervising, and the loop's scope ----------------------------------- */

static struct eddy_result supervise(struct eddy_task *self, void *loop)
{
    struct child children[] = { { .sleep_ns = S, .n = -EIO, .name = "anna" },
                                { .sleep_ns = 2 * S, .n = -EPIPE },
                                { .sleep_ns = 3 * S } };
    struct eddy_scope scope;

    (void)loop;
    open_scope(self, &scope, EDDY_SCOPE_SUPERVISE, 0);
    spawn_children(&scope, children, 3);
    expect_close(&scope, 0, 0);
    expect_child(&children[2], 0, 3 * S);
    open_scope(self, &scope, EDDY_SCOPE_SUPERVISE, 0);
    spawn_children(&scope, children, 3);
    expect_close(&scope, -EINVAL, -EINVAL); /* the owner's counts */
    return eddy_n(0);
}

START_TEST(in_a_supervising_scope_the_siblings_of_a_failure_go_on)
{
    (void)play(_i, supervise);
    ck_assert_int_eq(logged("anna"), 1);
    ck_assert_int_eq(logged("unhandled error"), 2);
}
END_TEST

static struct eddy_result try_the_loops(struct eddy_task *self, void *loop)
{
    struct eddy_scope *scope = eddy_loop_scope(loop);
    struct child children[] = { { .sleep_ns = S, .n = -EIO },
                                { .sleep_ns = 2 * S } };

    ck_assert_ptr_eq(scope, eddy_task_scope(self));
    ck_assert_int_eq(eddy_scope_cancel(scope, NULL), -EPERM);
    ck_assert_int_eq(eddy_scope_close(scope, 0), -EPERM);
    ck_assert_int_eq(eddy_scope_set_deadline(scope, 2 * S), -EINVAL);
    ck_assert_int_eq(eddy_scope_deadline_ns(scope), EDDY_FOREVER);
    eddy_scope_leave(scope); /* it cannot be left */
    ck_assert(!eddy_scope_stopping(scope) && !eddy_scope_cancelled(scope));
    spawn_children(scope, children, 2);
    ck_assert_uint_eq(eddy_scope_tasks(scope), 3);
    expect_sleep(self, 3 * S, 0);
    expect_child(&children[1], 0, 2 * S);
    return eddy_n(0);
}

START_TEST(the_scope_of_a_loop_is_never_cancelled)
{
    (void)play(_i, try_the_loops);
    ck_assert_int_eq(logged("unhandled error"), 1);
    ck_assert_ptr_null(eddy_loop_scope(NULL));
}
END_TEST

/* ---- Every way out of a block -------------------------------------------- */

enum way { BY_END, BY_RETURN, BY_BREAK, BY_GOTO, WAYS };

static void leave_by(struct eddy_task *self, enum way way, struct child *child)
{
    for (int once = 1; once > 0; once--) {
        EDDY_AUTO_SCOPE(self, scope, NULL);

        spawn_children(&scope, child, 1);
        expect_sleep(self, S, 0);
        if (way == BY_RETURN)
            return;
        if (way == BY_BREAK)
            break;
        if (way == BY_GOTO)
            goto out;
        expect_child(child, NOT_TOLD, 0);
    }
    expect_child(child, -ECANCELED, elapsed_ns());
out:
    ck_assert_int_eq(child->told, -ECANCELED);
}

static struct eddy_result leave_all_ways(struct eddy_task *self, void *loop)
{
    for (enum way way = BY_END; way < WAYS; way++) {
        struct child child = { .sleep_ns = 9 * S, .late_ns = S };

        leave_by(self, way, &child);
        expect_child(&child, -ECANCELED, 2 * S * (int64_t)(way + 1));
        ck_assert_ptr_eq(eddy_task_scope(self), eddy_loop_scope(loop));
        ck_assert_int_eq(eddy_task_check(self), 0);
    }
    return eddy_n(0);
}

START_TEST(an_automatic_scope_is_left_on_every_way_out)
{
    (void)play(_i, leave_all_ways);
}
END_TEST

static struct eddy_result close_before(struct eddy_task *self, void *loop)
{
    struct child child = { .sleep_ns = S };

    (void)loop;
    {
        EDDY_AUTO_SCOPE(self, outer, NULL);
        EDDY_AUTO_SCOPE(self, inner, NULL);

        spawn_children(&inner, &child, 1);
        expect_close(&inner, 0, 0);
        spawn_children(&outer, &child, 1);
    }
    expect_child(&child, NOT_TOLD, 0);
    return eddy_n(0);
}

START_TEST(one_that_was_closed_before_is_left_alone)
{
    (void)play(_i, close_before);
}
END_TEST

static struct eddy_result leave_with_errors(struct eddy_task *self, void *loop)
{
    struct child child = { .sleep_ns = S, .n = -EIO };
    struct eddy_scope_options options = { .name = "the attic" };

    (void)loop;
    EDDY_AUTO_SCOPE(self, scope, &options);
    spawn_children(&scope, &child, 1);
    expect_sleep(self, 2 * S, -ECANCELED);
    return eddy_n(0);
}

static struct eddy_result leave_in_peace(struct eddy_task *self, void *loop)
{
    struct child child = { .sleep_ns = 2 * S };

    (void)loop;
    EDDY_AUTO_SCOPE(self, scope, NULL);
    spawn_children(&scope, &child, 1);
    expect_sleep(self, S, 0);
    return eddy_n(0);
}

START_TEST(what_failed_in_a_scope_that_is_left_is_told_by_the_log)
{
    (void)play(_i, leave_in_peace);
    ck_assert_int_eq(logged(""), 0);
    (void)play(_i, leave_with_errors);
    ck_assert_int_eq(logged("the attic"), 1);
    ck_assert_int_eq(logged(eddy_strerror(-EIO)), 1);
}
END_TEST

static struct eddy_result shield_cleanup(struct eddy_task *self, void *loop)
{
    struct eddy_scope scope;

    (void)loop;
    open_scope(self, &scope, 0, 0);
    cancel_scope(&scope);
    {
        EDDY_AUTO_SHIELD(self, shield, 2 * S);

        expect_sleep(self, S, 0);
        expect_sleep(self, 2 * S, -ECANCELED); /* the grace is over */
        ck_assert(eddy_scope_expired(&shield));
    }
    ck_assert_int_eq(elapsed_ns(), 2 * S);
    expect_sleep(self, S, -ECANCELED);
    expect_close(&scope, -ECANCELED, 0);
    return eddy_n(0);
}

START_TEST(an_automatic_shield_gives_time_to_clean_up) /* K10 */
{
    (void)play(_i, shield_cleanup);
    ck_assert_int_eq(logged(""), 0);
}
END_TEST

/* ---- Closed the wrong way ------------------------------------------------ */

static struct eddy_result close_foreign(struct eddy_task *self, void *arg)
{
    (void)self;
    expect_close(arg, 0, -EPERM);
    eddy_scope_leave(arg);
    ck_assert(!eddy_scope_cancelled(arg));
    return eddy_n(0);
}

static void close_from_outside(void *scope)
{
    expect_close(scope, 0, -EPERM);
    ck_assert(!eddy_scope_cancelled(scope));
}

static struct eddy_result close_wrongly(struct eddy_task *self, void *loop)
{
    struct eddy_scope outer, inner;

    open_scope(self, &outer, 0, 0);
    open_scope(self, &inner, 0, 0);
    expect_close(&outer, 0, -EPERM);
    expect_close(NULL, 0, -EINVAL);
    eddy_scope_leave(NULL);
    ck_assert_int_eq(eddy_spawn(&inner, close_foreign, &inner, NULL), 0);
    call_after(loop, S, close_from_outside, &inner);
    expect_sleep(self, 2 * S, 0);
    expect_close(&inner, 1, 0); /* a result of the owner's is no error */
    expect_close(&inner, 0, -EALREADY);
    expect_close(&outer, 0, 0);
    ck_assert_int_eq(logged("left"), 1);
    eddy_scope_leave(&outer);
    ck_assert_int_eq(eddy_scope_deadline_ns(&inner), EDDY_FOREVER);
    return eddy_n(0);
}

START_TEST(only_the_innermost_scope_of_who_runs_can_be_closed_and_once)
{
    (void)play(_i, close_wrongly);
}
END_TEST

static struct eddy_result leave_outer_first(struct eddy_task *self, void *loop)
{
    struct eddy_scope outer, inner;

    (void)loop;
    open_scope(self, &outer, 0, 0);
    open_scope(self, &inner, 0, 0);
    eddy_scope_leave(&outer);
    ck_assert(!eddy_scope_cancelled(&outer));
    ck_assert_int_eq(logged("left"), 1);
    expect_close(&inner, 0, 0);
    expect_close(&outer, 0, 0);
    return eddy_n(0);
}

START_TEST(leaving_out_of_order_is_told_by_the_log_and_nothing_happens)
{
    (void)play(_i, leave_outer_first);
}
END_TEST

static struct eddy_result forget_to_close(struct eddy_task *self, void *loop)
{
    static struct eddy_scope scope;

    (void)loop;
    open_scope(self, &scope, 0, 0);
    return eddy_n(0);
}

START_TEST(a_task_that_returns_with_a_scope_open_is_told_of_by_the_log)
{
    (void)play(_i, forget_to_close);
    ck_assert_int_eq(logged("returned with a scope open"), 1);
}
END_TEST

/* ---- Handles that outlive ------------------------------------------------ */

static struct eddy_task *survivor;

static struct eddy_result spawn_survivor(struct eddy_task *self, void *arg)
{
    struct eddy_task_options options = { .ret_task = &survivor };
    struct eddy_scope scope;

    (void)arg;
    open_scope(self, &scope, 0, 0);
    ck_assert_int_eq(eddy_spawn(&scope, spawn_late, &scope, &options), 0);
    ck_assert_int_eq(eddy_task_yield(self), 0);
    ck_assert_int_eq(eddy_scope_cancel(&scope, "why not"), 0);
    expect_close(&scope, 0, 0);
    memset(&scope, 0xff, sizeof scope); /* as the next one would */
    return eddy_n(0);
}

START_TEST(a_task_that_is_over_has_no_scope_but_its_reason)
{
    struct eddy_loop *loop = play(_i, spawn_survivor);

    ck_assert_ptr_null(eddy_task_scope(survivor));
    ck_assert_str_eq(eddy_task_reason(survivor), "why not");
    free_loop(loop);
    ck_assert_str_eq(eddy_task_reason(survivor), "why not");
    eddy_task_unref(survivor);
}
END_TEST

/* ---- Many ---------------------------------------------------------------- */

static struct eddy_scope deep[MANY];

static struct eddy_result go_deep(struct eddy_task *self, void *loop)
{
    struct child child = { .sleep_ns = 9 * S };

    for (int i = 0; i < MANY; i++)
        open_scope(self, &deep[i], 0, i == 0 ? 5 * S : 0);
    spawn_children(&deep[MANY - 1], &child, 1);
    ck_assert_int_eq(eddy_scope_deadline_ns(&deep[MANY - 1]), 6 * S);
    call_after(loop, S, cancel_scope, &deep[1]);
    expect_sleep(self, 3 * S, -ECANCELED);
    ck_assert_int_eq(elapsed_ns(), S);
    ck_assert_str_eq(eddy_task_reason(self), "so it was said");
    for (int i = MANY - 1; i > 1; i--)
        expect_close(&deep[i], -ECANCELED, -ECANCELED);
    expect_child(&child, -ECANCELED, S);
    expect_close(&deep[1], -ECANCELED, 0);
    expect_sleep(self, S, 0);
    expect_close(&deep[0], 0, 0);
    return eddy_n(0);
}

START_TEST(scopes_may_be_ten_thousand_deep)
{
    (void)play(_i, go_deep);
}
END_TEST

/* One deep chain of tasks, each with a scope, each in the last one's. */
static struct eddy_result go_on_down(struct eddy_task *self, void *arg)
{
    int *left = arg;
    struct eddy_scope scope;
    int err;

    open_scope(self, &scope, 0, 0);
    if (--*left > 0)
        ck_assert_int_eq(eddy_spawn(&scope, go_on_down, left, NULL), 0);
    else
        expect_sleep(self, 9 * S, -ECANCELED);
    err = eddy_scope_close(&scope, *left > 0 ? 0 : -ECANCELED);
    ck_assert_int_eq(err, -ECANCELED);
    return eddy_n(err);
}

static struct eddy_result go_deep_in_tasks(struct eddy_task *self, void *loop)
{
    struct eddy_scope scope;
    int left = 1000;

    (void)loop;
    open_scope(self, &scope, 0, S);
    ck_assert_int_eq(eddy_spawn(&scope, go_on_down, &left, NULL), 0);
    expect_close(&scope, 0, -ETIME);
    return eddy_n(0);
}

START_TEST(tasks_in_scopes_of_tasks_may_be_deep)
{
    (void)play(_i, go_deep_in_tasks);
}
END_TEST

static struct eddy_result count_up(struct eddy_task *self, void *arg)
{
    int *counts = arg;
    int64_t n = eddy_await(self, eddy_sleep(S));

    counts[n == 0 ? 0 : 1]++;
    return eddy_n(n);
}

static struct eddy_result crowd(struct eddy_task *self, void *loop)
{
    struct eddy_scope scope;
    int counts[2] = { 0, 0 };

    (void)loop;
    for (int round = 0; round < 2; round++) {
        open_scope(self, &scope, 0, 0);
        for (int i = 0; i < CROWD; i++)
            ck_assert_int_eq(eddy_spawn(&scope, count_up, counts, NULL), 0);
        ck_assert_uint_eq(eddy_scope_tasks(&scope), CROWD);
        expect_sleep(self, S / 2, 0);
        expect_close(&scope, -round, -round);
    }
    ck_assert_int_eq(counts[0], CROWD);
    ck_assert_int_eq(counts[1], CROWD);
    return eddy_n(0);
}

START_TEST(ten_thousand_tasks_may_be_in_one_scope)
{
    (void)play(_i, crowd);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        closing_waits_for_all_tasks,
        a_child_does_not_run_before_its_owner_waits,
        who_is_spawned_while_the_owner_joins_is_waited_for,
        nor_is_who_is_spawned_at_the_last_moment_forgotten,
        the_first_error_cancels_the_siblings_and_is_told,
        the_first_error_cancels_what_the_owner_does,
        errors_during_the_cancelling_join_the_group,
        an_error_alone_makes_no_group,
        who_wants_the_error_has_it_whenever_closing_tells_one,
        an_error_of_the_owner_counts_like_one_of_a_child,
        errors_stand_in_the_order_in_which_they_came,
        groups_nest,
        a_group_is_handed_on_with_its_code_alone,
        a_child_cancelled_on_its_own_is_ignored,
        cancelling_the_owner_cancels_the_children,
        errors_have_priority_over_the_cancelling_of_the_owner,
        a_scope_that_stops_or_is_not_open_takes_no_task,
        nor_does_one_whose_owner_has_failed,
        what_could_not_be_opened_is_closed,
        a_scope_may_be_handed_to_other_tasks,
        cancelling_a_scope_from_outside_stops_all_below_it,
        in_a_supervising_scope_the_siblings_of_a_failure_go_on,
        the_scope_of_a_loop_is_never_cancelled,
        an_automatic_scope_is_left_on_every_way_out,
        one_that_was_closed_before_is_left_alone,
        what_failed_in_a_scope_that_is_left_is_told_by_the_log,
        an_automatic_shield_gives_time_to_clean_up,
        only_the_innermost_scope_of_who_runs_can_be_closed_and_once,
        leaving_out_of_order_is_told_by_the_log_and_nothing_happens,
        a_task_that_returns_with_a_scope_open_is_told_of_by_the_log,
        a_task_that_is_over_has_no_scope_but_its_reason,
        scopes_may_be_ten_thousand_deep,
        tasks_in_scopes_of_tasks_may_be_deep,
        ten_thousand_tasks_may_be_in_one_scope,
    };
    Suite *suite = suite_create("scope");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
