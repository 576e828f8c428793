/* SPDX-License-Identifier: MIT */
/* test_collect.c - many deferreds as one: lists, gathering, races. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <eddy/collect.h>

#include "deferred_support.h"

enum { MANY = 100000 };

/* Three to be collected; the test has a reference of its own of each. */
static struct eddy_deferred *child[3];

static struct eddy_deferred *keep(struct eddy_deferred *deferred, int i)
{
    child[i] = eddy_ref(deferred);
    return deferred;
}

static void let_children_go(void)
{
    for (int i = 0; i < 3; i++)
        eddy_unref(child[i]);
}

static struct eddy_deferred *collect_three(unsigned flags)
{
    struct eddy_deferred *three[3];

    for (int i = 0; i < 3; i++)
        three[i] = keep(pending(), i);
    return eddy_collect(domain, three, 3, flags);
}

static void fire(int i, int64_t n)
{
    ck_assert_int_eq(
        eddy_fire(child[i], n < 0 ? eddy_fail((int)n) : eddy_int(n)), 0);
}

/* ---- What it gave -------------------------------------------------------- */

static char told[256];

static void tell(const char *part)
{
    (void)strncat(told, part, sizeof told - strlen(told) - 1);
}

static void tell_value(const struct eddy_value *value)
{
    char number[32];

    (void)snprintf(number, sizeof number, "%" PRId64, value->n);
    tell(eddy_value_is_error(value) ? eddy_errname(eddy_error_code(value))
         : value->free != NULL      ? "ptr"
                                    : number);
}

static void tell_all(const struct eddy_value *value, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        tell(i == 0 ? "" : " ");
        tell_value(&value[i]);
    }
}

/* "pending"; "[1 EIO ptr]"; an error made of errors is "EIO(EIO EPIPE)". */
static const char *outcome_of(struct eddy_deferred *deferred)
{
    const struct eddy_value *result = eddy_peek(deferred);
    const struct eddy_error *error = eddy_error_details(result);
    const struct eddy_values *values = eddy_value_many(result);

    told[0] = '\0';
    if (values != NULL) {
        tell("[");
        tell_all(values->value, values->count);
        tell("]");
    } else if (result == NULL) {
        tell("pending");
    } else {
        tell_value(result);
    }
    if (error != NULL) {
        tell("(");
        tell_all(error->child, error->count);
        tell(")");
    }
    return told;
}

static size_t index_of(struct eddy_deferred *deferred)
{
    const struct eddy_value *result = eddy_peek(deferred);
    const struct eddy_values *values = eddy_value_many(result);

    ck_assert_ptr_nonnull(result);
    return values != NULL ? values->index
                          : (size_t)eddy_error_details(result)->index;
}

static void finish_told(struct eddy_deferred *deferred, const char *outcome)
{
    ck_assert_str_eq(outcome_of(deferred), outcome);
    eddy_unref(deferred);
}

/* ---- Lists --------------------------------------------------------------- */

START_TEST(all_outcomes_come_in_the_order_of_the_input) /* D65 */
{
    struct eddy_deferred *list = collect_three(0);

    fire(2, 3);
    fire(0, 1);
    ck_assert_str_eq(outcome_of(list), "pending");
    fire(1, -EIO);
    finish_told(list, "[1 EIO 3]");
    ck_assert_int_eq(eddy_error_code(eddy_peek(child[1])), -EIO);
    let_children_go();
}
END_TEST

START_TEST(no_deferreds_fire_at_once_or_fail_at_once) /* D66 D80 */
{
    finish_told(eddy_settled(domain, NULL, 0), "[]");
    finish_told(eddy_gather(domain, NULL, 0), "[]");
    finish_with(eddy_collect(domain, NULL, 0, EDDY_FIRST_VALUE), -EINVAL);
    finish_with(eddy_race(domain, NULL, 0), -EINVAL);
}
END_TEST

START_TEST(the_first_value_fires_it_with_its_index) /* D67 */
{
    struct eddy_deferred *list = collect_three(EDDY_FIRST_VALUE | EDDY_CONSUME);

    fire(0, -EIO);
    ck_assert_str_eq(outcome_of(list), "pending");
    fire(2, 7);
    ck_assert_uint_eq(index_of(list), 2);
    fire(1, 8);
    finish_told(list, "[7]");
    let_children_go();
}
END_TEST

START_TEST(if_all_fail_there_is_no_first_value_but_an_error_of_all) /* D68 */
{
    struct eddy_deferred *list = collect_three(EDDY_FIRST_VALUE | EDDY_CONSUME);

    fire(2, -EPIPE);
    fire(1, -EIO);
    fire(0, -EBADF);
    ck_assert(eddy_error_is(eddy_peek(list), -EPIPE));
    finish_told(list, "EBADF(EBADF EIO EPIPE)");
    let_children_go();
}
END_TEST

