/* SPDX-License-Identifier: MIT */
/* test_turn.c - the order of a turn, and that nothing keeps the rest out. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <unistd.h>

#include "loop_support.h"

/* ---- Order --------------------------------------------------------------- */

/* One of everything that a turn can run. */
struct one_of_each {
    struct eddy_loop *loop;
    struct eddy_watch watch;
    struct eddy_timer timer;
    struct eddy_hook hook;
    struct eddy_call ready;
    int ends[2];
};

static void on_hook(struct eddy_hook *hook, unsigned when, void *arg)
{
    (void)hook;
    (void)arg;
    mark(word(when == EDDY_BEFORE_WAIT ? "before" : "after"));
}

static void on_watch(struct eddy_watch *watch, unsigned ready, void *arg)
{
    (void)ready;
    mark(arg);
    (void)eddy_watch_stop(watch);
}

static void on_ready(struct eddy_call *call)
{
    (void)call;
    mark(word("ready"));
}

static void prepare_all(struct one_of_each *each, int index)
{
    struct eddy_loop *loop = each->loop = virtual_loop(index);

    make_pipe(each->ends);
    write_byte(each->ends[1]);
    ck_assert_int_eq(
        eddy_timer_init(&each->timer, loop, mark_timer, word("timer")), 0);
    ck_assert_int_eq(eddy_timer_start(&each->timer, 0), 0);
    ck_assert_int_eq(
        eddy_start(loop, eddy_sleep(0), mark_done, word("slept"), NULL), 0);
    ck_assert_int_eq(
        eddy_start(loop, eddy_all(NULL, 0), mark_done, word("done"), NULL), 0);
    each->ready.run = on_ready;
    eddy_ready_push(loop, &each->ready);
    ck_assert_int_eq(eddy_watch_start(loop, &each->watch, each->ends[0],
                                      EDDY_READ, on_watch, word("watch")),
                     0);
    ck_assert_int_eq(eddy_hook_start(loop, &each->hook,
                                     EDDY_BEFORE_WAIT | EDDY_AFTER_WAIT,
                                     on_hook, NULL),
                     0);
    ck_assert_int_eq(eddy_loop_post(loop, mark, word("posted")), 0);
    ck_assert_int_eq(eddy_loop_soon(loop, mark, word("soon")), 0);
}

START_TEST(a_turn_runs_its_phases_in_the_stated_order) /* L1 */
{
    struct one_of_each each;

    prepare_all(&each, _i);
    turns(each.loop, 1);
    ck_assert_str_eq(marks(), "posted soon before after watch ready done:0 "
                              "timer slept:0");
    ck_assert_uint_eq(stats_of(each.loop).turns, 1);
    turns(each.loop, 1);
    ck_assert_str_eq(marks(), "before after");
    ck_assert_int_eq(eddy_hook_stop(&each.hook), 0);
    close_both(each.ends);
}
END_TEST

START_TEST(a_step_tells_how_many_callbacks_ran)
{
    struct one_of_each each;

    prepare_all(&each, _i);
    ck_assert_int_eq(eddy_hook_stop(&each.hook), 0);
    /* the timer of the sleep is one of them */
    ck_assert_int_eq(eddy_loop_step(each.loop, 0), 7);
    ck_assert_uint_eq(stats_of(each.loop).calls, 7);
    ck_assert_int_eq(eddy_loop_step(each.loop, 0), 0);
    close_both(each.ends);
}
END_TEST

static void *loop_to_post_to;

static void post_more(void *text)
{
    mark(text);
    ck_assert_int_eq(eddy_loop_post(loop_to_post_to, mark, word("2")), 0);
    ck_assert_int_eq(eddy_loop_soon(loop_to_post_to, mark, word("3")), 0);
}

