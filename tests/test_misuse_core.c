/* SPDX-License-Identifier: MIT */
/* test_misuse_core.c - what the calls of the loop answer to nonsense. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <unistd.h>

#include <eddy/pool.h>
#include <eddy/process.h>
#include <eddy/signal.h>

#include "loop_support.h"

/* ---- Nothing where something is needed ----------------------------------- */

static void on_watch(struct eddy_watch *watch, unsigned ready, void *arg)
{
    (void)watch;
    (void)ready;
    mark(arg);
}

static void on_hook(struct eddy_hook *hook, unsigned when, void *arg)
{
    (void)hook;
    (void)when;
    mark(arg);
}

static void on_waker(struct eddy_waker *waker, void *arg)
{
    (void)waker;
    mark(arg);
}

static void on_signal(struct eddy_signal *sub, int signum, unsigned count,
                      void *arg)
{
    (void)sub;
    (void)signum;
    (void)count;
    mark(arg);
}

static void on_call(struct eddy_call *call)
{
    (void)call;
}

static void on_job(struct eddy_job *job, int64_t n, void *arg)
{
    (void)job;
    (void)n;
    mark(arg);
}

static int64_t work(void *arg)
{
    (void)arg;
    return 0;
}

START_TEST(null_is_einval_for_loops)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_call call = { NULL, on_call }, empty = { NULL, NULL };

    const int answers[] = {
        eddy_loop_new(NULL, NULL),
        eddy_loop_report(NULL, 0, NULL),
        eddy_loop_run(NULL),
        eddy_loop_step(NULL, 0),
        eddy_loop_stop(NULL),
        eddy_loop_post(NULL, mark, NULL),
        eddy_loop_post(loop, NULL, NULL),
        eddy_loop_soon(NULL, mark, NULL),
        eddy_loop_soon(loop, NULL, NULL),
        eddy_loop_post_call(NULL, &call),
        eddy_loop_post_call(loop, NULL),
        eddy_loop_post_call(loop, &empty),
        eddy_loop_prepare(NULL, NULL),
        eddy_loop_after_fork(NULL),
        eddy_loop_stats(NULL, NULL),
        eddy_loop_stats(loop, NULL),
        eddy_loop_set_debug(NULL, true),
        eddy_loop_forget(NULL, 0),
        eddy_loop_forget(loop, -1),
        eddy_loop_check(NULL),
        eddy_loop_set_slot(NULL, NULL, NULL),
        eddy_loop_set_slot(loop, NULL, NULL),
        eddy_loop_pool(NULL, NULL),
        eddy_loop_pool(loop, NULL),
        eddy_hook_start(NULL, NULL, EDDY_AFTER_WAIT, on_hook, NULL),
        eddy_hook_start(loop, NULL, EDDY_AFTER_WAIT, on_hook, NULL),
        eddy_hook_stop(NULL),
    };

    for (size_t i = 0; i < COUNT(answers); i++)
        ck_assert_msg(answers[i] == -EINVAL, "row %d: %d", (int)i, answers[i]);
    ck_assert_int_eq(eddy_loop_free(NULL), 0);
    ck_assert(!eddy_loop_alive(loop));
    run_out(loop);
}
END_TEST

