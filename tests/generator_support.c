/* SPDX-License-Identifier: MIT */
/* generator_support.c - generators for a test. */
#include "generator_support.h"

struct eddy_stacks *stacks;

static void open_stacks(void)
{
    struct eddy_stacks_options options = { .mem = *counting_mem() };

    forget_what_happened();
    ck_assert_int_eq(eddy_stacks_new(&stacks, &options), 0);
}

static void close_stacks(void)
{
    ck_assert_uint_eq(stacks_in_use(), 0);
    eddy_stacks_free(stacks);
}

void add_generator_tests(Suite *suite, const TTest *const *tests, size_t count)
{
    add_tests(suite, "generators", tests, count, open_stacks, close_stacks);
}

size_t stacks_in_use(void)
{
    struct eddy_stacks_stats stats;

    ck_assert_int_eq(eddy_stacks_stats(stacks, &stats), 0);
    return stats.used;
}

struct eddy_generator *generator_of(eddy_generator_fn *fn, void *arg)
{
    struct eddy_generator *generator;

    ck_assert_int_eq(eddy_generator_new(&generator, stacks, fn, arg, NULL), 0);
    return generator;
}

void expect_answer(int wanted, int got, struct eddy_value *value, int64_t n)
{
    ck_assert_int_eq(got, wanted);
    if (wanted < 0)
        ck_assert_int_eq(eddy_error_code(value), n);
    else
        ck_assert_int_eq(value->n, n);
    ck_assert_int_eq(eddy_value_is_error(value), wanted < 0);
    eddy_value_free(value);
}

void expect_yield(struct eddy_generator *generator, int64_t n)
{
    struct eddy_value value;

    expect_answer(1, eddy_generator_next(generator, &value), &value, n);
}

void expect_end(struct eddy_generator *generator, int64_t n)
{
    struct eddy_value value;

    expect_answer(0, eddy_generator_next(generator, &value), &value, n);
}

void expect_error(struct eddy_generator *generator, int err)
{
    struct eddy_value value;

    expect_answer(err, eddy_generator_next(generator, &value), &value, err);
}

/* ---- Bodies -------------------------------------------------------------- */

struct eddy_value counts(struct eddy_generator *self, void *many)
{
    int64_t limit = (intptr_t)many, n = 0;

    while (limit == 0 || n < limit) {
        struct eddy_value sent = eddy_yield(self, eddy_int(++n));

        if (limit != 0 && eddy_value_is_error(&sent))
            return sent;
        eddy_value_free(&sent);
    }
    return eddy_int(n);
}

struct eddy_value echoes(struct eddy_generator *self, void *arg)
{
    struct eddy_value sent = eddy_yield(self, eddy_int(0));

    (void)arg;
    while (!eddy_value_is_error(&sent))
        sent = eddy_yield(self, sent);
    return sent;
}
