/* SPDX-License-Identifier: MIT */
/* test_task_cancel.c - asking a task to end, and what it makes of it. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <eddy/stream.h>

#include "task_support.h"

static int64_t n_of(struct eddy_loop *loop, struct eddy_op op)
{
    return eddy_loop_run_until(loop, op).n;
}

static void cancel(struct eddy_task *task, int times)
{
    ck_assert_int_eq(eddy_task_cancel(task, NULL), times);
}

/* ---- Once, not for ever -------------------------------------------------- */

static struct eddy_result wait_twice(struct eddy_task *self, void *latch)
{
    mark_done(eddy_n(eddy_await(self, wait_at(latch))), word("1"));
    mark_done(eddy_n(eddy_await(self, wait_at(latch))), word("2"));
    return eddy_n(9);
}

START_TEST(a_cancel_ends_one_wait_and_the_next_one_works) /* T10, T11, Z6 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { 0 };
    struct eddy_task *task = spawn_held(loop, wait_twice, &latch);

    turns(loop, 1);
    ck_assert_str_eq(marks(), "");
    cancel(task, 1);
    ck_assert_int_eq(latch.cancels, 1); /* at once */
    turns(loop, 1);
    ck_assert_str_eq(marks(), "1:ECANCELED");
    release(&latch, 5);
    ck_assert_int_eq(n_of(loop, eddy_join(task)), 9);
    ck_assert_int_eq(eddy_task_cancelling(task), 1); /* T10 */
    ck_assert_str_eq(marks(), "2:5");
    eddy_task_unref(task);
}
END_TEST

START_TEST(a_second_cancel_ends_a_second_wait) /* T5, T6, T11 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { 0 };
    struct eddy_task *task = spawn_held(loop, wait_twice, &latch);

    turns(loop, 1);
    cancel(task, 1);
    turns(loop, 1);
    cancel(task, 2);
    ck_assert_int_eq(latch.cancels, 2);
    ck_assert_int_eq(end_of(loop, task), 9);
    ck_assert_str_eq(marks(), "1:ECANCELED 2:ECANCELED");
}
END_TEST

START_TEST(cancels_before_it_is_told_of_them_are_one) /* T5, T6 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { 0 };
    struct eddy_task *task = spawn_held(loop, wait_twice, &latch);

    turns(loop, 1);
    cancel(task, 1);
    cancel(task, 2);
    ck_assert_int_eq(latch.cancels, 1);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "1:ECANCELED");
    release(&latch, 1);
    ck_assert_int_eq(end_of(loop, task), 9);
    ck_assert_str_eq(marks(), "2:1");
}
END_TEST

START_TEST(cancels_are_counted_and_taken_back) /* T5 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { 0 };
    struct eddy_task *task = spawn_held(loop, wait_twice, &latch);

    ck_assert_int_eq(eddy_task_uncancel(task), 0); /* not below */
    cancel(task, 1);
    cancel(task, 2);
    ck_assert_int_eq(eddy_task_cancelling(task), 2);
    ck_assert_int_eq(eddy_task_uncancel(task), 1);
    ck_assert_int_eq(eddy_task_uncancel(task), 0); /* before it was told */
    turns(loop, 1);
    release(&latch, 1);
    turns(loop, 1);
    release(&latch, 2);
    ck_assert_int_eq(n_of(loop, eddy_join(task)), 9);
    ck_assert_str_eq(marks(), "1:1 2:2");
    ck_assert_int_eq(eddy_task_cancel(task, NULL), -EALREADY);
    ck_assert_int_eq(eddy_task_cancelling(task), 0);
    eddy_task_unref(task);
    ck_assert_int_eq(eddy_task_cancel(NULL, NULL), -EINVAL);
    ck_assert_int_eq(eddy_task_uncancel(NULL), -EINVAL);
    ck_assert_int_eq(eddy_task_cancelling(NULL), 0);
    ck_assert_ptr_null(eddy_task_reason(NULL));
}
END_TEST

static struct eddy_result remember_reasons(struct eddy_task *self, void *latch)
{
    ck_assert_ptr_null(eddy_task_reason(self));
    ck_assert_int_eq(eddy_await(self, wait_at(latch)), -ECANCELED);
    ck_assert_str_eq(eddy_task_reason(self), "first");
    ck_assert_int_eq(eddy_await(self, wait_at(latch)), -ECANCELED);
    ck_assert_str_eq(eddy_task_reason(self), "second");
    return eddy_n(-ECANCELED);
}

