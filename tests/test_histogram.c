/* SPDX-License-Identifier: MIT */
/* test_histogram.c - the percentiles that the tool prints can be trusted. */
#include <string.h>

#include "../tools/eddy/histogram.h"
#include "support.h"

static struct histogram histogram;

static void empty(void)
{
    memset(&histogram, 0, sizeof histogram);
}

/* A quantile is never below the truth, and at most one part in 64 above. */
static void expect_about(int per_mille, int64_t truth)
{
    int64_t found = histogram_quantile(&histogram, per_mille);

    ck_assert_int_ge(found, truth);
    ck_assert_int_le(found, truth + truth / HISTOGRAM_PARTS);
}

START_TEST(empty_histogram_has_only_zero)
{
    ck_assert_int_eq(histogram_quantile(&histogram, 0), 0);
    ck_assert_int_eq(histogram_quantile(&histogram, 500), 0);
    ck_assert_int_eq(histogram_quantile(&histogram, 1000), 0);
}
END_TEST

START_TEST(one_value_is_every_quantile)
{
    static const int64_t values[] = { 0,           1,    63,     64,
                                      127,         128,  129,    255,
                                      256,         1000, 999999, 1000000007,
                                      123456789012 };

    for (size_t i = 0; i < COUNT(values); i++) {
        empty();
        histogram_add(&histogram, values[i]);
        ck_assert_int_eq(histogram_quantile(&histogram, 1), values[i]);
        ck_assert_int_eq(histogram_quantile(&histogram, 1000), values[i]);
    }
}
END_TEST

START_TEST(small_values_are_exact)
{
    for (int i = 1; i <= 100; i++)
        histogram_add(&histogram, i);
    ck_assert_int_eq(histogram_quantile(&histogram, 10), 1);
    ck_assert_int_eq(histogram_quantile(&histogram, 11), 2);
    ck_assert_int_eq(histogram_quantile(&histogram, 500), 50);
    ck_assert_int_eq(histogram_quantile(&histogram, 990), 99);
    ck_assert_int_eq(histogram_quantile(&histogram, 999), 100);
}
END_TEST

START_TEST(large_values_are_close)
{
    for (int64_t i = 1; i <= 100000; i++)
        histogram_add(&histogram, i * 977);
    expect_about(1, INT64_C(100) * 977);
    expect_about(500, INT64_C(50000) * 977);
    expect_about(990, INT64_C(99000) * 977);
    expect_about(999, INT64_C(99900) * 977);
    ck_assert_int_eq(histogram_quantile(&histogram, 1000),
                     INT64_C(100000) * 977);
}
END_TEST

START_TEST(one_slow_reply_does_not_hide)
{
    for (int i = 0; i < 999; i++)
        histogram_add(&histogram, 1000);
    histogram_add(&histogram, 5000000);
    expect_about(990, 1000);
    expect_about(999, 1000);
    ck_assert_int_eq(histogram_quantile(&histogram, 1000), 5000000);
}
END_TEST

START_TEST(values_out_of_range_count_as_the_nearest)
{
    histogram_add(&histogram, -5);
    ck_assert_int_eq(histogram_quantile(&histogram, 1000), 0);
    histogram_add(&histogram, INT64_MAX);
    ck_assert_uint_eq(histogram.count, 2);
    ck_assert_int_ge(histogram_quantile(&histogram, 1000),
                     INT64_C(3600) * 1000000000);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        empty_histogram_has_only_zero, one_value_is_every_quantile,
        small_values_are_exact,        large_values_are_close,
        one_slow_reply_does_not_hide,  values_out_of_range_count_as_the_nearest,
    };
    Suite *suite = suite_create("histogram");

    add_tests(suite, "values", tests, COUNT(tests), empty, NULL);
    return run_suite(suite);
}