START_TEST(the_first_error_fires_it_with_its_index_and_as_the_cause) /* D69 */
{
    static const struct eddy_error_domain http = { "http", NULL };
    struct eddy_deferred *list = collect_three(EDDY_FIRST_ERROR | EDDY_CONSUME);
    struct eddy_error error = { .domain = &http, .code = 404, .text = "no" };

    fire(0, 1);
    ck_assert_int_eq(
        eddy_fire(child[1], eddy_error_new(counting_mem(), &error)), 0);
    ck_assert_int_eq(eddy_error_code(eddy_peek(list)), 404);
    ck_assert_uint_eq(index_of(list), 1);
    ck_assert(eddy_error_is_in(eddy_peek(list), &http, 404));
    ck_assert_str_eq(
        eddy_error_text(&eddy_error_details(eddy_peek(list))->child[0]), "no");
    eddy_unref(list);
    let_children_go();
}
END_TEST

START_TEST(what_comes_after_it_has_fired_stays_where_it_is) /* D70 */
{
    struct eddy_deferred *list = collect_three(EDDY_FIRST_ERROR | EDDY_CONSUME);
    int freed = 0;

    fire(1, -EIO);
    ck_assert_int_eq(eddy_fire(child[0], counted(&freed)), 0);
    fire(2, -EPIPE);
    finish_told(list, "EIO(EIO)");
    ck_assert_int_eq(freed, 0);
    ck_assert(eddy_peek(child[0])->free == count_free);
    let_children_go();
    ck_assert_int_eq(freed, 1);
    ck_assert_int_eq(logged("unhandled"), 0);
}
END_TEST

START_TEST(results_stay_with_their_deferreds) /* D71 */
{
    struct eddy_deferred *list = collect_three(0);

    fire(0, 5);
    fire(1, -EIO);
    eddy_both(child[0], see, word("a"));
    eddy_both(child[1], see, word("b"));
    ck_assert_str_eq(marks(), "a:5 b:EIO");
    let_children_go();
    ck_assert_int_eq(logged("unhandled error"), 1);
    eddy_unref(list);
}
END_TEST

START_TEST(consumed_errors_go_on_as_nothing_and_are_still_told) /* D71 */
{
    struct eddy_deferred *list = collect_three(EDDY_CONSUME | EDDY_FIRST_ERROR);

    fire(0, -EIO);
    finish_told(list, "EIO(EIO)");
    expect_result(child[0], 0);
    fire(1, -EPIPE);
    expect_result(child[1], 0);
    let_children_go();
    ck_assert_int_eq(logged("unhandled"), 0);
}
END_TEST

START_TEST(what_has_fired_already_counts_at_once) /* D72 */
{
    struct eddy_deferred *two[] = { fired(1), failed(-EIO) };
    struct eddy_deferred *more[] = { fired(1), keep(pending(), 0) };
    struct eddy_deferred *list;

    finish_told(eddy_settled(domain, two, 2), "[1 EIO]");
    list = eddy_settled(domain, more, 2);
    ck_assert_str_eq(outcome_of(list), "pending");
    fire(0, 2);
    eddy_unref(child[0]);
    finish_told(list, "[1 2]");
}
END_TEST

START_TEST(the_array_is_copied) /* D75 */
{
    struct eddy_deferred *two[] = { keep(pending(), 0), keep(pending(), 1) };
    struct eddy_deferred *list = eddy_settled(domain, two, 2);

    two[0] = two[1] = NULL;
    fire(0, 1);
    fire(1, 2);
    finish_told(list, "[1 2]");
    eddy_unref(child[0]);
    eddy_unref(child[1]);
}
END_TEST

/* ---- Cancelling ---------------------------------------------------------- */

static bool mark_cancel(struct eddy_deferred *deferred, void *text)
{
    (void)deferred;
    mark(text);
    return false;
}

static bool answer_cancel(struct eddy_deferred *deferred, void *n)
{
    ck_assert_int_eq(eddy_fire(deferred, eddy_int((intptr_t)n)), 0);
    return false;
}

static bool take_charge(struct eddy_deferred *deferred, void *text)
{
    (void)deferred;
    mark(text);
    return true;
}

