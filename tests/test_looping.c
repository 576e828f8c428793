/* SPDX-License-Identifier: MIT */
/* test_looping.c - calls again and again, on a grid of time. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <inttypes.h>
#include <stdio.h>

#include <eddy/timing.h>

#include "deferred_support.h"

/* A virtual loop, and `domain` is that of its deferreds. */
static struct eddy_loop *open_loop(int index)
{
    struct eddy_loop *loop = virtual_loop(index);

    domain = eddy_loop_domain(loop);
    return loop;
}

static void pass(struct eddy_loop *loop, int64_t time_ns)
{
    virtual_time.now_ns += time_ns;
    turns(loop, 3);
}

static size_t timers(const struct eddy_loop *loop)
{
    return stats_of(loop).timers;
}

#define INTERVAL EDDY_SECOND

/* Notes each call as "when:count", in ms since the start, and may do something
 * in one of them. */
struct calls {
    struct eddy_loop *loop;
    struct eddy_looping *looping;
    struct eddy_deferred *deferred; /* of start() */
    struct eddy_value returns;      /* in the call that acts */
    int64_t start_ns;
    int calls, acts_at;
    enum { RETURN, STALL, STOP, RESET, FREE, START, CANCEL } acts;
};

static void free_looping(struct calls *calls)
{
    eddy_looping_free(calls->looping);
    calls->looping = NULL;
}

static void act(struct calls *calls)
{
    if (calls->acts == STALL)
        virtual_time.now_ns += INTERVAL * 5 / 2;
    if (calls->acts == STOP)
        ck_assert_int_eq(eddy_looping_stop(calls->looping), 0);
    if (calls->acts == RESET)
        ck_assert_int_eq(eddy_looping_reset(calls->looping), 0);
    if (calls->acts == FREE)
        free_looping(calls);
    if (calls->acts == START)
        finish_with(eddy_looping_start(calls->looping, 0, true), -EALREADY);
    if (calls->acts == CANCEL)
        eddy_cancel(calls->deferred);
}

static struct eddy_value on_call(uint64_t count, void *arg)
{
    struct calls *calls = arg;
    char text[64];

    (void)snprintf(text, sizeof text, "%" PRId64 ":%" PRIu64,
                   (virtual_time.now_ns - calls->start_ns) / EDDY_MS, count);
    mark(text);
    if (++calls->calls != calls->acts_at)
        return eddy_none();
    act(calls);
    return eddy_take(&calls->returns);
}

static void open_calls(struct calls *calls, int index)
{
    calls->loop = open_loop(index);
    calls->start_ns = virtual_time.now_ns;
    ck_assert_int_eq(
        eddy_looping_new(&calls->looping, calls->loop, on_call, calls), 0);
}

static void begin(struct calls *calls, int index, bool now)
{
    open_calls(calls, index);
    calls->deferred = eddy_looping_start(calls->looping, INTERVAL, now);
}

/* It is over, with this; and nothing is left of it. */
static void end(struct calls *calls, int64_t n)
{
    ck_assert(!eddy_looping_running(calls->looping));
    finish_with(calls->deferred, n);
    eddy_looping_free(calls->looping);
    turns(calls->loop, 1);
    ck_assert_uint_eq(timers(calls->loop), 0);
    ck_assert(!eddy_loop_alive(calls->loop));
}

static void stop(struct calls *calls)
{
    ck_assert_int_eq(eddy_looping_stop(calls->looping), 0);
    end(calls, 0);
}

START_TEST(calls_come_on_the_grid_and_missed_ones_are_skipped) /* E13, E14 */
{
    struct calls calls = { .acts = RETURN };

    begin(&calls, _i, true);
    ck_assert_str_eq(marks(), "0:1");
    pass(calls.loop, INTERVAL / 2);
    ck_assert_str_eq(marks(), "");
    pass(calls.loop, INTERVAL / 2);
    pass(calls.loop, INTERVAL * 5 / 2);
    pass(calls.loop, INTERVAL / 2);
    ck_assert_str_eq(marks(), "1000:1 3500:2 4000:1");
    pass(calls.loop, 3 * INTERVAL);
    pass(calls.loop, INTERVAL);
    ck_assert_str_eq(marks(), "7000:3 8000:1");
    stop(&calls);
}
END_TEST

