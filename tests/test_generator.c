/* SPDX-License-Identifier: MIT */
/* test_generator.c - what generators yield, and what is sent to them. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <fenv.h>

#include "generator_support.h"

/* ---- Asking ---------------------------------------------------------------
 */

static struct eddy_value notes(struct eddy_generator *self, void *seen)
{
    int *times = seen;

    ++*times;
    (void)eddy_yield(self, eddy_int(*times));
    ++*times;
    return eddy_none();
}

START_TEST(making_one_runs_nothing) /* C1 */
{
    int times = 0;
    struct eddy_generator *g = generator_of(notes, &times);

    ck_assert_int_eq(eddy_generator_state(g), EDDY_GENERATOR_FRESH);
    ck_assert_int_eq(times, 0);
    expect_yield(g, 1);
    ck_assert_int_eq(times, 1);
    expect_end(g, 0);
    ck_assert_int_eq(times, 2);
    eddy_generator_free(g);
}
END_TEST

START_TEST(nothing_but_none_is_sent_to_a_fresh_one) /* C2 */
{
    int times = 0, freed = 0;
    struct eddy_generator *g = generator_of(notes, &times);
    struct eddy_value value;

    expect_answer(-EINVAL, eddy_generator_send(g, eddy_int(7), &value), &value,
                  -EINVAL);
    expect_answer(-EINVAL, eddy_generator_send(g, counted(&freed), &value),
                  &value, -EINVAL);
    ck_assert_int_eq(freed, 1);
    ck_assert_int_eq(times, 0);
    ck_assert_int_eq(eddy_generator_state(g), EDDY_GENERATOR_FRESH);
    expect_answer(1, eddy_generator_send(g, eddy_none(), &value), &value, 1);
    eddy_generator_free(g);
}
END_TEST

/* As the range of Python that can be set: what is sent, if it is not none, is
 * where it goes on, one further than the one before. */
static struct eddy_value range(struct eddy_generator *self, void *end)
{
    for (int64_t n = 0; n < *(int64_t *)end;) {
        struct eddy_value sent = eddy_yield(self, eddy_int(n));

        n = sent.n != 0 ? sent.n + 1 : n + 1;
    }
    return eddy_none();
}

START_TEST(what_is_sent_is_the_value_of_the_yield) /* C3 */
{
    static const struct {
        int64_t sent, n;
    } rounds[] = { { 0, 0 }, { 0, 1 }, { 7, 8 }, { 0, 9 }, { -5, -4 } };
    int64_t end = 10;
    struct eddy_generator *g = generator_of(range, &end);
    struct eddy_value value;

    for (size_t i = 0; i < COUNT(rounds); i++)
        expect_answer(1,
                      eddy_generator_send(g, eddy_int(rounds[i].sent), &value),
                      &value, rounds[i].n);
    expect_answer(0, eddy_generator_send(g, eddy_int(9), &value), &value, 0);
    eddy_generator_free(g);
}
END_TEST

static struct eddy_value returns(struct eddy_generator *self, void *freed)
{
    (void)eddy_yield(self, eddy_int(1));
    return counted(freed);
}

START_TEST(the_returned_value_is_given_once) /* C4 */
{
    int freed = 0;
    struct eddy_generator *g = generator_of(returns, &freed);
    struct eddy_value value;

    expect_yield(g, 1);
    ck_assert_int_eq(eddy_generator_next(g, &value), 0);
    ck_assert_ptr_eq(value.ptr, &freed);
    expect_end(g, 0);
    expect_end(g, 0);
    ck_assert_int_eq(freed, 0);
    eddy_value_free(&value);
    ck_assert_int_eq(freed, 1);
    ck_assert_int_eq(eddy_generator_state(g), EDDY_GENERATOR_DONE);
    eddy_generator_free(g);
}
END_TEST

START_TEST(one_that_has_ended_stays_so) /* C5 */
{
    int64_t end = 1;
    int freed = 0;
    struct eddy_generator *g = generator_of(range, &end);
    struct eddy_value value;

    expect_yield(g, 0);
    expect_end(g, 0);
    end = 100; /* what it ran out of is there again */
    expect_end(g, 0);
    expect_answer(0, eddy_generator_send(g, counted(&freed), &value), &value,
                  0);
    ck_assert_int_eq(freed, 1);
    eddy_generator_free(g);
}
END_TEST