START_TEST(cancelling_cancels_all_and_then_its_own_rules_hold) /* D73 */
{
    static const struct {
        unsigned flags;
        const char *told;
    } rows[] = {
        { EDDY_CONSUME, "[9 ECANCELED ECANCELED]" },
        { EDDY_CONSUME | EDDY_FIRST_ERROR, "ECANCELED(ECANCELED)" },
        { EDDY_CONSUME | EDDY_FIRST_VALUE, "[9]" },
    };

    for (size_t r = 0; r < COUNT(rows); r++) {
        struct eddy_deferred *three[] = {
            keep(eddy_deferred_new(domain, answer_cancel, number(9)), 0),
            keep(eddy_deferred_new(domain, mark_cancel, word("b")), 1),
            keep(pending(), 2),
        };
        struct eddy_deferred *list =
            eddy_collect(domain, three, 3, rows[r].flags);

        eddy_cancel(list);
        eddy_cancel(list);
        finish_told(list, rows[r].told);
        ck_assert_str_eq(marks(), "b");
        let_children_go();
    }
}
END_TEST

START_TEST(a_cancelled_list_waits_for_who_takes_his_time) /* D73 */
{
    struct eddy_deferred *three[] = {
        keep(eddy_deferred_new(domain, take_charge, word("a")), 0),
        keep(fired(1), 1),
        keep(pending(), 2),
    };
    struct eddy_deferred *list;

    eddy_pause(child[1]);
    list = eddy_settled(domain, three, 3);
    eddy_cancel(list);
    ck_assert_str_eq(outcome_of(list), "pending");
    ck_assert_str_eq(marks(), "a");
    fire(0, 4);
    ck_assert_str_eq(outcome_of(list), "pending");
    ck_assert_int_eq(eddy_resume(child[1]), 0);
    finish_told(list, "[4 1 ECANCELED]");
    let_children_go();
}
END_TEST

START_TEST(cancelling_reaches_what_a_child_waits_for) /* D73 */
{
    struct eddy_deferred *inner = eddy_rescue(pending(), answer, number(5));
    struct eddy_deferred *one[] = { eddy_then(fired(0), await,
                                              eddy_ref(inner)) };
    struct eddy_deferred *list = eddy_gather(domain, one, 1);

    eddy_cancel(list);
    finish_told(list, "[5]");
    eddy_unref(inner);
}
END_TEST

START_TEST(cancelling_after_it_has_fired_leaves_the_rest_alone) /* D74 */
{
    struct eddy_deferred *list = collect_three(EDDY_FIRST_ERROR | EDDY_CONSUME);

    fire(0, -EIO);
    eddy_cancel(list);
    ck_assert_int_eq(eddy_state(child[1]), EDDY_PENDING);
    ck_assert_int_eq(eddy_state(child[2]), EDDY_PENDING);
    eddy_unref(list);
    let_children_go();
}
END_TEST

START_TEST(who_is_let_go_of_by_all_is_cancelled) /* D73 */
{
    struct eddy_deferred *two[] = { pending(), keep(pending(), 0) };
    struct eddy_deferred *also[] = { pending(), keep(pending(), 1) };
    struct eddy_deferred *none[] = { pending() };
    struct eddy_deferred *list = eddy_settled(domain, two, 2);
    struct eddy_deferred *gathered = eddy_gather(domain, also, 2);
    struct eddy_deferred *lost = eddy_settled(domain, none, 1);

    eddy_cancel(list);
    finish_told(list, "[ECANCELED ECANCELED]");
    eddy_unref(child[0]);
    fire(1, 5);
    finish_told(gathered, "ECANCELED(ECANCELED)");
    eddy_unref(child[1]);
    ck_assert_str_eq(outcome_of(lost), "pending");
    eddy_cancel(lost);
    finish_with(lost, -ECANCELED);
}
END_TEST

/* Takes charge, and lets go of what it was to fire. */
static bool desert(struct eddy_deferred *deferred, void *text)
{
    mark(text);
    eddy_unref(deferred);
    return true;
}

START_TEST(who_takes_charge_and_goes_does_not_hang_it) /* D73 */
{
    struct eddy_deferred *slow =
        eddy_deferred_new(domain, take_charge, word("a"));
    struct eddy_deferred *one[] = { eddy_ref(slow) };
    struct eddy_deferred *list = eddy_settled(domain, one, 1);

    eddy_cancel(list);
    eddy_unref(slow);
    ck_assert_str_eq(outcome_of(list), "pending");
    eddy_cancel(list);
    finish_with(list, -ECANCELED);
    ck_assert_str_eq(marks(), "a");

    slow = eddy_deferred_new(domain, desert, word("b"));
    one[0] = eddy_ref(slow);
    list = eddy_settled(domain, one, 1);
    eddy_cancel(list);
    finish_told(list, "[ECANCELED]");
    ck_assert_str_eq(marks(), "b");
}
END_TEST

/* ---- Gathering and races ------------------------------------------------- */

