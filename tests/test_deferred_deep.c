/* SPDX-License-Identifier: MIT */
/* test_deferred_deep.c - any depth takes the same stack, a small one. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "deferred_support.h"

enum { DEPTH = 100000, STACK = 256 * 1024 };

/* Whatever a body does, and as much as one frame for each level, would be too
 * much. What fails is told by what it returns: Check is for the main thread.
 * There it runs, too: test_deep.sh makes the stack of that as small. */
static void in_a_small_stack(thread_fn *body, int64_t expected)
{
    pthread_attr_t attr;
    pthread_t thread;
    void *got;

    ck_assert_int_eq(pthread_attr_init(&attr), 0);
    ck_assert_int_eq(pthread_attr_setstacksize(&attr, STACK), 0);
    ck_assert_int_eq(pthread_create(&thread, &attr, body, NULL), 0);
    ck_assert_int_eq(pthread_attr_destroy(&attr), 0);
    ck_assert_int_eq(pthread_join(thread, &got), 0);
    ck_assert_int_eq((intptr_t)got, expected);
    got = body(NULL);
    ck_assert_int_eq((intptr_t)got, expected);
}

/* The integer that it is done with, -1 if it is not; lets go of it. */
static void *end_of(struct eddy_deferred *deferred)
{
    struct eddy_value value = eddy_take_result(deferred);
    bool failed = eddy_value_is_error(&value);

    eddy_unref(deferred);
    return number(failed ? -1 : value.n);
}

static struct eddy_value add_one(struct eddy_value *result, void *unused)
{
    (void)unused;
    return eddy_int(result->n + 1);
}

/* ---- Chained one way ----------------------------------------------------- */

/* DEPTH of them, each fired by the one before. */
static struct eddy_deferred *chained(struct eddy_deferred **ret_last)
{
    struct eddy_deferred *first = pending(), *last = eddy_ref(first);

    for (int i = 0; i < DEPTH; i++) {
        struct eddy_deferred *next = eddy_then(pending(), add_one, NULL);

        eddy_chain(last, next);
        eddy_unref(last);
        last = next;
    }
    *ret_last = last;
    return first;
}

static void *fire_the_first(void *unused)
{
    struct eddy_deferred *last, *first = chained(&last);

    (void)unused;
    (void)eddy_fire(first, eddy_int(0));
    eddy_unref(first);
    return end_of(last);
}

START_TEST(a_long_row_of_chained_ones_fires_in_little_stack) /* D34 */
{
    in_a_small_stack(fire_the_first, DEPTH);
}
END_TEST

static void *drop_the_first(void *unused)
{
    struct eddy_deferred *last, *first = chained(&last);

    (void)unused;
    eddy_unref(last);
    eddy_unref(first);
    return NULL;
}

START_TEST(a_long_row_of_chained_ones_is_dropped_in_little_stack)
{
    in_a_small_stack(drop_the_first, 0);
}
END_TEST

/* ---- Waiting ------------------------------------------------------------- */

/* DEPTH of them, each waiting for the one before: the last one is returned. */
static struct eddy_deferred *nested(struct eddy_deferred *innermost)
{
    struct eddy_deferred *outer = innermost;

    for (int i = 0; i < DEPTH; i++) {
        struct eddy_deferred *d = eddy_then(fired(0), await, outer);

        outer = eddy_then(d, add_one, NULL);
    }
    return outer;
}

static void *fire_the_innermost(void *unused)
{
    struct eddy_deferred *innermost = pending(),
                         *outermost = nested(eddy_ref(innermost));

    (void)unused;
    (void)eddy_fire(innermost, eddy_int(0));
    eddy_unref(innermost);
    return end_of(outermost);
}

static void *wait_outside_in(void *unused)
{
    static struct eddy_deferred *d[DEPTH + 1];

    (void)unused;
    d[DEPTH] = pending();
    for (int i = DEPTH - 1; i >= 0; i--) {
        d[i] = eddy_then(pending(), await, eddy_ref(d[i + 1]));
        eddy_then(d[i], add_one, NULL);
    }
    for (int i = 0; i <= DEPTH; i++)
        (void)eddy_fire(d[i], eddy_int(0));
    for (int i = 1; i <= DEPTH; i++)
        eddy_unref(d[i]);
    return end_of(d[0]);
}

