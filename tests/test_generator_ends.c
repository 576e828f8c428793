/* SPDX-License-Identifier: MIT */
/* test_generator_ends.c - errors, closing, cleanups, and little memory. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "generator_support.h"

/* ---- Throwing -------------------------------------------------------------
 */

/* Answers an error with its code, once, and returns the next one. */
static struct eddy_value forgives_once(struct eddy_generator *self, void *arg)
{
    struct eddy_value sent = eddy_yield(self, eddy_int(1));
    int code = eddy_error_code(&sent);

    (void)arg;
    eddy_value_free(&sent);
    return eddy_yield(self, eddy_int(-code));
}

START_TEST(an_error_is_thrown_at_the_yield) /* C6 */
{
    struct eddy_generator *g = generator_of(forgives_once, NULL);
    struct eddy_value value;

    expect_yield(g, 1);
    expect_answer(1, eddy_generator_throw(g, eddy_fail(-EPIPE), &value), &value,
                  EPIPE);
    expect_answer(-EIO, eddy_generator_throw(g, eddy_fail(-EIO), &value),
                  &value, -EIO);
    expect_end(g, 0);
    eddy_generator_free(g);
}
END_TEST

START_TEST(what_is_thrown_must_be_an_error) /* C6 */
{
    struct eddy_generator *g = generator_of(forgives_once, NULL);
    struct eddy_value value;
    int freed = 0;

    expect_yield(g, 1);
    expect_answer(-EINVAL, eddy_generator_throw(g, counted(&freed), &value),
                  &value, -EINVAL);
    ck_assert_int_eq(eddy_generator_throw(g, eddy_none(), NULL), -EINVAL);
    ck_assert_int_eq(freed, 1);
    ck_assert_int_eq(eddy_generator_state(g), EDDY_GENERATOR_SUSPENDED);
    eddy_generator_free(g);
}
END_TEST

static struct eddy_value never(struct eddy_generator *self, void *arg)
{
    (void)self;
    (void)arg;
    ck_abort_msg("the body ran");
    return eddy_none();
}

/* One whose argument counts its freeing. */
static struct eddy_generator *with_arg(eddy_generator_fn *fn, int *freed)
{
    struct eddy_generator_options options = { .free_arg = count_free };
    struct eddy_generator *generator;

    ck_assert_int_eq(
        eddy_generator_new(&generator, stacks, fn, freed, &options), 0);
    return generator;
}

START_TEST(an_error_thrown_into_a_fresh_one_ends_it) /* C7 */
{
    int freed = 0;
    struct eddy_generator *g = with_arg(never, &freed);
    struct eddy_value value;

    expect_answer(-EPIPE, eddy_generator_throw(g, eddy_fail(-EPIPE), &value),
                  &value, -EPIPE);
    ck_assert_int_eq(freed, 1);
    expect_end(g, 0);
    expect_answer(-EIO, eddy_generator_throw(g, eddy_fail(-EIO), &value),
                  &value, -EIO); /* nobody is there to take it */
    expect_end(g, 0);
    eddy_generator_free(g);
    ck_assert_int_eq(freed, 1);
}
END_TEST

static struct eddy_value fails_with(struct eddy_generator *self, void *error)
{
    (void)self;
    return eddy_take(error);
}

static const char *text_of(int code)
{
    return code == 1 ? "odd" : NULL;
}

START_TEST(an_error_never_looks_like_an_end) /* C11 */
{
    static const struct eddy_error_domain odd = { "odd", text_of };
    struct eddy_value errors[] = {
        eddy_fail(-ENODATA), /* what elsewhere says that there is no more */
        eddy_error_new(counting_mem(), &(struct eddy_error){ .domain = &odd }),
        eddy_error_new(counting_mem(),
                       &(struct eddy_error){ .domain = &odd, .code = 1 }),
    };
    static const int codes[] = { -ENODATA, -EIO, -EIO };

    for (size_t i = 0; i < COUNT(errors); i++) {
        struct eddy_generator *g = generator_of(fails_with, &errors[i]);
        struct eddy_value value;

        ck_assert_int_eq(eddy_generator_next(g, &value), codes[i]);
        ck_assert(eddy_value_is_error(&value));
        eddy_value_free(&value);
        eddy_generator_free(g);
    }
}
END_TEST

static struct eddy_value yields_an_error(struct eddy_generator *self, void *arg)
{
    (void)arg;
    return eddy_yield(self, eddy_fail(-EPIPE));
}

START_TEST(an_error_may_be_yielded_like_any_value) /* C11 */
{
    struct eddy_generator *g = generator_of(yields_an_error, NULL);
    struct eddy_value value;

    ck_assert_int_eq(eddy_generator_next(g, &value), 1);
    ck_assert_int_eq(eddy_error_code(&value), -EPIPE);
    expect_end(g, 0);
    eddy_generator_free(g);
}
END_TEST

