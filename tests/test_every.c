/* SPDX-License-Identifier: MIT */
/* test_every.c - tickers, and what becomes of the ticks they missed. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <inttypes.h>
#include <stdio.h>

#include "loop_support.h"

/* A ticker of 10 ms that notes each item as "when:count", in ms since the
 * start, and may do something in one of its items. */
struct ticks {
    struct eddy_loop *loop;
    struct eddy_request *slot;
    int64_t start_ns, stall_ns;
    int items, acts_at;
    enum { NOTHING, STALL, PAUSE, PAUSE_AND_RESUME, CANCEL } acts;
};

static void act(struct ticks *ticks)
{
    if (ticks->acts == STALL)
        virtual_time.now_ns += ticks->stall_ns;
    if (ticks->acts == PAUSE || ticks->acts == PAUSE_AND_RESUME)
        ck_assert_int_eq(eddy_request_pause(ticks->slot, true), 0);
    if (ticks->acts == PAUSE_AND_RESUME)
        ck_assert_int_eq(eddy_request_pause(ticks->slot, false), 0);
    if (ticks->acts == CANCEL)
        eddy_request_cancel(ticks->slot);
}

static void on_tick(struct eddy_result result, void *arg)
{
    struct ticks *ticks = arg;
    char text[64];

    (void)snprintf(text, sizeof text, "%" PRId64 ":%" PRId64,
                   (eddy_loop_now_ns(ticks->loop) - ticks->start_ns) / EDDY_MS,
                   result.n);
    mark(result.n > 0 ? text : word(eddy_errname((int)result.n)));
    if (++ticks->items == ticks->acts_at)
        act(ticks);
}

static void begin(struct ticks *ticks, int index, enum eddy_missed missed)
{
    ticks->loop = virtual_loop(index);
    ticks->start_ns = eddy_loop_now_ns(ticks->loop);
    ck_assert_int_eq(eddy_start(ticks->loop, eddy_every(10 * EDDY_MS, missed),
                                on_tick, ticks, &ticks->slot),
                     0);
}

/* Lets the time pass, with as many turns as that takes, then some. */
static void pass(struct ticks *ticks, int64_t ms)
{
    int64_t end = virtual_time.now_ns + ms * EDDY_MS;

    while (virtual_time.now_ns < end)
        ck_assert_int_ge(eddy_loop_step(ticks->loop, end - virtual_time.now_ns),
                         0);
    turns(ticks->loop, 5);
}

static void end(struct ticks *ticks)
{
    eddy_request_cancel(ticks->slot);
    run_out(ticks->loop);
    ck_assert_ptr_null(ticks->slot);
    ck_assert_str_eq(marks(), "ECANCELED");
}

/* ---- On time ------------------------------------------------------------- */

START_TEST(the_first_tick_comes_after_one_interval_and_none_drifts) /* E13 */
{
    for (int missed = EDDY_SKIP; missed <= EDDY_DELAY; missed++) {
        struct ticks ticks = { .acts = NOTHING };

        begin(&ticks, _i, (enum eddy_missed)missed);
        ck_assert(eddy_loop_alive(ticks.loop));
        pass(&ticks, 9);
        ck_assert_str_eq(marks(), "");
        pass(&ticks, 36);
        ck_assert_str_eq(marks(), "10:1 20:1 30:1 40:1");
        end(&ticks);
    }
}
END_TEST

/* ---- Late ---------------------------------------------------------------- */

START_TEST(missed_ticks_are_skipped_or_made_up_for_or_put_off) /* Z22, E14 */
{
    /* the second item, at 20, takes 35 ms */
    static const char *const seen[] = {
        [EDDY_SKIP] = "10:1 20:1 55:3 60:1 70:1 80:1",
        [EDDY_BURST] = "10:1 20:1 55:1 55:1 55:1 60:1 70:1 80:1",
        [EDDY_DELAY] = "10:1 20:1 65:1 75:1 85:1",
    };

    for (int missed = EDDY_SKIP; missed <= EDDY_DELAY; missed++) {
        struct ticks ticks = { .acts = STALL,
                               .acts_at = 2,
                               .stall_ns = 35 * EDDY_MS };

        begin(&ticks, _i, (enum eddy_missed)missed);
        pass(&ticks, 20);
        pass(&ticks, 30);
        ck_assert_str_eq(marks(), seen[missed]);
        end(&ticks);
    }
}
END_TEST

START_TEST(a_loop_that_was_not_run_counts_as_late) /* E13: 0, 1, 3.5, 4 */
{
    struct ticks ticks = { .acts = NOTHING };

    begin(&ticks, _i, EDDY_SKIP);
    pass(&ticks, 5);
    pass(&ticks, 5);
    virtual_time.now_ns += 25 * EDDY_MS;
    turns(ticks.loop, 3);
    pass(&ticks, 5);
    ck_assert_str_eq(marks(), "10:1 35:2 40:1");
    end(&ticks);
}
END_TEST

/* ---- Paused -------------------------------------------------------------- */

START_TEST(a_paused_ticker_misses_its_ticks)
{
    static const char *const seen[] = {
        [EDDY_SKIP] = "10:1 45:3 50:1",
        [EDDY_BURST] = "10:1 45:1 45:1 45:1 50:1",
        [EDDY_DELAY] = "10:1 45:1 55:1",
    };

    for (int missed = EDDY_SKIP; missed <= EDDY_DELAY; missed++) {
        struct ticks ticks = { .acts = NOTHING };

        begin(&ticks, _i, (enum eddy_missed)missed);
        pass(&ticks, 15);
        ck_assert_int_eq(eddy_request_pause(ticks.slot, true), 0);
        pass(&ticks, 30);
        ck_assert_str_eq(marks(), "10:1");
        ck_assert_int_eq(eddy_request_pause(ticks.slot, false), 0);
        pass(&ticks, 10);
        ck_assert_str_eq(marks(), seen[missed] + 5);
        end(&ticks);
    }
}
END_TEST