START_TEST(gather_has_all_values_or_the_first_error) /* D76 */
{
    struct eddy_deferred *list = collect_three(EDDY_FIRST_ERROR | EDDY_CONSUME);

    for (int i = 2; i >= 0; i--)
        fire(i, i);
    let_children_go();
    finish_told(list, "[0 1 2]");

    list = eddy_gather(domain,
                       (struct eddy_deferred *[]){ keep(pending(), 0),
                                                   keep(pending(), 1),
                                                   keep(pending(), 2) },
                       3);
    fire(2, -EIO);
    ck_assert_uint_eq(index_of(list), 2);
    finish_told(list, "EIO(EIO)");
    ck_assert_int_eq(eddy_state(child[0]), EDDY_PENDING);
    let_children_go();

    list = collect_three(EDDY_FIRST_ERROR | EDDY_CONSUME);
    eddy_cancel(list);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(eddy_state(child[i]), EDDY_DONE);
    finish_told(list, "ECANCELED(ECANCELED)");
    let_children_go();
}
END_TEST

START_TEST(a_race_cancels_all_but_the_winner) /* D77 */
{
    struct eddy_deferred *three[3], *race;

    for (int i = 0; i < 3; i++)
        three[i] = keep(
            eddy_deferred_new(domain, mark_cancel, word(&"0\0001\0002"[2 * i])),
            i);
    race = eddy_race(domain, three, 3);
    eddy_both(race, see, word("race"));
    eddy_both(child[2], see, word("loser"));
    fire(1, 5);
    ck_assert_str_eq(marks(), "0 2 loser:0 race:ptr");
    ck_assert_uint_eq(index_of(race), 1);
    expect_result(child[1], 5);
    finish_told(race, "[5]");
    let_children_go();
}
END_TEST

START_TEST(who_has_won_already_cancels_those_that_follow) /* D77 */
{
    struct eddy_deferred *three[] = {
        keep(failed(-EIO), 0),
        keep(fired(3), 1),
        keep(eddy_deferred_new(domain, mark_cancel, word("c")), 2),
    };
    struct eddy_deferred *race = eddy_race(domain, three, 3);

    ck_assert_str_eq(marks(), "c");
    ck_assert_uint_eq(index_of(race), 1);
    finish_told(race, "[3]");
    let_children_go();
}
END_TEST

START_TEST(a_race_fails_only_if_all_do) /* D78 */
{
    struct eddy_deferred *race =
        collect_three(EDDY_FIRST_VALUE | EDDY_CONSUME | EDDY_CANCEL_REST);

    fire(1, -EPIPE);
    fire(2, -EIO);
    ck_assert_str_eq(outcome_of(race), "pending");
    ck_assert_int_eq(eddy_state(child[0]), EDDY_PENDING);
    fire(0, -EBADF);
    finish_told(race, "EBADF(EBADF EPIPE EIO)");
    let_children_go();
}
END_TEST

START_TEST(late_results_in_a_race_hurt_nobody) /* D79 */
{
    int freed = 0;
    struct eddy_deferred *three[] = {
        keep(pending(), 0),
        keep(eddy_deferred_new(domain, answer_cancel, number(6)), 1),
        keep(eddy_deferred_new(domain, take_charge, word("c")), 2),
    };
    struct eddy_deferred *race = eddy_race(domain, three, 3);

    ck_assert_int_eq(eddy_fire(child[0], eddy_int(1)), 0);
    expect_result(child[1], 6);
    ck_assert_int_eq(eddy_fire(child[2], counted(&freed)), 0);
    finish_told(race, "[1]");
    let_children_go();
    ck_assert_int_eq(freed, 1);

    race = collect_three(EDDY_FIRST_VALUE | EDDY_CONSUME | EDDY_CANCEL_REST);
    fire(0, -EIO);
    expect_result(child[0], 0);
    fire(1, 1);
    expect_result(child[2], 0);
    ck_assert_int_eq(eddy_fire(child[2], counted(&freed)), 0);
    ck_assert_int_eq(freed, 2);
    eddy_unref(race);
    let_children_go();
    ck_assert_int_eq(logged("unhandled"), 0);
}
END_TEST

START_TEST(a_cancelled_race_ends_with_all_errors_or_a_winner) /* D81 */
{
    struct eddy_deferred *race =
        collect_three(EDDY_FIRST_VALUE | EDDY_CONSUME | EDDY_CANCEL_REST);
    struct eddy_deferred *two[2];

    eddy_cancel(race);
    finish_told(race, "ECANCELED(ECANCELED ECANCELED ECANCELED)");
    let_children_go();
    two[0] = pending();
    two[1] = eddy_ref(eddy_deferred_new(domain, answer_cancel, number(6)));
    race = eddy_race(domain, two, 2);
    eddy_cancel(race);
    ck_assert_uint_eq(index_of(race), 1);
    finish_told(race, "[6]");
    eddy_unref(two[1]);
    eddy_unref(two[1]);
}
END_TEST

