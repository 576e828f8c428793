/* SPDX-License-Identifier: MIT */
/* test_task.c - the life of a task: from spawn to its last handle. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "task_support.h"

/* ---- Beginning ----------------------------------------------------------- */

START_TEST(making_a_task_runs_nothing) /* T1, C18 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_task *task = spawn_held(loop, say, word("a"));

    ck_assert_str_eq(marks(), "");
    ck_assert_int_eq(eddy_task_state(task), EDDY_TASK_NEW);
    ck_assert_uint_eq(eddy_loop_task_count(loop), 1);
    ck_assert(eddy_loop_alive(loop));
    ck_assert_int_eq(end_of(loop, task), 0);
    ck_assert_str_eq(marks(), "a");
    ck_assert_uint_eq(eddy_loop_task_count(loop), 0);
    ck_assert(!eddy_loop_alive(loop));
}
END_TEST

static struct eddy_result say_and_spawn(struct eddy_task *self, void *arg)
{
    (void)arg;
    mark(word("p"));
    spawn(eddy_task_loop(self), say, word("c"));
    mark(word("q"));
    return eddy_n(0);
}

static void spawn_from_outside(void *loop)
{
    spawn(loop, say, word("k"));
    mark(word("j"));
}

START_TEST(tasks_run_in_the_order_in_which_they_were_spawned) /* T1 */
{
    struct eddy_loop *loop = virtual_loop(_i);

    ck_assert_int_eq(eddy_loop_soon(loop, spawn_from_outside, loop), 0);
    spawn(loop, say, word("a"));
    spawn(loop, say_and_spawn, NULL);
    spawn(loop, say, word("b"));
    run_out(loop);
    ck_assert_str_eq(marks(), "j a p q b k c");
}
END_TEST

static struct eddy_result never(struct eddy_task *self, void *arg)
{
    (void)self;
    (void)arg;
    ck_abort_msg("it was never to run");
}

static void count_never(void *arg)
{
    (void)arg;
    ck_abort_msg("it is still the caller's");
}

START_TEST(what_cannot_be_spawned_leaves_all_as_it_was)
{
    static const struct eddy_task_options too_large = { .stack_size = SIZE_MAX,
                                                        .free_arg =
                                                            count_never };
    static const struct eddy_task_options odd = { .flags = 1u << 31,
                                                  .free_arg = count_never };
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_scope *scope = eddy_loop_scope(loop);
    struct eddy_scope closed = { { 0 } };

    ck_assert_ptr_null(eddy_loop_scope(NULL));
    ck_assert_int_eq(eddy_spawn(NULL, never, NULL, NULL), -EINVAL);
    ck_assert_int_eq(eddy_spawn(scope, NULL, NULL, NULL), -EINVAL);
    ck_assert_int_eq(eddy_spawn(scope, never, NULL, &too_large), -EINVAL);
    ck_assert_int_eq(eddy_spawn(scope, never, NULL, &odd), -EINVAL);
    ck_assert_int_eq(eddy_spawn(&closed, never, NULL, NULL), -ESHUTDOWN);
    ck_assert_int_eq(eddy_scope_cancel(scope, NULL), -EPERM);
    ck_assert_uint_eq(eddy_loop_task_count(loop), 0);
    ck_assert(!eddy_loop_alive(loop));
}
END_TEST

START_TEST(looking_makes_nothing)
{
    struct eddy_loop *loop = virtual_loop(_i);
    long live = live_allocations();

    ck_assert_ptr_null(eddy_loop_task(loop));
    ck_assert_uint_eq(eddy_loop_task_count(loop), 0);
    ck_assert_ptr_null(eddy_loop_task(NULL));
    ck_assert_uint_eq(eddy_loop_task_count(NULL), 0);
    ck_assert_int_eq(live_allocations(), live);
}
END_TEST

/* ---- What it is ---------------------------------------------------------- */

struct looked {
    struct eddy_task *task; /* at another one, or NULL */
    enum eddy_task_state state;
    struct eddy_task *running;
    size_t count;
};

static struct eddy_result look(struct eddy_task *self, void *arg)
{
    struct looked *looked = arg;
    struct eddy_loop *loop = eddy_task_loop(self);

