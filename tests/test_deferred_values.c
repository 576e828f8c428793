/* SPDX-License-Identifier: MIT */
/* test_deferred_values.c - values, errors, and errors that nobody handled. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "deferred_support.h"

static const char *http_text(int code)
{
    return code == 404 ? "not found" : NULL;
}

static const struct eddy_error_domain http = { "http", http_text };
static const struct eddy_error_domain mute = { "mute", NULL };

/* An error of that code and domain with so many children. */
static struct eddy_value error_of(const struct eddy_error_domain *in, int code,
                                  struct eddy_value *child, size_t count)
{
    return eddy_error_new(
        counting_mem(),
        &(struct eddy_error){
            .domain = in, .code = code, .child = child, .count = count });
}

static void expect_code(struct eddy_value value, int code)
{
    ck_assert_int_eq(eddy_value_is_error(&value), code != 0);
    ck_assert_int_eq(eddy_error_code(&value), code);
    eddy_value_free(&value);
}

/* ---- Values -------------------------------------------------------------- */

START_TEST(a_value_is_an_integer_a_pointer_or_an_error)
{
    int freed = 0;
    struct eddy_value n = eddy_int(INT64_MIN), none = eddy_none();
    struct eddy_value lent = eddy_lend(&freed), owned = counted(&freed);

    ck_assert_int_eq(n.n, INT64_MIN);
    ck_assert_int_eq(none.n, 0);
    ck_assert_ptr_eq(lent.ptr, &freed);
    expect_code(n, 0);
    expect_code(none, 0);
    expect_code(lent, 0);
    ck_assert_int_eq(freed, 0);
    expect_code(owned, 0);
    ck_assert_int_eq(freed, 1);
    expect_code(eddy_fail(-EIO), -EIO);
    expect_code(eddy_fail(0), -EINVAL);
    expect_code(eddy_fail(EIO), -EINVAL);
}
END_TEST

START_TEST(a_value_that_was_taken_or_freed_is_nothing)
{
    int freed = 0;
    struct eddy_value value = counted(&freed), taken = eddy_take(&value);

    ck_assert(value.free == NULL);
    ck_assert_int_eq(value.n, 0);
    eddy_value_free(&value);
    ck_assert_int_eq(freed, 0);
    eddy_value_free(&taken);
    eddy_value_free(&taken);
    ck_assert_int_eq(freed, 1);
    eddy_value_free(NULL);
}
END_TEST

START_TEST(a_pointer_owned_without_a_destructor_is_lent)
{
    int n = 0;
    struct eddy_value value = eddy_own(&n, NULL);

    ck_assert_ptr_eq(value.ptr, &n);
    ck_assert(value.free != NULL);
    eddy_value_free(&value);
}
END_TEST

START_TEST(sharing_lends_what_is_owned_and_keeps_the_rest)
{
    int freed = 0;
    struct eddy_value n = eddy_int(3), owned = counted(&freed);
    struct eddy_value bare = eddy_fail(-EIO), lent = eddy_value_share(&owned);
    struct eddy_value awaited = eddy_wait_for(pending());

    ck_assert_int_eq(eddy_value_share(&n).n, 3);
    ck_assert_ptr_eq(lent.ptr, &freed);
    eddy_value_free(&lent);
    ck_assert_int_eq(freed, 0);
    eddy_value_free(&owned);
    ck_assert_int_eq(freed, 1);
    expect_code(eddy_value_share(&bare), -EIO);
    expect_code(eddy_value_share(NULL), 0);
    expect_code(eddy_value_share(&awaited), 0);
    eddy_value_free(&awaited);
}
END_TEST

START_TEST(an_error_shared_lives_as_long_as_its_last_owner)
{
    int freed = 0;
    struct eddy_value child = counted(&freed);
    struct eddy_value one = error_of(NULL, -EIO, &child, 1);
    struct eddy_value two = eddy_value_share(&one);

    fail_allocation(1);
    expect_code(eddy_value_share(&two), -EIO);
    ck_assert(!allocation_failed());
    eddy_value_free(&one);
    ck_assert_int_eq(freed, 0);
    expect_code(two, -EIO);
    ck_assert_int_eq(freed, 1);
}
END_TEST

/* ---- Errors -------------------------------------------------------------- */

START_TEST(an_error_has_details)
{
    char text[] = "no paper";
    struct eddy_error all = {
        .code = -EIO, .text = text, .at = EDDY_HERE, .index = 3, .done = 17
    };
    struct eddy_value value = eddy_error_new(counting_mem(), &all);
    const struct eddy_error *details = eddy_error_details(&value);

    text[0] = '\0'; /* it was copied */
    ck_assert_int_eq(details->code, -EIO);
    ck_assert_str_eq(details->text, "no paper");
    ck_assert_str_eq(eddy_error_text(&value), "no paper");
    ck_assert_ptr_nonnull(strstr(details->at, "test_deferred_values.c:"));
    ck_assert_int_eq(details->index, 3);
    ck_assert_uint_eq(details->done, 17);
    ck_assert_uint_eq(details->count, 0);
    expect_code(value, -EIO);
    value = eddy_fail(-EIO);
    ck_assert_ptr_null(eddy_error_details(&value));
    ck_assert_ptr_null(eddy_error_details(NULL));
}
END_TEST

