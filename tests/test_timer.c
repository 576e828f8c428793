/* SPDX-License-Identifier: MIT */
/* test_timer.c - the promises of eddy/timer.h. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "loop_support.h"

static void init(struct eddy_loop *loop, struct eddy_timer *timer,
                 eddy_timer_fn *fn, void *arg)
{
    ck_assert_int_eq(eddy_timer_init(timer, loop, fn, arg), 0);
}

static void arm(struct eddy_timer *timer, int64_t timeout_ns)
{
    ck_assert_int_eq(eddy_timer_start(timer, timeout_ns), 0);
}

/* ---- When ---------------------------------------------------------------- */

struct measured {
    struct eddy_timer timer;
    int64_t due_ns, early_ns;
    int *fired;
};

static void measure(struct eddy_timer *timer, void *arg)
{
    struct measured *measured = arg;

    ck_assert_ptr_eq(timer, &measured->timer);
    if (now_ns() < measured->due_ns)
        measured->early_ns = measured->due_ns - now_ns();
    ++*measured->fired;
}

START_TEST(timers_are_never_early) /* T39 */
{
    enum { TIMERS = 1000, LONGEST_US = 60000 };
    static struct measured all[TIMERS];
    struct eddy_loop *loop = real_loop(_i);
    int fired = 0;

    memset(all, 0, sizeof all);
    for (int i = 0; i < TIMERS; i++) {
        int64_t span = random_below(LONGEST_US) * EDDY_US + random_below(1000);

        all[i].fired = &fired;
        init(loop, &all[i].timer, measure, &all[i]);
        all[i].due_ns = now_ns() + span;
        arm(&all[i].timer, span);
    }
    run_out(loop);
    ck_assert_int_eq(fired, TIMERS);
    for (int i = 0; i < TIMERS; i++)
        ck_assert_int_eq(all[i].early_ns, 0);
}
END_TEST

struct late {
    struct eddy_loop *loop;
    struct eddy_timer timer;
    int64_t due_ns;
};

static void arm_after_long_work(void *arg)
{
    struct late *late = arg;
    int64_t start = now_ns();

    while (now_ns() < start + 3 * EDDY_MS)
        continue;
    arm(&late->timer, 3 * EDDY_MS);
    late->due_ns = start + 6 * EDDY_MS;
}

static void check_late(struct eddy_timer *timer, void *arg)
{
    (void)timer;
    ck_assert_int_ge(now_ns(), ((struct late *)arg)->due_ns);
}

START_TEST(a_timer_counts_from_the_moment_it_is_armed) /* T41 */
{
    struct late late = { .loop = real_loop(_i) };

    init(late.loop, &late.timer, check_late, &late);
    ck_assert_int_eq(eddy_loop_soon(late.loop, arm_after_long_work, &late), 0);
    run_out(late.loop);
    ck_assert_int_ge(now_ns(), late.due_ns);
}
END_TEST

START_TEST(a_deadline_is_on_the_clock_of_the_loop) /* L9 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_timer past, future;
    int64_t start = eddy_loop_now_ns(loop);

    init(loop, &past, mark_timer, word("past"));
    init(loop, &future, mark_timer, word("future"));
    ck_assert_int_eq(eddy_timer_start_at(&future, start + EDDY_SECOND), 0);
    ck_assert_int_eq(eddy_timer_start_at(&past, start - EDDY_SECOND), 0);
    ck_assert_int_eq(eddy_timer_deadline_ns(&past), start);
    ck_assert_int_eq(eddy_timer_deadline_ns(&future), start + EDDY_SECOND);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "past");
    ck_assert_int_eq(eddy_timer_deadline_ns(&past), EDDY_FOREVER);
    run_out(loop);
    ck_assert_int_eq(eddy_loop_now_ns(loop), start + EDDY_SECOND);
    ck_assert_int_eq(eddy_timer_deadline_ns(NULL), EDDY_FOREVER);
}
END_TEST

START_TEST(a_huge_timeout_neither_overflows_nor_fires) /* T43 */
{
    static const int64_t huge[] = { INT64_MAX, INT64_MAX - 1,
                                    INT64_MAX - EDDY_SECOND + 1,
                                    INT64_MAX / 2 };
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_timer timers[COUNT(huge)], near;

    init(loop, &near, mark_timer, word("near"));
    for (size_t i = 0; i < COUNT(huge); i++) {
        init(loop, &timers[i], mark_timer, word("huge"));
        arm(&timers[i], huge[i]);
        ck_assert_int_gt(eddy_timer_deadline_ns(&timers[i]), EDDY_SECOND);
    }
    arm(&near, EDDY_SECOND);
    ck_assert_int_ge(eddy_loop_step(loop, EDDY_FOREVER), 0);
    ck_assert_str_eq(marks(), "near");
    for (size_t i = 0; i < COUNT(huge); i++)
        ck_assert(eddy_timer_stop(&timers[i]));
}
END_TEST