START_TEST(without_now_the_first_call_is_one_interval_later) /* E13 */
{
    struct calls calls = { .acts = RETURN };

    begin(&calls, _i, false);
    pass(calls.loop, INTERVAL - 1);
    ck_assert_str_eq(marks(), "");
    pass(calls.loop, 1);
    pass(calls.loop, INTERVAL);
    ck_assert_str_eq(marks(), "1000:1 2000:1");
    stop(&calls);
}
END_TEST

START_TEST(a_call_that_takes_long_misses_the_next_ones) /* E13 */
{
    struct calls calls = { .acts = STALL, .acts_at = 2 };

    begin(&calls, _i, true);
    pass(calls.loop, INTERVAL);     /* until 3500 */
    pass(calls.loop, INTERVAL / 2); /* 4000 */
    pass(calls.loop, INTERVAL);
    ck_assert_str_eq(marks(), "0:1 1000:1 4000:3 5000:1");
    stop(&calls);
}
END_TEST

START_TEST(a_call_at_once_counts_one_even_if_the_loop_is_late)
{
    struct calls calls = { .acts = RETURN };

    open_calls(&calls, _i);
    virtual_time.now_ns += INTERVAL * 5 / 2; /* the loop has not seen it yet */
    calls.deferred = eddy_looping_start(calls.looping, INTERVAL, true);
    ck_assert_str_eq(marks(), "2500:1");
    pass(calls.loop, INTERVAL);
    ck_assert_str_eq(marks(), "3500:1");
    stop(&calls);
}
END_TEST

START_TEST(an_interval_of_zero_is_once_a_turn) /* E14 */
{
    struct calls calls = { .acts = RETURN };

    open_calls(&calls, _i);
    calls.deferred = eddy_looping_start(calls.looping, 0, true);
    ck_assert_str_eq(marks(), "0:1");
    turns(calls.loop, 1);
    ck_assert_str_eq(marks(), "0:1");
    turns(calls.loop, 2);
    ck_assert_str_eq(marks(), "0:1 0:1");
    stop(&calls);
}
END_TEST

START_TEST(the_next_call_waits_for_the_deferred_of_the_last) /* E15 */
{
    struct calls calls = { .acts_at = 1 };
    struct eddy_deferred *inner;

    open_calls(&calls, _i);
    inner = pending();
    calls.returns = eddy_wait_for(eddy_ref(inner));
    calls.deferred = eddy_looping_start(calls.looping, INTERVAL, true);
    pass(calls.loop, INTERVAL * 5 / 2);
    ck_assert_str_eq(marks(), "0:1");
    ck_assert_int_eq(eddy_fire(inner, eddy_int(-5)), 0);
    turns(calls.loop, 1);
    pass(calls.loop, INTERVAL / 2);
    ck_assert_str_eq(marks(), "3000:3");
    finish_with(inner, 0); /* its value was taken */
    stop(&calls);
}
END_TEST

START_TEST(stopping_fires_at_once_or_after_the_deferred_of_fn) /* E15 */
{
    struct calls calls = { .acts_at = 1 };
    struct eddy_deferred *inner;

    open_calls(&calls, _i);
    inner = pending();
    calls.returns = eddy_wait_for(eddy_ref(inner));
    calls.deferred = eddy_looping_start(calls.looping, INTERVAL, true);
    ck_assert_int_eq(eddy_looping_stop(calls.looping), 0);
    ck_assert_int_eq(eddy_looping_stop(calls.looping), -EINVAL);
    ck_assert(!eddy_looping_running(calls.looping));
    finish_with(eddy_looping_start(calls.looping, INTERVAL, true), -EALREADY);
    ck_assert_int_eq(eddy_state(calls.deferred), EDDY_PENDING);
    ck_assert_int_eq(eddy_fire(inner, eddy_none()), 0);
    eddy_unref(inner);
    turns(calls.loop, 1);
    finish_with(calls.deferred, 0);
    calls.deferred = eddy_looping_start(calls.looping, INTERVAL, true);
    ck_assert_str_eq(marks(), "0:1 0:1");
    stop(&calls);
}
END_TEST