    looked->state = eddy_task_state(looked->task != NULL ? looked->task : self);
    looked->running = eddy_loop_task(loop);
    looked->count = eddy_loop_task_count(loop);
    ck_assert_ptr_eq(looked->running, self);
    ck_assert_ptr_eq(eddy_task_scope(self), eddy_loop_scope(loop));
    return eddy_n(0);
}

START_TEST(the_state_of_a_task_is_told_at_each_point) /* C25 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { 0 };
    struct looked at_itself = { 0 }, at_ready = { 0 };
    struct eddy_task *waiting = spawn_held(loop, wait_there, &latch);
    struct eddy_task *yielding = spawn_held(loop, say_thrice, word("a"));

    at_ready.task = yielding;
    ck_assert_int_eq(eddy_task_state(waiting), EDDY_TASK_NEW);
    spawn(loop, look, &at_itself);
    spawn(loop, look, &at_ready);
    turns(loop, 2);
    ck_assert_int_eq(at_itself.state, EDDY_TASK_RUNNING);
    ck_assert_uint_eq(at_itself.count, 4);
    ck_assert_int_eq(at_ready.state, EDDY_TASK_READY);
    ck_assert_uint_eq(at_ready.count, 3);
    ck_assert_int_eq(eddy_task_state(waiting), EDDY_TASK_WAITING);
    ck_assert_int_eq(eddy_task_state(yielding), EDDY_TASK_OVER);
    ck_assert_ptr_null(eddy_loop_task(loop));
    release(&latch, 5);
    ck_assert_int_eq(eddy_task_state(waiting), EDDY_TASK_READY);
    ck_assert_int_eq(end_of(loop, waiting), 5);
    eddy_task_unref(yielding);
    ck_assert_int_eq(eddy_task_state(NULL), EDDY_TASK_OVER);
    (void)marks();
}
END_TEST

static void expect_none(void *loop)
{
    ck_assert_ptr_null(eddy_loop_task(loop));
    mark(word("callback"));
}

START_TEST(a_task_has_a_name_and_knows_where_it_is) /* T16 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_task *plain = spawn_held(loop, say_thrice, word("a")), *named;

    spawn_with(loop, say, word("b"),
               (struct eddy_task_options){ .name = "bee", .ret_task = &named });
    ck_assert_str_eq(eddy_task_name(plain), "a task");
    ck_assert_str_eq(eddy_task_name(named), "bee");
    ck_assert_str_eq(eddy_task_name(NULL), "no task");
    ck_assert_ptr_eq(eddy_task_loop(plain), loop);
    ck_assert_ptr_null(eddy_task_loop(NULL));
    ck_assert_ptr_null(eddy_task_scope(NULL));
    ck_assert_int_eq(eddy_loop_soon(loop, expect_none, loop), 0);
    ck_assert_int_eq(end_of(loop, plain), 0);
    ck_assert_int_eq(end_of(loop, named), 0);
    ck_assert_str_eq(marks(), "callback a b a a");
}
END_TEST

static struct eddy_result keep_errno(struct eddy_task *self, void *arg)
{
    for (int i = 0; i < 3; i++) {
        errno = *(int *)arg + i;
        ck_assert_int_eq(i % 2 == 0
                             ? eddy_task_yield(self)
                             : (int)eddy_await(self, eddy_sleep(EDDY_MS)),
                         0);
        ck_assert_int_eq(errno, *(int *)arg + i);
    }
    return eddy_n(0);
}

START_TEST(errno_is_kept_for_each_task)
{
    struct eddy_loop *loop = virtual_loop(_i);
    int from[] = { 10, 20, 30 };

    for (int i = 0; i < 3; i++)
        spawn(loop, keep_errno, &from[i]);
    run_out(loop);
}
END_TEST

/* ---- The end ------------------------------------------------------------- */

static int dropped, freed;

static void count_drop(void *made)
{
    ck_assert_ptr_nonnull(made);
    dropped++;
}

static void count_free(void *arg)
{
    ck_assert_ptr_nonnull(arg);
    freed++;
}

static void nothing_yet(void)
{
    dropped = freed = 0;
}

static struct eddy_result make(struct eddy_task *self, void *made)
{
    struct eddy_result result = eddy_n(3);

    (void)self;
    result.made = made;
    return result;
}

static struct eddy_result go_wrong(struct eddy_task *self, void *arg)
{
    (void)self;
    (void)arg;
    return eddy_n(-EIO);
}

static struct eddy_result give_up(struct eddy_task *self, void *arg)
{
    (void)self;
    (void)arg;
    return eddy_n(-ECANCELED);
}

