/* SPDX-License-Identifier: MIT */
/* test_oom_deferred.c - deferreds with little memory. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "oom_support.h"

static struct eddy_deferred *pending_in(struct eddy_loop *loop)
{
    return eddy_deferred_new(eddy_loop_domain(loop), NULL, NULL);
}

static struct eddy_deferred *fired_in(struct eddy_loop *loop, int64_t n)
{
    return eddy_fired(eddy_loop_domain(loop), eddy_int(n));
}

static struct eddy_value pass(struct eddy_value *result, void *arg)
{
    (void)arg;
    return eddy_take(result);
}

/* ---- Chains -------------------------------------------------------------- */

static int64_t play_links(struct eddy_loop *loop)
{
    struct eddy_deferred *deferred = pending_in(loop);
    int freed = 0;

    eddy_both(deferred, pass, NULL);
    eddy_then(deferred, answer, number(2));
    eddy_then(deferred, answer, number(-EIO));
    eddy_rescue(deferred, answer, number(3));
    eddy_both(deferred, pass, NULL);
    (void)eddy_fire(deferred, counted(&freed));
    ck_assert_int_eq(freed, 1);
    return came_to(outcome(loop, deferred), 3);
}

START_TEST(links_are_called_or_the_error_says_why_not)
{
    play_all(_i, play_links);
}
END_TEST

static void add_counted(struct eddy_deferred *deferred, int *freed)
{
    eddy_add(deferred, &(struct eddy_link){ .then = pass,
                                            .then_arg = freed,
                                            .rescue_arg = freed,
                                            .free_then = count_free,
                                            .free_rescue = count_free });
}

static int64_t play_destructors(struct eddy_loop *loop)
{
    struct eddy_deferred *never = pending_in(loop), *fired = fired_in(loop, 1);
    int freed = 0;

    add_counted(never, &freed);
    add_counted(never, &freed);
    eddy_unref(never);
    ck_assert_int_eq(freed, 4);
    add_counted(fired, &freed);
    add_counted(fired, &freed);
    ck_assert_int_eq(freed, 8);
    return came_to(outcome(loop, fired), 1);
}

START_TEST(arguments_of_links_are_freed_once_in_any_case)
{
    play_all(_i, play_destructors);
}
END_TEST

static struct eddy_value await_shared(struct eddy_value *result, void *inner)
{
    (void)result;
    return eddy_wait_for(eddy_ref(inner));
}

static void let_go(void *deferred)
{
    eddy_unref(deferred);
}

static int64_t play_waiting(struct eddy_loop *loop)
{
    struct eddy_deferred *outer = fired_in(loop, 1), *inner = pending_in(loop);

    eddy_then(inner, answer, number(4));
    eddy_add(outer, &(struct eddy_link){ .then = await_shared,
                                         .then_arg = eddy_ref(inner),
                                         .free_then = let_go });
    eddy_then(outer, pass, NULL);
    (void)eddy_fire(inner, eddy_int(3));
    eddy_unref(inner);
    return came_to(outcome(loop, outer), 4);
}

START_TEST(a_chain_that_waits_comes_to_an_end)
{
    play_all(_i, play_waiting);
}
END_TEST

static int64_t play_chaining(struct eddy_loop *loop)
{
    struct eddy_deferred *from = pending_in(loop), *to = pending_in(loop);
    int freed = 0;
    int64_t n;

    eddy_chain(from, to);
    eddy_then(to, answer, number(2));
    (void)eddy_fire(from, counted(&freed));
    ck_assert_int_eq(freed, 1);
    if (eddy_state(to) == EDDY_PENDING) { /* there is none to fire it */
        ck_assert_ptr_eq(from, eddy_no_memory());
        eddy_cancel(to);
        eddy_unref(to);
        return -ENOMEM;
    }
    n = came_to(outcome(loop, to), 2);
    return both_of(n, came_to(outcome(loop, from), 0));
}

START_TEST(what_is_chained_is_fired_all_the_same)
{
    play_all(_i, play_chaining);
}
END_TEST

static int64_t play_pausing(struct eddy_loop *loop)
{
    struct eddy_deferred *deferred = pending_in(loop);

    ck_assert_int_eq(eddy_pause(deferred), 0);
    eddy_then(deferred, answer, number(2));
    (void)eddy_fire(deferred, eddy_int(1));
    ck_assert_int_eq(eddy_resume(deferred), 0);
    return came_to(outcome(loop, deferred), 2);
}

START_TEST(a_paused_chain_goes_on)
{
    play_all(_i, play_pausing);
}
END_TEST

static bool fire_nine(struct eddy_deferred *deferred, void *arg)
{
    (void)arg;
    ck_assert_int_eq(eddy_fire(deferred, eddy_int(9)), 0);
    return false;
}

static int64_t play_cancelling(struct eddy_loop *loop)
{
    struct eddy_domain *here = eddy_loop_domain(loop);
    struct eddy_deferred *plain = pending_in(loop);
    struct eddy_deferred *nine = eddy_deferred_new(here, fire_nine, NULL);
    struct eddy_deferred *asleep = eddy_defer(loop, eddy_sleep(EDDY_SECOND));
    int freed = 0;
    int64_t n;

    eddy_cancel(plain);
    eddy_cancel(nine);
    eddy_cancel(asleep);
    (void)eddy_fire(plain, counted(&freed));
    ck_assert_int_eq(freed, 1);
    n = came_to(outcome(loop, plain), -ECANCELED);
    n = both_of(n, came_to(outcome(loop, nine), 9));
    return both_of(n, came_to(outcome(loop, asleep), -ECANCELED));
}