/* ---- Who owns what ------------------------------------------------------- */

START_TEST(pointers_move_and_are_lent_to_those_they_came_from)
{
    struct eddy_deferred *list = collect_three(EDDY_CONSUME);
    const struct eddy_value *value =
        eddy_value_many(eddy_peek(list)) == NULL ? NULL : eddy_peek(list);
    int freed = 0;

    ck_assert_ptr_null(value);
    ck_assert_int_eq(eddy_fire(child[0], counted(&freed)), 0);
    fire(1, 2);
    fire(2, 3);
    ck_assert_ptr_eq(eddy_peek(child[0])->ptr, &freed);
    let_children_go();
    ck_assert_int_eq(freed, 0);
    finish_told(list, "[ptr 2 3]");
    ck_assert_int_eq(freed, 1);
}
END_TEST

START_TEST(values_that_were_collected_in_vain_are_freed)
{
    struct eddy_deferred *list = collect_three(EDDY_FIRST_ERROR | EDDY_CONSUME);
    int freed = 0;

    ck_assert_int_eq(eddy_fire(child[0], counted(&freed)), 0);
    fire(1, -EIO);
    ck_assert_int_eq(freed, 1);
    eddy_unref(list);
    let_children_go();

    list = collect_three(0); /* let go of, with all its children */
    ck_assert_int_eq(eddy_fire(child[0], counted(&freed)), 0);
    eddy_unref(list);
    let_children_go();
    ck_assert_int_eq(freed, 2);
}
END_TEST

START_TEST(collected_values_are_known_as_such_owned_or_lent)
{
    struct eddy_deferred *inner = collect_three(0), *outer;
    struct eddy_value number = eddy_int(1), lent = eddy_lend(&number);

    for (int i = 0; i < 3; i++)
        fire(i, i);
    let_children_go();
    outer =
        eddy_settled(domain, (struct eddy_deferred *[]){ eddy_ref(inner) }, 1);
    finish_told(inner, "[0 1 2]");
    ck_assert_ptr_nonnull(
        eddy_value_many(&eddy_value_many(eddy_peek(outer))->value[0]));
    finish_told(outer, "[ptr]");
    ck_assert_ptr_null(eddy_value_many(&number));
    ck_assert_ptr_null(eddy_value_many(&lent));
    ck_assert_ptr_null(eddy_value_many(NULL));
}
END_TEST

START_TEST(nobody_needs_to_hold_a_collection)
{
    struct eddy_deferred *list = collect_three(EDDY_FIRST_VALUE);

    eddy_unref(eddy_both(list, see, word("list")));
    fire(1, 1);
    ck_assert_str_eq(marks(), "list:ptr");
    let_children_go();
}
END_TEST

/* ---- Misuse, memory, depth ----------------------------------------------- */

START_TEST(bad_arguments_fail_and_all_are_let_go)
{
    struct eddy_deferred *twice[] = { pending(), NULL, NULL };
    struct eddy_deferred *with_null[] = { fired(1), NULL, fired(2) };
    struct eddy_deferred *one[] = { fired(1) };

    twice[1] = pending();
    twice[2] = eddy_ref(twice[0]);
    finish_with(eddy_settled(domain, twice, 3), -EINVAL);
    finish_with(eddy_settled(domain, with_null, 3), -EINVAL);
    finish_with(eddy_settled(domain, NULL, 1), -EINVAL);
    finish_with(eddy_collect(domain, one, 1, 1u << 9), -EINVAL);
    one[0] = fired(1);
    ck_assert_ptr_eq(eddy_settled(NULL, one, 1), eddy_no_memory());
}
END_TEST

START_TEST(those_of_another_domain_are_refused_and_let_go)
{
    struct eddy_domain *other = new_domain();
    struct eddy_deferred *two[] = {
        fired(1), keep(eddy_deferred_new(other, NULL, NULL), 0)
    };

    finish_with(eddy_settled(domain, two, 2), -EXDEV);
    ck_assert_int_eq(eddy_fire(child[0], eddy_int(1)), 0);
    finish_with(child[0], 1);
    eddy_domain_free(other);
}
END_TEST

START_TEST(one_may_be_collected_again_and_again)
{
    struct eddy_deferred *one[] = { keep(pending(), 0) }, *first, *second;

    first = eddy_settled(domain, one, 1);
    one[0] = eddy_ref(child[0]);
    second = eddy_settled(domain, one, 1);
    fire(0, 5);
    finish_told(first, "[5]");
    finish_told(second, "[5]");
    eddy_unref(child[0]);
}
END_TEST