START_TEST(an_item_may_pause_resume_or_cancel_its_ticker)
{
    struct ticks paused = { .acts = PAUSE, .acts_at = 2 };
    struct ticks resumed = { .acts = PAUSE_AND_RESUME, .acts_at = 2 };
    struct ticks cancelled = { .acts = CANCEL, .acts_at = 2 };

    begin(&paused, _i, EDDY_SKIP);
    pass(&paused, 45);
    ck_assert_str_eq(marks(), "10:1 20:1");
    ck_assert_int_eq(eddy_request_pause(paused.slot, false), 0);
    pass(&paused, 10);
    ck_assert_str_eq(marks(), "45:2 50:1");
    end(&paused);
    begin(&resumed, _i, EDDY_SKIP);
    pass(&resumed, 35);
    ck_assert_str_eq(marks(), "10:1 20:1 30:1");
    end(&resumed);
    begin(&cancelled, _i, EDDY_SKIP);
    pass(&cancelled, 55);
    ck_assert_str_eq(marks(), "10:1 20:1 ECANCELED");
    ck_assert_ptr_null(cancelled.slot);
    run_out(cancelled.loop);
}
END_TEST

START_TEST(cancelling_a_paused_ticker_ends_it)
{
    struct ticks ticks = { .acts = NOTHING };

    begin(&ticks, _i, EDDY_BURST);
    ck_assert_int_eq(eddy_request_pause(ticks.slot, true), 0);
    pass(&ticks, 25);
    end(&ticks);
}
END_TEST

/* ---- Limits of the numbers ----------------------------------------------- */

START_TEST(bad_intervals_are_refused_and_huge_ones_wait)
{
    struct eddy_loop *loop = virtual_loop(_i);
    static const int64_t bad[] = { 0, -1, INT64_MIN };
    static const int64_t huge[] = { INT64_MAX, INT64_MAX - EDDY_SECOND };

    for (size_t i = 0; i < COUNT(bad); i++) {
        struct outcome told = { 0 };

        ck_assert_int_eq(
            eddy_start(loop, eddy_every(bad[i], EDDY_SKIP), take, &told, NULL),
            0);
        run_out(loop);
        expect_n(&told, -EINVAL);
    }
    for (size_t i = 0; i < COUNT(huge); i++) {
        struct eddy_request *slot;
        struct outcome told = { 0 };

        ck_assert_int_eq(eddy_start(loop, eddy_every(huge[i], EDDY_BURST), take,
                                    &told, &slot),
                         0);
        ck_assert_int_ge(eddy_loop_step(loop, EDDY_SECOND), 0);
        ck_assert_int_eq(told.times, 0);
        eddy_request_cancel(slot);
        run_out(loop);
        expect_n(&told, -ECANCELED);
    }
}
END_TEST

static void start_late(void *arg)
{
    struct ticks *ticks = arg;
    int64_t now_ns = eddy_loop_now_ns(ticks->loop);

    virtual_time.now_ns += 7 * EDDY_MS;
    ck_assert_int_eq(eddy_start(ticks->loop, eddy_every(EDDY_MS, EDDY_SKIP),
                                NULL, NULL, &ticks->slot),
                     0);
    ck_assert_int_eq(eddy_loop_now_ns(ticks->loop), now_ns);
    eddy_request_cancel(ticks->slot);
}

START_TEST(a_ticker_does_not_move_the_time_of_others)
{
    struct ticks ticks = { .loop = virtual_loop(_i) };

    ck_assert_int_eq(eddy_loop_soon(ticks.loop, start_late, &ticks), 0);
    run_out(ticks.loop);
}
END_TEST

START_TEST(an_unknown_policy_is_refused)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_op op = eddy_every(1, EDDY_DELAY);
    struct outcome told = { 0 };

    op.word[1] = EDDY_DELAY + 1;
    ck_assert_int_eq(eddy_start(loop, op, take, &told, NULL), 0);
    run_out(loop);
    expect_n(&told, -EINVAL);
}
END_TEST

START_TEST(the_shortest_interval_starves_nobody)
{
    struct eddy_loop *loop = real_loop(_i);
    struct eddy_request *slots[3];
    struct outcome ticks = { 0 };

    for (int missed = EDDY_SKIP; missed <= EDDY_DELAY; missed++)
        ck_assert_int_eq(eddy_start(loop,
                                    eddy_every(1, (enum eddy_missed)missed),
                                    take, &ticks, &slots[missed]),
                         0);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(eddy_loop_run_until(loop, eddy_next_turn()).n, 0);
    ck_assert_int_ge(ticks.times, 20);
    ck_assert_int_le(ticks.times, 3 * 100);
    for (int i = 0; i < 3; i++)
        eddy_request_cancel(slots[i]);
    run_out(loop);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        the_first_tick_comes_after_one_interval_and_none_drifts,
        missed_ticks_are_skipped_or_made_up_for_or_put_off,
        a_loop_that_was_not_run_counts_as_late,
        a_paused_ticker_misses_its_ticks,
        an_item_may_pause_resume_or_cancel_its_ticker,
        cancelling_a_paused_ticker_ends_it,
        bad_intervals_are_refused_and_huge_ones_wait,
        a_ticker_does_not_move_the_time_of_others,
        an_unknown_policy_is_refused,
        the_shortest_interval_starves_nobody,
    };
    Suite *suite = suite_create("every");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
