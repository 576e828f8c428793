/* SPDX-License-Identifier: MIT */
/* test_task_styles.c - tasks beside deferreds, callbacks and operations. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <eddy/collect.h>
#include <eddy/deferred.h>
#include <eddy/stream.h>
#include <eddy/watch.h>

#include "task_support.h"

/* ---- Deferreds ----------------------------------------------------------- */

static void fire_it(void *deferred)
{
    ck_assert_int_eq(eddy_fire(deferred, eddy_int(5)), 0);
    eddy_unref(deferred);
}

static struct eddy_result await_deferred(struct eddy_task *self, void *loop)
{
    struct eddy_deferred *deferred =
        eddy_deferred_new(eddy_loop_domain(loop), NULL, NULL);
    int64_t n;

    ck_assert_int_eq(eddy_loop_soon(loop, fire_it, eddy_ref(deferred)), 0);
    n = eddy_await(self, eddy_when(deferred, NULL));
    eddy_unref(deferred);
    return eddy_n(n);
}

START_TEST(a_task_may_wait_for_a_deferred_that_a_callback_fires) /* C26 */
{
    struct eddy_loop *loop = virtual_loop(_i);

    ck_assert_int_eq(eddy_loop_run_task(loop, await_deferred, loop).n, 5);
}
END_TEST

static struct eddy_value add_one(struct eddy_value *result, void *arg)
{
    (void)arg;
    return eddy_int(result->n + 1);
}

/* Its n when it has fired, or its error. */
static int64_t came(struct eddy_loop *loop, struct eddy_deferred *deferred)
{
    struct eddy_value value = eddy_none();
    int64_t n = eddy_loop_run_until(loop, eddy_when(deferred, &value)).n;

    eddy_value_free(&value);
    eddy_unref(deferred);
    return n;
}

START_TEST(a_task_may_be_a_deferred) /* C26 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { 0 };
    struct eddy_task *task = spawn_held(loop, wait_there, &latch);
    struct eddy_deferred *deferred = eddy_defer(loop, eddy_join(task));

    deferred = eddy_then(deferred, add_one, NULL);
    turns(loop, 1);
    release(&latch, 41);
    ck_assert_int_eq(came(loop, deferred), 42);
    deferred = eddy_defer(loop, eddy_join(task));
    ck_assert_int_eq(came(loop, deferred), 41);
    eddy_task_unref(task);
    task = spawn_held(loop, wait_there, &latch);
    turns(loop, 1);
    deferred = eddy_defer(loop, eddy_join(task));
    eddy_cancel(deferred); /* leaves the task alone: Z5 */
    ck_assert_int_eq(came(loop, deferred), -ECANCELED);
    release(&latch, -EIO);
    ck_assert_int_eq(came(loop, eddy_defer(loop, eddy_join(task))), -EIO);
    eddy_task_unref(task);
    ck_assert_int_eq(logged(""), 0);
}
END_TEST

/* ---- Callbacks ----------------------------------------------------------- */

/* An API of the old kind: it calls back some time. */
typedef void old_fn(int answer, void *arg);
struct old_call {
    struct eddy_timer timer;
    old_fn *fn;
    void *arg;
};

static void old_answer(struct eddy_timer *timer, void *arg)
{
    struct old_call *call = arg;

    (void)timer;
    call->fn(42, call->arg);
}

static void old_ask(struct old_call *call, struct eddy_loop *loop, old_fn *fn,
                    void *arg)
{
    call->fn = fn;
    call->arg = arg;
    ck_assert_int_eq(eddy_timer_init(&call->timer, loop, old_answer, call), 0);
    ck_assert_int_eq(eddy_timer_start(&call->timer, EDDY_SECOND), 0);
}

/* What it takes to wait for it. */
static void on_answer(int answer, void *deferred)
{
    (void)eddy_fire(deferred, eddy_int(answer));
}

static struct eddy_result ask(struct eddy_task *self, void *call)
{
    struct eddy_loop *loop = eddy_task_loop(self);
    struct eddy_deferred *deferred =
        eddy_deferred_new(eddy_loop_domain(loop), NULL, NULL);
    int64_t n;

    old_ask(call, loop, on_answer, deferred);
    n = eddy_await(self, eddy_when(deferred, NULL));
    eddy_unref(deferred);
    return eddy_n(n);
}

