/* SPDX-License-Identifier: MIT */
/* test_yield_from.c - generators that hand everything on to another one. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "generator_support.h"

static struct eddy_value delegates(struct eddy_generator *self, void *inner)
{
    return eddy_yield_from(self, inner);
}

/* `inner` behind so many that delegate. */
static struct eddy_generator *behind(int depth, struct eddy_generator *inner)
{
    while (depth-- > 0)
        inner = generator_of(delegates, inner);
    return inner;
}

/* ---- In and out -----------------------------------------------------------
 */

static struct eddy_value answers(struct eddy_generator *self, void *arg)
{
    struct eddy_value sent = eddy_yield(self, eddy_int(42));

    (void)arg;
    return sent;
}

START_TEST(sent_goes_to_the_innermost_whose_result_comes_back) /* C12 */
{
    struct eddy_generator *g = behind(2, generator_of(answers, NULL));
    struct eddy_value value;

    expect_yield(g, 42);
    ck_assert_uint_eq(stacks_in_use(), 3);
    expect_answer(0, eddy_generator_send(g, eddy_int(84), &value), &value, 84);
    ck_assert_uint_eq(stacks_in_use(), 1); /* the inner ones are freed */
    eddy_generator_free(g);
}
END_TEST

static struct eddy_value survives(struct eddy_generator *self, void *arg)
{
    struct eddy_value sent = eddy_yield(self, eddy_int(1));

    (void)arg;
    ck_assert_int_eq(eddy_error_code(&sent), -EPIPE);
    return eddy_yield(self, eddy_int(2));
}

START_TEST(what_is_thrown_goes_to_the_innermost) /* C12 */
{
    struct eddy_generator *g = behind(3, generator_of(survives, NULL));
    struct eddy_value value;

    expect_yield(g, 1);
    expect_answer(1, eddy_generator_throw(g, eddy_fail(-EPIPE), &value), &value,
                  2);
    expect_answer(-EIO, eddy_generator_throw(g, eddy_fail(-EIO), &value),
                  &value, -EIO);
    ck_assert_uint_eq(stacks_in_use(), 1);
    eddy_generator_free(g);
}
END_TEST

/* Goes through two, says what they returned, and goes on by itself. */
static struct eddy_value goes_through_two(struct eddy_generator *self,
                                          void *arg)
{
    struct eddy_value first, second;

    (void)arg;
    first = eddy_yield_from(self, generator_of(counts, number(2)));
    second = eddy_yield_from(self, behind(3, generator_of(counts, number(1))));
    (void)eddy_yield(self, eddy_int(10 * first.n + second.n));
    return eddy_none();
}

START_TEST(a_delegator_goes_on_after_it) /* C12 */
{
    for (int depth = 0; depth < 3; depth++) {
        struct eddy_generator *g =
            behind(depth, generator_of(goes_through_two, NULL));

        expect_yield(g, 1);
        expect_yield(g, 2);
        expect_yield(g, 1);
        expect_yield(g, 21);
        expect_end(g, 0);
        eddy_generator_free(g);
    }
}
END_TEST

START_TEST(one_that_has_begun_can_be_delegated_to) /* C12 */
{
    struct eddy_generator *inner = generator_of(goes_through_two, NULL), *g;

    expect_yield(inner, 1);
    expect_yield(inner, 2);
    expect_yield(inner, 1); /* it is in the midst of delegating itself */
    g = behind(2, inner);
    expect_yield(g, 21);
    expect_end(g, 0);
    eddy_generator_free(g);
}
END_TEST

START_TEST(one_that_has_ended_gives_nothing) /* C12 */
{
    struct eddy_generator *inner = generator_of(counts, number(1)), *g;

    expect_yield(inner, 1);
    expect_end(inner, 1);
    g = behind(1, inner);
    expect_end(g, 0);
    ck_assert_uint_eq(stacks_in_use(), 1);
    eddy_generator_free(g);
    g = behind(1, NULL);
    expect_error(g, -EINVAL);
    eddy_generator_free(g);
}
END_TEST