START_TEST(null_is_einval_for_what_lives_in_loops)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_watch watch = { { 0 } };
    struct eddy_timer timer = { { 0 } };
    struct eddy_waker waker = { { 0 } };

    const int answers[] = {
        eddy_watch_start(NULL, &watch, 0, EDDY_READ, on_watch, NULL),
        eddy_watch_start(loop, NULL, 0, EDDY_READ, on_watch, NULL),
        eddy_watch_start(loop, &watch, 0, EDDY_READ, NULL, NULL),
        eddy_watch_start(loop, &watch, -1, EDDY_READ, on_watch, NULL),
        eddy_watch_start(loop, &watch, 0, 64, on_watch, NULL),
        eddy_watch_set(NULL, 0),
        eddy_watch_set(&watch, EDDY_READ),
        eddy_watch_stop(NULL),
        eddy_watch_background(NULL, true),
        eddy_watch_background(&watch, true),
        eddy_watch_error(NULL),
        eddy_timer_init(NULL, loop, mark_timer, NULL),
        eddy_timer_init(&timer, NULL, mark_timer, NULL),
        eddy_timer_init(&timer, loop, NULL, NULL),
        eddy_timer_start(NULL, 0),
        eddy_timer_start(&timer, 0),
        eddy_timer_start_at(NULL, 0),
        eddy_timer_start_at(&timer, 0),
        eddy_timer_background(NULL, true),
        eddy_timer_background(&timer, true),
        eddy_waker_init(NULL, loop, on_waker, NULL),
        eddy_waker_init(&waker, NULL, on_waker, NULL),
        eddy_waker_init(&waker, loop, NULL, NULL),
        eddy_waker_wake(NULL),
        eddy_waker_wake(&waker),
        eddy_waker_done(NULL),
        eddy_waker_background(NULL, true),
    };

    for (size_t i = 0; i < COUNT(answers); i++)
        ck_assert_msg(answers[i] == -EINVAL, "row %d: %d", (int)i, answers[i]);
    ck_assert(!eddy_loop_alive(loop));
}
END_TEST

START_TEST(null_is_einval_for_signals_and_jobs)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_signal sub = { { 0 } };
    struct eddy_job job = { { 0 } };
    struct eddy_pool_options too_many = { .threads = 100000 };
    struct eddy_pool *pool;

    ck_assert_int_eq(eddy_loop_pool(loop, &pool), 0);

    const int answers[] = {
        eddy_signal_start(NULL, &sub, 10, on_signal, NULL),
        eddy_signal_start(loop, NULL, 10, on_signal, NULL),
        eddy_signal_start(loop, &sub, 10, NULL, NULL),
        eddy_signal_start(loop, &sub, 0, on_signal, NULL),
        eddy_signal_start(loop, &sub, -1, on_signal, NULL),
        eddy_signal_start(loop, &sub, INT32_MAX, on_signal, NULL),
        eddy_signal_stop(NULL),
        eddy_signal_background(NULL, true),
        eddy_job_submit(NULL, loop, &job, work, on_job, NULL),
        eddy_job_submit(pool, NULL, &job, work, on_job, NULL),
        eddy_job_submit(pool, loop, NULL, work, on_job, NULL),
        eddy_job_submit(pool, loop, &job, NULL, on_job, NULL),
        eddy_job_submit(pool, loop, &job, work, NULL, NULL),
        eddy_job_cancel(NULL),
        eddy_job_cancel(&job),
        eddy_pool_new(NULL, NULL),
        eddy_pool_new(&pool, &too_many),
        eddy_pool_stats(NULL, NULL),
        eddy_pool_stats(pool, NULL),
    };

    for (size_t i = 0; i < COUNT(answers); i++)
        ck_assert_msg(answers[i] == -EINVAL, "row %d: %d", (int)i, answers[i]);
    eddy_pool_free(NULL);
    ck_assert(!eddy_loop_alive(loop));
}
END_TEST

START_TEST(null_is_einval_for_operations)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_op empty = { .type = NULL }, sleep = eddy_sleep(0);
    struct eddy_request request = { { 0 } };
    struct eddy_result result;

    const int answers[] = {
        eddy_start_op(NULL, &sleep, NULL, NULL, NULL),
        eddy_start_op(loop, NULL, NULL, NULL, NULL),
        eddy_start_op(loop, &empty, NULL, NULL, NULL),
        eddy_start_in_op(NULL, &sleep, NULL, NULL),
        eddy_start_in_op(loop, NULL, NULL, NULL),
        eddy_start_in_op(loop, &empty, NULL, NULL),
        (int)eddy_run_op(NULL, &sleep).n,
        (int)eddy_run_op(loop, NULL).n,
        (int)eddy_run_op(loop, &empty).n,
        (int)eddy_loop_run_until(loop, eddy_offload(NULL, NULL)).n,
        (int)eddy_loop_run_until(loop, eddy_ready(-1, EDDY_READ)).n,
        (int)eddy_loop_run_until(loop, eddy_ready(0, 64)).n,
        (int)eddy_loop_run_until(loop, eddy_child_exit(0)).n,
        (int)eddy_loop_run_until(loop, eddy_child_exit(-1)).n,
        eddy_request_pause(NULL, true),
        eddy_request_pause(&request, true),
        eddy_request_background(NULL, true),
        eddy_request_background(&request, true),
    };

    for (size_t i = 0; i < COUNT(answers); i++)
        ck_assert_msg(answers[i] == -EINVAL, "row %d: %d", (int)i, answers[i]);
    eddy_begin(NULL, &request, &sleep, mark_done, word("no"));
    eddy_begin(loop, NULL, &sleep, mark_done, word("no"));
    eddy_request_cancel(NULL);
    eddy_request_cancel(&request);
    ck_assert(!eddy_begin_or_finish(NULL, NULL, NULL, NULL, NULL, &result));
    run_out(loop);
    ck_assert_str_eq(marks(), "");
}
END_TEST