START_TEST(what_is_posted_during_a_turn_runs_in_the_next) /* L4 */
{
    struct eddy_loop *loop = loop_to_post_to = virtual_loop(_i);

    ck_assert_int_eq(eddy_loop_post(loop, post_more, word("1")), 0);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "1");
    ck_assert(eddy_loop_alive(loop));
    turns(loop, 1);
    ck_assert_str_eq(marks(), "2 3");
    ck_assert(!eddy_loop_alive(loop));
}
END_TEST

struct chain {
    struct eddy_loop *loop;
    int left, done;
};

static void complete_next(struct eddy_result result, void *arg)
{
    struct chain *chain = arg;

    ck_assert_int_eq(result.n, 0);
    chain->done++;
    if (chain->left-- > 0)
        ck_assert_int_eq(eddy_start(chain->loop, eddy_all(NULL, 0),
                                    complete_next, chain, NULL),
                         0);
}

START_TEST(completions_come_in_the_turn_that_completed_them)
{
    struct chain chain = { .loop = virtual_loop(_i), .left = 9 };

    complete_next(eddy_n(0), &chain);
    turns(chain.loop, 1);
    ck_assert_int_eq(chain.done, 10);
    ck_assert(!eddy_loop_alive(chain.loop));
}
END_TEST

/* ---- Nothing starves ----------------------------------------------------- */

static void count_events(struct eddy_watch *watch, unsigned ready, void *arg)
{
    (void)watch;
    ck_assert_uint_eq(ready, EDDY_READ);
    ++*(int *)arg;
}

static void watch_always_ready(struct eddy_loop *loop, struct eddy_watch *watch,
                               int ends[2], int *count)
{
    make_pipe(ends);
    write_byte(ends[1]);
    ck_assert_int_eq(
        eddy_watch_start(loop, watch, ends[0], EDDY_READ, count_events, count),
        0);
}

START_TEST(completions_that_feed_each_other_do_not_starve_io) /* T71 */
{
    struct chain chain = { .loop = virtual_loop(_i), .left = 1000 };
    struct eddy_watch watch;
    int ends[2], events = 0;

    watch_always_ready(chain.loop, &watch, ends, &events);
    complete_next(eddy_n(0), &chain);
    turns(chain.loop, 10);
    ck_assert_int_eq(events, 10);
    ck_assert_int_ge(chain.done, 100); /* and the other way round */
    ck_assert_int_le(chain.done, 400);
    while (chain.left >= 0)
        turns(chain.loop, 1);
    ck_assert_int_eq(eddy_watch_stop(&watch), 0);
    close_both(ends);
}
END_TEST

static void rearm(struct eddy_timer *timer, void *arg)
{
    ++*(int *)arg;
    ck_assert_int_eq(eddy_timer_start(timer, 0), 0);
}

START_TEST(a_timer_that_rearms_itself_with_zero_starves_nobody) /* T42 */
{
    for (int real = 0; real < 2; real++) {
        struct eddy_loop *loop = real ? real_loop(_i) : virtual_loop(_i);
        struct eddy_watch watch;
        struct eddy_timer timer;
        int ends[2], events = 0, fired = 0;

        watch_always_ready(loop, &watch, ends, &events);
        ck_assert_int_eq(eddy_timer_init(&timer, loop, rearm, &fired), 0);
        ck_assert_int_eq(eddy_timer_start(&timer, 0), 0);
        run_until_count(loop, &fired, 100);
        ck_assert_int_ge(events, 99);
        run_until_count(loop, &events, 200);
        ck_assert_int_ge(fired, 150);
        ck_assert(eddy_timer_stop(&timer));
        ck_assert_int_eq(eddy_watch_stop(&watch), 0);
        close_both(ends);
    }
}
END_TEST

static void post_again(void *arg)
{
    struct chain *chain = arg;

    chain->done++;
    if (chain->left-- > 0)
        ck_assert_int_eq(eddy_loop_post(chain->loop, post_again, chain), 0);
}

