/* SPDX-License-Identifier: MIT */
/* test_loop.c - making, running, stopping and freeing a loop. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <eddy/sys.h>

#include "loop_support.h"

/* ---- Making one ---------------------------------------------------------- */

START_TEST(a_loop_runs_on_the_poller_it_was_given)
{
    struct eddy_loop *loop = real_loop(_i);

    ck_assert_ptr_eq(eddy_loop_poller(loop), tested_poller(_i));
    ck_assert(!eddy_loop_alive(loop));
    ck_assert(!eddy_loop_running(loop));
    ck_assert_ptr_null(eddy_loop_poller(NULL));
}
END_TEST

START_TEST(all_defaults_make_a_loop)
{
    struct eddy_loop *loop = NULL;

    ck_assert_int_eq(eddy_loop_new(&loop, NULL), 0);
    run_out(loop);
    ck_assert_int_eq(eddy_loop_free(loop), 0);
    ck_assert_int_eq(eddy_loop_free(NULL), 0);
    ck_assert_int_eq(eddy_loop_new(NULL, NULL), -EINVAL);
}
END_TEST

START_TEST(options_without_a_meaning_are_refused)
{
    struct eddy_loop_options strange_flag = real_options(_i),
                             strange_table = strange_flag,
                             from_later = strange_flag;
    struct eddy_sys sys = *eddy_sys_default();
    struct eddy_loop *loop;

    strange_flag.flags |= 1u << 7;
    ck_assert_int_eq(eddy_loop_new(&loop, &strange_flag), -EINVAL);
    sys.abi = 99;
    strange_table.sys = &sys;
    ck_assert_int_eq(eddy_loop_new(&loop, &strange_table), -EINVAL);
    from_later.reserved[7] = &sys;
    ck_assert_int_eq(eddy_loop_new(&loop, &from_later), -EINVAL);
}
END_TEST

START_TEST(a_loop_without_memory_leaves_nothing_behind) /* T75 */
{
    struct eddy_loop_options options = real_options(_i);
    long allocations = live_allocations();
    int fds = count_open_fds();

    for (long nth = 1;; nth++) {
        struct eddy_loop *loop = NULL;
        int err;

        fail_allocation(nth);
        err = eddy_loop_new(&loop, &options);
        if (err == 0) {
            ck_assert_int_gt(nth, 2);
            ck_assert_int_eq(eddy_loop_free(loop), 0);
            break;
        }
        ck_assert_int_eq(err, -ENOMEM);
        ck_assert_ptr_null(loop);
        ck_assert_int_eq(live_allocations(), allocations);
        ck_assert_int_eq(count_open_fds(), fds);
    }
    fail_allocation(0);
}
END_TEST

enum { MOST_FDS = 256, SAVED_FROM = 100 };

/* What is open now and was not before: how many of these lie on stdio, and how
 * many would be there after exec. */
static void count_bad_fds(const bool *before, int *ret_new, int *ret_stdio,
                          int *ret_kept)
{
    *ret_new = *ret_stdio = *ret_kept = 0;
    for (int fd = 0; fd < MOST_FDS; fd++) {
        int flags = fcntl(fd, F_GETFD);

        if (flags < 0 || before[fd])
            continue;
        ++*ret_new;
        *ret_stdio += fd <= STDERR_FILENO;
        *ret_kept += (flags & FD_CLOEXEC) == 0;
    }
}

/* Opens a loop, with stdio open or closed. */
static void open_and_count(int index, bool closed, int *ret_new, int *ret_stdio,
                           int *ret_kept)
{
    bool before[MOST_FDS];
    int saved[3];

    for (int fd = 0; fd < 3; fd++) {
        saved[fd] = closed ? fcntl(fd, F_DUPFD, SAVED_FROM) : -1;
        if (closed)
            (void)close(fd);
    }
    for (int fd = 0; fd < MOST_FDS; fd++)
        before[fd] = fcntl(fd, F_GETFD) >= 0;
    turns(real_loop(index), 1);
    count_bad_fds(before, ret_new, ret_stdio, ret_kept);
    for (int fd = 0; fd < 3; fd++) /* no assertion before there is a stderr */
        if (saved[fd] >= 0) {
            (void)dup2(saved[fd], fd);
            (void)close(saved[fd]);
        }
}

START_TEST(nothing_of_a_loop_lands_on_stdio_or_survives_exec) /* T28, C-8 */
{
    int opened, on_stdio, kept;

    for (int closed = 0; closed < 2; closed++) {
        open_and_count(_i, closed != 0, &opened, &on_stdio, &kept);
        ck_assert_int_ge(opened, 1);
        ck_assert_int_eq(on_stdio, 0);
        ck_assert_int_eq(kept, 0);
    }
}
END_TEST

/* ---- Running ------------------------------------------------------------- */

