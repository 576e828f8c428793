/* SPDX-License-Identifier: MIT */
/*
 * generator_support.h - generators for a test, and what they gave.
 *
 * A pool of stacks is opened before each test of add_generator_tests(), and
 * freed after it, when all its stacks must have come back.
 */
#ifndef EDDY_TESTS_GENERATOR_SUPPORT_H
#define EDDY_TESTS_GENERATOR_SUPPORT_H

#include <eddy/generator.h>

#include "deferred_support.h"

void add_generator_tests(Suite *suite, const TTest *const *tests, size_t count);

extern struct eddy_stacks *stacks;
size_t stacks_in_use(void);

/* One in that pool. */
struct eddy_generator *generator_of(eddy_generator_fn *fn, void *arg);

/* Fail the test unless the next thing it gives is this integer, is its end with
 * this integer, is this error. */
void expect_yield(struct eddy_generator *generator, int64_t n);
void expect_end(struct eddy_generator *generator, int64_t n);
void expect_error(struct eddy_generator *generator, int err);
/* The same for what was sent: expect_sent(1, eddy_generator_send(...), &value)
 * frees the value. n is an integer, or a negative error if `wanted` is. */
void expect_answer(int wanted, int got, struct eddy_value *value, int64_t n);

/* ---- Bodies -------------------------------------------------------------- */

/* Yields 1, 2 ... as many as arg says; number(0): without end, and deaf to
 * whatever is thrown in. Returns how many there were. */
struct eddy_value counts(struct eddy_generator *self, void *many);
/* Yields 0, then what was sent, until that is an error, which it returns. */
struct eddy_value echoes(struct eddy_generator *self, void *arg);

#endif