START_TEST(a_call_that_posts_itself_starves_nobody) /* L4 */
{
    struct chain chain = { .loop = virtual_loop(_i), .left = 100 };
    struct eddy_watch watch;
    int ends[2], events = 0;

    watch_always_ready(chain.loop, &watch, ends, &events);
    post_again(&chain);
    turns(chain.loop, 50);
    ck_assert_int_eq(chain.done, 51);
    ck_assert_int_eq(events, 50);
    turns(chain.loop, 51);
    ck_assert_int_eq(eddy_watch_stop(&watch), 0);
    close_both(ends);
}
END_TEST

START_TEST(zero_timers_armed_in_a_turn_fire_in_the_next)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_timer timer;
    int fired = 0;

    ck_assert_int_eq(eddy_timer_init(&timer, loop, rearm, &fired), 0);
    ck_assert_int_eq(eddy_timer_start(&timer, -5), 0);
    ck_assert_int_eq(fired, 0);
    for (int turn = 1; turn <= 20; turn++) {
        turns(loop, 1);
        ck_assert_int_eq(fired, turn);
    }
    ck_assert(eddy_timer_stop(&timer));
}
END_TEST

/* ---- Time ---------------------------------------------------------------- */

struct times {
    struct eddy_loop *loop;
    struct eddy_timer timers[3];
    int64_t seen[3];
    int fired;
};

static void look_at_clock(struct eddy_timer *timer, void *arg)
{
    struct times *times = arg;

    (void)timer;
    times->seen[times->fired++] = eddy_loop_now_ns(times->loop);
    virtual_time.now_ns += EDDY_MS; /* the callback takes its time */
    ck_assert_int_eq(eddy_loop_now_ns(times->loop),
                     times->seen[times->fired - 1]);
}

START_TEST(now_is_the_same_for_all_callbacks_of_a_phase)
{
    struct times times = { .loop = virtual_loop(_i) };
    int64_t start = eddy_loop_now_ns(times.loop);

    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(eddy_timer_init(&times.timers[i], times.loop,
                                         look_at_clock, &times),
                         0);
        ck_assert_int_eq(eddy_timer_start_at(&times.timers[i], start + 5), 0);
    }
    run_out(times.loop);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(times.seen[i], start + 5);
    ck_assert_int_eq(eddy_loop_now_ns(times.loop), start + 5);
    ck_assert_int_eq(eddy_loop_update_now(times.loop), start + 5 + 3 * EDDY_MS);
    ck_assert_int_eq(eddy_loop_now_ns(times.loop), virtual_time.now_ns);
}
END_TEST

static void stall_and_update(struct eddy_timer *timer, void *loop)
{
    (void)timer;
    mark(word("long"));
    virtual_time.now_ns += EDDY_SECOND;
    (void)eddy_loop_update_now(loop);
}

START_TEST(only_what_was_due_when_the_wait_ended_fires)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_timer first, second;

    ck_assert_int_eq(eddy_timer_init(&first, loop, stall_and_update, loop), 0);
    ck_assert_int_eq(eddy_timer_init(&second, loop, mark_timer, word("next")),
                     0);
    ck_assert_int_eq(eddy_timer_start(&first, 0), 0);
    ck_assert_int_eq(eddy_timer_start(&second, EDDY_MS), 0);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "long");
    turns(loop, 1);
    ck_assert_str_eq(marks(), "next");
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        a_turn_runs_its_phases_in_the_stated_order,
        a_step_tells_how_many_callbacks_ran,
        what_is_posted_during_a_turn_runs_in_the_next,
        completions_come_in_the_turn_that_completed_them,
        completions_that_feed_each_other_do_not_starve_io,
        a_timer_that_rearms_itself_with_zero_starves_nobody,
        a_call_that_posts_itself_starves_nobody,
        zero_timers_armed_in_a_turn_fire_in_the_next,
        now_is_the_same_for_all_callbacks_of_a_phase,
        only_what_was_due_when_the_wait_ended_fires,
    };
    Suite *suite = suite_create("turn");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
