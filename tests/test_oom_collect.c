/* SPDX-License-Identifier: MIT */
/* test_oom_collect.c - what is made of deferreds, with little memory. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <eddy/collect.h>
#include <eddy/deferredlock.h>
#include <eddy/future.h>
#include <eddy/timing.h>

#include "oom_support.h"

static struct eddy_value give(void *n)
{
    return eddy_int((intptr_t)n);
}

static struct eddy_deferred *pending_in(struct eddy_loop *loop)
{
    return eddy_deferred_new(eddy_loop_domain(loop), NULL, NULL);
}

/* Five, after a second. */
static struct eddy_deferred *slow_in(struct eddy_loop *loop)
{
    return eddy_then(eddy_defer(loop, eddy_sleep(EDDY_SECOND)), answer,
                     number(5));
}

static struct eddy_value wait_for_slow(void *loop)
{
    return eddy_wait_for(slow_in(loop));
}

/* ---- Of one deferred ----------------------------------------------------- */

static int64_t play_maybe(struct eddy_loop *loop)
{
    struct eddy_domain *here = eddy_loop_domain(loop);
    int64_t now =
        came_to(outcome(loop, eddy_maybe_deferred(here, give, number(4))), 4);
    int64_t later = came_to(
        outcome(loop, eddy_maybe_deferred(here, wait_for_slow, loop)), 5);

    return both_of(now, later);
}

START_TEST(a_maybe_deferred_has_a_result)
{
    play_all(_i, play_maybe);
}
END_TEST

static int64_t play_shield(struct eddy_loop *loop)
{
    struct eddy_deferred *inner = pending_in(loop);
    struct eddy_deferred *shield = eddy_shield(inner);
    struct eddy_deferred *second = eddy_shield(inner);
    int freed = 0;
    int64_t n;

    eddy_cancel(shield);
    (void)eddy_fire(inner, counted(&freed));
    n = came_to(outcome(loop, shield), -ECANCELED);
    eddy_then(second, answer, number(1));
    n = both_of(n, came_to(outcome(loop, second), 1));
    eddy_unref(inner);
    ck_assert_int_eq(freed, 1);
    return n;
}

START_TEST(a_shield_has_an_end)
{
    play_all(_i, play_shield);
}
END_TEST

static int64_t play_limit(struct eddy_loop *loop)
{
    struct eddy_deferred *fast = slow_in(loop), *slow = slow_in(loop);
    int64_t n;

    eddy_limit(fast, loop, 2 * EDDY_SECOND);
    eddy_limit(slow, loop, EDDY_MS);
    n = came_to(outcome(loop, slow), -ETIME);
    return both_of(n, came_to(outcome(loop, fast), 5));
}

START_TEST(a_limit_is_kept_or_the_error_says_why_not)
{
    play_all(_i, play_limit);
}
END_TEST

static int64_t play_later(struct eddy_loop *loop)
{
    struct eddy_deferred *late =
        eddy_later(loop, EDDY_SECOND, wait_for_slow, loop);
    struct eddy_deferred *never =
        eddy_later(loop, EDDY_SECOND, wait_for_slow, loop);
    int64_t n;

    eddy_cancel(never);
    n = came_to(outcome(loop, never), -ECANCELED);
    return both_of(n, came_to(outcome(loop, late), 5));
}

START_TEST(a_later_call_has_an_end)
{
    play_all(_i, play_later);
}
END_TEST

struct circle {
    struct eddy_loop *loop;
    struct eddy_looping *looping;
    int calls;
};

static struct eddy_value go_round(uint64_t count, void *arg)
{
    struct circle *circle = arg;

    (void)count;
    if (++circle->calls == 3)
        ck_assert_int_eq(eddy_looping_stop(circle->looping), 0);
    return wait_for_slow(circle->loop);
}

static int64_t play_looping(struct eddy_loop *loop)
{
    struct circle circle = { .loop = loop };
    int64_t n = eddy_looping_new(&circle.looping, loop, go_round, &circle);

    if (n < 0)
        return n;
    n = came_to(
        outcome(loop, eddy_looping_start(circle.looping, EDDY_SECOND, true)),
        0);
    eddy_looping_free(circle.looping);
    return n;
}

START_TEST(a_looping_call_has_an_end)
{
    play_all(_i, play_looping);
}
END_TEST