START_TEST(it_can_be_asked_why_it_was_cancelled)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { 0 };
    struct eddy_task *task = spawn_held(loop, remember_reasons, &latch);

    turns(loop, 1);
    ck_assert_int_eq(eddy_task_cancel(task, "first"), 1);
    turns(loop, 1);
    ck_assert_int_eq(eddy_task_cancel(task, "second"), 2);
    ck_assert_int_eq(n_of(loop, eddy_join(task)), -ECANCELED);
    ck_assert_str_eq(eddy_task_reason(task), "second");
    eddy_task_unref(task);
}
END_TEST

/* ---- In each state ------------------------------------------------------- */

static struct eddy_result never(struct eddy_task *self, void *arg)
{
    (void)self;
    (void)arg;
    ck_abort_msg("it was never to run");
}

START_TEST(one_that_has_not_begun_never_does) /* T8 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_task *task = spawn_held(loop, never, NULL);

    cancel(task, 1);
    ck_assert_int_eq(end_of(loop, task), -ECANCELED);
    ck_assert_int_eq(logged(""), 0);
}
END_TEST

static struct eddy_result yield_twice(struct eddy_task *self, void *text)
{
    mark_done(eddy_n(eddy_task_yield(self)), text);
    mark_done(eddy_n(eddy_task_yield(self)), text);
    return eddy_n(2);
}

START_TEST(one_that_is_ready_is_told_when_it_runs)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { 0 };
    struct eddy_task *ready = spawn_held(loop, wait_twice, &latch), *yields;

    turns(loop, 1);
    release(&latch, 3);
    cancel(ready, 1); /* between its answer and its turn: see T12 */
    ck_assert_int_eq(end_of(loop, ready), 9);
    ck_assert_str_eq(marks(), "1:3 2:ECANCELED");
    ck_assert_int_eq(latch.cancels, 0); /* it was not even begun */
    yields = spawn_held(loop, yield_twice, word("y"));
    turns(loop, 1);
    (void)marks();
    eddy_task_unref(yields);
}
END_TEST

static struct eddy_result cancel_itself(struct eddy_task *self, void *arg)
{
    (void)arg;
    ck_assert_int_eq(eddy_task_check(self), 0);
    cancel(self, 1);
    ck_assert_int_eq(eddy_task_check(self), -ECANCELED);
    ck_assert_int_eq(eddy_task_check(self), -ECANCELED); /* it only looks */
    ck_assert_int_eq(eddy_await(self, eddy_sleep(EDDY_SECOND)), -ECANCELED);
    ck_assert_int_eq(eddy_task_check(self), 0);
    ck_assert_int_eq(eddy_await(self, eddy_sleep(EDDY_SECOND)), 0);
    cancel(self, 2);
    ck_assert_int_eq(eddy_task_yield(self), -ECANCELED);
    ck_assert_int_eq(eddy_task_yield(self), 0);
    return eddy_n(4);
}

static struct eddy_result cancel_itself_and_return(struct eddy_task *self,
                                                   void *arg)
{
    (void)arg;
    cancel(self, 1);
    return eddy_n(4);
}

static struct eddy_result cancel_itself_and_fail(struct eddy_task *self,
                                                 void *arg)
{
    (void)arg;
    cancel(self, 1);
    return eddy_n(-EIO);
}

START_TEST(one_that_cancels_itself_is_told_at_its_next_wait_or_its_end) /* T9 */
{
    struct eddy_loop *loop = virtual_loop(_i);

    ck_assert_int_eq(eddy_loop_run_task(loop, cancel_itself, NULL).n, 4);
    ck_assert_int_eq(virtual_time.now_ns, 2 * EDDY_SECOND);
    ck_assert_int_eq(eddy_loop_run_task(loop, cancel_itself_and_return, NULL).n,
                     -ECANCELED);
    ck_assert_int_eq(eddy_loop_run_task(loop, cancel_itself_and_fail, NULL).n,
                     -EIO);
}
END_TEST