START_TEST(those_there_was_no_memory_for_have_failed)
{
    struct eddy_deferred *two[] = { eddy_no_memory(), eddy_no_memory() };

    finish_told(eddy_settled(domain, two, 2), "[ENOMEM ENOMEM]");
    finish_told(eddy_gather(domain, two, 2), "ENOMEM(ENOMEM)");
    finish_told(eddy_race(domain, two, 2), "ENOMEM(ENOMEM ENOMEM)");
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    static const unsigned flags[] = { 0, EDDY_FIRST_ERROR, EDDY_FIRST_VALUE };
    int freed = 0, made = 0;

    for (size_t f = 0; f < COUNT(flags); f++) {
        bool failed_one = true;

        for (long n = 1; failed_one; n++) {
            struct eddy_domain *poor = new_domain();
            struct eddy_deferred *two[2], *own[2], *list;

            for (int i = 0; i < 2; i++)
                two[i] = own[i] = eddy_ref(eddy_deferred_new(poor, NULL, NULL));
            made += 2;
            fail_allocation(n);
            list = eddy_collect(poor, two, 2, flags[f] | EDDY_CONSUME);
            for (int i = 0; i < 2; i++)
                (void)eddy_fire(own[i], counted(&freed));
            ck_assert_int_eq(eddy_state(list), EDDY_DONE);
            failed_one = allocation_failed();
            if (!failed_one)
                ck_assert_ptr_nonnull(eddy_value_many(eddy_peek(list)));
            fail_allocation(0);
            (void)eddy_peek(list);
            eddy_unref(list);
            for (int i = 0; i < 2; i++)
                eddy_unref(own[i]);
            eddy_domain_free(poor);
            ck_assert_int_eq(freed, made);
        }
    }
}
END_TEST

START_TEST(a_child_there_is_no_memory_for_counts_as_failed)
{
    struct eddy_domain *poor = new_domain();
    struct eddy_deferred *one[] = { eddy_deferred_new(poor, NULL, NULL) };
    struct eddy_deferred *list;

    (void)eddy_ref(one[0]);
    fail_allocation(4); /* its link */
    list = eddy_settled(poor, one, 1);
    ck_assert(allocation_failed());
    finish_told(list, "[ENOMEM]");
    ck_assert_int_eq(eddy_fire(one[0], eddy_int(3)), 0);
    finish_with(one[0], 3);
    eddy_domain_free(poor);
}
END_TEST

START_TEST(an_error_without_memory_is_its_code)
{
    struct eddy_deferred *list = collect_three(EDDY_FIRST_ERROR | EDDY_CONSUME);

    fail_allocation(1);
    fire(1, -EIO);
    finish_told(list, "EIO");
    let_children_go();
}
END_TEST

/* Cancels what is being cancelled, and lets go of everything. */
static bool make_havoc(struct eddy_deferred *deferred, void *list)
{
    struct eddy_deferred *being_cancelled =
        *(struct eddy_deferred *const *)list;

    (void)deferred;
    eddy_cancel(child[2]);
    eddy_cancel(being_cancelled);
    eddy_unref(being_cancelled);
    let_children_go();
    return false;
}

START_TEST(a_canceller_may_do_what_it_likes)
{
    struct eddy_deferred *list = NULL;
    struct eddy_deferred *three[] = {
        keep(eddy_deferred_new(domain, make_havoc, &list), 0),
        keep(pending(), 1),
        keep(pending(), 2),
    };

    list = eddy_both(eddy_settled(domain, three, 3), see, word("list"));
    eddy_cancel(list);
    ck_assert_str_eq(marks(), "list:ptr");
}
END_TEST

static bool win(struct eddy_deferred *deferred, void *arg)
{
    (void)deferred;
    (void)arg;
    fire(0, 4);
    return false;
}

START_TEST(a_race_may_be_won_while_it_is_cancelled) /* D81 */
{
    struct eddy_deferred *racers[] = { keep(pending(), 0), keep(pending(), 1) };
    struct eddy_deferred *two[] = {
        eddy_race(domain, racers, 2),
        keep(eddy_deferred_new(domain, win, NULL), 2),
    };
    struct eddy_deferred *race = eddy_ref(two[0]);
    struct eddy_deferred *list = eddy_settled(domain, two, 2);

    eddy_cancel(list);
    finish_told(list, "[ptr ECANCELED]");
    eddy_unref(race);
    expect_result(child[1], 0);
    let_children_go();
}
END_TEST

static void cancel_it(void *deferred)
{
    eddy_cancel(*(struct eddy_deferred **)deferred);
}