/* ---- Of many ------------------------------------------------------------- */

/* How many values there are. */
static struct eddy_value count_values(struct eddy_value *result, void *arg)
{
    const struct eddy_values *many = eddy_value_many(result);

    (void)arg;
    return eddy_int(many != NULL ? (int64_t)many->count : 0);
}

/* A pointer, an error, and what comes in a second. */
static void fill(struct eddy_loop *loop, struct eddy_deferred *three[3],
                 int *freed)
{
    three[0] = eddy_fired(eddy_loop_domain(loop), counted(freed));
    three[1] = eddy_fired(eddy_loop_domain(loop), eddy_fail(-EIO));
    three[2] = slow_in(loop);
}

static int64_t collect(struct eddy_loop *loop, unsigned flags, int64_t wanted)
{
    struct eddy_deferred *three[3], *all;
    int freed = 0;
    int64_t n;

    fill(loop, three, &freed);
    all = eddy_collect(eddy_loop_domain(loop), three, 3, flags);
    eddy_then(all, count_values, NULL);
    n = came_to(outcome(loop, all), wanted);
    ck_assert_int_eq(freed, 1);
    return n;
}

static int64_t play_collections(struct eddy_loop *loop)
{
    int64_t n = collect(loop, EDDY_CONSUME, 3);

    if (n == 0)
        n = collect(loop, EDDY_FIRST_ERROR | EDDY_CONSUME, -EIO);
    if (n == 0)
        n = collect(loop, EDDY_FIRST_VALUE | EDDY_CANCEL_REST, 1);
    return n;
}

START_TEST(a_collection_has_an_end)
{
    play_all(_i, play_collections);
}
END_TEST

static int64_t cancel_all(struct eddy_loop *loop, unsigned flags,
                          int64_t wanted)
{
    struct eddy_deferred *two[] = { slow_in(loop), slow_in(loop) };
    struct eddy_deferred *all =
        eddy_collect(eddy_loop_domain(loop), two, 2, flags);

    eddy_then(all, count_values, NULL);
    eddy_cancel(all);
    return came_to(outcome(loop, all), wanted);
}

static int64_t play_cancelled_collections(struct eddy_loop *loop)
{
    int64_t n = cancel_all(loop, EDDY_CONSUME, 2);

    return n < 0
               ? n
               : cancel_all(loop, EDDY_FIRST_VALUE | EDDY_CONSUME, -ECANCELED);
}

START_TEST(a_cancelled_collection_has_an_end)
{
    play_all(_i, play_cancelled_collections);
}
END_TEST

static int64_t play_completions(struct eddy_loop *loop)
{
    struct eddy_completions *completions;
    struct eddy_deferred *three[3], *next;
    int freed = 0;
    int64_t n;

    fill(loop, three, &freed);
    n = eddy_as_completed(&completions, eddy_loop_domain(loop), three, 3);
    if (n < 0) {
        ck_assert_int_eq(freed, 1);
        return n;
    }
    for (int i = 0; i < 4 && n == 0; i++) {
        next = eddy_completions_next(completions);
        eddy_then(next, count_values, NULL);
        n = came_to(outcome(loop, next), i < 3 ? 1 : -ENODATA);
    }
    eddy_completions_free(completions);
    ck_assert_int_eq(freed, 1);
    return n;
}

START_TEST(completions_come_or_the_error_says_why_not)
{
    play_all(_i, play_completions);
}
END_TEST

/* ---- Between them -------------------------------------------------------- */

static int64_t take_turns(struct eddy_loop *loop,
                          struct eddy_deferred_semaphore *semaphore)
{
    int64_t n = came_to(outcome(loop, eddy_deferred_acquire(semaphore)), 0),
            ran;
    struct eddy_deferred *waits, *runs;

    if (n < 0)
        return n;
    waits = eddy_deferred_acquire(semaphore);
    runs = eddy_deferred_run_with(semaphore, wait_for_slow, loop);
    ck_assert_int_eq(eddy_deferred_release(semaphore), 0);
    n = came_to(outcome(loop, waits), 0);
    if (n == 0)
        ck_assert_int_eq(eddy_deferred_release(semaphore), 0);
    ran = came_to(outcome(loop, runs), 5);
    ck_assert_uint_eq(eddy_deferred_semaphore_tokens(semaphore), 1);
    return both_of(n, ran);
}