START_TEST(a_wait_that_does_not_end_at_once_is_waited_for) /* T6 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { .stubborn = true };
    struct eddy_task *task = spawn_held(loop, wait_twice, &latch);

    turns(loop, 1);
    cancel(task, 1);
    cancel(task, 2);
    turns(loop, 3);
    ck_assert_int_eq(latch.cancels, 1);
    ck_assert_int_eq(eddy_task_state(task), EDDY_TASK_WAITING);
    release(&latch, -ECANCELED);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "1:ECANCELED");
    release(&latch, 8);
    ck_assert_int_eq(end_of(loop, task), 9);
    ck_assert_str_eq(marks(), "2:8");
}
END_TEST

START_TEST(a_loop_that_is_freed_cancels_each_wait)
{
    struct eddy_loop *loop;
    struct latch latches[4];

    for (size_t count = 1; count <= COUNT(latches); count++) {
        memset(latches, 0, sizeof latches);
        loop = virtual_loop(_i);
        for (size_t i = 0; i < count; i++)
            spawn(loop, wait_there, &latches[i]);
        turns(loop, 1);
        free_loop(loop);
        for (size_t i = 0; i < count; i++)
            ck_assert_int_eq(latches[i].cancels, 1);
    }
}
END_TEST

/* ---- Results that are there ---------------------------------------------- */

START_TEST(a_result_that_is_there_comes_before_the_cancel) /* T12, Z4 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { .stubborn = true };
    struct eddy_task *task = spawn_held(loop, wait_twice, &latch);

    turns(loop, 1);
    cancel(task, 1);
    release(&latch, 6); /* it succeeds in spite of it */
    ck_assert_int_eq(end_of(loop, task), 9);
    ck_assert_str_eq(marks(), "1:6 2:ECANCELED");
    task = spawn_held(loop, wait_twice, &latch);
    turns(loop, 1);
    cancel(task, 1);
    release(&latch, -EIO); /* fails in another way */
    ck_assert_int_eq(end_of(loop, task), 9);
    ck_assert_str_eq(marks(), "1:EIO 2:ECANCELED");
}
END_TEST

struct accepting {
    struct eddy_listener *listener;
    int64_t first, second;
};

static struct eddy_result accept_one(struct eddy_task *self, void *arg)
{
    struct accepting *accepting = arg;
    struct eddy_stream *stream = NULL;

    accepting->first =
        eddy_await(self, eddy_accept(accepting->listener, &stream));
    if (accepting->first == 0)
        ck_assert_int_eq(eddy_await(self, eddy_close(stream)), 0);
    accepting->second = eddy_await(self, eddy_sleep(1));
    return eddy_n(0);
}

static int knock(const struct eddy_listener *listener)
{
    struct eddy_address at;
    int fd;

    ck_assert_int_eq(eddy_listener_local(listener, &at), 0);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&at.storage, at.size), 0);
    return fd;
}

static void cancel_it(struct eddy_result result, void *task)
{
    (void)result;
    cancel(task, 1);
}

START_TEST(a_stream_that_was_accepted_is_not_lost_to_a_cancel) /* T12, Z4 */
{
    struct eddy_loop *loop = real_loop(_i);
    struct eddy_endpoint at = eddy_tcp("127.0.0.1", 0);
    struct accepting accepting = { .first = 1, .second = 1 };
    struct eddy_task *task;
    int client, pipe[2];

    make_pipe(pipe);
    ck_assert_int_eq(eddy_listen(&accepting.listener, loop, &at, NULL), 0);
    task = spawn_held(loop, accept_one, &accepting);
    ck_assert_int_eq(
        eddy_start(loop, eddy_readable(pipe[0]), cancel_it, task, NULL), 0);
    turns(loop, 2);
    client = knock(accepting.listener); /* both are ready in one turn */
    write_byte(pipe[1]);
    ck_assert_int_eq(end_of(loop, task), 0);
    ck_assert_int_eq(accepting.first, 0);
    ck_assert_int_eq(accepting.second, -ECANCELED);
    eddy_listener_free(accepting.listener);
    free_loop(loop);
    (void)close(client);
    close_both(pipe);
}
END_TEST

/* ---- What ends things ---------------------------------------------------- */