START_TEST(an_error_has_words)
{
    struct eddy_value value = eddy_fail(-EIO), none = eddy_none();
    struct eddy_value found = error_of(&http, 404, NULL, 0);
    struct eddy_value unknown = error_of(&http, 0, NULL, 0);
    struct eddy_value silent = error_of(&mute, 1, NULL, 0);
    struct eddy_value plain = error_of(NULL, -EIO, NULL, 0);

    ck_assert_str_eq(eddy_error_text(&value), eddy_strerror(-EIO));
    ck_assert_str_eq(eddy_error_text(&plain), eddy_strerror(-EIO));
    ck_assert_str_eq(eddy_error_text(&none), "no error");
    ck_assert_str_eq(eddy_error_text(NULL), "no error");
    ck_assert_str_eq(eddy_error_text(&found), "not found");
    ck_assert_str_eq(eddy_error_text(&unknown), "unknown error");
    ck_assert_str_eq(eddy_error_text(&silent), "unknown error");
    ck_assert(eddy_value_is_error(&unknown)); /* its code is 0 */
    eddy_value_free(&unknown);
    eddy_value_free(&found);
    eddy_value_free(&silent);
    eddy_value_free(&plain);
}
END_TEST

START_TEST(an_error_of_ones_own_words_is_formatted_and_cut)
{
    char many[1000];
    struct eddy_value value =
        eddy_fail_text(counting_mem(), -EIO, "%s %d", "page", 7);

    ck_assert_str_eq(eddy_error_text(&value), "page 7");
    eddy_value_free(&value);
    memset(many, 'x', sizeof many);
    many[sizeof many - 1] = '\0';
    value = eddy_fail_text(counting_mem(), 5, "%s", many);
    ck_assert_uint_eq(strlen(eddy_error_text(&value)), 255);
    expect_code(value, -EINVAL);
    expect_code(eddy_fail_text(NULL, -EIO, NULL), -EIO);
}
END_TEST

START_TEST(codes_of_two_domains_are_not_mixed_up)
{
    struct eddy_value of_http = error_of(&http, -EIO, NULL, 0);
    struct eddy_value ours = eddy_fail(-EIO), none = eddy_none();

    ck_assert(eddy_error_is(&ours, -EIO));
    ck_assert(!eddy_error_is(&ours, -EPIPE));
    ck_assert(!eddy_error_is_in(&ours, &http, -EIO));
    ck_assert(!eddy_error_is(&of_http, -EIO));
    ck_assert(eddy_error_is_in(&of_http, &http, -EIO));
    ck_assert(!eddy_error_is_in(&of_http, &mute, -EIO));
    ck_assert(!eddy_error_is(&none, 0));
    ck_assert(!eddy_error_is(NULL, 0));
    eddy_value_free(&of_http);
}
END_TEST

START_TEST(an_error_is_what_caused_it_and_what_it_is_made_of)
{
    struct eddy_value cause = eddy_fail(-EPIPE), children[3], group;

    children[0] = error_of(NULL, -EIO, &cause, 1);
    children[1] = eddy_int(-EPERM); /* a value among them is no error */
    children[2] = error_of(&http, 404, NULL, 0);
    group = error_of(NULL, -ECANCELED, children, COUNT(children));
    ck_assert_int_eq(children[0].n, 0); /* taken over */
    ck_assert_uint_eq(eddy_error_details(&group)->count, 3);
    ck_assert_int_eq(eddy_error_code(&eddy_error_details(&group)->child[0]),
                     -EIO);
    ck_assert(eddy_error_is(&group, -ECANCELED));
    ck_assert(eddy_error_is(&group, -EIO));
    ck_assert(eddy_error_is(&group, -EPIPE));
    ck_assert(eddy_error_is_in(&group, &http, 404));
    ck_assert(!eddy_error_is(&group, -EPERM));
    eddy_value_free(&group);
}
END_TEST

START_TEST(what_is_no_error_is_refused_and_its_children_freed)
{
    int freed = 0;
    struct eddy_value child = counted(&freed);

    expect_code(error_of(NULL, 5, &child, 1), -EINVAL);
    ck_assert_int_eq(freed, 1);
    expect_code(error_of(NULL, -EIO, NULL, 1), -EINVAL);
    expect_code(eddy_error_new(NULL, NULL), -EINVAL);
}
END_TEST

