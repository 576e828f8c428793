/* SPDX-License-Identifier: MIT */
/*
 * deferred_support.h - a domain for a test, and links that say what they saw.
 *
 * What is not said here is as in loop_support.h: marks() is what happened,
 * logged() what the log says. A domain without a loop, `domain`, is opened
 * before each test of add_deferred_tests(), and freed after it.
 */
#ifndef EDDY_TESTS_DEFERRED_SUPPORT_H
#define EDDY_TESTS_DEFERRED_SUPPORT_H

#include <eddy/deferred.h>

#include "loop_support.h"

/* Adds tests that need no loop. */
void add_deferred_tests(Suite *suite, const TTest *const *tests, size_t count);

extern struct eddy_domain *domain;
struct eddy_domain *new_domain(void);

/* A pending one without a canceller, in `domain`. */
struct eddy_deferred *pending(void);
/* One that has fired, in `domain`. */
struct eddy_deferred *fired(int64_t n);
struct eddy_deferred *failed(int err);

/* ---- Links --------------------------------------------------------------- */

/* Marks what came, as in "a:5", "a:ECANCELED" or "a:ptr", and passes it on. */
struct eddy_value see(struct eddy_value *result, void *text);
/* The same, but passes nothing on. */
struct eddy_value swallow(struct eddy_value *result, void *text);
/* Answers with this integer, or as an error if it is negative; arg: number().
 */
struct eddy_value answer(struct eddy_value *result, void *n);
static inline void *number(int64_t n)
{
    return (void *)(intptr_t)n;
}
/* Answers with this deferred, taking over a reference. */
struct eddy_value await(struct eddy_value *result, void *deferred);

/* ---- Values -------------------------------------------------------------- */

/* A value that counts its freeing: count_free(&int). */
struct eddy_value counted(int *freed);
void count_free(void *freed);

/* Fails the test unless it is done with this integer, or this error. */
void expect_result(struct eddy_deferred *deferred, int64_t n);
/* The same, then lets go of it. */
void finish_with(struct eddy_deferred *deferred, int64_t n);

#endif