static struct eddy_result end_it(struct eddy_task *self, void *latch)
{
    cancel(self, 1);
    mark_done(eddy_n(eddy_await(self, end_at(latch))), word("end"));
    mark_done(eddy_n(eddy_await(self, wait_at(latch))), word("next"));
    return eddy_n(0);
}

START_TEST(who_is_cancelled_ends_things_all_the_same)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { 0 };
    struct eddy_task *task = spawn_held(loop, end_it, &latch);

    turns(loop, 1);
    ck_assert_str_eq(marks(), "end:ECANCELED"); /* by that it is told */
    ck_assert_int_eq(latch.cancels, 1);
    release(&latch, 2);
    ck_assert_int_eq(end_of(loop, task), 0);
    ck_assert_str_eq(marks(), "next:2");
    latch.stubborn = true;
    task = spawn_held(loop, end_it, &latch);
    turns(loop, 1);
    ck_assert_int_eq(latch.cancels, 2); /* begun, and cancelled, once */
    release(&latch, 1);
    ck_assert_int_eq(end_of(loop, task), 0);
    ck_assert_str_eq(marks(), "end:1 next:ECANCELED"); /* it was not told */
}
END_TEST

struct closing {
    int fd;
    bool clog;
};

static struct eddy_result close_cancelled(struct eddy_task *self, void *arg)
{
    static char much[1 << 20];
    struct closing *closing = arg;
    struct eddy_stream *stream;
    int64_t n;

    ck_assert_int_eq(
        eddy_stream_new(&stream, eddy_task_loop(self), closing->fd), 0);
    if (closing->clog)
        ck_assert_int_ge(eddy_send(stream, much, sizeof much), 0);
    cancel(self, 1);
    n = eddy_await(self, eddy_close(stream));
    ck_assert_int_eq(n, closing->clog ? -ECANCELED : 0);
    return eddy_n(eddy_await(self, eddy_sleep(1)));
}

START_TEST(closing_in_a_cancelled_task_frees_the_stream)
{
    struct eddy_loop *loop = virtual_loop(_i);

    for (int clog = 0; clog < 2; clog++) {
        struct closing closing = { .clog = clog != 0 };
        int ends[2];

        make_pair(ends);
        closing.fd = ends[0];
        ck_assert_int_eq(eddy_loop_run_task(loop, close_cancelled, &closing).n,
                         clog != 0 ? 0 : -ECANCELED);
        (void)close(ends[1]);
    }
}
END_TEST

/* ---- Joins --------------------------------------------------------------- */

static struct eddy_result join_it(struct eddy_task *self, void *task)
{
    return eddy_n(eddy_await(self, eddy_join(task)));
}

START_TEST(cancelling_a_join_leaves_the_joined_one_alone) /* T7, Z5 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { 0 };
    struct eddy_task *task = spawn_held(loop, wait_there, &latch);
    struct eddy_task *one = spawn_held(loop, join_it, task);
    struct eddy_task *two = spawn_held(loop, join_it, task);
    struct eddy_task *three = spawn_held(loop, join_it, task);

    turns(loop, 1);
    cancel(two, 1);
    ck_assert_int_eq(end_of(loop, two), -ECANCELED);
    cancel(one, 1);
    ck_assert_int_eq(end_of(loop, one), -ECANCELED);
    ck_assert_int_eq(eddy_task_state(three), EDDY_TASK_WAITING);
    ck_assert_int_eq(eddy_task_cancelling(task), 0);
    release(&latch, 6);
    ck_assert_int_eq(end_of(loop, three), 6);
    ck_assert_int_eq(end_of(loop, task), 6);
}
END_TEST

START_TEST(cancelling_the_joined_one_is_told_to_all_who_join) /* T6 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { 0 };
    struct eddy_task *task = spawn_held(loop, wait_there, &latch);
    struct eddy_task *one = spawn_held(loop, join_it, task);
    struct eddy_task *two = spawn_held(loop, join_it, one);

    turns(loop, 1);
    cancel(task, 1);
    ck_assert_int_eq(end_of(loop, two), -ECANCELED);
    ck_assert_int_eq(eddy_task_cancelling(one), 0);
    ck_assert_int_eq(end_of(loop, one), -ECANCELED);
    ck_assert_int_eq(end_of(loop, task), -ECANCELED);
}
END_TEST

static struct eddy_result join_itself(struct eddy_task *self, void *arg)
{
    struct eddy_op none = { .type = NULL };

    (void)arg;
    ck_assert_int_eq(eddy_await(self, eddy_join(self)), -EDEADLK);
    ck_assert_int_eq(eddy_await(self, eddy_started(self)), -EDEADLK);
    ck_assert_int_eq(eddy_await(self, eddy_join(NULL)), -EINVAL);
    ck_assert_int_eq(eddy_await(self, eddy_started(NULL)), -EINVAL);
    ck_assert_int_eq(eddy_await_op(self, NULL).n, -EINVAL);
    ck_assert_int_eq(eddy_await_op(self, &none).n, -EINVAL);
    ck_assert_int_eq(eddy_await(self, eddy_every(1, EDDY_SKIP)), -EINVAL);
    ck_assert_int_eq(eddy_await(self, eddy_sleep(1)), 0); /* no harm done */
    return eddy_n(0);
}