START_TEST(null_is_nothing_for_the_front)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_owned owned = { NULL, NULL, NULL };
    static const struct eddy_owned_type incomplete = { "incomplete", NULL };

    ck_assert_ptr_null(eddy_request_loop(NULL));
    ck_assert_ptr_null(eddy_request_on(NULL));
    ck_assert_ptr_null(eddy_request_type(NULL));
    ck_assert_ptr_null(eddy_request_words(NULL));
    ck_assert_ptr_null(eddy_request_of(NULL));
    ck_assert_ptr_null(eddy_request_alloc(NULL, 1));
    ck_assert(eddy_request_over(NULL));
    ck_assert(!eddy_item(NULL, eddy_n(1)));
    eddy_complete(NULL, eddy_n(0));
    eddy_complete_call(loop, NULL);
    eddy_complete_call(NULL, NULL);
    eddy_ready_push(loop, NULL);
    eddy_ready_push(NULL, NULL);
    ck_assert_uint_eq(eddy_ready_grant(NULL, 1), 0);
    eddy_loop_own(NULL, &owned, &incomplete);
    eddy_loop_own(loop, NULL, &incomplete);
    eddy_loop_own(loop, &owned, NULL);
    eddy_loop_own(loop, &owned, &incomplete);
    eddy_loop_disown(loop, &owned);
    eddy_loop_disown(loop, NULL);
    eddy_loop_disown(NULL, &owned);
    ck_assert_ptr_null(eddy_loop_slot(NULL, NULL));
    ck_assert_ptr_null(eddy_loop_slot(loop, NULL));
    ck_assert_ptr_null(eddy_loop_settings(NULL));
    eddy_log_write(loop, EDDY_LOG_INFO, NULL);
    eddy_loop_count_accept_full(NULL);
    eddy_loop_count(NULL, true);
    eddy_loop_expect(NULL, true);
    ck_assert(!eddy_loop_alive(loop));
    ck_assert(!eddy_loop_alive(NULL));
    ck_assert(!eddy_loop_running(NULL));
    ck_assert_int_eq(eddy_loop_now_ns(NULL), 0);
    ck_assert_int_eq(eddy_loop_update_now(NULL), 0);
    ck_assert_int_eq(eddy_loop_read_clock(NULL), 0);
    ck_assert_ptr_null(eddy_loop_poller(NULL));
    run_out(loop);
}
END_TEST

/* ---- From inside a callback ---------------------------------------------- */

static void misuse_inside(void *arg)
{
    struct eddy_loop *loop = arg;
    struct eddy_embedding in;

    ck_assert(eddy_loop_running(loop));
    ck_assert_int_eq(eddy_loop_run(loop), -EBUSY);
    ck_assert_int_eq(eddy_loop_step(loop, 0), -EBUSY);
    ck_assert_int_eq(eddy_loop_prepare(loop, &in), -EBUSY);
    ck_assert_int_eq(eddy_loop_free(loop), -EBUSY);
    ck_assert_int_eq(eddy_loop_run_until(loop, eddy_sleep(0)).n, -EBUSY);
    ck_assert_int_eq(eddy_loop_stop(loop), 0);
    ck_assert_int_eq(eddy_loop_stop(loop), 0);
    mark(word("inside"));
}