START_TEST(a_callback_of_an_old_api_may_be_waited_for) /* C26 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct old_call call;

    ck_assert_int_eq(eddy_loop_run_task(loop, ask, &call).n, 42);
    ck_assert_int_eq(virtual_time.now_ns, 2 * EDDY_SECOND);
}
END_TEST

static void spawn_on_input(struct eddy_watch *watch, unsigned ready, void *loop)
{
    (void)ready;
    ck_assert_int_eq(eddy_watch_stop(watch), 0);
    spawn(loop, say_thrice, word("a"));
    mark(word("callback"));
}

static void spawn_on_done(struct eddy_result result, void *loop)
{
    ck_assert_int_eq(result.n, 0);
    spawn(loop, say, word("b"));
}

START_TEST(a_task_may_be_begun_by_a_callback) /* C26 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_watch watch = { { 0 } };
    int pipe[2];

    make_pipe(pipe);
    write_byte(pipe[1]);
    ck_assert_int_eq(eddy_watch_start(loop, &watch, pipe[0], EDDY_READ,
                                      spawn_on_input, loop),
                     0);
    ck_assert_int_eq(
        eddy_start(loop, eddy_sleep(EDDY_SECOND), spawn_on_done, loop, NULL),
        0);
    run_out(loop);
    ck_assert_str_eq(marks(), "callback a a a b");
    close_both(pipe);
}
END_TEST

static void await_in_vain(void *task)
{
    struct eddy_scope scope;

    ck_assert_int_eq(eddy_await(task, eddy_sleep(1)), -EPERM);
    ck_assert_int_eq(eddy_task_yield(task), -EPERM);
    ck_assert_int_eq(eddy_scope_open(task, &scope, NULL), -EPERM);
    mark(word("refused"));
}

static struct eddy_result await_as_other(struct eddy_task *self, void *other)
{
    (void)self;
    await_in_vain(other);
    return eddy_n(0);
}

START_TEST(who_is_not_the_task_that_runs_cannot_wait) /* C20, F13 */
{
    struct eddy_loop *loop = virtual_loop(_i), *other = virtual_loop(_i);
    struct latch latch = { 0 };
    struct eddy_task *task = spawn_held(loop, wait_there, &latch);

    ck_assert_int_eq(eddy_loop_soon(loop, await_in_vain, task), 0);
    turns(loop, 1);                     /* from a callback, new */
    await_in_vain(task);                /* waiting, from outside */
    spawn(loop, await_as_other, task);  /* another one runs */
    spawn(other, await_as_other, task); /* or one of another loop */
    turns(loop, 1);
    turns(other, 1);
    release(&latch, 1);
    turns(loop, 1);
    await_in_vain(task); /* over */
    ck_assert_str_eq(marks(), "refused refused refused refused refused");
    eddy_task_unref(task);
}
END_TEST

/* ---- Many at a time ------------------------------------------------------ */

enum { TASKS = 3 };

struct group {
    struct eddy_task *task[TASKS];
    struct latch latch[TASKS];
    struct eddy_child child[TASKS];
    struct eddy_op op;
};

static struct eddy_result await_op(struct eddy_task *self, void *op)
{
    return eddy_await_op(self, op);
}

static void begin_group(struct eddy_loop *loop, struct group *group)
{
    memset(group, 0, sizeof *group);
    for (int i = 0; i < TASKS; i++) {
        group->task[i] = spawn_held(loop, wait_there, &group->latch[i]);
        group->child[i].op = eddy_join(group->task[i]);
    }
    turns(loop, 1);
}

static void end_group(struct eddy_loop *loop, struct group *group)
{
    turns(loop, 1);
    for (int i = 0; i < TASKS; i++) {
        ck_assert_int_eq(eddy_task_state(group->task[i]), EDDY_TASK_OVER);
        eddy_task_unref(group->task[i]);
    }
}

START_TEST(all_results_come_in_the_order_asked_for) /* G2, G4 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_op none = eddy_all(NULL, 0);
    struct group group;
    struct eddy_task *task;

    begin_group(loop, &group);
    group.op = eddy_all(group.child, TASKS);
    task = spawn_held(loop, await_op, &group.op);
    turns(loop, 1);
    release(&group.latch[2], 30);
    ck_assert_int_eq(eddy_task_cancel(group.task[1], NULL), 1);
    turns(loop, 1);
    ck_assert_int_eq(eddy_task_state(task), EDDY_TASK_WAITING);
    release(&group.latch[0], -EIO);
    ck_assert_int_eq(end_of(loop, task), 1); /* has succeeded */
    ck_assert_int_eq(group.child[0].result.n, -EIO);
    ck_assert_int_eq(group.child[1].result.n, -ECANCELED);
    ck_assert_int_eq(group.child[2].result.n, 30);
    group.child[0].op = group.child[1].op; /* twice the same */
    group.child[2].op = group.child[1].op;
    ck_assert_int_eq(eddy_loop_run_task(loop, await_op, &group.op).n, 0);
    ck_assert_int_eq(group.child[2].result.n, -ECANCELED);
    ck_assert_int_eq(eddy_loop_run_task(loop, await_op, &none).n, 0);
    end_group(loop, &group);
    ck_assert_int_eq(logged(""), 0);
}
END_TEST