START_TEST(an_error_ends_the_calls_and_is_the_result) /* E15 */
{
    struct calls inline_error = { .acts_at = 1, .returns = eddy_fail(-EIO) };
    struct calls later_error = { .acts_at = 2, .returns = eddy_fail(-EIO) };
    struct calls of_deferred = { .acts_at = 1 };

    begin(&inline_error, _i, true);
    end(&inline_error, -EIO);
    begin(&later_error, _i, true);
    pass(later_error.loop, INTERVAL);
    end(&later_error, -EIO);
    open_calls(&of_deferred, _i);
    of_deferred.returns = eddy_wait_for(failed(-EIO));
    of_deferred.deferred =
        eddy_looping_start(of_deferred.looping, INTERVAL, true);
    turns(of_deferred.loop, 1);
    end(&of_deferred, -EIO);
}
END_TEST

START_TEST(in_the_wrong_state_nothing_happens) /* E15 */
{
    struct calls calls = { .acts = RETURN };

    open_calls(&calls, _i);
    ck_assert(!eddy_looping_running(calls.looping));
    ck_assert_int_eq(eddy_looping_stop(calls.looping), -EINVAL);
    ck_assert_int_eq(eddy_looping_reset(calls.looping), -EINVAL);
    finish_with(eddy_looping_start(calls.looping, -1, true), -EINVAL);
    calls.deferred = eddy_looping_start(calls.looping, INTERVAL, false);
    ck_assert(eddy_looping_running(calls.looping));
    finish_with(eddy_looping_start(calls.looping, INTERVAL, true), -EALREADY);
    ck_assert_str_eq(marks(), "");
    stop(&calls);
}
END_TEST

START_TEST(reset_begins_the_interval_anew) /* E15 */
{
    struct calls calls = { .acts = RETURN };

    begin(&calls, _i, true);
    pass(calls.loop, INTERVAL / 2);
    ck_assert_int_eq(eddy_looping_reset(calls.looping), 0);
    ck_assert_int_eq(eddy_looping_reset(calls.looping), 0);
    pass(calls.loop, INTERVAL - 1);
    ck_assert_str_eq(marks(), "0:1");
    pass(calls.loop, 1);
    ck_assert_str_eq(marks(), "1500:1");
    ck_assert_int_eq(eddy_looping_reset(calls.looping), 0);
    pass(calls.loop, INTERVAL); /* though nobody ran the loop before that */
    ck_assert_str_eq(marks(), "2500:1");
    stop(&calls);
}
END_TEST

START_TEST(it_may_be_started_anew_while_its_last_sleep_ends) /* E15 */
{
    struct calls calls = { .acts = RETURN };

    begin(&calls, _i, false);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(eddy_looping_stop(calls.looping), 0);
        finish_with(calls.deferred, 0);
        calls.deferred = eddy_looping_start(calls.looping, 2 * INTERVAL, false);
    }
    pass(calls.loop, INTERVAL);
    ck_assert_str_eq(marks(), "");
    pass(calls.loop, INTERVAL);
    ck_assert_str_eq(marks(), "2000:1");
    stop(&calls);
}
END_TEST

/* ---- From inside --------------------------------------------------------- */

START_TEST(a_call_may_stop_reset_start_or_cancel_its_looping)
{
    struct calls stops = { .acts = STOP, .acts_at = 2 };
    struct calls resets = { .acts = RESET, .acts_at = 2 };
    struct calls starts = { .acts = START, .acts_at = 2 };
    struct calls cancels = { .acts = CANCEL, .acts_at = 2 };

    begin(&stops, _i, true);
    pass(stops.loop, INTERVAL);
    end(&stops, 0);
    begin(&resets, _i, true);
    pass(resets.loop, INTERVAL * 3 / 2);
    pass(resets.loop, INTERVAL);
    ck_assert_str_eq(marks(), "0:1 1000:1 0:1 1500:1 2500:1");
    stop(&resets);
    begin(&starts, _i, true);
    pass(starts.loop, INTERVAL);
    ck_assert(eddy_looping_running(starts.looping));
    stop(&starts);
    begin(&cancels, _i, true);
    pass(cancels.loop, INTERVAL);
    end(&cancels, -ECANCELED);
}
END_TEST