/* ---- Closing --------------------------------------------------------------
 */

/* Returns what its argument says when it is closed. */
enum { THE_SAME, A_VALUE, NOTHING, ANOTHER_ERROR };

struct reaction {
    int returns; /* one of these */
    int freed;
};

static struct eddy_value reacts(struct eddy_generator *self, void *arg)
{
    struct reaction *reaction = arg;
    struct eddy_value sent = eddy_yield(self, eddy_int(1));

    ck_assert_int_eq(eddy_error_code(&sent), -ECANCELED);
    switch (reaction->returns) {
    case THE_SAME:
        return sent;
    case A_VALUE:
        return counted(&reaction->freed);
    case ANOTHER_ERROR:
        return eddy_fail(-EPIPE);
    default:
        return eddy_none();
    }
}

START_TEST(closing_throws_a_cancel_and_takes_any_normal_end) /* C8 */
{
    static const int codes[] = {
        [THE_SAME] = 0, [A_VALUE] = 0, [NOTHING] = 0, [ANOTHER_ERROR] = -EPIPE
    };

    for (size_t i = 0; i < COUNT(codes); i++) {
        struct reaction reaction = { .returns = (int)i };
        struct eddy_generator *g = generator_of(reacts, &reaction);

        expect_yield(g, 1);
        ck_assert_int_eq(eddy_generator_close(g), codes[i]);
        ck_assert_int_eq(reaction.freed, i == A_VALUE);
        ck_assert_int_eq(eddy_generator_close(g), 0);
        ck_assert_int_eq(eddy_generator_state(g), EDDY_GENERATOR_DONE);
        expect_end(g, 0);
        eddy_generator_free(g);
    }
}
END_TEST

START_TEST(closing_a_fresh_one_just_ends_it) /* C8 */
{
    int freed = 0;
    struct eddy_generator *g = with_arg(never, &freed);

    ck_assert_int_eq(eddy_generator_close(g), 0);
    ck_assert_int_eq(freed, 1);
    expect_end(g, 0);
    eddy_generator_free(g);
    ck_assert_int_eq(eddy_generator_close(NULL), -EINVAL);
    eddy_generator_free(NULL);
}
END_TEST

static struct eddy_value is_deaf(struct eddy_generator *self, void *freed)
{
    struct eddy_cleanup cleanup;

    (void)eddy_generator_cleanup(self, &cleanup, mark, word("cleaned"));
    while (freed != NULL) {
        struct eddy_value sent = eddy_yield(self, counted(freed));

        eddy_value_free(&sent);
    }
    return eddy_none();
}

START_TEST(one_that_yields_while_it_is_closed_is_ended_by_force) /* C8, C17 */
{
    int freed = 0;
    struct eddy_generator *g = generator_of(is_deaf, &freed);

    ck_assert_int_eq(eddy_generator_next(g, NULL), 1);
    ck_assert_int_eq(freed, 1);
    ck_assert_int_eq(eddy_generator_close(g), -EBUSY);
    ck_assert_int_eq(freed, 2); /* what it yielded to nobody */
    ck_assert_str_eq(marks(), "cleaned");
    expect_end(g, 0);
    ck_assert_int_eq(eddy_generator_close(g), 0);
    eddy_generator_free(g);
    ck_assert_uint_eq(stacks_in_use(), 0);
}
END_TEST

/* ---- Cleanups -------------------------------------------------------------
 */

enum { RETURNS, FAILS, IS_CLOSED, IS_FREED, IS_DEAF };

struct way {
    struct eddy_cleanup first, second, third;
    int ends; /* one of these */
};

static struct eddy_value pushes_three(struct eddy_generator *self, void *arg)
{
    struct way *way = arg;
    struct eddy_value sent;

    ck_assert_int_eq(
        eddy_generator_cleanup(self, &way->first, mark, word("first")), 0);
    ck_assert_int_eq(
        eddy_generator_cleanup(self, &way->second, mark, word("second")), 0);
    ck_assert_int_eq(
        eddy_generator_cleanup(self, &way->third, mark, word("third")), 0);
    sent = eddy_yield(self, eddy_int(1));
    if (way->ends == IS_DEAF)
        (void)eddy_yield(self, eddy_int(2));
    return way->ends == FAILS ? eddy_fail(-EPIPE) : sent;
}

START_TEST(cleanups_run_backwards_however_it_ends) /* C9, C25 */
{
    for (int ends = RETURNS; ends <= IS_DEAF; ends++) {
        struct way way = { .ends = ends };
        struct eddy_generator *g = generator_of(pushes_three, &way);

        expect_yield(g, 1);
        ck_assert_str_eq(marks(), "");
        if (ends == RETURNS)
            expect_end(g, 0);
        else if (ends == FAILS)
            expect_error(g, -EPIPE);
        else if (ends == IS_CLOSED)
            ck_assert_int_eq(eddy_generator_close(g), 0);
        if (ends < IS_FREED)
            ck_assert_str_eq(marks(), "third second first");
        eddy_generator_free(g);
        ck_assert_str_eq(marks(), ends < IS_FREED ? "" : "third second first");
    }
}
END_TEST