START_TEST(a_cancel_leads_to_an_end)
{
    play_all(_i, play_cancelling);
}
END_TEST

/* ---- Values -------------------------------------------------------------- */

static int64_t play_errors(struct eddy_loop *loop)
{
    const struct eddy_mem *mem = counting_mem();
    int freed = 0;
    struct eddy_value child[] = { eddy_fail_text(mem, -EIO, "%d words", 2),
                                  counted(&freed) };
    struct eddy_error error = {
        .code = -ENOTCONN, .text = "both", .count = 2, .child = child
    };
    struct eddy_value made = eddy_error_new(mem, &error);
    struct eddy_value shared = eddy_value_share(&made);
    const struct eddy_error *details = eddy_error_details(&made);
    struct eddy_deferred *deferred;
    bool whole = details != NULL &&
                 eddy_error_details(&details->child[0]) != NULL &&
                 eddy_error_is(&shared, -EIO);
    int64_t n;

    ck_assert_int_eq(eddy_error_code(&shared), -ENOTCONN);
    ck_assert_int_eq(freed, details == NULL);
    deferred = eddy_fired(eddy_loop_domain(loop), made);
    eddy_value_free(&shared);
    n = came_to(outcome(loop, deferred), -ENOTCONN);
    ck_assert_int_eq(freed, 1);
    return both_of(n, whole ? 0 : -ENOMEM);
}

START_TEST(an_error_without_memory_keeps_its_code)
{
    play_all(_i, play_errors);
}
END_TEST

static int64_t play_domain(struct eddy_loop *loop)
{
    struct eddy_domain_options options = { .mem = *counting_mem() };
    struct eddy_domain *alone;
    struct eddy_deferred *deferred;
    int err = eddy_domain_new(&alone, &options);

    if (err < 0)
        return err;
    deferred = eddy_fired(alone, eddy_int(1));
    eddy_domain_free(alone);
    eddy_then(deferred, answer, number(2));
    return came_to(outcome(loop, deferred), 2);
}

START_TEST(a_domain_is_made_or_not)
{
    play_all(_i, play_domain);
}
END_TEST

/* ---- With the loop ------------------------------------------------------- */

static int64_t give_seven(void *arg)
{
    (void)arg;
    return 7;
}

static int64_t play_operations(struct eddy_loop *loop)
{
    struct eddy_deferred *slept = eddy_defer(loop, eddy_sleep(EDDY_SECOND));
    struct eddy_deferred *worked =
        eddy_defer(loop, eddy_offload(give_seven, NULL));
    struct eddy_deferred *left = eddy_defer(loop, eddy_sleep(EDDY_SECOND));
    int64_t n;

    eddy_then(slept, answer, number(2));
    n = came_to(outcome(loop, slept), 2);
    n = both_of(n, came_to(outcome(loop, worked), 7));
    eddy_unref(left);
    return n;
}

START_TEST(operations_are_deferred_or_not)
{
    play_all(_i, play_operations);
}
END_TEST

/* A deferred as an operation; its n. */
static int64_t when(struct eddy_loop *loop, struct eddy_deferred *deferred)
{
    struct eddy_value value = eddy_none();
    int64_t n =
        eddy_loop_run_until(
            loop, eddy_within(60 * EDDY_SECOND, eddy_when(deferred, &value)))
            .n;

    eddy_value_free(&value);
    eddy_unref(deferred);
    return n;
}

static int64_t play_when(struct eddy_loop *loop)
{
    struct eddy_deferred *slow = eddy_defer(loop, eddy_sleep(EDDY_SECOND));
    int64_t n = came_to(when(loop, fired_in(loop, 5)), 5);

    eddy_then(slow, answer, number(6));
    n = both_of(n, came_to(when(loop, slow), 6));
    return both_of(n, came_to(when(loop, pending_in(loop)), -ETIME));
}

START_TEST(a_deferred_as_an_operation_ends)
{
    play_all(_i, play_when);
}
END_TEST

static void count_call(struct eddy_deferred *deferred, void *calls)
{
    (void)deferred;
    ++*(int *)calls;
}

static int64_t play_calls(struct eddy_loop *loop)
{
    struct eddy_deferred *future = pending_in(loop);
    int calls = 0, added = 0, back = 0;
    int64_t n;

    for (int i = 0; i < 4; i++)
        added += eddy_call_when_done(future, loop, count_call, &calls) == 0;
    (void)eddy_call_when_done(future, loop, count_call, &back);
    (void)eddy_uncall_when_done(future, count_call, &back);
    (void)eddy_fire(future, eddy_int(5));
    n = came_to(outcome(loop, future), 5);
    while (eddy_loop_alive(loop))
        turns(loop, 1);
    ck_assert_int_eq(calls, added);
    return both_of(n, added == 4 ? 0 : -ENOMEM);
}

START_TEST(each_call_that_could_be_added_is_made)
{
    play_all(_i, play_calls);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        links_are_called_or_the_error_says_why_not,
        arguments_of_links_are_freed_once_in_any_case,
        a_chain_that_waits_comes_to_an_end,
        what_is_chained_is_fired_all_the_same,
        a_paused_chain_goes_on,
        a_cancel_leads_to_an_end,
        an_error_without_memory_keeps_its_code,
        a_domain_is_made_or_not,
        operations_are_deferred_or_not,
        a_deferred_as_an_operation_ends,
        each_call_that_could_be_added_is_made,
    };
    Suite *suite = suite_create("oom_deferred");

    add_loop_tests(suite, tests, COUNT(tests));
    return run_suite(suite);
}