START_TEST(what_it_returns_is_its_result) /* T3 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_task *task = spawn_held(loop, make, &dropped);
    struct eddy_result result = eddy_loop_run_until(loop, eddy_join(task));

    ck_assert_int_eq(result.n, 3);
    ck_assert_ptr_eq(result.made, &dropped);
    result = eddy_loop_run_until(loop, eddy_join(task)); /* again */
    ck_assert_int_eq(result.n, 3);
    ck_assert_ptr_null(result.made);
    eddy_task_unref(task);
    ck_assert_int_eq(end_of(loop, spawn_held(loop, go_wrong, NULL)), -EIO);
    ck_assert_int_eq(end_of(loop, spawn_held(loop, give_up, NULL)), -ECANCELED);
    ck_assert_int_eq(logged(""), 0);
}
END_TEST

static struct eddy_result join_it(struct eddy_task *self, void *task)
{
    struct eddy_op join = eddy_join(task);

    return eddy_await_op(self, &join);
}

START_TEST(all_who_join_are_told_and_the_first_gets_what_it_made) /* C19 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_task *task, *joining[3];
    struct outcome outcome = { 0 };

    nothing_yet();
    for (int i = 0; i < 3; i++)
        spawn(loop, say_thrice, word("x"));
    spawn_with(
        loop, make, &dropped,
        (struct eddy_task_options){ .ret_task = &task, .drop = count_drop });
    for (int i = 0; i < 3; i++)
        joining[i] = spawn_held(loop, join_it, task);
    turns(loop, 1);
    for (int i = 0; i < 3; i++) {
        struct eddy_result result;

        result = eddy_loop_run_until(loop, eddy_join(joining[i]));
        ck_assert_int_eq(result.n, 3);
        ck_assert_ptr_eq(result.made, i == 0 ? &dropped : NULL);
        eddy_task_unref(joining[i]);
    }
    ck_assert_int_eq(eddy_start(loop, eddy_join(task), take, &outcome, NULL),
                     0);
    run_out(loop);
    expect_n(&outcome, 3);
    ck_assert_ptr_null(outcome.last.made);
    eddy_task_unref(task);
    ck_assert_int_eq(dropped, 0);
    (void)marks();
}
END_TEST

static struct eddy_result cancel_self_and_make(struct eddy_task *self,
                                               void *made)
{
    ck_assert_int_eq(eddy_task_cancel(self, NULL), 1);
    return make(self, made);
}

START_TEST(what_it_made_and_nobody_takes_is_dropped_once)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_task_options options = { .drop = count_drop };
    struct eddy_task *task;

    nothing_yet();
    spawn_with(loop, make, &dropped, options); /* no handle */
    run_out(loop);
    ck_assert_int_eq(dropped, 1);
    spawn_with(loop, make, NULL, options); /* nothing was made */
    spawn_with(loop, go_wrong, NULL, options);
    run_out(loop);
    ck_assert_int_eq(dropped, 1);
    options.ret_task = &task;
    spawn_with(loop, make, &dropped, options); /* a handle, not joined */
    run_out(loop);
    ck_assert_int_eq(dropped, 1);
    eddy_task_unref(task);
    ck_assert_int_eq(dropped, 2);
    spawn_with(loop, cancel_self_and_make, &dropped, options);
    ck_assert_int_eq(end_of(loop, task), -ECANCELED);
    ck_assert_int_eq(dropped, 3);
}
END_TEST

START_TEST(what_a_join_took_and_nobody_wants_is_dropped_too)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_task *task[2];
    struct eddy_child child[2];

    nothing_yet();
    for (int i = 0; i < 2; i++) {
        spawn_with(loop, make, &dropped,
                   (struct eddy_task_options){ .drop = count_drop,
                                               .ret_task = &task[i] });
        child[i] = (struct eddy_child){ .op = eddy_join(task[i]) };
    }
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_any(child, 2)).n, 0);
    ck_assert_ptr_eq(child[0].result.made, &dropped); /* is ours */
    ck_assert_int_eq(child[1].result.n, -ECANCELED);
    eddy_task_unref(task[0]);
    eddy_task_unref(task[1]);
    ck_assert_int_eq(dropped, 1);
    spawn_with(
        loop, make, &dropped,
        (struct eddy_task_options){ .drop = count_drop, .ret_task = &task[0] });
    ck_assert_int_eq(eddy_start(loop, eddy_join(task[0]), NULL, NULL, NULL), 0);
    eddy_task_unref(task[0]);
    run_out(loop);
    ck_assert_int_eq(dropped, 2);
}
END_TEST