START_TEST(an_empty_loop_returns_at_once)
{
    struct eddy_loop *loop = real_loop(_i);

    for (int twice = 0; twice < 2; twice++)
        ck_assert_int_eq(eddy_loop_run(loop), 0);
    ck_assert_uint_eq(stats_of(loop).turns, 0);
}
END_TEST

static void stop(void *loop)
{
    mark(word("stop"));
    ck_assert(eddy_loop_running(loop));
    ck_assert_int_eq(eddy_loop_stop(loop), 0);
    ck_assert_int_eq(eddy_loop_soon(loop, mark, word("kept")), 0);
}

static void *ask(void *loop)
{
    ck_assert(!eddy_loop_running(loop));
    return NULL;
}

static void ask_elsewhere(void *loop)
{
    ck_assert(eddy_loop_running(loop));
    join_thread(start_thread(ask, loop));
    mark(word("asked"));
}

START_TEST(a_loop_runs_in_one_thread_only)
{
    struct eddy_loop *loop = virtual_loop(_i);

    ck_assert_int_eq(eddy_loop_soon(loop, ask_elsewhere, loop), 0);
    run_out(loop);
    ck_assert_str_eq(marks(), "asked");
}
END_TEST

START_TEST(a_stop_lets_the_turn_end_and_keeps_the_rest) /* L14, L16, L17 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_timer timer;

    ck_assert_int_eq(eddy_timer_init(&timer, loop, mark_timer, word("timer")),
                     0);
    ck_assert_int_eq(eddy_timer_start(&timer, 0), 0);
    ck_assert_int_eq(eddy_loop_soon(loop, stop, loop), 0);
    ck_assert_int_eq(eddy_loop_soon(loop, mark, word("same")), 0);
    ck_assert_int_eq(eddy_loop_run(loop), 1);
    ck_assert_str_eq(marks(), "stop same timer");
    ck_assert(!eddy_loop_running(loop));
    run_out(loop); /* the flag is cleared */
    ck_assert_str_eq(marks(), "kept");
}
END_TEST

START_TEST(a_stop_before_run_makes_one_turn_that_does_not_wait) /* L15 */
{
    struct eddy_loop *loop = real_loop(_i);
    struct eddy_timer timer;

    ck_assert_int_eq(eddy_timer_init(&timer, loop, mark_timer, word("timer")),
                     0);
    ck_assert_int_eq(eddy_timer_start(&timer, 3600 * EDDY_SECOND), 0);
    ck_assert_int_eq(eddy_loop_stop(loop), 0);
    ck_assert_int_eq(eddy_loop_run(loop), 1);
    ck_assert_uint_eq(stats_of(loop).turns, 1);
    ck_assert_int_eq(eddy_loop_stop(loop), 0);
    ck_assert_int_ge(eddy_loop_step(loop, EDDY_FOREVER), 0);
    ck_assert(eddy_timer_stop(&timer)); /* the step has used up the stop: */
    ck_assert_int_eq(eddy_loop_run(loop), 0);
}
END_TEST

START_TEST(a_step_waits_no_longer_than_it_may)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_timer timer;
    int64_t start = eddy_loop_now_ns(loop);

    ck_assert_int_eq(eddy_timer_init(&timer, loop, mark_timer, word("timer")),
                     0);
    ck_assert_int_eq(eddy_timer_start(&timer, 10 * EDDY_SECOND), 0);
    ck_assert_int_eq(eddy_loop_step(loop, 4 * EDDY_SECOND), 0);
    ck_assert_int_eq(eddy_loop_now_ns(loop), start + 4 * EDDY_SECOND);
    ck_assert_int_eq(eddy_loop_step(loop, 0), 0);
    ck_assert_int_eq(eddy_loop_now_ns(loop), start + 4 * EDDY_SECOND);
    ck_assert_int_eq(eddy_loop_step(loop, INT64_MAX), 1);
    ck_assert_int_eq(eddy_loop_now_ns(loop), start + 10 * EDDY_SECOND);
    ck_assert_str_eq(marks(), "timer");
    ck_assert_int_eq(eddy_loop_step(NULL, 0), -EINVAL);
}
END_TEST

START_TEST(a_real_step_takes_its_time_and_not_less)
{
    struct eddy_loop *loop = real_loop(_i);

    for (int i = 0; i < 10; i++) {
        int64_t start = now_ns();

        ck_assert_int_eq(eddy_loop_step(loop, 2 * EDDY_MS), 0);
        ck_assert_int_ge(now_ns() - start, 2 * EDDY_MS);
    }
}
END_TEST

static void end_with_the_call(struct eddy_job *job, int64_t n, void *arg)
{
    (void)job;
    ck_assert_int_eq(n, 7);
    mark(arg);
}