START_TEST(it_keeps_its_locals_and_two_are_independent) /* C14 */
{
    struct eddy_generator *a = generator_of(counts, number(3));
    struct eddy_generator *b = generator_of(counts, number(3));

    expect_yield(a, 1);
    expect_yield(a, 2);
    expect_yield(b, 1);
    expect_yield(a, 3);
    expect_yield(b, 2);
    expect_end(a, 3);
    expect_yield(b, 3);
    expect_end(b, 3);
    eddy_generator_free(a);
    eddy_generator_free(b);
}
END_TEST

START_TEST(ten_million_items_need_no_more_than_one) /* C16 */
{
    enum { ITEMS = 10000000 };
    struct eddy_generator *g = generator_of(counts, number(0));
    struct eddy_stacks_stats before, after;
    struct eddy_value value;
    long live;

    expect_yield(g, 1);
    live = live_allocations();
    ck_assert_int_eq(eddy_stacks_stats(stacks, &before), 0);
    for (int64_t i = 2; i <= ITEMS; i++) {
        (void)eddy_generator_next(g, &value);
        if (value.n != i)
            ck_abort_msg("%lld instead of %lld", (long long)value.n,
                         (long long)i);
    }
    ck_assert_int_eq(eddy_stacks_stats(stacks, &after), 0);
    ck_assert_int_eq(live_allocations(), live);
    ck_assert_uint_eq(after.deepest, before.deepest);
    ck_assert_uint_eq(after.mapped, before.mapped);
    eddy_generator_free(g);
}
END_TEST

/* ---- Loops ----------------------------------------------------------------
 */

START_TEST(a_loop_ends_in_silence_and_leaves_the_returned_value) /* C15 */
{
    struct eddy_value value;
    int64_t sum = 0;

    EDDY_FOR_EACH(value, generator_of(counts, number(4)))
        sum += value.n;
    ck_assert_int_eq(sum, 10);
    ck_assert_int_eq(value.n, 4);
    ck_assert_uint_eq(stacks_in_use(), 0);
    EDDY_FOR_EACH(value, NULL)
        sum = 0;
    ck_assert_int_eq(eddy_error_code(&value), -EINVAL);
    ck_assert_int_eq(sum, 10);
}
END_TEST

static int first_above(int64_t limit)
{
    struct eddy_value value;

    EDDY_FOR_EACH(value, generator_of(counts, number(0)))
        if (value.n > limit)
            return (int)value.n;
    return 0;
}

START_TEST(leaving_a_loop_closes_the_generator) /* C17, C22 */
{
    struct eddy_value value;

    EDDY_FOR_EACH(value, generator_of(counts, number(0)))
        if (value.n == 5)
            break;
    ck_assert_int_eq(value.n, 5);
    ck_assert_uint_eq(stacks_in_use(), 0);
    ck_assert_int_eq(first_above(7), 8);
    ck_assert_uint_eq(stacks_in_use(), 0);
}
END_TEST

static struct eddy_value gives_away(struct eddy_generator *self, void *freed)
{
    for (int i = 0; i < 3; i++)
        (void)eddy_yield(self, counted(freed));
    return eddy_none();
}

START_TEST(a_loop_frees_what_is_not_taken) /* C15 */
{
    struct eddy_value value, kept = eddy_none();
    int freed = 0;

    EDDY_FOR_EACH(value, generator_of(gives_away, &freed))
        if (freed == 1 && kept.free == NULL)
            kept = eddy_take(&value);
    ck_assert_int_eq(freed, 2);
    eddy_value_free(&kept);
    ck_assert_int_eq(freed, 3);
}
END_TEST