START_TEST(an_error_that_nobody_heard_of_is_logged_once) /* T15 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_task *task;

    spawn_with(loop, go_wrong, NULL,
               (struct eddy_task_options){ .name = "one" });
    spawn(loop, give_up, NULL); /* is none */
    run_out(loop);
    ck_assert_int_eq(logged("unhandled error in one: "), 1);
    ck_assert_int_eq(logged("task_support.c:"), 1);
    task = spawn_held(loop, go_wrong, NULL);
    run_out(loop);
    ck_assert_int_eq(logged(""), 1);
    eddy_task_unref(task);
    ck_assert_int_eq(logged(""), 2);
    ck_assert_int_eq(end_of(loop, spawn_held(loop, go_wrong, NULL)), -EIO);
    ck_assert_int_eq(logged(""), 2);
    task = spawn_held(loop, go_wrong, NULL); /* kept for longer than the loop */
    run_out(loop);
    free_loop(loop);
    ck_assert_int_eq(logged(""), 3);
    eddy_task_unref(task);
    ck_assert_int_eq(logged(""), 3);
}
END_TEST

START_TEST(arg_is_freed_when_it_is_over_even_if_it_never_ran)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_task_options options = { .free_arg = count_free };
    struct eddy_task *task;
    struct latch latch = { 0 };

    nothing_yet();
    spawn_with(loop, say, word("a"), options);
    run_out(loop);
    ck_assert_int_eq(freed, 1);
    options.ret_task = &task;
    spawn_with(loop, never, &latch, options);
    ck_assert_int_eq(eddy_task_cancel(task, NULL), 1);
    ck_assert_int_eq(freed, 1);
    ck_assert_int_eq(end_of(loop, task), -ECANCELED);
    ck_assert_int_eq(freed, 2);
    options.ret_task = NULL;
    spawn_with(loop, wait_there, &latch, options);
    turns(loop, 1);
    spawn_with(loop, never, &latch, options);
    free_loop(loop);
    ck_assert_int_eq(freed, 4);
    ck_assert_int_eq(latch.cancels, 1);
    ck_assert_str_eq(marks(), "a");
}
END_TEST

/* ---- Handles ------------------------------------------------------------- */

START_TEST(a_handle_outlives_the_loop)
{
    struct eddy_loop *loop = virtual_loop(_i), *other = virtual_loop(_i);
    struct eddy_task *ran, *cancelled, *made;
    struct latch latch = { 0 };

    nothing_yet();
    spawn_with(loop, make, &dropped,
               (struct eddy_task_options){
                   .ret_task = &made, .drop = count_drop, .name = "maker" });
    ran = spawn_held(loop, wait_there, &latch);
    turns(loop, 1);
    cancelled = spawn_held(loop, never, NULL);
    ck_assert_ptr_eq(eddy_task_ref(ran), ran);
    free_loop(loop);
    ck_assert_int_eq(eddy_task_state(ran), EDDY_TASK_OVER);
    ck_assert_str_eq(eddy_task_name(made), "maker");
    ck_assert_ptr_null(eddy_task_loop(ran));
    ck_assert_ptr_null(eddy_task_scope(ran));
    ck_assert_int_eq(eddy_task_cancel(ran, NULL), -EALREADY);
    ck_assert_int_eq(eddy_await(ran, eddy_sleep(0)), -EPERM);
    ck_assert_str_eq(eddy_task_reason(ran), "the loop is being freed");
    ck_assert_int_eq(eddy_loop_run_until(other, eddy_join(ran)).n, -EXDEV);
    ck_assert_int_eq(dropped, 0);
    eddy_task_unref(made);
    ck_assert_int_eq(dropped, 1);
    eddy_task_unref(ran);
    eddy_task_unref(ran);
    eddy_task_unref(cancelled);
    eddy_task_unref(NULL);
    ck_assert_ptr_null(eddy_task_ref(NULL));
}
END_TEST

struct inner {
    struct eddy_task *child;
    struct latch latch;
};

static struct eddy_result open_and_cancel(struct eddy_task *self, void *arg)
{
    struct inner *inner = arg;
    struct eddy_task_options options = { .ret_task = &inner->child };
    struct eddy_scope scope;

