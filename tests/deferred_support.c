/* SPDX-License-Identifier: MIT */
/* deferred_support.c - a domain for a test, and links that say what they saw.
 */
#include <inttypes.h>
#include <stdio.h>

#include "deferred_support.h"

struct eddy_domain *domain;

struct eddy_domain *new_domain(void)
{
    struct eddy_domain_options options = { .log = real_options(0).log };
    struct eddy_domain *made;

    options.mem = *counting_mem();
    ck_assert_int_eq(eddy_domain_new(&made, &options), 0);
    return made;
}

static void open_domain(void)
{
    forget_what_happened();
    domain = new_domain();
}

static void close_domain(void)
{
    fail_allocation(0);
    eddy_domain_free(domain);
}

void add_deferred_tests(Suite *suite, const TTest *const *tests, size_t count)
{
    add_tests(suite, "deferred", tests, count, open_domain, close_domain);
}

struct eddy_deferred *pending(void)
{
    return eddy_deferred_new(domain, NULL, NULL);
}

struct eddy_deferred *fired(int64_t n)
{
    return eddy_fired(domain, eddy_int(n));
}

struct eddy_deferred *failed(int err)
{
    return eddy_fired(domain, eddy_fail(err));
}

/* ---- Links --------------------------------------------------------------- */

struct eddy_value see(struct eddy_value *result, void *text)
{
    char line[64];

    if (eddy_value_is_error(result))
        (void)snprintf(line, sizeof line, "%s:%s", (const char *)text,
                       eddy_errname(eddy_error_code(result)));
    else if (result->free != NULL)
        (void)snprintf(line, sizeof line, "%s:ptr", (const char *)text);
    else
        (void)snprintf(line, sizeof line, "%s:%" PRId64, (const char *)text,
                       result->n);
    mark(line);
    return eddy_take(result);
}

struct eddy_value swallow(struct eddy_value *result, void *text)
{
    *result = see(result, text);
    return eddy_none();
}

struct eddy_value answer(struct eddy_value *result, void *n)
{
    (void)result;
    return (intptr_t)n < 0 ? eddy_fail((int)(intptr_t)n)
                           : eddy_int((intptr_t)n);
}

struct eddy_value await(struct eddy_value *result, void *deferred)
{
    (void)result;
    return eddy_wait_for(deferred);
}

/* ---- Values -------------------------------------------------------------- */

void count_free(void *freed)
{
    ++*(int *)freed;
}

struct eddy_value counted(int *freed)
{
    return eddy_own(freed, count_free);
}

void expect_result(struct eddy_deferred *deferred, int64_t n)
{
    const struct eddy_value *result = eddy_peek(deferred);

    ck_assert_ptr_nonnull(result);
    if (n < 0)
        ck_assert_int_eq(eddy_error_code(result), n);
    else
        ck_assert_int_eq(result->n, n);
    ck_assert_int_eq(eddy_value_is_error(result), n < 0);
}

void finish_with(struct eddy_deferred *deferred, int64_t n)
{
    expect_result(deferred, n);
    eddy_unref(deferred);
}