START_TEST(one_that_is_delegated_to_is_nobody_elses) /* C10, C12 */
{
    struct eddy_generator *inner = generator_of(counts, number(3));
    struct eddy_generator *g = behind(1, inner);
    struct eddy_generator *late = behind(1, inner);

    expect_yield(g, 1);
    expect_error(inner, -EBUSY);
    ck_assert_int_eq(eddy_generator_close(inner), -EBUSY);
    ck_assert_int_eq(eddy_generator_state(inner), EDDY_GENERATOR_RUNNING);
    eddy_generator_free(inner); /* nothing happens */
    expect_error(late, -EBUSY);
    eddy_generator_free(late);
    expect_yield(g, 2);
    eddy_generator_free(g);
}
END_TEST

static struct eddy_value yields_each(struct eddy_generator *self, void *inner)
{
    struct eddy_value value;

    EDDY_FOR_EACH(value, inner) {
        struct eddy_value sent = eddy_yield(self, eddy_take(&value));

        if (eddy_value_is_error(&sent))
            return sent;
    }
    return value;
}

START_TEST(a_loop_that_yields_each_passes_next_only) /* C13 */
{
    struct eddy_generator *g =
        generator_of(yields_each, generator_of(echoes, NULL));
    struct eddy_value value;

    expect_yield(g, 0);
    expect_answer(1, eddy_generator_send(g, eddy_int(7), &value), &value, 0);
    expect_answer(-EIO, eddy_generator_throw(g, eddy_fail(-EIO), &value),
                  &value, -EIO);
    eddy_generator_free(g);
}
END_TEST

/* ---- Deep -----------------------------------------------------------------
 */

enum { DEEP = 1000, RESUMES = 1000000 };

/* Each resume is one switch in and one out: so many at any depth that this test
 * would run into its limit if each of the thousand had a part in it. */
START_TEST(a_resume_costs_the_same_at_any_depth) /* C12, C13 */
{
    struct eddy_generator *g = behind(DEEP, generator_of(counts, number(0)));
    struct eddy_value value;

    for (int64_t i = 1; i <= RESUMES; i++) {
        (void)eddy_generator_next(g, &value);
        if (value.n != i)
            ck_abort_msg("%lld instead of %lld", (long long)value.n,
                         (long long)i);
    }
    ck_assert_uint_eq(stacks_in_use(), DEEP + 1);
    eddy_generator_free(g);
}
END_TEST

START_TEST(a_deep_one_ends_from_the_inside_out) /* C12 */
{
    struct eddy_generator *g = behind(DEEP, generator_of(counts, number(2)));

    expect_yield(g, 1);
    expect_yield(g, 2);
    expect_end(g, 2);
    ck_assert_uint_eq(stacks_in_use(), 1);
    eddy_generator_free(g);
}
END_TEST

/* ---- Closing --------------------------------------------------------------
 */

static struct eddy_value cleans(struct eddy_generator *self, void *inner)
{
    struct eddy_value result;

    EDDY_CLEANUP(cleanup, self, mark, word("outer"));
    result = eddy_yield_from(self, inner);
    mark(word(eddy_errname(eddy_error_code(&result))));
    return result;
}

static struct eddy_value is_innermost(struct eddy_generator *self, void *deaf)
{
    EDDY_CLEANUP(cleanup, self, mark, word("inner"));
    (void)eddy_yield(self, eddy_int(1));
    if (deaf != NULL)
        (void)eddy_yield(self, eddy_int(2));
    return eddy_int(3);
}

START_TEST(closing_goes_from_the_inside_out) /* C9, C12 */
{
    struct eddy_generator *g =
        generator_of(cleans, generator_of(is_innermost, NULL));

    expect_yield(g, 1);
    ck_assert_int_eq(eddy_generator_close(g), 0);
    ck_assert_str_eq(marks(), "inner ECANCELED outer");
    ck_assert_uint_eq(stacks_in_use(), 1);
    eddy_generator_free(g);
}
END_TEST

START_TEST(an_inner_one_that_yields_when_closed_is_given_up) /* C8, C9 */
{
    struct eddy_generator *g =
        behind(2, generator_of(cleans, generator_of(is_innermost, number(1))));

    expect_yield(g, 1);
    ck_assert_int_eq(eddy_generator_close(g), -EBUSY);
    ck_assert_str_eq(marks(), "inner EBUSY outer");
    ck_assert_uint_eq(stacks_in_use(), 1);
    eddy_generator_free(g);
}
END_TEST

static struct eddy_value fails_when_closed(struct eddy_generator *self,
                                           void *arg)
{
    struct eddy_value sent = eddy_yield(self, eddy_int(1));

    (void)arg;
    eddy_value_free(&sent);
    return eddy_fail(-EPIPE);
}