START_TEST(any_is_the_first_that_succeeds_and_leaves_the_others_alone) /* G7 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_op none = eddy_any(NULL, 0);
    struct group group;
    struct eddy_task *task;

    begin_group(loop, &group);
    group.op = eddy_any(group.child, TASKS);
    task = spawn_held(loop, await_op, &group.op);
    turns(loop, 1);
    release(&group.latch[0], -EIO);
    release(&group.latch[1], 4);
    ck_assert_int_eq(end_of(loop, task), 1);
    ck_assert_int_eq(group.child[1].result.n, 4);
    ck_assert_int_eq(group.child[2].result.n, -ECANCELED);
    ck_assert_int_eq(eddy_task_state(group.task[2]), EDDY_TASK_WAITING);
    ck_assert_int_eq(eddy_task_cancelling(group.task[2]), 0);
    ck_assert_int_eq(eddy_loop_run_task(loop, await_op, &none).n, -EINVAL);
    release(&group.latch[2], 5);
    end_group(loop, &group);
}
END_TEST

START_TEST(waiting_for_all_with_a_limit_cancels_none) /* G7, G9, G10 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct group group;

    begin_group(loop, &group);
    group.op = eddy_within(EDDY_SECOND, eddy_all(group.child, TASKS));
    release(&group.latch[0], 1);
    ck_assert_int_eq(eddy_loop_run_task(loop, await_op, &group.op).n, -ETIME);
    ck_assert_int_eq(group.child[0].result.n, 1);
    for (int i = 1; i < TASKS; i++) {
        ck_assert_int_eq(group.child[i].result.n, -ECANCELED);
        ck_assert_int_eq(eddy_task_cancelling(group.task[i]), 0);
    }
    release(&group.latch[1], 2);
    release(&group.latch[2], -EIO); /* nobody is there to hear it */
    end_group(loop, &group);
    ck_assert_int_eq(logged("unhandled error"), 1);
}
END_TEST

START_TEST(who_waits_for_all_is_cancelled_alone) /* G6, G10, G14, G15 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct group group;
    struct eddy_task *task;

    begin_group(loop, &group);
    group.op = eddy_all(group.child, TASKS);
    task = spawn_held(loop, await_op, &group.op);
    turns(loop, 1);
    release(&group.latch[0], 7);
    turns(loop, 1);
    ck_assert_int_eq(eddy_task_cancel(task, NULL), 1);
    ck_assert_int_eq(end_of(loop, task), -ECANCELED); /* always */
    ck_assert_int_eq(group.child[0].result.n, 7);
    ck_assert_int_eq(eddy_task_state(group.task[1]), EDDY_TASK_WAITING);
    release(&group.latch[1], 1);
    release(&group.latch[2], -EIO);
    end_group(loop, &group);
    ck_assert_int_eq(logged("unhandled error"), 1);
}
END_TEST

static struct eddy_deferred *gather(struct eddy_loop *loop,
                                    const struct group *group)
{
    struct eddy_deferred *each[TASKS], *all;

    for (int i = 0; i < TASKS; i++)
        each[i] = eddy_defer(loop, eddy_join(group->task[i]));
    all = eddy_collect(eddy_loop_domain(loop), each, TASKS, EDDY_FIRST_ERROR);
    return all;
}

START_TEST(the_first_error_is_told_at_once_and_the_others_go_on) /* G3, G5 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct group group;
    struct eddy_deferred *all;

    for (int cancelled = 0; cancelled < 2; cancelled++) {
        begin_group(loop, &group);
        all = gather(loop, &group);
        turns(loop, 1);
        if (cancelled != 0)
            ck_assert_int_eq(eddy_task_cancel(group.task[1], NULL), 1);
        else
            release(&group.latch[1], -EIO);
        turns(loop, 1);
        ck_assert_int_eq(eddy_state(all), EDDY_DONE);
        ck_assert_int_eq(came(loop, all), cancelled != 0 ? -ECANCELED : -EIO);
        for (int i = 0; i < TASKS; i += 2) {
            ck_assert_int_eq(eddy_task_state(group.task[i]), EDDY_TASK_WAITING);
            release(&group.latch[i], 1);
        }
        end_group(loop, &group);
    }
}
END_TEST

/* ---- Streams ------------------------------------------------------------- */