START_TEST(a_call_may_free_its_looping)
{
    for (int at = 1; at <= 2; at++) {
        struct calls calls = { .acts = FREE, .acts_at = at };

        begin(&calls, _i, true);
        pass(calls.loop, INTERVAL);
        end(&calls, 0);
    }
}
END_TEST

static void stop_it(void *arg)
{
    struct calls *calls = arg;

    ck_assert_int_eq(eddy_looping_stop(calls->looping), 0);
}

START_TEST(what_a_call_returns_is_freed_and_may_stop_it)
{
    struct calls calls = { .acts_at = 1 };

    calls.returns = eddy_own(&calls, stop_it);
    begin(&calls, _i, true);
    end(&calls, 0);
}
END_TEST

static struct eddy_value start_again(struct eddy_value *result, void *arg)
{
    struct calls *calls = arg;

    (void)result;
    return eddy_wait_for(eddy_looping_start(calls->looping, INTERVAL, true));
}

START_TEST(who_sees_the_end_may_start_it_again)
{
    struct calls calls = { .acts = STOP, .acts_at = 2 };

    begin(&calls, _i, true);
    eddy_then(calls.deferred, start_again, &calls);
    pass(calls.loop, INTERVAL);
    ck_assert(eddy_looping_running(calls.looping));
    pass(calls.loop, INTERVAL);
    ck_assert_str_eq(marks(), "0:1 1000:1 1000:1 2000:1");
    stop(&calls);
}
END_TEST

/* ---- Its end ------------------------------------------------------------- */

START_TEST(cancelling_the_deferred_stops_the_calls)
{
    struct calls calls = { .acts_at = 2 };
    struct eddy_deferred *inner;

    begin(&calls, _i, true);
    eddy_cancel(calls.deferred);
    finish_with(calls.deferred, -ECANCELED);
    inner = pending(); /* the next start knows nothing of it */
    calls.returns = eddy_wait_for(eddy_ref(inner));
    calls.deferred = eddy_looping_start(calls.looping, INTERVAL, true);
    pass(calls.loop, INTERVAL);
    ck_assert_str_eq(marks(), "0:1 0:1");
    ck_assert_int_eq(eddy_fire(inner, eddy_int(1)), 0);
    turns(calls.loop, 1);
    finish_with(inner, 0);
    stop(&calls);
}
END_TEST

START_TEST(cancelling_reaches_the_deferred_of_fn)
{
    /* the call cancels before it returns the deferred, or somebody later */
    for (int inside = 0; inside < 2; inside++) {
        struct calls calls = { .acts = inside ? CANCEL : RETURN, .acts_at = 2 };

        begin(&calls, _i, true);
        calls.returns =
            eddy_wait_for(eddy_rescue(pending(), swallow, word("c")));
        pass(calls.loop, INTERVAL);
        if (!inside)
            eddy_cancel(calls.deferred);
        turns(calls.loop, 1);
        ck_assert_str_eq(marks(), "0:1 1000:1 c:ECANCELED");
        end(&calls, -ECANCELED);
    }
}
END_TEST

START_TEST(freeing_stops_it_after_the_deferred_of_fn)
{
    struct calls calls = { .acts_at = 1 };
    struct eddy_deferred *inner;

    eddy_looping_free(NULL);
    begin(&calls, _i, false);
    inner = pending();
    calls.returns = eddy_wait_for(eddy_ref(inner));
    pass(calls.loop, INTERVAL);
    free_looping(&calls);
    ck_assert_int_eq(eddy_state(calls.deferred), EDDY_PENDING);
    ck_assert_int_eq(eddy_fire(inner, eddy_none()), 0);
    turns(calls.loop, 1);
    finish_with(inner, 0);
    end(&calls, 0);
}
END_TEST