static int64_t seven(void *arg)
{
    (void)arg;
    return 7;
}

/* Nothing is left once the call has run, and nothing will wake the loop. */
START_TEST(run_does_not_wait_when_the_last_call_has_run)
{
    struct eddy_loop *loop = real_loop(_i);
    struct eddy_pool *pool;
    struct eddy_job job;

    ck_assert_int_eq(eddy_loop_post(loop, mark, word("posted")), 0);
    run_out(loop);
    ck_assert_int_eq(eddy_loop_pool(loop, &pool), 0);
    ck_assert_int_eq(eddy_job_submit(pool, loop, &job, seven, end_with_the_call,
                                     word("job")),
                     0);
    run_out(loop);
    ck_assert_str_eq(marks(), "posted job");
    ck_assert_int_eq(eddy_loop_post(loop, mark, word("step")), 0);
    ck_assert_int_ge(eddy_loop_step(loop, EDDY_FOREVER), 1);
    ck_assert_str_eq(marks(), "step");
}
END_TEST

/* ---- Freeing ------------------------------------------------------------- */

static void note_ready(struct eddy_watch *watch, unsigned ready, void *arg)
{
    (void)watch;
    (void)ready;
    mark(arg);
}

START_TEST(freeing_drops_watches_timers_and_hooks_without_a_word) /* L21 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_watch watch;
    struct eddy_timer timer;
    struct eddy_hook hook = { { 0 } };
    int ends[2];

    make_pipe(ends);
    write_byte(ends[1]);
    ck_assert_int_eq(eddy_watch_start(loop, &watch, ends[0], EDDY_READ,
                                      note_ready, word("watch")),
                     0);
    ck_assert_int_eq(eddy_timer_init(&timer, loop, mark_timer, word("timer")),
                     0);
    ck_assert_int_eq(eddy_timer_start(&timer, 0), 0);
    free_loop(loop);
    ck_assert_str_eq(marks(), "");
    ck_assert_int_eq(eddy_watch_stop(&watch), 0);
    ck_assert(!eddy_timer_stop(&timer));
    ck_assert_int_eq(eddy_hook_stop(&hook), 0);
    close_both(ends);
}
END_TEST

/* ---- Looking inside ------------------------------------------------------ */

START_TEST(statistics_count_what_happened) /* C-11 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_watch watch;
    struct eddy_timer timer;
    struct eddy_loop_stats before, after;
    int ends[2];

    make_pipe(ends);
    write_byte(ends[1]);
    turns(loop, 1);
    before = stats_of(loop);
    ck_assert_int_eq(eddy_watch_start(loop, &watch, ends[0], EDDY_READ,
                                      note_ready, word("")),
                     0);
    ck_assert_int_eq(eddy_timer_init(&timer, loop, mark_timer, word("")), 0);
    ck_assert_int_eq(eddy_timer_start(&timer, 0), 0);
    ck_assert_int_eq(eddy_loop_post(loop, mark, word("")), 0);
    after = stats_of(loop);
    ck_assert_uint_eq(after.watches - before.watches, 1);
    ck_assert_uint_eq(after.descriptors - before.descriptors, 1);
    ck_assert_uint_eq(after.timers, 1);
    turns(loop, 1);
    after = stats_of(loop);
    ck_assert_uint_eq(after.turns - before.turns, 1);
    ck_assert_uint_eq(after.events - before.events, 1);
    ck_assert_uint_eq(after.sets - before.sets, 1);
    ck_assert_uint_eq(after.calls - before.calls, 3);
    ck_assert_uint_eq(after.posts - before.posts, 1);
    ck_assert_uint_eq(after.timers_due - before.timers_due, 1);
    ck_assert_uint_eq(after.timers, 0);
    ck_assert_int_eq(eddy_watch_stop(&watch), 0);
    ck_assert_int_eq(eddy_loop_stats(loop, NULL), -EINVAL);
    ck_assert_int_eq(eddy_loop_stats(NULL, &after), -EINVAL);
    close_both(ends);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        a_loop_runs_on_the_poller_it_was_given,
        all_defaults_make_a_loop,
        options_without_a_meaning_are_refused,
        a_loop_without_memory_leaves_nothing_behind,
        nothing_of_a_loop_lands_on_stdio_or_survives_exec,
        an_empty_loop_returns_at_once,
        a_loop_runs_in_one_thread_only,
        a_stop_lets_the_turn_end_and_keeps_the_rest,
        a_stop_before_run_makes_one_turn_that_does_not_wait,
        a_step_waits_no_longer_than_it_may,
        a_real_step_takes_its_time_and_not_less,
        run_does_not_wait_when_the_last_call_has_run,
        freeing_drops_watches_timers_and_hooks_without_a_word,
        statistics_count_what_happened,
    };
    Suite *suite = suite_create("loop");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