START_TEST(forever_is_never_as_a_timeout_and_as_a_deadline)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_timer timeout, deadline;
    struct outcome told = { 0 };
    struct eddy_op op = eddy_within(EDDY_FOREVER, eddy_sleep(EDDY_FOREVER));
    struct eddy_request *slot;

    init(loop, &timeout, mark_timer, word("timeout"));
    init(loop, &deadline, mark_timer, word("deadline"));
    arm(&timeout, EDDY_FOREVER);
    ck_assert_int_eq(eddy_timer_start_at(&deadline, EDDY_FOREVER), 0);
    ck_assert_int_eq(eddy_timer_deadline_ns(&deadline), EDDY_FOREVER);
    ck_assert_int_eq(eddy_start(loop, op, take, &told, &slot), 0);
    ck_assert_int_ge(eddy_loop_step(loop, 1000000 * EDDY_SECOND), 0);
    turns(loop, 2);
    ck_assert_str_eq(marks(), "");
    ck_assert_int_eq(told.times, 0);
    ck_assert(eddy_timer_stop(&timeout) && eddy_timer_stop(&deadline));
    eddy_request_cancel(slot);
    run_out(loop);
    expect_n(&told, -ECANCELED);
}
END_TEST

/* ---- In what order ------------------------------------------------------- */

START_TEST(equal_deadlines_fire_in_the_order_of_arming) /* L8, Z2 */
{
    static const char *const names[] = { "a", "b", "c", "d", "e", "f",
                                         "g", "h", "i", "j", "k", "l" };
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_timer timers[COUNT(names)], early;

    init(loop, &early, mark_timer, word("-"));
    arm(&early, 1);
    for (size_t i = 0; i < COUNT(names); i++) {
        init(loop, &timers[i], mark_timer, word(names[i]));
        arm(&timers[i], 5);
    }
    arm(&timers[3], 5);  /* anew: now it is the last one */
    arm(&timers[7], 50); /* away and back again, the same */
    arm(&timers[7], 5);
    arm(&timers[0], 2); /* earlier and back */
    arm(&timers[0], 5);
    run_out(loop);
    ck_assert_str_eq(marks(), "- b c e f g i j k l d h a");
}
END_TEST

static void count_timer(struct eddy_timer *timer, void *arg)
{
    (void)timer;
    ++*(int *)arg;
}

START_TEST(due_timers_have_a_budget_and_what_is_posted_comes_between)
{
    enum { BUDGET = 256, MANY = 2 * BUDGET + 100 };
    static struct eddy_timer timers[MANY];
    struct eddy_loop *loop = virtual_loop(_i);
    int fired = 0;

    for (int i = 0; i < MANY; i++) {
        init(loop, &timers[i], i == BUDGET ? mark_timer : count_timer,
             i == BUDGET ? word("next") : &fired);
        arm(&timers[i], 5);
    }
    virtual_time.now_ns += 5;
    turns(loop, 1);
    ck_assert_int_eq(fired, BUDGET);
    ck_assert_int_eq(eddy_loop_soon(loop, mark, word("posted")), 0);
    turns(loop, 1);
    ck_assert_str_eq(marks(), "posted next");
    ck_assert_int_eq(fired, 2 * BUDGET - 1);
    turns(loop, 1);
    ck_assert_int_eq(fired, MANY - 1);
}
END_TEST

START_TEST(a_timer_may_be_armed_anew_later_and_earlier) /* L12 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_timer moved, fixed;
    int64_t start = eddy_loop_now_ns(loop);

    init(loop, &moved, mark_timer, word("moved"));
    init(loop, &fixed, mark_timer, word("fixed"));
    arm(&fixed, 10);
    arm(&moved, 5);
    arm(&moved, 20);
    run_out(loop);
    ck_assert_str_eq(marks(), "fixed moved");
    ck_assert_int_eq(eddy_loop_now_ns(loop), start + 20);
    arm(&fixed, 10);
    arm(&moved, 20);
    arm(&moved, 5);
    ck_assert_uint_eq(stats_of(loop).timers, 2);
    run_out(loop);
    ck_assert_str_eq(marks(), "moved fixed");
    ck_assert_int_eq(eddy_loop_now_ns(loop), start + 30);
}
END_TEST

/* ---- Stopping ------------------------------------------------------------ */

static void stop_other(struct eddy_timer *timer, void *arg)
{
    (void)timer;
    mark(word("stops"));
    ck_assert(eddy_timer_stop(arg));
    memset(arg, 0x5a, sizeof(struct eddy_timer)); /* its storage is free */
}