    ck_assert_int_eq(eddy_scope_open(self, &scope, NULL), 0);
    ck_assert_int_eq(eddy_spawn(&scope, wait_there, &inner->latch, &options),
                     0);
    ck_assert_int_eq(eddy_task_yield(self), 0);
    ck_assert_int_eq(eddy_scope_cancel(&scope, "enough of it"), 0);
    ck_assert_int_eq(eddy_scope_close(&scope, 0), 0);
    memset(&scope, 0x55, sizeof scope); /* what is done with frames */
    return eddy_n(0);
}

START_TEST(a_handle_outlives_the_scope)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct inner inner = { 0 };

    spawn(loop, open_and_cancel, &inner);
    run_out(loop);
    ck_assert_str_eq(eddy_task_reason(inner.child), "enough of it");
    ck_assert_ptr_null(eddy_task_scope(inner.child));
    ck_assert_int_eq(eddy_task_uncancel(inner.child), 0);
    ck_assert_int_eq(end_of(loop, inner.child), -ECANCELED);
}
END_TEST

/* ---- Too late ------------------------------------------------------------ */

static struct eddy_task *last_self;

static void refuse_all(void *made)
{
    struct eddy_scope scope;

    (void)made;
    ck_assert_int_eq(eddy_await(last_self, eddy_sleep(0)), -EPERM);
    ck_assert_int_eq(eddy_task_yield(last_self), -EPERM);
    ck_assert_int_eq(eddy_task_check(last_self), -EPERM);
    ck_assert_int_eq(eddy_scope_open(last_self, &scope, NULL), -EPERM);
    ck_assert_int_eq(eddy_task_started(last_self, 0), -EPERM);
    ck_assert_int_eq(eddy_task_cancel(last_self, NULL), -EALREADY);
    mark(word("refused"));
}

static struct eddy_result remember_and_make(struct eddy_task *self, void *made)
{
    last_self = self;
    return make(self, made);
}

START_TEST(what_is_called_at_its_very_end_cannot_wait)
{
    struct eddy_loop *loop = virtual_loop(_i);

    spawn_with(loop, remember_and_make, &dropped,
               (struct eddy_task_options){ .drop = refuse_all });
    run_out(loop);
    ck_assert_str_eq(marks(), "refused");
}
END_TEST

/* ---- The end of a loop --------------------------------------------------- */

static void clean_up_slowly(void *arg)
{
    struct eddy_task *self = *(struct eddy_task **)arg;
    struct eddy_loop *loop = eddy_task_loop(self);

    ck_assert_int_lt(eddy_await(self, eddy_sleep(EDDY_SECOND)), 0);
    ck_assert_int_eq(eddy_spawn(eddy_loop_scope(loop), never, NULL, NULL),
                     -ESHUTDOWN);
    mark(word("cleaned"));
}

/* It takes no notice a few times. */
static struct eddy_result be_stubborn(struct eddy_task *self, void *arg)
{
    (void)arg;
    last_self = self;
    ck_assert_int_eq(eddy_task_cleanup(self, clean_up_slowly, &last_self), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(eddy_await(self, eddy_sleep(EDDY_FOREVER)),
                         -ECANCELED);
    mark(word("stubborn"));
    return eddy_n(0);
}

static struct eddy_result spin(struct eddy_task *self, void *text)
{
    while (eddy_task_yield(self) == 0)
        continue;
    mark(text);
    return eddy_n(0);
}

static struct eddy_result wait_in_shield(struct eddy_task *self, void *latch)
{
    struct eddy_scope_options options = { .flags = EDDY_SCOPE_SHIELD };
    struct eddy_scope scope;
    int64_t n;