START_TEST(values_are_collected) /* C24 */
{
    struct eddy_generator *g = generator_of(counts, number(3));
    struct eddy_value values[5];

    ck_assert_int_eq(eddy_generator_collect(g, values, 2), 2);
    ck_assert_int_eq(values[1].n, 2);
    ck_assert_int_eq(eddy_generator_collect(g, values, 5), 1);
    ck_assert_int_eq(values[0].n, 3);
    ck_assert_int_eq(eddy_generator_collect(g, values, 5), 0);
    ck_assert_int_eq(eddy_generator_collect(g, NULL, 5), -EINVAL);
    ck_assert_int_eq(eddy_generator_collect(NULL, values, 5), -EINVAL);
    eddy_generator_free(g);
}
END_TEST

static struct eddy_value gives_and_fails(struct eddy_generator *self,
                                         void *freed)
{
    (void)eddy_yield(self, counted(freed));
    return eddy_fail(-EPIPE);
}

START_TEST(what_was_collected_before_an_error_is_freed) /* C24 */
{
    int freed = 0;
    struct eddy_generator *g = generator_of(gives_and_fails, &freed);
    struct eddy_value values[2];

    ck_assert_int_eq(eddy_generator_collect(g, values, 2), -EPIPE);
    ck_assert_int_eq(freed, 1);
    eddy_generator_free(g);
}
END_TEST

/* ---- Other uses -----------------------------------------------------------
 */

static struct eddy_value greets(struct eddy_generator *self, void *arg)
{
    struct eddy_value sent;

    (void)arg;
    sent = eddy_yield(self, eddy_lend(word("hello")));
    return eddy_int(sent.n + 1);
}

START_TEST(a_coroutine_is_driven_by_what_it_waits_for) /* C18 */
{
    struct eddy_generator *g = generator_of(greets, NULL);
    struct eddy_value value;

    ck_assert_int_eq(eddy_generator_next(g, &value), 1);
    ck_assert_str_eq(value.ptr, "hello");
    expect_answer(0, eddy_generator_send(g, eddy_int(41), &value), &value, 42);
    eddy_generator_free(g);
}
END_TEST

static struct eddy_value doubles(struct eddy_generator *self, void *from)
{
    struct eddy_value value;

    EDDY_FOR_EACH(value, from)
        (void)eddy_yield(self, eddy_int(2 * value.n));
    return eddy_none();
}

START_TEST(generators_ask_generators) /* C13 */
{
    struct eddy_generator *g =
        generator_of(doubles, generator_of(counts, number(2)));

    expect_yield(g, 2);
    expect_yield(g, 4);
    expect_end(g, 0);
    eddy_generator_free(g);
}
END_TEST

static struct eddy_value asks_itself(struct eddy_generator *self, void *itself)
{
    struct eddy_generator *g = *(struct eddy_generator **)itself;
    struct eddy_value value;

    ck_assert_ptr_eq(g, self);
    ck_assert_int_eq(eddy_generator_state(self), EDDY_GENERATOR_RUNNING);
    expect_error(self, -EBUSY);
    ck_assert_int_eq(eddy_generator_throw(self, eddy_fail(-EPIPE), NULL),
                     -EBUSY);
    ck_assert_int_eq(eddy_generator_close(self), -EBUSY);
    ck_assert_int_eq(eddy_generator_drive(self, &value), -EBUSY);
    eddy_generator_free(self); /* nothing happens */
    value = eddy_yield_from(self, self);
    ck_assert_int_eq(eddy_error_code(&value), -EBUSY);
    return eddy_yield(self, eddy_int(1));
}

START_TEST(one_that_runs_is_not_entered_again) /* C10, C21 */
{
    struct eddy_generator *g;

    g = generator_of(asks_itself, &g);
    expect_yield(g, 1);
    expect_end(g, 0);
    eddy_generator_free(g);
}
END_TEST

static struct eddy_value yields_for_another(struct eddy_generator *self,
                                            void *other)
{
    int freed = 0;
    struct eddy_value value = eddy_yield(other, counted(&freed));

    ck_assert_int_eq(freed, 1);
    ck_assert_int_eq(eddy_error_code(&value), -EPERM);
    value = eddy_yield_from(other, generator_of(counts, number(3)));
    ck_assert_int_eq(eddy_error_code(&value), -EPERM);
    ck_assert_ptr_null(eddy_generator_driver(other));
    return eddy_yield(self, eddy_int(1));
}