static int64_t play_semaphore(struct eddy_loop *loop)
{
    struct eddy_domain *here = eddy_loop_domain(loop);
    struct eddy_deferred_semaphore *semaphore;
    int64_t n;

    if (here == NULL)
        return -ENOMEM;
    n = eddy_deferred_semaphore_new(&semaphore, here, 1);
    if (n < 0)
        return n;
    n = take_turns(loop, semaphore);
    eddy_deferred_semaphore_free(semaphore);
    return n;
}

START_TEST(no_token_is_lost)
{
    play_all(_i, play_semaphore);
}
END_TEST

static int64_t hand_on(struct eddy_loop *loop,
                       struct eddy_deferred_queue *queue, int *freed)
{
    struct eddy_deferred *early = eddy_deferred_queue_get(queue), *late;
    int64_t n = eddy_deferred_queue_put(queue, counted(freed)), second;

    eddy_then(early, answer, number(1));
    if (n == 0 && eddy_state(early) == EDDY_DONE)
        n = came_to(outcome(loop, early), 1);
    else
        eddy_unref(early);
    second = eddy_deferred_queue_put(queue, counted(freed));
    late = eddy_deferred_queue_get(queue);
    eddy_then(late, answer, number(1));
    if (eddy_state(late) == EDDY_DONE)
        second = came_to(outcome(loop, late), 1);
    else
        eddy_unref(late);                                 /* it waits in vain */
    (void)eddy_deferred_queue_put(queue, counted(freed)); /* stays there */
    return both_of(n, second);
}

static int64_t play_queue(struct eddy_loop *loop)
{
    struct eddy_domain *here = eddy_loop_domain(loop);
    struct eddy_deferred_queue *queue;
    int freed = 0;
    int64_t n;

    if (here == NULL)
        return -ENOMEM;
    n = eddy_deferred_queue_new(&queue, here, 2, 2);
    if (n < 0)
        return n;
    n = hand_on(loop, queue, &freed);
    eddy_deferred_queue_free(queue);
    ck_assert_int_eq(freed, 3);
    return n;
}

START_TEST(values_are_handed_on_or_freed)
{
    play_all(_i, play_queue);
}
END_TEST

/* ---- Futures ------------------------------------------------------------- */

/* What a future came to; it is let go. */
static int64_t come(struct eddy_loop *loop, struct eddy_future *future)
{
    struct eddy_value value = eddy_none();
    int64_t n;

    while (!eddy_future_done(future))
        ck_assert_int_ge(eddy_loop_step(loop, EDDY_FOREVER), 0);
    ck_assert_int_eq(eddy_future_wait(future, 0, &value), 0);
    eddy_future_free(future);
    n = eddy_value_is_error(&value) ? eddy_error_code(&value) : value.n;
    eddy_value_free(&value);
    return n;
}

static int64_t play_futures(struct eddy_loop *loop)
{
    struct eddy_future *future;
    int64_t n = eddy_future_call(&future, loop, give, number(5));

    if (n == 0)
        n = came_to(come(loop, future), 5);
    if (n == 0)
        n = eddy_future_start(&future, loop, eddy_sleep(EDDY_SECOND));
    if (n == 0) {
        turns(loop, 3);
        ck_assert_int_eq(eddy_future_cancel(future), 0);
        n = came_to(come(loop, future), -ECANCELED);
    }
    if (n == 0)
        n = eddy_future_start(&future, loop, eddy_sleep(EDDY_SECOND));
    if (n == 0)
        eddy_future_free(future);
    return n;
}

START_TEST(a_future_ends_or_does_not_start)
{
    play_all(_i, play_futures);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_maybe_deferred_has_a_result,
        a_shield_has_an_end,
        a_limit_is_kept_or_the_error_says_why_not,
        a_later_call_has_an_end,
        a_looping_call_has_an_end,
        a_collection_has_an_end,
        a_cancelled_collection_has_an_end,
        completions_come_or_the_error_says_why_not,
        no_token_is_lost,
        values_are_handed_on_or_freed,
        a_future_ends_or_does_not_start,
    };
    Suite *suite = suite_create("oom_collect");

    add_loop_tests(suite, tests, COUNT(tests));
    return run_suite(suite);
}
