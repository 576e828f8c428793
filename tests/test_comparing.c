/* SPDX-License-Identifier: MIT */
/* test_comparing.c - medians, lines of code, and what sources share. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../tools/eddy/listing.h"
#include "../tools/eddy/measure.h"
#include "../tools/eddy/source.h"
#include "support.h"

/* ---- Sources, in place of the examples ---------------------------------- */

static const char *const greet_callback[] = {
    "/* greet - a comment",
    " * of two lines */",
    "",
    "int main(void) /* here */",
    "{",
    "    return start(\"a < b\");",
    "}",
};
static const char *const greet_deferred[] = {
    "int main(void) /* here */", "{", "    a();", "    b(); c(); /* d();",
    "    e(); */ f();",          "}", "\t",
};
static const char *const greet_coroutine[] = {
    "", "int main(void) /* here */", "{", "    await();", "}",
};
static const char *const lone_deferred[] = { "alone();" };

const struct source sources[] = {
    { "greet.c", "greet", "callback", greet_callback, COUNT(greet_callback) },
    { "greet_d.c", "greet", "deferred", greet_deferred, COUNT(greet_deferred) },
    { "greet_c.c", "greet", "coroutine", greet_coroutine,
      COUNT(greet_coroutine) },
    { "lone.c", "lone", "deferred", lone_deferred, COUNT(lone_deferred) },
    { NULL, NULL, NULL, NULL, 0 },
};

START_TEST(sources_are_found_by_example_and_style)
{
    ck_assert_str_eq(source_find("greet", "deferred")->file, "greet_d.c");
    ck_assert_ptr_null(source_find("greet", "goto"));
    ck_assert_ptr_null(source_find("lone", "callback"));
}
END_TEST

START_TEST(comments_and_blank_lines_are_no_code)
{
    ck_assert_uint_eq(source_lines(source_find("greet", "callback")), 4);
    ck_assert_uint_eq(source_lines(source_find("greet", "deferred")), 6);
    ck_assert_uint_eq(source_lines(source_find("greet", "coroutine")), 4);
    ck_assert_uint_eq(source_lines(NULL), 0);
}
END_TEST

/* ---- Side by side ------------------------------------------------------- */

static char listed[8192];

static bool list(const char *example)
{
    FILE *file = tmpfile();
    bool found;
    size_t size;

    ck_assert_ptr_nonnull(file);
    found = listing_write(file, example);
    rewind(file);
    size = fread(listed, 1, sizeof listed - 1, file);
    listed[size] = '\0';
    fclose(file);
    return found;
}

/* The kinds of the lines of a column, a letter for each: "sdp". */
static void kinds_of(const char *file, char *kinds)
{
    const char *at = strstr(listed, file);
    const char *end = strstr(at, "</code>");

    while ((at = strstr(at, "<span class=\"")) != NULL && at < end) {
        at += strlen("<span class=\"");
        *kinds++ = *at;
    }
    *kinds = '\0';
}

START_TEST(what_all_sources_have_stands_at_the_same_height)
{
    static const struct {
        const char *file, *kinds;
    } rows[] = {
        { "greet.c", "dddssdppsp" },
        { "greet_d.c", "pppssdddsd" },
        { "greet_c.c", "dppssdppsp" },
    };
    char kinds[32];

    ck_assert(list("greet"));
    for (size_t i = 0; i < COUNT(rows); i++) {
        kinds_of(rows[i].file, kinds);
        ck_assert_str_eq(kinds, rows[i].kinds);
    }
}
END_TEST

START_TEST(what_would_be_markup_is_text)
{
    ck_assert(list("greet"));
    ck_assert_ptr_nonnull(strstr(listed, "start(&quot;a &lt; b&quot;);"));
}
END_TEST

START_TEST(single_source_is_the_same_as_itself)
{
    char kinds[32];

    ck_assert(list("lone"));
    kinds_of("lone.c", kinds);
    ck_assert_str_eq(kinds, "s");
}
END_TEST

START_TEST(example_without_sources_has_no_listing)
{
    ck_assert(!list("nothing"));
    ck_assert_str_eq(listed, "");
}
END_TEST

/* ---- Measures ----------------------------------------------------------- */

static void expect(double found, double value)
{
    ck_assert_double_eq_tol(found, value, 1e-9);
}

START_TEST(half_of_the_rounds_lie_between_the_quartiles)
{
    static const struct {
        double values[5];
        size_t count;
        double low, median, high;
    } rows[] = {
        { { 7 }, 1, 7, 7, 7 },
        { { 4, 2 }, 2, 2.5, 3, 3.5 },
        { { 3, 1, 2 }, 3, 1.5, 2, 2.5 },
        { { 5, 1, 4, 2, 3 }, 5, 2, 3, 4 },
        { { 1, 1, 1, 1, 100 }, 5, 1, 1, 1 },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        double values[5];
        struct series series = { values, rows[i].count };

        memcpy(values, rows[i].values, sizeof values);
        struct summary summary = series_summary(&series);
        expect(summary.low, rows[i].low);
        expect(summary.median, rows[i].median);
        expect(summary.high, rows[i].high);
        expect(values[0], rows[i].values[0]); /* the rounds keep their order */
    }
}
END_TEST

START_TEST(what_was_not_measured_is_no_number)
{
    struct series none = { NULL, 0 };

    ck_assert(isnan(series_summary(&none).median));
    ck_assert(isnan(series_summary(&none).low));
    ck_assert(isnan(series_summary(&none).high));
}
END_TEST

START_TEST(large_values_are_told_with_fewer_decimals)
{
    ck_assert_int_eq(measure_decimals(CPU, 5.25), 2);
    ck_assert_int_eq(measure_decimals(CPU, 99.9), 2);
    ck_assert_int_eq(measure_decimals(CPU, 100), 1);
    ck_assert_int_eq(measure_decimals(CPU, 1e6), 0);
    ck_assert_int_eq(measure_decimals(RATE, 1), 0);
}
END_TEST

int main(void)
{
    const TTest *const of_sources[] = {
        sources_are_found_by_example_and_style,
        comments_and_blank_lines_are_no_code,
        what_all_sources_have_stands_at_the_same_height,
        what_would_be_markup_is_text,
        single_source_is_the_same_as_itself,
        example_without_sources_has_no_listing,
    };
    const TTest *const of_measures[] = {
        half_of_the_rounds_lie_between_the_quartiles,
        what_was_not_measured_is_no_number,
        large_values_are_told_with_fewer_decimals,
    };
    Suite *suite = suite_create("comparing");

    add_tests(suite, "sources", of_sources, COUNT(of_sources), NULL, NULL);
    add_tests(suite, "measures", of_measures, COUNT(of_measures), NULL, NULL);
    return run_suite(suite);
}