static struct eddy_value scopes(struct eddy_generator *self, void *deaf)
{
    EDDY_CLEANUP(outer, self, mark, word("outer"));
    {
        EDDY_CLEANUP(inner, self, mark, word("inner"));
        struct eddy_value sent = eddy_yield(self, eddy_int(1));

        if (eddy_value_is_error(&sent) && deaf == NULL)
            return sent;
    }
    mark(word("between"));
    (void)eddy_yield(self, eddy_int(2));
    return eddy_none();
}

START_TEST(leaving_a_scope_runs_its_cleanups) /* C9 */
{
    struct eddy_generator *g = generator_of(scopes, NULL);

    expect_yield(g, 1);
    expect_yield(g, 2);
    ck_assert_str_eq(marks(), "inner between");
    expect_end(g, 0);
    ck_assert_str_eq(marks(), "outer");
    eddy_generator_free(g);
    g = generator_of(scopes, NULL);
    expect_yield(g, 1);
    eddy_generator_free(g);
    ck_assert_str_eq(marks(), "inner outer");
    g = generator_of(scopes, number(1));
    expect_yield(g, 1);
    ck_assert_int_eq(eddy_generator_close(g), -EBUSY);
    ck_assert_str_eq(marks(), "inner between outer");
    eddy_generator_free(g);
}
END_TEST

static struct eddy_value runs_its_own(struct eddy_generator *self, void *arg)
{
    struct way *way = arg;

    (void)eddy_generator_cleanup(self, &way->first, mark, word("first"));
    (void)eddy_generator_cleanup(self, &way->second, mark, word("second"));
    (void)eddy_generator_cleanup(self, &way->third, mark, word("third"));
    eddy_cleanup_run(&way->second); /* and what is above it */
    eddy_cleanup_run(&way->second);
    eddy_cleanup_run(&way->third);
    eddy_cleanup_run(NULL);
    mark(word("returns"));
    return eddy_none();
}

START_TEST(a_cleanup_runs_once) /* C9 */
{
    struct way way = { .ends = RETURNS };
    struct eddy_generator *g = generator_of(runs_its_own, &way);

    expect_end(g, 0);
    ck_assert_str_eq(marks(), "third second returns first");
    eddy_generator_free(g);
}
END_TEST

/* A cleanup that does what it must not. */
static void meddle(void *generator)
{
    struct eddy_generator *g = *(struct eddy_generator **)generator;
    struct eddy_value value = eddy_yield(g, eddy_none());

    ck_assert_int_eq(eddy_error_code(&value), -EPERM);
    expect_error(g, -EBUSY);
    ck_assert_int_eq(eddy_generator_close(g), -EBUSY);
    eddy_generator_free(g);
    mark(word("meddled"));
}

static struct eddy_value is_meddled_with(struct eddy_generator *self, void *arg)
{
    static struct eddy_cleanup cleanup;

    (void)eddy_generator_cleanup(self, &cleanup, meddle, arg);
    return eddy_yield(self, eddy_int(1));
}

START_TEST(during_its_cleanups_it_is_running) /* C9, C10 */
{
    struct eddy_generator *g = generator_of(is_meddled_with, &g);

    expect_yield(g, 1);
    expect_end(g, 0);
    ck_assert_str_eq(marks(), "meddled");
    eddy_generator_free(g);
}
END_TEST

START_TEST(a_cleanup_that_cannot_be_pushed_runs_at_once) /* C9 */
{
    struct eddy_generator *g = generator_of(counts, number(3));
    struct eddy_cleanup cleanup = { 0 };

    ck_assert_int_eq(eddy_generator_cleanup(g, &cleanup, mark, word("a")),
                     -EPERM);
    ck_assert_int_eq(eddy_generator_cleanup(NULL, &cleanup, mark, word("b")),
                     -EINVAL);
    ck_assert_int_eq(eddy_generator_cleanup(g, NULL, mark, word("c")), -EINVAL);
    ck_assert_int_eq(eddy_generator_cleanup(g, &cleanup, NULL, NULL), -EINVAL);
    ck_assert_str_eq(marks(), "a b c");
    eddy_cleanup_run(&cleanup);
    ck_assert_str_eq(marks(), "");
    eddy_generator_free(g);
}
END_TEST

/* ---- Owners ---------------------------------------------------------------
 */

