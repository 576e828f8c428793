/* SPDX-License-Identifier: MIT */
/* test_embed.c - a loop inside a foreign one, and a foreign one inside a loop.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "loop_support.h"

/* ---- Inside a foreign loop ----------------------------------------------- */

/* The whole of a foreign loop: it knows a descriptor and a time. Returns
 * whether the descriptor had something to say. */
static bool foreign_turn(struct eddy_loop *loop)
{
    struct eddy_embedding in;
    struct pollfd outer = { .events = POLLIN };
    int n;

    ck_assert_int_eq(eddy_loop_prepare(loop, &in), 0);
    outer.fd = in.fd;
    n = poll(&outer, 1, in.timeout_ms);
    ck_assert_int_ge(n, 0);
    ck_assert_int_ge(eddy_loop_step(loop, 0), 0);
    return n > 0;
}

START_TEST(a_poller_without_a_descriptor_says_so)
{
    struct eddy_loop *loop = real_loop(_i);
    struct eddy_embedding in = { .fd = -7 };
    int err = eddy_loop_prepare(loop, &in);

    ck_assert(err == (can_nest(_i) ? 0 : -ENOTSUP));
    ck_assert(err == 0 ? in.fd > 2 : in.fd == -7);
    ck_assert_int_eq(eddy_loop_prepare(NULL, &in), -EINVAL);
    ck_assert_int_eq(eddy_loop_prepare(loop, NULL), -EINVAL);
}
END_TEST

static void *post_word(void *loop)
{
    return eddy_loop_post(loop, mark, word("posted")) < 0 ? loop : NULL;
}

START_TEST(a_foreign_loop_runs_io_timers_posts_and_operations) /* T74, C-10 */
{
    struct eddy_loop *loop = real_loop(_i);
    struct outcome io = { 0 }, sleep = { 0 }, work = { 0 };
    pthread_t thread;
    int ends[2];

    if (!can_nest(_i))
        return;
    make_pipe(ends);
    ck_assert_int_eq(eddy_start(loop, eddy_readable(ends[0]), take, &io, NULL),
                     0);
    ck_assert_int_eq(
        eddy_start(loop, eddy_sleep(3 * EDDY_MS), take, &sleep, NULL), 0);
    while (sleep.times == 0)
        (void)foreign_turn(loop);
    ck_assert_int_eq(io.times, 0);
    write_byte(ends[1]);
    while (io.times == 0)
        ck_assert(foreign_turn(loop));
    expect_n(&io, EDDY_READ);
    thread = start_thread(post_word, loop);
    while (strcmp(marks(), "posted") != 0) /* a post ends the foreign wait */
        (void)foreign_turn(loop);
    join_thread(thread);
    ck_assert_int_eq(eddy_start(loop, eddy_next_turn(), take, &work, NULL), 0);
    while (work.times == 0)
        (void)foreign_turn(loop);
    close_both(ends);
}
END_TEST

START_TEST(prepare_tells_the_next_deadline)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_embedding in;
    struct eddy_timer timer;

    if (!can_nest(_i))
        return;
    ck_assert_int_eq(eddy_loop_prepare(loop, &in), 0);
    turns(loop, 1);
    ck_assert_int_eq(eddy_loop_prepare(loop, &in), 0);
    ck_assert_int_eq(in.deadline_ns, EDDY_FOREVER);
    ck_assert_int_eq(in.timeout_ns, EDDY_FOREVER);
    ck_assert_int_eq(in.timeout_ms, -1);
    ck_assert_int_eq(eddy_timer_init(&timer, loop, mark_timer, word("x")), 0);
    ck_assert_int_eq(eddy_timer_start(&timer, EDDY_SECOND), 0);
    virtual_time.now_ns += 10;
    ck_assert_int_eq(eddy_loop_prepare(loop, &in), 0);
    ck_assert_int_eq(in.deadline_ns, 2 * EDDY_SECOND);
    ck_assert_int_eq(in.timeout_ns, EDDY_SECOND - 10);
    ck_assert_int_eq(in.timeout_ms, 1000); /* never early */
    virtual_time.now_ns += 5 * EDDY_SECOND;
    ck_assert_int_eq(eddy_loop_prepare(loop, &in), 0);
    ck_assert_int_eq(in.timeout_ns, 0);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "x");
    ck_assert_int_eq(eddy_loop_soon(loop, mark, word("y")), 0);
    ck_assert_int_eq(eddy_loop_prepare(loop, &in), 0);
    ck_assert_int_eq(in.timeout_ns, 0);
    turns(loop, 1);
    ck_assert_int_eq(eddy_loop_stop(loop), 0);
    ck_assert_int_eq(eddy_loop_prepare(loop, &in), 0);
    ck_assert_int_eq(in.timeout_ns, 0);
    turns(loop, 1); /* and then there is quiet again */
    ck_assert_int_eq(eddy_loop_prepare(loop, &in), 0);
    ck_assert_int_eq(in.timeout_ns, EDDY_FOREVER);
}
END_TEST