struct everywhere {
    struct eddy_loop *loop;
    struct eddy_watch watch;
    struct eddy_timer timer;
    struct eddy_hook hook;
    struct eddy_waker waker;
};

static void from_watch(struct eddy_watch *watch, unsigned ready, void *arg)
{
    (void)ready;
    misuse_inside(arg);
    ck_assert_int_eq(eddy_watch_stop(watch), 0);
}

static void from_timer(struct eddy_timer *timer, void *arg)
{
    (void)timer;
    misuse_inside(arg);
}

static void from_hook(struct eddy_hook *hook, unsigned when, void *arg)
{
    (void)when;
    misuse_inside(arg);
    ck_assert_int_eq(eddy_hook_stop(hook), 0);
}

static void from_waker(struct eddy_waker *waker, void *arg)
{
    misuse_inside(arg);
    ck_assert_int_eq(eddy_waker_done(waker), 0);
}

static void from_result(struct eddy_result result, void *arg)
{
    (void)result;
    misuse_inside(arg);
}

START_TEST(no_callback_can_run_or_free_the_loop) /* L20 */
{
    struct everywhere e = { .loop = virtual_loop(_i) };
    int ends[2];

    make_pipe(ends);
    write_byte(ends[1]);
    ck_assert_int_eq(eddy_loop_post(e.loop, misuse_inside, e.loop), 0);
    ck_assert_int_eq(eddy_watch_start(e.loop, &e.watch, ends[0], EDDY_READ,
                                      from_watch, e.loop),
                     0);
    ck_assert_int_eq(eddy_timer_init(&e.timer, e.loop, from_timer, e.loop), 0);
    ck_assert_int_eq(eddy_timer_start(&e.timer, 0), 0);
    ck_assert_int_eq(
        eddy_hook_start(e.loop, &e.hook, EDDY_BEFORE_WAIT, from_hook, e.loop),
        0);
    ck_assert_int_eq(eddy_waker_init(&e.waker, e.loop, from_waker, e.loop), 0);
    ck_assert_int_eq(eddy_waker_wake(&e.waker), 0);
    ck_assert_int_eq(
        eddy_start(e.loop, eddy_all(NULL, 0), from_result, e.loop, NULL), 0);
    ck_assert_int_eq(eddy_loop_run(e.loop), 1);
    ck_assert_str_eq(marks(), "inside inside inside inside inside inside");
    ck_assert(!eddy_loop_alive(e.loop));
    close_both(ends);
}
END_TEST

/* ---- Numbers ------------------------------------------------------------- */

START_TEST(huge_and_negative_times_do_no_harm)
{
    static const int64_t spans[] = { INT64_MIN, INT64_MIN + 1, -1, 0 };
    struct eddy_loop *loop = virtual_loop(_i);
    int64_t start = eddy_loop_now_ns(loop);

    for (size_t i = 0; i < COUNT(spans); i++) {
        ck_assert_int_eq(eddy_loop_run_until(loop, eddy_sleep(spans[i])).n, 0);
        ck_assert_int_eq(
            eddy_loop_run_until(loop, eddy_sleep_until(spans[i])).n, 0);
        ck_assert_int_eq(
            eddy_loop_run_until(loop, eddy_within(spans[i], eddy_sleep(0))).n,
            0);
    }
    ck_assert_int_eq(eddy_loop_now_ns(loop), start);
    ck_assert_int_eq(
        eddy_loop_run_until(loop, eddy_within(5, eddy_sleep(INT64_MAX))).n,
        -ETIME);
    ck_assert_int_eq(eddy_loop_now_ns(loop), start + 5);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        null_is_einval_for_loops,
        null_is_einval_for_what_lives_in_loops,
        null_is_einval_for_signals_and_jobs,
        null_is_einval_for_operations,
        null_is_nothing_for_the_front,
        no_callback_can_run_or_free_the_loop,
        huge_and_negative_times_do_no_harm,
    };
    Suite *suite = suite_create("misuse core");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