START_TEST(a_timer_stopped_in_the_same_batch_does_not_fire) /* T46, L5 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_timer first, second, third;

    init(loop, &first, stop_other, &second);
    init(loop, &second, mark_timer, word("never"));
    init(loop, &third, mark_timer, word("third"));
    arm(&first, 5);
    arm(&second, 5);
    arm(&third, 5);
    run_out(loop);
    ck_assert_str_eq(marks(), "stops third");
}
END_TEST

START_TEST(stopping_tells_whether_it_was_armed)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_timer timer, zeroed = { { 0 } };

    init(loop, &timer, mark_timer, word("fired"));
    ck_assert(!eddy_timer_stop(&timer));
    arm(&timer, 5);
    ck_assert(eddy_timer_stop(&timer));
    ck_assert(!eddy_timer_stop(&timer));
    ck_assert(!eddy_loop_alive(loop));
    ck_assert(!eddy_timer_stop(&zeroed));
    ck_assert(!eddy_timer_stop(NULL));
    arm(&timer, 5);
    run_out(loop);
    ck_assert(!eddy_timer_stop(&timer));
    ck_assert_str_eq(marks(), "fired");
    arm(&timer, 5);
    free_loop(loop); /* takes it along */
    ck_assert(!eddy_timer_stop(&timer));
}
END_TEST

START_TEST(a_background_timer_does_not_keep_the_loop_alive)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_timer timer, other;

    init(loop, &timer, mark_timer, word("background"));
    init(loop, &other, mark_timer, word("other"));
    ck_assert_int_eq(eddy_timer_background(&timer, true), 0);
    arm(&timer, 5);
    ck_assert(!eddy_loop_alive(loop));
    arm(&other, 10);
    run_out(loop);
    ck_assert_str_eq(marks(), "background other");
    arm(&timer, 5);
    for (int twice = 0; twice < 2; twice++)
        ck_assert_int_eq(eddy_timer_background(&timer, false), 0);
    ck_assert(eddy_loop_alive(loop));
    ck_assert_int_eq(eddy_timer_background(&timer, true), 0);
    ck_assert(!eddy_loop_alive(loop));
    ck_assert(eddy_timer_stop(&timer));
}
END_TEST

/* ---- What it costs ------------------------------------------------------- */

START_TEST(waits_are_not_cut_into_pieces) /* T27, L11 */
{
    static const int64_t spans[] = { 10 * EDDY_MS, EDDY_MS, 100 * EDDY_US,
                                     EDDY_US,      10,      1 };
    struct eddy_loop *loop = real_loop(_i);
    struct eddy_timer timer;

    init(loop, &timer, mark_timer, word("x"));
    for (size_t i = 0; i < COUNT(spans); i++) {
        uint64_t before = stats_of(loop).turns;

        arm(&timer, spans[i]);
        run_out(loop);
        ck_assert_uint_le(stats_of(loop).turns - before, 3);
    }
}
END_TEST

START_TEST(a_short_timer_fires_soon) /* a loop that oversleeps is no use */
{
    struct eddy_loop *loop = real_loop(_i);
    int64_t shortest = INT64_MAX;

    for (int i = 0; i < 20; i++) {
        int64_t start = now_ns();

        ck_assert_int_eq(eddy_loop_run_until(loop, eddy_sleep(EDDY_MS)).n, 0);
        if (now_ns() - start < shortest)
            shortest = now_ns() - start;
    }
    ck_assert_int_ge(shortest, EDDY_MS);
    ck_assert_int_lt(shortest, 10 * EDDY_MS);
}
END_TEST

START_TEST(timers_need_no_memory) /* C-5 */
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_timer timer, far;

    turns(loop, 1);
    init(loop, &timer, mark_timer, word("x"));
    init(loop, &far, mark_timer, word("far"));
    fail_allocation(1);
    arm(&timer, 5);
    arm(&far, 1000 * EDDY_SECOND);
    arm(&timer, 1);
    arm(&timer, 50);
    ck_assert(eddy_timer_stop(&timer));
    arm(&timer, 5);
    run_out(loop);
    ck_assert(!allocation_failed());
    fail_allocation(0);
    ck_assert_str_eq(marks(), "x far");
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        timers_are_never_early,
        a_timer_counts_from_the_moment_it_is_armed,
        a_deadline_is_on_the_clock_of_the_loop,
        a_huge_timeout_neither_overflows_nor_fires,
        forever_is_never_as_a_timeout_and_as_a_deadline,
        equal_deadlines_fire_in_the_order_of_arming,
        due_timers_have_a_budget_and_what_is_posted_comes_between,
        a_timer_may_be_armed_anew_later_and_earlier,
        a_timer_stopped_in_the_same_batch_does_not_fire,
        stopping_tells_whether_it_was_armed,
        a_background_timer_does_not_keep_the_loop_alive,
        waits_are_not_cut_into_pieces,
        a_short_timer_fires_soon,
        timers_need_no_memory,
    };
    Suite *suite = suite_create("timer");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