static void prepare_inside(void *loop)
{
    struct eddy_embedding in;

    ck_assert_int_eq(eddy_loop_prepare(loop, &in), -EBUSY);
    mark(word("busy"));
}

START_TEST(prepare_is_for_outside)
{
    struct eddy_loop *loop = virtual_loop(_i);

    ck_assert_int_eq(eddy_loop_soon(loop, prepare_inside, loop), 0);
    run_out(loop);
    ck_assert_str_eq(marks(), "busy");
}
END_TEST

/* ---- A loop inside a loop ------------------------------------------------ */

struct nested {
    struct eddy_loop *inner;
    struct eddy_watch watch;
    struct eddy_timer timer;
    struct eddy_hook hook;
};

static void step_inner(struct eddy_loop *inner)
{
    ck_assert_int_ge(eddy_loop_step(inner, 0), 0);
}

static void inner_ready(struct eddy_watch *watch, unsigned ready, void *arg)
{
    (void)watch;
    ck_assert_uint_eq(ready, EDDY_READ);
    step_inner(((struct nested *)arg)->inner);
}

static void inner_due(struct eddy_timer *timer, void *arg)
{
    (void)timer;
    step_inner(((struct nested *)arg)->inner);
}

/* Asks the inner loop before each wait what it wants. */
static void ask_inner(struct eddy_hook *hook, unsigned when, void *arg)
{
    struct nested *nested = arg;
    struct eddy_embedding in;

    (void)hook;
    ck_assert_uint_eq(when, EDDY_BEFORE_WAIT);
    ck_assert_int_eq(eddy_loop_prepare(nested->inner, &in), 0);
    if (in.timeout_ns == EDDY_FOREVER)
        (void)eddy_timer_stop(&nested->timer);
    else
        ck_assert_int_eq(eddy_timer_start(&nested->timer, in.timeout_ns), 0);
}

START_TEST(a_loop_can_live_in_another) /* T17 */
{
    struct eddy_loop *outer = real_loop(_i);
    struct nested nested = { .inner = real_loop(_i) };
    struct outcome io = { 0 }, sleep = { 0 };
    struct eddy_embedding in;
    int ends[2];

    if (!can_nest(_i))
        return;
    make_pipe(ends);
    ck_assert_int_eq(eddy_loop_prepare(nested.inner, &in), 0);
    ck_assert_int_eq(eddy_timer_init(&nested.timer, outer, inner_due, &nested),
                     0);
    ck_assert_int_eq(eddy_watch_start(outer, &nested.watch, in.fd, EDDY_READ,
                                      inner_ready, &nested),
                     0);
    ck_assert_int_eq(eddy_hook_start(outer, &nested.hook, EDDY_BEFORE_WAIT,
                                     ask_inner, &nested),
                     0);
    ck_assert_int_eq(
        eddy_start(nested.inner, eddy_readable(ends[0]), take, &io, NULL), 0);
    ck_assert_int_eq(
        eddy_start(nested.inner, eddy_sleep(2 * EDDY_MS), take, &sleep, NULL),
        0);
    run_until_count(outer, &sleep.times, 1);
    write_byte(ends[1]);
    run_until_count(outer, &io.times, 1);
    expect_n(&io, EDDY_READ);
    ck_assert_int_eq(eddy_hook_stop(&nested.hook), 0);
    ck_assert_int_eq(eddy_watch_stop(&nested.watch), 0);
    (void)eddy_timer_stop(&nested.timer);
    ck_assert_int_eq(eddy_loop_forget(outer, in.fd), 0);
    close_both(ends);
}
END_TEST

/* ---- Hooks --------------------------------------------------------------- */

static void on_hook(struct eddy_hook *hook, unsigned when, void *arg)
{
    (void)hook;
    mark(arg);
    mark(word(when == EDDY_BEFORE_WAIT ? "<" : ">"));
}