START_TEST(what_a_race_frees_when_it_is_won_may_cancel_it)
{
    struct eddy_deferred *race =
        collect_three(EDDY_FIRST_VALUE | EDDY_CONSUME | EDDY_CANCEL_REST);
    struct eddy_value cause = eddy_own(&race, cancel_it);
    struct eddy_error error = { .code = -EIO, .count = 1, .child = &cause };

    ck_assert_int_eq(
        eddy_fire(child[0], eddy_error_new(counting_mem(), &error)), 0);
    fire(2, -EPIPE);
    fire(1, 5);
    ck_assert_uint_eq(index_of(race), 1);
    finish_told(race, "[5]");
    let_children_go();
}
END_TEST

START_TEST(what_a_collection_frees_when_all_are_gone_may_cancel_it)
{
    struct eddy_deferred *list = collect_three(EDDY_CONSUME);

    ck_assert_int_eq(eddy_fire(child[0], eddy_own(&list, cancel_it)), 0);
    let_children_go();
    eddy_cancel(list);
    finish_with(list, -ECANCELED);
}
END_TEST

START_TEST(what_a_collection_lends_stays_when_nobody_is_left_to_fire_it)
{
    struct eddy_deferred *list = collect_three(EDDY_CONSUME);
    int freed = 0;

    ck_assert_int_eq(eddy_fire(child[0], counted(&freed)), 0);
    eddy_unref(child[1]);
    eddy_unref(child[2]);
    ck_assert_str_eq(outcome_of(list), "pending");
    ck_assert_ptr_eq(eddy_peek(child[0])->ptr, &freed);
    ck_assert_int_eq(freed, 0);
    eddy_cancel(list);
    ck_assert_int_eq(freed, 1);
    finish_with(list, -ECANCELED);
    eddy_unref(child[0]);
}
END_TEST

/* The array of the call, and what is to be found there in the end. */
static struct eddy_deferred **given;

static bool free_array(struct eddy_deferred *deferred, void *arg)
{
    (void)deferred;
    (void)arg;
    free(given);
    given = NULL;
    return false;
}

START_TEST(what_the_call_sets_going_may_free_the_array) /* D75 */
{
    struct eddy_deferred *race;

    given = malloc(3 * sizeof *given);
    given[0] = fired(1);
    given[1] = keep(eddy_deferred_new(domain, free_array, NULL), 1);
    given[2] = keep(pending(), 2);
    race = eddy_race(domain, given, 3);
    ck_assert_ptr_null(given);
    finish_told(race, "[1]");
    expect_result(child[2], 0);
    eddy_unref(child[1]);
    eddy_unref(child[2]);
}
END_TEST

static struct eddy_value gather_here(struct eddy_value *result, void *list)
{
    struct eddy_deferred *two[] = { fired(1), fired(2) };

    (void)result;
    *(struct eddy_deferred **)list = eddy_gather(domain, two, 2);
    eddy_both(*(struct eddy_deferred **)list, see, word("list"));
    mark(word("link"));
    return eddy_none();
}

START_TEST(inside_a_link_it_fires_when_that_has_returned)
{
    struct eddy_deferred *list = NULL;

    eddy_unref(
        eddy_both(eddy_then(fired(0), gather_here, &list), see, word("next")));
    ck_assert_str_eq(marks(), "link list:ptr next:0");
    finish_told(list, "[1 2]");
}
END_TEST

static struct eddy_deferred *deep(struct eddy_deferred *core, unsigned flags)
{
    for (int i = 0; i < MANY; i++)
        core = eddy_collect(domain, &core, 1, flags);
    return core;
}

START_TEST(collections_of_collections_take_no_stack)
{
    struct eddy_deferred *core = pending();
    struct eddy_deferred *list = deep(eddy_ref(core), EDDY_CONSUME);

    ck_assert_int_eq(eddy_fire(core, eddy_int(1)), 0);
    finish_told(list, "[ptr]");
    eddy_unref(core);

    list = deep(pending(), EDDY_CONSUME); /* falls in upon itself */
    eddy_cancel(list);
    finish_with(list, -ECANCELED);

    core = pending();
    list = deep(eddy_ref(core), EDDY_CONSUME);
    eddy_cancel(list);
    expect_result(core, 0);
    finish_told(list, "[ptr]");
    eddy_unref(core);

    core = pending();
    list = deep(eddy_ref(core), EDDY_CONSUME);
    eddy_unref(list);
    eddy_unref(core);
}
END_TEST

START_TEST(errors_of_errors_take_no_stack)
{
    struct eddy_deferred *core = pending();
    struct eddy_deferred *list =
        deep(eddy_ref(core), EDDY_CONSUME | EDDY_FIRST_ERROR);

    ck_assert_int_eq(eddy_fire(core, eddy_fail(-EIO)), 0);
    finish_told(list, "EIO(EIO)");
    eddy_unref(core);
}
END_TEST