START_TEST(what_cannot_be_awaited_is_an_error_to_who_tries) /* T13 */
{
    struct eddy_loop *loop = virtual_loop(_i), *other = virtual_loop(_i);
    struct latch latch = { 0 };
    struct eddy_task *task = spawn_held(loop, wait_there, &latch);

    ck_assert_int_eq(eddy_loop_run_task(loop, join_itself, NULL).n, 0);
    ck_assert_int_eq(eddy_loop_run_task(other, join_it, task).n, -EXDEV);
    ck_assert_int_eq(eddy_await(NULL, eddy_sleep(1)), -EPERM);
    ck_assert_int_eq(eddy_task_yield(NULL), -EPERM);
    ck_assert_int_eq(eddy_task_check(NULL), -EPERM);
    ck_assert_int_eq(eddy_task_started(NULL, 1), -EPERM);
    release(&latch, 0);
    ck_assert_int_eq(end_of(loop, task), 0);
}
END_TEST

/* ---- Having started ------------------------------------------------------ */

struct starting {
    struct eddy_task *task;
    struct latch before, after;
    int64_t result; /* of the task */
};

/* Starts with what the first latch gives, unless that is an error. */
static struct eddy_result start_late(struct eddy_task *self, void *arg)
{
    struct starting *starting = arg;
    int64_t n = eddy_await(self, wait_at(&starting->before));

    ck_assert_int_eq(eddy_task_started(self, -1), -EINVAL);
    if (n < 0)
        return eddy_n(n);
    ck_assert_int_eq(eddy_task_started(self, n), 0);
    ck_assert_int_eq(eddy_task_started(self, n), -EALREADY);
    (void)eddy_await(self, wait_at(&starting->after));
    return eddy_n(starting->result);
}

static struct eddy_result await_start(struct eddy_task *self, void *task)
{
    struct eddy_result result = eddy_n(eddy_await(self, eddy_started(task)));

    mark_done(result, word("started"));
    return result;
}

static struct eddy_task *begin_to_start(struct eddy_loop *loop,
                                        struct starting *starting)
{
    struct eddy_task *waiting;

    spawn_with(loop, start_late, starting,
               (struct eddy_task_options){ .ret_task = &starting->task,
                                           .name = "starter" });
    waiting = spawn_held(loop, await_start, starting->task);
    turns(loop, 1);
    ck_assert_int_eq(eddy_task_state(waiting), EDDY_TASK_WAITING);
    return waiting;
}

START_TEST(who_waits_for_a_task_to_start_is_told_how) /* K3 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct starting starting = { .result = -EIO };
    struct eddy_task *waiting = begin_to_start(loop, &starting);
    struct eddy_task *joining = spawn_held(loop, join_it, starting.task);

    turns(loop, 1);
    release(&starting.before, 80);
    ck_assert_int_eq(end_of(loop, waiting), 80);
    ck_assert_int_eq(eddy_task_state(joining), EDDY_TASK_WAITING);
    ck_assert_int_eq(n_of(loop, eddy_started(starting.task)), 80); /* late */
    release(&starting.after, 0);
    ck_assert_int_eq(end_of(loop, joining), -EIO);
    ck_assert_int_eq(n_of(loop, eddy_started(starting.task)), 80);
    eddy_task_unref(starting.task);
    ck_assert_int_eq(logged(""), 0);
}
END_TEST