START_TEST(deep_waiting_ends_in_little_stack) /* D32 */
{
    in_a_small_stack(fire_the_innermost, DEPTH);
    in_a_small_stack(wait_outside_in, DEPTH);
}
END_TEST

static void *cancel_the_outermost(void *unused)
{
    struct eddy_deferred *innermost = pending(),
                         *outermost = nested(eddy_ref(innermost));

    (void)unused;
    eddy_rescue(outermost, answer, number(5));
    eddy_cancel(outermost);
    eddy_unref(innermost);
    return end_of(outermost);
}

START_TEST(deep_waiting_is_cancelled_in_little_stack)
{
    in_a_small_stack(cancel_the_outermost, 5);
}
END_TEST

static void *drop_the_innermost(void *unused)
{
    (void)unused;
    eddy_unref(nested(pending()));
    return NULL;
}

START_TEST(deep_waiting_is_dropped_in_little_stack)
{
    in_a_small_stack(drop_the_innermost, 0);
}
END_TEST

/* ---- Going on by itself -------------------------------------------------- */

static struct eddy_value again(struct eddy_value *result, void *unused)
{
    (void)unused;
    if (result->n == DEPTH)
        return eddy_int(DEPTH);
    return eddy_wait_for(eddy_then(fired(result->n + 1), again, NULL));
}

static void *recurse(void *unused)
{
    return end_of(eddy_then(fired(0), again, unused));
}

START_TEST(a_link_that_returns_one_with_itself_takes_little_stack) /* D35 */
{
    in_a_small_stack(recurse, DEPTH);
}
END_TEST

static void *go_through_many(void *unused)
{
    struct eddy_deferred *d = pending();

    (void)unused;
    for (int i = 0; i < DEPTH; i++)
        eddy_then(d, await, fired(i));
    (void)eddy_fire(d, eddy_int(-7));
    return end_of(d);
}

START_TEST(many_fired_ones_in_a_row_take_little_stack) /* D85 */
{
    in_a_small_stack(go_through_many, DEPTH - 1);
}
END_TEST

static struct eddy_value add_itself(struct eddy_value *result, void *deferred)
{
    if (result->n < DEPTH)
        eddy_then(deferred, add_itself, deferred);
    return eddy_int(result->n + 1);
}

static void *add_from_inside(void *unused)
{
    struct eddy_deferred *d = fired(0);

    (void)unused;
    return end_of(eddy_then(d, add_itself, d));
}

START_TEST(a_link_that_adds_itself_takes_little_stack)
{
    in_a_small_stack(add_from_inside, DEPTH + 1);
}
END_TEST

/* ---- Errors and values --------------------------------------------------- */

static void *make_causes(void *unused)
{
    struct eddy_value value = eddy_fail(-EPIPE);
    bool found;

    (void)unused;
    for (int i = 0; i < DEPTH; i++) {
        struct eddy_error error = { .code = -EIO, .child = &value, .count = 1 };

        value = eddy_error_new(counting_mem(), &error);
    }
    found = eddy_error_is(&value, -EPIPE) && !eddy_error_is(&value, -EPERM);
    eddy_value_free(&value);
    return number(found);
}

START_TEST(an_error_with_many_causes_takes_little_stack)
{
    in_a_small_stack(make_causes, true);
}
END_TEST

static void unref_it(void *deferred)
{
    eddy_unref(deferred);
}

static void *own_each_other(void *unused)
{
    struct eddy_deferred *d = fired(0);

    (void)unused;
    for (int i = 0; i < DEPTH; i++)
        d = eddy_fired(domain, eddy_own(d, unref_it));
    eddy_unref(d);
    return NULL;
}

START_TEST(deferreds_that_are_values_of_others_go_in_little_stack)
{
    in_a_small_stack(own_each_other, 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_long_row_of_chained_ones_fires_in_little_stack,
        a_long_row_of_chained_ones_is_dropped_in_little_stack,
        deep_waiting_ends_in_little_stack,
        deep_waiting_is_cancelled_in_little_stack,
        deep_waiting_is_dropped_in_little_stack,
        a_link_that_returns_one_with_itself_takes_little_stack,
        many_fired_ones_in_a_row_take_little_stack,
        a_link_that_adds_itself_takes_little_stack,
        an_error_with_many_causes_takes_little_stack,
        deferreds_that_are_values_of_others_go_in_little_stack,
    };
    Suite *suite = suite_create("deferred_deep");

    add_deferred_tests(suite, tests, COUNT(tests));
    return run_suite(suite);
}