static void stop_hooks(struct eddy_hook *hook, unsigned when, void *arg)
{
    (void)when;
    mark(word("stop"));
    ck_assert_int_eq(eddy_hook_stop(arg), 0);
    ck_assert_int_eq(eddy_hook_stop(hook), 0);
}

START_TEST(hooks_run_around_each_wait_in_order)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_hook a, b, c, d;
    unsigned both = EDDY_BEFORE_WAIT | EDDY_AFTER_WAIT;

    ck_assert_int_eq(eddy_hook_start(loop, &a, both, on_hook, word("a")), 0);
    ck_assert_int_eq(
        eddy_hook_start(loop, &b, EDDY_BEFORE_WAIT, stop_hooks, &c), 0);
    ck_assert_int_eq(eddy_hook_start(loop, &c, both, on_hook, word("c")), 0);
    ck_assert_int_eq(
        eddy_hook_start(loop, &d, EDDY_AFTER_WAIT, on_hook, word("d")), 0);
    ck_assert(!eddy_loop_alive(loop));
    turns(loop, 2);
    ck_assert_str_eq(marks(), "a < stop a > d > a < a > d >");
    for (int twice = 0; twice < 2; twice++)
        ck_assert_int_eq(eddy_hook_stop(&a), 0);
    ck_assert_int_eq(eddy_hook_stop(&d), 0);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "");
    ck_assert_int_eq(eddy_hook_start(loop, &a, 0, on_hook, NULL), -EINVAL);
    ck_assert_int_eq(eddy_hook_start(loop, &a, 4, on_hook, NULL), -EINVAL);
    ck_assert_int_eq(eddy_hook_start(loop, &a, both, NULL, NULL), -EINVAL);
}
END_TEST

struct restless {
    struct eddy_hook hook;
    struct eddy_loop *loop;
    int times;
};

static void start_hook_anew(struct eddy_hook *hook, unsigned when, void *arg)
{
    struct restless *restless = arg;

    restless->times++;
    ck_assert_int_eq(eddy_hook_stop(hook), 0);
    ck_assert_int_eq(
        eddy_hook_start(restless->loop, hook, when, start_hook_anew, arg), 0);
}

START_TEST(hooks_that_start_anew_wait_for_the_next_turn)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct restless pair[2] = { { .loop = loop }, { .loop = loop } };

    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(eddy_hook_start(loop, &pair[i].hook, EDDY_AFTER_WAIT,
                                         start_hook_anew, &pair[i]),
                         0);
    turns(loop, 1);
    ck_assert_int_eq(pair[0].times, 1);
    ck_assert_int_eq(pair[1].times, 1);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(eddy_hook_stop(&pair[i].hook), 0);
}
END_TEST

static void arm_in_hook(struct eddy_hook *hook, unsigned when, void *timer)
{
    (void)hook;
    (void)when;
    ck_assert_int_eq(eddy_timer_start(timer, EDDY_SECOND), 0);
}

static void *prepare_here(void *loop)
{
    struct eddy_embedding in;

    ck_assert_int_eq(eddy_loop_prepare(loop, &in), 0);
    return NULL;
}

START_TEST(a_hook_of_prepare_is_in_the_thread_of_the_loop)
{
    struct eddy_loop_options options = virtual_options(_i);
    struct eddy_loop *loop;
    struct eddy_timer timer;
    struct eddy_hook hook;

    options.flags |= EDDY_LOOP_DEBUG;
    loop = loop_with(options);
    ck_assert_int_eq(eddy_timer_init(&timer, loop, mark_timer, word("t")), 0);
    ck_assert_int_eq(
        eddy_hook_start(loop, &hook, EDDY_BEFORE_WAIT, arm_in_hook, &timer), 0);
    if (can_nest(_i))
        join_thread(start_thread(prepare_here, loop));
    ck_assert(eddy_timer_stop(&timer) == can_nest(_i));
    ck_assert_int_eq(eddy_hook_stop(&hook), 0);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        a_poller_without_a_descriptor_says_so,
        a_foreign_loop_runs_io_timers_posts_and_operations,
        prepare_tells_the_next_deadline,
        prepare_is_for_outside,
        a_loop_can_live_in_another,
        hooks_run_around_each_wait_in_order,
        hooks_that_start_anew_wait_for_the_next_turn,
        a_hook_of_prepare_is_in_the_thread_of_the_loop,
    };
    Suite *suite = suite_create("embed");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