static struct eddy_result fail_after_start(struct eddy_task *self, void *arg)
{
    (void)arg;
    ck_assert_int_eq(eddy_task_started(self, 1), 0);
    return eddy_n(-EIO);
}

START_TEST(a_start_that_fails_is_for_who_waits_for_it) /* K3 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct starting starting = { .result = 0 };
    struct eddy_task *waiting = begin_to_start(loop, &starting);

    release(&starting.before, -EADDRINUSE);
    ck_assert_int_eq(end_of(loop, waiting), -EADDRINUSE);
    eddy_task_unref(starting.task);
    ck_assert_int_eq(logged(""), 0);
    spawn(loop, fail_after_start, NULL); /* that is an error of the task */
    run_out(loop);
    ck_assert_int_eq(logged("unhandled error"), 1);
}
END_TEST

START_TEST(one_that_ends_without_having_started_is_an_error) /* K3 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { 0 };
    struct eddy_task *task = spawn_held(loop, wait_there, &latch);
    struct eddy_task *waiting = spawn_held(loop, await_start, task);

    turns(loop, 1);
    release(&latch, 3);
    ck_assert_int_eq(end_of(loop, waiting), -ENODATA);
    ck_assert_int_eq(n_of(loop, eddy_started(task)), -ENODATA);
    ck_assert_int_eq(end_of(loop, task), 3);
}
END_TEST

START_TEST(who_gives_up_waiting_for_a_start_cancels_it) /* K3 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct starting starting = { .before = { .stubborn = true } };
    struct eddy_task *waiting = begin_to_start(loop, &starting);

    cancel(waiting, 1);
    ck_assert_int_eq(starting.before.cancels, 1);
    ck_assert_int_eq(end_of(loop, waiting), -ECANCELED); /* it does not wait */
    ck_assert_str_eq(marks(), "started:ECANCELED");
    release(&starting.before, 4); /* it starts in spite of it, unheard */
    ck_assert_int_eq(end_of(loop, starting.task), 0);
    starting.before.stubborn = false;
    waiting = begin_to_start(loop, &starting);
    cancel(waiting, 1);
    ck_assert_int_eq(end_of(loop, waiting), -ECANCELED);
    ck_assert_int_eq(end_of(loop, starting.task), -ECANCELED);
    ck_assert_int_eq(n_of(loop, eddy_within(1, eddy_sleep(2))), -ETIME);
}
END_TEST

static struct eddy_result await_each_other(struct eddy_task *self, void *other)
{
    return await_start(self, *(struct eddy_task **)other);
}

START_TEST(two_that_wait_for_each_other_to_start_can_be_cancelled) /* K3 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_task *one, *two;

    one = spawn_held(loop, await_each_other, &two);
    two = spawn_held(loop, await_each_other, &one);
    turns(loop, 1);
    cancel(one, 1);
    ck_assert_int_eq(end_of(loop, one), -ECANCELED);
    ck_assert_int_eq(end_of(loop, two), -ECANCELED);
    ck_assert_str_eq(marks(), "started:ECANCELED started:ECANCELED");
}
END_TEST

static struct eddy_result start_within(struct eddy_task *self, void *task)
{
    return eddy_n(
        eddy_await(self, eddy_within(EDDY_SECOND, eddy_started(task))));
}

START_TEST(a_start_has_a_limit_like_any_operation) /* K3 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct latch latch = { 0 };
    struct eddy_task *task = spawn_held(loop, wait_there, &latch);

    ck_assert_int_eq(eddy_loop_run_task(loop, start_within, task).n, -ETIME);
    ck_assert_int_eq(end_of(loop, task), -ECANCELED);
    ck_assert_int_eq(virtual_time.now_ns, 2 * EDDY_SECOND);
}
END_TEST

/* ---- Cleaning up --------------------------------------------------------- */

struct cleaning {
    struct eddy_task *self;
    int64_t result;
    struct latch latch;
};

static void clean_slowly(void *arg)
{
    struct cleaning *cleaning = arg;

    mark(word("slow"));
    ck_assert_int_eq(eddy_await(cleaning->self, eddy_sleep(EDDY_SECOND)), 0);
    mark(word("slept"));
    ck_assert_int_eq(eddy_task_cleanup(cleaning->self, mark, word("late")), 0);
}