START_TEST(very_many_are_collected_and_cancelled_in_no_time)
{
    struct eddy_deferred **all = calloc(MANY, sizeof(struct eddy_deferred *));
    struct eddy_deferred *list;

    for (int i = 0; i < MANY; i++)
        all[i] = eddy_ref(pending());
    list = eddy_settled(domain, all, MANY);
    eddy_cancel(list);
    ck_assert_uint_eq(eddy_value_many(eddy_peek(list))->count, MANY);
    eddy_unref(list);
    for (int i = 0; i < MANY; i++)
        finish_with(all[i], 0);
    free(all);
}
END_TEST

/* ---- With a loop --------------------------------------------------------- */

START_TEST(operations_race_against_each_other)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *two[] = {
        eddy_defer(loop, eddy_sleep(2 * EDDY_SECOND)),
        eddy_defer(loop, eddy_sleep(EDDY_SECOND)),
    };
    struct eddy_deferred *race = eddy_race(eddy_loop_domain(loop), two, 2);
    int64_t start = eddy_loop_now_ns(loop);

    run_out(loop);
    ck_assert_int_eq(eddy_loop_now_ns(loop) - start, EDDY_SECOND);
    ck_assert_uint_eq(index_of(race), 1);
    finish_told(race, "[0]");
}
END_TEST

START_TEST(a_loop_that_is_freed_ends_a_collection)
{
    struct eddy_loop *loop = virtual_loop(_i);
    struct eddy_deferred *one[] = { eddy_defer(loop, eddy_sleep(1)) };
    struct eddy_deferred *list = eddy_settled(eddy_loop_domain(loop), one, 1);

    free_loop(loop);
    finish_told(list, "[ECANCELED]");
}
END_TEST

int main(void)
{
    const TTest *const loopless[] = {
        all_outcomes_come_in_the_order_of_the_input,
        no_deferreds_fire_at_once_or_fail_at_once,
        the_first_value_fires_it_with_its_index,
        if_all_fail_there_is_no_first_value_but_an_error_of_all,
        the_first_error_fires_it_with_its_index_and_as_the_cause,
        what_comes_after_it_has_fired_stays_where_it_is,
        results_stay_with_their_deferreds,
        consumed_errors_go_on_as_nothing_and_are_still_told,
        what_has_fired_already_counts_at_once,
        the_array_is_copied,
        cancelling_cancels_all_and_then_its_own_rules_hold,
        a_cancelled_list_waits_for_who_takes_his_time,
        cancelling_reaches_what_a_child_waits_for,
        cancelling_after_it_has_fired_leaves_the_rest_alone,
        who_is_let_go_of_by_all_is_cancelled,
        who_takes_charge_and_goes_does_not_hang_it,
        gather_has_all_values_or_the_first_error,
        a_race_cancels_all_but_the_winner,
        who_has_won_already_cancels_those_that_follow,
        a_race_fails_only_if_all_do,
        late_results_in_a_race_hurt_nobody,
        a_cancelled_race_ends_with_all_errors_or_a_winner,
        pointers_move_and_are_lent_to_those_they_came_from,
        values_that_were_collected_in_vain_are_freed,
        collected_values_are_known_as_such_owned_or_lent,
        nobody_needs_to_hold_a_collection,
        bad_arguments_fail_and_all_are_let_go,
        those_of_another_domain_are_refused_and_let_go,
        one_may_be_collected_again_and_again,
        those_there_was_no_memory_for_have_failed,
        any_allocation_may_fail,
        a_child_there_is_no_memory_for_counts_as_failed,
        an_error_without_memory_is_its_code,
        a_canceller_may_do_what_it_likes,
        a_race_may_be_won_while_it_is_cancelled,
        what_a_race_frees_when_it_is_won_may_cancel_it,
        what_a_collection_frees_when_all_are_gone_may_cancel_it,
        what_a_collection_lends_stays_when_nobody_is_left_to_fire_it,
        what_the_call_sets_going_may_free_the_array,
        inside_a_link_it_fires_when_that_has_returned,
        collections_of_collections_take_no_stack,
        errors_of_errors_take_no_stack,
        very_many_are_collected_and_cancelled_in_no_time,
    };
    const TTest *const looped[] = {
        operations_race_against_each_other,
        a_loop_that_is_freed_ends_a_collection,
    };
    Suite *suite = suite_create("collect");

    add_deferred_tests(suite, loopless, COUNT(loopless));
    add_loop_tests(suite, looped, COUNT(looped));
    return run_suite(suite);
}