    ck_assert_int_eq(eddy_scope_open(self, &scope, &options), 0);
    n = eddy_await(self, wait_at(latch));
    ck_assert_int_eq(n, -ECANCELED);
    ck_assert_int_eq(eddy_await(self, eddy_sleep(1)), -ESHUTDOWN);
    ck_assert_int_eq(eddy_scope_close(&scope, 0), 0);
    mark(word("shield"));
    return eddy_n(0);
}

static struct eddy_result wait_for_children(struct eddy_task *self,
                                            void *latches)
{
    struct latch *latch = latches;
    struct eddy_scope scope;

    ck_assert_int_eq(eddy_scope_open(self, &scope, NULL), 0);
    ck_assert_int_eq(eddy_spawn(&scope, wait_there, &latch[0], NULL), 0);
    ck_assert_int_eq(eddy_spawn(&scope, wait_there, &latch[1], NULL), 0);
    ck_assert_int_eq(eddy_scope_close(&scope, 0), -ECANCELED);
    mark(word("parent"));
    return eddy_n(0);
}

START_TEST(a_loop_that_is_freed_ends_its_tasks_in_any_state) /* T15, Z24 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    static struct latch one, two[2];

    spawn(loop, be_stubborn, NULL);
    spawn(loop, spin, word("spin"));
    spawn(loop, wait_in_shield, &one);
    spawn(loop, wait_for_children, two);
    turns(loop, 2);
    (void)marks();
    spawn(loop, never, NULL); /* new */
    free_loop(loop);
    {
        const char *all = marks();

        ck_assert_ptr_nonnull(strstr(all, "cleaned"));
        ck_assert_ptr_nonnull(strstr(all, "stubborn"));
        ck_assert_ptr_nonnull(strstr(all, "spin"));
        ck_assert_ptr_nonnull(strstr(all, "shield"));
        ck_assert_ptr_nonnull(strstr(all, "parent"));
    }
}
END_TEST

/* ---- From outside -------------------------------------------------------- */

static struct eddy_result run_inside(struct eddy_task *self, void *loop)
{
    ck_assert_int_eq(eddy_loop_run_task(loop, never, NULL).n, -EBUSY);
    ck_assert_int_eq(eddy_loop_run(loop), -EBUSY);
    ck_assert_int_eq(eddy_loop_free(loop), -EBUSY);
    return make(self, &dropped);
}

START_TEST(a_loop_runs_until_its_main_task_is_over)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_result result;
    static struct latch latch;

    spawn(loop, wait_there, &latch); /* goes on waiting */
    result = eddy_loop_run_task(loop, run_inside, loop);
    ck_assert_int_eq(result.n, 3);
    ck_assert_ptr_eq(result.made, &dropped);
    ck_assert_uint_eq(eddy_loop_task_count(loop), 1);
    ck_assert_int_eq(eddy_loop_run_task(loop, go_wrong, NULL).n, -EIO);
    ck_assert_int_eq(eddy_loop_run_task(loop, NULL, NULL).n, -EINVAL);
    ck_assert_int_eq(eddy_loop_run_task(NULL, never, NULL).n, -EINVAL);
    ck_assert_int_eq(logged(""), 0);
}
END_TEST

static struct eddy_result stop_and_wait(struct eddy_task *self, void *arg)
{
    ck_assert_int_eq(eddy_loop_stop(eddy_task_loop(self)), 0);
    ck_assert_int_eq(eddy_await(self, eddy_sleep(EDDY_FOREVER)), -ECANCELED);
    ck_assert_str_eq(eddy_task_reason(self), "the loop was stopped");
    ck_assert_int_eq(eddy_await(self, eddy_sleep(EDDY_SECOND)), 0);
    return eddy_n(*(int *)arg);
}

static struct eddy_result stop_and_return(struct eddy_task *self, void *arg)
{
    ck_assert_int_eq(eddy_loop_stop(eddy_task_loop(self)), 0);
    ck_assert_int_eq(eddy_await(self, eddy_sleep(0)), 0);
    return eddy_n(*(int *)arg);
}

START_TEST(a_loop_that_is_stopped_cancels_its_main_task_and_waits_for_it)
{
    struct eddy_loop *loop = virtual_loop(_i);
    int n = 7;

    ck_assert_int_eq(eddy_loop_run_task(loop, stop_and_wait, &n).n, 7);
    ck_assert_int_eq(virtual_time.now_ns, 2 * EDDY_SECOND);
    n = -EIO;
    ck_assert_int_eq(eddy_loop_run_task(loop, stop_and_wait, &n).n, -EIO);
    ck_assert_int_eq(eddy_loop_stop(loop), 0); /* before */
    ck_assert_int_eq(
        eddy_loop_run_task(loop, wait_there, &(struct latch){ 0 }).n,
        -ECANCELED);
    ck_assert_int_eq(logged(""), 0);
    ck_assert_int_eq(eddy_loop_run_task(loop, stop_and_return, &n).n, -EIO);
    n = 7; /* it is over by itself just then */
    ck_assert_int_eq(eddy_loop_run_task(loop, stop_and_return, &n).n, 7);
    ck_assert_int_eq(logged(""), 0);
}
END_TEST