static struct eddy_result clean_up(struct eddy_task *self, void *arg)
{
    struct cleaning *cleaning = arg;

    cleaning->self = self;
    ck_assert_int_eq(eddy_task_cleanup(self, mark, word("first")), 0);
    ck_assert_int_eq(eddy_task_cleanup(self, clean_slowly, arg), 0);
    ck_assert_int_eq(eddy_task_cleanup(self, mark, word("last")), 0);
    ck_assert_int_eq(eddy_task_cleanup(self, NULL, NULL), -EINVAL);
    if (cleaning->result == -ECANCELED)
        return eddy_n(eddy_await(self, wait_at(&cleaning->latch)));
    return eddy_n(cleaning->result);
}

static void free_cleaning(void *arg)
{
    (void)arg;
    mark(word("free"));
}

START_TEST(cleanups_run_however_it_ends_the_last_one_first_and_may_wait)
{
    static const int64_t results[] = { 5, -EIO, -ECANCELED };
    struct eddy_loop *loop = virtual_loop(_i);

    for (size_t i = 0; i < COUNT(results); i++) {
        struct cleaning cleaning = { .result = results[i] };
        struct eddy_task *task;

        spawn_with(loop, clean_up, &cleaning,
                   (struct eddy_task_options){ .free_arg = free_cleaning,
                                               .ret_task = &task });
        turns(loop, 1);
        if (results[i] == -ECANCELED)
            cancel(task, 1);
        ck_assert_int_eq(end_of(loop, task), results[i]);
        ck_assert_str_eq(marks(), "last slow slept late first free");
    }
    ck_assert_int_eq(virtual_time.now_ns, 4 * EDDY_SECOND);
}
END_TEST

static struct eddy_result lack_memory(struct eddy_task *self, void *arg)
{
    (void)arg;
    fail_allocation(1);
    ck_assert_int_eq(eddy_task_cleanup(self, mark, word("at once")), -ENOMEM);
    fail_allocation(0);
    mark(word("then"));
    return eddy_n(0);
}

START_TEST(a_cleanup_for_which_there_is_no_memory_runs_at_once)
{
    struct eddy_loop *loop = virtual_loop(_i);

    ck_assert_int_eq(eddy_loop_run_task(loop, lack_memory, NULL).n, 0);
    ck_assert_str_eq(marks(), "at once then");
    ck_assert_int_eq(eddy_task_cleanup(NULL, mark, word("nobody's")), -EPERM);
    ck_assert_str_eq(marks(), "nobody's");
}
END_TEST

/* -------------------------------------------------------------------------- */

int main(void)
{
    const TTest *const each[] = {
        a_cancel_ends_one_wait_and_the_next_one_works,
        a_second_cancel_ends_a_second_wait,
        cancels_before_it_is_told_of_them_are_one,
        cancels_are_counted_and_taken_back,
        it_can_be_asked_why_it_was_cancelled,
        one_that_has_not_begun_never_does,
        one_that_is_ready_is_told_when_it_runs,
        one_that_cancels_itself_is_told_at_its_next_wait_or_its_end,
        a_wait_that_does_not_end_at_once_is_waited_for,
        a_loop_that_is_freed_cancels_each_wait,
        a_result_that_is_there_comes_before_the_cancel,
        a_stream_that_was_accepted_is_not_lost_to_a_cancel,
        who_is_cancelled_ends_things_all_the_same,
        closing_in_a_cancelled_task_frees_the_stream,
        cancelling_a_join_leaves_the_joined_one_alone,
        cancelling_the_joined_one_is_told_to_all_who_join,
        what_cannot_be_awaited_is_an_error_to_who_tries,
        who_waits_for_a_task_to_start_is_told_how,
        a_start_that_fails_is_for_who_waits_for_it,
        one_that_ends_without_having_started_is_an_error,
        who_gives_up_waiting_for_a_start_cancels_it,
        two_that_wait_for_each_other_to_start_can_be_cancelled,
        a_start_has_a_limit_like_any_operation,
        cleanups_run_however_it_ends_the_last_one_first_and_may_wait,
        a_cleanup_for_which_there_is_no_memory_runs_at_once,
    };
    Suite *suite = suite_create("task cancel");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