START_TEST(the_argument_is_freed_when_the_body_is_over) /* C8 */
{
    int freed = 0;
    struct eddy_generator *g = with_arg(reacts, &freed);

    eddy_generator_free(g); /* fresh */
    ck_assert_int_eq(freed, 1);
    g = with_arg(is_deaf, &freed); /* yields its argument, too */
    ck_assert_int_eq(eddy_generator_next(g, NULL), 1);
    ck_assert_int_eq(freed, 2);
    eddy_generator_free(g);
    ck_assert_int_eq(freed, 4);
}
END_TEST

START_TEST(a_value_sent_to_one_that_runs_is_freed) /* C10 */
{
    int freed = 0;
    struct eddy_value value;

    expect_answer(-EINVAL, eddy_generator_send(NULL, counted(&freed), &value),
                  &value, -EINVAL);
    ck_assert_int_eq(eddy_generator_throw(NULL, eddy_fail(-EIO), NULL),
                     -EINVAL);
    ck_assert_int_eq(freed, 1);
}
END_TEST

START_TEST(what_goes_in_and_out_has_one_owner) /* C3 */
{
    int freed = 0;
    struct eddy_generator *g = generator_of(echoes, NULL);
    struct eddy_value value;

    expect_yield(g, 0);
    ck_assert_int_eq(eddy_generator_send(g, counted(&freed), &value), 1);
    ck_assert_int_eq(freed, 0);
    ck_assert_int_eq(eddy_generator_send(g, value, &value), 1);
    eddy_value_free(&value);
    ck_assert_int_eq(freed, 1);
    ck_assert_int_eq(eddy_generator_send(g, counted(&freed), NULL), 1);
    ck_assert_int_eq(freed, 2);
    eddy_generator_free(g);
    ck_assert_int_eq(freed, 2);
}
END_TEST

/* ---- What cannot be made --------------------------------------------------
 */

START_TEST(what_cannot_be_made_frees_its_argument) /* C25 */
{
    struct eddy_generator_options options = { .free_arg = count_free };
    struct eddy_generator *g = NULL;
    int freed = 0;

    ck_assert_int_eq(eddy_generator_new(NULL, stacks, never, &freed, &options),
                     -EINVAL);
    ck_assert_int_eq(eddy_generator_new(&g, NULL, never, &freed, &options),
                     -EINVAL);
    ck_assert_int_eq(eddy_generator_new(&g, stacks, NULL, &freed, &options),
                     -EINVAL);
    options.stack_size = ((size_t)1 << 30) + 1;
    ck_assert_int_eq(eddy_generator_new(&g, stacks, never, &freed, &options),
                     -EINVAL);
    options.stack_size = 0;
    options.flags = ~0u;
    ck_assert_int_eq(eddy_generator_new(&g, stacks, never, &freed, &options),
                     -EINVAL);
    ck_assert_int_eq(freed, 5);
    ck_assert_ptr_null(g);
}
END_TEST

/* The pool has no stack yet: that one needs memory. */
START_TEST(without_memory_nothing_is_lost) /* C25 */
{
    struct eddy_generator_options options = { .free_arg = count_free };

    for (long nth = 1;; nth++) {
        struct eddy_stacks_options fresh = { .mem = *counting_mem() };
        struct eddy_stacks *pool;
        struct eddy_generator *g = NULL;
        int freed = 0, err;

        ck_assert_int_eq(eddy_stacks_new(&pool, &fresh), 0);
        fail_allocation(nth);
        err = eddy_generator_new(&g, pool, counts, &freed, &options);
        ck_assert(err == 0 || err == -ENOMEM);
        ck_assert_int_eq(freed, err < 0);
        if (err == 0)
            expect_yield(g, 1);
        eddy_generator_free(g);
        ck_assert_int_eq(freed, 1);
        eddy_stacks_free(pool);
        if (!allocation_failed())
            break;
    }
    fail_allocation(0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_error_is_thrown_at_the_yield,
        what_is_thrown_must_be_an_error,
        an_error_thrown_into_a_fresh_one_ends_it,
        an_error_never_looks_like_an_end,
        an_error_may_be_yielded_like_any_value,
        closing_throws_a_cancel_and_takes_any_normal_end,
        closing_a_fresh_one_just_ends_it,
        one_that_yields_while_it_is_closed_is_ended_by_force,
        cleanups_run_backwards_however_it_ends,
        leaving_a_scope_runs_its_cleanups,
        a_cleanup_runs_once,
        during_its_cleanups_it_is_running,
        a_cleanup_that_cannot_be_pushed_runs_at_once,
        the_argument_is_freed_when_the_body_is_over,
        a_value_sent_to_one_that_runs_is_freed,
        what_goes_in_and_out_has_one_owner,
        what_cannot_be_made_frees_its_argument,
        without_memory_nothing_is_lost,
    };
    Suite *suite = suite_create("generator_ends");

    add_generator_tests(suite, tests, COUNT(tests));
    return run_suite(suite);
}