static struct eddy_value hands_itself_on(struct eddy_generator *self, void *arg)
{
    struct eddy_generator *inner = generator_of(yields_for_another, self);

    (void)arg;
    expect_yield(inner, 1); /* it runs while this one does */
    eddy_generator_free(inner);
    return eddy_none();
}

START_TEST(yielding_in_a_wrong_place_is_an_error) /* C10 */
{
    struct eddy_generator *g = generator_of(counts, number(3));
    struct eddy_value value;
    int freed = 0;

    expect_yield(g, 1);
    value = eddy_yield(g, counted(&freed));
    ck_assert_int_eq(eddy_error_code(&value), -EPERM);
    value = eddy_yield(NULL, counted(&freed));
    ck_assert_int_eq(eddy_error_code(&value), -EINVAL);
    ck_assert_int_eq(freed, 2);
    expect_yield(g, 2);
    eddy_generator_free(g);
    g = generator_of(hands_itself_on, NULL);
    expect_end(g, 0);
    eddy_generator_free(g);
}
END_TEST

/* ---- Driven ---------------------------------------------------------------
 */

/* Stands for a task: something that waits in the middle of whatever it runs. */
struct driver {
    struct eddy_context waits, loop, itself;
    struct eddy_generator *generator;
    int waited, items;
};

static void wait_in(struct driver *driver)
{
    driver->waited++;
    (void)eddy_switch(&driver->waits, &driver->loop, NULL);
}

static struct eddy_value waits_and_yields(struct eddy_generator *self,
                                          void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++) {
        wait_in(eddy_generator_driver(self));
        (void)eddy_yield(self, eddy_int(i));
    }
    return eddy_none();
}

static void drive(struct eddy_context *context, void *passed)
{
    struct driver *driver = passed;
    struct eddy_value value;

    while (eddy_generator_next_by(driver->generator, driver, &value) > 0) {
        ck_assert_int_eq(value.n, driver->items);
        driver->items++;
    }
    driver->generator = NULL;
    eddy_switch_away(context, &driver->loop, NULL);
}

/* Until it waits in the generator for the first time. */
static struct eddy_stack start_driver(struct driver *driver)
{
    struct eddy_stack stack;

    ck_assert_int_eq(eddy_stack_take(stacks, 0, "driver", "here", &stack), 0);
    eddy_context_here(&driver->loop);
    eddy_context_init(&driver->itself, stack, drive, 0);
    (void)eddy_switch(&driver->loop, &driver->itself, driver);
    return stack;
}

static void finish_driver(struct driver *driver, struct eddy_stack stack)
{
    while (driver->generator != NULL)
        (void)eddy_switch(&driver->loop, &driver->waits, NULL);
    eddy_context_done(&driver->itself);
    eddy_stack_give(stacks, stack);
}

START_TEST(a_body_waits_as_its_driver) /* C21, C23 */
{
    struct eddy_generator *g = generator_of(waits_and_yields, NULL);
    struct driver driver = { .generator = g };
    struct eddy_stack stack = start_driver(&driver);
    struct eddy_value value;

    ck_assert_int_eq(driver.waited, 1);
    ck_assert_int_eq(driver.items, 0);
    ck_assert_int_eq(eddy_generator_state(g), EDDY_GENERATOR_RUNNING);
    expect_answer(-EBUSY, eddy_generator_next_by(g, &value, &value), &value,
                  -EBUSY);
    ck_assert_int_eq(eddy_generator_close(g), -EBUSY);
    finish_driver(&driver, stack);
    ck_assert_int_eq(driver.waited, 3);
    ck_assert_int_eq(driver.items, 3);
    ck_assert_int_eq(eddy_generator_drive(NULL, &driver), -EINVAL);
    eddy_generator_free(g);
}
END_TEST

static struct eddy_value delegates(struct eddy_generator *self, void *inner)
{
    return eddy_yield_from(self, inner);
}

START_TEST(the_driver_is_that_of_the_outermost) /* C21 */
{
    struct eddy_generator *g =
        generator_of(delegates, generator_of(waits_and_yields, NULL));
    struct driver driver = { .generator = g };
    struct eddy_stack stack = start_driver(&driver);

    finish_driver(&driver, stack);
    ck_assert_int_eq(driver.items, 3);
    eddy_generator_free(g);
}
END_TEST