START_TEST(without_memory_an_error_is_its_code)
{
    int freed = 0;
    struct eddy_value child = counted(&freed);

    fail_allocation(1);
    expect_code(error_of(NULL, -EIO, &child, 1), -EIO);
    ck_assert_int_eq(freed, 1);
    fail_allocation(1);
    expect_code(error_of(&http, 404, NULL, 0), -ENOMEM);
    fail_allocation(1);
    expect_code(eddy_fail_text(counting_mem(), -EIO, "words"), -EIO);
    ck_assert(allocation_failed());
}
END_TEST

/* ---- Errors that nobody handled ------------------------------------------ */

START_TEST(an_error_nobody_handled_is_reported_once) /* D90 */
{
    struct eddy_deferred *d = eddy_fired_at(
        domain, eddy_fail_text(counting_mem(), -EIO, "no paper"), "made:1");

    ck_assert_int_eq(logged("unhandled"), 0);
    eddy_unref(eddy_ref(d));
    ck_assert_int_eq(logged("unhandled"), 0);
    eddy_unref(d);
    ck_assert_int_eq(logged("unhandled"), 1);
    ck_assert_int_eq(logged("no paper"), 1);
    ck_assert_int_eq(logged("made:1"), 0);
}
END_TEST

START_TEST(in_debug_mode_the_report_tells_where) /* D90 */
{
    struct eddy_deferred *d =
        eddy_deferred_new_at(domain, NULL, NULL, "made:1");

    ck_assert_int_eq(eddy_domain_set_debug(domain, true), 0);
    ck_assert_int_eq(eddy_fire_at(d, eddy_fail(-EIO), "fired:2"), 0);
    eddy_unref(d);
    ck_assert_int_eq(logged("made at made:1, fired at fired:2"), 1);
}
END_TEST

static struct eddy_value fail_again(struct eddy_value *result, void *unused)
{
    (void)unused;
    return eddy_take(result);
}

START_TEST(an_error_that_was_handled_is_not_reported) /* D91 */
{
    struct eddy_deferred *next = pending(), *d = failed(-EIO);
    struct eddy_value taken;

    eddy_unref(eddy_rescue(failed(-EIO), answer, number(1)));
    eddy_unref(eddy_chain(failed(-EIO), next));
    finish_with(next, -EIO);
    eddy_unref(eddy_rescue(eddy_then(fired(1), await, failed(-EIO)), answer,
                           number(1)));
    taken = eddy_take_result(d);
    eddy_unref(d);
    expect_code(taken, -EIO);
    ck_assert_int_eq(logged("unhandled"), 0);
    d = failed(-EIO);
    expect_result(d, -EIO);
    eddy_unref(eddy_rescue(d, fail_again, NULL)); /* it failed once more */
    ck_assert_int_eq(logged("unhandled"), 1);
}
END_TEST

START_TEST(one_that_never_fired_is_dropped_silently) /* D91 */
{
    int freed = 0;
    struct eddy_deferred *d = eddy_both(pending(), see, word("not"));

    eddy_add(
        d, &(struct eddy_link){ .then_arg = &freed, .free_then = count_free });
    eddy_unref(d);
    ck_assert_int_eq(freed, 1);
    ck_assert_str_eq(marks(), "");
    ck_assert_int_eq(logged(""), 0);
}
END_TEST

START_TEST(a_cancellation_nobody_handled_is_reported) /* D92 */
{
    struct eddy_deferred *d = pending();

    eddy_cancel(d);
    eddy_unref(d);
    ck_assert_int_eq(logged("unhandled"), 1);
}
END_TEST

START_TEST(the_report_comes_with_the_last_reference_and_runs_no_link) /* D93 */
{
    struct eddy_deferred *d = failed(-EIO);

    ck_assert_int_eq(eddy_pause(d), 0);
    eddy_rescue(d, see, word("not"));
    (void)eddy_ref(d);
    eddy_unref(d);
    ck_assert_int_eq(logged("unhandled"), 0);
    eddy_unref(d);
    ck_assert_int_eq(logged("unhandled"), 1);
    ck_assert_str_eq(marks(), "");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_value_is_an_integer_a_pointer_or_an_error,
        a_value_that_was_taken_or_freed_is_nothing,
        a_pointer_owned_without_a_destructor_is_lent,
        sharing_lends_what_is_owned_and_keeps_the_rest,
        an_error_shared_lives_as_long_as_its_last_owner,
        an_error_has_details,
        an_error_has_words,
        an_error_of_ones_own_words_is_formatted_and_cut,
        codes_of_two_domains_are_not_mixed_up,
        an_error_is_what_caused_it_and_what_it_is_made_of,
        what_is_no_error_is_refused_and_its_children_freed,
        without_memory_an_error_is_its_code,
        an_error_nobody_handled_is_reported_once,
        in_debug_mode_the_report_tells_where,
        an_error_that_was_handled_is_not_reported,
        one_that_never_fired_is_dropped_silently,
        a_cancellation_nobody_handled_is_reported,
        the_report_comes_with_the_last_reference_and_runs_no_link,
    };
    Suite *suite = suite_create("deferred_values");

    add_deferred_tests(suite, tests, COUNT(tests));
    return run_suite(suite);
}