START_TEST(an_inner_error_while_closing_is_the_delegators) /* C8, C12 */
{
    struct eddy_generator *g = behind(3, generator_of(fails_when_closed, NULL));

    expect_yield(g, 1);
    ck_assert_int_eq(eddy_generator_close(g), -EPIPE);
    eddy_generator_free(g);
}
END_TEST

/* Delegates again and again, whatever comes. */
static struct eddy_value is_deaf(struct eddy_generator *self, void *arg)
{
    static struct eddy_cleanup cleanup;

    (void)eddy_generator_cleanup(self, &cleanup, mark, word("cleaned"));
    while (arg == NULL) {
        struct eddy_value result =
            eddy_yield_from(self, generator_of(counts, number(2)));

        eddy_value_free(&result);
    }
    return eddy_none();
}

START_TEST(one_that_delegates_while_it_is_closed_is_ended_by_force) /* C8 */
{
    for (int depth = 0; depth < 3; depth++) {
        struct eddy_generator *g = behind(depth, generator_of(is_deaf, NULL));

        expect_yield(g, 1);
        expect_yield(g, 2);
        expect_yield(g, 1);
        ck_assert_int_eq(eddy_generator_close(g), -EBUSY);
        ck_assert_str_eq(marks(), "cleaned");
        eddy_generator_free(g);
        ck_assert_uint_eq(stacks_in_use(), 0);
    }
}
END_TEST

START_TEST(a_deep_one_is_closed_whether_it_listens_or_not) /* C8, C9 */
{
    for (int limit = 0; limit < 2; limit++) {
        struct eddy_generator *g =
            behind(DEEP, generator_of(counts, number(limit)));

        expect_yield(g, 1);
        ck_assert_int_eq(eddy_generator_close(g), limit == 0 ? -EBUSY : 0);
        ck_assert_uint_eq(stacks_in_use(), 1);
        eddy_generator_free(g);
    }
}
END_TEST

/* A delegator that yields in a cleanup of its inner one, where it should not,
 * and is given up there. */
static struct eddy_generator *meddled;

static void yield_for_the_outer(void *text)
{
    struct eddy_value sent = eddy_yield(meddled, eddy_int(9));

    eddy_value_free(&sent);
    mark(text);
}

static struct eddy_value cleans_badly(struct eddy_generator *self, void *arg)
{
    static struct eddy_cleanup first, second;

    (void)arg;
    (void)eddy_generator_cleanup(self, &first, mark, word("first"));
    (void)eddy_generator_cleanup(self, &second, yield_for_the_outer,
                                 word("second"));
    return eddy_yield(self, eddy_int(1));
}

START_TEST(one_given_up_in_the_end_of_its_inner_one_leaks_nothing) /* C9 */
{
    meddled = generator_of(delegates, generator_of(cleans_badly, NULL));
    expect_yield(meddled, 1);
    expect_yield(meddled, 9);
    ck_assert_int_eq(eddy_generator_close(meddled), 0);
    ck_assert_str_eq(marks(), "second first");
    eddy_generator_free(meddled);
    ck_assert_uint_eq(stacks_in_use(), 0);
    meddled = generator_of(delegates, generator_of(cleans_badly, NULL));
    expect_yield(meddled, 1);
    ck_assert_int_eq(eddy_generator_close(meddled), -EBUSY);
    ck_assert_str_eq(marks(), "first");
    eddy_generator_free(meddled);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        sent_goes_to_the_innermost_whose_result_comes_back,
        what_is_thrown_goes_to_the_innermost,
        a_delegator_goes_on_after_it,
        one_that_has_begun_can_be_delegated_to,
        one_that_has_ended_gives_nothing,
        one_that_is_delegated_to_is_nobody_elses,
        a_loop_that_yields_each_passes_next_only,
        a_resume_costs_the_same_at_any_depth,
        a_deep_one_ends_from_the_inside_out,
        closing_goes_from_the_inside_out,
        an_inner_one_that_yields_when_closed_is_given_up,
        an_inner_error_while_closing_is_the_delegators,
        one_that_delegates_while_it_is_closed_is_ended_by_force,
        a_deep_one_is_closed_whether_it_listens_or_not,
        one_given_up_in_the_end_of_its_inner_one_leaks_nothing,
    };
    Suite *suite = suite_create("yield_from");

    add_generator_tests(suite, tests, COUNT(tests));
    return run_suite(suite);
}