enum { LINES = 300, PAIRS = 5 };

static struct eddy_result echo(struct eddy_task *self, void *stream)
{
    char line[64];
    int64_t n;

    while ((n = eddy_await(self, eddy_read_line(stream, line, sizeof line))) >
           0) {
        n = eddy_await(self, eddy_write(stream, line, (size_t)n));
        ck_assert_int_gt(n, 0);
    }
    ck_assert_int_eq(n, 0);
    ck_assert_int_eq(eddy_await(self, eddy_close(stream)), 0);
    return eddy_n(0);
}

static struct eddy_result talk(struct eddy_task *self, void *stream)
{
    char said[64], heard[64];

    for (int i = 0; i < LINES; i++) {
        int64_t n = snprintf(said, sizeof said, "line %d of %p\n", i, stream);

        ck_assert_int_eq(eddy_await(self, eddy_write(stream, said, (size_t)n)),
                         n);
        ck_assert_int_eq(
            eddy_await(self, eddy_read_line(stream, heard, sizeof heard)), n);
        ck_assert_str_eq(heard, said);
    }
    ck_assert_int_eq(eddy_await(self, eddy_close(stream)), 0);
    mark(word("done"));
    return eddy_n(0);
}

START_TEST(tasks_talk_over_streams_on_every_poller) /* C26 */
{
    struct eddy_loop *loop = real_loop(_i);

    for (int i = 0; i < PAIRS; i++) {
        struct eddy_stream *ends[2];
        int fds[2];

        make_pair(fds);
        for (int end = 0; end < 2; end++)
            ck_assert_int_eq(eddy_stream_new(&ends[end], loop, fds[end]), 0);
        spawn(loop, echo, ends[0]);
        spawn(loop, talk, ends[1]);
    }
    run_out(loop);
    ck_assert_str_eq(marks(), "done done done done done");
}
END_TEST

static struct eddy_result read_with_limit(struct eddy_task *self, void *stream)
{
    char byte;
    struct eddy_op op = eddy_read(stream, &byte, 1);
    int64_t n = eddy_await(self, eddy_within(EDDY_SECOND, op));

    ck_assert_int_eq(n, -ETIME);
    ck_assert_int_eq(eddy_await(self, eddy_receive(stream)), -EINVAL);
    ck_assert_int_eq(eddy_await(self, op), 1); /* the stream is as it was */
    ck_assert_int_eq(eddy_await(self, eddy_close(stream)), 0);
    return eddy_n(byte);
}

static struct eddy_result write_late(struct eddy_task *self, void *fd)
{
    ck_assert_int_eq(eddy_await(self, eddy_sleep(3 * EDDY_SECOND)), 0);
    ck_assert_int_eq(write(*(int *)fd, "x", 1), 1);
    return eddy_n(0);
}

START_TEST(what_a_limit_has_ended_can_be_awaited_again)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_stream *stream;
    int fds[2];

    make_pair(fds);
    ck_assert_int_eq(eddy_stream_new(&stream, loop, fds[0]), 0);
    spawn(loop, write_late, &fds[1]);
    ck_assert_int_eq(eddy_loop_run_task(loop, read_with_limit, stream).n, 'x');
    ck_assert_int_eq(virtual_time.now_ns, 4 * EDDY_SECOND);
    (void)close(fds[1]);
}
END_TEST

/* -------------------------------------------------------------------------- */

int main(void)
{
    const TTest *const each[] = {
        a_task_may_wait_for_a_deferred_that_a_callback_fires,
        a_task_may_be_a_deferred,
        a_callback_of_an_old_api_may_be_waited_for,
        a_task_may_be_begun_by_a_callback,
        who_is_not_the_task_that_runs_cannot_wait,
        all_results_come_in_the_order_asked_for,
        any_is_the_first_that_succeeds_and_leaves_the_others_alone,
        waiting_for_all_with_a_limit_cancels_none,
        who_waits_for_all_is_cancelled_alone,
        the_first_error_is_told_at_once_and_the_others_go_on,
        tasks_talk_over_streams_on_every_poller,
        what_a_limit_has_ended_can_be_awaited_again,
    };
    Suite *suite = suite_create("task styles");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