/* -------------------------------------------------------------------------- */

/* ---- Stacks that others had ---------------------------------------------- */

/* Leaves something on some stacks of the loop's pool. */
static void soil_stacks(struct eddy_loop *loop)
{
    struct eddy_stacks *stacks = eddy_loop_stacks(loop);
    struct eddy_stack stack[3];

    for (size_t i = 0; i < COUNT(stack); i++) {
        ck_assert_int_eq(eddy_stack_take(stacks, 0, NULL, NULL, &stack[i]), 0);
        memset(stack[i].high - 8192, 0x41, 8192);
    }
    for (size_t i = 0; i < COUNT(stack); i++)
        eddy_stack_give(stacks, stack[i]);
}

static struct eddy_result sleep_long(struct eddy_task *self, void *arg)
{
    (void)arg;
    return eddy_n(eddy_await(self, eddy_sleep(EDDY_FOREVER)));
}

START_TEST(what_others_left_on_its_stack_is_nothing_to_a_task)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_task *task;

    soil_stacks(loop);
    spawn(loop, say, word("a"));
    task = spawn_held(loop, sleep_long, NULL);
    turns(loop, 1);
    ck_assert_int_eq(eddy_task_cancelling(task), 0);
    ck_assert_ptr_null(eddy_task_reason(task));
    ck_assert_int_eq(eddy_task_cancel(task, "enough"), 1);
    ck_assert_int_eq(end_of(loop, task), -ECANCELED);
    ck_assert_str_eq(marks(), "a");
}
END_TEST

static struct eddy_result be_difficult(struct eddy_task *self, void *ret_self)
{
    *(struct eddy_task **)ret_self = self;
    (void)eddy_task_started(self, 7);
    (void)eddy_task_cancel(self, "no more of it");
    eddy_task_forbid_await(self);
    errno = EXDEV;
    return eddy_n(-ECANCELED);
}

static struct eddy_result be_itself(struct eddy_task *self, void *former)
{
    ck_assert_ptr_eq(self, former);
    ck_assert_str_eq(eddy_task_name(self), "a task");
    ck_assert_ptr_null(eddy_task_reason(self));
    ck_assert_int_eq(eddy_task_cancelling(self), 0);
    ck_assert_int_eq(eddy_task_check(self), 0);
    ck_assert_int_eq(eddy_await(self, eddy_sleep(EDDY_MS)), 0);
    ck_assert_int_eq(eddy_task_started(self, 1), 0);
    mark(word("itself"));
    return eddy_n(0);
}

START_TEST(a_task_is_nothing_like_the_one_whose_place_it_has)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_task *former = NULL;

    spawn_with(
        loop, be_difficult, &former,
        (struct eddy_task_options){ .name = "the former", .drop = count_drop });
    turns(loop, 1);
    spawn(loop, be_itself, former);
    run_out(loop);
    ck_assert_str_eq(marks(), "itself");
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        making_a_task_runs_nothing,
        tasks_run_in_the_order_in_which_they_were_spawned,
        what_cannot_be_spawned_leaves_all_as_it_was,
        looking_makes_nothing,
        the_state_of_a_task_is_told_at_each_point,
        a_task_has_a_name_and_knows_where_it_is,
        errno_is_kept_for_each_task,
        what_it_returns_is_its_result,
        all_who_join_are_told_and_the_first_gets_what_it_made,
        what_it_made_and_nobody_takes_is_dropped_once,
        what_a_join_took_and_nobody_wants_is_dropped_too,
        an_error_that_nobody_heard_of_is_logged_once,
        arg_is_freed_when_it_is_over_even_if_it_never_ran,
        a_handle_outlives_the_loop,
        a_handle_outlives_the_scope,
        what_is_called_at_its_very_end_cannot_wait,
        a_loop_that_is_freed_ends_its_tasks_in_any_state,
        a_loop_runs_until_its_main_task_is_over,
        a_loop_that_is_stopped_cancels_its_main_task_and_waits_for_it,
        what_others_left_on_its_stack_is_nothing_to_a_task,
        a_task_is_nothing_like_the_one_whose_place_it_has,
    };
    Suite *suite = suite_create("task");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