/* ---- C specifics ----------------------------------------------------------
 */

static struct eddy_value rounds_up(struct eddy_generator *self, void *arg)
{
    (void)arg;
    (void)fesetround(FE_UPWARD);
    (void)eddy_yield(self, eddy_int(1));
    ck_assert_int_eq(fegetround(), FE_UPWARD);
    return eddy_none();
}

START_TEST(a_rounding_mode_stays_inside_if_it_is_to) /* C25 */
{
    struct eddy_generator_options options = { .flags = EDDY_KEEP_FP };
    struct eddy_generator *g;

    ck_assert_int_eq(fegetround(), FE_TONEAREST);
    ck_assert_int_eq(eddy_generator_new(&g, stacks, rounds_up, NULL, &options),
                     0);
    expect_yield(g, 1);
    ck_assert_int_eq(fegetround(), FE_TONEAREST);
    expect_end(g, 0);
    ck_assert_int_eq(fegetround(), FE_TONEAREST);
    eddy_generator_free(g);
}
END_TEST

START_TEST(its_state_and_name_can_be_asked) /* C25 */
{
    struct eddy_generator_options options = { .name = "three",
                                              .stack_size = 100000 };
    struct eddy_generator *g;

    ck_assert_int_eq(
        eddy_generator_new(&g, stacks, counts, number(1), &options), 0);
    ck_assert_str_eq(eddy_generator_name(g), "three");
    ck_assert_str_ne(eddy_generator_name(NULL), "");
    ck_assert_int_eq(eddy_generator_state(g), EDDY_GENERATOR_FRESH);
    expect_yield(g, 1);
    ck_assert_int_eq(eddy_generator_state(g), EDDY_GENERATOR_SUSPENDED);
    expect_end(g, 1);
    ck_assert_int_eq(eddy_generator_state(g), EDDY_GENERATOR_DONE);
    ck_assert_int_eq(eddy_generator_state(NULL), EDDY_GENERATOR_DONE);
    eddy_generator_free(g);
}
END_TEST

START_TEST(a_generator_costs_a_page) /* C25 */
{
    enum { MANY = 64 };
    struct eddy_generator *many[MANY];
    struct eddy_stacks_stats before, after;
    long live;

    many[0] = generator_of(counts, number(0));
    ck_assert_int_eq(eddy_stacks_stats(stacks, &before), 0);
    live = live_allocations();
    for (int i = 1; i < MANY; i++)
        many[i] = generator_of(counts, number(0));
    ck_assert_int_le(live_allocations(), live + 3); /* slabs, not generators */
    for (int i = 0; i < MANY; i++)
        expect_yield(many[i], 1);
    ck_assert_int_eq(eddy_stacks_stats(stacks, &after), 0);
    if (after.resident > 0 && after.deepest <= 4096)
        ck_assert_uint_le(after.resident, (MANY + 16) * 4096);
    for (int i = 0; i < MANY; i++)
        eddy_generator_free(many[i]);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        making_one_runs_nothing,
        nothing_but_none_is_sent_to_a_fresh_one,
        what_is_sent_is_the_value_of_the_yield,
        the_returned_value_is_given_once,
        one_that_has_ended_stays_so,
        it_keeps_its_locals_and_two_are_independent,
        ten_million_items_need_no_more_than_one,
        a_loop_ends_in_silence_and_leaves_the_returned_value,
        leaving_a_loop_closes_the_generator,
        a_loop_frees_what_is_not_taken,
        values_are_collected,
        what_was_collected_before_an_error_is_freed,
        a_coroutine_is_driven_by_what_it_waits_for,
        generators_ask_generators,
        one_that_runs_is_not_entered_again,
        yielding_in_a_wrong_place_is_an_error,
        a_body_waits_as_its_driver,
        the_driver_is_that_of_the_outermost,
        a_rounding_mode_stays_inside_if_it_is_to,
        its_state_and_name_can_be_asked,
        a_generator_costs_a_page,
    };
    Suite *suite = suite_create("generator");

    add_generator_tests(suite, tests, COUNT(tests));
    return run_suite(suite);
}