START_TEST(the_loop_may_end_first)
{
    for (int waits = 0; waits < 2; waits++) {
        struct calls calls = { .acts_at = 1 };

        open_calls(&calls, _i);
        if (waits)
            calls.returns = eddy_wait_for(pending());
        calls.deferred = eddy_looping_start(calls.looping, INTERVAL, true);
        free_loop(calls.loop);
        ck_assert(!eddy_looping_running(calls.looping));
        finish_with(calls.deferred, -ECANCELED);
        finish_with(eddy_looping_start(calls.looping, INTERVAL, true),
                    -ESHUTDOWN);
        eddy_looping_free(calls.looping);
    }
}
END_TEST

START_TEST(misuse_of_a_looping_is_an_error)
{
    struct eddy_loop *loop = open_loop(_i);
    struct eddy_looping *looping;

    ck_assert_int_eq(eddy_looping_new(NULL, loop, on_call, NULL), -EINVAL);
    ck_assert_int_eq(eddy_looping_new(&looping, NULL, on_call, NULL), -EINVAL);
    ck_assert_int_eq(eddy_looping_new(&looping, loop, NULL, NULL), -EINVAL);
    ck_assert_ptr_eq(eddy_looping_start(NULL, 0, true), eddy_no_memory());
    ck_assert_int_eq(eddy_looping_stop(NULL), -EINVAL);
    ck_assert_int_eq(eddy_looping_reset(NULL), -EINVAL);
    ck_assert(!eddy_looping_running(NULL));
}
END_TEST

/* Of the looping, its deferred: each fails once. */
START_TEST(without_memory_a_looping_ends)
{
    struct calls calls = { .acts = RETURN };
    int err, nth = 0;

    do {
        struct eddy_loop *loop = open_loop(_i);

        fail_allocation(++nth);
        err = eddy_looping_new(&calls.looping, loop, on_call, &calls);
        if (err == 0) {
            calls.deferred = eddy_looping_start(calls.looping, INTERVAL, false);
            turns(loop, 1);
            if (allocation_failed())
                finish_with(calls.deferred, err = -ENOMEM);
            else
                eddy_unref(calls.deferred);
            ck_assert_int_eq(eddy_looping_running(calls.looping),
                             !allocation_failed());
            eddy_looping_free(calls.looping);
        }
        ck_assert_int_eq(err, allocation_failed() ? -ENOMEM : 0);
        free_loop(loop);
    } while (err < 0);
    ck_assert_int_gt(nth, 2);
}
END_TEST

int main(void)
{
    const TTest *const each[] = {
        calls_come_on_the_grid_and_missed_ones_are_skipped,
        without_now_the_first_call_is_one_interval_later,
        a_call_that_takes_long_misses_the_next_ones,
        a_call_at_once_counts_one_even_if_the_loop_is_late,
        an_interval_of_zero_is_once_a_turn,
        the_next_call_waits_for_the_deferred_of_the_last,
        stopping_fires_at_once_or_after_the_deferred_of_fn,
        an_error_ends_the_calls_and_is_the_result,
        in_the_wrong_state_nothing_happens,
        reset_begins_the_interval_anew,
        it_may_be_started_anew_while_its_last_sleep_ends,
        a_call_may_stop_reset_start_or_cancel_its_looping,
        a_call_may_free_its_looping,
        what_a_call_returns_is_freed_and_may_stop_it,
        who_sees_the_end_may_start_it_again,
        cancelling_the_deferred_stops_the_calls,
        cancelling_reaches_the_deferred_of_fn,
        freeing_stops_it_after_the_deferred_of_fn,
        the_loop_may_end_first,
        misuse_of_a_looping_is_an_error,
        without_memory_a_looping_ends,
    };
    Suite *suite = suite_create("looping");

    add_loop_tests(suite, each, COUNT(each));
    return run_suite(suite);
}
